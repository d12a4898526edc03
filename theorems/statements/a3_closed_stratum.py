r"""A3. The closure of a stratum, its one-parameter degenerations, and the closed stratum as a flag variety.

Statement
    For pairs of subspaces with dim U = a, dim V = b in dimension n,

    .. math:: \overline{O_i}=\bigsqcup_{j\ge i}O_j .

    The unique closed orbit is :math:`i=\min(a,b)`, the nested pairs: the partial flag variety
    :math:`Fl(\min(a,b),\max(a,b);n)`, of dimension a(b−a) + b(n−b) for a ≤ b. For i < min(a, b) a one-parameter
    subgroup λ(t) of GL(n) takes (U, V) into :math:`O_{i+1}` for t → 0.

Hypotheses
    *not nested*: i < min(a, b). *nested*: i = min(a, b). *basis*: the columns of the matrix are a basis.

Needed
    Without *not nested* there is no larger stratum; without *nested* the orbit is larger than the flag variety.

Reach
    Exhaustive: λ and its limit for one pair of every orbit with n ≤ 5, checked over Q(t) for n ≤ 4. Symbolic:
    dimensions for all n, a, b, i; the number of points of the closed orbit is that of the flag variety for n ≤ 8, as
    polynomials in q. Numeric: limits of rational pairs of every stratum under arbitrary λ.

Readings
    *degeneration*, *semicontinuity*, *flag variety*: true. *every orbit is closed*, *limits keep the stratum*: false.

Reference
    FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flint import fmpq, fmpz_poly

from certify.geometry.orbits.degeneration import OneParameterSubgroup, degenerate
from certify.geometry.orbits.pair_orbit import (
    Pair,
    closure_holds,
    codimension,
    flag_dimension,
    gaussian_binomial,
    invariant,
    orbit_cardinality,
    orbit_dimension,
    tangent_rank,
)
from certify.linalg.exact.field import SymbolicField
from certify.linalg.exact.subspace import Subspace, is_invertible
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
    holds,
)

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy


def _pair(x: Instance) -> Pair:
    from theorems.subjects.orbit_samples import space

    return space(x, "U"), space(x, "V")


def _subgroup(x: Instance) -> OneParameterSubgroup:
    weights = x.vector("weights")
    scale = math.lcm(1, *(int(w.q) for w in weights))
    return OneParameterSubgroup(x.matrix("basis"), tuple(int(w.p) * scale // int(w.q) for w in weights))


def is_nested(x: Instance) -> bool:
    """One subspace contains the other."""
    u, v = _pair(x)
    return invariant(u, v) == min(u.dim, v.dim)


def degeneration(x: Instance, c: Constants) -> Verdict:
    """λ exists, fixes U, and takes (U, V) to a pair of the same dimensions with one more dimension in common."""
    u, v = _pair(x)
    if is_nested(x):
        return Verdict.REFUTED
    subgroup, (u0, v0) = degenerate(u, v)
    return holds(
        is_invertible(subgroup.basis)
        and (u0.dim, v0.dim) == (u.dim, v.dim)
        and invariant(u0, v0) == invariant(u, v) + 1
        and subgroup.limit(u0) == u0
        and subgroup.limit(v0) == v0
    )


def semicontinuity(x: Instance, c: Constants) -> Verdict:
    """The limit of (U, V) under λ meets in at least the dimension of U∩V, and the dimensions stay."""
    u, v = _pair(x)
    subgroup = _subgroup(x)
    u0, v0 = subgroup.limit(u), subgroup.limit(v)
    return holds((u0.dim, v0.dim) == (u.dim, v.dim) and closure_holds(invariant(u, v), invariant(u0, v0)))


def keeps(x: Instance, c: Constants) -> Verdict:
    """The limit lies in the stratum of the pair."""
    u, v = _pair(x)
    subgroup = _subgroup(x)
    return holds(invariant(subgroup.limit(u), subgroup.limit(v)) == invariant(u, v))


def flag_variety(x: Instance, c: Constants) -> Verdict:
    """The orbit has the dimension of Fl(min(a, b), max(a, b); n), which is a(b−a) + b(n−b) for a ≤ b."""
    u, v = _pair(x)
    a, b = sorted((u.dim, v.dim))
    n = u.ambient
    return holds(tangent_rank(u, v) == flag_dimension(n, a, b) == a * (b - a) + b * (n - b))


def over_rational_functions(subgroup: OneParameterSubgroup, u: Subspace) -> bool:
    """λ(t)U has, over Q(t), the basis B(t) of the family, and B(0) is a basis of the limit."""
    import sympy

    t = sympy.Symbol("t")
    field = SymbolicField(sympy.QQ.frac_field(t))
    n = u.ambient

    def lifted(m: Any) -> Any:
        return field.matrix(m.nrows(), m.ncols(), [sympy.Rational(int(x.p), int(x.q)) for x in m.entries()])

    powers = [t**w if i == j else 0 for i, w in enumerate(subgroup.weights) for j in range(n)]
    moved = lifted(subgroup.basis) * field.matrix(n, n, powers) * lifted(subgroup.basis.inv()) * lifted(u.matrix)
    terms = subgroup.family(u)
    entries = [
        sum(sympy.Rational(int(vectors[k][j].p), int(vectors[k][j].q)) * t**degree for degree, vectors in terms)
        for k in range(u.dim)
        for j in range(n)
    ]
    family = field.matrix(u.dim, n, entries).transpose()
    side_by_side = field.matrix(
        n,
        2 * u.dim,
        [m[i, j] for i in range(n) for m in (moved, family) for j in range(u.dim)],
    )
    start = next(vectors for degree, vectors in terms if degree == 0)
    at_zero = Subspace.span(start, u.field, n)
    return side_by_side.rank() == family.rank() == u.dim == at_zero.dim and at_zero == subgroup.limit(u)


def every_step(shift: int = 1) -> Proof:
    """For one pair of every orbit: λ over Q(t), its limit, one dimension more in common, in the closure."""
    from theorems.subjects.orbit_samples import fixed_pairs

    pairs = [(u, v) for u, v in fixed_pairs(5) if invariant(u, v) < min(u.dim, v.dim)]

    def complete(u: Subspace, v: Subspace) -> bool:
        subgroup, (u0, v0) = degenerate(u, v)
        exact = u.ambient > 4 or (over_rational_functions(subgroup, u) and over_rational_functions(subgroup, v))
        return exact and invariant(u0, v0) == invariant(u, v) + shift

    return facts(
        "exhaustive",
        "one pair of every orbit that is not closed, n ≤ 5; over Q(t) for n ≤ 4",
        [
            (f"n = {n}: O_i degenerates to O_(i+1)", all(complete(u, v) for u, v in pairs if u.ambient == n))
            for n in range(2, 6)
        ],
    )


def dimensions(codim: Callable[[Any, Any, Any, Any], Any] = codimension) -> Proof:
    """Dimensions of strata and of the closed one, for all n, a, b; points of the closed one."""
    import sympy

    n, a, b, i, j = sympy.symbols("n a b i j", integer=True, nonnegative=True)
    grass = a * (n - a) + b * (n - b)
    claims: list[tuple[str, object]] = [
        (
            "dim O_i = dim Gr × Gr − i(n−a−b+i)",
            sympy.expand(orbit_dimension(n, a, b, i) - grass + codim(n, a, b, i)) == 0,
        ),
        (
            "with i ≥ a+b−n, written i = a+b−n+j: dim O_i − dim O_(i+1) = i + j + 1 > 0",
            sympy.expand((codim(n, a, b, i + 1) - codim(n, a, b, i) - i - j - 1).subs(n, a + b - i + j)) == 0,
        ),
        (
            "a ≤ b: dim O_a = a(b−a) + b(n−b) = dim Fl(a, b; n)",
            sympy.expand(grass - codim(n, a, b, a) - flag_dimension(n, a, b)) == 0
            and sympy.expand(flag_dimension(n, a, b) - a * (b - a) - b * (n - b)) == 0,
        ),
    ]
    q = fmpz_poly([0, 1])
    for m in range(9):
        same = all(
            orbit_cardinality(m, low, high, low, q) == gaussian_binomial(m, high, q) * gaussian_binomial(high, low, q)
            for low in range(m + 1)
            for high in range(low, m + 1)
        )
        claims.append((f"n = {m}: |O_min| = number of flags, in Z[q]", same))
    return facts("symbolic", "all n, a, b, i; points of the closed orbit for n ≤ 8", claims)


def reparameterized(x: Instance) -> Verdict:
    """g(lim λ(t)U) = lim (gλg⁻¹)(t)(gU) for exact g of condition up to 10⁶."""
    from theorems.subjects.orbit_samples import own_change

    subgroup = _subgroup(x)
    g = own_change(x, subgroup.basis.nrows())
    turned = OneParameterSubgroup(g * subgroup.basis, subgroup.weights)
    return holds(all(subgroup.limit(u).mapped(g) == turned.limit(u.mapped(g)) for u in _pair(x)))


def family(x: Instance) -> Verdict:
    """At t = 2 the basis of the family spans λ(2)U; at t = 0 it spans the limit."""
    subgroup = _subgroup(x)
    two = fmpq(2)
    for u in _pair(x):
        terms = subgroup.family(u)
        parts = [[[two**degree * e for e in v] for v in vectors] for degree, vectors in terms]
        summed = [
            [sum(entries, start=fmpq(0)) for entries in zip(*rows, strict=True)] for rows in zip(*parts, strict=True)
        ]
        if Subspace.span(summed, u.field, u.ambient) != u.mapped(subgroup.at(two)):
            return Verdict.REFUTED
    return Verdict.CERTIFIED


def _strategy(nested: bool | None = None) -> SearchStrategy[Instance]:
    from theorems.subjects import orbit_samples as own

    listed = [s for s in own.all_strata(4) if nested is None or (s[3] == min(s[1], s[2])) == nested]

    def build(source: Random) -> Instance:
        stratum = source.choice(listed)
        n = stratum[0]
        x = Instance.of(**own.pair(source, ("U", "V"), stratum))
        if source.random() < 0.5 and not is_nested(x):
            subgroup, _ = degenerate(*_pair(x))  # limits that do move to another stratum
        else:
            weights = tuple(source.randint(-2, 2) for _ in range(n))
            subgroup = OneParameterSubgroup(own.change_of_basis(source, n), weights)
        return x.replace(basis=own.rows(subgroup.basis), weights=list(subgroup.weights))

    return own.seeded(build)


def _backwards(x: Instance, c: Constants) -> Verdict:
    u, v = _pair(x)
    subgroup, _ = degenerate(u, v)
    back = OneParameterSubgroup(subgroup.basis, tuple(-w for w in subgroup.weights))
    return holds(invariant(back.limit(u), back.limit(v)) == invariant(u, v) + 1)


THEOREM = Theorem(
    id="A3",
    title="The closure of a stratum, and the closed stratum as a flag variety",
    source="FLAG (arXiv 2605.09861)",
    dimensions={"n": (1, 3), "a": (1, 2), "b": (1, 2)},
    parameters=(
        Parameter.matrix("U", "n", "a"),
        Parameter.matrix("V", "n", "b"),
        Parameter.matrix("basis", "n", "n"),
        Parameter.vector("weights", "n", -2, 2),
    ),
    hypotheses=(
        Hypothesis(
            "basis",
            "the columns of the matrix are a basis, so that λ(t) = basis · diag(t^weights) · basis⁻¹ is defined",
            r"\lambda(t)=B\,\mathrm{diag}(t^{w})B^{-1}",
            lambda x: holds(is_invertible(x.matrix("basis"))),
            Need.DEFINITION,
            "λ is not defined",
        ),
        Hypothesis(
            "not nested",
            "neither subspace contains the other: i < min(a, b)",
            r"i<\min(a,b)",
            lambda x: holds(not is_nested(x)),
            why="the orbit of nested pairs is closed",
        ),
        Hypothesis(
            "nested",
            "one subspace contains the other: i = min(a, b)",
            r"i=\min(a,b)",
            lambda x: holds(is_nested(x)),
            why="every other orbit is larger than the flag variety",
        ),
    ),
    readings=(
        Reading(
            "degeneration",
            "some λ(t) takes (U, V) to a pair with dim(U₀∩V₀) = dim(U∩V) + 1 for t → 0",
            r"\lim_{t\to0}\lambda(t)(U,V)\in O_{i+1}",
            ("not nested",),
            decide=degeneration,
            strategy=lambda: _strategy(False),
        ),
        Reading(
            "semicontinuity",
            "every limit of (U, V) lies in some O_j with j ≥ i",
            r"\lim_{t\to0}\lambda(t)(U,V)\in\bigsqcup_{j\ge i}O_j",
            ("basis",),
            decide=semicontinuity,
        ),
        Reading(
            "flag variety",
            "the orbit of a nested pair has the dimension of Fl(min(a,b), max(a,b); n)",
            r"\dim O_{\min(a,b)}=a(b-a)+b(n-b)\quad(a\le b)",
            ("nested",),
            decide=flag_variety,
            strategy=lambda: _strategy(True),
        ),
        Reading(
            "every orbit is closed",
            "no one-parameter subgroup leads out of the orbit of (U, V)",
            r"\overline{O_i}=O_i",
            (),
            Status.FALSE,
            decide=lambda x, c: ~degeneration(x, c),
        ),
        Reading(
            "limits keep the stratum",
            "dim(U₀∩V₀) = dim(U∩V) for the limit (U₀, V₀) under λ",
            r"\dim(U_0\cap V_0)=\dim(U\cap V)",
            ("basis",),
            Status.FALSE,
            decide=keeps,
        ),
    ),
    symbolic=(dimensions, every_step),
    strategy=_strategy,
    properties=(
        Property("equivariance", "limits move with a change of basis of condition up to 10⁶", reparameterized),
        Property("family", "the basis that has the limit at t = 0 spans λ(2)U at t = 2", family),
    ),
    mutants=(
        Mutant("t to infinity", "the limit for t → ∞ instead of t → 0", "degeneration", decide=_backwards),
        Mutant("two at once", "the limit gains two dimensions", symbolic=lambda: every_step(2)),
        Mutant(
            "codimension",
            "the codimension is i(n−a−b)",
            symbolic=lambda: dimensions(lambda n, a, b, i: i * (n - a - b)),
        ),
        Mutant(
            "other order",
            "the closure of O_i consists of the O_j with j ≤ i",
            "semicontinuity",
            decide=lambda x, c: holds(
                closure_holds(invariant(*map(_subgroup(x).limit, _pair(x))), invariant(*_pair(x)))
            ),
        ),
    ),
)
