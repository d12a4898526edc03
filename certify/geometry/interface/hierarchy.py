r"""Levels of alignment at an interface (THEORY C5, C6): what windows say of single directions, and the other way round.

u_i, v_i are singular vectors of what is written and of what is read, β_i the angle between the lines of u_i and v_i,
s_j = ‖sinΘ_j‖_F the sines between the two windows of j leading directions, s_0 = s_n = 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from certify.geometry.number import Number, coerce, total
from certify.rigor.functions import minimum

__all__ = ["direction_bound", "head_mean", "head_null", "head_overlap", "head_range", "head_variance", "window_bound"]


def direction_bound(window: Number, window_before: Number) -> Number:
    r""":math:`\sin^2\beta_i\le s_i^2+s_{i-1}^2` (C5), from the squares of both sines.

    >>> import sympy
    >>> direction_bound(sympy.Rational(1, 4), sympy.Rational(1, 2))
    3/4
    """
    return window + window_before


def window_bound(squares: Sequence[Number], j: int) -> Number:
    r""":math:`s_j^2\le\min(\sum_{i\le j},\sum_{i>j})\sin^2\beta_i` (C5), from all sin²β_i, 0 < j < n.

    >>> import sympy
    >>> window_bound([sympy.Integer(1), sympy.Integer(1), sympy.Integer(0)], 2)
    0
    """
    return minimum(total(squares[:j]), total(squares[j:]))


def head_overlap(inner: Number, a: int, b: int) -> Number:
    r""":math:`o=\|PP'\|_F^2/\min(a,b)` of subspaces of dimensions a, b >= 1, from ‖PP'‖_F² (C6)."""
    return coerce(inner) / min(a, b)


def head_range(d: int, a: int, b: int) -> tuple[Number, Number]:
    r""":math:`[\max(0,(a+b-d)/\min(a,b)),\,1]`, the overlaps that two subspaces of R^d can have (C6).

    >>> head_range(3, 2, 2)[0] * 2
    1.00000000000000
    """
    return coerce(max(0, a + b - d)) / min(a, b), coerce(1)


def head_mean(d: int, a: int, b: int) -> Number:
    r""":math:`\mathbb E\,o=\max(a,b)/d`, one of the subspaces being uniform (C6).

    >>> head_mean(4, 1, 2) * 2
    1.00000000000000
    """
    return coerce(max(a, b)) / d


def head_variance(d: int, a: int, b: int) -> Number:
    r""":math:`\operatorname{Var}o=2ab(d-a)(d-b)/(d^2(d-1)(d+2)\min(a,b)^2)` for d >= 2 (C6, N1).

    >>> head_variance(2, 1, 1) * 8
    1.00000000000000
    """
    return coerce(2 * a * b * (d - a) * (d - b)) / (d * d * (d - 1) * (d + 2) * min(a, b) ** 2)


def head_null(d: int, ranks: Sequence[int]) -> tuple[Number, Number]:
    r"""Mean and variance of the mean overlap of all pairs of independent uniform subspaces of R^d, d >= 2 (C6).

    The overlaps are pairwise uncorrelated, so that the variance is :math:`\sum_{i<j}\operatorname{Var}o_{ij}/N^2` for
    N pairs. ``ranks`` are the dimensions, at least two of them, each >= 1.

    >>> [4 * x for x in head_null(2, [1, 1])]
    [2.00000000000000, 0.500000000000000]
    """
    kinds = Counter(tuple(sorted(pair)) for pair in combinations(ranks, 2))
    count = sum(kinds.values())
    mean = total(n * head_mean(d, *kind) for kind, n in kinds.items()) / count
    return mean, total(n * head_variance(d, *kind) for kind, n in kinds.items()) / count**2
