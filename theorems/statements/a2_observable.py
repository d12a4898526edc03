r"""A2. The dimension of the intersection is the only GL(n)-invariant observable of a pair of subspaces.

Statement
    For fixed dimensions every GL(n)-invariant function of (U, V) is a function of :math:`i=\dim(U\cap V)`. At the
    interface between W and W', with U = im W and V = ker W',

    .. math:: \dim(\operatorname{im}W\cap\ker W')=\operatorname{rank}W-\operatorname{rank}W'W,

    and a hidden reparameterization W ↦ gW, W' ↦ W'g⁻¹ does not change it. Principal angles, and the overlap
    :math:`\|P_UP_V\|_F^2`, are invariant under O(n) and under no larger group than its multiples.

Reference
    FLAG (arXiv 2605.09861); A1 for the uniqueness, rank–nullity for W' restricted to im W. That principal angles are a
    complete invariant under O(n) is cited (Jordan, 1875), not proved here.
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
from theorems.engine.declare import Declaration, Facts, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.algebra import symmetric_matrix, vanishes
from theorems.exact.scalars import Scalar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def interfaces(*, orthogonal_g: bool = False) -> SearchStrategy[Instance]:
    """Layers whose subspaces im W and ker W' are of every stratum up to dimension 4, and a change of basis."""
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


theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.matrix("W", "n", "m"),
        Parameter.matrix("W_next", "k", "n"),
        Parameter.matrix("g", "n", "n"),
    ),
    dimensions={"n": (1, 3), "m": (1, 2), "k": (1, 2)},
    strategy=interfaces,
)


@hypothesis(r"\det g\ne0", needed="a singular g merges subspaces, or kills them")
def invertible(x: Instance) -> bool:
    """g is invertible"""
    return is_invertible(x.matrix("g"))


@hypothesis(r"g^Tg=I", needed="a shear turns orthogonal lines into others")
def orthogonal(x: Instance) -> bool:
    """g is orthogonal"""
    g = x.matrix("g")
    n = g.nrows()
    return (g.transpose() * g).entries() == [int(i == j) for i in range(n) for j in range(n)]


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


@theorem.fact(r"\dim(\operatorname{im}W\cap\ker W')=\operatorname{rank}W-\operatorname{rank}W'W")
def rank_formula(x: Instance, surplus: Scalar = 0) -> bool:
    """dim(im W ∩ ker W') = rank W − rank W'W"""
    return invariant(*_pair(x)) == interface_intersection(*_layers(x)) + surplus


@theorem.fact(r"\dim(gU\cap gV)=\dim(U\cap V)", invertible)
def invariance(x: Instance) -> bool:
    """dim(gU ∩ gV) = dim(U ∩ V)"""
    return invariant(*_moved(x)) == invariant(*_pair(x))


@theorem.fact(
    r"f(g\cdot)=f\ \Rightarrow\ f=f(\dim U,\dim V,\dim(U\cap V))",
    note="every pair is carried by an exact g to the coordinate pair with its three numbers",
)
def only_invariant(x: Instance, surplus: Scalar = 0) -> bool:
    """a GL(n)-invariant function of pairs of given dimensions depends on dim(U∩V) alone"""
    pair, other = _pair(x), _coordinate(x)
    witness = orbit_witness(pair, other)
    same = witness.first[3] == witness.second[3] + surplus
    return same and witness.same_orbit and witness.proves(pair, other)


@theorem.fact(
    r"\cos\theta_k(gU,gV)=\cos\theta_k(U,V),\ g\in O(n)",
    orthogonal,
    name="angles under O(n)",
    strategy=lambda: interfaces(orthogonal_g=True),
)
def angles(x: Instance) -> bool:
    """principal angles do not change under orthogonal g"""
    return angle_polynomial(*_moved(x)) == angle_polynomial(*_pair(x))


@theorem.fact(r"\cos\theta_k(gU,gV)=\cos\theta_k(U,V),\ g\in GL(n)", invertible, false=True)
def angles_are_invariant(x: Instance) -> bool:
    """principal angles do not change under invertible g"""
    return angles(x)


def _overlap(u: Subspace, v: Subspace) -> Any:
    product = projector(u) * projector(v)
    return sum((product[k, k] for k in range(u.ambient)), start=0)


@theorem.fact(r"\|P_{gU}P_{gV}\|_F^2=\|P_UP_V\|_F^2,\ g\in GL(n)", invertible, false=True)
def overlap_is_invariant(x: Instance) -> bool:
    """the overlap ‖P_U P_V‖_F² does not change under invertible g"""
    return _overlap(*_moved(x)) == _overlap(*_pair(x))


@theorem.fact(r"\dim(U\cap V)\ \text{determines the}\ O(n)\text{-orbit}", name="only invariant under O(n)", false=True)
def only_angle(x: Instance) -> bool:
    """under O(n) too, dim(U∩V) is the only invariant: pairs with equal numbers have equal principal angles"""
    return angle_polynomial(*_pair(x)) == angle_polynomial(*_coordinate(x))


_SHEARED = Instance.of(W=[[1], [0]], W_next=[[1, 0]], g=[[1, 1], [0, 1]])
theorem.constant("surplus", "what is added to the dimension", sharp=True)
theorem.witness(invariance, invertible, Instance.of(W=[[1], [0]], W_next=[[1, 0]], g=[[1, 1], [0, 0]]))
theorem.witness(angles, orthogonal, _SHEARED)
theorem.witness(angles_are_invariant, None, _SHEARED)
theorem.witness(overlap_is_invariant, None, _SHEARED)
theorem.witness(only_angle, None, Instance.of(W=[[1], [0]], W_next=[[1, -1]], g=[[1, 0], [0, 1]]))
theorem.mutant("product rank", "rank W − rank W' instead of rank W − rank W'W", rank_formula, lambda x: _two_ranks(x))
theorem.mutant("shear", "angles under every invertible g", invariance, angles)
theorem.mutant("sum", "dim(U+V) of the moved pair is dim U + dim V", invariance, lambda x: _sum_is_direct(x))


def _two_ranks(x: Instance) -> bool:
    lower, upper = _layers(x)
    return int(lower.rank()) - int(upper.rank()) == invariant(*_pair(x))


def _sum_is_direct(x: Instance) -> bool:
    return (_moved(x)[0] + _moved(x)[1]).dim == _pair(x)[0].dim + _pair(x)[1].dim


@theorem.stratum
def partial(x: Instance) -> bool:
    """im W and ker W' meet, and neither contains the other"""
    u, v = _pair(x)
    return 0 < invariant(u, v) < min(u.dim, v.dim)


@theorem.stratum
def nothing_lost(x: Instance) -> bool:
    """W ≠ 0 and im W meets ker W' ≠ 0 in 0"""
    u, v = _pair(x)
    return invariant(u, v) == 0 < min(u.dim, v.dim)


@theorem.property
def hidden_reparameterization(x: Instance) -> bool:
    """W ↦ gW, W' ↦ W'g⁻¹ with condition of g up to 10⁶ changes no difference of ranks"""
    from theorems.subjects.orbit_samples import own_change

    lower, upper = _layers(x)
    g = own_change(x, lower.nrows())
    return interface_intersection(g * lower, upper * g.inv()) == interface_intersection(lower, upper)


@theorem.property(name="floats")
def of_floats(x: Instance) -> bool:
    """for layers of floats the exact ranks give the dimension that rational subspaces give"""
    from theorems.subjects.orbit_samples import floats

    lower, upper = (floats(w) for w in _layers(x))
    found, rank, product = intersection_dimension(lower, upper)
    u, v = image(fmpq_matrix(lower)), kernel(fmpq_matrix(upper))
    return found == invariant(u, v) == rank - product and rank == u.dim


@theorem.proof("exhaustive", "every pair of matrices of the listed shapes over F_2 and F_3")
def every_matrix() -> Facts:
    """The rank formula for all matrices over small fields."""

    def complete(p: int, rows: int, inner: int, columns: int) -> bool:
        lowers = [nmod_mat(inner, columns, list(e), p) for e in itertools.product(range(p), repeat=inner * columns)]
        uppers = [nmod_mat(rows, inner, list(e), p) for e in itertools.product(range(p), repeat=rows * inner)]
        written, lost = [(w, image(w)) for w in lowers], [(w, kernel(w)) for w in uppers]
        return all(
            (u & v).dim == interface_intersection(lower, upper)
            for (lower, u), (upper, v) in itertools.product(written, lost)
        )

    for p, r, n, m in (
        (2, 1, 1, 2),
        (2, 2, 2, 2),
        (2, 2, 3, 2),
        (2, 1, 3, 2),
        (3, 2, 2, 1),
        (3, 1, 2, 2),
        (3, 1, 3, 1),
    ):
        yield f"F_{p}: {r}×{n} after {n}×{m}", complete(p, r, n, m)


@theorem.proof("symbolic", "all real g of size 2×2 and 3×3, lines")
def similarity() -> Facts:
    """For lines spanned by u, v: (gu·gv)²|u|²|v|² = (u·v)²|gu|²|gv|² for all u, v iff gᵀg = cI."""
    import sympy

    def defect(m: Any, u: Any, v: Any) -> Any:
        def form(k: Any, x: Any, y: Any) -> Any:
            return (x.T * k * y)[0, 0]

        one = sympy.eye(m.rows)
        left = form(m, u, v) ** 2 * form(one, u, u) * form(one, v, v)
        return left - form(one, u, v) ** 2 * form(m, u, u) * form(m, v, v)

    for n in (2, 3):
        s = symmetric_matrix("s", n)  # gᵀg, any symmetric matrix
        u, v = sympy.Matrix(sympy.symbols(f"u1:{n + 1}")), sympy.Matrix(sympy.symbols(f"v1:{n + 1}"))
        e = [sympy.Matrix([int(i == j) for i in range(n)]) for j in range(n)]
        pairs = [(i, j) for i in range(n) for j in range(i)]
        yield f"n = {n}: gᵀg = cI leaves the overlap", vanishes(defect(sympy.Symbol("c") * sympy.eye(n), u, v))
        apart = all(vanishes(defect(s, e[i], e[j]) - s[i, j] ** 2) for i, j in pairs)
        yield f"n = {n}: coordinate lines force (gᵀg)_ij = 0", apart
        diagonals = ((defect(s, e[i] + e[j], e[i] - e[j]), s[i, i] - s[j, j]) for i, j in pairs)
        yield f"n = {n}: diagonals force (gᵀg)_ii = (gᵀg)_jj", all(vanishes(d - 4 * w**2) for d, w in diagonals)
