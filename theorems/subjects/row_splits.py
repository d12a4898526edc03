"""The rows of a transport in groups, its activities and supports, and the three parts of its entries."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import arb, fmpq, fmpq_mat

from certify.geometry.transport.incidence import (
    masked,
    masks,
    pairwise_overlap,
    shared_support,
    squared_activities,
    supports,
)
from certify.rigor.ball import ball
from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, num, root
from theorems.exact.spectra import frobenius_squared

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "SIZES",
    "SPLIT",
    "Split",
    "at_threshold",
    "covering",
    "disjoint",
    "positive_thresholds",
    "positive_weight",
    "small_splits",
    "splits",
]

SPLIT = (
    Parameter.matrix("X", "m", "n"),
    Parameter.matrix("groups", "m", "g"),
    Parameter.vector("theta", "g", -1, 4),
    Parameter.rational("omega", 0, 6),
    Parameter.integer("h", 1, 3),
)
SIZES = {"m": (1, 3), "n": (1, 3), "g": (1, 3)}


def _memberships(x: Instance) -> list[int]:
    """In how many groups each row lies."""
    return [sum(v != 0 for v in row) for row in x.matrix("groups").tolist()]


@hypothesis(r"G\cap H=\emptyset", needed="a row may be core for one group and noise for the other: the masks collide")
def disjoint(x: Instance) -> bool:
    """no row lies in two groups"""
    return max(_memberships(x)) <= 1


@hypothesis(r"\bigcup G=\{1,\dots,m\}", needed="the entries of a row without a group are in no part")
def covering(x: Instance) -> bool:
    """every row lies in a group"""
    return min(_memberships(x)) >= 1


@hypothesis(r"\theta_G>0", needed="a zero column is active where the threshold is 0 or negative")
def positive_thresholds(x: Instance) -> bool:
    """every threshold is positive"""
    return all(t > 0 for t in x.vector("theta"))


@hypothesis(r"\omega>0", needed="groups without a common column have w = 0 and would be joined")
def positive_weight(x: Instance) -> bool:
    """ω is positive"""
    return x.rational("omega") > 0


class Split:
    """X with its groups, squared activities, supports and masks."""

    def __init__(self, x: Instance) -> None:
        self.x, member = x.matrix("X"), x.matrix("groups")
        self.m, self.n, self.size = self.x.nrows(), self.x.ncols(), member.ncols()
        self.groups = [tuple(i for i in range(self.m) if member[i, g] != 0) for g in range(self.size)]
        self.thresholds = x.vector("theta")
        self.squared = squared_activities(self.x.tolist(), self.groups)
        self.supports = supports(self.squared, self.thresholds)
        self.masks = masks(self.groups, self.supports, self.n)
        self.parts = [fmpq_mat(masked(self.x.tolist(), entries)) for entries in self.masks]
        self.energies = [frobenius_squared(part) for part in self.parts]
        self.pairs = list(itertools.combinations(range(self.size), 2))
        self.cells = list(itertools.product(range(self.size), range(self.n)))

    def kind(self, g: int, j: int) -> int:
        """0, 1, 2: whether the definition makes column j core, overlap or noise for the group."""
        others = any(j in support for h, support in enumerate(self.supports) if h != g)
        return 2 if j not in self.supports[g] else int(others)

    def one_mask_each(self) -> bool:
        """Every entry is in exactly one mask, the one its group says."""
        for i, j in itertools.product(range(self.m), range(self.n)):
            found = [k for k, entries in enumerate(self.masks) if (i, j) in entries]
            if len(found) != 1 or any(self.kind(g, j) != found[0] for g in range(self.size) if i in self.groups[g]):
                return False
        return sum(map(len, self.masks)) == self.m * self.n

    def columns(self, k: int) -> set[int]:
        """The columns of a mask."""
        return {j for _, j in self.masks[k]}

    def summed(self) -> list[fmpq]:
        """Squared activities, added up over the pairs (G, j) of each kind."""
        return [sum((self.squared[g][j] for g, j in self.cells if self.kind(g, j) == k), fmpq(0)) for k in range(3)]

    def weight(self, g: int, h: int, columns: Iterable[int] | None = None) -> Scalar:
        """w_GH, from exact activities where they are rational; over other columns if given."""
        left, right = ([root(s) for s in self.squared[k]] for k in (g, h))
        return num(0) + pairwise_overlap(left, right, columns or shared_support(self.supports, g, h))

    def overlap_norms(self, g: int, h: int) -> Scalar:
        """‖overlap, rows of G‖_F · ‖overlap, rows of H‖_F."""
        part = self.parts[1]
        squares = [sum((part[i, j] ** 2 for i in self.groups[k] for j in range(self.n)), fmpq(0)) for k in (g, h)]
        return root(squares[0] * squares[1])

    def closest(self, sides: Callable[[int, int], tuple[Scalar, Scalar]]) -> tuple[Scalar, Scalar]:
        """The sides of the pair of groups whose bound exceeds its value least; any will do at a tie."""

        def margin(found: tuple[Scalar, Scalar]) -> float:
            spare = found[1] - found[0]
            return float(ball(spare).mid()) if isinstance(spare, fmpq | arb) else float(spare)

        return min((sides(g, h) for g, h in self.pairs), key=margin, default=(num(0), num(0)))


def at_threshold() -> Iterable[Instance]:
    """Every shared activity is its threshold, for one pair of the groups: both bounds of its w are attained."""
    yield Instance.of(X=[[2, 2], [3, 3]], groups=[[1, 0], [0, 1]], theta=[2, 3], omega=12, h=2)
    yield Instance.of(X=[[3], [4], [1]], groups=[[1, 0], [1, 0], [0, 1]], theta=[5, 1], omega=5, h=2)
    ones = [1] * 5
    yield Instance.of(X=[ones, ones], groups=[[1, 0], [0, 1]], theta=[1, 1], omega=5, h=2)
    # The pairs with the third group are slack.
    three = [[int(i == k) for k in range(3)] for i in range(3)]
    yield Instance.of(X=[ones, ones, [3, 1, 1, 1, 1]], groups=three, theta=[1, 1, 1], omega=5, h=2)


def splits(*, negative: bool = False) -> SearchStrategy[Instance]:
    """Small integer matrices; thresholds and ω are often an activity and a weight that occur."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        m, n, g = (draw(st.integers(1, 4)) for _ in range(3))
        labels = draw(st.lists(st.integers(0, g - 1), min_size=m, max_size=m))
        low = [Fraction(-2), Fraction(-1, 2), Fraction(0)] if negative else []
        levels = st.sampled_from([*map(Fraction, (1, 2, 3)), Fraction(1, 2), Fraction(5, 2), *low])
        return Instance.of(
            X=draw(st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), min_size=m, max_size=m)),
            groups=[[int(label == k) for k in range(g)] for label in labels],
            theta=draw(st.lists(levels, min_size=g, max_size=g)),
            omega=draw(st.sampled_from([Fraction(1), Fraction(2), Fraction(5, 2), Fraction(4), Fraction(6)])),
            h=draw(st.integers(1, 3)),
        )

    return build()


def small_splits(size: int, rng: Random) -> Iterator[Instance]:
    """Small matrices with each row in one group, now and then in two or none."""
    for _ in range(4000):
        m, n, g = (rng.randint(1, max(2, size)) for _ in range(3))
        rows = [rng.sample(range(g), min(g, rng.choice((1, 1, 1, 1, 2, 0)))) for _ in range(m)]
        yield Instance.of(
            X=[[rng.randint(0, 2) for _ in range(n)] for _ in rows],
            groups=[[int(k in row) for k in range(g)] for row in rows],
            theta=[rng.choice((1, 1, 2, 2, 3, 0, -1)) for _ in range(g)],
            omega=Fraction(rng.randint(0, 2)),
            h=rng.randint(1, 3),
        )
