r"""A1. Pairs of subspaces are classified by the dimension of their intersection.

Statement
    GL(n) acts on pairs (U, V) of subspaces of K^n, dim U = a, dim V = b, over any field. Two pairs lie in one orbit iff
    :math:`i=\dim(U\cap V)` agrees. It takes every value :math:`\max(0,a+b-n)\le i\le\min(a,b)`, and the orbit satisfies

    .. math::
        \operatorname{codim}O_i=i(n-a-b+i),\qquad
        |O_i(\mathbb F_q)|={n\brack a}_q{a\brack i}_q{n-a\brack b-i}_q\,q^{(a-i)(b-i)},\qquad
        \sum_i|O_i|={n\brack a}_q{n\brack b}_q .

    An instance spans U, V, X and Y by the columns of matrices.

Reference
    FLAG (arXiv 2605.09861); bases adapted to U∩V ⊂ U, V ⊂ U+V.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flint import fmpz_poly

from certify.geometry.orbits.enumeration import orbit_table
from certify.geometry.orbits.pair_orbit import (
    OrbitWitness,
    codimension,
    gaussian_binomial,
    invariant,
    orbit_cardinality,
    orbit_dimension,
    orbit_witness,
    projector,
    strata,
    tangent_rank,
)
from certify.linalg.exact.subspace import Subspace, is_invertible
from theorems.engine.declare import Declaration, Facts, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_Q = fmpz_poly([0, 1])


def two_pairs() -> SearchStrategy[Instance]:
    """Two pairs of one stratum, moved independently; all strata of dimension up to 4 about equally often."""
    from theorems.subjects import orbit_samples

    return orbit_samples.two_pairs()


theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.matrix("U", "n", "a"),
        Parameter.matrix("V", "n", "b"),
        Parameter.matrix("X", "n", "a"),
        Parameter.matrix("Y", "n", "b"),
    ),
    dimensions={"n": (1, 3), "a": (1, 2), "b": (1, 2)},
    strategy=two_pairs,
)


def _pairs(x: Instance) -> tuple[tuple[Subspace, Subspace], tuple[Subspace, Subspace]]:
    from theorems.subjects.orbit_samples import space

    return (space(x, "U"), space(x, "V")), (space(x, "X"), space(x, "Y"))


def _numbers(x: Instance) -> tuple[int, int, int, int]:
    (u, v), _ = _pairs(x)
    return u.ambient, u.dim, v.dim, invariant(u, v)


@hypothesis(r"\dim U=\dim X,\ \dim V=\dim Y", needed="g preserves dimensions")
def same_dimensions(x: Instance) -> bool:
    """dim U = dim X and dim V = dim Y"""
    return [s.dim for s in _pairs(x)[0]] == [s.dim for s in _pairs(x)[1]]


@hypothesis(r"\dim(U\cap V)=\dim(X\cap Y)", needed="g(U∩V) = gU ∩ gV: two equal lines are not two different lines")
def same_intersection(x: Instance) -> bool:
    """dim(U∩V) = dim(X∩Y)"""
    return invariant(*_pairs(x)[0]) == invariant(*_pairs(x)[1])


_CLAIM = r"\exists g\in GL(n):\ g(U,V)=(X,Y)"


@theorem.fact(_CLAIM, same_dimensions, same_intersection, note="an exact g, checked by multiplication")
def classification(x: Instance) -> bool:
    """some g in GL(n) takes (U, V) to (X, Y)"""
    pair, other = _pairs(x)
    witness = orbit_witness(pair, other)
    return witness.same_orbit and witness.proves(pair, other)


@theorem.fact(r"\max(0,a+b-n)\le\dim(U\cap V)\le\min(a,b)", name="range")
def in_range(x: Instance, above: Scalar = 0) -> bool:
    """max(0, a+b−n) ≤ dim(U∩V) ≤ min(a, b)"""
    n, a, b, i = _numbers(x)
    return max(0, a + b - n) <= i + above <= min(a, b) and i in strata(n, a, b)


@theorem.fact(r"\operatorname{codim}O_i=i(n-a-b+i)", name="codimension")
def orbit_codimension(x: Instance, surplus: Scalar = 0) -> bool:
    """the orbit of (U, V) has codimension i(n−a−b+i), also for a+b > n"""
    return _codimension(x) == codimension(*_numbers(x)) + surplus


def _codimension(x: Instance) -> int:
    """From the rank of the infinitesimal action."""
    n, a, b, _ = _numbers(x)
    return a * (n - a) + b * (n - b) - tangent_rank(*_pairs(x)[0])


@theorem.fact(_CLAIM, same_dimensions, false=True)
def dimensions_classify(x: Instance) -> bool:
    """dim U = dim X and dim V = dim Y suffice"""
    return classification(x)


@theorem.fact(r"\operatorname{codim}O_i=i^2", name="codimension i²", false=True, note="true for a + b = n only")
def codimension_square(x: Instance) -> bool:
    """the orbit of (U, V) has codimension i², whatever a + b"""
    return _codimension(x) == _numbers(x)[3] ** 2


def _two_lines(u: list[int], v: list[int], x: list[int], y: list[int]) -> Instance:
    return Instance.of(**{name: [[c] for c in line] for name, line in zip("UVXY", (u, v, x, y), strict=True)})


_CROSSED = _two_lines([1, 0], [0, 1], [1, 0], [1, 0])
theorem.constant("above", "how far above its bounds the invariant lies", sharp=True)
theorem.constant("surplus", "what is added to the codimension", sharp=True)
theorem.witness(classification, same_dimensions, _two_lines([1], [0], [0], [0]))
theorem.witness(classification, same_intersection, _CROSSED)
theorem.witness(dimensions_classify, None, _CROSSED)
theorem.witness(codimension_square, None, _two_lines([1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]))
theorem.mutant("lifts", "q^(a−i) lifts instead of q^((a−i)(b−i))", proof=lambda: counting(_wrong_cardinality))
theorem.mutant("orbit sizes", "the same error, by brute force", proof=lambda: enumeration(_wrong_cardinality))
theorem.mutant("dropped", "the term i is dropped: i(n−a−b)", orbit_codimension, lambda x: _dropped(x))


def _dropped(x: Instance) -> bool:
    n, a, b, i = _numbers(x)
    return _codimension(x) == i * (n - a - b)


def _wrong_cardinality(n: int, a: int, b: int, i: int, q: Any) -> Any:
    return gaussian_binomial(n, a, q) * gaussian_binomial(a, i, q) * gaussian_binomial(n - a, b - i, q) * q ** (a - i)


@theorem.stratum
def nested(x: Instance) -> bool:
    """0 < i = min(a, b) < n"""
    n, a, b, i = _numbers(x)
    return 0 < i == min(a, b) < n


@theorem.stratum
def crowded(x: Instance) -> bool:
    """a + b > n, with i above the least value"""
    n, a, b, i = _numbers(x)
    return a + b > n and i > a + b - n


@theorem.stratum
def between(x: Instance) -> bool:
    """an intersection neither the least nor the largest"""
    n, a, b, i = _numbers(x)
    return max(0, a + b - n) < i < min(a, b)


@theorem.property
def reparameterization(x: Instance) -> bool:
    """a change of basis of condition up to 10⁶ stays in the orbit"""
    from theorems.subjects.orbit_samples import own_change

    pair, _ = _pairs(x)
    g = own_change(x, pair[0].ambient)
    image = (pair[0].mapped(g), pair[1].mapped(g))
    return invariant(*pair) == invariant(*image) and orbit_witness(pair, image).proves(pair, image)


@theorem.property
def no_singular_witness(x: Instance) -> bool | None:
    """the projector onto U + V fixes both subspaces and proves nothing where it is singular"""
    pair, _ = _pairs(x)
    onto = projector(pair[0] + pair[1])
    numbers = _numbers(x)
    return OrbitWitness(onto, numbers, numbers).proves(pair, pair) == is_invertible(onto)


@theorem.property
def what_differs(x: Instance) -> bool | None:
    """pairs of different orbits are told apart by numbers that are recomputed, and not by others"""
    (u, v), (_, y) = _pairs(x)
    pair, other = (u, v), (v, y)
    witness = orbit_witness(pair, other)
    if witness.same_orbit:
        return None
    forged = OrbitWitness(None, witness.second, witness.first)
    equal = OrbitWitness(None, witness.first, witness.first)
    told = witness.proves(pair, other) and not witness.proves(pair, pair)
    return told and not forged.proves(pair, other) and not equal.proves(pair, pair)


@theorem.proof("exhaustive", "all pairs of subspaces of F_p^n, p = 2, 3, n ≤ 4, every a and b")
def enumeration(cardinality: Callable[..., Any] = orbit_cardinality) -> Facts:
    """Every orbit has one value of i, every value has one orbit, of the stated size: by brute force."""

    def complete(n: int, a: int, b: int, p: int) -> bool:
        table = sorted((min(values), size, len(values)) for size, values in orbit_table(n, a, b, p))
        return table == [(i, cardinality(n, a, b, i, p), 1) for i in strata(n, a, b)]

    for p in (2, 3):
        for n in range(5):
            sides = range(n + 1)
            yield f"F_{p}^{n}", all(complete(n, a, b, p) for a in sides for b in sides)


@theorem.proof("symbolic", "polynomials in q, n ≤ 8, every a, b, i")
def counting(cardinality: Callable[..., Any] = orbit_cardinality) -> Facts:
    """In Z[q]: the Gaussian binomials, the sum over the strata, the degree of |O_i| as the dimension of O_i."""

    def product(n: int, k: int) -> fmpz_poly:
        result = fmpz_poly([1])
        for j in range(k):
            result = result * (_Q ** (n - j) - 1)
        return result

    def total(n: int, a: int, b: int) -> fmpz_poly:
        return sum((cardinality(n, a, b, i, _Q) for i in strata(n, a, b)), start=fmpz_poly([]))

    def leading(f: fmpz_poly) -> tuple[int, int]:
        return int(f.degree()), int(f[f.degree()])

    for n in range(9):
        sides = range(n + 1)
        binomials = {k: gaussian_binomial(n, k, _Q) for k in sides}
        quotients = all(binomials[k] * product(k, k) == product(n, k) for k in sides)
        yield f"n = {n}: [n,k] Π(q^j − 1) = Π(q^(n−j) − 1)", quotients
        sums = all(total(n, a, b) == binomials[a] * binomials[b] for a in sides for b in sides)
        yield f"n = {n}: Σ|O_i| = [n,a][n,b]", sums
        degrees = all(
            leading(fmpz_poly([0]) + cardinality(n, a, b, i, _Q)) == (orbit_dimension(n, a, b, i), 1)
            for a in sides
            for b in sides
            for i in strata(n, a, b)
        )
        yield f"n = {n}: |O_i| is monic of degree dim O_i", degrees


@theorem.proof("exhaustive", "one representative of every orbit over Q, n ≤ 5")
def tangents() -> Facts:
    """The rank of the infinitesimal action is dim O_i = dim Gr × Gr − i(n−a−b+i)."""
    from theorems.subjects.orbit_samples import normal_pair

    for n in range(1, 6):
        sides = range(n + 1)
        agree = all(
            tangent_rank(*normal_pair(n, a, b, i)) == orbit_dimension(n, a, b, i)
            for a in sides
            for b in sides
            for i in strata(n, a, b)
        )
        yield f"n = {n}", agree
