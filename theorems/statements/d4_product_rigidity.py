r"""D4.product. The product form of rigidity is empty.

Statement
    For layers that compose, of ranks at least 2 and of any shapes, let :math:`a_\times=\log\sigma_1(\hat A'\hat A)` and
    :math:`s_\times=r+r'-a_\times\ge0`. Then

    .. math:: |\varphi_{d'}(\alpha')-\varphi_d(\alpha)|\le a_\times+s_\times+|\rho'-\rho|,

    which is true and says nothing about the interface, since :math:`a_\times+s_\times=r+r'` whatever it is. The sharp
    form is :math:`|r'-r|=a_\times+s_\times-2\min(r,r')`. The amplitude alone does not bound the chart step.

Reference
    GSA-I (arXiv 2605.02108).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

from certify.geometry.spectrum.chart import chart
from certify.geometry.spectrum.fits import residual
from certify.geometry.spectrum.rigidity import product_bound, sharp_product_bound, slack_product
from certify.rigor.functions import absolute
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, Status, small
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar
from theorems.subjects import interface_samples as samples
from theorems.subjects.interfaces import Interface, composable, interface, ranks

theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.matrix("A", "n", "m"),
        Parameter.matrix("A_next", "p", "n"),
        Parameter.choice("chart", "top_radial", "log_log", "kl", "hellinger"),
        Parameter.choice("scaling", "frobenius"),
    ),
    dimensions={"n": (1, 3), "m": (1, 3), "p": (1, 3)},
    strategy=samples.rectangular,
)


def _steps(e: Interface) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| and ρ' − ρ."""
    (d, d_next), (alpha, alpha_next), (r, r_next) = e.ranks, e.exponents, e.radial
    moved = absolute(chart(d_next, alpha_next) - chart(d, alpha))
    return moved, residual(r_next, d_next, alpha_next) - residual(r, d, alpha)


def _slack(e: Interface) -> Scalar:
    return slack_product(*e.radial, e.product)


@theorem.bound(
    r"|\varphi(\alpha')-\varphi(\alpha)|\le a_\times+s_\times+|\rho'-\rho|",
    *(composable, ranks),
    status=Status.EMPTY,
    attained_at=samples.near_flat,
    gap=Fraction(1, 2**12),
    note="a_× + s_× = r + r' does not depend on the interface",
)
def product(x: Instance) -> Sides:
    """|φ(α') − φ(α)| ≤ a_× + s_× + |ρ' − ρ|"""
    e = interface(x, raw=False)
    moved, residual_step = _steps(e)
    return moved, product_bound(e.product, _slack(e), residual_step)


@theorem.bound(r"a_\times\le r+r'", composable, ranks, attained_at=samples.aligned)
def product_slack(x: Instance) -> Sides:
    """a_× ≤ r + r': the slack is not negative"""
    e = interface(x, raw=False)
    return e.product, e.radial[0] + e.radial[1]


@theorem.bound(r"|\varphi(\alpha')-\varphi(\alpha)|\le a_\times+|\rho'-\rho|", composable, ranks, false=True)
def amplitude_alone(x: Instance) -> Sides:
    """|φ(α') − φ(α)| ≤ a_× + |ρ' − ρ|"""
    e = interface(x, raw=False)
    moved, residual_step = _steps(e)
    return moved, e.product + absolute(residual_step)


theorem.witness(
    amplitude_alone,
    None,
    Instance.of(A=[[1, 0], [0, 1], [0, 0]], A_next=[[0, 1, 0], [0, 0, 2]], chart="top_radial", scaling="frobenius"),
)
theorem.mutant("amplitude", "the slack dropped", product, amplitude_alone)
theorem.mutant("residual", "the residual term subtracted", product, lambda x: _residual_subtracted(x))


def _residual_subtracted(x: Instance) -> Sides:
    e = interface(x, raw=False)
    moved, residual_step = _steps(e)
    return moved, e.product + _slack(e) - absolute(residual_step)


@theorem.stratum
def different_ranks(x: Instance) -> bool:
    """d ≠ d', where only charts can be compared, not exponents"""
    e = interface(x)
    return e.ranks[0] != e.ranks[1]


def _rolled(x: Instance) -> Instance:
    """A' with its columns moved by one."""
    return x.replace(A_next=[row[1:] + row[:1] for row in cast(Any, x["A_next"])])


def _transports(x: Instance) -> bool:
    return any(v != 0 for v in (interface(_rolled(x)).b * interface(x).a).entries())


@theorem.property(strategy=lambda: samples.rectangular().filter(_transports))
def emptiness(x: Instance) -> Verdict:
    """a_× + s_× does not depend on how the layers face each other"""

    def total(z: Instance) -> Scalar:
        e = interface(z, raw=False)
        return e.product + _slack(e)

    return small(lambda: total(x) - total(_rolled(x)))


@theorem.proof("symbolic", "all real a_×, ρ, ρ' and r, r' ≥ 0")
def algebra() -> Facts:
    """Emptiness, the sharp form, and the bound as a triangle inequality, in free symbols."""
    import sympy

    a, rho, tau = sympy.symbols("a rho tau", real=True)
    r, up = sympy.symbols("r u", nonnegative=True)
    for first, second, name in ((r, r + up, "r ≤ r'"), (r + up, r, "r' ≤ r")):
        s = slack_product(first, second, a)
        sharp_form = sharp_product_bound(a, s, first, second)
        excess = product_bound(a, s, tau - rho) - (abs(second - first) + abs(tau - rho))
        yield f"{name}: a_× + s_× = r + r'", vanishes(a + s - first - second)
        yield f"{name}: |r' − r| is the sharp form", sympy.simplify(sharp_form - abs(second - first)) == 0
        # |φ' − φ| = |r' − r − (ρ' − ρ)| ≤ |r' − r| + |ρ' − ρ|, and the rest of the bound is 2 min(r, r') ≥ 0.
        yield f"{name}: the bound exceeds |r' − r| + |ρ' − ρ| by 2 min(r, r')", sympy.simplify(excess - 2 * r) == 0
