r"""D6. Approximate charts: residual and fitted exponent of a spectrum that is a power law up to factors.

Statement
    Let :math:`\sigma_k=k^{-\alpha}e^{\eta_k}`, k = 1, …, d, with :math:`|\eta_k|\le\eta`, sorted into decreasing
    order, and
    :math:`g_1=1/H_d(2\alpha)`. The residual ρ = r − φ_d(α) at the true exponent obeys

    .. math::
        -\tfrac12\log(g_1+(1-g_1)e^{4\eta})\le\rho\le-\tfrac12\log(g_1+(1-g_1)e^{-4\eta}),\qquad|\rho|\le2\eta,

    and the log–log least-squares exponent, with :math:`x_k=\log k`,

    .. math:: |\hat\alpha-\alpha|\le\eta\,\frac{\sum_k|x_k-\bar x|}{\sum_k(x_k-\bar x)^2};

    at it the residual gains at most :math:`u_d(2\min(\alpha,\hat\alpha))\,|\hat\alpha-\alpha|`. Each of the four fitted
    exponents solves its equation: top-radial φ_d(α) = r; KL u_d(2α) = E_p[log k]; log–log the normal equation;
    Hellinger minimizes :math:`\sum_k(\sqrt{p_k}-\sqrt{g_k(2\alpha)})^2`.

Hypotheses
    *ranks* (d ≥ 2), *positive* (all factors are positive), *nonnegative* (α ≥ 0).

Needed
    *ranks* and *positive* define the exponents. Without *nonnegative* the leading rank is the last one, and ρ exceeds
    its bound even for η = 0.

Reach
    Symbolic: the slope of the log-affinity and the moments it is made of, for d = 2, 3, 4 and all real α and p; the
    normal equation and the recovery of exact power laws for d = 2, 3, 4; monotonicity of the extreme residual in
    every factor for d = 2, 3. Numeric: balls for d ≤ 6.

Readings
    *above*, *below*, *twice*, *least squares*, *fitted residual*, *equations*, *best affinity*: true. *Twice at the
    fit* (|ρ̂| ≤ 2η at the least-squares exponent): false.

Reference
    GSA-I (arXiv 2605.02108).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint

from certify.geometry.spectrum.chart import (
    chart,
    energies,
    gibbs,
    mean_log_rank,
    power_sum,
    tilted_mean_log_rank,
    tilted_moments,
    top_radial,
)
from certify.geometry.spectrum.fits import CHARTS, fit_chart, fit_kl, log_log_slope, residual
from certify.geometry.spectrum.hellinger import affinity_slope, log_affinity
from certify.rigor.ball import ball
from certify.rigor.functions import absolute, exp, log, maximum, minimum, sqrt
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
from theorems.subjects import nearly_power_laws as samples
from theorems.subjects.nearly_power_laws import Spectrum, spectrum

# Three of the fits are found in float64 and then enclosed: balls see their equations to this accuracy.
_TINY = Fraction(1, 2**30)


def _extreme(s: Spectrum, sign: int) -> Scalar:
    return -log(s.g_1 + (1 - s.g_1) * exp(-4 * sign * s.eta)) / 2


def above(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """ρ ≤ −½ log(g_1 + (1 − g_1)e^{−4η})."""
    s = spectrum(x)
    return s.rho, _extreme(s, 1)


def half_exponent(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The upper bound with 2η for 4η."""
    s = spectrum(x)
    return s.rho, -log(s.g_1 + (1 - s.g_1) * exp(-2 * s.eta)) / 2


def below(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """−½ log(g_1 + (1 − g_1)e^{4η}) ≤ ρ."""
    s = spectrum(x)
    return _extreme(s, -1), s.rho


def twice(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|ρ| ≤ c η with c = 2."""
    s = spectrum(x)
    return absolute(s.rho), num(c["twice"]) * s.eta


def least_squares(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|α̂ − α| ≤ c η Σ|x_k − x̄|/Σ(x_k − x̄)²."""
    s = spectrum(x)
    return absolute(s.exponent("log_log") - s.alpha), num(c["spread"]) * s.eta * s.spread()


def fitted_residual(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|ρ̂ − ρ| ≤ u_d(2 min(α, α̂)) |α̂ − α| at the least-squares exponent."""
    s = spectrum(x)
    fit = s.exponent("log_log")
    slope = mean_log_rank(s.d, 2 * minimum(s.alpha, fit))
    return absolute(residual(s.r, s.d, fit) - s.rho), slope * absolute(fit - s.alpha)


def twice_at_fit(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|ρ̂| ≤ 2η at the least-squares exponent, which is false."""
    s = spectrum(x)
    return absolute(residual(s.r, s.d, s.exponent("log_log"))), 2 * s.eta


def equations(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """Every fitted exponent solves its equation, to the accuracy of its enclosure."""
    s = spectrum(x)
    p = energies(s.sigma)
    mean = sum((q * t for q, t in zip(p, s.logs, strict=True)), start=flint.arb(0))
    centre = sum(s.logs, start=flint.arb(0)) / s.d
    slope = s.exponent("log_log")
    normal = sum(((t - centre) * (log(v) + slope * t) for t, v in zip(s.logs, s.sigma, strict=True)), flint.arb(0))
    gaps = (
        chart(s.d, s.exponent("top_radial")) - s.r,
        mean_log_rank(s.d, 2 * s.exponent("kl")) - mean,
        normal,
        _slope(s, s.exponent("hellinger")),
    )
    return maximum(*map(absolute, gaps)), num(_TINY)


def _slope(s: Spectrum, alpha: Scalar) -> Scalar:
    """d/dα log Σ √p_k k^{−α} − ½ log H_d(2α), from the definition."""
    weights = [v * exp(-alpha * t) for v, t in zip(s.sigma, s.logs, strict=True)]
    tilted = sum((w * t for w, t in zip(weights, s.logs, strict=True)), flint.arb(0)) / sum(weights, flint.arb(0))
    return mean_log_rank(s.d, 2 * alpha) - tilted


def best_affinity(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """h(p, g(2α̂))² ≤ h(p, g(2β))² for every other exponent β, with the accuracy of the enclosure to spare."""
    s = spectrum(x)
    return _distance(s, s.exponent("hellinger")), _distance(s, ball(num(x.rational("beta")))) + num(_TINY)


def _distance(s: Spectrum, alpha: Scalar) -> Scalar:
    """Σ(√p_k − √g_k(2α))²."""
    moves = [sqrt(p) - sqrt(g) for p, g in zip(energies(s.sigma), gibbs(s.d, 2 * alpha), strict=True)]
    return sum((v * v for v in moves), start=flint.arb(0))


def affinity() -> Proof:
    """The formulas of the Hellinger fit against the definition, for free weights."""
    import sympy

    alpha = sympy.Symbol("alpha", real=True)
    claims: list[tuple[str, object]] = []
    for d in (2, 3, 4):
        q = sympy.symbols(f"q1:{d + 1}", positive=True)
        logs = [sympy.log(k) for k in range(1, d + 1)]
        weights = [v * sympy.exp(-alpha * t) for v, t in zip(q, logs, strict=True)]
        mass = sum(weights)
        first, second = (sum(w * t**n for w, t in zip(weights, logs, strict=True)) / mass for n in (1, 2))
        moments = tilted_moments(q, alpha)
        value, slope = log_affinity(q, alpha), affinity_slope(q, alpha)
        stated = sympy.log(mass) - sympy.log(sum(sympy.exp(-2 * alpha * t) for t in logs)) / 2
        claims += [
            (f"d = {d}: mass", _zero(moments[0] - mass)),
            (f"d = {d}: mean", _zero(moments[1] - first) and _zero(tilted_mean_log_rank(q, alpha) - first)),
            (f"d = {d}: second moment", _zero(moments[2] - second)),
            (f"d = {d}: the log-affinity", sympy.simplify(value - stated) == 0),
            (f"d = {d}: its slope", _zero(sympy.diff(value, alpha) - slope)),
        ]
    return facts("symbolic", "d = 2, 3, 4, all real α and positive weights", claims)


def _zero(expression: Any) -> bool:
    import sympy

    return sympy.expand(sympy.numer(sympy.together(expression))) == 0


def normal_equation() -> Proof:
    """The least-squares exponent solves the normal equation and recovers every power law."""
    import sympy

    alpha, scale = sympy.Symbol("alpha", real=True), sympy.Symbol("c", positive=True)
    claims: list[tuple[str, object]] = []
    for d in (2, 3, 4):
        values = sympy.symbols(f"v1:{d + 1}", positive=True)
        logs = [sympy.log(k) for k in range(1, d + 1)]
        centre = sum(logs) / d
        slope = log_log_slope(values)
        normal = sum((t - centre) * (sympy.log(v) + slope * t) for t, v in zip(logs, values, strict=True))
        law = [scale * sympy.exp(-alpha * t) for t in logs]
        recovered = sympy.expand_log(log_log_slope(law), force=True)
        claims += [
            (f"d = {d}: normal equation", _zero(normal)),
            (f"d = {d}: c k^(−α) has exponent α", _zero(recovered - alpha)),
        ]
    return facts("symbolic", "d = 2, 3, 4, all positive spectra", claims)


def extremes() -> Proof:
    """ρ grows in η_1 and falls in every other η_k, so its extremes are at η_1 = ±η, η_k = ∓η, where it is the bound."""
    import sympy

    alpha, eta = sympy.symbols("alpha eta", real=True)
    claims: list[tuple[str, object]] = []
    for d in (2, 3):
        etas = sympy.symbols(f"h1:{d + 1}", real=True)
        sigma = [sympy.exp(h - alpha * sympy.log(k)) for k, h in enumerate(etas, start=1)]
        r = top_radial(sigma[0], sympy.sqrt(sum(v**2 for v in sigma)), d)
        rho = sympy.expand_log(residual(r, d, alpha), force=True)
        shares = [v**2 / sum(w**2 for w in sigma) for v in sigma]
        claims.append((f"d = {d}: dρ/dη_1 = 1 − p_1", _zero(sympy.diff(rho, etas[0]) - (1 - shares[0]))))
        claims += [
            (f"d = {d}: dρ/dη_{k + 1} = −p_{k + 1}", _zero(sympy.diff(rho, etas[k]) + shares[k])) for k in range(1, d)
        ]
        g = 1 / power_sum(d, 2 * alpha)
        top = rho.subs({h: eta if k == 0 else -eta for k, h in enumerate(etas)}, simultaneous=True)
        # With symbols for log 2 and log 3 SymPy keeps every power an exponential, and equal terms cancel.
        opaque = {sympy.log(k): sympy.Symbol(f"log{k}", positive=True) for k in range(2, d + 1)}
        top, g = top.subs(opaque), g.subs(opaque)
        gap = sympy.exp(sympy.expand(-2 * top)) - g - (1 - g) * sympy.exp(-4 * eta)
        same = sympy.powsimp(sympy.expand(sympy.numer(sympy.together(gap)))) == 0
        claims.append((f"d = {d}: the extreme is the bound", same))
    return facts("symbolic", "d = 2, 3, all real α and factors with the first rank leading", claims)


def recovery(x: Instance) -> Verdict:
    """Without factors every chart returns α."""
    pure = _pure(x)
    return combine(small(lambda name=name: pure.exponent(name) - pure.alpha, _TINY) for name in CHARTS)


def undefined(x: Instance) -> Verdict:
    """Where no exponent exists, every chart says so with a cause: one rank, rank one, all energy in the last rank."""
    s = _pure(x)
    alone, rank_one = [s.sigma[0]], [s.sigma[0], flint.arb(0)]
    found = [fit_chart(name, alone, flint.arb(0)) for name in CHARTS]
    found += [fit_chart(name, rank_one, ball(2).log() / 2) for name in CHARTS]
    found.append(fit_kl([flint.arb(0), s.sigma[0]]))
    return holds(all(fit.alpha.is_nan() and fit.cause for fit in found))


def _pure(x: Instance) -> Spectrum:
    return spectrum(x.replace(factors=[1] * len(x.vector("factors"))))


def scale(x: Instance) -> Verdict:
    """A common factor changes no exponent and no residual."""
    y = x.replace(factors=[7 * f for f in x.vector("factors")])

    def gap(name: str) -> Scalar:
        return spectrum(x).exponent(name) - spectrum(y).exponent(name)

    return combine(small(lambda name=name: gap(name), _TINY) for name in CHARTS)


_ALL = ("ranks", "positive", "nonnegative")

THEOREM = Theorem(
    id="D6",
    title="Approximate charts and their fitted exponents",
    source="GSA-I (arXiv 2605.02108)",
    dimensions={"d": (1, 4)},
    parameters=(
        Parameter.vector("factors", "d", Fraction(1, 4), 4),
        Parameter.rational("alpha", -1, 3),
        Parameter.rational("beta", 0, 4),
    ),
    hypotheses=(
        Hypothesis(
            "ranks",
            "d ≥ 2",
            r"d\ge2",
            lambda x: holds(len(x.vector("factors")) >= 2),
            Need.DEFINITION,
            "with one rank every exponent fits",
        ),
        Hypothesis(
            "positive",
            "all factors are positive",
            r"e^{\eta_k}>0",
            lambda x: holds(min(x.vector("factors")) > 0),
            Need.DEFINITION,
            "a singular value 0 has no logarithm",
        ),
        Hypothesis(
            "nonnegative",
            "α ≥ 0",
            r"\alpha\ge0",
            lambda x: holds(x.rational("alpha") >= 0),
            why="for α < 0 the last rank leads",
        ),
    ),
    readings=(
        Reading(
            "above",
            "ρ ≤ −½ log(g_1 + (1 − g_1)e^{−4η})",
            r"\rho\le-\tfrac12\log(g_1+(1-g_1)e^{-4\eta})",
            _ALL,
            sides=above,
            tight=samples.leading,
            attained=Fraction(1, 2**16),
        ),
        Reading(
            "below",
            "−½ log(g_1 + (1 − g_1)e^{4η}) ≤ ρ",
            r"-\tfrac12\log(g_1+(1-g_1)e^{4\eta})\le\rho",
            _ALL,
            sides=below,
            tight=samples.trailing,
        ),
        Reading(
            "twice",
            "|ρ| ≤ 2η",
            r"|\rho|\le2\eta",
            _ALL,
            sides=twice,
            constants=("twice",),
            tight=samples.flat,
            note="attained by no finite d; the two readings above are sharp",
        ),
        Reading(
            "least squares",
            "|α̂ − α| ≤ η Σ|x_k − x̄|/Σ(x_k − x̄)²",
            r"|\hat\alpha-\alpha|\le\eta\sum|x_k-\bar x|/\sum(x_k-\bar x)^2",
            _ALL,
            sides=least_squares,
            constants=("spread",),
            tight=samples.tilted,
            attained=Fraction(1, 2**16),
        ),
        Reading(
            "fitted residual",
            "|ρ̂ − ρ| ≤ u_d(2 min(α, α̂)) |α̂ − α|",
            r"|\hat\rho-\rho|\le u_d(2\min(\alpha,\hat\alpha))|\hat\alpha-\alpha|",
            _ALL,
            sides=fitted_residual,
            tight=samples.short,
            attained=Fraction(1, 2**12),
        ),
        Reading(
            "equations",
            "every fitted exponent solves its equation",
            r"\varphi_d(\alpha)=r,\ u_d(2\alpha)=E_p[\log k],\ldots",
            _ALL,
            sides=equations,
        ),
        Reading(
            "best affinity",
            "h(p, g(2α̂))² ≤ h(p, g(2β))² for every β",
            r"h(p,g(2\hat\alpha))\le h(p,g(2\beta))",
            _ALL,
            sides=best_affinity,
            tight=samples.minima,
        ),
        Reading(
            "twice at the fit",
            "|ρ̂| ≤ 2η at the least-squares exponent",
            r"|\hat\rho|\le2\eta",
            _ALL,
            Status.FALSE,
            sides=twice_at_fit,
        ),
    ),
    constants=(
        Constant("twice", Fraction(2), "factor of η in |ρ| ≤ 2η"),
        Constant("spread", Fraction(1), "factor of the least-squares bound", sharp=True),
    ),
    symbolic=(affinity, normal_equation, extremes),
    strategy=samples.nearly_laws,
    families=samples.two_steps,
    properties=(
        Property("recovery", "without factors every chart returns α", recovery),
        Property("undefined", "where no exponent exists, every chart says so", undefined),
        Property("scale", "a common factor changes no exponent", scale),
    ),
    mutants=(
        Mutant("once", "|ρ| ≤ η", "twice", {"twice": Fraction(1)}),
        Mutant("spread", "the least-squares bound reduced by 1/1000", "least squares", {"spread": Fraction(999, 1000)}),
        Mutant("half the exponent", "e^{−2η} instead of e^{−4η}", "above", sides=half_exponent),
    ),
)
