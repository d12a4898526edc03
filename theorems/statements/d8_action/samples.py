"""Paths of exponents and pairs of energies for D8: drawn ones, and those that attain its bounds."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from theorems.engine.instance import Instance

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["around_zero", "even_steps", "from_one_rank", "near_energies", "paths", "short_intervals", "smaller_support"]


def paths() -> SearchStrategy[Instance]:
    """Exponents of two to four layers, with even and uneven steps; energies, some of them equal or proportional."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        layers, d = draw(st.integers(2, 4)), draw(st.integers(1, 5))
        first, step = (draw(st.fractions(-1, 3, max_denominator=4)) for _ in range(2))
        s = [first + k * step for k in range(layers)]
        s[-1] += draw(st.sampled_from((Fraction(0), Fraction(0), Fraction(1, 8), Fraction(2))))
        weights = st.lists(st.integers(1, 9).map(Fraction), min_size=draw(st.integers(2, 4)), max_size=4)
        p = draw(weights)
        q = draw(st.one_of(st.just(p), st.lists(st.integers(1, 9).map(Fraction), min_size=len(p), max_size=len(p))))
        return Instance.of(d=d, s=s, p=p, q=q)

    return build()


def short_intervals() -> Iterable[Instance]:
    """Intervals on which v_d is nearly constant, at its maximum and elsewhere."""
    h = Fraction(1, 2**16)
    for d, s in ((2, 0), (3, Fraction(1, 4)), (5, 1)):
        yield Instance.of(d=d, s=[s, s + h], p=[1], q=[1])
        yield Instance.of(d=d, s=[s + h, s], p=[1], q=[1])


def around_zero() -> Iterable[Instance]:
    """d = 2 around s = 0, where v is ¼ log² 2."""
    h = Fraction(1, 2**12)
    yield Instance.of(d=2, s=[-h, h], p=[1], q=[1])


def even_steps() -> Iterable[Instance]:
    """Equal steps, up and down."""
    yield Instance.of(d=1, s=[0, 1, 2], p=[1], q=[1])
    yield Instance.of(d=1, s=[Fraction(7, 2), 2, Fraction(1, 2), -1], p=[1], q=[1])


def smaller_support() -> Iterable[Instance]:
    """q is p, restricted and rescaled: the quotient p/q is one number where p is positive."""
    yield Instance.of(d=1, s=[0, 1], p=[1, 0], q=[1, 3])
    yield Instance.of(d=1, s=[0, 1], p=[1, 2, 0], q=[2, 4, 5])


def near_energies() -> Iterable[Instance]:
    """Energies at a small angle."""
    h = Fraction(1, 2**12)
    yield Instance.of(d=1, s=[0, 1], p=[1, 1], q=[1 + h, 1 - h])
    yield Instance.of(d=1, s=[0, 1], p=[1, 1, 2], q=[1 + h, 1 - h, 2])


def from_one_rank() -> Iterable[Instance]:
    """From nearly one rank to two."""
    yield Instance.of(d=2, s=[64, 16], p=[1], q=[1])
