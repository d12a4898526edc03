"""Exact averages over O(n) of what N1 speaks of, and samples of spectra."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from theorems.engine.instance import Instance
from theorems.exact.orthogonal_moments import average, contractions

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["Vector", "commutator_moment", "eigenvalues", "inner_moment", "spread"]

Vector = tuple[flint.fmpq, ...]


@functools.lru_cache(maxsize=4096)
def inner_moment(h: Vector, k: Vector, power: int) -> flint.fmpq:
    """E⟨H, K_U⟩^power, power 1 or 2: ⟨H, K_U⟩ = Σ h_a k_c U_ac²."""
    rows = contractions("aabb"[: 2 * power], lambda *v: _product(h, v), len(h))
    columns = contractions("aabb"[: 2 * power], lambda *v: _product(k, v), len(k))
    return average(len(h), rows, columns, 2 * power)


@functools.lru_cache(maxsize=4096)
def commutator_moment(h: Vector, k: Vector, power: int) -> flint.fmpq:
    """E‖[H, K_U]‖^(2 power), power 1 or 2: Σ (h_a − h_b)² (K_U)_ab² with (K_U)_ab = Σ k_c U_ac U_bc."""
    rows = contractions("ababcdcd"[: 4 * power], lambda *v: _differences(h, v), len(h))
    columns = contractions("aabbccdd"[: 4 * power], lambda *v: _product(k, v), len(k))
    return average(len(h), rows, columns, 4 * power)


def _product(values: Vector, places: tuple[int, ...]) -> flint.fmpq:
    found = flint.fmpq(1)
    for i in places:
        found *= values[i]
    return found


def _differences(values: Vector, places: tuple[int, ...]) -> flint.fmpq:
    found = flint.fmpq(1)
    for a, b in zip(places[::2], places[1::2], strict=True):
        found *= (values[a] - values[b]) ** 2
    return found


def eigenvalues() -> SearchStrategy[Instance]:
    """Flat, spiked, projector and general spectra, n = 2, …, 4."""
    from hypothesis import strategies as st

    small = st.fractions(-3, 3, max_denominator=2)

    @st.composite
    def spectrum(draw: st.DrawFn, n: int) -> list[Fraction]:
        kind = draw(st.sampled_from(["any", "projector", "spike", "flat"]))
        if kind == "projector":
            return [Fraction(v) for v in draw(st.lists(st.integers(0, 1), min_size=n, max_size=n))]
        if kind == "any":
            return draw(st.lists(small, min_size=n, max_size=n))
        rest = draw(small)
        return [draw(small) if kind == "spike" and i == 0 else rest for i in range(n)]

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n = draw(st.integers(2, 4))
        return Instance.of(h=draw(spectrum(n)), k=draw(spectrum(n)), t=draw(st.fractions(0, 3, max_denominator=4)))

    return build()


def spread() -> SearchStrategy[Instance]:
    """Values that are not all equal, and a deviation that one of them has."""
    from hypothesis import strategies as st

    def at_a_value(x: Instance) -> Instance:
        h = x.vector("h")
        deviation = max(h) - sum(h, flint.fmpq(0)) / len(h)
        return x.replace(t=Fraction(int(deviation.p), int(deviation.q)))

    return st.one_of(eigenvalues(), eigenvalues().map(at_a_value))
