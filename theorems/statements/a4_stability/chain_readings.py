"""Readings 1 and 2 of the stability theorem: framed chains W₁, W₂, W₃ under changes of basis at the two interfaces."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from certify.errors import UsageError
from certify.geometry.orbits.kempf_ness import (
    balanced_representative,
    canonical_flag,
    imbalances,
    is_balanced,
    kempf_ness_gap,
    right_flag,
    schatten_sum,
)
from certify.geometry.orbits.stability import chain_limit, end_to_end, polystable, reparameterize
from certify.linalg.chain_product import product_sigma, squared_norms
from certify.linalg.exact.subspace import image, is_invertible, kernel
from certify.rigor.ball import ball, precision
from certify.rigor.exact import fmpq_matrix
from certify.verdict import Verdict
from theorems.engine.declare import Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar, decide, num
from theorems.exact.spectra import frobenius_squared, singular_squares, singular_values

__all__ = [
    "balanced",
    "balanced_attain",
    "closed_orbit",
    "common_spectrum",
    "converges",
    "direct_sum",
    "equal_ranks",
    "flags",
    "gap",
    "invertible",
    "kempf_ness",
    "layer_ranks_suffice",
    "layers",
    "limit_differs",
    "limits",
    "only_balanced_attain",
    "rational_flag",
    "representative",
    "threshold",
    "threshold_ranks",
    "unbalanced",
]

_LENGTH = 3


def layers(x: Instance) -> list[fmpq_mat]:
    """W₁, W₂, W₃."""
    return [x.matrix(f"W{l}") for l in range(1, _LENGTH + 1)]


@hypothesis(r"g_l\in GL(n_l)", defines="the reparameterized chain is not defined")
def invertible(x: Instance) -> bool:
    """g and h are invertible"""
    return is_invertible(x.matrix("g")) and is_invertible(x.matrix("h"))


@hypothesis(r"\lim_{t\to0}\lambda(t)\cdot W\ \text{exists}", defines="there is no limit")
def converges(x: Instance) -> bool:
    """λ(t)·W has a limit for t → 0"""
    return invertible.met(x) and _limit(x) is not None


@hypothesis(
    r"\sigma_i(P)^2\in\mathbb Q", defines="the flag exists over the reals, but not in exact rational arithmetic"
)
def rational_flag(x: Instance) -> bool:
    """the squares of the singular values of the product are rational"""
    try:
        right_flag(end_to_end(layers(x)))
    except UsageError:
        return False
    return True


@hypothesis(
    r"\operatorname{rank}W_1=\dots=\operatorname{rank}W_L=\operatorname{rank}(W_L\cdots W_1)",
    needed="what does not pass through all layers can be scaled away, but not reached",
)
def equal_ranks(x: Instance) -> bool:
    """all layers have the rank of the product"""
    return _equal_layer_ranks(x) and int(layers(x)[0].rank()) == int(end_to_end(layers(x)).rank())


@hypothesis(r"\exists l:\ \Delta_l\ne0", needed="balanced chains attain the bound")
def unbalanced(x: Instance) -> bool:
    """some imbalance is not 0"""
    return not is_balanced(layers(x))


@hypothesis(r"\Delta_l=0", needed="layers of one orbit may have any singular values")
def balanced(x: Instance) -> bool:
    """all imbalances are 0"""
    return is_balanced(layers(x))


@hypothesis(r"0<\tau<1", defines="no rank is counted above the largest singular value, nor below 0")
def threshold(x: Instance) -> bool:
    """the threshold lies between 0 and 1"""
    return 0 < x.rational("threshold") < 1


def _equal_layer_ranks(x: Instance) -> bool:
    return len({int(w.rank()) for w in layers(x)}) == 1


def closed_orbit(x: Instance, layers_alone: Scalar = 0) -> bool:
    """1: polystable iff all layers have the rank of the product; else λ(t) leads to a polystable limit"""
    chain = layers(x)
    found = polystable(chain)
    stated = _equal_layer_ranks(x) if layers_alone else equal_ranks.met(x)
    if not found.proves(chain) or (found.verdict is Verdict.CERTIFIED) != stated:
        return False
    if found.destabilizer is None:
        return representative(x)
    limit = found.destabilizer.limit
    return polystable(limit).verdict is Verdict.CERTIFIED and end_to_end(limit) == end_to_end(chain)


def layer_ranks_suffice(x: Instance) -> bool:
    """1 misread: equal ranks of the layers make a chain polystable"""
    return not _equal_layer_ranks(x) or polystable(layers(x)).verdict is Verdict.CERTIFIED


def _limit(x: Instance) -> list[fmpq_mat] | None:
    chain = layers(x)
    first = _integers(x.vector("weights"))
    second = list(itertools.islice(itertools.cycle(first), chain[1].nrows()))
    return chain_limit(chain, [x.matrix("g"), x.matrix("h")], [first, second])


def limit_differs(x: Instance) -> bool:
    """Whether λ(t)·W has a limit other than W."""
    limit = _limit(x)
    return limit is not None and limit != layers(x)


def limits(x: Instance) -> bool:
    """1: if all ranks are equal, every limit under a one-parameter subgroup stays in the orbit"""
    limit = _limit(x)
    return limit is not None and [int(w.rank()) for w in limit] == [int(w.rank()) for w in layers(x)]


def _integers(values: list[fmpq]) -> list[int]:
    scale = math.lcm(1, *(int(v.q) for v in values))
    return [int(v.p) * scale // int(v.q) for v in values]


def direct_sum(x: Instance, spare: Scalar = 0) -> bool:
    """1: two layers are polystable iff R^n = im W₁ ⊕ ker W₂"""
    w1, w2, _ = layers(x)
    u, v = image(w1), kernel(w2)
    split = (u & v).dim == 0 and u.dim + v.dim == u.ambient + spare
    return split == (polystable([w1, w2]).verdict is Verdict.CERTIFIED)


def representative(x: Instance) -> bool:
    """2: a polystable chain has a balanced chain in its orbit, with the same end-to-end map"""
    chain = layers(x)
    # Ranks do not change along an orbit, and those of a balanced chain are all equal.
    if not equal_ranks.met(x):
        return False
    found = balanced_representative(chain, bits=80)
    with precision(300):
        reached = [_conjugated(chain, found.g, found.g_inverse, l) for l in range(_LENGTH)]
        same = all(a.overlaps(b) for v, w in zip(reached, found.chain, strict=True) for a, b in _entries(v, w))
        inverse = all(
            _near(g * k, fmpq_mat(_identity_rows(g.nrows()))) for g, k in zip(found.g, found.g_inverse, strict=True)
        )
        zero = all(
            _near(upper.transpose() * upper, lower * lower.transpose())
            for lower, upper in itertools.pairwise(found.chain)
        )
        ends = _near(found.chain[2] * found.chain[1] * found.chain[0], end_to_end(chain))
    return same and inverse and zero and ends


def _identity_rows(n: int) -> list[list[int]]:
    return [[int(i == j) for i in range(n)] for j in range(n)]


def _conjugated(chain: list[fmpq_mat], g: tuple[arb_mat, ...], inverse: tuple[arb_mat, ...], l: int) -> arb_mat:
    w = arb_mat(chain[l])
    if l > 0:
        w = w * inverse[l - 1]
    return g[l] * w if l < len(chain) - 1 else w


def _entries(a: arb_mat, b: Any) -> list[tuple[arb, arb]]:
    return list(zip(a.entries(), arb_mat(b).entries(), strict=True))


def _near(a: arb_mat, b: Any) -> bool:
    size = 1 + sum((abs(y) for _, y in _entries(a, b)), start=arb(0))
    return all(abs(x - y) < size / 2**30 for x, y in _entries(a, b))


def gap(chain: list[fmpq_mat], factor: Scalar, exponent: Fraction = Fraction(1)) -> Sides:
    """c · L Σσ_i(P)^{2/L} and Σ‖W_l‖_F²."""
    squares = [num(frobenius_squared(w)) for w in chain]
    sigma = singular_values(end_to_end(chain))
    least = sum(squares, start=num(0)) - kempf_ness_gap(squares, sigma)
    if exponent != 1:
        least = len(chain) * schatten_sum(sigma, int(len(chain) / exponent))
    return factor * least, sum(squares, start=num(0))


def kempf_ness(x: Instance, schatten: Scalar = 1) -> Sides:
    """2: L Σσ_i(W_L⋯W_1)^{2/L} ≤ Σ‖W_l‖_F² on the whole orbit"""
    chain = layers(x)
    return gap(chain, schatten)[0], gap(reparameterize(chain, [x.matrix("g"), x.matrix("h")]), num(1))[1]


def balanced_attain(x: Instance) -> Sides:
    """2: Σ‖W_l‖_F² ≤ L Σσ_i(W_L⋯W_1)^{2/L} for balanced chains, which attain the bound"""
    return gap(layers(x), num(1))[::-1]


def only_balanced_attain(x: Instance) -> Sides:
    """2: L Σσ_i(W_L⋯W_1)^{2/L} < Σ‖W_l‖_F² for every other chain"""
    return gap(layers(x), num(1))


def common_spectrum(x: Instance) -> bool:
    """2: for a balanced chain PᵀP = (W₁ᵀW₁)^L and all layers share their nonzero singular values"""
    chain = layers(x)
    p = end_to_end(chain)
    first, last = chain[0].transpose() * chain[0], chain[-1] * chain[-1].transpose()
    spectra = {_nonzero_spectrum(w.transpose() * w) for w in chain}
    return p.transpose() * p == first**_LENGTH and p * p.transpose() == last**_LENGTH and len(spectra) == 1


def _nonzero_spectrum(s: fmpq_mat) -> tuple[str, ...]:
    coefficients = list(s.charpoly().coeffs())
    while len(coefficients) > 1 and coefficients[0] == 0:
        coefficients.pop(0)
    return tuple(map(str, coefficients))


def flags(x: Instance, longer: Scalar = 0) -> bool:
    """2: F_l(g·W) = g_l F_l(W) for F_l = W_l⋯W_1 span(v_1..v_k), k at the ends of clusters of σ(P)"""
    chain, g = layers(x), [x.matrix("g"), x.matrix("h")]
    moved = reparameterize(chain, g)
    squares = [s for s in singular_squares(end_to_end(chain)) if s > 0]
    ends = [k + longer for k in range(1, len(squares) + 1) if k == len(squares) or squares[k - 1] > squares[k]]

    def moves(l: int) -> bool:
        flag = canonical_flag(chain, l)
        return canonical_flag(moved, l) == [f.mapped(g[l - 1]) for f in flag] and [f.dim for f in flag] == ends

    return moves(1) and moves(2)


def threshold_ranks(x: Instance) -> bool:
    """1 misread: counting the singular values above a threshold tells whether a chain is polystable"""
    tau = num(x.rational("threshold"))

    def count(w: fmpq_mat) -> int:
        sigma = singular_values(w)
        above = [decide(lambda s=s: s - tau * sigma[0], strict=True).verdict for s in sigma]
        return sum(v is Verdict.CERTIFIED for v in above)

    chain = layers(x)
    told = len({count(w) for w in [*chain, end_to_end(chain)]}) == 1
    return told == (polystable(chain).verdict is Verdict.CERTIFIED)


def reparameterization(x: Instance) -> bool:
    """hidden g of condition up to 10⁶ change neither verdict nor product"""
    from theorems.subjects.orbit_samples import own_change

    chain = layers(x)
    g = [own_change(x, chain[0].nrows()), own_change(x, chain[1].nrows(), salt=1)]
    moved = reparameterize(chain, g)
    return polystable(moved).verdict is polystable(chain).verdict and end_to_end(moved) == end_to_end(chain)


def imbalance_moves(x: Instance) -> bool:
    """the imbalance is not invariant: scaling an interface by 2 moves it wherever the layers do not vanish"""
    chain = layers(x)
    two = fmpq_mat([[2 * v for v in row] for row in _identity_rows(chain[0].nrows())])
    one = fmpq_mat(_identity_rows(chain[1].nrows()))
    scaled = reparameterize(chain, [two, one])
    dead = all(e == 0 for w in chain[:2] for e in w.entries())
    return (imbalances(scaled)[0] != imbalances(chain)[0]) != dead


def floats(x: Instance) -> bool:
    """the enclosed gap of a float chain is that of its exact singular values, and narrow"""
    from theorems.subjects.orbit_samples import floats

    matrices = [floats(w) for w in layers(x)]
    found = kempf_ness_gap(squared_norms(matrices), product_sigma(matrices))
    least, squares = gap([fmpq_matrix(w) for w in matrices], num(1))
    exact = ball(squares - least)
    # A chain of zeros has width too: rounding is bounded as if anything could underflow.
    return bool(found.overlaps(exact) and abs(found - exact) <= ball(squares) / 2**12 + arb(2) ** -300)


def flags_of_balanced_chains(x: Instance) -> bool:
    """the canonical flag is the left flag of W_l and the right flag of W_{l+1}"""
    chain = layers(x)
    return all(canonical_flag(chain, l) == right_flag(chain[l - 1].transpose()) == right_flag(chain[l]) for l in (1, 2))
