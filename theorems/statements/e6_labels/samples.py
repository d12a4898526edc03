"""Two profiles before and after a move, what is exact about them, and moves that attain the bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flint import fmpq

from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar, num, root

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["NAMES", "Move", "case", "inner", "nearest_ratios", "opposite_scales", "opposite_turns", "profiles"]

NAMES = ("G", "H", "G_moved", "H_moved")


def profiles() -> SearchStrategy[Instance]:
    """Small non-negative profiles, moved by little, by much, or along themselves; the levels often lie between."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        s = draw(st.integers(1, 4))
        whole = st.lists(st.integers(0, 4).map(Fraction), min_size=s, max_size=s).filter(any)
        step = draw(st.sampled_from((Fraction(1), Fraction(1, 3), Fraction(1, 16))))
        starts = draw(whole), draw(whole)
        ends = [[(1 - step) * v + step * w for v, w in zip(start, draw(whole), strict=True)] for start in starts]
        kappa, beta = draw(st.fractions(0, 1, max_denominator=25)), draw(st.fractions(Fraction(1, 4), 4))
        return Instance.of(G=starts[0], H=starts[1], G_moved=ends[0], H_moved=ends[1], kappa=kappa, beta=beta)

    return build()


class Move:
    """Squared norms and cosines before and after, the sines from exact squares."""

    def __init__(self, x: Instance) -> None:
        before, after = (x.vector("G"), x.vector("H")), (x.vector("G_moved"), x.vector("H_moved"))
        self.squares = [inner(v, v) for v in before]
        self.moved = [inner(v, v) for v in after]
        steps = [[b - a for a, b in zip(v, w, strict=True)] for v, w in zip(before, after, strict=True)]
        self.errors = [inner(e, e) for e in steps]
        self.inner = inner(*before), inner(*after)

    def angle(self, k: int) -> tuple[Scalar, Scalar]:
        """Cosine and sine between the profiles, before (0) or after (1)."""
        a, b = (self.squares, self.moved)[k]
        sine = 1 - self.inner[k] * self.inner[k] / (a * b)
        return num(self.inner[k]) / root(a * b), root(sine)

    def tilts(self) -> tuple[Scalar, Scalar]:
        """t_G and t_H."""
        first, second = (root(e / a) for e, a in zip(self.errors, self.squares, strict=True))
        return first, second

    @property
    def spent(self) -> Scalar:
        """|e_G|² + |e_H|²."""
        return num(self.errors[0] + self.errors[1])


def inner(v: Sequence[fmpq], w: Sequence[fmpq]) -> fmpq:
    """The inner product."""
    return sum((a * b for a, b in zip(v, w, strict=True)), fmpq(0))


def case(*vectors: list[Any], kappa: Any = 0, beta: Any = 1) -> Instance:
    """Profiles G and H, moved to the other two."""
    return Instance.of(**dict(zip(NAMES, vectors, strict=True)), kappa=kappa, beta=beta)


def opposite_turns() -> Iterable[Instance]:
    """Each profile moves at right angles to where it arrives, away from the other."""
    c, s = Fraction(16, 25), Fraction(12, 25)
    yield case([1, 0], [1, 0], [c, s], [c, -s], kappa=Fraction(7, 25))
    yield case([1, 0], [1, 0], [c, s], [1, 0])
    # Towards each other, from the angle with cosine 7/25.
    g, h = [Fraction(4, 5), Fraction(3, 5)], [Fraction(4, 5), Fraction(-3, 5)]
    c, s = Fraction(756, 845), Fraction(192, 845)
    yield case(g, h, [c, s], [c, -s], kappa=Fraction(3713, 4225))
    # |π_G| = 29 and |π_H| = 37 turn by different angles, at costs 20² and 12².
    ends = [Fraction(441, 29), Fraction(420, 29)], [Fraction(1225, 37), Fraction(-420, 37)]
    yield case([29, 0], [37, 0], *ends, kappa=Fraction(495, 1073))


def opposite_scales() -> Iterable[Instance]:
    """One profile grows and the other shrinks; each side of the maximum."""
    yield case([2], [2], [3], [1])
    yield case([4], [4], [1], [5])


def nearest_ratios() -> Iterable[Instance]:
    """The nearest profiles of ratio β."""
    yield case([3], [1], [2], [2], beta=1)
    yield case([7], [1], [6], [3], beta=2)
