"""Pairs of energies, their tails and effective ranks by definition, and where the bounds of D10 are attained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from theorems.engine.instance import Instance

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["both_edges", "distance", "long_tails", "near_pairs", "normalized", "rank", "tail", "two_ranks"]


def normalized(x: Instance, name: str) -> list[flint.fmpq]:
    """The energies p or q, decreasing, of sum 1."""
    values = sorted(x.vector(name), reverse=True)
    mass = sum(values, start=flint.fmpq(0))
    return [v / mass for v in values]


def tail(p: Sequence[flint.fmpq], r: int) -> flint.fmpq:
    """What lies beyond the first r ranks."""
    return sum(p[r:], start=flint.fmpq(0))


def rank(p: Sequence[flint.fmpq], eta: flint.fmpq) -> int:
    """The definition, by trying every window; d for a negative level."""
    return next((r for r in range(len(p) + 1) if tail(p, r) <= eta), len(p))


def distance(x: Instance) -> flint.fmpq:
    """The largest difference of a tail of p and of q."""
    p, q = normalized(x, "p"), normalized(x, "q")
    return max(abs(tail(p, r) - tail(q, r)) for r in range(len(p)))


def near_pairs() -> SearchStrategy[Instance]:
    """Near spectra, and a level at which a tail sits exactly, or half of it: that is where an effective rank jumps."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d = draw(st.integers(1, 8))
        weights = st.lists(st.integers(0, 6).map(Fraction), min_size=d, max_size=d)
        p, moves = draw(weights.filter(any)), draw(weights)
        q = [a + Fraction(b, draw(st.sampled_from((1, 20, 400)))) for a, b in zip(p, moves, strict=True)]
        r = draw(st.integers(0, d - 1))
        eta = sum(sorted(p, reverse=True)[r:], start=Fraction(0)) / sum(p)
        eta = draw(st.sampled_from((eta, eta / 2, Fraction(1, 10))))
        s = draw(st.fractions(0, 4, max_denominator=4))
        s_next = s + draw(st.sampled_from((Fraction(1, 2**20), Fraction(1, 4), Fraction(-1, 2), Fraction(2))))
        x = Instance.of(p=p, q=q, eta=eta, epsilon=0, s=s, s_next=s_next, r=r)
        return x.replace(epsilon=distance(x))

    return build()


def two_ranks() -> Iterable[Instance]:
    """d = 2 around s = 0, where the slope of the tail is ¼ log 2."""
    h = Fraction(1, 2**24)
    yield Instance.of(p=[1, 1], q=[1, 1], eta=0, epsilon=0, s=h, s_next=-h, r=1)


def long_tails() -> Iterable[Instance]:
    """Slowly varying summands, where both integrals are close; the ends at the last rank alone."""
    for r in (4, 6):
        yield Instance.of(p=[1] * 8, q=[1] * 8, eta=0, epsilon=0, s=Fraction(1, 2**20), s_next=0, r=r)


def both_edges() -> Iterable[Instance]:
    """The tails of p and q sit on either side of the level."""
    yield Instance.of(p=[3, 1], q=[2, 1], eta=Fraction(1, 4), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)
    yield Instance.of(p=[2, 1], q=[3, 1], eta=Fraction(1, 4), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)
    yield Instance.of(p=[3, 1], q=[2, 1], eta=Fraction(3, 10), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)
