r"""D2. The variance of log k is the Fisher information of the Gibbs family, and bounds how far its spectra move.

Statement
    For :math:`g_k(s)=k^{-s}/H_d(s)` the Fisher information of s is :math:`v_d(s)`, so the Bures–Wasserstein line
    element of s ↦ diag(d g(s)) is :math:`\tfrac d4v_d(s)\,ds^2`, and with the Hellinger distance
    :math:`h(p,q)^2=\sum_k(\sqrt{p_k}- \sqrt{q_k})^2`

    .. math::
        h(g(s),g(s'))\le\tfrac12\Bigl|\int_s^{s'}\!\sqrt{v_d}\Bigr|\le\tfrac12\sqrt{|s'-s|\,|u_d(s)-u_d(s')|}.

    For two spectra, :math:`h(p,p')\le h(p,g(s))+h(g(s),g(s'))+h(g(s'),p')`.

Hypotheses
    *energies* (p and q are energies on the same d ranks), *same leading energy* (p_1 = q_1 for decreasing p, q).

Needed
    *energies* defines the distances. *Same leading energy* belongs to the false reading alone.

Reach
    Symbolic: the Fisher information and the line element for d = 2, 3, 4 and all real s; the second inequality is
    Cauchy–Schwarz with ∫v_d = u_d(s) − u_d(s'), whose integrand is proved. Numeric: balls for d ≤ 6.

Readings
    *path*, *triangle*: true. *Same spectrum* (spectra with one top-radial coordinate are equal): false.

Reference
    GSA-I (arXiv 2605.02108).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.geometry.spectrum.chart import energies, gibbs, mean_log_rank, top_radial, variance_log_rank
from certify.rigor.ball import ball
from certify.rigor.functions import absolute, sqrt
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
from theorems.exact.scalars import Scalar, num

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _energies(x: Instance, name: str) -> list[flint.fmpq]:
    values = sorted(x.vector(name), reverse=True)
    mass = sum(values, start=flint.fmpq(0))
    return [v / mass for v in values]


def _hellinger(p: Sequence[Scalar], q: Sequence[Scalar]) -> Scalar:
    moves = [sqrt(a) - sqrt(b) for a, b in zip(p, q, strict=True)]
    return sqrt(sum((v * v for v in moves), start=num(0)), nonnegative=True)


def _ends(x: Instance) -> tuple[int, Scalar, Scalar]:
    return len(x.vector("p")), num(x.rational("s")), num(x.rational("s_next"))


def path(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """h(g(s), g(s')) ≤ c √(|s' − s| |u_d(s) − u_d(s')|)."""
    d, s, t = _ends(x)
    moved = absolute(mean_log_rank(d, s) - mean_log_rank(d, t))
    return _hellinger(gibbs(d, s), gibbs(d, t)), num(c["half"]) * sqrt(absolute(s - t) * moved)


def triangle(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """h(p, q) ≤ h(p, g(s)) + h(g(s), g(s')) + h(g(s'), q)."""
    d, s, t = _ends(x)
    p, q = ([ball(v) for v in _energies(x, name)] for name in ("p", "q"))
    first, second = gibbs(d, s), gibbs(d, t)
    return _hellinger(p, q), _hellinger(p, first) + _hellinger(first, second) + _hellinger(second, q)


def same_spectrum(x: Instance, c: Constants) -> Verdict:
    """p = q, which equal top-radial coordinates do not imply."""
    return holds(_energies(x, "p") == _energies(x, "q"))


def without_charts(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The triangle without the distance of p from its chart."""
    d, s, t = _ends(x)
    p, q = ([ball(v) for v in _energies(x, name)] for name in ("p", "q"))
    first, second = gibbs(d, s), gibbs(d, t)
    return _hellinger(p, q), _hellinger(first, second) + _hellinger(second, q)


def information() -> Proof:
    """Σ (∂g_k)²/g_k = v_d, Σ (∂√(d g_k))² = (d/4) v_d, and ∂u_d = −v_d."""
    import sympy

    s = sympy.Symbol("s", real=True)
    claims: list[tuple[str, object]] = []
    for d in (2, 3, 4):
        family: list[Any] = gibbs(d, s)
        v = variance_log_rank(d, s)
        fisher = sum(sympy.diff(g, s) ** 2 / g for g in family)
        # (∂√(d g))² = d (∂g)²/(4 g): the square root leaves the expression.
        line = sum(sympy.diff(sympy.sqrt(d * g), s) ** 2 for g in family)
        claims += [
            (f"d = {d}: Fisher information", _zero(fisher - v)),
            (f"d = {d}: line element", _zero(line - sympy.Rational(d, 4) * v)),
            (f"d = {d}: the slope of the mean", _zero(sympy.diff(mean_log_rank(d, s), s) + v)),
        ]
    return facts("symbolic", "d = 2, 3, 4, all real s", claims)


def _zero(expression: Any) -> bool:
    import sympy

    return sympy.simplify(sympy.expand(sympy.numer(sympy.together(expression)))) == 0


def chord() -> Proof:
    """Chord ≤ arc ≤ √(length · energy): Lagrange's identity for two steps of a path; by induction for any number."""
    import sympy

    a, b, p, q = sympy.symbols("a b p q", real=True)
    gap = (a**2 + b**2) * (p**2 + q**2) - (a * p + b * q) ** 2
    return facts("symbolic", "all real steps", [("Cauchy–Schwarz", sympy.expand(gap - (a * q - b * p) ** 2) == 0)])


def leading(x: Instance) -> Verdict:
    """Spectra with the same leading energy have the same top-radial coordinate, whatever their other energies."""
    p, q = _energies(x, "p"), _energies(x, "q")
    mixed = [p[0], *((1 - p[0]) * v / (1 - q[0]) for v in q[1:])] if q[0] != 1 else p

    def coordinate(e: Sequence[flint.fmpq]) -> Scalar:
        return top_radial(sqrt(ball(e[0])), sum((ball(v) for v in e), start=flint.arb(0)).sqrt(), len(e))

    return small(lambda: coordinate(p) - coordinate(mixed)) if mixed[0] == p[0] else Verdict.UNDECIDED


def normalized(x: Instance) -> Verdict:
    """``energies`` of the roots of p are p."""
    p = _energies(x, "p")
    found = energies([sqrt(v) for v in p])
    return small(lambda: sum((absolute(a - b) for a, b in zip(found, p, strict=True)), start=num(0)))


def _strategy() -> SearchStrategy[Instance]:
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d = draw(st.integers(2, 6))
        weights = st.lists(st.integers(1, 6).map(Fraction), min_size=d, max_size=d)
        s = draw(st.fractions(-1, 4, max_denominator=4))
        step = draw(st.sampled_from((Fraction(1, 2**12), Fraction(-1, 2**6), Fraction(1, 2), Fraction(2))))
        return Instance.of(p=draw(weights), q=draw(weights), s=s, s_next=s + step)

    return build()


def _short() -> Iterable[Instance]:
    """Steps so short that the path is straight."""
    for d, s in ((2, 0), (3, 1), (5, Fraction(5, 2))):
        yield Instance.of(p=[1] * d, q=[1] * d, s=s, s_next=s + Fraction(1, 2**16))


def _flat() -> Iterable[Instance]:
    """q and both members of the family flat, p not: only the first side of the triangle is there."""
    yield Instance.of(p=[10, 1], q=[1, 1], s=0, s_next=Fraction(1, 2**12))


def _same(x: Instance) -> bool:
    p, q = x.vector("p"), x.vector("q")
    return len(p) == len(q) and all(min(v) >= 0 and max(v) > 0 for v in (p, q))


THEOREM = Theorem(
    id="D2",
    title="Fisher information and Hellinger length of the Gibbs family",
    source="GSA-I (arXiv 2605.02108)",
    dimensions={"d": (1, 4)},
    parameters=(
        Parameter.vector("p", "d", 0, 4),
        Parameter.vector("q", "d", 0, 4),
        Parameter.rational("s", -1, 4),
        Parameter.rational("s_next", -1, 4),
    ),
    hypotheses=(
        Hypothesis(
            "energies",
            "p and q are energies on the same ranks",
            r"p,q\ge0",
            lambda x: holds(_same(x)),
            Need.DEFINITION,
            "there is no distance",
        ),
        Hypothesis(
            "same leading energy",
            "p_1 = q_1 for decreasing p and q",
            r"p_1=q_1",
            lambda x: holds(_energies(x, "p")[0] == _energies(x, "q")[0]),
            Need.DEFINITION,
            "it is the premise of the false reading",
        ),
    ),
    readings=(
        Reading(
            "path",
            "h(g(s), g(s')) ≤ ½ √(|s' − s| |u_d(s) − u_d(s')|)",
            r"h(g(s),g(s'))\le\tfrac12\sqrt{|s'-s|\,|u_d(s)-u_d(s')|}",
            ("energies",),
            sides=path,
            constants=("half",),
            tight=_short,
            attained=Fraction(1, 2**16),
        ),
        Reading(
            "triangle",
            "h(p, q) ≤ h(p, g(s)) + h(g(s), g(s')) + h(g(s'), q)",
            r"h(p,q)\le h(p,g(s))+h(g(s),g(s'))+h(g(s'),q)",
            ("energies",),
            sides=triangle,
            tight=_flat,
        ),
        Reading(
            "same spectrum",
            "p_1 = q_1 implies p = q",
            r"r(p)=r(q)\Rightarrow p=q",
            ("energies", "same leading energy"),
            Status.FALSE,
            decide=same_spectrum,
        ),
    ),
    constants=(Constant("half", Fraction(1, 2), "factor of the length", sharp=True),),
    symbolic=(information, chord),
    strategy=_strategy,
    properties=(
        Property("leading", "the top-radial coordinate sees the leading energy only", leading),
        Property("energies", "energies of the roots of p are p", normalized),
    ),
    mutants=(
        Mutant("half", "the factor reduced by 1/1000", "path", {"half": Fraction(999, 2000)}),
        Mutant("triangle", "one side of the triangle dropped", "triangle", sides=without_charts),
    ),
)
