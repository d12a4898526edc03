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
    *supports*, *orthogonal*, *Pythagoras*, *energies*, *decomposition*, *masks*, *active is nonzero*, *hubs*, *weight
    from below*, *weight from above*, *edges*: true. *Spectral Pythagoras*, *spectral subadditivity*, *noise keeps
    away*: false.

Reference
    GSA-II (arXiv 2605.02111), whose abstract names the parts; the definitions are those above.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
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
from theorems._spectra import frobenius_squared, singular_squares
from theorems._theorem import (
    Constant,
    Constants,
    Decision,
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

Groups = Sequence[tuple[int, ...]]
Supports = Sequence[frozenset[int]]
Rows = list[list[Fraction]]


class Split:
    """X with its groups, squared activities, supports and masks."""

    def __init__(self, x: Instance) -> None:
        self.x, member = x.matrix("X"), x.matrix("groups")
        self.m, self.n, self.size = self.x.nrows(), self.x.ncols(), member.ncols()
        self.groups = [tuple(i for i in range(self.m) if member[i, g] != 0) for g in range(self.size)]
        self.thresholds = x.vector("theta")
        self.squared = squared_activities(self.x.tolist(), self.groups)
        self.supports = supports(self.squared, self.thresholds)
        self.masks = masks(self.groups, self.supports, self.n)
        self.parts = [fmpq_mat(masked(self.x.tolist(), entries)) for entries in self.masks]
        self.energies = [frobenius_squared(part) for part in self.parts]
        self.pairs = list(itertools.combinations(range(self.size), 2))
        self.cells = list(itertools.product(range(self.size), range(self.n)))

    def kind(self, g: int, j: int) -> int:
        """0, 1, 2: whether the definition makes column j core, overlap or noise for the group."""
        others = any(j in support for h, support in enumerate(self.supports) if h != g)
        return 2 if j not in self.supports[g] else int(others)

    def one_mask_each(self) -> bool:
        """Every entry is in exactly one mask, the one its group says."""
        for i, j in itertools.product(range(self.m), range(self.n)):
            found = [k for k, entries in enumerate(self.masks) if (i, j) in entries]
            if len(found) != 1 or any(self.kind(g, j) != found[0] for g in range(self.size) if i in self.groups[g]):
                return False
        return sum(map(len, self.masks)) == self.m * self.n

    def columns(self, k: int) -> set[int]:
        """The columns of a mask."""
        return {j for _, j in self.masks[k]}

    def summed(self) -> list[fmpq]:
        """Squared activities, added up over the pairs (G, j) of each kind."""
        return [sum((self.squared[g][j] for g, j in self.cells if self.kind(g, j) == k), fmpq(0)) for k in range(3)]

    def weight(self, g: int, h: int, columns: Iterable[int] | None = None) -> Scalar:
        """w_GH, from exact activities where they are rational; over other columns if given."""
        left, right = ([root(s) for s in self.squared[k]] for k in (g, h))
        return num(0) + pairwise_overlap(left, right, columns or shared_support(self.supports, g, h))

    def overlap_norms(self, g: int, h: int) -> Scalar:
        """‖overlap, rows of G‖_F · ‖overlap, rows of H‖_F."""
        part = self.parts[1]
        squares = [sum((part[i, j] ** 2 for i in self.groups[k] for j in range(self.n)), fmpq(0)) for k in (g, h)]
        return root(squares[0] * squares[1])

    def closest(self, sides: Callable[[int, int], tuple[Scalar, Scalar]]) -> tuple[Scalar, Scalar]:
        """The sides of the pair of groups whose bound exceeds its value least; any will do at a tie."""

        def margin(found: tuple[Scalar, Scalar]) -> float:
            spare = found[1] - found[0]
            return float(ball(spare).mid()) if isinstance(spare, fmpq | arb) else float(spare)

        return min((sides(g, h) for g, h in self.pairs), key=margin, default=(num(0), num(0)))


def _exactly(fact: Callable[[Split], bool]) -> Decision:
    return lambda x, c: holds(fact(Split(x)))


def _memberships(x: Instance, right: Callable[[int], bool]) -> Verdict:
    return holds(all(right(sum(v != 0 for v in row)) for row in x.matrix("groups").tolist()))


def orthogonal(s: Split) -> bool:
    """tr(AᵀB) = 0 for every two parts."""
    products = [(a.transpose() * b) for a, b in itertools.combinations(s.parts, 2)]
    return all(sum((p[i, i] for i in range(s.n)), fmpq(0)) == 0 for p in products)


def active_is_nonzero(s: Split) -> bool:
    """X is not 0 on the rows of G in a column that is active in G."""
    return all(any(s.x[i, j] != 0 for i in s.groups[g]) for g, j in s.cells if j in s.supports[g])


def decided_by_roots(x: Instance, c: Constants) -> Verdict:
    """S_G by squares is {j : x_G(j) − θ_G ≥ 0}, decided with roots of its own sums."""
    s = Split(x)

    def agrees(g: int, j: int) -> Verdict:
        square = sum((s.x[i, j] ** 2 for i in s.groups[g]), fmpq(0))
        reached = decide(lambda: root(square) - num(s.thresholds[g]), strict=False).verdict
        return reached if j in s.supports[g] else ~reached

    return combine(itertools.starmap(agrees, s.cells))


def compared(active: Callable[[fmpq, fmpq], bool]) -> Decision:
    """Whether a comparison of x² with θ gives the supports."""
    return _exactly(lambda s: all(active(s.squared[g][j], s.thresholds[g]) == (j in s.supports[g]) for g, j in s.cells))


def hub_columns(x: Instance, c: Constants) -> Verdict:
    """Hubs of h groups: the unions over h groups of their common supports; hubs of two: the shared supports."""
    s, h = Split(x), x.integer("h")
    common = [frozenset(range(s.n)).intersection(*chosen) for chosen in itertools.combinations(s.supports, h)]
    shared = [shared_support(s.supports, g, k) for g, k in s.pairs]
    return holds(
        hubs(s.supports, s.n, h) == frozenset[int]().union(*common)
        and hubs(s.supports, s.n, 2) == frozenset[int]().union(*shared) >= s.columns(1)
        and s.columns(0).isdisjoint(s.columns(1))
    )


def from_below(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """c·θ_Gθ_H|S_G ∩ S_H| ≤ w_GH."""
    s = Split(x)
    least = [num(t) for t in s.thresholds]
    return s.closest(
        lambda g, h: (num(c["below"]) * least[g] * least[h] * len(s.supports[g] & s.supports[h]), s.weight(g, h))
    )


def from_above(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """w_GH ≤ c·‖overlap, rows of G‖·‖overlap, rows of H‖."""
    s = Split(x)
    return s.closest(lambda g, h: (s.weight(g, h), num(c["above"]) * s.overlap_norms(g, h)))


def weight_of_all_columns(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The same with the sum over all columns, which is false."""
    s = Split(x)
    return s.closest(lambda g, h: (s.weight(g, h, range(s.n)), s.overlap_norms(g, h)))


def edges(x: Instance, c: Constants) -> Verdict:
    """G–H is an edge exactly when G and H share a column and w_GH ≥ ω."""
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


def spectral(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X‖₂² ≤ ‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂², which is false, and so is the converse."""
    s = Split(x)
    whole, *parts = [singular_squares(a)[0] for a in (s.x, *s.parts)]
    return whole, sum(parts, num(0))


def _partitions(m: int) -> Iterator[list[tuple[int, ...]]]:
    """All partitions of 0 … m − 1 into nonempty groups."""
    for labels in itertools.product(range(m), repeat=m):
        if all(label <= max((*labels[:i], -1)) + 1 for i, label in enumerate(labels)):
            yield [tuple(i for i in range(m) if labels[i] == g) for g in range(max(labels) + 1)]


def every_pattern(sorting: Callable[[Groups, Supports, int], Masks] = masks) -> Proof:
    """Sum, orthogonality, Pythagoras and the energies of the parts, with symbols for entries."""
    import sympy

    claims: list[tuple[str, object]] = []
    for m, n in ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2)):
        x = [[sympy.Symbol(f"x{i}{j}", real=True) for j in range(n)] for i in range(m)]
        subsets = [frozenset(j for j in range(n) if bits >> j & 1) for bits in range(2**n)]
        seen = [
            _identities(x, groups, pattern, sorting)
            for groups in _partitions(m)
            for pattern in itertools.product(subsets, repeat=len(groups))
        ]
        names = ("sum", "orthogonality", "Pythagoras", "energies")
        claims += [
            (f"{m}×{n}, {len(seen)} cases: {name}", all(case[k] for case in seen)) for k, name in enumerate(names)
        ]
    return facts("exhaustive", "all partitions and supports, all real entries: up to 4×1 and 3×2", claims)


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


def _with(x: Instance, change: Callable[[Rows], Rows], **values: object) -> Split:
    return Split(x.replace(X=change([list(row) for row in cast(Any, x["X"])]), **values))


def permuted(x: Instance) -> Verdict:
    """The masks move with rows and columns, whatever their signs and the order of the groups."""
    s = Split(x)
    groups = [row[::-1] for row in cast(Any, x["groups"])[::-1]]
    y = _with(
        x,
        lambda a: [[-v for v in row[1:]] + row[:1] for row in a[::-1]],
        groups=groups,
        theta=cast(Any, x["theta"])[::-1],
    )
    moved = [frozenset((s.m - 1 - i, (j - 1) % s.n) for i, j in entries) for entries in s.masks]
    return holds(list(y.masks) == moved)


def turned(x: Instance) -> Verdict:
    """A rotation among two rows of one group changes no support and no energy."""
    s = Split(x)
    i, k = next((g[:2] for g in s.groups if len(g) > 1), (0, 0))

    def rotated(a: Rows) -> Rows:
        pairs = list(zip(a[i], a[k], strict=True))
        a[i], a[k] = [(3 * u - 4 * v) / 5 for u, v in pairs], [(4 * u + 3 * v) / 5 for u, v in pairs]
        return a

    y = _with(x, rotated if i < k else list)
    return holds((s.masks, s.squared, s.energies) == (y.masks, y.squared, y.energies))


def scaled(x: Instance) -> Verdict:
    """X and θ times 3/7: the same masks, and weights times 9/49."""
    t = Fraction(3, 7)
    s, y = Split(x), _with(x, lambda a: [[t * v for v in r] for r in a], theta=[t * v for v in cast(Any, x["theta"])])
    weights = all(ball(y.weight(g, h)).overlaps(ball(fmpq(9, 49) * s.weight(g, h))) for g, h in s.pairs)
    return holds(s.masks == y.masks and weights)


def columnwise(x: Instance) -> Verdict:
    """The masks of a column are those of that column alone."""
    s = Split(x)
    alone = [_with(x, lambda a, j=j: [[row[j]] for row in a]).masks for j in range(s.n)]
    joined = [frozenset((i, j) for j, found in enumerate(alone) for i, _ in found[k]) for k in range(3)]
    return holds(joined == list(s.masks))


def enclosures(x: Instance) -> Verdict:
    """Balls of the activities contain them, and wide balls never contradict the exact supports."""
    s = Split(x)
    values = activities(s.squared)
    wrong = [
        is_active(ball(s.squared[g][j]) + ball(0, 0.125), s.thresholds[g])
        is (Verdict.REFUTED if j in s.supports[g] else Verdict.CERTIFIED)
        or values[g][j] < 0
        or not (values[g][j] ** 2).overlaps(ball(s.squared[g][j]))
        for g, j in s.cells
    ]
    return holds(not any(wrong))


def at_threshold() -> Iterable[Instance]:
    """Every shared activity is its threshold: both bounds of w are attained."""
    yield Instance.of(X=[[2, 2], [3, 3]], groups=[[1, 0], [0, 1]], theta=[2, 3], omega=12, h=2)
    yield Instance.of(X=[[3], [4], [1]], groups=[[1, 0], [1, 0], [0, 1]], theta=[5, 1], omega=5, h=2)


def splits(*, negative: bool = False) -> SearchStrategy[Instance]:
    """Small integer matrices; thresholds and ω are often an activity and a weight that occur."""
    from hypothesis import strategies as st

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        m, n, g = (draw(st.integers(1, 4)) for _ in range(3))
        labels = draw(st.lists(st.integers(0, g - 1), min_size=m, max_size=m))
        low = [Fraction(-2), Fraction(-1, 2), Fraction(0)] if negative else []
        levels = st.sampled_from([*map(Fraction, (1, 2, 3)), Fraction(1, 2), Fraction(5, 2), *low])
        return Instance.of(
            X=draw(st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), min_size=m, max_size=m)),
            groups=[[int(label == k) for k in range(g)] for label in labels],
            theta=draw(st.lists(levels, min_size=g, max_size=g)),
            omega=draw(st.sampled_from([Fraction(1), Fraction(2), Fraction(5, 2), Fraction(4), Fraction(6)])),
            h=draw(st.integers(1, 3)),
        )

    return build()


def small_splits(size: int, rng: Random) -> Iterator[Instance]:
    """Small matrices with each row in one group, now and then in two or none."""
    for _ in range(4000):
        m, n, g = (rng.randint(1, max(2, size)) for _ in range(3))
        rows = [rng.sample(range(g), min(g, rng.choice((1, 1, 1, 1, 2, 0)))) for _ in range(m)]
        yield Instance.of(
            X=[[rng.randint(0, 2) for _ in range(n)] for _ in rows],
            groups=[[int(k in row) for k in range(g)] for row in rows],
            theta=[rng.choice((1, 1, 2, 2, 3, 0, -1)) for _ in range(g)],
            omega=Fraction(rng.randint(0, 2)),
            h=rng.randint(1, 3),
        )


_PARTITION = ("disjoint", "covering")
_ALL = (*_PARTITION, "positive thresholds")

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
            lambda x: _memberships(x, lambda groups: groups <= 1),
            why="a row may be core for one group and noise for the other: the masks collide",
        ),
        Hypothesis(
            "covering",
            "every row lies in a group",
            r"\bigcup G=\{1,\dots,m\}",
            lambda x: _memberships(x, lambda groups: groups >= 1),
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
        ),
        Reading(
            "orthogonal",
            "core, overlap and noise are orthogonal in the Frobenius inner product",
            r"\langle X_a,X_b\rangle_F=0",
            ("disjoint",),
            decide=_exactly(orthogonal),
        ),
        Reading(
            "Pythagoras",
            "‖X‖_F² = ‖core‖_F² + ‖overlap‖_F² + ‖noise‖_F²",
            r"\|X\|_F^2=\sum_a\|X_a\|_F^2",
            _PARTITION,
            decide=_exactly(lambda s: sum(s.energies, fmpq(0)) == frobenius_squared(s.x)),
        ),
        Reading(
            "energies",
            "the squared norms of the parts add up x_G(j)² over their pairs (G, j)",
            r"\|X_{noise}\|_F^2=\sum_G\sum_{j\notin S_G}x_G(j)^2,\dots",
            ("disjoint",),
            decide=_exactly(lambda s: s.summed() == s.energies),
        ),
        Reading(
            "decomposition",
            "X = core + overlap + noise",
            r"X=X_{core}+X_{overlap}+X_{noise}",
            _PARTITION,
            decide=_exactly(lambda s: s.parts[0] + s.parts[1] + s.parts[2] == s.x),
        ),
        Reading(
            "masks",
            "every entry is in exactly one of core, overlap, noise",
            r"core\sqcup overlap\sqcup noise",
            _PARTITION,
            decide=_exactly(Split.one_mask_each),
        ),
        Reading(
            "active is nonzero",
            "a column that is active in G is not 0 on the rows of G",
            r"j\in S_G\Rightarrow X_{G,j}\ne0",
            ("positive thresholds",),
            decide=_exactly(active_is_nonzero),
        ),
        Reading(
            "hubs",
            "the columns active in ≥ h groups are the common ones of some h groups; hubs of two: all SRS, and no core",
            r"\bigcup_{G_1<\dots<G_h}S_{G_1}\cap\dots\cap S_{G_h}",
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
            attained=Fraction(0),
        ),
        Reading(
            "weight from above",
            "w_GH ≤ ‖overlap, rows of G‖_F · ‖overlap, rows of H‖_F",
            r"w_{GH}\le\|X_{overlap,G}\|_F\,\|X_{overlap,H}\|_F",
            (),
            sides=from_above,
            constants=("above",),
            attained=Fraction(0),
        ),
        Reading(
            "edges",
            "G–H is an edge exactly when G and H share a column and w_GH ≥ ω",
            r"w_{GH}\ge\omega\Rightarrow S_G\cap S_H\ne\emptyset",
            ("positive weight",),
            decide=edges,
        ),
        Reading(
            "spectral Pythagoras",
            "‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂² ≤ ‖X‖₂²",
            r"\sum_a\|X_a\|_2^2\le\|X\|_2^2",
            _ALL,
            Status.FALSE,
            sides=lambda x, c: spectral(x, c)[::-1],
        ),
        Reading(
            "spectral subadditivity",
            "‖X‖₂² ≤ ‖core‖₂² + ‖overlap‖₂² + ‖noise‖₂²",
            r"\|X\|_2^2\le\sum_a\|X_a\|_2^2",
            _ALL,
            Status.FALSE,
            sides=spectral,
        ),
        Reading(
            "noise keeps away",
            "a column with a noise entry has no core or overlap entry",
            r"X_{noise}e_j=0\ \text{or}\ X_{noise}e_j=Xe_j",
            _ALL,
            Status.FALSE,
            decide=_exactly(lambda s: s.columns(2).isdisjoint(s.columns(0) | s.columns(1))),
        ),
    ),
    constants=(
        Constant("below", Fraction(1), "factor of the lower bound of w", sharp=True, stronger="larger"),
        Constant("above", Fraction(1), "factor of the upper bound of w", sharp=True),
    ),
    symbolic=(every_pattern, bounds_of_the_weight),
    strategy=splits,
    tight=at_threshold,
    families=small_splits,
    properties=(
        Property("permutations", "the masks move with rows and columns, whatever signs and order of groups", permuted),
        Property("rotations", "a rotation inside a group changes no support and no energy", turned),
        Property("scale", "X and θ scaled together keep the masks", scaled),
        Property("columns", "the masks of a column read that column only", columnwise),
        Property("enclosures", "balls contain activities and never contradict a support", enclosures),
    ),
    mutants=(
        Mutant("strict", "active where x > θ", "supports", decide=compared(lambda s, t: t < 0 or s > t * t)),
        Mutant("sign forgotten", "active where x² ≥ θ²", "supports", decide=compared(lambda s, t: s >= t * t)),
        Mutant("itself", "overlap without the condition H ≠ G", symbolic=lambda: every_pattern(_itself)),
        Mutant("silent columns", "noise only where no group is active", symbolic=lambda: every_pattern(_silent)),
        Mutant("all columns", "w over all columns", "weight from above", sides=weight_of_all_columns),
        Mutant("larger", "0.1 % more below", "weight from below", {"below": Fraction(1001, 1000)}),
    ),
)
