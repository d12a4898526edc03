r"""E4. Core, overlap and noise: the entries of a transport, sorted by which row groups are active on their column.

Statement
    Row groups G partition the rows of X. With the activity :math:`x_G(j)=\|X_{G,j}\|_2`, thresholds θ_G > 0 and active
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
    An instance has a row i in group G when ``groups`` is not 0 there.

Hypotheses
    *disjoint* (no row lies in two groups), *covering* (every row lies in one), *positive thresholds*, *positive
    weight* (ω > 0). *Disjoint* and *covering* together say that the groups partition the rows.

Needed
    All four. A row in two groups may be core for one and noise for the other: the masks collide, the parts are not
    orthogonal and do not add up to X. A row in no group is in no part. With θ_G = 0 a zero column is active; with
    negative thresholds the lower bound of w fails. With ω ≤ 0 groups without a common column are joined.

Reach
    Exhaustive over the partitions of the rows and the supports, symbolic in the entries: masks, sum, orthogonality and
    Pythagoras for one column with up to 4 rows and for up to 3×2; a mask of column j reads column j of the supports
    only, which the property *columns* checks. Symbolic: deciding by squares for all numbers; the bounds of w for up
    to 3 shared columns. Numeric: exact for rational X up to 4×4; w is exact or in balls.

Readings
    *supports*, *masks*, *decomposition*, *orthogonal*, *Pythagoras*, *energies*, *columns*, *active is nonzero*,
    *hubs*, *weight from below*, *weight from above*, *edges*: true. *Spectral Pythagoras*, *spectral subadditivity*,
    *noise keeps away*, *noise below threshold*, *weight of all columns*: false.

Reference
    GSA-II (arXiv 2605.02111), whose abstract names the parts; the definitions are those above.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

from flint import arb, fmpq, fmpq_mat

from certify.geometry.incidence import (
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
    supports,
)
from certify.rigor.ball import ball
from certify.verdict import Verdict, combine
from theorems._exact import Scalar, decide, num, root
from theorems._spectra import frobenius_squared, singular_values
from theorems._theorem import (
    Constant,
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
    from random import Random

    from hypothesis.strategies import SearchStrategy

Sorting = Callable[[list[tuple[int, ...]], list[frozenset[int]], int], Masks]


class Split:
    """X with its groups, squared activities, supports and masks."""

    def __init__(self, x: Instance) -> None:
        self.x = x.matrix("X")
        self.rows: list[list[fmpq]] = self.x.tolist()
        self.m, self.n = self.x.nrows(), self.x.ncols()
        member = x.matrix("groups")
        self.groups = [tuple(i for i in range(self.m) if member[i, g] != 0) for g in range(member.ncols())]
        self.thresholds = x.vector("theta")
        self.squared = squared_activities(self.rows, self.groups)
        self.supports = supports(self.squared, self.thresholds)
        self.masks = masks(self.groups, self.supports, self.n)
        self.parts = [fmpq_mat(masked(self.rows, entries)) for entries in self.masks]

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """All pairs of groups."""
        return list(itertools.combinations(range(len(self.groups)), 2))

    def active(self, j: int) -> list[int]:
        """The groups active on a column."""
        return [g for g, support in enumerate(self.supports) if j in support]

    def weight(self, g: int, h: int) -> Scalar:
        """w_GH, from exact activities where they are rational."""
        lines = [[root(s) for s in self.squared[k]] for k in (g, h)]
        return num(0) + pairwise_overlap(lines[0], lines[1], shared_support(self.supports, g, h))


def disjoint(x: Instance) -> Verdict:
    """No row lies in two groups."""
    return holds(all(sum(v != 0 for v in row) <= 1 for row in x.matrix("groups").tolist()))


def covering(x: Instance) -> Verdict:
    """Every row lies in a group."""
    return holds(all(any(v != 0 for v in row) for row in x.matrix("groups").tolist()))


def decided_by_roots(x: Instance, c: Constants) -> Verdict:
    """S_G by squares is {j : x_G(j) − θ_G ≥ 0}, decided with roots of its own sums."""
    s = Split(x)

    def agrees(g: int, j: int) -> Verdict:
        square = sum((s.x[i, j] ** 2 for i in s.groups[g]), fmpq(0))
        apart = decide(lambda: root(square) - num(s.thresholds[g]), strict=False).verdict
        return apart if j in s.supports[g] else ~apart

    return combine(agrees(g, j) for g in range(len(s.groups)) for j in range(s.n))


def one_mask_each(x: Instance, c: Constants) -> Verdict:
    """Every entry is in the one mask that the active groups of its column say."""
    return holds(_sorted_rightly(Split(x)))


def _sorted_rightly(s: Split) -> bool:
    for i, j in itertools.product(range(s.m), range(s.n)):
        active = s.active(j)
        own = [g for g, rows in enumerate(s.groups) if i in rows]
        kinds = [2 if g not in active else 0 if active == [g] else 1 for g in own]
        found = [k for k, entries in enumerate(s.masks) if (i, j) in entries]
        if len(found) != 1 or any(kind != found[0] for kind in kinds):
            return False
    return sum(map(len, s.masks)) == s.m * s.n


def decomposition(x: Instance, c: Constants) -> Verdict:
    """X is the sum of its parts."""
    s = Split(x)
    return holds(s.parts[0] + s.parts[1] + s.parts[2] == s.x)


def orthogonal(x: Instance, c: Constants) -> Verdict:
    """tr(AᵀB) = 0 for every two parts."""
    pairs = itertools.combinations(Split(x).parts, 2)
    return holds(all(_trace(a.transpose() * b) == 0 for a, b in pairs))


def _trace(a: fmpq_mat) -> fmpq:
    return sum((a[i, i] for i in range(a.nrows())), fmpq(0))


def pythagoras(x: Instance, c: Constants) -> Verdict:
    """The squared norms of the parts add up to that of X."""
    s = Split(x)
    return holds(sum(map(frobenius_squared, s.parts), fmpq(0)) == frobenius_squared(s.x))


def energies(x: Instance, c: Constants) -> Verdict:
    """The squared norms of the parts are sums of squared activities."""
    s = Split(x)
    sums = [fmpq(0)] * 3
    for g, j in itertools.product(range(len(s.groups)), range(s.n)):
        active = s.active(j)
        sums[2 if g not in active else 0 if len(active) == 1 else 1] += s.squared[g][j]
    return holds(sums == [frobenius_squared(part) for part in s.parts])


def separate_columns(x: Instance, c: Constants) -> Verdict:
    """No column carries both a core and an overlap entry."""
    m = Split(x).masks
    return holds({j for _, j in m.core}.isdisjoint(j for _, j in m.overlap))


def active_is_nonzero(x: Instance, c: Constants) -> Verdict:
    """X is not 0 on the rows of G in a column that is active in G."""
    s = Split(x)
    return holds(all(any(s.x[i, j] != 0 for i in s.groups[g]) for g, support in enumerate(s.supports) for j in support))


def hub_columns(x: Instance, c: Constants) -> Verdict:
    """Hubs of h groups: the unions over h groups of their common supports; hubs of two: the shared supports."""
    s, h = Split(x), x.integer("h")
    every = frozenset(range(s.n))
    common = [every.intersection(*chosen) for chosen in itertools.combinations(s.supports, h)]
    shared = [shared_support(s.supports, g, k) for g, k in s.pairs]
    return holds(
        hubs(s.supports, s.n, h) == frozenset[int]().union(*common)
        and hubs(s.supports, s.n, 2) == frozenset[int]().union(*shared)
        and sum(map(len, shared)) == sum(len(s.active(j)) * (len(s.active(j)) - 1) for j in range(s.n)) // 2
    )


def _every_pair(x: Instance, one: Callable[[Split, int, int], tuple[Scalar, Scalar]]) -> tuple[Scalar, Scalar]:
    """The sides of the pair of groups whose bound exceeds its value least; any will do at a tie."""
    s = Split(x)
    return min((one(s, g, h) for g, h in s.pairs), key=_rough_margin, default=(num(0), num(0)))


def _rough_margin(sides: tuple[Scalar, Scalar]) -> float:
    margin = sides[1] - sides[0]
    return float(ball(margin).mid()) if isinstance(margin, fmpq | arb) else float(margin)


def from_below(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """c·θ_Gθ_H|S_G ∩ S_H| ≤ w_GH."""

    def one(s: Split, g: int, h: int) -> tuple[Scalar, Scalar]:
        count = len(s.supports[g] & s.supports[h])
        return num(c["below"]) * num(s.thresholds[g]) * num(s.thresholds[h]) * count, s.weight(g, h)

    return _every_pair(x, one)


def from_above(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """w_GH ≤ c·‖overlap, rows of G‖·‖overlap, rows of H‖."""

    def one(s: Split, g: int, h: int) -> tuple[Scalar, Scalar]:
        return s.weight(g, h), num(c["above"]) * root(_overlap_squared(s, g) * _overlap_squared(s, h))

    return _every_pair(x, one)


def _overlap_squared(s: Split, g: int) -> fmpq:
    return sum((s.parts[1][i, j] ** 2 for i in s.groups[g] for j in range(s.n)), fmpq(0))


def edges(x: Instance, c: Constants) -> Verdict:
    """G–H is an edge exactly when G and H share a column and w_GH ≥ ω."""
    s, omega = Split(x), x.rational("omega")

    def agrees(g: int, h: int) -> Verdict:
        edge = is_edge(s.weight(g, h), omega)
        heavy = decide(lambda: s.weight(g, h) - num(omega), strict=False).verdict
        expected = heavy if s.supports[g] & s.supports[h] else Verdict.REFUTED
        if edge is Verdict.UNDECIDED:
            # Only a ball may leave this open, and only where the weight is ω.
            return holds(not isinstance(s.weight(g, h), fmpq) and ball(s.weight(g, h)).overlaps(ball(omega)))
        return expected if edge is Verdict.CERTIFIED else ~expected

    return combine(agrees(g, h) for g, h in s.pairs)


def _norms(s: Split) -> tuple[Scalar, Scalar]:
    whole, *parts = [singular_values(a)[0] for a in (s.x, *s.parts)]
    return whole * whole, sum((v * v for v in parts), num(0))


def spectral_pythagoras(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂² ≤ ‖X‖₂², which is false."""
    return _norms(Split(x))[::-1]


def spectral_subadditivity(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X‖₂² ≤ ‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂², which is false."""
    return _norms(Split(x))


def noise_keeps_away(x: Instance, c: Constants) -> Verdict:
    """No column carries both noise and core or overlap, which is false."""
    m = Split(x).masks
    return holds({j for _, j in m.noise}.isdisjoint(j for _, j in m.core | m.overlap))


def noise_below_threshold(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖noise‖_F² ≤ Σ_G θ_G², which is false: every column may contribute."""
    s = Split(x)
    return num(frobenius_squared(s.parts[2])), num(sum((t * t for t in s.thresholds), fmpq(0)))


def weight_of_all_columns(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """Σ_j x_G(j)x_H(j) over all columns ≤ ‖overlap, rows of G‖·‖overlap, rows of H‖, which is false."""

    def one(s: Split, g: int, h: int) -> tuple[Scalar, Scalar]:
        lines = [[root(v) for v in s.squared[k]] for k in (g, h)]
        return num(0) + pairwise_overlap(lines[0], lines[1], range(s.n)), root(
            _overlap_squared(s, g) * _overlap_squared(s, h)
        )

    return _every_pair(x, one)


def _partitions(m: int) -> Iterator[list[tuple[int, ...]]]:
    """All partitions of 0 … m − 1 into nonempty groups."""
    for labels in itertools.product(range(m), repeat=m):
        if all(label <= max((*labels[:i], -1)) + 1 for i, label in enumerate(labels)):
            yield [tuple(i for i in range(m) if labels[i] == g) for g in range(max(labels) + 1)]


def _patterns(groups: int, columns: int) -> Iterator[list[frozenset[int]]]:
    """All choices of one support for every group."""
    subsets = [frozenset(j for j in range(columns) if bits >> j & 1) for bits in range(2**columns)]
    yield from map(list, itertools.product(subsets, repeat=groups))


def every_pattern(sorting: Sorting = masks) -> Proof:
    """Sum, orthogonality, Pythagoras and the energies of the parts, with symbols for entries."""
    import sympy

    claims: list[tuple[str, object]] = []
    for m, n in ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2)):
        x = [[sympy.Symbol(f"x{i}{j}", real=True) for j in range(n)] for i in range(m)]
        cases = [(groups, pattern) for groups in _partitions(m) for pattern in _patterns(len(groups), n)]
        failed = {fact for groups, pattern in cases for fact in _failures(x, groups, pattern, sorting)}
        claims += [(f"{m}×{n}, {len(cases)} cases: {fact}", fact not in failed) for fact in _FACTS]
    return facts("exhaustive", "all partitions and supports, all real entries: up to 4×1 and 3×2", claims)


_FACTS = ("sum", "orthogonality", "Pythagoras", "energies by column", "energies by group")


def _failures(x: Any, groups: list[tuple[int, ...]], pattern: list[frozenset[int]], sorting: Sorting) -> list[str]:
    import sympy

    m, n = len(x), len(x[0])
    parts = [masked(x, entries) for entries in sorting(groups, pattern, n)]
    places = list(itertools.product(range(m), range(n)))
    squares = squared_activities(x, groups)
    whole = sum(x[i][j] ** 2 for i, j in places)
    norms = [sum(part[i][j] ** 2 for i, j in places) for part in parts]
    own = [next(g for g, rows in enumerate(groups) if i in rows) for i in range(m)]
    rivals = [[sum(j in s for h, s in enumerate(pattern) if h != g) for j in range(n)] for g in range(len(groups))]

    def kind(g: int, j: int) -> int:
        return 2 if j not in pattern[g] else 1 if rivals[g][j] else 0

    by_entry = [sum(x[i][j] ** 2 for i, j in places if kind(own[i], j) == k) for k in range(3)]
    by_group = [sum(squares[g][j] for g in range(len(groups)) for j in range(n) if kind(g, j) == k) for k in range(3)]
    outcomes = (
        all(sympy.expand(x[i][j] - sum(part[i][j] for part in parts)) == 0 for i, j in places),
        all(sympy.expand(sum(a[i][j] * b[i][j] for i, j in places)) == 0 for a, b in itertools.combinations(parts, 2)),
        sympy.expand(whole - sum(norms)) == 0,
        all(sympy.expand(p - q) == 0 for p, q in zip(norms, by_entry, strict=True)),
        all(sympy.expand(p - q) == 0 for p, q in zip(norms, by_group, strict=True)),
    )
    return [fact for fact, true in zip(_FACTS, outcomes, strict=True) if not true]


def bounds_of_the_weight() -> Proof:
    """x² − θ² = (x − θ)(x + θ); Lagrange's identity; with activities θ + p² the weight exceeds the lower bound."""
    import sympy

    a, b = sympy.symbols("a1:4", nonnegative=True), sympy.symbols("b1:4", nonnegative=True)
    p, q = sympy.symbols("p1:4", real=True), sympy.symbols("q1:4", real=True)
    s, t = sympy.symbols("s t", positive=True)
    x: Any = sympy.Matrix(3, 2, sympy.symbols("x1:7", real=True))
    squared = squared_activities(x.tolist(), [(0, 2), (1,)])
    by_hand = [[x[0, j] ** 2 + x[2, j] ** 2 for j in range(2)], [x[1, j] ** 2 for j in range(2)]]
    claims: list[tuple[str, object]] = [
        ("x² − θ² = (x − θ)(x + θ)", sympy.expand((a[0] - t) * (a[0] + t) - a[0] ** 2 + t**2) == 0),
        ("squared activities", squared == by_hand),
        ("activities", [[v**2 for v in row] for row in activities(squared)] == by_hand),
    ]
    for n in (1, 2, 3):
        w = pairwise_overlap(a, b, range(n))
        squares = sum((a[i] * b[j] - a[j] * b[i]) ** 2 for i in range(n) for j in range(i))
        lagrange = sum(v**2 for v in a[:n]) * sum(v**2 for v in b[:n]) - w**2 - squares
        over = pairwise_overlap([s + v**2 for v in p], [t + v**2 for v in q], range(n)) - n * s * t
        rest = sum(s * q[j] ** 2 + t * p[j] ** 2 + p[j] ** 2 * q[j] ** 2 for j in range(n))
        claims.append((f"{n} shared: Cauchy–Schwarz", sympy.expand(lagrange) == 0))
        claims.append((f"{n} shared: from below", sympy.expand(over - rest) == 0))
    return facts("symbolic", "all real numbers; up to 3 shared columns", claims)


def _structure(x: Instance) -> tuple[object, ...]:
    """What no change of coordinates inside the groups may alter."""
    s = Split(x)
    return s.supports, s.squared, [frobenius_squared(part) for part in s.parts]


def permuted(x: Instance) -> Verdict:
    """The masks move with the rows and the columns."""
    s = Split(x)
    y = Split(
        x.replace(
            X=[row[1:] + row[:1] for row in cast(Any, x["X"])[::-1]],
            groups=cast(Any, x["groups"])[::-1],
        )
    )
    moved = [frozenset((s.m - 1 - i, (j - 1) % s.n) for i, j in entries) for entries in s.masks]
    return holds(list(y.masks) == moved)


def relabelled(x: Instance) -> Verdict:
    """The masks do not depend on the order of the groups; supports move with them."""
    s = Split(x)
    y = Split(x.replace(groups=[row[::-1] for row in cast(Any, x["groups"])], theta=cast(Any, x["theta"])[::-1]))
    return holds(y.masks == s.masks and y.supports == s.supports[::-1])


def signs(x: Instance) -> Verdict:
    """Signs of rows and of columns change no support, no mask and no energy."""
    rows = [[(-1) ** (i + j // 2) * v for j, v in enumerate(row)] for i, row in enumerate(cast(Any, x["X"]))]
    return holds(_structure(x) == _structure(x.replace(X=rows)) and Split(x).masks == Split(x.replace(X=rows)).masks)


def turned(x: Instance) -> Verdict:
    """A rotation among two rows of one group changes no support and no energy."""
    group = next((g for g in Split(x).groups if len(g) > 1), None)
    if group is None:
        return Verdict.CERTIFIED
    rows = [list(row) for row in cast(Any, x["X"])]
    i, k = group[:2]
    c, s = Fraction(3, 5), Fraction(4, 5)
    rows[i], rows[k] = (
        [c * u - s * v for u, v in zip(rows[i], rows[k], strict=True)],
        [s * u + c * v for u, v in zip(rows[i], rows[k], strict=True)],
    )
    return holds(_structure(x) == _structure(x.replace(X=rows)))


def scaled(x: Instance) -> Verdict:
    """X and θ times 3/7: same masks; weights and ω times 9/49: same edges."""
    t = Fraction(3, 7)
    y = x.replace(
        X=[[t * v for v in row] for row in cast(Any, x["X"])],
        theta=[t * v for v in cast(Any, x["theta"])],
    )
    p, q = Split(x), Split(y)
    ratio = fmpq(9, 49)
    same = all(ball(q.weight(g, h)).overlaps(ball(ratio * p.weight(g, h))) for g, h in p.pairs)
    return holds(p.masks == q.masks and p.supports == q.supports and same)


def columnwise(x: Instance) -> Verdict:
    """The masks of a column are those of that column alone."""
    s = Split(x)
    alone = [Split(x.replace(X=[[row[j]] for row in cast(Any, x["X"])])).masks for j in range(s.n)]
    joined = [frozenset((i, j) for j, found in enumerate(alone) for i, _ in found[k]) for k in range(3)]
    return holds(joined == list(s.masks))


def enclosures(x: Instance) -> Verdict:
    """Balls of the activities contain them, and balls never contradict the exact supports."""
    s = Split(x)
    for g, (row, squares) in enumerate(zip(activities(s.squared), s.squared, strict=True)):
        for j, (value, square) in enumerate(zip(row, squares, strict=True)):
            # A widened ball decides nothing near the threshold, and must not decide wrongly anywhere.
            found = is_active(ball(square) + ball(0, 0.125), s.thresholds[g])
            wrong = Verdict.REFUTED if j in s.supports[g] else Verdict.CERTIFIED
            if found is wrong or value < 0 or not (value * value).overlaps(ball(square)):
                return Verdict.REFUTED
    return Verdict.CERTIFIED


def threshold_met() -> Iterable[Instance]:
    """Activities equal to thresholds, and columns that every group shares."""
    yield Instance.of(X=[[1, 2], [2, 3]], groups=[[1, 0], [0, 1]], theta=[2, 3], omega=6, h=2)
    yield Instance.of(X=[[3, 0], [4, 5], [0, 1]], groups=[[1, 0], [1, 0], [0, 1]], theta=[5, 1], omega=5, h=1)


def shared_at_threshold() -> Iterable[Instance]:
    """Every shared activity is its threshold: both bounds of w are attained."""
    yield Instance.of(X=[[2, 2], [3, 3]], groups=[[1, 0], [0, 1]], theta=[2, 3], omega=12, h=2)
    yield Instance.of(X=[[3], [4], [1]], groups=[[1, 0], [1, 0], [0, 1]], theta=[5, 1], omega=5, h=2)


def splits(*, negative: bool = False) -> SearchStrategy[Instance]:
    """Small integer matrices; thresholds are often an activity that occurs, and ω often a weight that occurs."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        m, n, g = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 4))
        entry = st.integers(-3, 3)
        x = draw(st.lists(st.lists(entry, min_size=n, max_size=n), min_size=m, max_size=m))
        labels = draw(st.lists(st.integers(0, g - 1), min_size=m, max_size=m))
        low = [Fraction(-2), Fraction(-1, 2), Fraction(0)] if negative else []
        levels = st.sampled_from([*map(Fraction, (1, 2, 3)), Fraction(1, 2), Fraction(5, 2), *low])
        return Instance.of(
            X=x,
            groups=[[int(label == k) for k in range(g)] for label in labels],
            theta=draw(st.lists(levels, min_size=g, max_size=g)),
            omega=draw(st.sampled_from([Fraction(1), Fraction(2), Fraction(5, 2), Fraction(4), Fraction(6)])),
            h=draw(st.integers(1, 3)),
        )

    return build()


def _near(size: int, rng: Random) -> Iterator[Instance]:
    """Rows in one, two or no groups, small entries."""
    for _ in range(4000):
        m, n, g = (rng.randint(1, max(2, size)) for _ in range(3))
        yield Instance.of(
            X=[[rng.randint(0, 2) for _ in range(n)] for _ in range(m)],
            groups=[[int(k in rng.choices(range(g + 1), k=1 + (rng.random() < 0.2))) for k in range(g)]
                    for _ in range(m)],
            theta=[Fraction(rng.choice((1, 1, 2, 2, 3, 0, -1))) for _ in range(g)],
            omega=Fraction(rng.choice((0, 1, 1, 2))),
            h=rng.randint(1, 3),
        )  # fmt: skip


def _naive(x: Instance, c: Constants) -> Verdict:
    s = Split(x)
    return holds(
        all((s.squared[g][j] >= s.thresholds[g] ** 2) == (j in s.supports[g]) for g in range(len(s.groups))
            for j in range(s.n))
    )  # fmt: skip


def _strict(x: Instance, c: Constants) -> Verdict:
    s = Split(x)
    return holds(
        all(
            (s.thresholds[g] < 0 or s.squared[g][j] > s.thresholds[g] ** 2) == (j in s.supports[g])
            for g in range(len(s.groups))
            for j in range(s.n)
        )
    )


def _itself(groups: list[tuple[int, ...]], pattern: list[frozenset[int]], columns: int) -> Masks:
    """The condition H ≠ G forgotten."""
    found = masks(groups, pattern, columns)
    return Masks(found.core, found.core | found.overlap, found.noise)


def _silent(groups: list[tuple[int, ...]], pattern: list[frozenset[int]], columns: int) -> Masks:
    """Noise only where no group at all is active."""
    found = masks(groups, pattern, columns)
    return Masks(
        found.core, found.overlap, frozenset((i, j) for i, j in found.noise if not any(j in s for s in pattern))
    )


_ALL = ("disjoint", "covering")

THEOREM = Theorem(
    id="E4",
    title="Core, overlap and noise of a transport are orthogonal",
    source="GSA-II (arXiv 2605.02111)",
    dimensions={"m": (1, 3), "n": (1, 3), "g": (1, 3)},
    parameters=(
        Parameter.matrix("X", "m", "n"),
        Parameter.matrix("groups", "m", "g"),
        Parameter.vector("theta", "g", -1, 4),
        Parameter.rational("omega", 0, 6),
        Parameter.integer("h", 1, 3),
    ),
    hypotheses=(
        Hypothesis(
            "disjoint",
            "no row lies in two groups",
            r"G\cap H=\emptyset",
            disjoint,
            why="a row may be core for one group and noise for the other: the masks collide",
        ),
        Hypothesis(
            "covering",
            "every row lies in a group",
            r"\bigcup G=\{1,\dots,m\}",
            covering,
            why="the entries of a row without a group are in no part",
        ),
        Hypothesis(
            "positive thresholds",
            "every threshold is positive",
            r"\theta_G>0",
            lambda x: holds(all(t > 0 for t in x.vector("theta"))),
            why="a zero column is active where the threshold is 0 or negative",
        ),
        Hypothesis(
            "positive weight",
            "ω is positive",
            r"\omega>0",
            lambda x: holds(x.rational("omega") > 0),
            why="groups without a common column have w = 0 and would be joined",
        ),
    ),
    readings=(
        Reading(
            "supports",
            "j ∈ S_G, decided by squares, exactly when x_G(j) ≥ θ_G; for thresholds of either sign",
            r"j\in S_G\iff x_G(j)\ge\theta_G",
            (),
            decide=decided_by_roots,
            strategy=lambda: splits(negative=True),
            tight=threshold_met,
        ),
        Reading(
            "masks",
            "every entry lies in exactly one of core, overlap and noise",
            r"\{1..m\}\times\{1..n\}=core\sqcup overlap\sqcup noise",
            _ALL,
            decide=one_mask_each,
            tight=threshold_met,
        ),
        Reading(
            "decomposition",
            "X = core + overlap + noise",
            r"X=X_{core}+X_{overlap}+X_{noise}",
            _ALL,
            decide=decomposition,
        ),
        Reading(
            "orthogonal",
            "core, overlap and noise are orthogonal in the Frobenius inner product",
            r"\langle X_a,X_b\rangle_F=0",
            ("disjoint",),
            decide=orthogonal,
        ),
        Reading(
            "Pythagoras",
            "‖X‖_F² = ‖core‖_F² + ‖overlap‖_F² + ‖noise‖_F²",
            r"\|X\|_F^2=\|X_{core}\|_F^2+\|X_{overlap}\|_F^2+\|X_{noise}\|_F^2",
            _ALL,
            decide=pythagoras,
        ),
        Reading(
            "energies",
            "the squared norms of the parts are the sums of x_G(j)² over their pairs (G, j)",
            r"\|X_{noise}\|_F^2=\sum_G\sum_{j\notin S_G}x_G(j)^2,\ \dots",
            ("disjoint",),
            decide=energies,
        ),
        Reading(
            "columns",
            "no column carries both core and overlap; whatever the groups are",
            r"X_{core}e_j=0\ \text{or}\ X_{overlap}e_j=0",
            (),
            decide=separate_columns,
        ),
        Reading(
            "active is nonzero",
            "a column that is active in G is not 0 on the rows of G",
            r"j\in S_G\Rightarrow X_{G,j}\ne0",
            ("positive thresholds",),
            decide=active_is_nonzero,
        ),
        Reading(
            "hubs",
            "the columns active in ≥ h groups are the union of the common supports of h groups; for h = 2, of the SRS",
            r"\{j:\#\{G:j\in S_G\}\ge h\}=\bigcup_{G_1<\dots<G_h}S_{G_1}\cap\dots\cap S_{G_h}",
            (),
            decide=hub_columns,
        ),
        Reading(
            "weight from below",
            "θ_G θ_H |S_G ∩ S_H| ≤ w_GH",
            r"\theta_G\theta_H\,|S_G\cap S_H|\le w_{GH}",
            ("positive thresholds",),
            sides=from_below,
            constants=("below",),
            tight=shared_at_threshold,
            attained=Fraction(0),
        ),
        Reading(
            "weight from above",
            "w_GH ≤ ‖overlap, rows of G‖_F · ‖overlap, rows of H‖_F",
            r"w_{GH}\le\|X_{overlap,G}\|_F\,\|X_{overlap,H}\|_F",
            (),
            sides=from_above,
            constants=("above",),
            tight=shared_at_threshold,
            attained=Fraction(0),
        ),
        Reading(
            "edges",
            "G–H is an edge exactly when G and H share a column and w_GH ≥ ω",
            r"w_{GH}\ge\omega\iff S_G\cap S_H\ne\emptyset,\ w_{GH}\ge\omega",
            ("positive weight",),
            decide=edges,
            tight=lambda: (*threshold_met(), *shared_at_threshold()),
        ),
        Reading(
            "spectral Pythagoras",
            "‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂² ≤ ‖X‖₂²",
            r"\|X_{core}\|_2^2+\|X_{overlap}\|_2^2+\|X_{noise}\|_2^2\le\|X\|_2^2",
            (*_ALL, "positive thresholds"),
            Status.FALSE,
            sides=spectral_pythagoras,
        ),
        Reading(
            "spectral subadditivity",
            "‖X‖₂² ≤ ‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂²",
            r"\|X\|_2^2\le\|X_{core}\|_2^2+\|X_{overlap}\|_2^2+\|X_{noise}\|_2^2",
            (*_ALL, "positive thresholds"),
            Status.FALSE,
            sides=spectral_subadditivity,
        ),
        Reading(
            "noise keeps away",
            "a column with a noise entry has no core or overlap entry",
            r"X_{noise}e_j=0\ \text{or}\ (X_{core}+X_{overlap})e_j=0",
            (*_ALL, "positive thresholds"),
            Status.FALSE,
            decide=noise_keeps_away,
        ),
        Reading(
            "noise below threshold",
            "‖noise‖_F² ≤ Σ_G θ_G²",
            r"\|X_{noise}\|_F^2\le\sum_G\theta_G^2",
            (*_ALL, "positive thresholds"),
            Status.FALSE,
            sides=noise_below_threshold,
            note="every inactive column may contribute up to θ_G²",
        ),
        Reading(
            "weight of all columns",
            "Σ_j x_G(j)x_H(j) over all columns ≤ ‖overlap, rows of G‖_F · ‖overlap, rows of H‖_F",
            r"\sum_jx_G(j)x_H(j)\le\|X_{overlap,G}\|_F\,\|X_{overlap,H}\|_F",
            (*_ALL, "positive thresholds"),
            Status.FALSE,
            sides=weight_of_all_columns,
        ),
    ),
    constants=(
        Constant("below", Fraction(1), "factor of the lower bound of w", sharp=True, stronger="larger"),
        Constant("above", Fraction(1), "factor of the upper bound of w", sharp=True),
    ),
    symbolic=(every_pattern, bounds_of_the_weight),
    strategy=splits,
    families=_near,
    properties=(
        Property("permutations", "the masks move with permuted rows and columns", permuted),
        Property("labels", "the order of the groups does not matter", relabelled),
        Property("signs", "signs of rows and columns change nothing", signs),
        Property("rotations", "a rotation inside a group changes no support and no energy", turned),
        Property("scale", "X and θ scaled together keep the masks", scaled),
        Property("columns", "the masks of a column read that column only", columnwise),
        Property("enclosures", "balls contain activities and never contradict a support", enclosures),
    ),
    mutants=(
        Mutant("strict", "active where x > θ", "supports", decide=_strict),
        Mutant("sign forgotten", "active where x² ≥ θ², whatever the sign of θ", "supports", decide=_naive),
        Mutant("itself", "overlap without the condition H ≠ G", symbolic=lambda: every_pattern(_itself)),
        Mutant("silent columns", "noise only where no group is active", symbolic=lambda: every_pattern(_silent)),
        Mutant("all columns", "w over all columns", "weight from above", sides=weight_of_all_columns),
        Mutant("larger", "0.1 % more below", "weight from below", {"below": Fraction(1001, 1000)}),
    ),
)
