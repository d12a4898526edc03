r"""D4. Rigidity: the fitted exponent of adjacent layers drifts no faster than the interface transports.

Statement
    Let A, A' be square and invertible, d ≥ 2, normalized to Â = √d A/‖A‖_F. With the transport
    :math:`T=\hat A'\hat A^{-1}`, amplitudes :math:`a^+=\log\sigma_1(T)`, :math:`a^-=\log\sigma_1(T^{-1})`, top-radial
    coordinates r, r', slack :math:`s=r+a^+-r'\ge0`, exponents α, α' of any chart and residuals
    :math:`\rho=r-\varphi_d(\alpha)`,

    .. math::
        \varphi(\alpha')-\varphi(\alpha)=a^+-s-(\rho'-\rho),\qquad
        |\alpha'-\alpha|\le\frac{\max(a^+,a^-)+|\rho'-\rho|}{u_d(2\max(\alpha,\alpha'))}.

    In an exact chart with zero slack the numerator is :math:`a^+`. All singular values move by at most the amplitude,
    :math:`\|\log\sigma(\hat A')-\log\sigma(\hat A)\|_\infty\le\max(a^+,a^-)`. The product form is D4.product.

Hypotheses
    *composable*, *square*, *invertible*, *ranks* (d ≥ 2), *normalized*, *slack* (s = 0), *residual* (ρ = ρ' = 0).

Needed
    The first four define the terms. Without *normalized*, *slack* or *residual* the drift exceeds a⁺/u_d; the search
    finds a witness for each.

Reach
    Symbolic: the identity with φ unspecified, and the quadratic-form identities behind the amplitude inequalities for
    all real 2×2 and 3×3 layers. Numeric: balls on exact singular values, 2 ≤ d ≤ 4, aligned layers included.

Readings
    *drift*, *exact drift*, *identity*, *range*, *slack*, *step*, *Cartan*, *converse*: true. *Without slack* (a⁺ alone
    bounds the chart step), *without normalization* (raw transport) and *without residual* (the identity with ρ' − ρ
    left out): false. Even max(a⁺, a⁻) does not bound the chart step of a least-squares exponent without the residual
    term, but for d = 3 it takes nearly flat spectra, such as I and diag(1 + h, 1, 1 − h) with h ≤ 1/40, to see it.

Reference
    GSA-I (arXiv 2605.02108); submultiplicativity of σ₁ and the concavity of the chart (D3).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

from certify.geometry.spectrum.chart import chart
from certify.geometry.spectrum.fits import residual
from certify.geometry.spectrum.rigidity import (
    action_lower_bound,
    amplitude,
    drift_bound,
    exact_drift_bound,
    identity_gap,
    slack_transport,
)
from certify.rigor.functions import absolute, log, maximum
from certify.verdict import Verdict, combine
from theorems.engine.theorem import (
    Constant,
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
    holds,
    small,
)
from theorems.exact.scalars import Scalar, num
from theorems.subjects import interface_samples as samples
from theorems.subjects.interfaces import (
    Interface,
    charts_exact,
    composable,
    interface,
    is_normalized,
    ranks,
    slack_is_zero,
    slack_of,
)

# Three charts give exponents to float64 accuracy, which bounds how well balls can state the identity.
_TINY = Fraction(1, 2**30)
_LAYERS = 3


def _residuals(e: Interface) -> tuple[Scalar, Scalar]:
    rho, rho_next = (residual(r, d, alpha) for r, d, alpha in zip(e.radial, e.ranks, e.exponents, strict=True))
    return rho, rho_next


def _residual_step(e: Interface) -> Scalar:
    rho, rho_next = _residuals(e)
    return rho_next - rho


def drift(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|α' − α| ≤ (c · max(a⁺, a⁻) + |ρ' − ρ|)/u_d(2 max(α, α'))."""
    e = interface(x)
    alpha, alpha_next = e.exponents
    amp = num(c["amplitude"]) * amplitude(*e.transport)
    return absolute(alpha_next - alpha), drift_bound(amp, _residual_step(e), e.ranks[0], alpha, alpha_next)


def exact_drift(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|α' − α| ≤ (log M)/(L u_d(2 max(α, α'))) with log M = L a⁺."""
    e = interface(x)
    alpha, alpha_next = e.exponents
    log_m = num(c["amplitude"]) * e.transport[0] * _LAYERS
    return absolute(alpha_next - alpha), exact_drift_bound(log_m, _LAYERS, e.ranks[0], maximum(alpha, alpha_next))


def identity(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The identity, as a bound on its defect that the accuracy of the exponents allows."""
    e = interface(x)
    gap = identity_gap(e.ranks[0], *e.exponents, e.transport[0], slack_of(e), _residual_step(e))
    return absolute(gap), num(_TINY)


def in_range(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|r − ¼ log d| ≤ ¼ log d, that is 0 ≤ r ≤ ½ log d; unscaled, r = log σ₁(A)."""
    e = interface(x)
    middle = log(num(e.ranks[0])) / 4
    r = log(e.sigma[0][0]) if e.raw else e.radial[0]
    return absolute(r - middle), middle


def slack(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """0 ≤ s."""
    return num(0), slack_of(interface(x))


def step(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """−a⁻ ≤ r' − r ≤ a⁺."""
    e = interface(x)
    plus, minus = e.transport
    change = e.radial[1] - e.radial[0]
    return maximum(change - plus, -minus - change), num(0)


def cartan(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """max_k |log σ_k(Â') − log σ_k(Â)| ≤ c · max(a⁺, a⁻)."""
    e = interface(x)
    moves = [absolute(q - p) for p, q in zip(*e.logs, strict=True)]
    return maximum(num(0), *moves), num(c["amplitude"]) * amplitude(*e.transport)


def converse(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """u_d(2 max(α, α'))|α' − α| − |ρ' − ρ| ≤ max(a⁺, a⁻)."""
    e = interface(x)
    return action_lower_bound(e.ranks[0], *e.exponents, *_residuals(e)), maximum(*e.transport)


def _chart_step(e: Interface) -> Scalar:
    return absolute(chart(e.ranks[1], e.exponents[1]) - chart(e.ranks[0], e.exponents[0]))


def without_slack(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| ≤ a⁺ + |ρ' − ρ|: the slack term is gone and a⁻ is not asked."""
    e = interface(x, raw=False)
    return _chart_step(e), e.transport[0] + absolute(_residual_step(e))


def without_normalization(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| ≤ max(a⁺, a⁻) + |ρ' − ρ| with the amplitudes of A'A⁻¹ as it stands."""
    e = interface(x, raw=True)
    return _chart_step(e), maximum(*e.transport) + absolute(_residual_step(e))


def without_residual(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|φ(α') − φ(α)| ≤ |a⁺ − s|: the identity without its residual term."""
    e = interface(x, raw=False)
    return _chart_step(e), absolute(e.transport[0] - slack_of(e))


def at_smaller_exponent(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The drift bound with the slope taken at the smaller exponent."""
    e = interface(x)
    alpha, alpha_next = e.exponents
    low = -maximum(-alpha, -alpha_next)
    return absolute(alpha_next - alpha), drift_bound(maximum(*e.transport), _residual_step(e), e.ranks[0], low, low)


def one_sided(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|r' − r| ≤ a⁺."""
    e = interface(x)
    return absolute(e.radial[1] - e.radial[0]), e.transport[0]


def algebra() -> Proof:
    """The identity holds whatever φ is: charts, coordinates and amplitudes are free symbols."""
    import sympy

    alpha, beta, a, rho, tau, u = sympy.symbols("alpha beta a rho tau u", real=True)
    claims: list[tuple[str, object]] = []
    for d in (2, 3, 4):
        r, r_next = chart(d, alpha) + rho, chart(d, beta) + tau
        s = slack_transport(r, a, r_next)
        claims += [
            (f"d = {d}: the residual of φ(α) + ρ is ρ", sympy.expand(residual(r, d, alpha) - rho) == 0),
            (f"d = {d}: the converse is the drift bound, solved for the amplitude", _solved(d, alpha, beta, rho, tau)),
            (f"d = {d}: identity", sympy.expand(identity_gap(d, alpha, beta, a, s, tau - rho)) == 0),
            (f"d = {d}: its defect", sympy.expand(identity_gap(d, alpha, beta, a, s + u, tau - rho) - u) == 0),
        ]
    return facts("symbolic", "all real α, α', ρ, ρ', a⁺; φ_d an opaque term, d = 2, 3, 4", claims)


def _solved(d: int, alpha: Any, beta: Any, rho: Any, tau: Any) -> bool:
    import sympy

    amount = action_lower_bound(d, alpha, beta, rho, tau)
    return sympy.simplify(drift_bound(amount, tau - rho, d, alpha, beta) - abs(beta - alpha)) == 0


def quadratic_forms() -> Proof:
    """σ_d(T)|Ax| ≤ |TAx| ≤ σ₁(T)|Ax| for every x, for T diagonal; orthogonal factors change no singular value.

    By the min–max principle σ_d(T)σ_k(A) ≤ σ_k(TA) ≤ σ₁(T)σ_k(A) for every k, which is the Cartan inequality, and k = 1
    is the slack inequality.
    """
    import sympy

    claims: list[tuple[str, object]] = []
    for d in (2, 3):
        # t₁² ≥ … ≥ t_d² ≥ 0 as partial sums of squares, so that every sign is visible.
        w = sympy.symbols(f"w1:{d + 1}", real=True)
        t = [sum(v**2 for v in w[i:]) for i in range(d)]
        y = sympy.Matrix(d, d, sympy.symbols(f"a1:{d * d + 1}")) * sympy.Matrix(sympy.symbols(f"x1:{d + 1}"))
        image, norm = sum(p * v**2 for p, v in zip(t, y, strict=True)), sum(v**2 for v in y)
        above = sum(w[j] ** 2 * y[i] ** 2 for i in range(d) for j in range(i))
        below = sum(w[j] ** 2 * y[i] ** 2 for i in range(d) for j in range(i, d - 1))
        claims += [
            (f"d = {d}: t₁²|Ax|² − |TAx|² is a sum of squares", sympy.expand(t[0] * norm - image - above) == 0),
            (f"d = {d}: |TAx|² − t_d²|Ax|² is a sum of squares", sympy.expand(image - t[-1] * norm - below) == 0),
        ]
    return facts("symbolic", "all real T, A of size 2×2 and 3×3, up to orthogonal factors of T", claims)


def invariance(x: Instance) -> Verdict:
    """A ↦ PAQ, A' ↦ 3RA'Q with signed permutations turns T into a multiple of RTPᵀ; nothing normalized changes."""
    a, b = cast(Any, x["A"]), cast(Any, x["A_next"])
    y = x.replace(A=[row[::-1] for row in a[::-1]], A_next=[[-3 * v for v in row[::-1]] for row in b])

    def gap(k: int) -> Scalar:
        e, f = interface(x, raw=False), interface(y, raw=False)
        return (slack_of(e), *e.transport, *e.exponents)[k] - (slack_of(f), *f.transport, *f.exponents)[k]

    return combine(small(lambda k=k: gap(k), _TINY) for k in range(5))


_DEFINED = ("composable", "square", "invertible", "ranks")
_NORMALIZED = (*_DEFINED, "normalized")
_NUMERATOR = r"\varphi(\alpha')-\varphi(\alpha)"

THEOREM = Theorem(
    id="D4",
    title="Rigidity of fitted exponents across an interface",
    source="GSA-I (arXiv 2605.02108)",
    dimensions={"d": (1, 3)},
    parameters=(
        Parameter.matrix("A", "d", "d"),
        Parameter.matrix("A_next", "d", "d"),
        Parameter.choice("chart", "top_radial", "log_log", "kl", "hellinger"),
        Parameter.choice("scaling", "frobenius", "raw"),
    ),
    hypotheses=(
        Hypothesis(
            "composable",
            "A' reads what A writes, and neither is 0",
            r"A\ne0,\ A'\ne0",
            composable,
            Need.DEFINITION,
            "the layers have no interface, or no normalization",
        ),
        Hypothesis(
            "square",
            "A and A' are square",
            r"A,A'\in\mathbb R^{d\times d}",
            lambda x: holds(interface(x).square),
            Need.DEFINITION,
            "the transport is not defined; the product form covers rectangular layers and is empty",
        ),
        Hypothesis(
            "invertible",
            "A and A' are invertible",
            r"\det A\,\det A'\ne0",
            lambda x: holds(interface(x).invertible),
            Need.DEFINITION,
            "the transport or its inverse is not defined",
        ),
        Hypothesis(
            "ranks",
            "A and A' have rank at least 2",
            r"d\ge2",
            ranks,
            Need.DEFINITION,
            "with d = 1 the chart is constant; rank one has no finite exponent",
        ),
        Hypothesis(
            "normalized",
            "the layers enter as Â = √d A/‖A‖_F",
            r"\|A\|_F^2=d,\ \|A'\|_F^2=d'",
            is_normalized,
            why="the amplitudes no longer bound the drift, and log σ₁ leaves [0, ½ log d]",
        ),
        Hypothesis(
            "slack", "the slack is 0", r"s=0", slack_is_zero, why="a⁺ does not see the leading singular value fall"
        ),
        Hypothesis(
            "residual",
            "the residuals are 0",
            r"\rho=\rho'=0",
            charts_exact,
            why="a fit to all ranks moves although the leading rank does not",
        ),
    ),
    readings=(
        Reading(
            "drift",
            "|α' − α| ≤ (max(a⁺, a⁻) + |ρ' − ρ|)/u_d(2 max(α, α'))",
            r"|\alpha'-\alpha|\le(\max(a^+,a^-)+|\rho'-\rho|)/u_d(2\max(\alpha,\alpha'))",
            _NORMALIZED,
            sides=drift,
            constants=("amplitude",),
            tight=samples.short_steps,
            attained=Fraction(1, 2**12),
        ),
        Reading(
            "exact drift",
            "with a⁺ ≤ (log M)/L: |α' − α| ≤ (log M)/(L u_d(2 max(α, α')))",
            r"|\alpha'-\alpha|\le(\log M)/(L\,u_d(2\max(\alpha,\alpha')))",
            (*_NORMALIZED, "slack", "residual"),
            sides=exact_drift,
            constants=("amplitude",),
            strategy=samples.zero_slack,
            tight=lambda: list(samples.short_steps())[:2],
            attained=Fraction(1, 2**12),
        ),
        Reading(
            "identity",
            "φ(α') − φ(α) = a⁺ − s − (ρ' − ρ)",
            rf"{_NUMERATOR}=a^+-s-(\rho'-\rho)",
            _NORMALIZED,
            sides=identity,
            note="numerically: to the accuracy of the enclosed exponents",
        ),
        Reading(
            "range",
            "0 ≤ r ≤ ½ log d",
            r"0\le r\le\tfrac12\log d",
            ("composable", "normalized"),
            sides=in_range,
            tight=samples.near_flat,
        ),
        Reading("slack", "0 ≤ s", r"0\le s", _NORMALIZED, sides=slack, tight=samples.rising, attained=Fraction(0)),
        Reading("step", "−a⁻ ≤ r' − r ≤ a⁺", r"-a^-\le r'-r\le a^+", _NORMALIZED, sides=step, tight=samples.aligned),
        Reading(
            "Cartan",
            "max_k |log σ_k(Â') − log σ_k(Â)| ≤ max(a⁺, a⁻)",
            r"\|\log\sigma(\hat A')-\log\sigma(\hat A)\|_\infty\le\max(a^+,a^-)",
            _NORMALIZED,
            sides=cartan,
            constants=("amplitude",),
            tight=samples.aligned,
            attained=Fraction(0),
        ),
        Reading(
            "converse",
            "u_d(2 max(α, α'))|α' − α| − |ρ' − ρ| ≤ max(a⁺, a⁻)",
            r"u_d(2\max(\alpha,\alpha'))|\alpha'-\alpha|-|\rho'-\rho|\le\max(a^+,a^-)",
            _NORMALIZED,
            sides=converse,
            tight=samples.short_steps,
            attained=Fraction(1, 2**12),
        ),
        Reading(
            "without slack",
            "|φ(α') − φ(α)| ≤ a⁺ + |ρ' − ρ|",
            rf"|{_NUMERATOR}|\le a^++|\rho'-\rho|",
            _NORMALIZED,
            Status.FALSE,
            sides=without_slack,
        ),
        Reading(
            "without normalization",
            "|φ(α') − φ(α)| ≤ max(a⁺, a⁻) + |ρ' − ρ| with the raw transport A'A⁻¹",
            rf"|{_NUMERATOR}|\le\max(a^+,a^-)+|\rho'-\rho|,\ T=A'A^{{-1}}",
            _DEFINED,
            Status.FALSE,
            sides=without_normalization,
        ),
        Reading(
            "without residual",
            "|φ(α') − φ(α)| ≤ |a⁺ − s|",
            rf"|{_NUMERATOR}|\le|a^+-s|",
            _NORMALIZED,
            Status.FALSE,
            sides=without_residual,
        ),
    ),
    constants=(Constant("amplitude", Fraction(1), "factor of the amplitude max(a⁺, a⁻)", sharp=True),),
    symbolic=(algebra, quadratic_forms),
    strategy=samples.layers,
    properties=(Property("invariance", "orthogonal changes of basis and scalar factors change nothing", invariance),),
    mutants=(
        Mutant("amplitude", "the amplitude reduced by 1/1000", "Cartan", {"amplitude": Fraction(999, 1000)}),
        Mutant("smaller exponent", "the slope taken at the smaller exponent", "drift", sides=at_smaller_exponent),
        Mutant("one-sided", "a⁺ bounds the step in both directions", "step", sides=one_sided),
        Mutant("residual", "the residual term dropped", "identity", sides=without_residual),
    ),
)
