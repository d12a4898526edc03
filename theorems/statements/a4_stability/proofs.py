"""Closed orbits against the closure order, the inequality behind the Kempf–Ness bound, and exact roots."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from flint import arb_mat, fmpq, fmpq_mat

from certify.geometry.orbits.barcode import below, ranks_of_barcode
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.kempf_ness import balanced_representative, imbalances, is_balanced, kempf_ness_gap
from certify.geometry.orbits.positive_root import positive_root
from certify.geometry.orbits.stability import Destabilizer, destabilizer, end_to_end, polystable
from certify.rigor.ball import precision
from certify.verdict import Verdict
from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, square, vanishes
from theorems.exact.scalars import num
from theorems.exact.spectra import frobenius_squared, singular_values

__all__ = ["aligned_chains", "arithmetic_geometric", "every_orbit", "known_roots", "no_false_witness", "one_layer"]

Bars = dict[tuple[int, int], int]


def _identity(n: int) -> fmpq_mat:
    return fmpq_mat([[int(i == j) for i in range(n)] for j in range(n)])


def every_orbit(equal: Callable[[Bars, int], bool] | None = None) -> Facts:
    """The criterion and its destabilizer against the closure order: the closed orbits of framed chains are the minimal
    ones among those with the same rank of the product."""
    from theorems.subjects.orbit_samples import chain_of_barcode

    def says(bars: Bars, length: int) -> bool:
        if equal is not None:
            return equal(bars, length)
        one = [_identity(sum(m for (i, j), m in bars.items() if i <= v <= j)) for v in range(length + 1)]
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
            if (not any(below(r, rank) for r in same)) != says(bars, length):
                return False
        return True

    vectors = [(a, b, c) for a in (1, 2) for b in (1, 2, 3) for c in (1, 2)]
    vectors += [(a, b, c, d) for a in (1, 2) for b in (1, 2) for c in (1, 2) for d in (1, 2)]
    for dims in vectors:
        yield f"dimensions {dims}", minimal(dims)


def no_false_witness() -> Facts:
    """A destabilizer proves nothing with a singular basis, another limit, or a limit in the orbit itself."""
    from dataclasses import replace

    chain = [fmpq_mat([[1], [0]]), fmpq_mat([[0, 1]])]
    found = destabilizer(chain)
    singular = replace(found, bases=tuple(0 * b for b in found.bases))
    other = replace(found, limit=tuple(chain))
    still = replace(found, weights=tuple(tuple(0 for _ in w) for w in found.weights), limit=tuple(chain))
    half = next(x for x in ((0 * chain[0], chain[1]), (chain[0], 0 * chain[1])) if x != found.limit)
    yield "the true one", found.proves(chain)
    yield "a singular basis", _denied(singular, chain)
    yield "the chain itself for its limit", not other.proves(chain)
    yield "another limit", not replace(found, limit=half).proves(chain)
    yield "no movement", not still.proves(chain)
    whole = polystable(chain)
    yield "other ranks", not replace(whole, layer_ranks=(0, 0)).proves(chain)
    yield "another rank of the product", not replace(whole, product_rank=1).proves(chain)
    yield "the opposite verdict", not replace(whole, verdict=Verdict.CERTIFIED).proves(chain)


def _denied(witness: Destabilizer, chain: list[fmpq_mat]) -> bool:
    try:
        return not witness.proves(chain)
    except ZeroDivisionError:
        return False


def arithmetic_geometric() -> Facts:
    """Two layers: ‖W₁‖² + ‖W₂‖² − 2 tr(QW₂W₁) = ‖W₁ − (QW₂)ᵀ‖² for orthogonal Q, whose maximum over Q is 2Σσ_i(P).
    Three aligned layers: x³ + y³ + z³ − 3xyz is a product of non-negative factors for x, y, z ≥ 0."""
    import sympy

    s = sympy.Symbol("s", real=True)
    half = [(1 - s**2) / (1 + s**2), 2 * s / (1 + s**2)]  # a rational parametrization of the circle
    turns = {
        "rotations": sympy.Matrix([[half[0], -half[1]], [half[1], half[0]]]),
        "reflections": sympy.Matrix([[half[0], half[1]], [half[1], -half[0]]]),
    }
    a, b = real_matrix("a", 2, 2), real_matrix("b", 2, 2)
    for name, q in turns.items():
        left = square(a) + square(b) - 2 * (q * b * a).trace()
        yield f"2×2, {name}", vanishes(left - square(a - (q * b).T))
    x, y, z = sympy.symbols("x y z", nonnegative=True)
    factors = (x + y + z) * ((x - y) ** 2 + (y - z) ** 2 + (z - x) ** 2) / 2
    yield "x³ + y³ + z³ − 3xyz", vanishes(x**3 + y**3 + z**3 - 3 * x * y * z - factors)


def aligned_chains() -> Facts:
    """Balanced chains of 1 to 6 equal diagonal layers with up to four singular values attain the bound, and one layer
    multiplied by 2 breaks it; the trace of an imbalance is the difference of squared norms, in this order."""
    for length in range(1, 7):
        for sigma in ((3,), (3, 2), (5, 3, 2), (7, 5, 3, 2)):
            d = fmpq_mat([[v if i == j else 0 for j in range(len(sigma))] for i, v in enumerate(sigma)])
            for last, balanced in ((d, True), (2 * d, length == 1)):
                chain = [*[d] * (length - 1), last]
                squares = [num(frobenius_squared(w)) for w in chain]
                gap: Any = kempf_ness_gap(squares, singular_values(end_to_end(chain)))
                label = f"L = {length}, {len(sigma)} singular values{'' if last is d else ', the last layer doubled'}"
                tight = bool(gap == 0) if isinstance(gap, fmpq) else bool(gap.contains(0) and gap.rad() < 1e-9)
                yield f"{label}: gap", tight == balanced
                yield f"{label}: balance", is_balanced(chain) == balanced
                traces = [_trace(delta) for delta in imbalances(chain)]
                steps = [b - a for a, b in pairwise(squares)]
                yield f"{label}: traces", traces == steps


def one_layer() -> Facts:
    """A chain of one layer has no hidden space: it is polystable, balanced, and its own representative."""
    w = fmpq_mat([[2, 1], [0, 3], [1, 0]])
    found = balanced_representative([w])
    same = all(a.contains(b) for a, b in zip(found.chain[0].entries(), w.entries(), strict=True))
    yield "its representative", len(found.chain) == 1 and same
    yield "no change of basis", not found.g and not found.g_inverse
    yield "polystable", polystable([w]).verdict is Verdict.CERTIFIED
    yield "balanced", is_balanced([w]) and not imbalances([w])


def _trace(a: fmpq_mat) -> fmpq:
    return sum((a[i, i] for i in range(a.nrows())), fmpq(0))


def known_roots() -> Facts:
    """Enclosed roots contain the root that is known, are narrow, and are refused for matrices that are not positive."""
    turn = fmpq_mat([[fmpq(3, 5), fmpq(-4, 5)], [fmpq(4, 5), fmpq(3, 5)]])
    with precision(96):
        for k in (2, 3, 5):
            for first, second in ((fmpq(7, 3), fmpq(1, 3)), (fmpq(2, 7), fmpq(2, 7)), (fmpq(9), fmpq(1, 100))):
                y = turn * fmpq_mat([[first, 0], [0, second]]) * turn.transpose()
                found = positive_root(arb_mat(y**k), k)
                with precision(400):
                    inside = found is not None and all(
                        a.contains(b) for a, b in zip(found.entries(), y.entries(), strict=True)
                    )
                yield f"k = {k}, eigenvalues {first} and {second}: the root", inside
                narrow = found is not None and all(a.rad() < 1e-15 for a in found.entries())
                yield f"k = {k}, eigenvalues {first} and {second}: narrow", narrow
        indefinite, singular = fmpq_mat([[1, 2], [2, 1]]), fmpq_mat([[1, 1], [1, 1]])
        yield "an indefinite matrix", positive_root(arb_mat(indefinite), 2) is None
        yield "a singular matrix", positive_root(arb_mat(singular), 2) is None
