"""Readings 1 and 2 of the stability theorem: framed chains W₁, W₂, W₃ under changes of basis at the two interfaces."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from certify.errors import UsageError
from certify.geometry.orbits.barcode import below, ranks_of_barcode
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.kempf_ness import (
    balanced_representative,
    canonical_flag,
    imbalances,
    is_balanced,
    kempf_ness_gap,
    right_flag,
    schatten_sum,
)
from certify.geometry.orbits.stability import chain_limit, destabilizer, end_to_end, polystable, reparameterize
from certify.linalg.chain_product import product_sigma, squared_norms
from certify.linalg.exact.subspace import image, is_invertible, kernel
from certify.rigor.ball import ball, precision
from certify.rigor.exact import fmpq_matrix
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.theorem import Constants, Proof, facts, holds
from theorems.exact.scalars import Scalar, decide, num
from theorems.exact.spectra import frobenius_squared, singular_squares, singular_values

__all__ = [
    "balanced_pairs",
    "balanced_powers",
    "criterion",
    "direct_sum",
    "every_orbit",
    "flags",
    "gap",
    "layer_ranks_suffice",
    "layers",
    "limits",
    "of_floats",
    "representative",
    "threshold_ranks",
]

_LENGTH = 3
_SMALL = Fraction(1, 2**20)


def layers(x: Instance) -> list[fmpq_mat]:
    """W₁, W₂, W₃."""
    return [x.matrix(f"W{l}") for l in range(1, _LENGTH + 1)]


def composable(x: Instance) -> Verdict:
    """Every layer reads what the one before writes; g and h act on the two interfaces."""
    w1, w2, w3 = layers(x)
    g, h = x.matrix("g"), x.matrix("h")
    return holds(
        w2.ncols() == w1.nrows() == g.nrows() == g.ncols() == len(x.vector("weights"))
        and w3.ncols() == w2.nrows() == h.nrows() == h.ncols()
    )


def equal_layer_ranks(x: Instance) -> bool:
    """rank W₁ = rank W₂ = rank W₃."""
    return len({int(w.rank()) for w in layers(x)}) == 1


def equal_ranks(x: Instance) -> bool:
    """rank W₁ = rank W₂ = rank W₃ = rank W₃W₂W₁."""
    chain = layers(x)
    return equal_layer_ranks(x) and int(chain[0].rank()) == int(end_to_end(chain).rank())


def invertible(x: Instance) -> bool:
    """g and h are invertible."""
    return is_invertible(x.matrix("g")) and is_invertible(x.matrix("h"))


def balanced(x: Instance) -> bool:
    """Δ₁ = Δ₂ = 0."""
    return is_balanced(layers(x))


def has_rational_flag(x: Instance) -> bool:
    """The squares of the singular values of the product are rational."""
    try:
        right_flag(end_to_end(layers(x)))
    except UsageError:
        return False
    return True


def criterion(x: Instance, c: Constants) -> Verdict:
    """Equal ranks: a balanced chain lies in the orbit. Otherwise λ(t) leads to a polystable chain outside of it."""
    chain = layers(x)
    found = polystable(chain)
    if not found.proves(chain) or (found.verdict is Verdict.CERTIFIED) != equal_ranks(x):
        return Verdict.REFUTED
    if found.destabilizer is None:
        return representative(x, c)
    limit = found.destabilizer.limit
    return holds(polystable(limit).verdict is Verdict.CERTIFIED and end_to_end(limit) == end_to_end(chain))


def layer_ranks_suffice(x: Instance, c: Constants) -> Verdict:
    """Equal ranks of the layers make the chain polystable."""
    return polystable(layers(x)).verdict if equal_layer_ranks(x) else Verdict.CERTIFIED


def limits(x: Instance, c: Constants) -> Verdict:
    """If λ(t)·W has a limit for t → 0, the limit lies in the orbit: it has the ranks of W."""
    chain = layers(x)
    first = _integers(x.vector("weights"))
    second = list(itertools.islice(itertools.cycle(first), chain[1].nrows()))
    limit = chain_limit(chain, [x.matrix("g"), x.matrix("h")], [first, second])
    if limit is None:
        return Verdict.CERTIFIED
    return holds([int(w.rank()) for w in limit] == [int(w.rank()) for w in chain])


def _integers(values: list[fmpq]) -> list[int]:
    scale = math.lcm(1, *(int(v.q) for v in values))
    return [int(v.p) * scale // int(v.q) for v in values]


def direct_sum(x: Instance, c: Constants) -> Verdict:
    """Two layers: polystable iff R^n = im W₁ ⊕ ker W₂."""
    w1, w2, _ = layers(x)
    u, v = image(w1), kernel(w2)
    split = (u & v).dim == 0 and u.dim + v.dim == u.ambient
    return holds(split == (polystable([w1, w2]).verdict is Verdict.CERTIFIED))


def representative(x: Instance, c: Constants) -> Verdict:
    """g·W is balanced, with the end-to-end map of W and Σ‖W_l‖² = L Σσ_i^{2/L}: all to within the enclosures."""
    chain = layers(x)
    if not equal_ranks(x):
        return Verdict.REFUTED
    found = balanced_representative(chain, bits=80)
    with precision(300):
        reached = [_conjugated(chain, found.g, found.g_inverse, l) for l in range(_LENGTH)]
        same = all(a.overlaps(b) for v, w in zip(reached, found.chain, strict=True) for a, b in _entries(v, w))
        inverse = all(
            _near(g * k, fmpq_mat(identity_rows(g.nrows()))) for g, k in zip(found.g, found.g_inverse, strict=True)
        )
        zero = all(
            _near(upper.transpose() * upper, lower * lower.transpose())
            for lower, upper in itertools.pairwise(found.chain)
        )
        ends = _near(found.chain[2] * found.chain[1] * found.chain[0], end_to_end(chain))
        squares = sum((e * e for w in found.chain for e in w.entries()), start=arb(0))
        least = _LENGTH * schatten_sum(_sigma(end_to_end(chain)), _LENGTH)
        minimal = abs(squares - least) < arb(1) / 2**30 * (1 + abs(least))
    return holds(same and inverse and zero and ends and minimal)


def identity_rows(n: int) -> list[list[int]]:
    """The rows of the identity."""
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


def _sigma(p: fmpq_mat) -> list[Scalar]:
    return singular_values(p)


def gap(chain: list[fmpq_mat], factor: Fraction, exponent: Fraction = Fraction(1)) -> tuple[Scalar, Scalar]:
    """c · L Σσ_i(P)^{2/L} and Σ‖W_l‖_F²."""
    squares = [num(frobenius_squared(w)) for w in chain]
    sigma = _sigma(end_to_end(chain))
    least = sum(squares, start=num(0)) - kempf_ness_gap(squares, sigma)
    if exponent != 1:
        least = len(chain) * schatten_sum(sigma, int(len(chain) / exponent))
    return num(factor) * least, sum(squares, start=num(0))


def gap_sides(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """c · 3 Σσ_i(P)^{2/3} ≤ Σ‖W_l‖_F² for the reparameterized chain; P does not change."""
    chain = layers(x)
    return gap(chain, c["schatten"])[0], gap(reparameterize(chain, [x.matrix("g"), x.matrix("h")]), Fraction(1))[1]


def own_gap_sides(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """c · 3 Σσ_i(P)^{2/3} ≤ Σ‖W_l‖_F²."""
    return gap(layers(x), c["schatten"])


def balanced_powers(x: Instance, c: Constants) -> Verdict:
    """PᵀP = (W₁ᵀW₁)³, PPᵀ = (W₃W₃ᵀ)³, and all W_l share their nonzero singular values."""
    chain = layers(x)
    p = end_to_end(chain)
    first, last = chain[0].transpose() * chain[0], chain[-1] * chain[-1].transpose()
    spectra = {_nonzero_spectrum(w.transpose() * w) for w in chain}
    return holds(p.transpose() * p == first**_LENGTH and p * p.transpose() == last**_LENGTH and len(spectra) == 1)


def _nonzero_spectrum(s: fmpq_mat) -> tuple[str, ...]:
    coefficients = list(s.charpoly().coeffs())
    while len(coefficients) > 1 and coefficients[0] == 0:
        coefficients.pop(0)
    return tuple(map(str, coefficients))


def balanced_pairs(x: Instance) -> Verdict:
    """For a balanced chain the canonical flag at an interface is the left flag of W_l and the right flag of W_{l+1}."""
    chain = layers(x)
    return holds(
        all(canonical_flag(chain, l) == right_flag(chain[l - 1].transpose()) == right_flag(chain[l]) for l in (1, 2))
    )


def flags(x: Instance, c: Constants) -> Verdict:
    """F_l(g·W) = g_l F_l(W) at both interfaces, and the dimensions are the ends of the clusters of σ(P)."""
    chain, g = layers(x), [x.matrix("g"), x.matrix("h")]
    moved = reparameterize(chain, g)
    squares = [s for s in singular_squares(end_to_end(chain)) if s > 0]
    ends = [k for k in range(1, len(squares) + 1) if k == len(squares) or squares[k - 1] > squares[k]]
    for l in (1, 2):
        flag = canonical_flag(chain, l)
        if canonical_flag(moved, l) != [f.mapped(g[l - 1]) for f in flag] or [f.dim for f in flag] != ends:
            return Verdict.REFUTED
    return Verdict.CERTIFIED


def threshold_ranks(x: Instance, c: Constants) -> Verdict:
    """Counting the σ_i > τσ_1 of the layers and of the product tells whether the chain is polystable."""
    if not 0 < x.rational("threshold") < 1:
        return Verdict.CERTIFIED  # nothing is claimed of other thresholds
    tau = num(x.rational("threshold"))

    def count(w: fmpq_mat) -> int:
        sigma = _sigma(w)
        above = [decide(lambda s=s: s - tau * sigma[0], strict=True).verdict for s in sigma]
        return sum(v is Verdict.CERTIFIED for v in above)

    chain = layers(x)
    told = len({count(w) for w in [*chain, end_to_end(chain)]}) == 1
    return holds(told == (polystable(chain).verdict is Verdict.CERTIFIED))


def reparameterized(x: Instance) -> Verdict:
    """Polystability, the product and its singular values do not change under hidden g, h of condition up to 10⁶."""
    from theorems.subjects.orbit_samples import own_change

    chain = layers(x)
    g = [own_change(x, chain[0].nrows()), own_change(x, chain[1].nrows(), salt=1)]
    moved = reparameterize(chain, g)
    return holds(polystable(moved).verdict is polystable(chain).verdict and end_to_end(moved) == end_to_end(chain))


def imbalance_moves(x: Instance) -> Verdict:
    """The imbalance is no invariant: scaling an interface by 2 changes it, unless both layers vanish there."""
    chain = layers(x)
    two = fmpq_mat([[2 * v for v in row] for row in identity_rows(chain[0].nrows())])
    one = fmpq_mat(identity_rows(chain[1].nrows()))
    scaled = reparameterize(chain, [two, one])
    dead = all(e == 0 for w in chain[:2] for e in w.entries())
    return holds((imbalances(scaled)[0] != imbalances(chain)[0]) != dead)


def of_floats(x: Instance) -> Verdict:
    """For chains of floats: the enclosed gap meets the one of exact singular values, and is narrow."""
    from theorems.subjects.orbit_samples import floats

    matrices = [floats(w) for w in layers(x)]
    found = kempf_ness_gap(squared_norms(matrices), product_sigma(matrices))
    least, squares = gap([fmpq_matrix(w) for w in matrices], Fraction(1))
    exact = ball(squares - least)
    # A chain of zeros has width too: rounding is bounded as if anything could underflow.
    return holds(found.overlaps(exact) and abs(found - exact) <= ball(squares) / 2**12 + arb(2) ** -300)


def every_orbit(equal: Any = None) -> Proof:
    """Over one chain of every orbit of small dimension vectors: the criterion, its destabilizer, and the closure order.

    The closed orbits of framed chains are the minimal elements among the orbits with the same rank of the product.
    """
    from theorems.subjects.orbit_samples import chain_of_barcode

    def says(bars: dict[tuple[int, int], int], length: int) -> bool:
        if equal is not None:
            return bool(equal(bars, length))
        one = [fmpq_mat(identity_rows(sum(m for (i, j), m in bars.items() if i <= v <= j))) for v in range(length + 1)]
        chain = chain_of_barcode(bars, length, one)
        found = polystable(chain)
        limit = destabilizer(chain)
        complete = found.proves(chain) and polystable(limit.limit).verdict is Verdict.CERTIFIED
        return complete and found.verdict is Verdict.CERTIFIED

    def minimal(dims: tuple[int, ...]) -> bool:
        length = len(dims) - 1
        orbits = list(barcodes(dims))
        ranks = [ranks_of_barcode(b, length) for b in orbits]
        for bars, rank in zip(orbits, ranks, strict=True):
            same = [r for r in ranks if r[0, length] == rank[0, length] and r != rank]
            closed = not any(below(r, rank) for r in same)
            if closed != says(bars, length):
                return False
        return True

    vectors = [(a, b, c) for a in (1, 2) for b in (1, 2, 3) for c in (1, 2)]
    vectors += [(a, b, c, d) for a in (1, 2) for b in (1, 2) for c in (1, 2) for d in (1, 2)]
    return facts(
        "exhaustive",
        "one chain of every orbit; L = 2 and 3, ends up to 2, hidden sides up to 3 and 2",
        [(f"dimensions {dims}", minimal(dims)) for dims in vectors],
    )


def arithmetic_geometric() -> Proof:
    """Two layers: ‖W₁‖² + ‖W₂‖² − 2 tr(QW₂W₁) = ‖W₁ − (QW₂)ᵀ‖² for orthogonal Q, whose maximum over Q is 2Σσ_i(P).

    Three aligned layers: x³ + y³ + z³ − 3xyz is a product of non-negative factors for x, y, z ≥ 0.
    """
    import sympy

    claims: list[tuple[str, object]] = []
    s = sympy.Symbol("s", real=True)
    half = [(1 - s**2) / (1 + s**2), 2 * s / (1 + s**2)]  # a rational parametrization of the circle
    turns = {
        "rotations": sympy.Matrix([[half[0], -half[1]], [half[1], half[0]]]),
        "reflections": sympy.Matrix([[half[0], half[1]], [half[1], -half[0]]]),
    }
    a: Any = sympy.Matrix(2, 2, sympy.symbols("a1:5", real=True))
    b: Any = sympy.Matrix(2, 2, sympy.symbols("b1:5", real=True))
    for name, q in turns.items():
        difference: Any = a - (q * b).T
        square = sum(v**2 for v in difference)
        left = sum(v**2 for v in a) + sum(v**2 for v in b) - 2 * (q * b * a).trace()
        claims.append((f"2×2, {name}", sympy.simplify(left - square) == 0))
    x, y, z = sympy.symbols("x y z", nonnegative=True)
    factors = (x + y + z) * ((x - y) ** 2 + (y - z) ** 2 + (z - x) ** 2) / 2
    claims.append(("x³ + y³ + z³ − 3xyz", sympy.expand(x**3 + y**3 + z**3 - 3 * x * y * z - factors) == 0))
    return facts("symbolic", "all real 2×2 layers, L = 2; aligned layers, L = 3", claims)
