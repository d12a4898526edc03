"""Strategies and lists of exact transports: aligned layers, flat spectra, windows that cut one side or both."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from theorems.engine.instance import Instance

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["attained", "kept_modes", "modes", "one_tail", "transports"]


def transports() -> SearchStrategy[Instance]:
    """Two layers with integer entries, or aligned with rational singular values, and windows of all sizes."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        m, n, p = (draw(st.integers(1, 4)) for _ in range(3))
        if draw(st.integers(0, 3)) == 0:
            a, b = draw(own.integers_matrix(n, m)), draw(own.integers_matrix(p, n))
        else:
            # Rational singular vectors; the reader faces the writer up to a permutation, so both terms can be attained.
            u, order = draw(own.orthogonal(n)), draw(st.permutations(range(n)))
            turn = tuple(tuple(Fraction(int(j == order[i])) for j in range(n)) for i in range(n))
            s, t = draw(own.spectra(min(m, n))), draw(own.spectra(min(n, p)))
            flat = draw(st.integers(0, 3))
            s, t = ([s[0]] * len(s) if flat == 1 else s), ([t[0]] * len(t) if flat == 2 else t)
            a = own.product(u, own.diagonal(s, n, m), draw(own.orthogonal(m)))
            b = own.product(draw(own.orthogonal(p)), own.diagonal(t, p, n), turn, own.transpose(u))
        r, r_next = draw(st.integers(0, min(m, n))), draw(st.integers(0, min(n, p)))
        return Instance.of(A=a, A_next=b, r=r, r_next=r_next, j=draw(st.integers(1, max(1, r))), window="leading")

    return build()


def _layers(a: list[int], b: list[int], r: int, r_next: int, j: int = 1) -> Instance:
    from theorems.subjects.rational_matrices import diagonal

    return Instance.of(A=diagonal(a), A_next=diagonal(b), r=r, r_next=r_next, j=j, window="leading")


def attained() -> Iterable[Instance]:
    """Each of the four products, and both terms at once."""
    yield _layers([3, 2, 1], [1, 1, 1], 1, 3)
    yield _layers([2, 2, 2], [3, 2, 1], 0, 3)
    yield _layers([2, 2, 2], [3, 2, 1], 3, 1)
    yield _layers([3, 2, 1], [2, 2, 2], 2, 0)
    yield _layers([2, 1], [1, 2], 1, 1)


def one_tail() -> Iterable[Instance]:
    """Only the writer's window cuts, or only the reader's, and the other layer is orthogonal up to a factor."""
    yield _layers([3, 2, 1], [1, 1, 1], 1, 3)
    yield _layers([3, 2, 1], [1, 1, 1], 2, 3)
    yield _layers([2, 2, 2], [3, 2, 1], 3, 1)
    yield _layers([2, 2, 2], [3, 2, 1], 3, 2)


def kept_modes() -> SearchStrategy[Instance]:
    """Transports whose source mode lies in the window."""
    return transports().filter(lambda x: x.integer("r") >= 1)


def modes() -> Iterable[Instance]:
    """A source mode in the window, facing a reader that is diagonal like the writer."""
    yield _layers([3, 2], [1, 2], 2, 1, 1)
    yield _layers([2, 3], [1, 2], 2, 1, 2)
