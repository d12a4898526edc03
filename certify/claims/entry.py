"""What is known of a claim before any matrix is."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from certify.claims import incidence, layer
from certify.claims.assertion import Assertion
from certify.claims.causes import not_decided, undecided
from certify.verdict import Kind

__all__ = ["GENERAL", "PLACES", "Entry", "key_of"]

PLACES = {
    "layer": "of a layer",
    "edge": "of an interface",
    "chain": "of a chain of layers",
    "heads": "of attention heads",
}

_WIDE = undecided(Kind.MEASUREMENT, 0.25, 0.125)
_OVERFLOW = undecided(Kind.MEASUREMENT, None, 0.0)
_ZERO = undecided(Kind.INEQUALITY, None, 0.0)
GENERAL = (_WIDE, _OVERFLOW, _ZERO)
"""Why any claim can be UNDECIDED, for one choice of numbers."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a claim before any matrix is.

    Parameters
    ----------
    name : in plain words; ``{}`` stands for the window, the percentage, the chart or the role of an id.
    place : ``layer``, ``edge``, ``chain`` or ``heads``: what the claim is about.
    example : the assertion for one choice of sizes.
    meaning : what the value tells.
    null : what chance gives, or that nothing is compared.
    undecided : why it can be UNDECIDED, beside what every claim of its kind can be.
    not_asked : why it can be missing.
    also : another place where a claim of this id stands, with a sentence of its own.
    """

    name: str
    place: str
    example: Assertion
    meaning: str
    null: str = "none"
    undecided: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
    also: str = ""

    @property
    def key(self) -> str:
        """The id without its window, percentage or chart."""
        return key_of(self.example.id)

    @property
    def pattern(self) -> str:
        """The id with a letter for what varies."""
        bracket = "[chart]" if "drift" in self.key else "[role]" if self.place == "heads" else "[k]"
        percent = self.key + ".p" if self.key == "D10.effective_rank" else self.example.id
        return re.sub(r"\[[\w.]+\]", "[p]" if self.per_level else bracket, percent)

    @property
    def per_level(self) -> bool:
        """Whether there is one claim for each level of energy."""
        return self.key in incidence.PER_LEVEL

    @property
    def heading(self) -> str:
        """The plain name, with a letter for what varies."""
        percent = self.per_level or self.pattern.endswith(".p")
        letters = "each chart" if "drift" in self.key else "p" if percent else "k"
        letters = "a role" if self.place == "heads" else letters
        return self.name.format(letters)

    @property
    def causes(self) -> tuple[str, ...]:
        """Every sentence that can say why the claim is UNDECIDED, with numbers of an example."""
        every = (_ZERO,) if self.example.kind is Kind.INEQUALITY else (*self._widths, _OVERFLOW)
        if self.example.counted:
            open_ = itertools.product([1.0, 0.0], repeat=len(self.example.counted))
            every = tuple(not_decided(self.example.counted, widths) for widths in open_ if any(widths))
        return (*self.undecided, *every)

    @property
    def _widths(self) -> tuple[str, ...]:
        named = self.example.named
        names = ("",) if not named else (named.format(1),) if isinstance(named, str) else dict.fromkeys(named)
        return tuple(undecided(Kind.MEASUREMENT, 0.25, 0.125, name) for name in names)

    def title(self, id: str) -> str:
        """The plain name of one claim."""
        found = re.search(r"\[([\w.]+)\]$|\.(\d+)$", id)
        varying = (found[1] or found[2]) if found else ""
        return self.name.format(layer.CHARTS.get(varying, varying))


def key_of(id: str) -> str:
    """An id without its window, percentage or chart.

    >>> key_of("E.overlap[16]"), key_of("D10.effective_rank.90"), key_of("D4.drift.product[kl]")
    ('E.overlap', 'D10.effective_rank', 'D4.drift.product')
    """
    return re.sub(r"\[[\w.]+\]$|\.\d+$", "", id)
