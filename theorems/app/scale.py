"""Axes: round ticks, short labels, and a range that outliers do not spoil."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Axis", "label", "robust_range", "ticks"]


@dataclass(frozen=True, slots=True)
class Axis:
    """The linear map from [low, high] to the pixels [start, end]; what lies far outside ends there."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, x: float) -> float:
        span = self.high - self.low or 1.0
        share = min(max((x - self.low) / span, -3.0), 4.0)
        return round(self.start + share * (self.end - self.start), 2)


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About ``count`` round numbers from low to high.

    >>> ticks(0, 1, 5)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((m * power for m in (1, 2, 5, 10)), key=lambda s: abs(math.log(s / raw)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def label(x: float) -> str:
    """A number as a tick or a caption shows it.

    >>> label(0.25), label(-1e-9), label(12.0)
    ('0.25', '−1e−09', '12')
    """
    return f"{x:.4g}".replace("-", "−")


def robust_range(values: Sequence[float], bounds: Sequence[float]) -> tuple[float, float]:
    """A range that shows every value and most bounds; 10 % wider than they need."""
    inside = sorted(bounds)
    top = inside[int(0.8 * (len(inside) - 1))] if inside else 0.0
    limit = 4 * max([abs(v) for v in values] + [1e-300]) if values else math.inf
    shown = [*values, *(b for b in bounds if b <= max(1.6 * top, top + limit))] or [0.0, 1.0]
    low, high = min(shown), max(shown)
    if low >= 0 and low < 0.6 * high:
        low = 0.0
    pad = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    return (low if low == 0.0 else low - pad), high + pad
