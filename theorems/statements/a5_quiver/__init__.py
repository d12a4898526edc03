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
from certify.linalg.exact.subspace import is_invertible
from theorems.engine.declare import Declaration, hypothesis
from theorems.engine.instance import Instance
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
def is_direct_sum(x: Instance) -> bool:
    """W is a direct sum of intervals in exact bases, checked by multiplication"""
    return normal_form(chain(x)).proves(chain(x))


def _counted(x: Instance, count: Callable[[Ranks, int, int], int]) -> bool:
    ranks, bars = rank_array(chain(x)), normal_form(chain(x)).bars
    return all(count(ranks, i, j) == bars.get((i, j), 0) for i, j in ranks)


@theorem.fact(r"m_{ij}=R(i,j)-R(i-1,j)-R(i,j+1)+R(i-1,j+1)", composable, tight=samples.threefold)
def multiplicities(x: Instance) -> bool:
    """[i, j] occurs R(i, j) − R(i−1, j) − R(i, j+1) + R(i−1, j+1) times"""
    return _counted(x, multiplicity)


@theorem.fact(r"\exists g:\ g_vW_vg_{v-1}^{-1}=X_v", composable, equal_ranks, tight=samples.threefold)
def complete_invariant(x: Instance) -> bool:
    """some g₀, …, g_L take W to X"""
    first, second = chain(x), chain(x, "X")
    one, other = normal_form(first), normal_form(second)
    if one.bars != other.bars:
        return False  # each normal form was reached by multiplication, and bars are read off it
    g = [b * a.inv() for a, b in zip(one.bases, other.bases, strict=True)]
    reached = [g[v + 1] * w * g[v].inv() for v, w in enumerate(first)]
    return reached == second and all(is_invertible(m) for m in g)


def _suffice(x: Instance, places: list[tuple[int, int]]) -> bool:
    """Whether some g takes W to X, where the ranks agree at some places."""
    first, second = rank_array(chain(x)), rank_array(chain(x, "X"))
    return any(first[p] != second[p] for p in places) or complete_invariant(x)


@theorem.fact(r"R(v-1,v),\ R(0,L)\ \text{are complete}", composable, false=True, strategy=samples.simple_chains)
def layer_ranks_suffice(x: Instance) -> bool:
    """the ranks of the layers and of the whole product are a complete invariant"""
    return _suffice(x, [*_LAYERS, (0, LENGTH)])


@theorem.fact(
    r"R(v-1,v),\ R(v-1,v+1)\ \text{are complete}",
    composable,
    false=True,
    strategy=samples.simple_chains,
    note="what every interface shows on its own does not tell what passes through the whole chain",
)
def ranks_of_adjacent_pairs_suffice(x: Instance) -> bool:
    """the ranks of the layers and of the products of adjacent layers are a complete invariant"""
    return _suffice(x, [*_LAYERS, (0, 2), (1, 3)])


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


theorem.property(properties.reparameterized, name="reparameterization")
theorem.property(properties.inequalities)
theorem.property(properties.of_floats, name="floats")

family = theorem.proof("symbolic", "every elementary degeneration with L ≤ 3, over Q(t)")(proofs.family)
every_chain = theorem.proof("exhaustive", "every chain over F_2 of small dimension vectors")(proofs.every_chain)
theorem.proof("exhaustive", "every barcode of small dimension vectors")(proofs.inversion)
covers = theorem.proof("exhaustive", "all orbits of small dimension vectors")(proofs.covers)
theorem.proof("exhaustive", "every barcode of some dimension vectors with L = 4 and 5, in other bases")(
    proofs.long_chains
)
theorem.proof("exhaustive", "every barcode of three dimension vectors, L = 4 and 5")(proofs.rank_bounds)
theorem.proof("instances", "one chain of two layers")(proofs.no_false_form)


def _three_terms(r: Ranks, i: int, j: int) -> int:
    return r.get((i, j), 0) - r.get((i - 1, j), 0) - r.get((i, j + 1), 0)


theorem.mutant("last term", "R(i−1, j+1) is dropped", multiplicities, lambda x: _counted(x, _three_terms))
theorem.mutant(
    "brute force",
    "intervals of arrows instead of vertices",
    proof=lambda: every_chain(lambda r, i, j: multiplicity(r, i, j + 1)),
)
theorem.mutant("reversed", "the closure order is reversed", proof=lambda: covers(lambda low, high: below(high, low)))
theorem.mutant("no arrow", "the family without its arrow", proof=lambda: family(0))
