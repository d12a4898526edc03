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
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, cast

from flint import arb, fmpq

from certify.geometry.transport.incidence import (
    Masks,
    activities,
    hubs,
    is_active,
    is_edge,
    masked,
    masks,
    pairwise_overlap,
    shared_support,
    squared_activities,
)
from certify.rigor.ball import ball
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Facts, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import holds
from theorems.exact.algebra import real_matrix, vanishes
from theorems.exact.scalars import Scalar, decide, num, root
from theorems.exact.spectra import frobenius_squared, singular_squares
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

Groups = Sequence[tuple[int, ...]]
Supports = Sequence[frozenset[int]]
Rows = list[list[Fraction]]

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


def _with(x: Instance, change: Callable[[Rows], Rows], **values: object) -> Split:
    return Split(x.replace(X=change([list(row) for row in cast(Any, x["X"])]), **values))


@theorem.property(name="permutations")
def permuted(x: Instance) -> bool:
    """the masks move with rows and columns, whatever signs and order of groups"""
    s = Split(x)
    groups = [row[::-1] for row in cast(Any, x["groups"])[::-1]]
    y = _with(
        x,
        lambda a: [[-v for v in row[1:]] + row[:1] for row in a[::-1]],
        groups=groups,
        theta=cast(Any, x["theta"])[::-1],
    )
    moved = [frozenset((s.m - 1 - i, (j - 1) % s.n) for i, j in entries) for entries in s.masks]
    return list(y.masks) == moved


@theorem.property(name="rotations")
def turned(x: Instance) -> bool:
    """a rotation inside a group changes no support and no energy"""
    s = Split(x)
    i, k = next((g[:2] for g in s.groups if len(g) > 1), (0, 0))

    def rotated(a: Rows) -> Rows:
        pairs = list(zip(a[i], a[k], strict=True))
        a[i], a[k] = [(3 * u - 4 * v) / 5 for u, v in pairs], [(4 * u + 3 * v) / 5 for u, v in pairs]
        return a

    y = _with(x, rotated if i < k else list)
    return (s.masks, s.squared, s.energies) == (y.masks, y.squared, y.energies)


@theorem.property(name="scale")
def scaled(x: Instance) -> bool:
    """X and θ scaled together keep the masks"""
    t = Fraction(3, 7)
    s, y = Split(x), _with(x, lambda a: [[t * v for v in r] for r in a], theta=[t * v for v in cast(Any, x["theta"])])
    weights = all(ball(y.weight(g, h)).overlaps(ball(fmpq(9, 49) * s.weight(g, h))) for g, h in s.pairs)
    return s.masks == y.masks and weights


@theorem.property(name="columns")
def columnwise(x: Instance) -> bool:
    """the masks of a column read that column only"""
    s = Split(x)
    alone = [_with(x, lambda a, j=j: [[row[j]] for row in a]).masks for j in range(s.n)]
    joined = [frozenset((i, j) for j, found in enumerate(alone) for i, _ in found[k]) for k in range(3)]
    return joined == list(s.masks)


@theorem.property(name="enclosures")
def enclosures(x: Instance) -> bool:
    """balls contain activities and never contradict a support"""
    s = Split(x)
    values = activities(s.squared)
    wrong = [
        is_active(ball(s.squared[g][j]) + ball(0, 0.125), s.thresholds[g])
        is (Verdict.REFUTED if j in s.supports[g] else Verdict.CERTIFIED)
        or values[g][j] < 0
        or not (values[g][j] ** 2).overlaps(ball(s.squared[g][j]))
        for g, j in s.cells
    ]
    return not any(wrong)


def _partitions(m: int) -> Iterator[list[tuple[int, ...]]]:
    """All partitions of 0 … m − 1 into nonempty groups."""
    for labels in itertools.product(range(m), repeat=m):
        if all(label <= max((*labels[:i], -1)) + 1 for i, label in enumerate(labels)):
            yield [tuple(i for i in range(m) if labels[i] == g) for g in range(max(labels) + 1)]


@theorem.proof("exhaustive", "all partitions and supports, all real entries: up to 4×1 and 3×2")
def every_pattern(sorting: Callable[[Groups, Supports, int], Masks] = masks) -> Facts:
    """Sum, orthogonality, Pythagoras and the energies of the parts, with symbols for entries."""
    for m, n in ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2)):
        x = real_matrix("x", m, n).tolist()
        subsets = [frozenset(j for j in range(n) if bits >> j & 1) for bits in range(2**n)]
        seen = [
            _identities(x, groups, pattern, sorting)
            for groups in _partitions(m)
            for pattern in itertools.product(subsets, repeat=len(groups))
        ]
        for k, name in enumerate(("sum", "orthogonality", "Pythagoras", "energies")):
            yield f"{m}×{n}, {len(seen)} cases: {name}", all(case[k] for case in seen)


def _identities(x: Any, groups: Groups, pattern: Supports, sorting: Callable[..., Masks]) -> tuple[bool, ...]:
    from sympy import expand

    places = list(itertools.product(range(len(x)), range(len(x[0]))))
    parts = [masked(x, entries) for entries in sorting(groups, pattern, len(x[0]))]
    norms = [sum(part[i][j] ** 2 for i, j in places) for part in parts]
    sums: list[Any] = [0, 0, 0]
    for g, row in enumerate(squared_activities(x, groups)):
        for j, square in enumerate(row):
            rivals = any(j in support for h, support in enumerate(pattern) if h != g)
            sums[2 if j not in pattern[g] else int(rivals)] += square
    inner = [sum(a[i][j] * b[i][j] for i, j in places) for a, b in itertools.combinations(parts, 2)]
    return (
        all(expand(x[i][j] - sum(part[i][j] for part in parts)) == 0 for i, j in places),
        all(expand(v) == 0 for v in inner),
        expand(sum(x[i][j] ** 2 for i, j in places) - sum(norms)) == 0,
        all(expand(p - q) == 0 for p, q in zip(norms, sums, strict=True)),
    )


def _itself(groups: Groups, pattern: Supports, columns: int) -> Masks:
    found = masks(groups, pattern, columns)
    return found._replace(overlap=found.core | found.overlap)


def _silent(groups: Groups, pattern: Supports, columns: int) -> Masks:
    found = masks(groups, pattern, columns)
    return found._replace(noise=frozenset(e for e in found.noise if not any(e[1] in support for support in pattern)))


@theorem.proof("symbolic", "all real numbers; up to 3 shared columns")
def bounds_of_the_weight() -> Facts:
    """x² − θ² = (x − θ)(x + θ); Lagrange's identity; with activities θ + p² the weight exceeds the lower bound."""
    import sympy

    a, b = sympy.symbols("a1:4", nonnegative=True), sympy.symbols("b1:4", nonnegative=True)
    p, q = sympy.symbols("p1:4", real=True), sympy.symbols("q1:4", real=True)
    s, t = sympy.symbols("s t", positive=True)
    x = real_matrix("x", 3, 2)
    squared = squared_activities(x.tolist(), [(0, 2), (1,)])
    by_hand = [[x[0, j] ** 2 + x[2, j] ** 2 for j in range(2)], [x[1, j] ** 2 for j in range(2)]]
    yield "x² − θ² = (x − θ)(x + θ)", vanishes((a[0] - t) * (a[0] + t) - a[0] ** 2 + t**2)
    yield "squared activities", squared == by_hand
    yield "activities", [[v**2 for v in row] for row in activities(squared)] == by_hand
    for n in (1, 2, 3):
        w = pairwise_overlap(a, b, range(n))
        squares = sum((a[i] * b[j] - a[j] * b[i]) ** 2 for i in range(n) for j in range(i))
        yield (
            f"{n} shared: Cauchy–Schwarz",
            vanishes(sum(v**2 for v in a[:n]) * sum(v**2 for v in b[:n]) - w**2 - squares),
        )
        over = pairwise_overlap([s + v**2 for v in p], [t + v**2 for v in q], range(n)) - n * s * t
        rest = sum(s * q[j] ** 2 + t * p[j] ** 2 + p[j] ** 2 * q[j] ** 2 for j in range(n))
        yield f"{n} shared: from below", vanishes(over - rest)


theorem.mutant("itself", "overlap without the condition H ≠ G", proof=lambda: every_pattern(_itself))
theorem.mutant("silent columns", "noise only where no group is active", proof=lambda: every_pattern(_silent))
