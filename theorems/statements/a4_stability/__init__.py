r"""A4. Stability of weight chains: two true readings for chains, a false and a true one for pairs of subspaces.

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

Hypotheses
    *composable*, *equal ranks*, *invertible*, *unbalanced*, *balanced*, *rational flag*, *proper*
    (0 < a, b < n), *nested*, *complementary*.

Needed
    Each of them; the necessity table lists a smallest exact instance.

Reach
    Symbolic: L = 2 for all real 2×2 layers, the four Hilbert–Mumford inequalities for all dimensions and weights.
    Exhaustive: closed orbits against the closure order over all orbits of small dimension vectors; every subspace of
    every pair over F_2 (n ≤ 3) and F_3 (n = 2). Numeric: exact chains of three layers from every orbit, sides up to 3;
    balanced representatives are enclosed, and equalities there hold to within the enclosures.

Readings
    See the statement. *equal layer ranks suffice* and *a threshold decides* are two more false readings of 1.

Reference
    FLAG (arXiv 2605.09861); Kempf and Ness for closed orbits, Horn's inequalities, Mumford's numerical criterion.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from theorems.engine.theorem import (
    Constant,
    Hypothesis,
    Mutant,
    Need,
    Parameter,
    Property,
    Reading,
    Status,
    Theorem,
    holds,
)
from theorems.statements.a4_stability import chain_readings as chain
from theorems.statements.a4_stability import pair_readings as pairs


def _samples() -> Any:
    from theorems.statements.a4_stability import samples

    return samples


THEOREM = Theorem(
    id="A4",
    title="Stability of weight chains: which reading is true",
    source="FLAG (arXiv 2605.09861)",
    dimensions={"m": (1, 1), "n": (1, 2), "k": (1, 2), "j": (1, 2)},
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
    hypotheses=(
        Hypothesis(
            "composable",
            "every layer reads what the one before writes",
            r"W_l\in\mathbb R^{n_l\times n_{l-1}}",
            chain.composable,
            Need.DEFINITION,
            "there is no chain",
        ),
        Hypothesis(
            "invertible",
            "g and h are invertible",
            r"g_l\in GL(n_l)",
            lambda x: holds(chain.invertible(x)),
            Need.DEFINITION,
            "the reparameterized chain is not defined",
        ),
        Hypothesis(
            "rational flag",
            "the squares of the singular values of the product are rational",
            r"\sigma_i(P)^2\in\mathbb Q",
            lambda x: holds(chain.has_rational_flag(x)),
            Need.DEFINITION,
            "the flag exists over the reals, but not in exact rational arithmetic",
        ),
        Hypothesis(
            "equal ranks",
            "all layers have the rank of the product",
            r"\operatorname{rank}W_1=\dots=\operatorname{rank}W_L=\operatorname{rank}(W_L\cdots W_1)",
            lambda x: holds(chain.equal_ranks(x)),
            why="what does not pass through all layers can be scaled away, but not reached",
        ),
        Hypothesis(
            "unbalanced",
            "some imbalance is not 0",
            r"\exists l:\ \Delta_l\ne0",
            lambda x: holds(not chain.balanced(x)),
            why="balanced chains attain the bound",
        ),
        Hypothesis(
            "balanced",
            "all imbalances are 0",
            r"\Delta_l=0",
            lambda x: holds(chain.balanced(x)),
            why="layers of one orbit may have any singular values",
        ),
        Hypothesis(
            "proper",
            "0 < a, b < n for U = im W₁, V = ker W₂",
            r"0<a,b<n",
            lambda x: holds(pairs.proper(x)),
            why="Gr(0, n) and Gr(n, n) are points: the other factor alone has no semistable points, or all is trivial",
        ),
        Hypothesis(
            "nested",
            "one of U, V contains the other",
            r"U\subset V\ \text{or}\ V\subset U",
            lambda x: holds(pairs.nested(x)),
            why="transversal pairs are not destabilized by their intersection",
        ),
        Hypothesis(
            "complementary",
            "U ⊕ V is the whole space",
            r"U\oplus V=\mathbb R^n",
            lambda x: holds(pairs.complementary(x)),
            why="other strata have other stabilizers",
        ),
    ),
    readings=(
        Reading(
            "closed orbit",
            "1: polystable iff all layers have the rank of the product; else λ(t) leads to a polystable limit",
            r"\text{closed}\iff\operatorname{rank}W_1=\dots=\operatorname{rank}W_L=\operatorname{rank}(W_L\cdots W_1)",
            ("composable",),
            decide=chain.criterion,
            note="equal ranks: a balanced chain in the orbit is enclosed; other ranks: λ and its limit are exact",
        ),
        Reading(
            "limits",
            "1: if all ranks are equal, every limit under a one-parameter subgroup stays in the orbit",
            r"\lim_{t\to0}\lambda(t)\cdot W\in\prod GL(n_l)\cdot W",
            ("composable", "invertible", "equal ranks"),
            decide=chain.limits,
            strategy=lambda: _samples().polystable_chain(),
        ),
        Reading(
            "direct sum",
            "1: two layers are polystable iff R^n = im W₁ ⊕ ker W₂",
            r"\mathbb R^{n_1}=\operatorname{im}W_1\oplus\ker W_2",
            ("composable",),
            decide=chain.direct_sum,
        ),
        Reading(
            "equal layer ranks suffice",
            "1 misread: equal ranks of the layers make a chain polystable",
            r"\operatorname{rank}W_1=\dots=\operatorname{rank}W_L\Rightarrow\text{closed}",
            ("composable",),
            Status.FALSE,
            strategy=lambda: _samples().simple_chain(),
            decide=chain.layer_ranks_suffice,
            note="the product must have that rank too",
        ),
        Reading(
            "a threshold decides",
            "1 misread: counting the singular values above a threshold tells whether a chain is polystable",
            r"\#\{\sigma_i>\tau\sigma_1\}\ \text{decides}",
            ("composable",),
            Status.FALSE,
            strategy=lambda: _samples().simple_chain(),
            decide=chain.threshold_ranks,
            note="for every threshold in (0, 1) some chain is misjudged; the instance records its own",
        ),
        Reading(
            "balanced representative",
            "2: a polystable chain has a balanced chain in its orbit, with Σ‖W_l‖² = L Σσ_i^{2/L}",
            r"\exists g:\ \Delta_l(g\cdot W)=0",
            ("composable", "equal ranks"),
            decide=chain.representative,
            strategy=lambda: _samples().polystable_chain(),
        ),
        Reading(
            "Kempf–Ness",
            "2: L Σσ_i(W_L⋯W_1)^{2/L} ≤ Σ‖W_l‖_F² on the whole orbit",
            r"L\sum_i\sigma_i(W_L\cdots W_1)^{2/L}\le\sum_l\|g_lW_lg_{l-1}^{-1}\|_F^2",
            ("composable", "invertible"),
            sides=chain.gap_sides,
            constants=("schatten",),
        ),
        Reading(
            "balanced chains attain",
            "2: the bound is attained by balanced chains",
            r"L\sum_i\sigma_i(W_L\cdots W_1)^{2/L}\le\sum_l\|W_l\|_F^2",
            ("composable",),
            sides=chain.own_gap_sides,
            constants=("schatten",),
            strategy=lambda: _samples().balanced(),
            tight=lambda: _samples().balanced_list(),
            attained=Fraction(0),
        ),
        Reading(
            "only balanced chains attain",
            "2: the bound is strict for every other chain",
            r"L\sum_i\sigma_i(W_L\cdots W_1)^{2/L}<\sum_l\|W_l\|_F^2",
            ("composable", "unbalanced"),
            sides=chain.own_gap_sides,
            strict=True,
            strategy=lambda: _samples().unbalanced(),
        ),
        Reading(
            "common spectrum",
            "2: for a balanced chain PᵀP = (W₁ᵀW₁)^L and all layers share their nonzero singular values",
            r"P^TP=(W_1^TW_1)^L",
            ("composable", "balanced"),
            decide=chain.balanced_powers,
            strategy=lambda: _samples().balanced(),
        ),
        Reading(
            "canonical flags",
            "2: F_l(g·W) = g_l F_l(W) for F_l = W_l⋯W_1 span(v_1..v_k), k at the ends of clusters of σ(P)",
            r"F_l^{(k)}(g\cdot W)=g_lF_l^{(k)}(W)",
            ("composable", "invertible", "rational flag"),
            decide=chain.flags,
            strategy=lambda: _samples().flagged(),
        ),
        Reading(
            "nested pairs are polystable",
            "3 (literal): the nested stratum is polystable for SL(n) and O(p) ⊠ O(q)",
            r"U\subset V\Rightarrow(U,V)\ \text{semistable}",
            ("composable", "proper", "nested"),
            Status.FALSE,
            strategy=lambda: _samples().simple_chain(),
            decide=pairs.nested_polystable,
            note="F = U∩V violates p dim(F∩U) + q dim(F∩V) ≤ dim F (pa + qb)/n for every nested pair",
        ),
        Reading(
            "nested pairs are unstable",
            "3 (corrected): F = U∩V has positive Hilbert–Mumford weight for every nested pair",
            r"\mu(U\cap V)=\dim(U\cap V)\bigl(p+q-\tfrac{pa+qb}{n}\bigr)>0",
            ("composable", "proper", "nested"),
            sides=pairs.violating,
            strict=True,
            strategy=lambda: _samples().proper_pair(nested=True),
        ),
        Reading(
            "lattice",
            "4: the largest weight is attained on 0, U∩V, U, V, U+V, R^n",
            r"\mu(F)\le\max_{F'\in\langle U,V\rangle}\mu(F')",
            ("composable",),
            sides=pairs.tested_on_lattice,
            strategy=lambda: _samples().proper_pair(),
        ),
        Reading(
            "semistable pairs",
            "4: a pair is semistable iff p = q, a + b = n and U∩V = 0",
            r"\text{semistable}\iff p=q,\ a+b=n,\ U\cap V=0",
            ("composable", "proper"),
            decide=pairs.semistable_iff,
            strategy=lambda: _samples().proper_pair(),
        ),
        Reading(
            "stabilizer",
            "4: the orbit of a complementary pair has the dimension of GL(n)/(GL(a) × GL(b))",
            r"\dim O_0=n^2-a^2-b^2",
            ("composable", "complementary"),
            decide=pairs.stabilizer,
            strategy=lambda: _samples().proper_pair(complementary=True),
        ),
        Reading(
            "alignment",
            "4: the moment map P_U + P_V − I vanishes iff V = U^⊥, i.e. iff row(W₂) = im W₁",
            r"P_U+P_V=I\iff V=U^\perp\iff\operatorname{row}W'=\operatorname{im}W",
            ("composable",),
            decide=pairs.aligned,
        ),
    ),
    constants=(Constant("schatten", Fraction(1), "factor of L Σσ_i^{2/L}", sharp=True, stronger="larger"),),
    symbolic=(chain.arithmetic_geometric, pairs.formulas, chain.every_orbit, pairs.every_pair),
    strategy=lambda: _samples().any_chain(),
    families=lambda size, source: _samples().simple(size, source),
    properties=(
        Property(
            "reparameterization",
            "hidden g of condition up to 10⁶ change neither verdict nor product",
            chain.reparameterized,
        ),
        Property(
            "imbalance moves",
            "the imbalance is not invariant: it moves wherever the layers do not vanish",
            chain.imbalance_moves,
        ),
        Property("floats", "the enclosed gap of a float chain is that of its exact singular values", chain.of_floats),
        Property(
            "flags of balanced chains",
            "the canonical flag is the left flag of W_l and the right flag of W_{l+1}",
            chain.balanced_pairs,
            strategy=lambda: _samples().balanced(),
        ),
    ),
    mutants=(
        Mutant(
            "factor",
            "the bound enlarged by one part in a thousand",
            "balanced chains attain",
            {"schatten": Fraction(1001, 1000)},
        ),
        Mutant(
            "exponent",
            "σ^{1/L} in place of σ^{2/L}",
            "balanced chains attain",
            sides=lambda x, c: chain.gap(chain.layers(x), Fraction(1), Fraction(1, 2)),
        ),
        Mutant(
            "product forgotten",
            "polystable iff the layers have equal ranks",
            symbolic=lambda: chain.every_orbit(lambda bars, length: _equal_layers(bars, length)),
        ),
        Mutant(
            "any limit",
            "every limit of every chain stays in its orbit",
            symbolic=lambda: chain.every_orbit(lambda b, l: True),
        ),
        Mutant(
            "weight of V",
            "the slope of the weight is (pa + pb)/n",
            symbolic=lambda: pairs.every_pair(
                lambda u, v, f, p, q: (
                    pairs.hilbert_mumford_weight(u, v, f, p, q) + f.dim * Fraction((q - p) * v.dim, u.ambient)
                )
            ),
        ),
        Mutant("constant", "every weight is larger by 1", symbolic=lambda: pairs.formulas(1)),
        Mutant(
            "dimension",
            "the stabilizer is GL(a) alone",
            "stabilizer",
            decide=lambda x, c: holds(
                pairs.tangent_rank(*pairs.pair(x)) == pairs.pair(x)[0].ambient ** 2 - pairs.pair(x)[0].dim ** 2
            ),
        ),
        Mutant(
            "opposite",
            "the complement of nested pairs",
            "semistable pairs",
            decide=lambda x, c: ~pairs.semistable_iff(x, c),
        ),
    ),
)


def _equal_layers(bars: dict[tuple[int, int], int], length: int) -> bool:
    ranks = [sum(m for (i, j), m in bars.items() if i < l <= j) for l in range(1, length + 1)]
    return len(set(ranks)) == 1
