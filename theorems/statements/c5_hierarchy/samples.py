"""Pairs of symmetric matrices for C5: turned in a plane, by any orthogonal matrix, with ties."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from theorems.engine.instance import Instance, Matrix

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["one_plane", "turned_pairs"]

_TURNS = ((Fraction(3, 5), Fraction(4, 5)), (Fraction(12, 13), Fraction(5, 13)), (Fraction(0), Fraction(1)))


def turned_pairs() -> SearchStrategy[Instance]:
    """Diagonal K, and H turned in one plane, in none, or by any orthogonal matrix; in one of four with ties."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n = draw(st.integers(1, 4))
        spectra = st.permutations(range(6)).map(lambda v: sorted(v[:n], reverse=True))
        tied = st.lists(st.integers(0, 2), min_size=n, max_size=n).map(lambda v: sorted(v, reverse=True))
        kappa, eta = (draw(tied if draw(st.integers(0, 3)) == 0 else spectra) for _ in range(2))
        kind = draw(st.sampled_from(("plane", "plane", "any", "none")))
        u = own.diagonal([1] * n)
        if kind == "plane" and n > 1:
            i, (c, s) = draw(st.integers(0, n - 2)), draw(st.sampled_from(_TURNS))
            u = _plane(n, i, c, s)
        elif kind == "any":
            u = draw(own.orthogonal(n))
        h = own.product(u, own.diagonal(eta), own.transpose(u))
        return Instance.of(K=own.diagonal(kappa), H=h, k=draw(st.integers(1, n)))

    return build()


def _plane(n: int, i: int, c: Fraction, s: Fraction) -> Matrix:
    rows = [[Fraction(int(a == b)) for b in range(n)] for a in range(n)]
    rows[i][i], rows[i][i + 1], rows[i + 1][i], rows[i + 1][i + 1] = c, -s, s, c
    return tuple(tuple(row) for row in rows)


def one_plane() -> Iterable[Instance]:
    """H turned by a rational angle in the plane of two neighbours."""
    from theorems.subjects import rational_matrices as own

    for n, i, k in ((2, 0, 1), (3, 0, 1), (3, 0, 2), (3, 1, 2), (4, 1, 2)):
        u = _plane(n, i, *_TURNS[0])
        h = own.product(u, own.diagonal(range(n, 0, -1)), own.transpose(u))
        yield Instance.of(K=own.diagonal(range(2 * n, n, -1)), H=h, k=k)
