"""Squares of published singular values, and their sums, which several claims need."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from flint import arb

__all__ = ["Energies"]


class Energies:
    """Sums of the squares of numbers, none of which counts as negative; beyond the last there are zeros."""

    def __init__(self, sigma: Sequence[float]) -> None:
        squares = [arb(x).max(arb(0)) ** 2 for x in sigma]
        self._squares = [*squares, arb(0)]
        self._heads = list(itertools.accumulate(squares, initial=arb(0)))
        # From the smallest up: no sum is a difference of two larger ones.
        self._tails = list(itertools.accumulate(reversed(squares), initial=arb(0)))[::-1]

    def square(self, place: int) -> arb:
        """The square at a place, counted from 0."""
        return self._squares[place]

    def up_to(self, k: int) -> arb:
        """The sum of the first k squares."""
        return self._heads[k]

    def beyond(self, k: int) -> arb:
        """The sum of all but the first k squares."""
        return self._tails[k]
