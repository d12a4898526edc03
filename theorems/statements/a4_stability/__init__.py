r"""A4. Stability of weight chains: which reading is true.

Statement
    *Reading 1 (true).* Framed chain W₁, …, W_L, hidden changes of basis W_l ↦ g_l W_l g_{l−1}⁻¹ with g₀ = I, g_L = I.
    The orbit is closed (the chain is **polystable**) iff

    .. math:: \operatorname{rank}W_1=\dots=\operatorname{rank}W_L=\operatorname{rank}(W_L\cdots W_1);

    for L = 2 iff :math:`\mathbb R^{n_1}=\operatorname{im}W_1\oplus\ker W_2`. Otherwise a one-parameter subgroup has a
    limit outside the orbit, which is polystable and has the same end-to-end map.

    *Reading 2 (true).* Polystable iff the orbit contains a balanced chain, :math:`W_{l+1}^TW_{l+1}=W_lW_l^T`. Always

    .. math:: \sum_l\|W_l\|_F^2\ge L\sum_i\sigma_i(W_L\cdots W_1)^{2/L},

    with equality iff balanced. A balanced chain has one common set of nonzero singular values, and in original
    coordinates the flag :math:`F_l^{(k)}=W_l\cdots W_1\operatorname{span}(v_1..v_k)` moves with the reparameterization.

    *Reading 3 (false).* "The nested stratum of Gr(a,n) × Gr(b,n) is polystable for SL(n) and O(p) ⊠ O(q)." The
    subspace F = U∩V has the positive Hilbert–Mumford weight :math:`\dim F\,(p+q-(pa+qb)/n)`: nested pairs are unstable.

    *Reading 4 (true).* For 0 < a, b < n and p, q > 0 a pair is semistable iff p = q, a + b = n and U∩V = 0. That
    stratum is GL(n)/(GL(a) × GL(b)), and its Kempf–Ness set is V = U^⊥. With V = ker W', U = im W: row(W') = im W.

    So what is polystable at an interface is not the nested pair of the closed stratum (A3) but the transversal one:
    im W and ker W' must be complements. Nested pairs are the extremes: W' destroys all that W writes (im W ⊂ ker W'),
    or nothing but a part of it (ker W' ⊂ im W).

Reference
    FLAG (arXiv 2605.09861); Kempf and Ness for closed orbits and for the uniqueness of the balanced chain
    up to ∏O(n_l), Horn's inequalities, Mumford's numerical criterion (all cited).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any

from theorems.engine.declare import Declaration
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.statements.a4_stability import chain_readings as chain
from theorems.statements.a4_stability import pair_readings as pairs
from theorems.statements.a4_stability import proofs


def _samples() -> Any:
    from theorems.statements.a4_stability import samples

    return samples


def _simple(size: int, source: Random) -> Iterator[Instance]:
    return _samples().simple(size, source)


theorem = Declaration(
    __doc__,
    parameters=(
        Parameter.matrix("W1", "n", "m"),
        Parameter.matrix("W2", "k", "n"),
        Parameter.matrix("W3", "j", "k"),
        Parameter.integer("p", 1, 3),
        Parameter.integer("q", 1, 3),
        Parameter.matrix("g", "n", "n"),
        Parameter.matrix("h", "k", "k"),
        Parameter.vector("weights", "n", -2, 2),
        Parameter.rational("threshold", Fraction(1, 4), Fraction(1, 2)),
    ),
    dimensions={"m": (1, 1), "n": (1, 2), "k": (1, 2), "j": (1, 2)},
    strategy=lambda: _samples().any_chain(),
    families=_simple,
)

closed_orbit = theorem.fact(
    r"\text{closed}\iff\operatorname{rank}W_1=\dots=\operatorname{rank}W_L=\operatorname{rank}(W_L\cdots W_1)",
    note="equal ranks: a balanced chain in the orbit is enclosed; other ranks: λ and its limit are exact",
)(chain.closed_orbit)
limits = theorem.fact(
    r"\lim_{t\to0}\lambda(t)\cdot W\in\prod GL(n_l)\cdot W",
    *(chain.invertible, chain.converges, chain.equal_ranks),
    strategy=lambda: _samples().polystable_chain().filter(chain.converges.met),
)(chain.limits)
direct_sum = theorem.fact(r"\mathbb R^{n_1}=\operatorname{im}W_1\oplus\ker W_2")(chain.direct_sum)
layer_ranks_suffice = theorem.fact(
    r"\operatorname{rank}W_1=\dots=\operatorname{rank}W_L\Rightarrow\text{closed}",
    name="equal layer ranks suffice",
    false=True,
    note="the product must have that rank too",
)(chain.layer_ranks_suffice)
threshold_ranks = theorem.fact(
    r"\#\{\sigma_i>\tau\sigma_1\}\ \text{decides}",
    chain.threshold,
    name="a threshold decides",
    false=True,
    note="for every threshold in (0, 1) some chain is misjudged; the instance records its own",
)(chain.threshold_ranks)
representative = theorem.fact(
    r"\exists g:\ \Delta_l(g\cdot W)=0",
    chain.equal_ranks,
    name="balanced representative",
    strategy=lambda: _samples().polystable_chain(),
)(chain.representative)
kempf_ness = theorem.bound(
    r"L\sum_i\sigma_i(W_L\cdots W_1)^{2/L}\le\sum_l\|g_lW_lg_{l-1}^{-1}\|_F^2",
    chain.invertible,
    name="Kempf–Ness",
    strategy=lambda: _samples().any_chain() | _samples().near_minimum(),
    attained_at=lambda: _samples().at_the_minimum(),
)(chain.kempf_ness)
balanced_attain = theorem.bound(
    r"\sum_l\|W_l\|_F^2\le L\sum_i\sigma_i(W_L\cdots W_1)^{2/L}",
    chain.balanced,
    name="balanced chains attain",
    strategy=lambda: _samples().balanced(),
    attained_at=lambda: _samples().balanced_list(),
)(chain.balanced_attain)
only_balanced_attain = theorem.bound(
    r"L\sum_i\sigma_i(W_L\cdots W_1)^{2/L}<\sum_l\|W_l\|_F^2",
    chain.unbalanced,
    name="only balanced chains attain",
    strict=True,
    strategy=lambda: _samples().unbalanced(),
    slack="strict; chains as near to a balanced one as one likes come as near as one likes",
)(chain.only_balanced_attain)
common_spectrum = theorem.fact(r"P^TP=(W_1^TW_1)^L", chain.balanced, strategy=lambda: _samples().balanced())(
    chain.common_spectrum
)
flags = theorem.fact(
    r"F_l^{(k)}(g\cdot W)=g_lF_l^{(k)}(W)",
    *(chain.invertible, chain.rational_flag),
    name="canonical flags",
    strategy=lambda: _samples().flagged(),
)(chain.flags)
nested_polystable = theorem.fact(
    r"U\subset V\Rightarrow(U,V)\ \text{semistable}",
    *(pairs.proper, pairs.nested),
    name="nested pairs are polystable",
    false=True,
    note="F = U∩V violates p dim(F∩U) + q dim(F∩V) ≤ dim F (pa + qb)/n for every nested pair",
)(pairs.nested_polystable)
nested_unstable = theorem.bound(
    r"\mu(U\cap V)=\dim(U\cap V)\bigl(p+q-\tfrac{pa+qb}{n}\bigr)>0",
    *(pairs.proper, pairs.nested),
    name="nested pairs are unstable",
    strict=True,
    strategy=lambda: _samples().proper_pair(nested=True),
    slack="strict: the weight of a proper nested pair is at least 2/n",
)(pairs.nested_unstable)
on_lattice = theorem.bound(
    r"\mu(F)\le\max_{F'\in\langle U,V\rangle}\mu(F')",
    name="lattice",
    strategy=lambda: _samples().proper_pair(),
    attained_at=lambda: _samples().destabilizing_f(),
)(pairs.tested_on_lattice)
semistable_iff = theorem.fact(
    r"\text{semistable}\iff p=q,\ a+b=n,\ U\cap V=0",
    pairs.proper,
    name="semistable pairs",
    strategy=lambda: _samples().proper_pair(),
)(pairs.semistable_iff)
stabilizer = theorem.fact(
    r"\dim O_0=n^2-a^2-b^2", pairs.complementary, strategy=lambda: _samples().proper_pair(complementary=True)
)(pairs.stabilizer)
alignment = theorem.fact(r"P_U+P_V=I\iff V=U^\perp\iff\operatorname{row}W'=\operatorname{im}W", name="alignment")(
    pairs.aligned
)


def _scalars(w1: int, w2: int, w3: int, **more: object) -> Instance:
    """Three 1 × 1 layers."""
    return _chain([[w1]], [[w2]], [[w3]], **more)


def _chain(w1: list[list[Any]], w2: list[list[Any]], w3: list[list[Any]], **more: object) -> Instance:
    one, two = ([[int(i == j) for j in range(len(w))] for i in range(len(w))] for w in (w1, w2))
    plain: dict[str, object] = {
        "W1": w1, "W2": w2, "W3": w3, "p": 1, "q": 1, "g": one, "h": two, "weights": [0] * len(w1),
        "threshold": Fraction(1, 4),
    }  # fmt: skip
    return Instance.of(**{**plain, **more})


_NOTHING_PASSES = _chain([[1], [0]], [[0, 1]], [[1]])
_NESTED_LINES = _chain([[1], [0]], [[0, 1]], [[1]])
_CROSSED_LINES = _chain([[1], [0]], [[1, 0]], [[1]])
theorem.constant("schatten", "factor of L Σσ_i^{2/L}", sharp=True, stronger="larger")
theorem.constant("layers_alone", "1 if the rank of the product is not asked", sharp=True)
theorem.constant("spare", "what is added to the dimension", sharp=True)
theorem.constant("longer", "what is added to the dimensions of the flag", sharp=True)
theorem.constant("scale", "the multiple of I that the projectors sum to", sharp=True)
theorem.witness(limits, chain.equal_ranks, _scalars(0, 1, 1, weights=[-1]))
theorem.witness(representative, chain.equal_ranks, _NOTHING_PASSES)
theorem.witness(balanced_attain, chain.balanced, _scalars(1, 1, 2))
theorem.witness(only_balanced_attain, chain.unbalanced, _scalars(2, 2, 2))
theorem.witness(common_spectrum, chain.balanced, _scalars(1, 1, 2))
theorem.witness(nested_unstable, pairs.proper, _scalars(1, 0, 1))
theorem.witness(nested_unstable, pairs.nested, _CROSSED_LINES)
theorem.witness(semistable_iff, pairs.proper, _scalars(0, 1, 1))
theorem.witness(stabilizer, pairs.complementary, _NESTED_LINES)
theorem.witness(layer_ranks_suffice, None, _NOTHING_PASSES)
theorem.witness(threshold_ranks, None, _chain([[1, 0], [0, Fraction(1, 8)]], [[1, 0], [0, 1]], [[1, 0], [0, 1]]))
theorem.witness(nested_polystable, None, _NESTED_LINES)
theorem.mutant(
    "exponent",
    "σ^{1/L} in place of σ^{2/L}",
    balanced_attain,
    lambda x: chain.gap(chain.layers(x), 1, Fraction(1, 2))[::-1],
)
theorem.mutant("product forgotten", "equal layer ranks", proof=lambda: every_orbit(_equal_layers))
theorem.mutant("any limit", "every limit of every chain stays in its orbit", proof=lambda: every_orbit(_always))
theorem.mutant("weight of V", "the slope of the weight is (pa + pb)/n", proof=lambda: every_pair(_other_slope))
theorem.mutant("constant", "every weight is larger by 1", proof=lambda: formulas(1))
theorem.mutant("dimension", "the stabilizer is GL(a) alone", stabilizer, lambda x: _first_factor_only(x))
theorem.mutant("opposite", "the complement of nested pairs", semistable_iff, lambda x: not pairs.semistable_iff(x))


def _always(bars: dict[tuple[int, int], int], length: int) -> bool:
    return True


def _equal_layers(bars: dict[tuple[int, int], int], length: int) -> bool:
    ranks = [sum(m for (i, j), m in bars.items() if i < l <= j) for l in range(1, length + 1)]
    return len(set(ranks)) == 1


def _other_slope(u: Any, v: Any, f: Any, p: int, q: int) -> Fraction:
    return pairs.hilbert_mumford_weight(u, v, f, p, q) + f.dim * Fraction((q - p) * v.dim, u.ambient)


def _first_factor_only(x: Instance) -> bool:
    u, v = pairs.pair(x)
    return pairs.tangent_rank(u, v) == u.ambient**2 - u.dim**2


@theorem.stratum
def full_product(x: Instance) -> bool:
    """the product has rank at least 2"""
    return int((x.matrix("W3") * x.matrix("W2") * x.matrix("W1")).rank()) > 1


@theorem.stratum
def polystable_and_unbalanced(x: Instance) -> bool:
    """equal ranks above 0, and not balanced"""
    return chain.equal_ranks.met(x) and chain.unbalanced.met(x) and int(x.matrix("W1").rank()) > 0


@theorem.stratum
def moving_limit(x: Instance) -> bool:
    """a subgroup with a limit that is not the chain itself"""
    return chain.converges.met(x) and any(x.vector("weights")) and chain.limit_differs(x)


@theorem.stratum
def three_singular_values(x: Instance) -> bool:
    """the product has rank 3"""
    return int((x.matrix("W3") * x.matrix("W2") * x.matrix("W1")).rank()) == 3


theorem.property(chain.reparameterization)
theorem.property(chain.imbalance_moves)
theorem.property(chain.floats)
theorem.property(strategy=lambda: _samples().balanced())(chain.flags_of_balanced_chains)
theorem.proof("symbolic", "all real 2×2 layers, L = 2; aligned layers, L = 3")(proofs.arithmetic_geometric)
formulas = theorem.proof("symbolic", "all a, b, n, p, q, i")(pairs.formulas)
every_orbit = theorem.proof(
    "exhaustive", "one chain of every orbit; L = 2 and 3, ends up to 2, hidden sides up to 3 and 2"
)(proofs.every_orbit)
every_pair = theorem.proof(
    "exhaustive", "all pairs of proper subspaces and all F: F_2 with n ≤ 3, F_3 with n = 2; p, q ≤ 3"
)(pairs.every_pair)
theorem.proof("instances", "diagonal chains, L ≤ 6, up to four singular values")(proofs.aligned_chains)
theorem.proof("instances", "rational roots of 2×2 matrices, k = 2, 3, 5")(proofs.known_roots)
theorem.proof("instances", "one chain that is not polystable")(proofs.no_false_witness)
theorem.proof("instances", "one layer of rank 2")(proofs.one_layer)
