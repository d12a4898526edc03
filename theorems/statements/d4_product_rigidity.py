r"""D4.product. The product form of rigidity, for rectangular layers too: true, but empty.

Statement
    Let A, A' have rank at least 2, A' reading what A writes. With :math:`a_\times=\log\sigma_1(\hat A'\hat A)` and
    slack :math:`s_\times=r+r'-a_\times\ge0`,

    .. math:: |\varphi(\alpha')-\varphi(\alpha)|\le a_\times+s_\times+|\rho'-\rho|.

    The bound is **empty**: :math:`a_\times+s_\times=r+r'` does not depend on how the layers face each other. The sharp
    form is :math:`|r'-r|=a_\times+s_\times-2\min(r,r')`, and in an exact chart each exponent alone is bounded by
    :math:`\varphi^{-1}(a_\times+s_\times)`.

Hypotheses
    *composable*, *ranks* (both layers have rank at least 2).

Needed
    Both define the terms.

Reach
    Symbolic: emptiness, the sharp form and the bound from the triangle inequality, for all real coordinates. Numeric:
    balls on rectangular integer layers with sides up to 4.

Readings
    *product* and *product, sharp*: true but empty. *product slack*: true. *amplitude alone* (no slack): false.

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
from theorems.engine.theorem import (
    Constants,
    Hypothesis,
    Instance,
    Mutant,
    Need,
    Parameter,
    Proof,
    Property,
    Reading,
    Status,
    Theorem,
    facts,
    small,
)
from theorems.exact.scalars import Scalar, num
from theorems.subjects import interface_samples as samples
from theorems.subjects.interfaces import Interface, composable, interface, ranks


def _steps(e: Interface) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| and ρ' − ρ."""
    (d, d_next), (alpha, alpha_next), (r, r_next) = e.ranks, e.exponents, e.radial
    moved = absolute(chart(d_next, alpha_next) - chart(d, alpha))
    return moved, residual(r_next, d_next, alpha_next) - residual(r, d, alpha)


def _slack(e: Interface) -> Scalar:
    return slack_product(*e.radial, e.product)


def product(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| ≤ a_× + s_× + |ρ' − ρ|."""
    e = interface(x, raw=False)
    moved, residual_step = _steps(e)
    return moved, product_bound(e.product, _slack(e), residual_step)


def slack(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """0 ≤ s_×."""
    return num(0), _slack(interface(x, raw=False))


def sharp(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|r' − r| = a_× + s_× − 2 min(r, r'), as a bound on the defect."""
    e = interface(x, raw=False)
    bound = sharp_product_bound(e.product, _slack(e), *e.radial)
    return absolute(bound - absolute(e.radial[1] - e.radial[0])), num(Fraction(1, 2**40))


def amplitude_alone(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| ≤ a_× + |ρ' − ρ|, which is false."""
    e = interface(x, raw=False)
    moved, residual_step = _steps(e)
    return moved, e.product + absolute(residual_step)


def no_residual(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| ≤ a_× + s_× − |ρ' − ρ|."""
    e = interface(x, raw=False)
    moved, residual_step = _steps(e)
    return moved, e.product + _slack(e) - absolute(residual_step)


def algebra() -> Proof:
    """Emptiness, the sharp form, and the bound as a triangle inequality, in free symbols."""
    import sympy

    a, rho, tau = sympy.symbols("a rho tau", real=True)
    r, up = sympy.symbols("r u", nonnegative=True)
    claims: list[tuple[str, object]] = []
    for first, second, name in ((r, r + up, "r ≤ r'"), (r + up, r, "r' ≤ r")):
        s = slack_product(first, second, a)
        sharp_form = sharp_product_bound(a, s, first, second)
        excess = product_bound(a, s, tau - rho) - (abs(second - first) + abs(tau - rho))
        claims += [
            (f"{name}: a_× + s_× = r + r'", sympy.expand(a + s - first - second) == 0),
            (f"{name}: |r' − r| is the sharp form", sympy.simplify(sharp_form - abs(second - first)) == 0),
            # |φ' − φ| = |r' − r − (ρ' − ρ)| ≤ |r' − r| + |ρ' − ρ|, and the rest of the bound is 2 min(r, r') ≥ 0.
            (f"{name}: the bound exceeds |r' − r| + |ρ' − ρ| by 2 min(r, r')", sympy.simplify(excess - 2 * r) == 0),
        ]
    return facts("symbolic", "all real a_×, ρ, ρ' and r, r' ≥ 0", claims)


def emptiness(x: Instance) -> Verdict:
    """Turning A' against A changes a_× but not a_× + s_×."""
    turned = x.replace(A_next=[row[1:] + row[:1] for row in cast(Any, x["A_next"])])
    if not any(v != 0 for v in (interface(turned).b * interface(turned).a).entries()):
        return Verdict.CERTIFIED

    def total(z: Instance) -> Scalar:
        e = interface(z, raw=False)
        return e.product + _slack(e)

    return small(lambda: total(x) - total(turned))


_BOTH = ("composable", "ranks")

THEOREM = Theorem(
    id="D4.product",
    title="The product form of rigidity is empty",
    source="GSA-I (arXiv 2605.02108)",
    dimensions={"n": (1, 3), "m": (1, 3), "p": (1, 3)},
    parameters=(
        Parameter.matrix("A", "n", "m"),
        Parameter.matrix("A_next", "p", "n"),
        Parameter.choice("chart", "top_radial", "log_log", "kl", "hellinger"),
        Parameter.choice("scaling", "frobenius"),
    ),
    hypotheses=(
        Hypothesis(
            "composable",
            "A' reads what A writes, and neither is 0",
            r"A\ne0,\ A'\ne0",
            composable,
            Need.DEFINITION,
            "the layers have no product, or no normalization",
        ),
        Hypothesis(
            "ranks",
            "A and A' have rank at least 2",
            r"d,d'\ge2",
            ranks,
            Need.DEFINITION,
            "rank one has no finite exponent",
        ),
    ),
    readings=(
        Reading(
            "product",
            "|φ(α') − φ(α)| ≤ a_× + s_× + |ρ' − ρ|",
            r"|\varphi(\alpha')-\varphi(\alpha)|\le a_\times+s_\times+|\rho'-\rho|",
            _BOTH,
            Status.EMPTY,
            sides=product,
            tight=samples.near_flat,
            attained=Fraction(1, 2**12),
            note="a_× + s_× = r + r' does not depend on the interface",
        ),
        Reading(
            "product slack",
            "0 ≤ s_×",
            r"0\le s_\times",
            _BOTH,
            sides=slack,
            tight=samples.aligned,
            attained=Fraction(0),
        ),
        Reading(
            "product, sharp",
            "|r' − r| = a_× + s_× − 2 min(r, r')",
            r"|r'-r|=a_\times+s_\times-2\min(r,r')",
            _BOTH,
            Status.EMPTY,
            sides=sharp,
        ),
        Reading(
            "amplitude alone",
            "|φ(α') − φ(α)| ≤ a_× + |ρ' − ρ|",
            r"|\varphi(\alpha')-\varphi(\alpha)|\le a_\times+|\rho'-\rho|",
            _BOTH,
            Status.FALSE,
            sides=amplitude_alone,
        ),
    ),
    symbolic=(algebra,),
    strategy=samples.rectangular,
    properties=(Property("emptiness", "a_× + s_× does not depend on how the layers face each other", emptiness),),
    mutants=(
        Mutant("amplitude", "the slack dropped", "product", sides=amplitude_alone),
        Mutant("residual", "the residual term subtracted", "product", sides=no_residual),
    ),
)
