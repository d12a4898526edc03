r"""D3. The power-law chart is increasing and concave, and its margin is its slope at the upper end.

Statement
    For d ranks let :math:`\varphi_d(\alpha)=\tfrac12(\log d-\log H_d(2\alpha))`, the top-radial coordinate of the
    power law
    :math:`\sigma_k\propto k^{-\alpha}`. With :math:`u_d(s)` and :math:`v_d(s)` the mean and the variance of log k
    under the Gibbs family :math:`g_k(s)=k^{-s}/H_d(s)`,

    .. math:: \varphi_d'(\alpha)=u_d(2\alpha)>0,\qquad \varphi_d''(\alpha)=-2v_d(2\alpha)<0\qquad(d\ge2),

    so that on :math:`[\alpha_{lo},\alpha_{hi}]` the slope of the chart is at least the *margin*
    :math:`u_d(2\alpha_{hi})`.

Hypotheses
    *ranks*: d ≥ 2. *ordered*: α_lo < α_hi. *nonnegative*: α_lo ≥ 0.

Needed
    Without *ranks* the chart is constant (d = 1), without *ordered* it does not increase from α_lo to α_hi.
    *nonnegative* is not needed: every reading holds on the whole real line.

Reach
    Symbolic: both derivatives, the variance as a sum of squares, and the chart as the top-radial coordinate of the
    power law, for every real α and d = 2, …, 5. Numeric: balls decide the secant inequalities and a Taylor remainder
    for d ≤ 8.

Readings
    *increasing*, *margin*, *tangent*, *curvature*: true. *margin at the lower end* and *variance decreases*: false.

Reference
    GSA-I (arXiv 2605.02108); the proof is the differentiation of :math:`\log H_d`.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from certify.geometry.spectrum.chart import (
    chart,
    energies,
    gibbs,
    mean_log_rank,
    power_sum,
    top_radial,
    variance_log_rank,
)
from certify.rigor.functions import absolute, log
from certify.verdict import Verdict
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
from theorems.exact.scalars import Scalar, num, root

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_SIZES = range(2, 6)


def _read(x: Instance) -> tuple[int, Scalar, Scalar]:
    return x.integer("d"), num(x.rational("lo")), num(x.rational("hi"))


def _increase(x: Instance) -> Scalar:
    d, lo, hi = _read(x)
    return chart(d, hi) - chart(d, lo)


def increasing(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """φ(α_lo) < φ(α_hi)."""
    d, lo, hi = _read(x)
    return chart(d, lo), chart(d, hi)


def margin(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """c · u_d(2α_hi)(α_hi − α_lo) ≤ φ(α_hi) − φ(α_lo)."""
    d, lo, hi = _read(x)
    return num(c["slope"]) * mean_log_rank(d, 2 * hi) * (hi - lo), _increase(x)


def tangent(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """φ(α_hi) − φ(α_lo) ≤ u_d(2α_lo)(α_hi − α_lo)."""
    d, lo, hi = _read(x)
    return _increase(x), mean_log_rank(d, 2 * lo) * (hi - lo)


def _taylor(x: Instance, second: int) -> tuple[Scalar, Scalar]:
    # φ''' = 4κ₃(2α) and |κ₃| ≤ range · variance ≤ (log d)³/4, so the remainder is at most (log d)³h³/6.
    d, lo, hi = _read(x)
    h = hi - lo
    rest = _increase(x) - mean_log_rank(d, 2 * lo) * h + second * variance_log_rank(d, 2 * lo) * h**2 / 2
    return absolute(rest), log(num(d)) ** 3 * absolute(h) ** 3 / 6


def curvature(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """Taylor's formula with φ' = u and φ'' = −2v, and a remainder bound."""
    return _taylor(x, 2)


def lower_end(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """u_d(2α_lo)(α_hi − α_lo) ≤ φ(α_hi) − φ(α_lo), which is false."""
    value, bound = tangent(x, c)
    return bound, value


def variance_decreases(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """v_d(2α_hi) ≤ v_d(2α_lo), which is false for d ≥ 3."""
    d, lo, hi = _read(x)
    return variance_log_rank(d, 2 * hi), variance_log_rank(d, 2 * lo)


def _zero(expression: Any) -> bool:
    import sympy

    return sympy.expand(sympy.numer(sympy.together(expression))) == 0


def derivatives() -> Proof:
    """φ' = u > 0 and φ'' = −2v < 0, v being a sum of squares, for all real α."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    claims: list[tuple[str, object]] = []
    for d in _SIZES:
        phi, u, v = chart(d, alpha), mean_log_rank(d, 2 * alpha), variance_log_rank(d, 2 * alpha)
        weights = [sympy.exp(-2 * alpha * sympy.log(k)) for k in range(1, d + 1)]
        mass: Any = sum(weights)
        squares: Any = sum(
            weights[i] * weights[j] * (sympy.log(i + 1) - sympy.log(j + 1)) ** 2 for i in range(d) for j in range(i)
        )
        claims += [
            (f"d = {d}: φ' = u", _zero(sympy.diff(phi, alpha) - u)),
            (f"d = {d}: φ'' = −2v", _zero(sympy.diff(phi, alpha, 2) + 2 * v)),
            (f"d = {d}: u > 0", sympy.together(u).is_positive),
            (f"d = {d}: v = Σ g_i g_j (log i − log j)²", _zero(v - squares / mass**2)),
            (f"d = {d}: v > 0", (squares / mass**2).is_positive),
        ]
    return facts("symbolic", "d = 2, …, 5, all real α", claims)


def power_law() -> Proof:
    """The power law has the energies g(2α), and φ(α) is its top-radial coordinate."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    claims: list[tuple[str, object]] = []
    for d in _SIZES:
        sigma = [sympy.exp(-alpha * sympy.log(k)) for k in range(1, d + 1)]
        square = sum(x**2 for x in sigma)
        energy, family = energies(sigma), gibbs(d, 2 * alpha)
        claims += [
            (f"d = {d}: H_d(2α) = Σ k^(−2α)", _zero(power_sum(d, 2 * alpha) - square)),
            (
                f"d = {d}: energies of the power law are g(2α)",
                all(map(_zero, (p - q for p, q in zip(energy, family, strict=True)))),
            ),
            (f"d = {d}: g sums to 1", _zero(sum(family) - 1)),
            (
                f"d = {d}: g_k = k^(−s) g_1",
                all(_zero(g - x**2 * family[0]) for g, x in zip(family, sigma, strict=True)),
            ),
            (f"d = {d}: φ(α) is the top-radial coordinate", _same_log(d, alpha, square)),
        ]
    return facts("symbolic", "d = 2, …, 5, all real α", claims)


def _same_log(d: int, alpha: Any, square: Any) -> bool:
    import sympy

    coordinate = top_radial(sympy.Integer(1), sympy.sqrt(square), d)
    expanded = sympy.expand_log(coordinate - chart(d, alpha), force=True)
    return sympy.expand(expanded) == 0


def _strategy() -> SearchStrategy[Instance]:
    from hypothesis import strategies as st

    lows = st.fractions(0, 3, max_denominator=12)
    # Short steps are the tight ones: the secant and both of its bounds agree to first order.
    steps = st.sampled_from([Fraction(1, 2**k) for k in (0, 1, 3, 8, 20)]) | st.fractions(
        Fraction(1, 9), 2, max_denominator=9
    )
    return st.builds(lambda d, lo, h: Instance.of(d=d, lo=lo, hi=lo + h), st.integers(2, 8), lows, steps)


def _tight() -> Iterable[Instance]:
    for d in range(2, 9):
        for lo in (Fraction(0), Fraction(1, 3), Fraction(2)):
            yield Instance.of(d=d, lo=lo, hi=lo + Fraction(1, 2**30))


def power_law_coordinate(x: Instance) -> Verdict:
    """φ(α) is the top-radial coordinate of twice the power law."""
    # Integer exponents: the power law is rational, and only the final comparison needs logarithms.
    d, alpha = x.integer("d"), int(x.rational("lo").floor())

    sigma = [Fraction(2, k**alpha) for k in range(1, d + 1)]
    frobenius = sum((v**2 for v in sigma), start=Fraction(0))
    return small(lambda: top_radial(num(2), root(num(frobenius)), d) - chart(d, num(alpha)))


THEOREM = Theorem(
    id="D3",
    title="The power-law chart is increasing and concave",
    source="GSA-I (arXiv 2605.02108)",
    parameters=(Parameter.integer("d", 1, 6), Parameter.rational("lo", -2, 3), Parameter.rational("hi", -2, 3)),
    hypotheses=(
        Hypothesis(
            "ranks", "d ≥ 2", r"d\ge2", lambda x: holds(x.integer("d") >= 2), why="with one rank the chart is constant"
        ),
        Hypothesis(
            "ordered",
            "α_lo < α_hi",
            r"\alpha_{lo}<\alpha_{hi}",
            lambda x: holds(x.rational("lo") < x.rational("hi")),
            why="the chart does not increase towards a smaller exponent",
        ),
        Hypothesis(
            "nonnegative",
            "α_lo ≥ 0",
            r"\alpha_{lo}\ge0",
            lambda x: holds(x.rational("lo") >= 0),
            Need.NOT_NEEDED,
            "the derivatives have these signs on the whole real line: the symbolic check assumes only that α is real",
        ),
    ),
    readings=(
        Reading(
            "increasing",
            "φ(α_lo) < φ(α_hi)",
            r"\varphi_d(\alpha_{lo})<\varphi_d(\alpha_{hi})",
            ("ranks", "ordered", "nonnegative"),
            sides=increasing,
            strict=True,
        ),
        Reading(
            "margin",
            "u_d(2α_hi)(α_hi − α_lo) ≤ φ(α_hi) − φ(α_lo)",
            r"u_d(2\alpha_{hi})(\alpha_{hi}-\alpha_{lo})\le\varphi_d(\alpha_{hi})-\varphi_d(\alpha_{lo})",
            ("ordered", "nonnegative"),
            sides=margin,
            constants=("slope",),
            note="with this constant it holds for d = 1 and for either order of the end points too",
        ),
        Reading(
            "tangent",
            "φ(α_hi) − φ(α_lo) ≤ u_d(2α_lo)(α_hi − α_lo)",
            r"\varphi_d(\alpha_{hi})-\varphi_d(\alpha_{lo})\le u_d(2\alpha_{lo})(\alpha_{hi}-\alpha_{lo})",
            ("nonnegative",),
            sides=tangent,
        ),
        Reading(
            "curvature",
            "|φ(α+h) − φ(α) − u_d(2α)h + v_d(2α)h²| ≤ (log d)³|h|³/6",
            r"|\varphi_d(\alpha+h)-\varphi_d(\alpha)-u_d(2\alpha)h+v_d(2\alpha)h^2|\le\tfrac16(\log d)^3|h|^3",
            ("nonnegative",),
            sides=curvature,
        ),
        Reading(
            "margin at the lower end",
            "u_d(2α_lo)(α_hi − α_lo) ≤ φ(α_hi) − φ(α_lo)",
            r"u_d(2\alpha_{lo})(\alpha_{hi}-\alpha_{lo})\le\varphi_d(\alpha_{hi})-\varphi_d(\alpha_{lo})",
            ("ranks", "ordered", "nonnegative"),
            Status.FALSE,
            sides=lower_end,
        ),
        Reading(
            "variance decreases",
            "v_d(2α_hi) ≤ v_d(2α_lo)",
            r"v_d(2\alpha_{hi})\le v_d(2\alpha_{lo})",
            ("ranks", "ordered", "nonnegative"),
            Status.FALSE,
            sides=variance_decreases,
        ),
    ),
    constants=(Constant("slope", Fraction(1), "factor of the margin u_d(2α_hi)", sharp=True, stronger="larger"),),
    symbolic=(derivatives, power_law),
    strategy=_strategy,
    tight=_tight,
    properties=(
        Property("scale", "φ(α) is the top-radial coordinate of every multiple of k^(−α)", power_law_coordinate),
    ),
    mutants=(
        Mutant("lower end", "the margin taken at the lower end", "margin", sides=lower_end),
        Mutant("slope", "the margin enlarged by one part in a thousand", "margin", {"slope": Fraction(1001, 1000)}),
        Mutant("second derivative", "φ'' = −v instead of −2v", "curvature", sides=lambda x, c: _taylor(x, 1)),
    ),
)
