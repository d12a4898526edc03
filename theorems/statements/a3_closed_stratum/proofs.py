"""Why the strata of A3 lie in one another's closures: every step over Q(t), and the dimensions for all sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import fmpz_poly

from certify.geometry.orbits.degeneration import OneParameterSubgroup, degenerate
from certify.geometry.orbits.pair_orbit import (
    codimension,
    flag_dimension,
    gaussian_binomial,
    invariant,
    orbit_cardinality,
    orbit_dimension,
)
from certify.linalg.exact.field import SymbolicField
from certify.linalg.exact.subspace import Subspace
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["dimensions", "every_step", "over_rational_functions"]


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


def every_step(shift: int = 1) -> Facts:
    """λ over Q(t) and its limit, which has one dimension more in common, for one pair of every orbit."""
    from theorems.subjects.orbit_samples import fixed_pairs

    pairs = [(u, v) for u, v in fixed_pairs(5) if invariant(u, v) < min(u.dim, v.dim)]

    def complete(u: Subspace, v: Subspace) -> bool:
        subgroup, (u0, v0) = degenerate(u, v)
        exact = u.ambient > 4 or (over_rational_functions(subgroup, u) and over_rational_functions(subgroup, v))
        return exact and invariant(u0, v0) == invariant(u, v) + shift

    for n in range(2, 6):
        yield f"n = {n}: O_i degenerates to O_(i+1)", all(complete(u, v) for u, v in pairs if u.ambient == n)


def dimensions(codim: Callable[[Any, Any, Any, Any], Any] = codimension) -> Facts:
    """Dimensions of strata and of the closed one, for all n, a, b; points of the closed one as polynomials in q."""
    import sympy

    n, a, b, i, j = sympy.symbols("n a b i j", integer=True, nonnegative=True)
    grass = a * (n - a) + b * (n - b)
    rest = orbit_dimension(n, a, b, i) - grass + codim(n, a, b, i)
    yield "dim O_i = dim Gr × Gr − i(n−a−b+i)", vanishes(rest)
    step = (codim(n, a, b, i + 1) - codim(n, a, b, i) - i - j - 1).subs(n, a + b - i + j)
    yield "with i ≥ a+b−n, written i = a+b−n+j: dim O_i − dim O_(i+1) = i + j + 1 > 0", vanishes(step)
    closed = vanishes(grass - codim(n, a, b, a) - flag_dimension(n, a, b))
    flags = vanishes(flag_dimension(n, a, b) - a * (b - a) - b * (n - b))
    yield "a ≤ b: dim O_a = a(b−a) + b(n−b) = dim Fl(a, b; n)", closed and flags
    q = fmpz_poly([0, 1])
    for m in range(9):
        same = all(
            orbit_cardinality(m, low, high, low, q) == gaussian_binomial(m, high, q) * gaussian_binomial(high, low, q)
            for low in range(m + 1)
            for high in range(low, m + 1)
        )
        yield f"n = {m}: |O_min| = number of flags, in Z[q]", same
