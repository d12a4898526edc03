"""Chains of three layers for D7: drawn ones, and those that attain its bounds."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from theorems.engine.instance import Instance
from theorems.subjects.three_layers import diagonals, layers

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["falling", "leading_moves_most", "rising", "short_steps", "with_exponents"]

_H = Fraction(1, 2**18)


def with_exponents() -> SearchStrategy[Instance]:
    """Chains of three layers, exponents far apart, near and equal, negative ones too."""
    from hypothesis import strategies as st

    exponent = st.sampled_from([Fraction(k, 4) for k in (0, 1, 2, 3, 4, 8, -2)])
    return layers(alpha=exponent, alpha_last=exponent)


def rising() -> Iterable[Instance]:
    """Aligned layers whose leading direction is stretched most."""
    yield diagonals([2, 1], [3, 1], [5, 1], alpha=0, alpha_last=1)
    yield diagonals([3, 2, 1], [5, 2, 1], alpha=1, alpha_last=Fraction(1, 2))
    yield diagonals([1, 1, 1], [Fraction(5, 4), 1, 1], alpha=0, alpha_last=0)


def falling() -> Iterable[Instance]:
    """The same in the other order."""
    yield diagonals([5, 1], [3, 1], [2, 1], alpha=0, alpha_last=1)
    yield diagonals([5, 2, 1], [3, 2, 1], alpha=1, alpha_last=Fraction(1, 2))


def leading_moves_most() -> Iterable[Instance]:
    """The leading value moves more than the others, and the chart step has the sign of its step and is larger."""
    yield diagonals([1, 1, 1], [Fraction(5, 4), 1, 1], [Fraction(3, 2), 1, 1], alpha=0, alpha_last=1)
    yield diagonals([2, 1, 1], [1, 1, 1], alpha=1, alpha_last=0)


def short_steps() -> Iterable[Instance]:
    """The same with steps so short that the chart is straight."""
    yield diagonals([7, 5, 5], [7 * (1 + _H), 5, 5], alpha=0, alpha_last=_H)
    yield diagonals([7 * (1 + _H), 5, 5], [7, 5, 5], alpha=_H, alpha_last=0)
    yield diagonals([7, 5, 5], [7 * (1 + _H), 5, 5], alpha=Fraction(1, 2), alpha_last=Fraction(1, 2) + 2 * _H)
