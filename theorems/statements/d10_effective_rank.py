r"""D10. Effective rank: the tails of the Gibbs family, and how a window moves between two spectra.

Statement
    For energies p on d ranks, :math:`R_\eta(p)=\min\{r:\sum_{k>r}p_k\le\eta\}`.

    a. For s ≥ 0 and r < d,
       :math:`\int_{r+1}^dx^{-s}dx+\tfrac12((r+1)^{-s}+d^{-s})\le\sum_{r<k\le d}k^{-s}\le\int_{r+1/2}^{d+1/2}x^{-s}dx`.
    b. If :math:`\sup_r|\mathrm{tail}_p(r)-\mathrm{tail}_q(r)|\le\varepsilon` then
       :math:`R_{\eta+\varepsilon}(p)\le R_\eta(q)\le R_{\eta-\varepsilon}(p)`, R of a negative level being d.
    c. :math:`|\mathrm{tail}_{g(s)}(r)-\mathrm{tail}_{g(s')}(r)|\le\tfrac14|s-s'|\log d`.

Hypotheses
    *energies* (p and q are non-negative and not 0), *level* (η ≥ 0), *window* (0 ≤ r < d), *nonnegative* (s ≥ 0),
    *close* (the tails of p and q differ by at most ε).

Needed
    *energies*, *level* and *window* define the terms. Without *nonnegative* the two integrals of (a) change sides for
    −1 < s < 0; without *close* nothing is left of (b).

Reach
    Symbolic: the derivative of a tail of the Gibbs family as minus a covariance, and its bound, for d = 2, 3, 4 and all
    real s; (a) as Hadamard's inequality on every unit interval, by the sign of a second derivative. Exhaustive: the
    definition and (b) for all energies of height at most 3 with d ≤ 3. Numeric: exact, or balls, for d ≤ 8.

Readings
    *definition*, *tail below*, *tail above*, *transfer*, *drift*: true. *Same rank* (close tails have the same
    effective rank): false.

Reference
    GSA-I (arXiv 2605.02108).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.geometry.spectrum.chart import effective_rank, energies, gibbs, power_sum, tail_energy
from certify.rigor.functions import absolute, log, power
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

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _normalized(x: Instance, name: str) -> list[flint.fmpq]:
    values = sorted(x.vector(name), reverse=True)
    mass = sum(values, start=flint.fmpq(0))
    return [v / mass for v in values]


def _tail(p: Sequence[flint.fmpq], r: int) -> flint.fmpq:
    return sum(p[r:], start=flint.fmpq(0))


def _rank(p: Sequence[flint.fmpq], eta: flint.fmpq) -> int:
    """The definition, by trying every window; d for a negative level."""
    return next((r for r in range(len(p) + 1) if _tail(p, r) <= eta), len(p))


def definition(x: Instance, c: Constants) -> Verdict:
    """``effective_rank`` and ``tail_energy`` are what they are defined to be."""
    p, eta = _normalized(x, "p"), x.rational("eta")
    rank = _rank(p, eta)
    return holds(
        effective_rank(p, eta) == (rank, rank) and all(tail_energy(p, r) == _tail(p, r) for r in range(len(p)))
    )


def transfer(x: Instance, c: Constants) -> Verdict:
    """R_{η+cε}(p) ≤ R_η(q) ≤ R_{η−cε}(p)."""
    p, q, eta = _normalized(x, "p"), _normalized(x, "q"), x.rational("eta")
    epsilon = x.rational("epsilon") * flint.fmpq(c["reach"].numerator, c["reach"].denominator)
    high = effective_rank(p, eta - epsilon)[1] if eta >= epsilon else len(p)
    return holds(effective_rank(p, eta + epsilon)[0] <= effective_rank(q, eta)[0] <= high)


def _distance(x: Instance) -> flint.fmpq:
    p, q = _normalized(x, "p"), _normalized(x, "q")
    return max(abs(_tail(p, r) - _tail(q, r)) for r in range(len(p)))


def same_rank(x: Instance, c: Constants) -> Verdict:
    """R_η(p) = R_η(q), which is false however close the tails are."""
    p, q, eta = _normalized(x, "p"), _normalized(x, "q"), x.rational("eta")
    return holds(_rank(p, eta) == _rank(q, eta))


def strictly_below(x: Instance, c: Constants) -> Verdict:
    """The effective rank as the first tail strictly below the level."""
    p, eta = _normalized(x, "p"), x.rational("eta")
    first = next((r for r in range(len(p) + 1) if _tail(p, r) < eta), len(p))
    return holds(effective_rank(p, eta)[0] == first)


def _sum_of_powers(x: Instance) -> Scalar:
    """Σ_{r<k≤d} k^{−s}, from the Gibbs family."""
    d, s = len(x.vector("p")), num(x.rational("s"))
    return tail_energy(gibbs(d, s), x.integer("r")) * power_sum(d, s)


def _integral(s: Scalar, a: Scalar, b: Scalar) -> Scalar:
    if s == 1:
        return log(b) - log(a)
    return (power(b, 1 - s) - power(a, 1 - s)) / (1 - s)


def tail_below(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The trapezoidal sum: ∫ x^{−s} + ½((r + 1)^{−s} + d^{−s}) ≤ Σ."""
    d, s, first = len(x.vector("p")), num(x.rational("s")), num(x.integer("r") + 1)
    ends = power(first, -s) + power(num(d), -s)
    return _integral(s, first, num(d)) + ends / 2, _sum_of_powers(x)


def tail_above(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The midpoint sum: Σ ≤ ∫_{r+½}^{d+½} x^{−s}."""
    d, s, r = len(x.vector("p")), num(x.rational("s")), x.integer("r")
    return _sum_of_powers(x), _integral(s, num(Fraction(2 * r + 1, 2)), num(Fraction(2 * d + 1, 2)))


def drift(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|tail_{g(s)}(r) − tail_{g(s')}(r)| ≤ c |s − s'| log d."""
    d, r = len(x.vector("p")), x.integer("r")
    s, t = num(x.rational("s")), num(x.rational("s_next"))
    moved = tail_energy(gibbs(d, s), r) - tail_energy(gibbs(d, t), r)
    return absolute(moved), num(c["quarter"]) * absolute(s - t) * log(num(d))


def covariance() -> Proof:
    """d/ds tail = −Cov(1_{k>r}, log k), and |Cov| ≤ ¼ log d: Popoviciu's bound twice, as a sum of squares."""
    import sympy

    s = sympy.Symbol("s", real=True)
    claims: list[tuple[str, object]] = []
    for d in (2, 3, 4):
        family: list[Any] = gibbs(d, s)
        logs = [sympy.log(k) for k in range(1, d + 1)]
        for r in range(1, d):
            tail = tail_energy(family, r)
            mixed = sum(g * x for g, x in zip(family[r:], logs[r:], strict=True))
            cov = mixed - tail * sum(g * x for g, x in zip(family, logs, strict=True))
            slope = sympy.numer(sympy.together(sympy.diff(tail, s) + cov))
            claims.append((f"d = {d}, r = {r}: the slope is minus the covariance", sympy.expand(slope) == 0))
    t, a, b = sympy.symbols("t a b", real=True)
    # Cov = t(1 − t)(b − a), a and b the means of log k on k ≤ r and k > r, 0 ≤ a ≤ b ≤ log d; and t(1 − t) ≤ ¼.
    claims.append(
        ("covariance of an indicator", sympy.expand(t * b - t * (t * b + (1 - t) * a) - t * (1 - t) * (b - a)) == 0)
    )
    claims.append(
        ("t(1 − t) ≤ ¼", sympy.expand(sympy.Rational(1, 4) - t * (1 - t) - (t - sympy.Rational(1, 2)) ** 2) == 0)
    )
    return facts("symbolic", "d = 2, 3, 4, all windows, all real s", claims)


def convexity() -> Proof:
    """x^{−s} is convex on x > 0 for s ≥ 0, which is all that Hadamard's inequality on a unit interval needs."""
    import sympy

    x = sympy.Symbol("x", positive=True)
    s = sympy.Symbol("s", nonnegative=True)
    second = sympy.simplify(sympy.diff(x ** (-s), x, 2) / x ** (-s - 2))
    return facts(
        "symbolic",
        "all real s ≥ 0 and x > 0, hence all d and r",
        [
            ("(x^{−s})'' = s(s + 1) x^{−s−2}", sympy.expand(second - s * (s + 1)) == 0),
            ("s(s + 1) ≥ 0", (s * (s + 1)).is_nonnegative),
        ],
    )


def small_cases() -> Proof:
    """Definition and transfer for every pair of energies of height at most 3 and several levels."""
    claims: list[tuple[str, object]] = []
    for d in (1, 2, 3):
        vectors = [v for v in itertools.product(range(4), repeat=d) if any(v)]
        levels = [Fraction(n, 12) for n in range(13)]
        exact = {(v, e): Instance.of(p=v, q=v, eta=e) for v in vectors for e in levels}
        claims.append((f"d = {d}: definition", combine(definition(x, {}) for x in exact.values())))
        moved = [Instance.of(p=v, q=w, eta=Fraction(1, 4), epsilon=0) for v in vectors for w in vectors]
        moved = [x.replace(epsilon=_distance(x)) for x in moved]
        claims.append((f"d = {d}: transfer", combine(transfer(x, {"reach": Fraction(1)}) for x in moved)))
    return facts("exhaustive", "d ≤ 3, energies proportional to integers ≤ 3, levels n/12", claims)


def scaled(x: Instance) -> Verdict:
    """``energies`` of singular values √p recover p, whatever the scale."""
    p = _normalized(x, "p")
    sigma = [num(3 * v) for v in p]
    square = sum((v * v for v in p), start=flint.fmpq(0))
    found = energies(sigma)
    return combine(small(lambda k=k: found[k] - p[k] * p[k] / square) for k in range(len(p)))


def enclosed(x: Instance) -> Verdict:
    """With balls for energies the effective rank is enclosed, and one number unless a tail lies within the balls."""
    p, eta = _normalized(x, "p"), x.rational("eta")
    rank = _rank(p, eta)
    low, high = effective_rank([flint.arb(v) + flint.arb(0, 1e-9) for v in p], eta)
    clear = all(abs(_tail(p, r) - eta) > flint.fmpq(1, 10**6) for r in range(len(p)))
    return holds(low <= rank <= high and (not clear or low == high or eta == 0))


def _strategy() -> SearchStrategy[Instance]:
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d = draw(st.integers(1, 8))
        weights = st.lists(st.integers(0, 6).map(Fraction), min_size=d, max_size=d)
        p, moves = draw(weights.filter(any)), draw(weights)
        q = [a + Fraction(b, draw(st.sampled_from((1, 20, 400)))) for a, b in zip(p, moves, strict=True)]
        r = draw(st.integers(0, d - 1))
        # A level at which a tail sits exactly: that is where an effective rank jumps.
        eta = sum(sorted(p, reverse=True)[r:], start=Fraction(0)) / sum(p)
        eta = draw(st.sampled_from((eta, eta / 2, Fraction(1, 10))))
        s = draw(st.fractions(0, 4, max_denominator=4))
        s_next = s + draw(st.sampled_from((Fraction(1, 2**20), Fraction(1, 4), Fraction(-1, 2), Fraction(2))))
        x = Instance.of(p=p, q=q, eta=eta, epsilon=0, s=s, s_next=s_next, r=r)
        return x.replace(epsilon=_distance(x))

    return build()


def _two_ranks() -> Iterable[Instance]:
    """d = 2 around s = 0, where the slope of the tail is ¼ log 2."""
    h = Fraction(1, 2**24)
    yield Instance.of(p=[1, 1], q=[1, 1], eta=0, epsilon=0, s=h, s_next=-h, r=1)


def _long_tails() -> Iterable[Instance]:
    """Slowly varying summands: both integrals are close."""
    for r in (4, 6):
        yield Instance.of(p=[1] * 8, q=[1] * 8, eta=0, epsilon=0, s=Fraction(1, 2**20), s_next=0, r=r)


def _edge() -> Iterable[Instance]:
    """The tails of p and q sit on either side of the level."""
    yield Instance.of(p=[3, 1], q=[2, 1], eta=Fraction(1, 4), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)
    yield Instance.of(p=[2, 1], q=[3, 1], eta=Fraction(1, 4), epsilon=Fraction(1, 12), s=1, s_next=1, r=0)


def _energies(x: Instance) -> bool:
    vectors = x.vector("p"), x.vector("q")
    return len(vectors[0]) == len(vectors[1]) and all(min(v) >= 0 and max(v) > 0 for v in vectors)


_BOTH = ("energies", "level")

THEOREM = Theorem(
    id="D10",
    title="Effective rank and its transfer between spectra",
    source="GSA-I (arXiv 2605.02108)",
    dimensions={"d": (1, 4)},
    parameters=(
        Parameter.vector("p", "d", 0, 4),
        Parameter.vector("q", "d", 0, 4),
        Parameter.rational("eta", 0, 1),
        Parameter.rational("epsilon", 0, 1),
        Parameter.rational("s", -2, 4),
        Parameter.rational("s_next", -2, 4),
        Parameter.integer("r", 0, "d"),
    ),
    hypotheses=(
        Hypothesis(
            "energies",
            "p and q are non-negative, not 0, on the same ranks",
            r"p,q\ge0",
            lambda x: holds(_energies(x)),
            Need.DEFINITION,
            "there are no energies",
        ),
        Hypothesis(
            "level",
            "η ≥ 0, ε ≥ 0",
            r"\eta,\varepsilon\ge0",
            lambda x: holds(x.rational("eta") >= 0 and x.rational("epsilon") >= 0),
            Need.DEFINITION,
            "no tail is below a negative level",
        ),
        Hypothesis(
            "window",
            "0 ≤ r < d",
            r"0\le r<d",
            lambda x: holds(0 <= x.integer("r") < len(x.vector("p"))),
            Need.DEFINITION,
            "nothing is left out",
        ),
        Hypothesis(
            "nonnegative",
            "s ≥ 0",
            r"s\ge0",
            lambda x: holds(x.rational("s") >= 0),
            why="x^{−s} is concave for −1 < s < 0",
        ),
        Hypothesis(
            "close",
            "the tails of p and q differ by at most ε",
            r"\sup_r|\mathrm{tail}_p(r)-\mathrm{tail}_q(r)|\le\varepsilon",
            lambda x: holds(_distance(x) <= x.rational("epsilon")),
            why="p and q have nothing to do with each other",
        ),
    ),
    readings=(
        Reading(
            "definition",
            "R_η(p) = min{r : Σ_{k>r} p_k ≤ η}",
            r"R_\eta(p)=\min\{r:\sum_{k>r}p_k\le\eta\}",
            _BOTH,
            decide=definition,
        ),
        Reading(
            "tail below",
            "∫_{r+1}^d x^{−s} dx + ½((r + 1)^{−s} + d^{−s}) ≤ Σ_{r<k≤d} k^{−s}",
            r"\int_{r+1}^dx^{-s}dx+\tfrac12((r+1)^{-s}+d^{-s})\le\sum_{r<k\le d}k^{-s}",
            ("energies", "window", "nonnegative"),
            sides=tail_below,
            tight=_long_tails,
            attained=Fraction(1, 2**16),
        ),
        Reading(
            "tail above",
            "Σ_{r<k≤d} k^{−s} ≤ ∫_{r+½}^{d+½} x^{−s} dx",
            r"\sum_{r<k\le d}k^{-s}\le\int_{r+1/2}^{d+1/2}x^{-s}dx",
            ("energies", "window", "nonnegative"),
            sides=tail_above,
            tight=_long_tails,
            attained=Fraction(1, 2**16),
        ),
        Reading(
            "transfer",
            "R_{η+ε}(p) ≤ R_η(q) ≤ R_{η−ε}(p)",
            r"R_{\eta+\varepsilon}(p)\le R_\eta(q)\le R_{\eta-\varepsilon}(p)",
            (*_BOTH, "close"),
            decide=transfer,
            constants=("reach",),
            tight=_edge,
        ),
        Reading(
            "drift",
            "|tail_{g(s)}(r) − tail_{g(s')}(r)| ≤ ¼ |s − s'| log d",
            r"|\mathrm{tail}_{g(s)}(r)-\mathrm{tail}_{g(s')}(r)|\le\tfrac14|s-s'|\log d",
            ("energies", "window"),
            sides=drift,
            constants=("quarter",),
            tight=_two_ranks,
            attained=Fraction(1, 2**20),
        ),
        Reading(
            "same rank",
            "R_η(p) = R_η(q) for close p and q",
            r"R_\eta(p)=R_\eta(q)",
            (*_BOTH, "close"),
            Status.FALSE,
            decide=same_rank,
        ),
    ),
    constants=(
        Constant("reach", Fraction(1), "factor of ε", sharp=True),
        Constant("quarter", Fraction(1, 4), "factor of |s − s'| log d; sharp at d = 2", sharp=True),
    ),
    symbolic=(covariance, convexity, small_cases),
    strategy=_strategy,
    properties=(
        Property("energies", "energies of singular values do not depend on their scale", scaled),
        Property("balls", "with balls for energies the effective rank is enclosed", enclosed),
    ),
    mutants=(
        Mutant("quarter", "the factor of (c) reduced by 1/1000", "drift", {"quarter": Fraction(999, 4000)}),
        Mutant("half reach", "half of ε", "transfer", {"reach": Fraction(1, 2)}),
        Mutant("strict", "tails strictly below the level", "definition", decide=strictly_below),
    ),
)
