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
from theorems.engine.declare import Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar, num

__all__ = [
    "aligned",
    "complementary",
    "every_pair",
    "formulas",
    "nested",
    "nested_polystable",
    "nested_unstable",
    "pair",
    "proper",
    "semistable_iff",
    "stabilizer",
    "tested_on_lattice",
]

Weight = Callable[[Subspace, Subspace, Subspace, int, int], Fraction]


def pair(x: Instance) -> Pair:
    """U = im W₁, V = ker W₂."""
    return image(x.matrix("W1")), kernel(x.matrix("W2"))


@hypothesis(r"0<a,b<n", needed="Gr(0, n) and Gr(n, n) are points: the other factor alone decides, or all is trivial")
def proper(x: Instance) -> bool:
    """0 < a, b < n for U = im W₁, V = ker W₂"""
    u, v = pair(x)
    return 0 < u.dim < u.ambient and 0 < v.dim < u.ambient


@hypothesis(r"U\subset V\ \text{or}\ V\subset U", needed="transversal pairs are not destabilized by their intersection")
def nested(x: Instance) -> bool:
    """one of U, V contains the other"""
    u, v = pair(x)
    return invariant(u, v) == min(u.dim, v.dim)


@hypothesis(r"U\oplus V=\mathbb R^n", needed="other strata have other stabilizers")
def complementary(x: Instance) -> bool:
    """U ⊕ V is the whole space"""
    u, v = pair(x)
    return invariant(u, v) == 0 and u.dim + v.dim == u.ambient


def nested_polystable(x: Instance) -> bool:
    """3 (literal): the nested stratum is polystable for SL(n) and O(p) ⊠ O(q)"""
    return semistable(*pair(x), x.integer("p"), x.integer("q")).verdict is Verdict.CERTIFIED


def nested_unstable(x: Instance) -> Sides:
    """3 (corrected): F = U∩V has positive Hilbert–Mumford weight for every nested pair"""
    u, v = pair(x)
    return num(0), num(hilbert_mumford_weight(u, v, u & v, x.integer("p"), x.integer("q")))


def tested_on_lattice(x: Instance) -> Sides:
    """4: the weight of any F, here the column space of g, is at most the largest on 0, U∩V, U, V, U+V, R^n"""
    u, v = pair(x)
    p, q = x.integer("p"), x.integer("q")
    f = image(x.matrix("g"))
    largest = max(hilbert_mumford_weight(u, v, member, p, q) for member in lattice(u, v))
    return num(hilbert_mumford_weight(u, v, f, p, q)), num(largest)


def semistable_iff(x: Instance) -> bool:
    """4: a pair is semistable iff p = q, a + b = n and U∩V = 0"""
    u, v = pair(x)
    p, q = x.integer("p"), x.integer("q")
    stated = polystable_pair(u.ambient, u.dim, v.dim, invariant(u, v), p, q)
    return (semistable(u, v, p, q).verdict is Verdict.CERTIFIED) == stated


def stabilizer(x: Instance) -> bool:
    """4: the orbit of a complementary pair has the dimension of GL(n)/(GL(a) × GL(b))"""
    u, v = pair(x)
    return tangent_rank(u, v) == u.ambient**2 - u.dim**2 - v.dim**2


def aligned(x: Instance, scale: Scalar = 1) -> bool:
    """4: the moment map P_U + P_V − I vanishes iff V = U^⊥, i.e. iff row(W₂) = im W₁"""
    u, v = pair(x)
    zero_moment = projector(u) + projector(v) == scale * identity(u.ambient)
    rows = image(x.matrix("W2").transpose())
    return zero_moment == (v == u.annihilator) == (rows == u)


def every_pair(weight: Weight = hilbert_mumford_weight) -> Facts:
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

    for prime, n in ((2, 2), (2, 3), (3, 2)):
        yield f"F_{prime}^{n}", complete(n, prime)


def formulas(defect: Any = 0) -> Facts:
    """The four inequalities, for all a, b, n, p, q, i."""
    import sympy

    a, b, n, p, q, i = sympy.symbols("a b n p q i", positive=True)
    slope = (p * a + q * b) / n

    def weight(dim: Any, with_u: Any, with_v: Any) -> Any:
        return p * with_u + q * with_v - dim * slope + defect

    small = weight(a, a, a)  # a ≤ b and U ⊂ V: F = U
    first, second = weight(a, a, i), weight(b, i, b)
    both = weight(a + b - i, a, b)
    nested_pair = n * small - a * (p * (n - a) + q * (n - b))
    yield "nested, F = U∩V = U: nμ = a(p(n−a) + q(n−b)) > 0", vanishes(nested_pair)
    yield "F = U+V: nμ = (pa + qb)(n − a − b + i)", vanishes(n * both - (p * a + q * b) * (n - a - b + i))
    transversal = {i: 0, n: a + b}
    yield "F = U, i = 0, a + b = n: nμ = ab(p − q)", vanishes((n * first - a * b * (p - q)).subs(transversal))
    yield "F = V, i = 0, a + b = n: nμ = ab(q − p)", vanishes((n * second - a * b * (q - p)).subs(transversal))
