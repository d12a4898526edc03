r"""A2. The dimension of the intersection is the only GL(n)-invariant observable of a pair of subspaces.

Statement
    For fixed dimensions every GL(n)-invariant function of (U, V) is a function of :math:`i=\dim(U\cap V)`. At the
    interface between W and W', with U = im W and V = ker W',

    .. math:: \dim(\operatorname{im}W\cap\ker W')=\operatorname{rank}W-\operatorname{rank}W'W,

    and a hidden reparameterization W ↦ gW, W' ↦ W'g⁻¹ does not change it.

Hypotheses
    *invertible*: det g ≠ 0. *orthogonal*: gᵀg = I. *composable*: W' reads what W writes.

Needed
    Without *invertible* the map g may merge U and V or kill U. Without *orthogonal* principal angles move.

Reach
    Exhaustive: the rank formula for every pair of matrices over F_2 (up to 2×3, 3×2) and F_3 (up to 2×2, 1×3).
    Symbolic: for lines in R² and R³ the overlap is invariant under g iff gᵀg is a multiple of I. Numeric: exact
    rational pairs of every stratum.

Readings
    *rank formula*, *invariance*, *only invariant*, *angles under O(n)*: true. *angles are invariant*, *overlap is
    invariant* (under GL(n)) and *only invariant under O(n)*: false. Under O(n) the principal angles are a complete
    invariant (Jordan); only their invariance is checked here.

Reference
    FLAG (arXiv 2605.09861); A1 for the uniqueness, rank–nullity for W' restricted to im W.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from flint import fmpq_mat, nmod_mat

from certify.geometry.orbits.pair_orbit import angle_polynomial, invariant, orbit_witness, projector
from certify.geometry.orbits.stability import interface_intersection
from certify.linalg.exact.rank import intersection_dimension
from certify.linalg.exact.subspace import Subspace, image, is_invertible, kernel
from certify.rigor.exact import fmpq_matrix
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
    from hypothesis.strategies import SearchStrategy


def _layers(x: Instance) -> tuple[fmpq_mat, fmpq_mat]:
    return x.matrix("W"), x.matrix("W_next")


def _pair(x: Instance) -> tuple[Subspace, Subspace]:
    lower, upper = _layers(x)
    return image(lower), kernel(upper)


def _moved(x: Instance) -> tuple[Subspace, Subspace]:
    u, v = _pair(x)
    g = x.matrix("g")
    return u.mapped(g), v.mapped(g)


def _coordinate(x: Instance) -> tuple[Subspace, Subspace]:
    from theorems.subjects.orbit_samples import normal_pair

    u, v = _pair(x)
    return normal_pair(u.ambient, u.dim, v.dim, invariant(u, v))


def composable(x: Instance) -> Verdict:
    """W' reads what W writes, and g acts there."""
    lower, upper = _layers(x)
    return holds(upper.ncols() == lower.nrows() == x.matrix("g").nrows() == x.matrix("g").ncols())


def orthogonal(x: Instance) -> Verdict:
    """gᵀg = I."""
    g = x.matrix("g")
    return holds((g.transpose() * g).entries() == [int(i == j) for i in range(g.nrows()) for j in range(g.nrows())])


def rank_formula(x: Instance, c: Constants) -> Verdict:
    """dim(im W ∩ ker W') by intersecting subspaces = rank W − rank W'W."""
    return holds(invariant(*_pair(x)) == interface_intersection(*_layers(x)))


def invariance(x: Instance, c: Constants) -> Verdict:
    """dim(gU ∩ gV) = dim(U ∩ V)."""
    return holds(invariant(*_moved(x)) == invariant(*_pair(x)))


def only_invariant(x: Instance, c: Constants) -> Verdict:
    """(U, V) has the same value of every invariant as the coordinate pair with its numbers: some g takes it there."""
    pair, other = _pair(x), _coordinate(x)
    return holds(orbit_witness(pair, other).proves(pair, other) and orbit_witness(pair, other).same_orbit)


def angles(x: Instance, c: Constants) -> Verdict:
    """The squared cosines of the principal angles of (gU, gV) are those of (U, V)."""
    return holds(angle_polynomial(*_moved(x)) == angle_polynomial(*_pair(x)))


def _overlap(u: Subspace, v: Subspace) -> Any:
    product = projector(u) * projector(v)
    return sum((product[k, k] for k in range(u.ambient)), start=0)


def overlap_invariant(x: Instance, c: Constants) -> Verdict:
    """‖P_gU P_gV‖_F² = ‖P_U P_V‖_F²."""
    return holds(_overlap(*_moved(x)) == _overlap(*_pair(x)))


def only_angle(x: Instance, c: Constants) -> Verdict:
    """Pairs with equal dimensions and equal i have equal principal angles."""
    return holds(angle_polynomial(*_pair(x)) == angle_polynomial(*_coordinate(x)))


def every_matrix() -> Proof:
    """The rank formula for all matrices over small fields."""

    def complete(p: int, rows: int, inner: int, columns: int) -> bool:
        lowers = [nmod_mat(inner, columns, list(e), p) for e in itertools.product(range(p), repeat=inner * columns)]
        uppers = [nmod_mat(rows, inner, list(e), p) for e in itertools.product(range(p), repeat=rows * inner)]
        written, lost = [(w, image(w)) for w in lowers], [(w, kernel(w)) for w in uppers]
        return all(
            (u & v).dim == interface_intersection(lower, upper)
            for (lower, u), (upper, v) in itertools.product(written, lost)
        )

    shapes = [(2, 1, 1, 2), (2, 2, 2, 2), (2, 2, 3, 2), (2, 1, 3, 2), (3, 2, 2, 1), (3, 1, 2, 2), (3, 1, 3, 1)]
    return facts(
        "exhaustive",
        "every pair of matrices of the listed shapes over F_2 and F_3",
        [(f"F_{p}: {r}×{n} after {n}×{m}", complete(p, r, n, m)) for p, r, n, m in shapes],
    )


def similarity() -> Proof:
    """For lines spanned by u, v: (gu·gv)²|u|²|v|² = (u·v)²|gu|²|gv|² for all u, v iff gᵀg = cI."""
    import sympy

    claims: list[tuple[str, object]] = []
    for n in (2, 3):
        s: Any = sympy.Matrix(  # gᵀg, any symmetric matrix
            [[sympy.Symbol(f"s{min(i, j)}{max(i, j)}", real=True) for i in range(n)] for j in range(n)]
        )
        u, v = sympy.Matrix(sympy.symbols(f"u1:{n + 1}")), sympy.Matrix(sympy.symbols(f"v1:{n + 1}"))

        def defect(m: Any, u: Any, v: Any) -> Any:
            def form(k: Any, x: Any, y: Any) -> Any:
                return (x.T * k * y)[0, 0]

            one = sympy.eye(m.rows)
            left = form(m, u, v) ** 2 * form(one, u, u) * form(one, v, v)
            return sympy.expand(left - form(one, u, v) ** 2 * form(m, u, u) * form(m, v, v))

        scale = sympy.Symbol("c")
        e = [sympy.Matrix([int(i == j) for i in range(n)]) for j in range(n)]
        claims += [
            (f"n = {n}: gᵀg = cI leaves the overlap", defect(scale * sympy.eye(n), u, v) == 0),
            (
                f"n = {n}: coordinate lines force (gᵀg)_ij = 0",
                all(defect(s, e[i], e[j]) == s[i, j] ** 2 for i in range(n) for j in range(i)),
            ),
            (
                f"n = {n}: diagonals force (gᵀg)_ii = (gᵀg)_jj",
                all(
                    sympy.expand(defect(s, e[i] + e[j], e[i] - e[j]) - 4 * (s[i, i] - s[j, j]) ** 2) == 0
                    for i in range(n)
                    for j in range(i)
                ),
            ),
        ]
    return facts("symbolic", "all real g of size 2×2 and 3×3, lines", claims)


def reparameterized(x: Instance) -> Verdict:
    """rank W − rank W'W does not change under a hidden g of condition up to 10⁶."""
    from theorems.subjects.orbit_samples import own_change

    lower, upper = _layers(x)
    g = own_change(x, lower.nrows())
    return holds(interface_intersection(g * lower, upper * g.inv()) == interface_intersection(lower, upper))


def of_floats(x: Instance) -> Verdict:
    """For layers of floats the exact ranks give the dimension that rational subspaces give."""
    from theorems.subjects.orbit_samples import floats

    lower, upper = (floats(w) for w in _layers(x))
    found, rank, product = intersection_dimension(lower, upper)
    u, v = image(fmpq_matrix(lower)), kernel(fmpq_matrix(upper))
    return holds(found == invariant(u, v) == rank - product and rank == u.dim)


def _strategy(orthogonal_g: bool = False) -> SearchStrategy[Instance]:
    from random import Random

    from theorems.subjects import orbit_samples as own
    from theorems.subjects.random_exact import random_orthogonal

    listed = own.all_strata(4)

    def build(source: Random) -> Instance:
        stratum = source.choice(listed)
        n = stratum[0]
        x = Instance.of(**own.pair(source, ("W", "V"), stratum))
        g = random_orthogonal(n, source.randrange(2**32)) if orthogonal_g else own.change_of_basis(source, n)
        reads = own.space(x, "V").annihilator  # ker W' = V for W' with these rows
        upper = reads.matrix.transpose() if reads.dim else fmpq_mat(1, n)
        return Instance.of(W=x["W"], W_next=own.rows(upper), g=own.rows(g))

    return own.seeded(build)


def _without_invertible(x: Instance, c: Constants) -> Verdict:
    lower, upper = _layers(x)
    return holds(int(lower.rank()) - int(upper.rank()) == invariant(*_pair(x)))


THEOREM = Theorem(
    id="A2",
    title="dim(im W ∩ ker W') is the only reparameterization-invariant observable of an interface",
    source="FLAG (arXiv 2605.09861)",
    dimensions={"n": (1, 3), "m": (1, 2), "k": (1, 2)},
    parameters=(
        Parameter.matrix("W", "n", "m"),
        Parameter.matrix("W_next", "k", "n"),
        Parameter.matrix("g", "n", "n"),
    ),
    hypotheses=(
        Hypothesis(
            "composable",
            "W' reads what W writes, and g is square there",
            r"W\in K^{n\times m},\ W'\in K^{k\times n},\ g\in K^{n\times n}",
            composable,
            Need.DEFINITION,
            "U and V lie in different spaces",
        ),
        Hypothesis(
            "invertible",
            "g is invertible",
            r"\det g\ne0",
            lambda x: holds(is_invertible(x.matrix("g"))),
            why="a singular g merges subspaces, or kills them",
        ),
        Hypothesis(
            "orthogonal", "g is orthogonal", r"g^Tg=I", orthogonal, why="a shear turns orthogonal lines into others"
        ),
    ),
    readings=(
        Reading(
            "rank formula",
            "dim(im W ∩ ker W') = rank W − rank W'W",
            r"\dim(\operatorname{im}W\cap\ker W')=\operatorname{rank}W-\operatorname{rank}W'W",
            ("composable",),
            decide=rank_formula,
        ),
        Reading(
            "invariance",
            "dim(gU ∩ gV) = dim(U ∩ V)",
            r"\dim(gU\cap gV)=\dim(U\cap V)",
            ("composable", "invertible"),
            decide=invariance,
        ),
        Reading(
            "only invariant",
            "a GL(n)-invariant function of pairs of given dimensions depends on dim(U∩V) alone",
            r"f(g\cdot)=f\ \Rightarrow\ f=f(\dim U,\dim V,\dim(U\cap V))",
            ("composable",),
            decide=only_invariant,
            note="every pair is carried by an exact g to the coordinate pair with its three numbers",
        ),
        Reading(
            "angles under O(n)",
            "principal angles do not change under orthogonal g",
            r"\cos\theta_k(gU,gV)=\cos\theta_k(U,V),\ g\in O(n)",
            ("composable", "invertible", "orthogonal"),
            decide=angles,
            strategy=lambda: _strategy(True),
        ),
        Reading(
            "angles are invariant",
            "principal angles do not change under invertible g",
            r"\cos\theta_k(gU,gV)=\cos\theta_k(U,V),\ g\in GL(n)",
            ("composable", "invertible"),
            Status.FALSE,
            decide=angles,
        ),
        Reading(
            "overlap is invariant",
            "the overlap ‖P_U P_V‖_F² does not change under invertible g",
            r"\|P_{gU}P_{gV}\|_F^2=\|P_UP_V\|_F^2,\ g\in GL(n)",
            ("composable", "invertible"),
            Status.FALSE,
            decide=overlap_invariant,
        ),
        Reading(
            "only invariant under O(n)",
            "under O(n) too, dim(U∩V) is the only invariant: pairs with equal numbers have equal principal angles",
            r"\dim(U\cap V)\ \text{determines the}\ O(n)\text{-orbit}",
            ("composable",),
            Status.FALSE,
            decide=only_angle,
        ),
    ),
    symbolic=(every_matrix, similarity),
    strategy=_strategy,
    properties=(
        Property("hidden reparameterization", "W ↦ gW, W' ↦ W'g⁻¹ with condition of g up to 10⁶", reparameterized),
        Property("floats", "the exact dimension for layers of floats", of_floats),
    ),
    mutants=(
        Mutant(
            "product rank",
            "rank W − rank W' instead of rank W − rank W'W",
            "rank formula",
            decide=_without_invertible,
        ),
        Mutant("shear", "angles under every invertible g", "invariance", decide=angles),
        Mutant(
            "sum",
            "dim(U+V) of the moved pair is dim U + dim V",
            "invariance",
            decide=lambda x, c: holds((_moved(x)[0] + _moved(x)[1]).dim == _pair(x)[0].dim + _pair(x)[1].dim),
        ),
    ),
)
