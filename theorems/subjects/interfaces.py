"""The spectral data of two exact layers and their interface, computed from the definitions and not from any bound."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import cast

import flint

from certify.errors import UsageError
from certify.geometry.spectrum.chart import top_radial
from certify.geometry.spectrum.fits import fit_chart, residual
from certify.geometry.spectrum.rigidity import product_amplitude, slack_transport, transport_amplitude
from certify.rigor.ball import ball
from certify.rigor.functions import log
from certify.verdict import Verdict, combine
from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance, Matrix, fmpq_mat
from theorems.exact.scalars import Inexact, Scalar, decide, mode, num, root, settle
from theorems.exact.spectra import frobenius_squared, singular_squares, singular_values

__all__ = [
    "Interface",
    "composable",
    "exact_charts",
    "interface",
    "invertible",
    "normalized",
    "ranks",
    "slack_of",
    "square",
    "zero_slack",
]

_LARGEST_EXPONENT = 8


class Layer:
    """One exact layer: its singular values, its top-radial coordinate, and its exponent in any chart."""

    def __init__(self, rows: Matrix) -> None:
        self.matrix = fmpq_mat(rows)
        self.d = min(self.matrix.nrows(), self.matrix.ncols())
        self._exponents: dict[str, Scalar] = {}

    @functools.cached_property
    def sigma(self) -> list[Scalar]:
        """The singular values, decreasing."""
        return singular_values(self.matrix)

    @functools.cached_property
    def scale(self) -> Scalar:
        """log(√d/‖A‖_F)."""
        return log(num(self.d)) / 2 - log(num(frobenius_squared(self.matrix))) / 2

    @functools.cached_property
    def frobenius(self) -> Scalar:
        """The Frobenius norm."""
        return root(frobenius_squared(self.matrix))

    @functools.cached_property
    def radial(self) -> Scalar:
        """The top-radial coordinate r."""
        return settle(top_radial(self.sigma[0], self.frobenius, self.d))

    def exponent(self, chart: str) -> Scalar:
        """The fitted exponent as a ball."""
        if chart not in self._exponents:
            self._exponents[chart] = fit_chart(chart, [_as_ball(x) for x in self.sigma], _as_ball(self.radial)).alpha
        return self._exponents[chart]


class Interface:
    """Layers ``A`` (read first) and ``A_next``, normalized or not, with the exponents of one chart.

    ``raw`` leaves the transport T = A'A⁻¹ as it is instead of rescaling both matrices to ‖Â‖_F = √d.
    """

    def __init__(self, x: Instance, *, raw: bool | None = None) -> None:
        self.layers = tuple(_layer(cast(Matrix, x[name]), mode()) for name in ("A", "A_next"))
        self.a, self.b = (layer.matrix for layer in self.layers)
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

    @property
    def ranks(self) -> tuple[int, int]:
        """The numbers of singular values d and d'."""
        return self.layers[0].d, self.layers[1].d

    @property
    def sigma(self) -> tuple[list[Scalar], list[Scalar]]:
        """Singular values of A and of A'."""
        return self.layers[0].sigma, self.layers[1].sigma

    @property
    def logs(self) -> tuple[list[Scalar], list[Scalar]]:
        """log σ_k(Â) and log σ_k(Â')."""
        first, second = ([settle(log(x) + layer.scale) for x in layer.sigma] for layer in self.layers)
        return first, second

    @property
    def radial(self) -> tuple[Scalar, Scalar]:
        """The top-radial coordinates r and r'."""
        return self.layers[0].radial, self.layers[1].radial

    @functools.cached_property
    def transport(self) -> tuple[Scalar, Scalar]:
        """The amplitudes a⁺ = log σ₁(T) and a⁻ = log σ₁(T⁻¹)."""
        if not self.invertible:
            raise UsageError("the transport of the interface needs two invertible square layers")
        values = singular_values(self.b * self.a.inv())
        if self.raw:
            return settle(log(values[0])), settle(-log(values[-1]))
        first, second = (layer.frobenius for layer in self.layers)
        return (
            settle(transport_amplitude(values[0], first, second)),
            settle(transport_amplitude(1 / values[-1], second, first)),
        )

    @functools.cached_property
    def product(self) -> Scalar:
        """a_× = log σ₁(Â'Â)."""
        size = singular_values(self.b * self.a)[0]
        first, second = self.layers
        return settle(product_amplitude(size, first.frobenius, first.d, second.frobenius, second.d))

    @property
    def exponents(self) -> tuple[Scalar, Scalar]:
        """The fitted exponents α and α' as balls."""
        return self.layers[0].exponent(self.chart), self.layers[1].exponent(self.chart)

    def exact_chart(self, index: int) -> Verdict:
        """Verdict of "the residual of the fitted exponent is 0"."""
        d, squares = self.ranks[index], singular_squares(self.layers[index].matrix)
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


def _as_ball(x: Scalar) -> flint.arb:
    if not isinstance(x, flint.arb | flint.fmpq | Fraction):
        raise Inexact
    return ball(x)


@functools.lru_cache(maxsize=2048)
def _layer(rows: Matrix, _mode: tuple[int, bool]) -> Layer:
    return Layer(rows)


@functools.lru_cache(maxsize=512)
def _interface(x: Instance, raw: bool | None, _mode: tuple[int, bool]) -> Interface:
    return Interface(x, raw=raw)


def interface(x: Instance, *, raw: bool | None = None) -> Interface:
    """The interface of an instance, kept while the working precision does not change."""
    return _interface(x, raw, mode())


def slack_of(e: Interface) -> Scalar:
    """The slack s = r + a⁺ − r' of the transport form."""
    return slack_transport(e.radial[0], e.transport[0], e.radial[1])


@hypothesis(r"A\ne0,\ A'\ne0", defines="the layers have no interface, or no normalization")
def composable(x: Instance) -> bool:
    """A' reads what A writes, and neither is 0"""
    e = interface(x)
    return e.a.nrows() == e.b.ncols() and all(any(v != 0 for v in m.entries()) for m in (e.a, e.b))


@hypothesis(r"A,A'\in\mathbb R^{d\times d}", defines="the transport is not defined")
def square(x: Instance) -> bool:
    """A and A' are square"""
    return interface(x).square


@hypothesis(r"\det A\,\det A'\ne0", defines="the transport or its inverse is not defined")
def invertible(x: Instance) -> bool:
    """A and A' are invertible"""
    return interface(x).invertible


@hypothesis(r"d,d'\ge2", defines="with d = 1 the chart is constant; rank one has no finite exponent")
def ranks(x: Instance) -> bool:
    """A and A' have rank at least 2"""
    e = interface(x)
    return min(e.a.rank(), e.b.rank()) >= 2


@hypothesis(r"\|A\|_F^2=d,\ \|A'\|_F^2=d'", needed="raw amplitudes do not bound what happens to normalized layers")
def normalized(x: Instance) -> bool:
    """the layers enter as Â = √d A/‖A‖_F"""
    e = interface(x)
    return not e.raw or all(frobenius_squared(m) == d for m, d in zip((e.a, e.b), e.ranks, strict=True))


@hypothesis(r"s=0", name="slack", needed="a⁺ does not see the leading singular value fall")
def zero_slack(x: Instance) -> Verdict:
    """the slack is 0"""
    # s = 0 says σ₁(T)σ₁(A) = σ₁(A'); s ≥ 0 always, so s = 0 exactly when −s ≥ 0.
    if not interface(x, raw=False).invertible:
        return Verdict.REFUTED
    return decide(lambda: -slack_of(interface(x, raw=False)), strict=False).verdict


@hypothesis(r"\rho=\rho'=0", name="residual", needed="a fit to all ranks moves although the leading rank does not")
def exact_charts(x: Instance) -> Verdict:
    """the residuals are 0"""
    e = interface(x, raw=False)
    return combine(e.exact_chart(k) for k in (0, 1))
