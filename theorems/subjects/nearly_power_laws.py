"""Spectra that are a power law up to factors, as balls, with their exponents; strategies and tight samples of them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from certify.geometry.spectrum.chart import power_sum, top_radial
from certify.geometry.spectrum.fits import fit_chart, residual
from certify.rigor.ball import ball
from certify.rigor.functions import absolute, exp, log, maximum, sqrt
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar, mode, num

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "Spectrum",
    "at_the_fit",
    "flat",
    "leading",
    "nearly_laws",
    "short",
    "spectrum",
    "tilted",
    "trailing",
    "two_maxima",
    "two_steps",
]


class Spectrum:
    """A power law times factors, as balls in decreasing order, with its exponents."""

    def __init__(self, x: Instance) -> None:
        self.alpha = ball(num(x.rational("alpha")))
        factors = [ball(num(f)) for f in x.vector("factors")]
        self.d = len(factors)
        self.logs = [ball(k).log() for k in range(1, self.d + 1)]
        given = [exp(-self.alpha * t) * f for t, f in zip(self.logs, factors, strict=True)]
        # Sorting by midpoints: where balls overlap their order does not matter to an enclosure of sorted values.
        self.sigma = sorted(given, key=lambda s: float(s.mid()), reverse=True)
        sizes = [absolute(log(f)) for f in factors]
        self.eta = maximum(sizes[0], sizes[0], *sizes[1:])
        self.square = sum((s * s for s in self.sigma), start=flint.arb(0))
        self.r = top_radial(self.sigma[0], sqrt(self.square), self.d)
        self.rho = residual(self.r, self.d, self.alpha)
        self.g_1 = 1 / power_sum(self.d, 2 * self.alpha)
        self._exponents: dict[str, flint.arb] = {}

    def exponent(self, name: str) -> flint.arb:
        """The fitted exponent of one of the four charts."""
        if name not in self._exponents:
            self._exponents[name] = fit_chart(name, self.sigma, self.r).alpha
        return self._exponents[name]

    def spread(self) -> Scalar:
        """Σ|x_k − x̄|/Σ(x_k − x̄)²."""
        centre = sum(self.logs, start=flint.arb(0)) / self.d
        away = [t - centre for t in self.logs]
        return sum(map(absolute, away), start=flint.arb(0)) / sum((t * t for t in away), start=flint.arb(0))


@functools.lru_cache(maxsize=512)
def _cached(x: Instance, _mode: tuple[int, bool]) -> Spectrum:
    return Spectrum(x)


def spectrum(x: Instance) -> Spectrum:
    """The spectrum of an instance, kept while the working precision does not change."""
    return _cached(x, mode())


def nearly_laws() -> SearchStrategy[Instance]:
    """Power laws with factors large and small, not all of one size."""
    from hypothesis import strategies as st

    factor = st.fractions(Fraction(1, 2), 2, max_denominator=6) | st.fractions(
        Fraction(99, 100), Fraction(101, 100), max_denominator=500
    )
    drawn = st.builds(
        lambda factors, alpha, beta: Instance.of(factors=factors, alpha=alpha, beta=beta),
        st.lists(factor, min_size=2, max_size=6),
        st.fractions(0, 3, max_denominator=6) | st.fractions(-1, 0, max_denominator=6),
        st.fractions(0, 4, max_denominator=6),
    )
    # Factors of one size attain a bound exactly, which balls cannot decide; `tight` comes as close as one likes.
    return drawn.filter(lambda x: len({max(f, 1 / f) for f in x.vector("factors")}) > 1)


_NEARLY = 1 - Fraction(1, 2**20)


def leading() -> Iterable[Instance]:
    """The first rank up, the others down."""
    for alpha in (0, 1, Fraction(5, 2)):
        yield Instance.of(factors=[2 * _NEARLY, Fraction(1, 2), Fraction(1, 2)], alpha=alpha, beta=1)


def trailing() -> Iterable[Instance]:
    """The first rank down, the others up, and still leading."""
    yield Instance.of(factors=[Fraction(2, 3) / _NEARLY, Fraction(3, 2), Fraction(3, 2)], alpha=2, beta=1)


def flat() -> Iterable[Instance]:
    """Equal energies but for the first: ρ is close to 2(1 − 1/d)η."""
    yield Instance.of(factors=[Fraction(9, 8), *[Fraction(8, 9)] * 7], alpha=0, beta=1)


def two_steps(size: int, rng: Random) -> Iterable[Instance]:
    """Many ranks: the first up, a block down, the rest up by one small factor."""
    for _ in range(400):
        d, n = rng.randint(size, 10 * size), rng.choice((64, 256, 1024))
        up, block = Fraction(n + 1, n), rng.randint(1, d)
        factors = [up] + [1 / up if k < block else up for k in range(1, d)]
        yield Instance.of(factors=factors, alpha=Fraction(1, rng.choice((4, 8, 16, 32))), beta=0)


def tilted() -> Iterable[Instance]:
    """Ranks before the mean of log k up, ranks after it down."""
    yield Instance.of(factors=[2 * _NEARLY, Fraction(1, 2)], alpha=1, beta=1)
    yield Instance.of(factors=[2 * _NEARLY, Fraction(1, 2), Fraction(1, 2)], alpha=1, beta=1)
    yield Instance.of(factors=[2 * _NEARLY, 2, Fraction(1, 2), Fraction(1, 2)], alpha=2, beta=1)


def short() -> Iterable[Instance]:
    """Factors so close to 1 that the residual follows its tangent."""
    yield Instance.of(factors=[1 + Fraction(1, 2**18), 1, 1], alpha=1, beta=1)


def at_the_fit() -> Iterable[Instance]:
    """β within 10⁻⁹ of the best exponent: of power laws, and of energies spread evenly behind a heavy first rank."""
    for factors, alpha in (([1, 1, 1], 1), ([1, 1, 1, 1], Fraction(1, 2)), ([1, 2, 3, 4, 4, 4], 1)):
        x = Instance.of(factors=factors, alpha=alpha, beta=0)
        best = Fraction(float(spectrum(x).exponent("hellinger").mid())).limit_denominator(10**9)
        yield x.replace(beta=best)


def two_maxima() -> Iterable[Instance]:
    """d = 256, one rank above the others, on both sides of the jump of the best exponent; β near the other maximum."""
    for first, beta in ((20, Fraction(91, 25)), (Fraction(41, 2), Fraction(63, 100))):
        yield Instance.of(factors=[first, *[1] * 255], alpha=0, beta=beta)
