"""What the sliders move: a family of exact instances with named controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from theorems.engine.instance import Instance

__all__ = ["Control", "Family", "Values", "nearest"]

Values: TypeAlias = "Mapping[str, Fraction | str]"


@dataclass(frozen=True, slots=True)
class Control:
    """A slider from ``low`` to ``high`` in steps of ``step``, or a choice among ``options``."""

    name: str
    label: str
    low: Fraction = Fraction(0)
    high: Fraction = Fraction(1)
    step: Fraction = Fraction(1)
    start: Fraction = Fraction(0)
    options: tuple[str, ...] = ()

    @property
    def continuous(self) -> bool:
        """Whether values between the steps make sense."""
        return not self.options and self.step.denominator != 1

    @property
    def first(self) -> Fraction | str:
        """Where the control starts."""
        return self.options[0] if self.options else self.start

    def at(self, number: float) -> Fraction:
        """The exact step nearest to what a slider reports."""
        return nearest(self, Fraction(number))

    def grid(self, points: int) -> list[Fraction]:
        """Exact values from low to high: the steps, or more of them where values between the steps make sense."""
        steps = int((self.high - self.low) / self.step)
        if not self.continuous:
            return [self.low + k * self.step for k in range(steps + 1)]
        finer = max(1, points // max(steps, 1))
        coarser = 1 if steps * finer <= points else -(-steps // points)
        count = steps * finer // coarser
        return [self.low + k * self.step * coarser / finer for k in range(count + 1)]


def nearest(control: Control, value: Fraction) -> Fraction:
    """The step of a control nearest to a value."""
    clipped = min(max(value, control.low), control.high)
    return control.low + round((clipped - control.low) / control.step) * control.step


@dataclass(frozen=True)
class Family:
    """A named family; ``build`` makes the instance, and may raise where the values fit no instance."""

    name: str
    text: str
    controls: tuple[Control, ...]
    build: Callable[[Values], Instance]

    def control(self, name: str) -> Control:
        """The control of that name."""
        return next(c for c in self.controls if c.name == name)

    def start(self) -> dict[str, Fraction | str]:
        """The values the controls start from."""
        return {c.name: c.first for c in self.controls}

    def started(self, values: Values) -> Family:
        """The family with controls that start elsewhere, at the steps nearest to the values given."""
        return replace(self, controls=tuple(_started(c, values.get(c.name)) for c in self.controls))


def _started(control: Control, value: Fraction | str | None) -> Control:
    if isinstance(value, Fraction) and not control.options:
        return replace(control, start=nearest(control, value))
    return control
