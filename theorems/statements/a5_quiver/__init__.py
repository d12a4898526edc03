r"""A5. A chain with free ends is classified by the ranks of its partial products: the barcode.

Statement
    Let also g₀ and g_L be free. The ranks :math:`R(u,v)=\operatorname{rank}(W_v\cdots W_{u+1})`, R(v, v) = n_v, are a
    complete invariant of (W₁, …, W_L); the interval [i, j] of vertices occurs

    .. math:: m_{ij}=R(i,j)-R(i-1,j)-R(i,j+1)+R(i-1,j+1)

    times in the chain (ranks out of range are 0), and one orbit lies in the closure of another iff its ranks are
    nowhere larger.

Reference
    FLAG (arXiv 2605.09861); Gabriel for type A, Abeasis and Del Fra for the closures.
"""

from __future__ import annotations

from collections.abc import Callable

from certify.geometry.orbits.barcode import Ranks, below, multiplicity, normal_form, rank_array
from certify.geometry.orbits.chain_ranks import chain_ranks
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar
from theorems.statements.a5_quiver import proofs, properties, samples
from theorems.statements.a5_quiver.samples import LENGTH, chain

theorem = Declaration(
    __doc__, parameters=samples.CHAINS, dimensions=samples.SIZES, strategy=samples.chains, families=samples.simple
)

_LAYERS = [(v, v + 1) for v in range(LENGTH)]


@hypothesis(r"W_v,X_v\in K^{n_v\times n_{v-1}}", defines="there are no products to take ranks of")
def composable(x: Instance) -> bool:
    """the layers of both chains compose, with the same dimensions"""
    return samples.composes(x)


@hypothesis(r"R_W(u,v)=R_X(u,v)", needed="g changes no rank")
def equal_ranks(x: Instance) -> bool:
    """R(u, v) agrees for W and X, for all u ≤ v"""
    return rank_array(chain(x)) == rank_array(chain(x, "X"))


@theorem.fact(
    r"g_vW_vg_{v-1}^{-1}=\bigoplus_{[i,j]}1^{m_{ij}}", composable, name="normal form", tight=samples.threefold
)
def is_direct_sum(x: Instance, scale: Scalar = 1) -> bool:
    """W is a direct sum of intervals in exact bases, checked by multiplication"""
    return normal_form(chain(x)).proves([scale * w for w in chain(x)])


def _counted(x: Instance, count: Callable[[Ranks, int, int], int]) -> bool:
    ranks = rank_array(chain(x))
    return {place: m for place in ranks if (m := count(ranks, *place))} == normal_form(chain(x)).bars


@theorem.fact(r"m_{ij}=R(i,j)-R(i-1,j)-R(i,j+1)+R(i-1,j+1)", composable, tight=samples.threefold)
def multiplicities(x: Instance, over: Scalar = 0) -> bool:
    """[i, j] occurs R(i, j) − R(i−1, j) − R(i, j+1) + R(i−1, j+1) times"""
    return _counted(x, lambda ranks, i, j: multiplicity(ranks, i, j) + over)


@theorem.fact(r"\exists g:\ g_vW_vg_{v-1}^{-1}=X_v", composable, equal_ranks, tight=samples.threefold)
def complete_invariant(x: Instance, scale: Scalar = 1) -> bool:
    """some g₀, …, g_L take W to X"""
    # From W to its normal form and on to X; where that fails the normal forms differ, and no g takes W to X.
    first, second = chain(x), chain(x, "X")
    one, other = normal_form(first), normal_form(second)
    g = [b * a.inv() for a, b in zip(one.bases, other.bases, strict=True)]
    return [g[v + 1] * w * g[v].inv() for v, w in enumerate(first)] == [scale * w for w in second]


@theorem.fact(r"X\in\overline{GW}\iff R_X\le R_W", composable, strategy=samples.simple_chains)
def closure(x: Instance, slack: Scalar = 0) -> bool:
    """X lies in the closure of the orbit of W, by elementary degenerations, iff R_X(u, v) ≤ R_W(u, v) for all u ≤ v"""
    smaller = {place: rank - slack for place, rank in rank_array(chain(x, "X")).items()}
    return (normal_form(chain(x, "X")).bars in samples.limits(x)) == below(smaller, rank_array(chain(x)))


@theorem.fact(r"R(v-1,v),\ R(0,L)\ \text{are complete}", composable, false=True, strategy=samples.simple_chains)
def layer_ranks_suffice(x: Instance) -> bool:
    """the ranks of the layers and of the whole product are a complete invariant"""
    return not samples.agree(x, [*_LAYERS, (0, LENGTH)]) or complete_invariant(x)


@theorem.fact(
    r"R(v-1,v),\ R(v-1,v+1)\ \text{are complete}",
    composable,
    false=True,
    strategy=samples.simple_chains,
    note="what every interface shows on its own does not tell what passes through the whole chain",
)
def ranks_of_adjacent_pairs_suffice(x: Instance) -> bool:
    """the ranks of the layers and of the products of adjacent layers are a complete invariant"""
    return not samples.agree(x, [*_LAYERS, (0, 2), (1, 3)]) or complete_invariant(x)


_E = [[1], [0]]


def _chains(w: tuple[object, ...], x: tuple[object, ...]) -> Instance:
    return Instance.of(**{f"{name}{v}": m for name, ms in (("W", w), ("X", x)) for v, m in enumerate(ms, 1)})


theorem.witness(complete_invariant, equal_ranks, _chains(([[1]], [[1]], [[1]]), ([[0]], [[1]], [[1]])))
theorem.witness(layer_ranks_suffice, None, _chains((_E, [[0, 1]], [[0]]), (_E, [[1, 0]], [[0]])))
_ONE = [[1, 0], [0, 1]]
theorem.witness(ranks_of_adjacent_pairs_suffice, None, _chains((_E, _ONE, [[1, 0]]), (_E, _ONE, [[0, 1]])))


@theorem.stratum
def through_all_layers(x: Instance) -> bool:
    """a bar from the first vertex to the last"""
    return rank_array(chain(x))[0, LENGTH] > 0


@theorem.stratum
def inner_bars(x: Instance) -> bool:
    """a bar that neither begins at the first vertex nor ends at the last"""
    return any(i > 0 and j < LENGTH for i, j in normal_form(chain(x)).bars)


@theorem.stratum
def several_equal_bars(x: Instance) -> bool:
    """an interval that occurs more than twice"""
    return any(m > 2 for m in normal_form(chain(x)).bars.values())


@theorem.stratum
def proper_limits(x: Instance) -> bool:
    """X is a limit of W in another orbit"""
    first, second = rank_array(chain(x)), rank_array(chain(x, "X"))
    return first != second and below(second, first)


theorem.property(properties.reparameterized, name="reparameterization")
theorem.property(properties.of_floats, name="floats")

family = theorem.proof("symbolic", "every elementary degeneration with L ≤ 3, over Q(t)")(proofs.family)
every_chain = theorem.proof("exhaustive", "every chain over F_2 of small dimension vectors")(proofs.every_chain)
theorem.proof("exhaustive", "every barcode of small dimension vectors")(proofs.inversion)
covers = theorem.proof("exhaustive", "all orbits of small dimension vectors")(proofs.covers)
theorem.proof("exhaustive", "every barcode of some dimension vectors with L = 4 and 5, in other bases")(
    proofs.long_chains
)
theorem.proof("exhaustive", "every barcode of four dimension vectors, L = 3, 4 and 5")(properties.rank_bounds)
theorem.proof("exhaustive", "0/1 chains of four dimension vectors, L = 3 and 4")(properties.float_ranks)
theorem.proof("instances", "nine tables of bounds, L = 3")(properties.open_ranks)
theorem.proof("instances", "one chain of two layers")(proofs.no_false_form)


@theorem.proof("instances", "chains of three layers, one interface at a time")
def refused() -> Facts:
    """Chains that do not compose, or differ in shape, and ranks of no chain are refused, and the place is named."""
    fits = ([[1]], [[1]], [[1]])
    for k, bad in enumerate((([[1], [1]], [[1]], [[1]]), ([[1]], [[1], [1]], [[1]])), 1):
        yield f"matrices {k} and {k + 1}", composable.holds(_chains(bad, bad)) is Verdict.REFUTED
        named = f"matrices {k} and {k + 1} do not compose: 2x1 writes 2 numbers, 1x1 reads 1"
        yield f"matrices {k} and {k + 1}, named", proofs.refusal(chain(_chains(bad, bad))) == named
    yield "other shapes", composable.holds(_chains(fits, ([[1]], [[1]], [[1], [1]]))) is Verdict.REFUTED
    yield "no chain", proofs.refusal([]) == "a chain needs at least one matrix"
    yield "no floats", proofs.refusal([], chain_ranks) == "a chain needs at least one matrix"
    floats = proofs.refusal([[[1.0]], [[1.0, 1.0]]], chain_ranks)
    yield "floats", floats == "layers 1 and 2 do not compose: 1 numbers written, 2 read"
    for place, ranks in (((0, 0), (0, 1, 1)), ((1, 1), (1, 1, 0))):
        table = dict(zip(((0, 0), (0, 1), (1, 1)), ranks, strict=True))
        yield f"ranks of no chain, at {place}", proofs.place_refused(table) == str(place)


theorem.constant("scale", "factor of the chain that is reached", sharp=True)
theorem.constant("slack", "how much larger the ranks of a limit may be", sharp=True)
theorem.constant("over", "how many bars more than the formula says", sharp=True)
theorem.mutant("last term", "R(i−1, j+1) is dropped", multiplicities, lambda x: _counted(x, proofs.three_terms))
theorem.mutant(
    "brute force",
    "intervals of arrows instead of vertices",
    proof=lambda: every_chain(lambda r, i, j: multiplicity(r, i, j + 1)),
)
theorem.mutant("reversed", "the closure order is reversed", proof=lambda: covers(lambda low, high: below(high, low)))
theorem.mutant("no arrow", "the family without its arrow", proof=lambda: family(0))
