r"""A5. A chain with free ends is classified by the ranks of its partial products: the barcode.

Statement
    Let also g₀ and g_L be free. The ranks :math:`R(u,v)=\operatorname{rank}(W_v\cdots W_{u+1})`, R(v, v) = n_v, are a
    complete invariant of (W₁, …, W_L); the interval [i, j] of vertices occurs

    .. math:: m_{ij}=R(i,j)-R(i-1,j)-R(i,j+1)+R(i-1,j+1)

    times in the chain (ranks out of range are 0), and one orbit lies in the closure of another iff its ranks are
    nowhere larger.

Hypotheses
    *composable*: the layers of both chains compose, with the same dimensions. *equal ranks*: both have the same R.

Needed
    Without *equal ranks* there is no g.

Reach
    Exhaustive: all chains over F_2 for small dimension vectors, orbits by brute force; every cover of the closure order
    is an elementary degeneration given by a family in t, for small dimension vectors. Symbolic: an elementary
    degeneration over Q(t). Numeric: exact normal forms of rational chains from every orbit, sides up to 3, L = 3.

Readings
    *normal form*, *multiplicities*, *complete invariant*: true. *layer ranks suffice* (with the rank of the product),
    *ranks of adjacent pairs suffice*: false.

Reference
    FLAG (arXiv 2605.09861); Gabriel for type A, Abeasis and Del Fra for the closures.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from flint import fmpq_mat, nmod_mat

from certify.geometry.orbits.barcode import (
    Barcode,
    Ranks,
    barcode,
    barcode_chain,
    below,
    multiplicity,
    normal_form,
    rank_array,
    ranks_of_barcode,
)
from certify.geometry.orbits.barcode_order import barcodes, closure_order, degenerations
from certify.geometry.orbits.chain_ranks import (
    barcode_bounds,
    certified_barcode,
    chain_ranks,
    interface_intersections,
    polystable_ranks,
)
from certify.geometry.orbits.enumeration import general_linear_generators, orbits_of
from certify.geometry.orbits.rank_inequalities import frobenius_lower, shorter_upper
from certify.geometry.orbits.stability import polystable
from certify.linalg.exact.field import PrimeField, SymbolicField
from certify.linalg.exact.subspace import image, is_invertible, kernel
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
    from random import Random

    from hypothesis.strategies import SearchStrategy

_LENGTH = 3
_SMALL = ((1, 1), (2, 2), (1, 1, 1), (1, 2, 1), (2, 1, 2), (2, 2, 2), (1, 1, 1, 1), (1, 2, 2, 1))


def _chain(x: Instance, name: str = "W") -> list[fmpq_mat]:
    return [x.matrix(f"{name}{v}") for v in range(1, _LENGTH + 1)]


def composable(x: Instance) -> Verdict:
    """Both chains compose and have the same shapes."""
    first, second = _chain(x), _chain(x, "X")
    shapes = [[(w.nrows(), w.ncols()) for w in chain] for chain in (first, second)]
    fits = all(upper.ncols() == lower.nrows() for lower, upper in itertools.pairwise(first))
    return holds(fits and shapes[0] == shapes[1])


def normal(x: Instance, c: Constants) -> Verdict:
    """The exact bases bring the chain to a direct sum of intervals, by multiplication."""
    chain = _chain(x)
    return holds(normal_form(chain).proves(chain))


def _multiplicities(count: Callable[[Ranks, int, int], int]) -> Callable[[Instance, Constants], Verdict]:
    def decide(x: Instance, c: Constants) -> Verdict:
        chain = _chain(x)
        ranks, bars = rank_array(chain), normal_form(chain).bars
        return holds(all(count(ranks, i, j) == bars.get((i, j), 0) for i, j in ranks))

    return decide


def isomorphic(x: Instance, c: Constants) -> Verdict:
    """Some g_0, ..., g_L take W to X: g_v = (basis of X at v)(basis of W at v)⁻¹ where the barcodes agree."""
    first, second = _chain(x), _chain(x, "X")
    one, other = normal_form(first), normal_form(second)
    if one.bars != other.bars:
        return Verdict.REFUTED  # each normal form was reached by multiplication, and bars are read off it
    g = [b * a.inv() for a, b in zip(one.bases, other.bases, strict=True)]
    reached = [g[v + 1] * w * g[v].inv() for v, w in enumerate(first)]
    return holds(reached == second and all(is_invertible(m) for m in g))


def _where(x: Instance, places: list[tuple[int, int]]) -> bool:
    first, second = rank_array(_chain(x)), rank_array(_chain(x, "X"))
    return all(first[p] == second[p] for p in places)


def _suffice(places: list[tuple[int, int]]) -> Callable[[Instance, Constants], Verdict]:
    return lambda x, c: isomorphic(x, c) if _where(x, places) else Verdict.CERTIFIED


def every_chain(formula: Callable[[Ranks, int, int], int] = multiplicity) -> Proof:
    """Over F_2: the orbits of all chains of a dimension vector are its barcodes, each with ranks of its own."""
    field = PrimeField(2)

    def complete(dims: tuple[int, ...]) -> bool:
        length = len(dims) - 1
        sizes = [dims[v] * dims[v + 1] for v in range(length)]
        moves = [(v, g, g.inv()) for v, n in enumerate(dims) for g in general_linear_generators(n, 2)]

        def apply(
            move: tuple[int, nmod_mat, nmod_mat], point: tuple[tuple[int, ...], ...]
        ) -> tuple[tuple[int, ...], ...]:
            v, g, inverse = move
            chain = [field.matrix(dims[w + 1], dims[w], entries) for w, entries in enumerate(point)]
            if v > 0:
                chain[v - 1] = g * chain[v - 1]
            if v < length:
                chain[v] = chain[v] * inverse
            return tuple(tuple(int(e) for e in w.entries()) for w in chain)

        points = list(itertools.product(*(itertools.product(range(2), repeat=s) for s in sizes)))
        seen: list[Barcode] = []
        for orbit in orbits_of(points, [lambda point, m=m: apply(m, point) for m in moves]):
            arrays = [
                rank_array([field.matrix(dims[w + 1], dims[w], e) for w, e in enumerate(point)]) for point in orbit
            ]
            if any(a != arrays[0] for a in arrays):
                return False
            seen.append({(i, j): m for i, j in sorted(arrays[0]) if (m := formula(arrays[0], i, j))})
        listed = list(barcodes(dims))
        return len(seen) == len(listed) and all(bars in seen for bars in listed)

    return facts(
        "exhaustive",
        "every chain over F_2 of the listed dimension vectors",
        [(f"dimensions {dims}", complete(dims)) for dims in _SMALL],
    )


def inversion() -> Proof:
    """Ranks of a barcode and back, and the ranks of its normal form, for every barcode of small dimension vectors."""
    vectors = [*_SMALL, (3, 3), (3, 2, 3), (2, 2, 2, 2), (1, 2, 1, 2), (2, 1, 1, 2)]

    def complete(dims: tuple[int, ...]) -> bool:
        length = len(dims) - 1
        return all(
            barcode(ranks_of_barcode(bars, length)) == bars
            and rank_array(barcode_chain(bars, length, PrimeField(5))) == ranks_of_barcode(bars, length)
            for bars in barcodes(dims)
        )

    return facts(
        "exhaustive",
        "every barcode of the listed dimension vectors",
        [(f"dimensions {d}", complete(d)) for d in vectors],
    )


def covers(order: Callable[[Ranks, Ranks], bool] = below) -> Proof:
    """Every cover of the order of ranks is an elementary degeneration, and every one of these lies below.

    With the families of :func:`family` the order of ranks is the closure order; ranks cannot grow in a limit.
    """

    def complete(dims: tuple[int, ...]) -> bool:
        length = len(dims) - 1
        graph = closure_order(dims)
        realized = all(
            any(tuple(sorted(low.items())) == lower for low in degenerations(dict(upper)))
            for upper, lower in graph.edges
        )
        smaller = all(
            order(ranks_of_barcode(low, length), ranks_of_barcode(bars, length)) and low != bars
            for bars in barcodes(dims)
            for low in degenerations(bars)
        )
        return realized and smaller

    vectors = [*_SMALL, (3, 3), (2, 3, 2), (3, 2, 3), (2, 2, 2, 2), (1, 2, 3, 2, 1)]
    return facts(
        "exhaustive", "all orbits of the listed dimension vectors", [(f"dimensions {d}", complete(d)) for d in vectors]
    )


def family(arrow: int = 1) -> Proof:
    """[a, b] + [c, d] with t at the arrow b → b+1 is [a, d] + [c, b] over Q(t), and [a, b] + [c, d] at t = 0."""
    import sympy

    t = sympy.Symbol("t")
    field = SymbolicField(sympy.QQ.frac_field(t))

    def chain(a: int, b: int, c: int, d: int, value: Any) -> list[Any]:
        # Basis at v: the vector of [a, b], then that of [c, d], where they are alive.
        alive = [[k for k, (i, j) in enumerate(((a, b), (c, d))) if i <= v <= j] for v in range(d + 1)]
        matrices: list[Any] = []
        for v in range(1, d + 1):
            entries = [
                value if (v, k, m) == (b + 1, 1, 0) and c <= v else int(k == m) for k in alive[v] for m in alive[v - 1]
            ]
            matrices.append(field.matrix(len(alive[v]), len(alive[v - 1]), entries))
        return matrices

    def ranks(bars: Iterator[tuple[int, int]], d: int) -> Ranks:
        collected: Barcode = {}
        for i, j in bars:
            if i <= j:
                collected[i, j] = collected.get((i, j), 0) + 1
        return ranks_of_barcode(collected, d)

    quadruples = [
        (a, b, c, d) for d in range(1, 4) for b in range(d) for a in range(b + 1) for c in range(a + 1, b + 2)
    ]
    claims: list[tuple[str, object]] = []
    for a, b, c, d in quadruples:
        generic, special = chain(a, b, c, d, arrow * t), chain(a, b, c, d, 0)
        joined, split = iter([(a, d), (c, b)]), iter([(a, b), (c, d)])
        claims.append(
            (
                f"[{a},{d}] + [{c},{b}] degenerates to [{a},{b}] + [{c},{d}]",
                rank_array(generic) == ranks(joined, d) and rank_array(special) == ranks(split, d),
            )
        )
    return facts("symbolic", "every elementary degeneration with L ≤ 3, over Q(t)", claims)


def reparameterized(x: Instance) -> Verdict:
    """R and the barcode do not change under exact g_0, ..., g_L of condition up to 10⁶."""
    from theorems.subjects.orbit_samples import own_change

    chain = _chain(x)
    dims = [chain[0].ncols(), *(w.nrows() for w in chain)]
    g = [own_change(x, n, salt=v) for v, n in enumerate(dims)]
    moved = [g[v + 1] * w * g[v].inv() for v, w in enumerate(chain)]
    return holds(rank_array(moved) == rank_array(chain) and normal_form(moved).proves(moved))


def of_floats(x: Instance) -> Verdict:
    """For chains of floats: certified ranks, intersections at interfaces, bounds of multiplicities, polystability."""
    from theorems.subjects.orbit_samples import floats

    matrices = [floats(w) for w in _chain(x)]
    chain = [fmpq_matrix(w) for w in matrices]
    ranks, found = rank_array(chain), chain_ranks(matrices)
    bars = barcode(ranks)
    meets = [(image(w) & kernel(w_next)).dim for w, w_next in itertools.pairwise(chain)]
    # Bounds that are loose on one side, the other way round for products of an even number of layers.
    loose = [
        {(u, v): (max(0, r - 1), r) if (v - u + shift) % 2 else (r, r + 1) for (u, v), r in ranks.items()}
        for shift in (0, 1)
    ]
    return holds(
        found == {place: (r, r) for place, r in ranks.items()}
        and certified_barcode(found) == bars
        and interface_intersections(found) == [(i, i) for i in meets]
        and all(low <= bars.get(k, 0) <= high for t in loose for k, (low, high) in barcode_bounds(t).items())
        and all(
            low <= i <= high for t in loose for i, (low, high) in zip(meets, interface_intersections(t), strict=True)
        )
        and polystable_ranks(found).verdict is polystable(chain).verdict
    )


def inequalities(x: Instance) -> Verdict:
    """Shorter products bound a rank; Frobenius' bound falls short by the bars strictly inside.

    R(u, v) − (R(a, v) + R(u, b) − R(a, b)) counts the bars that contain [a, b] and neither u nor v.
    """
    ranks = rank_array(_chain(x))
    bars = barcode(ranks)
    exact = {place: (r, r) for place, r in ranks.items()}
    loose = {place: (r - 1, r + 1) for place, r in ranks.items()}
    claims: list[bool] = []
    for u, v in ((u, v) for u, v in ranks if v >= u + 2):
        for reach in (None, 1):
            first = u + 1 if reach is None else max(u + 1, v - reach)
            best = max(
                ranks[u, v] - sum(m for (i, j), m in bars.items() if u < i <= a and b <= j < v)
                for a in range(first, v)
                for b in range(a, v)
            )
            claims += [
                frobenius_lower(exact, u, v, reach) == max(0, best),
                frobenius_lower(loose, u, v, reach) == max(0, best - 3),
            ]
        shorter = min(ranks[u, v - 1], ranks[u + 1, v])
        claims += [shorter_upper(exact, u, v) == shorter, shorter_upper(loose, u, v) == shorter + 1]
        claims.append(shorter_upper({(v, v): (0, 5)}, u, v) == 5 and shorter_upper({(u, u): (0, 4)}, u, v) == 4)
    return holds(all(claims))


def _strategy() -> SearchStrategy[Instance]:
    from theorems.subjects import orbit_samples as own

    def build(source: Random) -> Instance:
        dims = [source.randint(1, 3) for _ in range(_LENGTH + 1)]
        bars = source.choice(list(barcodes(dims)))
        chains = {
            name: own.chain_of_barcode(bars, _LENGTH, [own.change_of_basis(source, n) for n in dims]) for name in "WX"
        }
        return Instance.of(**{f"{name}{v}": own.rows(w) for name in "WX" for v, w in enumerate(chains[name], start=1)})

    return own.seeded(build)


def _simple(size: int, source: Random) -> Iterator[Instance]:
    from theorems.subjects import orbit_samples as own

    while True:
        dims = [source.randint(1, min(size, 2)) for _ in range(_LENGTH + 1)]
        listed = list(barcodes(dims))
        one = [fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)]) for n in dims]
        chains = {name: own.chain_of_barcode(source.choice(listed), _LENGTH, one) for name in "WX"}
        yield Instance.of(**{f"{name}{v}": own.rows(w) for name in "WX" for v, w in enumerate(chains[name], start=1)})


def _simple_strategy() -> SearchStrategy[Instance]:
    from theorems.subjects.orbit_samples import seeded

    return seeded(lambda source: next(_simple(2, source)))


_LAYERS = [(0, 1), (1, 2), (2, 3)]
_SHAPES = (("n1", "n0"), ("n2", "n1"), ("n3", "n2"))


THEOREM = Theorem(
    id="A5",
    title="The barcode of a chain with free ends",
    source="FLAG (arXiv 2605.09861)",
    dimensions={"n0": (1, 1), "n1": (1, 2), "n2": (1, 2), "n3": (1, 1)},
    parameters=tuple(
        Parameter.matrix(f"{name}{v}", rows, columns) for name in "WX" for v, (rows, columns) in enumerate(_SHAPES, 1)
    ),
    hypotheses=(
        Hypothesis(
            "composable",
            "the layers of both chains compose, with the same dimensions",
            r"W_v,X_v\in K^{n_v\times n_{v-1}}",
            composable,
            Need.DEFINITION,
            "there are no products to take ranks of",
        ),
        Hypothesis(
            "equal ranks",
            "R(u, v) agrees for W and X, for all u ≤ v",
            r"R_W(u,v)=R_X(u,v)",
            lambda x: holds(rank_array(_chain(x)) == rank_array(_chain(x, "X"))),
            why="g changes no rank",
        ),
    ),
    readings=(
        Reading(
            "normal form",
            "W is a direct sum of intervals in exact bases, checked by multiplication",
            r"g_vW_vg_{v-1}^{-1}=\bigoplus_{[i,j]}1^{m_{ij}}",
            ("composable",),
            decide=normal,
        ),
        Reading(
            "multiplicities",
            "[i, j] occurs R(i,j) − R(i−1,j) − R(i,j+1) + R(i−1,j+1) times",
            r"m_{ij}=R(i,j)-R(i-1,j)-R(i,j+1)+R(i-1,j+1)",
            ("composable",),
            decide=_multiplicities(multiplicity),
        ),
        Reading(
            "complete invariant",
            "some g_0, ..., g_L take W to X",
            r"\exists g:\ g_vW_vg_{v-1}^{-1}=X_v",
            ("composable", "equal ranks"),
            decide=isomorphic,
        ),
        Reading(
            "layer ranks suffice",
            "the ranks of the layers and of the whole product are a complete invariant",
            r"R(v-1,v),\ R(0,L)\ \text{are complete}",
            ("composable",),
            Status.FALSE,
            decide=_suffice([*_LAYERS, (0, 3)]),
            strategy=_simple_strategy,
        ),
        Reading(
            "ranks of adjacent pairs suffice",
            "the ranks of the layers and of the products of adjacent layers are a complete invariant",
            r"R(v-1,v),\ R(v-1,v+1)\ \text{are complete}",
            ("composable",),
            Status.FALSE,
            decide=_suffice([*_LAYERS, (0, 2), (1, 3)]),
            strategy=_simple_strategy,
            note="what every interface shows on its own does not tell what passes through the whole chain",
        ),
    ),
    symbolic=(family, every_chain, inversion, covers),
    strategy=_strategy,
    families=_simple,
    properties=(
        Property("reparameterization", "the ranks do not change under g of condition up to 10⁶", reparameterized),
        Property("inequalities", "the bounds of a rank by those of shorter products", inequalities),
        Property("floats", "certified ranks of float chains are those of exact chains", of_floats),
    ),
    mutants=(
        Mutant(
            "last term",
            "the term R(i−1, j+1) is dropped",
            "multiplicities",
            decide=_multiplicities(lambda r, i, j: r.get((i, j), 0) - r.get((i - 1, j), 0) - r.get((i, j + 1), 0)),
        ),
        Mutant(
            "brute force",
            "intervals of arrows instead of vertices",
            symbolic=lambda: every_chain(lambda r, i, j: multiplicity(r, i, j + 1)),
        ),
        Mutant(
            "reversed", "the closure order is reversed", symbolic=lambda: covers(lambda low, high: below(high, low))
        ),
        Mutant("no arrow", "the family without its arrow", symbolic=lambda: family(0)),
    ),
)
