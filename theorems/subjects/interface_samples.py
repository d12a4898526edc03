"""Strategies and lists of exact interfaces: aligned ones with zero slack, short steps, rectangular ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from theorems.engine.instance import Instance
from theorems.exact.spectra import frobenius_squared, gram
from theorems.subjects.interfaces import exact_charts, interface
from theorems.subjects.interfaces import zero_slack as no_slack

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "aligned",
    "falling",
    "flat_first",
    "layers",
    "near_flat",
    "rank_one_first",
    "rectangular",
    "rising",
    "short_steps",
    "zero_slack",
]

# Exponents are enclosed to float64 accuracy, so the steps may not be so short that second order is lost.
_H = Fraction(1, 2**18)


def layers(d: int | None = None) -> SearchStrategy[Instance]:
    """Invertible layers of 2 to 4 ranks whose spectra differ, three in four of them aligned with zero slack."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n = d or draw(st.integers(2, 4))
        chart_name = draw(st.sampled_from(("top_radial", "log_log", "kl", "hellinger")))
        sigma = draw(own.spectra(n))
        u, v, w = draw(own.orthogonal(n)), draw(own.orthogonal(n)), draw(own.orthogonal(n))
        first = own.product(u, own.diagonal(sigma), v)
        if draw(st.integers(0, 3)) == 0 and len(set(sigma)) == n:
            second = draw(own.integers_matrix(n, n))
        else:
            # Decreasing factors act on the leading directions most: aligned layers with zero slack.
            factors = sorted((1 + draw(own.steps()) * k for k in draw(_small(n))), reverse=True)
            second = own.product(w, own.diagonal([f * s for f, s in zip(factors, sigma, strict=True)]), v)
        return Instance.of(A=first, A_next=second, chart=chart_name, scaling="frobenius")

    return build().filter(_ordinary)


def _small(n: int) -> SearchStrategy[list[int]]:
    from hypothesis import strategies as st

    return st.lists(st.integers(0, 3), min_size=n, max_size=n)


def _ordinary(x: Instance) -> bool:
    """Invertible layers whose spectra differ: equal ones give 0 ≤ 0, which enclosed exponents leave open."""
    e = interface(x, raw=False)
    return e.invertible and _shape(e.a) != _shape(e.b)


def _shape(a: flint.fmpq_mat) -> flint.fmpq_poly:
    return (gram(a) / frobenius_squared(a)).charpoly()


def zero_slack() -> SearchStrategy[Instance]:
    """Layers without slack, in a chart that is exact."""
    return layers().filter(no_slack.met).map(lambda x: x if exact_charts.met(x) else x.replace(chart="top_radial"))


def rectangular() -> SearchStrategy[Instance]:
    """Integer layers of full rank, any shapes that compose, no spectrum flat."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    sides = st.tuples(st.integers(2, 4), st.integers(2, 4), st.integers(2, 4))
    charts = st.sampled_from(("top_radial", "log_log", "kl"))

    def build(n: tuple[int, int, int]) -> SearchStrategy[Instance]:
        matrices = own.integers_matrix(n[1], n[0]), own.integers_matrix(n[2], n[1])
        return st.builds(
            lambda a, b, name: Instance.of(A=a, A_next=b, chart=name, scaling="frobenius"), *matrices, charts
        )

    def full(x: Instance) -> bool:
        e = interface(x, raw=False)
        matrices = (e.a, min(e.a.nrows(), e.a.ncols())), (e.b, min(e.b.nrows(), e.b.ncols()))
        nonzero = any(v != 0 for v in (e.b * e.a).entries())
        return nonzero and all(m.rank() == d and _shape(m) != _flat(d) for m, d in matrices)

    return sides.flatmap(build).filter(full)


def _flat(d: int) -> flint.fmpq_poly:
    return flint.fmpq_poly([flint.fmpq(-1, d), 1]) ** d


def _pair(
    first: Sequence[Fraction | int], second: Sequence[Fraction | int], chart_name: str = "top_radial"
) -> Instance:
    from theorems.subjects.rational_matrices import diagonal

    return Instance.of(A=diagonal(first), A_next=diagonal(second), chart=chart_name, scaling="frobenius")


def rising() -> Iterable[Instance]:
    """Aligned layers with zero slack: the leading direction is stretched most."""
    yield _pair([2, 1], [3, 1])
    yield _pair([3, 2, 1], [5, 2, 1])


def falling() -> Iterable[Instance]:
    """The layers of :func:`rising` in the other order: the leading direction is shrunk most."""
    yield _pair([3, 1], [2, 1])
    yield _pair([5, 2, 1], [3, 2, 1])
    yield _pair([3, 2, 2], [1, 1, 1])


def aligned() -> Iterable[Instance]:
    """Aligned layers: singular values move by exactly the amplitudes, up or down."""
    yield from rising()
    yield from falling()


def flat_first() -> Iterable[Instance]:
    """Multiples of the identity first: σ₁(Â) = 1."""
    yield _pair([3, 3], [2, 1])
    yield _pair([1, 1, 1], [3, 2, 1], "log_log")


def rank_one_first() -> Iterable[Instance]:
    """One direction first: σ₁(Â)² = d."""
    yield _pair([3, 0], [2, 1])
    yield _pair([0, 0, 2], [3, 2, 1])


def short_steps() -> Iterable[Instance]:
    """Short steps of the leading singular value in the top-radial chart, and one where r and ρ move apart."""
    yield _pair([7, 5, 5], [7 * (1 + _H), 5, 5])
    yield _pair([7, 5, 5, 4], [7 * (1 + _H), 5, 5, 4])
    yield _pair([1, 1, 1], [1 + _H, 1, 1 - _H], "log_log")


def near_flat() -> Iterable[Instance]:
    """The first spectrum is nearly flat: its coordinate, and the exponent, are nearly 0."""
    yield _pair([1 + _H, 1], [2, 1])
    yield _pair([1 + _H, 1, 1], [3, 2, 1])
    yield _pair([1 + _H, 1, 1], [2, 2, 1], "log_log")
