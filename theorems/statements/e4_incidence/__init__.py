r"""E4. Core, overlap and noise of a transport are orthogonal.

Statement
    The entries of a transport are sorted by which row groups are active on their column. Row groups G partition the
    rows of X. With the activity :math:`x_G(j)=\|X_{G,j}\|_2`, thresholds θ_G > 0 and active
    supports :math:`S_G=\{j:x_G(j)\ge\theta_G\}`, an entry (i, j), i ∈ G, is *core* if j lies in S_G only, *overlap* if
    j ∈ S_G ∩ S_H for some H ≠ G, *noise* if j ∉ S_G. Then

    .. math::
        X=X_{core}+X_{overlap}+X_{noise},\quad \langle X_a,X_b\rangle_F=0\ (a\ne b),\quad
        \|X\|_F^2=\|X_{core}\|_F^2+\|X_{overlap}\|_F^2+\|X_{noise}\|_F^2 .

    The overlap columns are those of the shared response supports S_G ∩ S_H, that is the hubs of two groups; no column
    carries both core and overlap. With :math:`w_{GH}=\sum_{j\in S_G\cap S_H}x_G(j)x_H(j)`,

    .. math::
        \theta_G\theta_H\,|S_G\cap S_H|\le w_{GH}\le\|X_{overlap,G}\|_F\,\|X_{overlap,H}\|_F ,

    and every edge of the incidence graph, :math:`w_{GH}\ge\omega>0`, has a shared column.
    An instance has a row i in group G when ``groups`` is not 0 there. A mask of column j reads column j of the supports
    only (the property *columns*), so the exhaustive check of single columns reaches all widths.

Reference
    GSA-II (arXiv 2605.02111); its abstract names the parts, and the definitions are those above.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from fractions import Fraction

from flint import arb, fmpq

from certify.geometry.transport.incidence import hubs, is_edge, shared_support
from certify.rigor.ball import ball
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import holds
from theorems.exact.scalars import Scalar, decide, num, root
from theorems.exact.spectra import frobenius_squared, singular_squares
from theorems.statements.e4_incidence import proofs, properties
from theorems.subjects.row_splits import (
    SIZES,
    SPLIT,
    Split,
    at_threshold,
    covering,
    disjoint,
    positive_thresholds,
    positive_weight,
    small_splits,
    splits,
)

theorem = Declaration(
    __doc__, parameters=SPLIT, dimensions=SIZES, strategy=splits, tight=at_threshold, families=small_splits
)

_PARTITION = (disjoint, covering)
_ALL = (*_PARTITION, positive_thresholds)


@theorem.fact(r"j\in S_G\iff x_G(j)\ge\theta_G", name="supports", strategy=lambda: splits(negative=True))
def decided_by_roots(x: Instance) -> Verdict:
    """j ∈ S_G, decided by squares, exactly when x_G(j) ≥ θ_G; for thresholds of either sign"""
    s = Split(x)

    def agrees(g: int, j: int) -> Verdict:
        square = sum((s.x[i, j] ** 2 for i in s.groups[g]), fmpq(0))
        reached = decide(lambda: root(square) - num(s.thresholds[g]), strict=False).verdict
        return reached if j in s.supports[g] else ~reached

    return combine(itertools.starmap(agrees, s.cells))


@theorem.fact(r"\langle X_a,X_b\rangle_F=0", disjoint)
def orthogonal(x: Instance) -> bool:
    """core, overlap and noise are orthogonal in the Frobenius inner product"""
    s = Split(x)
    products = [(a.transpose() * b) for a, b in itertools.combinations(s.parts, 2)]
    return all(sum((p[i, i] for i in range(s.n)), fmpq(0)) == 0 for p in products)


@theorem.fact(r"\|X\|_F^2=\sum_a\|X_a\|_F^2", *_PARTITION, name="Pythagoras")
def pythagoras(x: Instance) -> bool:
    """‖X‖_F² = ‖core‖_F² + ‖overlap‖_F² + ‖noise‖_F²"""
    s = Split(x)
    return sum(s.energies, fmpq(0)) == frobenius_squared(s.x)


@theorem.fact(r"\|X_{noise}\|_F^2=\sum_G\sum_{j\notin S_G}x_G(j)^2,\dots", disjoint)
def energies(x: Instance) -> bool:
    """the squared norms of the parts add up x_G(j)² over their pairs (G, j)"""
    s = Split(x)
    return s.summed() == s.energies


@theorem.fact(r"X=X_{core}+X_{overlap}+X_{noise}", *_PARTITION)
def decomposition(x: Instance) -> bool:
    """X = core + overlap + noise"""
    s = Split(x)
    return s.parts[0] + s.parts[1] + s.parts[2] == s.x


@theorem.fact(r"core\sqcup overlap\sqcup noise", *_PARTITION, name="masks")
def one_mask_each(x: Instance) -> bool:
    """every entry is in exactly one of core, overlap, noise"""
    return Split(x).one_mask_each()


@theorem.fact(r"j\in S_G\Rightarrow X_{G,j}\ne0", positive_thresholds)
def active_is_nonzero(x: Instance) -> bool:
    """a column that is active in G is not 0 on the rows of G"""
    s = Split(x)
    return all(any(s.x[i, j] != 0 for i in s.groups[g]) for g, j in s.cells if j in s.supports[g])


@theorem.fact(r"\bigcup_{G_1<\dots<G_h}S_{G_1}\cap\dots\cap S_{G_h}", name="hubs")
def hub_columns(x: Instance) -> bool:
    """the columns active in ≥ h groups are the common ones of some h groups; hubs of two: all SRS, and no core"""
    s, h = Split(x), x.integer("h")
    common = [frozenset(range(s.n)).intersection(*chosen) for chosen in itertools.combinations(s.supports, h)]
    shared = [shared_support(s.supports, g, k) for g, k in s.pairs]
    return (
        hubs(s.supports, s.n, h) == frozenset[int]().union(*common)
        and hubs(s.supports, s.n, 2) == frozenset[int]().union(*shared) >= s.columns(1)
        and s.columns(0).isdisjoint(s.columns(1))
    )


@theorem.bound(
    r"\theta_G\theta_H\,|S_G\cap S_H|\le w_{GH}",
    positive_thresholds,
    attained_at=at_threshold,
    name="weight from below",
)
def from_below(x: Instance, below: Scalar = 1) -> Sides:
    """θ_G θ_H |S_G ∩ S_H| ≤ w_GH"""
    s = Split(x)
    least = [num(t) for t in s.thresholds]
    return s.closest(lambda g, h: (below * least[g] * least[h] * len(s.supports[g] & s.supports[h]), s.weight(g, h)))


@theorem.bound(r"w_{GH}\le\|X_{overlap,G}\|_F\,\|X_{overlap,H}\|_F", attained_at=at_threshold, name="weight from above")
def from_above(x: Instance, above: Scalar = 1) -> Sides:
    """w_GH ≤ ‖overlap, rows of G‖_F · ‖overlap, rows of H‖_F"""
    s = Split(x)
    return s.closest(lambda g, h: (s.weight(g, h), above * s.overlap_norms(g, h)))


def just_below() -> Iterable[Instance]:
    """Activities 1/4096 below their thresholds, in one group and in two."""
    near = Fraction(4095, 4096)
    yield Instance.of(X=[[near]], groups=[[1]], theta=[1], omega=1, h=1)
    yield Instance.of(X=[[near, 5], [2 * near, 0]], groups=[[1, 0], [0, 1]], theta=[1, 2], omega=1, h=2)


@theorem.bound(
    r"\|X_{noise}\|_F^2\le\sum_G\sum_{j\notin S_G,\,X_{G,j}\ne0}\theta_G^2",
    attained_at=just_below,
    gap=Fraction(1, 1024),
    note="whatever groups and thresholds: where θ ≤ 0 nothing is outside, and a row in two groups counts twice above",
)
def noise_below_thresholds(x: Instance) -> Sides:
    """‖noise‖_F² ≤ Σ θ_G² over the nonzero columns outside the supports"""
    s = Split(x)
    outside = [g for g, j in s.cells if j not in s.supports[g] and s.squared[g][j] != 0]
    return num(s.energies[2]), sum((num(s.thresholds[g]) * num(s.thresholds[g]) for g in outside), num(0))


@theorem.fact(r"w_{GH}\ge\omega\Rightarrow S_G\cap S_H\ne\emptyset", positive_weight)
def edges(x: Instance) -> Verdict:
    """G–H is an edge exactly when G and H share a column and w_GH ≥ ω"""
    s, omega = Split(x), x.rational("omega")

    def agrees(g: int, h: int) -> Verdict:
        weight = s.weight(g, h)
        edge = is_edge(weight, omega)
        heavy = decide(lambda: s.weight(g, h) - num(omega), strict=False).verdict
        expected = heavy if s.supports[g] & s.supports[h] else Verdict.REFUTED
        if edge is Verdict.UNDECIDED:
            # Only a ball may leave this open, and only where it contains ω.
            return holds(isinstance(weight, arb) and weight.overlaps(ball(omega)))
        return expected if edge is Verdict.CERTIFIED else ~expected

    return combine(itertools.starmap(agrees, s.pairs))


@theorem.bound(r"\sum_a\|X_a\|_2^2\le\|X\|_2^2", *_ALL, name="spectral Pythagoras", false=True)
def spectral_pythagoras(x: Instance) -> Sides:
    """‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂² ≤ ‖X‖₂²"""
    return spectral_subadditivity(x)[::-1]


@theorem.bound(r"\|X\|_2^2\le\sum_a\|X_a\|_2^2", *_ALL, false=True)
def spectral_subadditivity(x: Instance) -> Sides:
    """‖X‖₂² ≤ ‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂²"""
    s = Split(x)
    whole, *parts = [singular_squares(a)[0] for a in (s.x, *s.parts)]
    return whole, sum(parts, num(0))


@theorem.fact(r"X_{noise}e_j=0\ \text{or}\ X_{noise}e_j=Xe_j", *_ALL, false=True)
def noise_keeps_away(x: Instance) -> bool:
    """a column with a noise entry has no core or overlap entry"""
    s = Split(x)
    return s.columns(2).isdisjoint(s.columns(0) | s.columns(1))


def _compared(active: Callable[[fmpq, fmpq], bool]) -> Callable[[Instance], bool]:
    """Whether a comparison of x² with θ gives the supports."""

    def agrees(x: Instance) -> bool:
        s = Split(x)
        return all(active(s.squared[g][j], s.thresholds[g]) == (j in s.supports[g]) for g, j in s.cells)

    return agrees


def _all_columns(x: Instance) -> Sides:
    s = Split(x)
    return s.closest(lambda g, h: (s.weight(g, h, range(s.n)), s.overlap_norms(g, h)))


theorem.constant("below", "factor of the lower bound of w", sharp=True, stronger="larger")
theorem.constant("above", "factor of the upper bound of w", sharp=True)
theorem.mutant("strict", "active where x > θ", decided_by_roots, _compared(lambda s, t: t < 0 or s > t * t))
theorem.mutant("sign forgotten", "active where x² ≥ θ²", decided_by_roots, _compared(lambda s, t: s >= t * t))
theorem.mutant("all columns", "w over all columns", from_above, _all_columns)


_ONE = [[1]]
_EQUAL = [[1, 0], [0, 1]]


def _case(x: object, groups: object, theta: list[int], omega: int = 1) -> Instance:
    return Instance.of(X=x, groups=groups, theta=theta, omega=omega, h=2)


for reading in (orthogonal, pythagoras, decomposition, one_mask_each):
    theorem.witness(reading, disjoint, _case(_ONE, [[1, 1]], [1, 2]))
theorem.witness(energies, disjoint, _case(_ONE, [[1, 1]], [2, 2]))
for reading in (pythagoras, decomposition, one_mask_each):
    theorem.witness(reading, covering, _case(_ONE, [[0]], [1]))
theorem.witness(active_is_nonzero, positive_thresholds, _case([[0]], _ONE, [0]))
theorem.witness(from_below, positive_thresholds, _case([[0], [0]], _EQUAL, [-1, -1]))
theorem.witness(edges, positive_weight, _case(_EQUAL, _EQUAL, [1, 1], 0))
theorem.witness(spectral_subadditivity, None, _case([[2, 1], [1, 2]], _EQUAL, [2, 2]))
theorem.witness(noise_keeps_away, None, _case([[2, 1], [1, 2]], _EQUAL, [2, 2]))
theorem.witness(spectral_pythagoras, None, _case(_EQUAL, _EQUAL, [1, 2]))


@theorem.stratum
def all_three_parts(x: Instance) -> bool:
    """core, overlap and noise carry something"""
    return all(e > 0 for e in Split(x).energies)


@theorem.stratum
def three_groups_share(x: Instance) -> bool:
    """a column is active in three groups"""
    s = Split(x)
    return bool(hubs(s.supports, s.n, 3))


@theorem.stratum
def on_the_threshold(x: Instance) -> bool:
    """an activity is its threshold"""
    s = Split(x)
    return any(t > 0 and s.squared[g][j] == t * t for g, j in s.cells for t in (s.thresholds[g],))


for name, kept in (
    ("permutations", properties.permuted),
    ("rotations", properties.turned),
    ("scale", properties.scaled),
    ("columns", properties.columnwise),
    ("enclosures", properties.enclosures),
):
    theorem.property(kept, name=name)

every_pattern = theorem.proof("exhaustive", "all partitions and supports, all real entries: up to 4×1 and 3×2")(
    proofs.every_pattern
)
theorem.proof("symbolic", "all real numbers; up to 6 shared columns")(proofs.bounds_of_the_weight)
theorem.mutant("itself", "overlap without the condition H ≠ G", proof=lambda: every_pattern(proofs.itself))
theorem.mutant("silent columns", "noise only where no group is active", proof=lambda: every_pattern(proofs.silent))
