r"""A1. Pairs of subspaces are classified by the dimension of their intersection.

Statement
    GL(n) acts on pairs (U, V) of subspaces of K^n, dim U = a, dim V = b, over any field. Two pairs lie in one orbit iff
    :math:`i=\dim(U\cap V)` agrees. It takes every value :math:`\max(0,a+b-n)\le i\le\min(a,b)`, and the orbit satisfies

    .. math::
        \operatorname{codim}O_i=i(n-a-b+i),\qquad
        |O_i(\mathbb F_q)|={n\brack a}_q{a\brack i}_q{n-a\brack b-i}_q\,q^{(a-i)(b-i)},\qquad
        \sum_i|O_i|={n\brack a}_q{n\brack b}_q .

Hypotheses
    *same dimensions*: dim U = dim X and dim V = dim Y. *same intersection*: dim(U∩V) = dim(X∩Y).

Needed
    Without *same dimensions* or *same intersection* no g takes (U, V) to (X, Y); the search shows lines in the plane.

Reach
    Exhaustive: all orbits of GL(n, p) for p = 2, 3, n ≤ 4 and every a, b (a + b > n included); the tangent rank of a
    representative of every orbit for n ≤ 5. Symbolic: the counting formulas as polynomial identities in q for n ≤ 8.
    Numeric: exact g for rational pairs of every stratum, moved by g of condition number up to 10⁶.

Readings
    *classification*, *range*, *codimension*: true. *dimensions classify* and *codimension i²*: false (the latter holds
    only for a + b = n).

Reference
    FLAG (arXiv 2605.09861); bases adapted to U∩V ⊂ U, V ⊂ U+V.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flint import fmpz_poly

from certify.geometry.orbits.enumeration import orbit_table
from certify.geometry.orbits.pair_orbit import (
    codimension,
    gaussian_binomial,
    invariant,
    orbit_cardinality,
    orbit_dimension,
    orbit_witness,
    strata,
    tangent_rank,
)
from certify.linalg.exact.subspace import Subspace
from certify.verdict import Verdict
from theorems.engine.theorem import (
    Constants,
    Hypothesis,
    Instance,
    Mutant,
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
    from hypothesis.strategies import SearchStrategy

_Q = fmpz_poly([0, 1])


def _pairs(x: Instance) -> tuple[tuple[Subspace, Subspace], tuple[Subspace, Subspace]]:
    from theorems.subjects.orbit_samples import space

    return (space(x, "U"), space(x, "V")), (space(x, "X"), space(x, "Y"))


def _numbers(x: Instance) -> tuple[int, int, int, int]:
    (u, v), _ = _pairs(x)
    return u.ambient, u.dim, v.dim, invariant(u, v)


def classification(x: Instance, c: Constants) -> Verdict:
    """There is g with g(U, V) = (X, Y), checked by multiplication."""
    pair, other = _pairs(x)
    witness = orbit_witness(pair, other)
    return holds(witness.same_orbit and witness.proves(pair, other))


def in_range(x: Instance, c: Constants) -> Verdict:
    """dim(U∩V) is one of the listed values."""
    n, a, b, i = _numbers(x)
    return holds(i in strata(n, a, b))


def _codimension_is(formula: Callable[[int, int, int, int], int]) -> Callable[[Instance, Constants], Verdict]:
    def decide(x: Instance, c: Constants) -> Verdict:
        n, a, b, i = _numbers(x)
        return holds(tangent_rank(*_pairs(x)[0]) == a * (n - a) + b * (n - b) - formula(n, a, b, i))

    return decide


def enumeration(cardinality: Callable[..., Any] = orbit_cardinality) -> Proof:
    """Brute force over F_2 and F_3: every orbit has one value of i, every value has one orbit, of the stated size."""

    def complete(n: int, a: int, b: int, p: int) -> bool:
        table = sorted((min(values), size, len(values)) for size, values in orbit_table(n, a, b, p))
        return table == [(i, cardinality(n, a, b, i, p), 1) for i in strata(n, a, b)]

    return facts(
        "exhaustive",
        "all pairs of subspaces of F_p^n, p = 2, 3, n ≤ 4, every a and b",
        [
            (
                f"F_{p}^{n}: orbits, values of i and sizes agree",
                all(complete(n, a, b, p) for a in range(n + 1) for b in range(n + 1)),
            )
            for p in (2, 3)
            for n in range(5)
        ],
    )


def counting(cardinality: Callable[..., Any] = orbit_cardinality) -> Proof:
    """In Z[q]: the Gaussian binomials, the sum over the strata, the degree of |O_i| as the dimension of O_i."""

    def product(n: int, k: int) -> fmpz_poly:
        result = fmpz_poly([1])
        for j in range(k):
            result = result * (_Q ** (n - j) - 1)
        return result

    def leading(f: fmpz_poly) -> tuple[int, int]:
        return int(f.degree()), int(f[f.degree()])

    claims: list[tuple[str, object]] = []
    for n in range(9):
        sides = range(n + 1)
        claims += [
            (
                f"n = {n}: [n,k] Π(q^j − 1) = Π(q^(n−j) − 1)",
                all(gaussian_binomial(n, k, _Q) * product(k, k) == product(n, k) for k in sides),
            ),
            (
                f"n = {n}: Σ|O_i| = [n,a][n,b]",
                all(
                    sum((cardinality(n, a, b, i, _Q) for i in strata(n, a, b)), start=fmpz_poly([]))
                    == gaussian_binomial(n, a, _Q) * gaussian_binomial(n, b, _Q)
                    for a in sides
                    for b in sides
                ),
            ),
            (
                f"n = {n}: |O_i| is monic of degree dim O_i",
                all(
                    leading(fmpz_poly([0]) + cardinality(n, a, b, i, _Q)) == (orbit_dimension(n, a, b, i), 1)
                    for a in sides
                    for b in sides
                    for i in strata(n, a, b)
                ),
            ),
        ]
    return facts("symbolic", "polynomials in q, n ≤ 8, every a, b, i", claims)


def tangents() -> Proof:
    """The rank of the infinitesimal action at one representative of every orbit."""
    from theorems.subjects.orbit_samples import normal_pair

    return facts(
        "exhaustive",
        "one representative of every orbit over Q, n ≤ 5",
        [
            (
                f"n = {n}: tangent rank = dim O_i = dim Gr × Gr − i(n−a−b+i)",
                all(
                    tangent_rank(*normal_pair(n, a, b, i)) == orbit_dimension(n, a, b, i)
                    for a in range(n + 1)
                    for b in range(n + 1)
                    for i in strata(n, a, b)
                ),
            )
            for n in range(1, 6)
        ],
    )


def moved(x: Instance) -> Verdict:
    """dim(U∩V) and the orbit do not change under an exact g of condition number up to 10⁶."""
    from theorems.subjects.orbit_samples import own_change

    pair, _ = _pairs(x)
    g = own_change(x, pair[0].ambient)
    image = (pair[0].mapped(g), pair[1].mapped(g))
    return holds(invariant(*pair) == invariant(*image) and orbit_witness(pair, image).proves(pair, image))


def _strategy() -> SearchStrategy[Instance]:
    from theorems.subjects.orbit_samples import two_pairs

    return two_pairs()


def _wrong_cardinality(n: int, a: int, b: int, i: int, q: Any) -> Any:
    return gaussian_binomial(n, a, q) * gaussian_binomial(a, i, q) * gaussian_binomial(n - a, b - i, q) * q ** (a - i)


THEOREM = Theorem(
    id="A1",
    title="Pairs of subspaces are classified by the dimension of their intersection",
    source="FLAG (arXiv 2605.09861)",
    dimensions={"n": (1, 3), "a": (1, 2), "b": (1, 2)},
    parameters=(
        Parameter.matrix("U", "n", "a"),
        Parameter.matrix("V", "n", "b"),
        Parameter.matrix("X", "n", "a"),
        Parameter.matrix("Y", "n", "b"),
    ),
    hypotheses=(
        Hypothesis(
            "same dimensions",
            "dim U = dim X and dim V = dim Y (the matrices span the subspaces by their columns)",
            r"\dim U=\dim X,\ \dim V=\dim Y",
            lambda x: holds([s.dim for s in _pairs(x)[0]] == [s.dim for s in _pairs(x)[1]]),
            why="g preserves dimensions",
        ),
        Hypothesis(
            "same intersection",
            "dim(U∩V) = dim(X∩Y)",
            r"\dim(U\cap V)=\dim(X\cap Y)",
            lambda x: holds(invariant(*_pairs(x)[0]) == invariant(*_pairs(x)[1])),
            why="g(U∩V) = gU ∩ gV: two equal lines are not two different lines",
        ),
    ),
    readings=(
        Reading(
            "classification",
            "some g in GL(n) takes (U, V) to (X, Y)",
            r"\exists g\in GL(n):\ g(U,V)=(X,Y)",
            ("same dimensions", "same intersection"),
            decide=classification,
            note="the witness is an exact g built from adapted bases and checked by multiplication",
        ),
        Reading(
            "range",
            "max(0, a+b−n) ≤ dim(U∩V) ≤ min(a, b)",
            r"\max(0,a+b-n)\le\dim(U\cap V)\le\min(a,b)",
            (),
            decide=in_range,
        ),
        Reading(
            "codimension",
            "the orbit of (U, V) has codimension i(n−a−b+i), also for a+b > n",
            r"\operatorname{codim}O_i=i(n-a-b+i)",
            (),
            decide=_codimension_is(codimension),
        ),
        Reading(
            "dimensions classify",
            "dim U = dim X and dim V = dim Y suffice",
            r"\exists g\in GL(n):\ g(U,V)=(X,Y)",
            ("same dimensions",),
            Status.FALSE,
            decide=classification,
        ),
        Reading(
            "codimension i²",
            "the orbit of (U, V) has codimension i², whatever a + b",
            r"\operatorname{codim}O_i=i^2",
            (),
            Status.FALSE,
            decide=_codimension_is(lambda n, a, b, i: i * i),
            note="true for a + b = n only",
        ),
    ),
    symbolic=(counting, enumeration, tangents),
    strategy=_strategy,
    properties=(Property("reparameterization", "a change of basis of condition up to 10⁶ stays in the orbit", moved),),
    mutants=(
        Mutant(
            "lifts",
            "the number of lifts is q^(a−i) instead of q^((a−i)(b−i))",
            symbolic=lambda: counting(_wrong_cardinality),
        ),
        Mutant("orbit sizes", "the same error against brute force", symbolic=lambda: enumeration(_wrong_cardinality)),
        Mutant(
            "codimension",
            "the term i is dropped: i(n−a−b)",
            "codimension",
            decide=_codimension_is(lambda n, a, b, i: i * (n - a - b)),
        ),
        Mutant(
            "intersection",
            "the classifying number is dim(U+V) of the first pair and dim(U∩V) of the second",
            "classification",
            decide=lambda x, c: holds((_pairs(x)[0][0] + _pairs(x)[0][1]).dim == invariant(*_pairs(x)[1])),
        ),
    ),
)
