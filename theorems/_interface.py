"""The spectral data of two exact layers and their interface, computed from the definitions and not from any bound."""

from __future__ import annotations

import functools
from fractions import Fraction

import flint

from certify.errors import UsageError
from certify.geometry.charts import fit_chart, residual
from certify.geometry.rigidity import slack_transport
from certify.geometry.spectrum import top_radial
from certify.rigor.ball import ball
from certify.rigor.functions import log
from certify.verdict import Verdict, combine
from theorems._exact import (
    Inexact,
    Scalar,
    decide,
    frobenius_squared,
    mode,
    num,
    root,
    settle,
    singular_squares,
    singular_values,
)
from theorems._instance import Instance
from theorems._theorem import holds

__all__ = [
    "Interface",
    "charts_exact",
    "composable",
    "interface",
    "is_normalized",
    "ranks",
    "slack_is_zero",
    "slack_of",
]

_LARGEST_EXPONENT = 8


class Interface:
    """Layers ``A`` (read first) and ``A_next``, normalized or not, with the exponents of one chart.

    ``raw`` leaves the transport T = A'A⁻¹ as it is instead of rescaling both matrices to ‖Â‖_F = √d.
    """

    def __init__(self, x: Instance, *, raw: bool | None = None) -> None:
        self.a, self.b = x.matrix("A"), x.matrix("A_next")
        self.chart = x.choice("chart") if "chart" in x.names else "top_radial"
        self.raw = x.choice("scaling") == "raw" if raw is None else raw

    @functools.cached_property
    def square(self) -> bool:
        """Whether both layers are square of the same size."""
        return self.a.nrows() == self.a.ncols() == self.b.nrows() == self.b.ncols()

    @functools.cached_property
    def invertible(self) -> bool:
        """Whether both layers are square and invertible."""
        return self.square and self.a.det() != 0 and self.b.det() != 0

    @functools.cached_property
    def ranks(self) -> tuple[int, int]:
        """The numbers of singular values d and d'."""
        return min(self.a.nrows(), self.a.ncols()), min(self.b.nrows(), self.b.ncols())

    @functools.cached_property
    def sigma(self) -> tuple[list[Scalar], list[Scalar]]:
        """Singular values of A and of A'."""
        return singular_values(self.a), singular_values(self.b)

    @functools.cached_property
    def logs(self) -> tuple[list[Scalar], list[Scalar]]:
        """log σ_k(Â) and log σ_k(Â')."""
        first, second = self.sigma
        return [settle(log(x) + self._scale(0)) for x in first], [settle(log(x) + self._scale(1)) for x in second]

    def _scale(self, side: int) -> Scalar:
        """log(√d/‖A‖_F)."""
        matrix = (self.a, self.b)[side]
        return log(num(self.ranks[side])) / 2 - log(num(frobenius_squared(matrix))) / 2

    @functools.cached_property
    def radial(self) -> tuple[Scalar, Scalar]:
        """The top-radial coordinates r and r'."""
        first, second = (
            settle(top_radial(s[0], root(frobenius_squared(m)), d))
            for s, m, d in zip(self.sigma, (self.a, self.b), self.ranks, strict=True)
        )
        return first, second

    @functools.cached_property
    def transport(self) -> tuple[Scalar, Scalar]:
        """The amplitudes a⁺ = log σ₁(T) and a⁻ = log σ₁(T⁻¹)."""
        if not self.invertible:
            raise UsageError("the transport of the interface needs two invertible square layers")
        values = singular_values(self.b * self.a.inv())
        shift = num(0) if self.raw else self._scale(1) - self._scale(0)
        return settle(log(values[0]) + shift), settle(-log(values[-1]) - shift)

    @functools.cached_property
    def product(self) -> Scalar:
        """a_× = log σ₁(Â'Â)."""
        return settle(log(singular_values(self.b * self.a)[0]) + self._scale(0) + self._scale(1))

    @functools.cached_property
    def exponents(self) -> tuple[Scalar, Scalar]:
        """The fitted exponents α and α' as balls."""
        first, second = (
            fit_chart(self.chart, [_as_ball(x) for x in s], _as_ball(r))
            for s, r in zip(self.sigma, self.radial, strict=True)
        )
        return first.alpha, second.alpha

    def exact_chart(self, index: int) -> Verdict:
        """Verdict of "the residual of the fitted exponent is 0"."""
        d, squares = self.ranks[index], singular_squares(self.side(index))
        if d < 2 or not squares[-1] > 0:
            return Verdict.REFUTED
        if self.chart == "top_radial" or d == 2:
            # Two positive singular values are always an exact power law, which every chart recovers.
            return Verdict.CERTIFIED
        rational = all(isinstance(x, flint.fmpq) for x in squares)
        for twice in range(_LARGEST_EXPONENT + 1):
            if rational and all(squares[0] == x * k**twice for k, x in enumerate(squares, start=1)):
                return Verdict.CERTIFIED
        rho = residual(self.radial[index], d, self.exponents[index])
        return Verdict.REFUTED if rho > 0 or rho < 0 else Verdict.UNDECIDED

    def side(self, index: int) -> flint.fmpq_mat:
        """A or A'."""
        return (self.a, self.b)[index]


def _as_ball(x: Scalar) -> flint.arb:
    if not isinstance(x, flint.arb | flint.fmpq | Fraction):
        raise Inexact
    return ball(x)


@functools.lru_cache(maxsize=512)
def _interface(x: Instance, raw: bool | None, mode: tuple[int, bool]) -> Interface:
    return Interface(x, raw=raw)


def interface(x: Instance, *, raw: bool | None = None) -> Interface:
    """The interface of an instance, kept while the working precision does not change."""
    return _interface(x, raw, mode())


def slack_of(e: Interface) -> Scalar:
    """The slack s = r + a⁺ − r' of the transport form."""
    return slack_transport(e.radial[0], e.transport[0], e.radial[1])


def composable(x: Instance) -> Verdict:
    """A' reads what A writes, and neither is 0."""
    e = interface(x)
    return holds(e.a.nrows() == e.b.ncols() and all(any(v != 0 for v in m.entries()) for m in (e.a, e.b)))


def ranks(x: Instance) -> Verdict:
    """Both layers have rank at least 2."""
    e = interface(x)
    return holds(min(e.a.rank(), e.b.rank()) >= 2)


def slack_is_zero(x: Instance) -> Verdict:
    """s = 0, that is σ₁(T)σ₁(A) = σ₁(A'), on squares of singular values."""
    e = interface(x, raw=False)
    if not e.invertible:
        return Verdict.REFUTED
    # s ≥ 0 always, so s = 0 exactly when −s ≥ 0.
    return decide(lambda: -slack_of(interface(x, raw=False)), strict=False).verdict


def charts_exact(x: Instance) -> Verdict:
    e = interface(x, raw=False)
    return combine(e.exact_chart(k) for k in (0, 1))


def is_normalized(x: Instance) -> Verdict:
    e = interface(x)
    return holds(not e.raw or all(frobenius_squared(m) == d for m, d in zip((e.a, e.b), e.ranks, strict=True)))
