"""Pairs of layers for B3.flow: drawn ones, moved ones, and those that attain its bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from theorems.engine.instance import Instance, Matrix

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["closing", "diagonal", "equal_lines", "moved_layers", "small_angles"]


def moved_layers() -> SearchStrategy[Instance]:
    """Square layers with a common space, W' turned against W, both moved a little or much, or not at all."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n = draw(st.sampled_from((2, 2, 3)))
        values = st.lists(st.integers(0, 5).map(Fraction), min_size=n, max_size=n).map(lambda v: sorted(v)[::-1])
        first, second = own.diagonal(draw(values)), own.product(own.diagonal(draw(values)), draw(own.orthogonal(n)))
        step = draw(st.sampled_from((Fraction(1, 16), Fraction(1, 4), Fraction(1))))
        moves = [draw(own.integers_matrix(n, n, 1)) for _ in range(2)]
        ends = [_plus(a, b, step) for a, b in zip((first, second), moves, strict=True)]
        return Instance.of(W=first, W_next=second, k=draw(st.integers(1, n - 1)), W_end=ends[0], W_next_end=ends[1])

    return build()


def _plus(a: Matrix, b: Matrix, step: Fraction) -> Matrix:
    return tuple(tuple(u + step * v for u, v in zip(p, q, strict=True)) for p, q in zip(a, b, strict=True))


def diagonal(values: Sequence[int | Fraction]) -> list[list[int | Fraction]]:
    """The diagonal matrix with these values, by rows."""
    return [[v if i == j else 0 for j in range(len(values))] for i, v in enumerate(values)]


def _still(w: list[list[Any]], w_next: list[list[Any]], k: int = 1) -> Instance:
    return Instance.of(W=w, W_next=w_next, k=k, W_end=w, W_next_end=w_next)


def equal_lines() -> Iterable[Instance]:
    """Multiples of projectors at a rational angle: √2‖Δ‖ = γ sin θ."""
    yield _still(diagonal([3, 0]), [[Fraction(9, 5), Fraction(12, 5)], [0, 0]])
    yield _still(diagonal([2, 0, 0]), [[Fraction(24, 13), Fraction(10, 13), 0], [0, 0, 0], [0, 0, 0]])


def small_angles() -> Iterable[Instance]:
    """Lines at a small rational angle: the off-diagonal block is the spread of H times cos θ sin θ."""
    c, s = Fraction(2**24 - 1, 2**24 + 1), Fraction(2**13, 2**24 + 1)
    for w in ([2, 1], [5, 3]):
        yield _still(diagonal(w), [[3 * c, 3 * s], [-s, c]])


def closing() -> Iterable[Instance]:
    """A little, σ_k falls and σ_{k+1} rises in proportion to their sizes, in one layer or in both."""
    h = Fraction(1, 2**14)
    moved = diagonal([4 - 4 * h, 1 + h])
    yield Instance.of(W=diagonal([0, 0]), W_next=diagonal([4, 1]), k=1, W_end=diagonal([0, 0]), W_next_end=moved)
    yield Instance.of(W=diagonal([4, 1]), W_next=diagonal([4, 1]), k=1, W_end=moved, W_next_end=moved)
