"""Readings 3 and 4 of the stability theorem: U = im W₁ and V = ker W₂ in Gr(a, n) × Gr(b, n), SL(n), O(p) ⊠ O(q)."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from certify.geometry.orbits.enumeration import subspaces
from certify.geometry.orbits.hilbert_mumford import hilbert_mumford_weight, lattice, polystable_pair, semistable
from certify.geometry.orbits.pair_orbit import Pair, invariant, projector, tangent_rank
from certify.linalg.exact.subspace import Subspace, identity, image, kernel
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.theorem import Constants, Proof, facts, holds
from theorems.exact.scalars import Scalar, num

__all__ = [
    "aligned",
    "every_pair",
    "formulas",
    "nested",
    "nested_polystable",
    "pair",
    "proper",
    "semistable_iff",
    "stabilizer",
    "tested_on_lattice",
    "violating",
]

Weight = Callable[[Subspace, Subspace, Subspace, int, int], Fraction]


def pair(x: Instance) -> Pair:
    """U = im W₁, V = ker W₂."""
    return image(x.matrix("W1")), kernel(x.matrix("W2"))


def proper(x: Instance) -> bool:
    """0 < a, b < n."""
    u, v = pair(x)
    return 0 < u.dim < u.ambient and 0 < v.dim < u.ambient


def nested(x: Instance) -> bool:
    """U ⊂ V or V ⊂ U."""
    u, v = pair(x)
    return invariant(u, v) == min(u.dim, v.dim)


def complementary(x: Instance) -> bool:
    """U ⊕ V is the whole space."""
    u, v = pair(x)
    return invariant(u, v) == 0 and u.dim + v.dim == u.ambient


def nested_polystable(x: Instance, c: Constants) -> Verdict:
    """(U, V) is semistable for O(p) ⊠ O(q), as a polystable point must be."""
    return semistable(*pair(x), x.integer("p"), x.integer("q")).verdict


def violating(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """0 < μ(U∩V): the weight p dim(F∩U) + q dim(F∩V) − dim F (pa + qb)/n of F = U∩V."""
    u, v = pair(x)
    return num(0), num(hilbert_mumford_weight(u, v, u & v, x.integer("p"), x.integer("q")))


def tested_on_lattice(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """μ(F) ≤ max of μ over 0, U∩V, U, V, U+V, R^n, for the column space F of g."""
    u, v = pair(x)
    p, q = x.integer("p"), x.integer("q")
    f = image(x.matrix("g"))
    largest = max(hilbert_mumford_weight(u, v, member, p, q) for member in lattice(u, v))
    return num(hilbert_mumford_weight(u, v, f, p, q)), num(largest)


def semistable_iff(x: Instance, c: Constants) -> Verdict:
    """Semistable iff p = q, a + b = n and U∩V = 0."""
    u, v = pair(x)
    p, q = x.integer("p"), x.integer("q")
    stated = polystable_pair(u.ambient, u.dim, v.dim, invariant(u, v), p, q)
    return holds((semistable(u, v, p, q).verdict is Verdict.CERTIFIED) == stated)


def stabilizer(x: Instance, c: Constants) -> Verdict:
    """The orbit has dimension n² − a² − b²: that of GL(n)/(GL(a) × GL(b))."""
    u, v = pair(x)
    return holds(tangent_rank(u, v) == u.ambient**2 - u.dim**2 - v.dim**2)


def aligned(x: Instance, c: Constants) -> Verdict:
    """P_U + P_V = I iff V = U^⊥ iff row(W₂) = im W₁."""
    u, v = pair(x)
    zero_moment = projector(u) + projector(v) == identity(u.ambient)
    rows = image(x.matrix("W2").transpose())
    return holds(zero_moment == (v == u.annihilator) == (rows == u))


def every_pair(weight: Weight = hilbert_mumford_weight) -> Proof:
    """Over small finite fields: every F of every pair, for all p, q ≤ 3."""
    weights = list(itertools.product((1, 2, 3), repeat=2))

    def complete(n: int, prime: int) -> bool:
        every = [list(subspaces(n, k, prime)) for k in range(n + 1)]
        flat = [f for family in every for f in family]
        meets = {(f, u): (f & u).dim for f in flat for u in flat}
        for a, b in itertools.product(range(1, n), repeat=2):
            for u, v in itertools.product(every[a], every[b]):
                chosen = lattice(u, v)
                for p, q in weights:
                    largest = max(
                        p * meets[f, u] + q * meets[f, v] - Fraction(f.dim * (p * a + q * b), n) for f in flat
                    )
                    seen = max(weight(u, v, f, p, q) for f in chosen)
                    if seen != largest or (largest <= 0) != polystable_pair(n, a, b, meets[u, v], p, q):
                        return False
        return True

    return facts(
        "exhaustive",
        "all pairs of proper subspaces and all F: F_2 with n ≤ 3, F_3 with n = 2; p, q ≤ 3",
        [(f"F_{prime}^{n}", complete(n, prime)) for prime, n in ((2, 2), (2, 3), (3, 2))],
    )


def formulas(defect: Any = 0) -> Proof:
    """The four inequalities, for all a, b, n, p, q, i."""
    import sympy

    a, b, n, p, q, i = sympy.symbols("a b n p q i", positive=True)
    slope = (p * a + q * b) / n

    def weight(dim: Any, with_u: Any, with_v: Any) -> Any:
        return p * with_u + q * with_v - dim * slope + defect

    small = weight(a, a, a)  # a ≤ b and U ⊂ V: F = U
    first, second = weight(a, a, i), weight(b, i, b)
    both = weight(a + b - i, a, b)
    claims = [
        ("nested, F = U∩V = U: nμ = a(p(n−a) + q(n−b)) > 0", sympy.expand(n * small - a * (p * (n - a) + q * (n - b)))),
        ("F = U+V: nμ = (pa + qb)(n − a − b + i)", sympy.expand(n * both - (p * a + q * b) * (n - a - b + i))),
        ("F = U, i = 0, a + b = n: nμ = ab(p − q)", sympy.cancel((n * first - a * b * (p - q)).subs({i: 0, n: a + b}))),
        (
            "F = V, i = 0, a + b = n: nμ = ab(q − p)",
            sympy.cancel((n * second - a * b * (q - p)).subs({i: 0, n: a + b})),
        ),
    ]
    return facts("symbolic", "all a, b, n, p, q, i", [(label, expression == 0) for label, expression in claims])
