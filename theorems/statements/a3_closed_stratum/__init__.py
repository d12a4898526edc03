r"""A3. The closure of a stratum, and the closed stratum as a flag variety.

Statement
    For pairs of subspaces with dim U = a, dim V = b in dimension n,

    .. math:: \overline{O_i}=\bigsqcup_{j\ge i}O_j .

    The unique closed orbit is :math:`i=\min(a,b)`, the nested pairs: the partial flag variety
    :math:`Fl(\min(a,b),\max(a,b);n)`, of dimension a(b−a) + b(n−b) for a ≤ b. For i < min(a, b) a one-parameter
    subgroup λ(t) of GL(n) takes (U, V) into :math:`O_{i+1}` for t → 0.

Reference
    FLAG (arXiv 2605.09861). That a closure is reached by limits of one-parameter subgroups is cited (Hilbert–Mumford).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flint import fmpq

from certify.geometry.orbits.degeneration import OneParameterSubgroup, degenerate
from certify.geometry.orbits.pair_orbit import Pair, closure_holds, flag_dimension, invariant, strata, tangent_rank
from certify.linalg.exact.subspace import Subspace, is_invertible
from theorems.engine.declare import Declaration, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar
from theorems.statements.a3_closed_stratum import proofs

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy


def _pair(x: Instance) -> Pair:
    from theorems.subjects.orbit_samples import space

    return space(x, "U"), space(x, "V")


def _is_nested(x: Instance) -> bool:
    u, v = _pair(x)
    return invariant(u, v) == min(u.dim, v.dim)


def _subgroup(x: Instance) -> OneParameterSubgroup:
    weights = x.vector("weights")
    scale = math.lcm(1, *(int(w.q) for w in weights))
    return OneParameterSubgroup(x.matrix("basis"), tuple(int(w.p) * scale // int(w.q) for w in weights))


def pairs(in_chain: bool | None = None) -> SearchStrategy[Instance]:
    """Pairs of every stratum up to dimension 4 (nested ones only, or others only, if asked), and subgroups, half of
    which move the pair to another stratum."""
    from theorems.subjects import orbit_samples as own

    listed = [s for s in own.all_strata(4) if in_chain is None or (s[3] == min(s[1], s[2])) == in_chain]

    def build(source: Random) -> Instance:
        stratum = source.choice(listed)
        n = stratum[0]
        x = Instance.of(**own.pair(source, ("U", "V"), stratum))
        if source.random() < 0.5 and not _is_nested(x):
            subgroup, _ = degenerate(*_pair(x))
        else:
            weights = tuple(source.randint(-2, 2) for _ in range(n))
            subgroup = OneParameterSubgroup(own.change_of_basis(source, n), weights)
        return x.replace(basis=own.rows(subgroup.basis), weights=list(subgroup.weights))

    return own.seeded(build)


theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.matrix("U", "n", "a"),
        Parameter.matrix("V", "n", "b"),
        Parameter.matrix("basis", "n", "n"),
        Parameter.vector("weights", "n", -2, 2),
    ),
    dimensions={"n": (1, 3), "a": (1, 2), "b": (1, 2)},
    strategy=pairs,
)


@hypothesis(r"\lambda(t)=B\,\mathrm{diag}(t^{w})B^{-1}", defines="λ is not defined")
def basis(x: Instance) -> bool:
    """the columns of the matrix are a basis, so that λ(t) = basis · diag(t^weights) · basis⁻¹ is defined"""
    return is_invertible(x.matrix("basis"))


@hypothesis(r"i<\min(a,b)", needed="there is no larger stratum")
def not_nested(x: Instance) -> bool:
    """neither subspace contains the other: i < min(a, b)"""
    return not _is_nested(x)


@hypothesis(r"i=\min(a,b)", needed="every other orbit is larger than the flag variety")
def nested(x: Instance) -> bool:
    """one subspace contains the other: i = min(a, b)"""
    return _is_nested(x)


@theorem.fact(r"\lim_{t\to0}\lambda(t)(U,V)\in O_{i+1}", not_nested, strategy=lambda: pairs(False))
def degeneration(x: Instance, gain: Scalar = 1) -> bool:
    """some λ(t) takes (U, V) to a pair with dim(U₀∩V₀) = dim(U∩V) + 1 for t → 0"""
    u, v = _pair(x)
    target = invariant(u, v) + gain
    if target not in strata(u.ambient, u.dim, v.dim):
        return False
    subgroup, (u0, v0) = degenerate(u, v)
    limits = subgroup.limit(u) == u0 and subgroup.limit(v) == v0 and is_invertible(subgroup.basis)
    return limits and (u0.dim, v0.dim) == (u.dim, v.dim) and invariant(u0, v0) == target


@theorem.fact(r"\lim_{t\to0}\lambda(t)(U,V)\in\bigsqcup_{j\ge i}O_j", basis)
def semicontinuity(x: Instance, beyond: Scalar = 0) -> bool:
    """every limit of (U, V) lies in some O_j with j ≥ i"""
    u, v = _pair(x)
    subgroup = _subgroup(x)
    u0, v0 = subgroup.limit(u), subgroup.limit(v)
    return (u0.dim, v0.dim) == (u.dim, v.dim) and closure_holds(invariant(u, v) + beyond, invariant(u0, v0))


@theorem.fact(
    r"\dim O_{\min(a,b)}=a(b-a)+b(n-b)\quad(a\le b)", nested, name="flag variety", strategy=lambda: pairs(True)
)
def flag_variety(x: Instance, surplus: Scalar = 0) -> bool:
    """the orbit of a nested pair has the dimension of Fl(min(a,b), max(a,b); n)"""
    u, v = _pair(x)
    a, b = sorted((u.dim, v.dim))
    n = u.ambient
    return tangent_rank(u, v) == flag_dimension(n, a, b) + surplus == a * (b - a) + b * (n - b) + surplus


@theorem.fact(r"\overline{O_i}=O_i", false=True)
def every_orbit_is_closed(x: Instance) -> bool:
    """no one-parameter subgroup leads out of the orbit of (U, V)"""
    return not degeneration(x)


@theorem.fact(r"\dim(U_0\cap V_0)=\dim(U\cap V)", basis, false=True)
def limits_keep_the_stratum(x: Instance) -> bool:
    """dim(U₀∩V₀) = dim(U∩V) for the limit (U₀, V₀) under λ"""
    u, v = _pair(x)
    subgroup = _subgroup(x)
    return invariant(subgroup.limit(u), subgroup.limit(v)) == invariant(u, v)


_EQUAL = Instance.of(U=[[1], [0]], V=[[1], [0]], basis=[[1, 0], [0, 1]], weights=[0, 0])
_CROSSED = Instance.of(U=[[1], [0]], V=[[1], [1]], basis=[[1, 0], [0, 1]], weights=[0, 1])
theorem.constant("gain", "how many dimensions more the limits have in common", sharp=True)
theorem.constant("beyond", "how many strata further every limit lies", sharp=True)
theorem.constant("surplus", "what is added to the dimension", sharp=True)
theorem.witness(degeneration, not_nested, _EQUAL)
theorem.witness(flag_variety, nested, _CROSSED)
theorem.witness(every_orbit_is_closed, None, _CROSSED)
theorem.witness(limits_keep_the_stratum, None, _CROSSED)
theorem.mutant("t to infinity", "the limit for t → ∞ instead of t → 0", degeneration, lambda x: _backwards(x))
theorem.mutant("other order", "the closure of O_i consists of the O_j with j ≤ i", semicontinuity, lambda x: _below(x))
theorem.mutant("two at once", "the limit gains two dimensions", proof=lambda: every_step(2))
theorem.mutant(
    "codimension", "the codimension is i(n−a−b)", proof=lambda: dimensions(lambda n, a, b, i: i * (n - a - b))
)


def _backwards(x: Instance) -> bool:
    u, v = _pair(x)
    subgroup, _ = degenerate(u, v)
    back = OneParameterSubgroup(subgroup.basis, tuple(-w for w in subgroup.weights))
    return invariant(back.limit(u), back.limit(v)) == invariant(u, v) + 1


def _below(x: Instance) -> bool:
    return closure_holds(invariant(*map(_subgroup(x).limit, _pair(x))), invariant(*_pair(x)))


@theorem.stratum
def moves(x: Instance) -> bool:
    """the limit lies in a larger stratum"""
    return not limits_keep_the_stratum(x)


@theorem.stratum
def two_steps_from_closed(x: Instance) -> bool:
    """i ≤ min(a, b) − 2"""
    u, v = _pair(x)
    return invariant(u, v) <= min(u.dim, v.dim) - 2


@theorem.property
def equivariance(x: Instance) -> bool:
    """limits move with a change of basis of condition up to 10⁶"""
    from theorems.subjects.orbit_samples import own_change

    # g(lim λ(t)U) = lim (gλg⁻¹)(t)(gU)
    subgroup = _subgroup(x)
    g = own_change(x, subgroup.basis.nrows())
    turned = OneParameterSubgroup(g * subgroup.basis, subgroup.weights)
    return all(subgroup.limit(u).mapped(g) == turned.limit(u.mapped(g)) for u in _pair(x))


@theorem.property
def family(x: Instance) -> bool:
    """the basis that has the limit at t = 0 spans λ(2)U at t = 2"""
    subgroup, two = _subgroup(x), fmpq(2)

    def spans(u: Subspace) -> bool:
        parts = [[[two**degree * e for e in v] for v in vectors] for degree, vectors in subgroup.family(u)]
        summed = [
            [sum(entries, start=fmpq(0)) for entries in zip(*rows, strict=True)] for rows in zip(*parts, strict=True)
        ]
        return Subspace.span(summed, u.field, u.ambient) == u.mapped(subgroup.at(two))

    return all(spans(u) for u in _pair(x))


every_step = theorem.proof("exhaustive", "one pair of every orbit that is not closed, n ≤ 5; over Q(t) for n ≤ 4")(
    proofs.every_step
)
dimensions = theorem.proof("symbolic", "all n, a, b, i; points of the closed orbit for n ≤ 8")(proofs.dimensions)
