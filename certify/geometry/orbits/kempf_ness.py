"""Balanced chains: the Kempf–Ness gap, the balanced representative of a polystable chain, canonical flags.

A chain is balanced when W_{l+1}^T W_{l+1} = W_l W_l^T at every interface. Balanced chains minimize Σ‖W_l‖_F² on their
orbit, and Σ‖W_l‖_F² ≥ L Σ_i σ_i(W_L ⋯ W_1)^{2/L} with equality exactly for them: by Horn's inequalities
Σ_i Π_l σ_i(W_l)^{2/L} dominates Σ_i σ_i(W_L ⋯ W_1)^{2/L}, and AM–GM bounds it by Σ_i (1/L) Σ_l σ_i(W_l)².

The balanced representative is a geodesic. Let B_0 be a basis (n_0 x r) of the row space of P = W_L ⋯ W_1 and
B_l = W_l ⋯ W_1 B_0. In these bases every W_l is the identity, and only the inner products H_l of the interfaces matter;
H_0 = B_0^T B_0 and H_L = B_L^T B_L are given. Balance reads H_{l+1} = H_l H_{l−1}^{-1} H_l: the H_l are the equally
spaced points H_0 #_{l/L} H_L of the geodesic of positive definite matrices (weighted geometric means). Let H_0 = R^T R,
M = R^{-T} H_L R^{-1} and Z = M^{1/(2L)}: the representative is W_l = Z on every interface between hidden layers, up to
zeros, and Z has the eigenvalues σ_i(P)^{1/L}. Source: FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from certify.errors import InternalError, UsageError
from certify.geometry.number import Number, coerce, total
from certify.geometry.orbits.positive_root import cholesky, positive_root
from certify.geometry.orbits.stability import end_to_end, unobservable
from certify.linalg.exact.subspace import Subspace, echelon, from_columns, kernel
from certify.rigor.ball import increase_until
from certify.rigor.functions import power

__all__ = [
    "Balanced",
    "balanced_representative",
    "canonical_flag",
    "imbalances",
    "is_balanced",
    "kempf_ness_gap",
    "right_flag",
    "schatten_sum",
]

_HALF = Fraction(1, 2)


def schatten_sum(sigma: Sequence[Number], layers: int) -> Number:
    """Σ_i σ_i^{2/L}: 1/L of the least Σ‖W_l‖_F² over all chains of L layers with a product of these singular values.

    Works for every number type. A ball that reaches below 0 is cut at 0, as singular values are not negative.
    """
    return total(_root(coerce(s), Fraction(2, layers)) for s in sigma)


def kempf_ness_gap(squared_norms: Sequence[Number], sigma: Sequence[Number]) -> Number:
    """Σ_l ‖W_l‖_F² − L Σ_i σ_i(W_L ⋯ W_1)^{2/L} ≥ 0, zero exactly for balanced chains.

    Parameters
    ----------
    squared_norms : ‖W_l‖_F² for every layer, any number type (L of them).
    sigma : the singular values of the product, in the same type.

    >>> from fractions import Fraction
    >>> kempf_ness_gap([4, 1], [2]).contains(1)
    True
    """
    layers = len(squared_norms)
    return total(map(coerce, squared_norms)) - layers * schatten_sum(sigma, layers)


def _root(x: Number, exponent: Fraction) -> Number:
    if isinstance(x, arb) and not x > 0:
        if x < 0:
            raise UsageError("a singular value is negative")
        top = x.upper()
        return arb(0).union(power(top, exponent)) if top > 0 else arb(0)
    # Without the dispatch, which costs more than the root.
    return x.sqrt() if isinstance(x, arb) and exponent == _HALF else power(x, exponent)


def imbalances(chain: Sequence[fmpq_mat]) -> list[fmpq_mat]:
    """Δ_l = W_{l+1}^T W_{l+1} − W_l W_l^T for 1 ≤ l < L, exactly."""
    return [upper.transpose() * upper - lower * lower.transpose() for lower, upper in itertools.pairwise(chain)]


def is_balanced(chain: Sequence[fmpq_mat]) -> bool:
    """Whether all imbalances vanish."""
    return all(x == 0 for delta in imbalances(chain) for x in delta.entries())


@dataclass(frozen=True, slots=True)
class Balanced:
    """Enclosures of a balanced chain in the orbit, and of the g_l and g_l^{-1} (1 ≤ l < L) that lead to it.

    ``root`` encloses Z: r x r, symmetric, with the eigenvalues σ_i(P)^{1/L}.
    """

    chain: tuple[arb_mat, ...]
    g: tuple[arb_mat, ...]
    g_inverse: tuple[arb_mat, ...]
    root: arb_mat


def balanced_representative(chain: Sequence[fmpq_mat], *, bits: int = 128) -> Balanced:
    """The balanced chain in the orbit of a polystable rational chain, enclosed entry by entry.

    Parameters
    ----------
    chain : W_1, ..., W_L over the rationals, all of the rank of the product.
    bits : wanted accuracy of the entries, about 2**-bits relative to the largest.

    Raises
    ------
    UsageError
        The chain is not polystable: its orbit contains no balanced chain.

    >>> from flint import fmpq_mat
    >>> b = balanced_representative([fmpq_mat([[2]]), fmpq_mat([[8]])])
    >>> [w[0, 0].contains(4) for w in b.chain], b.g[0][0, 0].contains(2)
    ([True, True], True)
    """
    p = end_to_end(chain)
    r = int(p.rank())
    if any(int(w.rank()) != r for w in chain):
        raise UsageError(
            "the chain is not polystable: the ranks of its matrices and of their product differ",
            hint="certify.geometry.orbits.stability.polystable gives the degeneration to the closed orbit",
        )

    found = increase_until(
        lambda: _balanced(chain, p, r), lambda b: b is not None and _accurate(b, bits), start=bits + 64
    )
    if found is None:
        raise InternalError("no precision up to the limit encloses the balanced representative")
    return found


def _accurate(found: Balanced, bits: int) -> bool:
    entries = [x for w in (*found.chain, *found.g, *found.g_inverse) for x in w.entries()]
    largest = max((abs(x).upper() for x in entries), default=arb(1))
    return all(x.rad() <= largest * arb(2) ** -bits for x in entries)


def _balanced(chain: Sequence[fmpq_mat], p: fmpq_mat, r: int) -> Balanced | None:
    layers = len(chain)
    rows, _ = echelon(p)
    starts = [from_columns(rows, p.ncols())]  # B_0, then B_l = W_l ... W_1 B_0
    for w in chain:
        starts.append(w * starts[-1])
    lower = cholesky(arb_mat(starts[0].transpose() * starts[0]))  # H_0 = R^T R with R = lower^T
    if lower is None:
        return None
    r_inverse = lower.transpose().inv() if r else arb_mat(0, 0)
    middle = r_inverse.transpose() * arb_mat(starts[-1].transpose() * starts[-1]) * r_inverse
    z = positive_root(middle, 2 * layers) if r else arb_mat(0, 0)
    if z is None:
        return None
    try:
        z_inverse = z.inv() if r else z
        return _assemble(chain, starts, r_inverse, z, z_inverse)
    except ZeroDivisionError:
        return None


def _assemble(
    chain: Sequence[fmpq_mat], starts: Sequence[fmpq_mat], r_inverse: arb_mat, z: arb_mat, z_inverse: arb_mat
) -> Balanced:
    layers, r = len(chain), z.nrows()
    inverses: list[arb_mat] = []
    frame = r_inverse  # R^{-1} Z^{-l}
    for l in range(1, layers):
        frame = frame * z_inverse
        hidden = from_columns(unobservable(chain, l).basis, chain[l - 1].nrows())
        inverses.append(_beside(arb_mat(starts[l]) * frame, arb_mat(hidden)))
    g = [x.inv() for x in inverses]
    first = z * r_inverse.transpose() * arb_mat(starts[0].transpose())
    if layers == 1:
        return Balanced((arb_mat(chain[0]),), (), (), z)
    dims = [w.nrows() for w in chain]
    balanced = [_padded(first, dims[0], chain[0].ncols())]
    balanced += [_padded(z, dims[l], dims[l - 1]) for l in range(1, layers - 1)]
    last = arb_mat(starts[-1]) * frame
    balanced.append(_beside(last, arb_mat(dims[-1], dims[-2] - r)))
    return Balanced(tuple(balanced), tuple(g), tuple(inverses), z)


def _beside(a: arb_mat, b: arb_mat) -> arb_mat:
    rows = [[a[i, j] for j in range(a.ncols())] + [b[i, j] for j in range(b.ncols())] for i in range(a.nrows())]
    return arb_mat(a.nrows(), a.ncols() + b.ncols(), [x for row in rows for x in row])


def _padded(a: arb_mat, rows: int, columns: int) -> arb_mat:
    inside = [a[i, j] if i < a.nrows() and j < a.ncols() else arb(0) for i in range(rows) for j in range(columns)]
    return arb_mat(rows, columns, inside)


def right_flag(p: fmpq_mat) -> list[Subspace]:
    """The spans of the right singular vectors of P for the 1, 2, ... largest distinct nonzero singular values.

    Raises
    ------
    UsageError
        Some σ² is irrational, so that the spans are not rational subspaces.

    >>> [v.dim for v in right_flag(fmpq_mat([[2, 0, 0], [0, 1, 0], [0, 0, 1]]))]
    [1, 3]
    """
    gram = p.transpose() * p
    squares: list[fmpq] = []
    for factor, _ in gram.charpoly().numer().factor()[1]:
        if factor.degree() > 1:
            raise UsageError(
                "a singular value of the product has an irrational square",
                hint="its flag is not rational; choose the product as Q1 D Q2 with rational orthogonal Q",
            )
        squares.append(fmpq(-factor[0], factor[1]))
    flag: list[Subspace] = []
    for square in sorted((s for s in squares if s > 0), reverse=True):
        shift = fmpq_mat(gram.nrows(), gram.nrows(), _diagonal(gram.nrows(), square))
        space = kernel(gram - shift)
        flag.append(flag[-1] + space if flag else space)
    return flag


def _diagonal(n: int, value: Any) -> list[Any]:
    return [value if i == j else 0 for i in range(n) for j in range(n)]


def canonical_flag(chain: Sequence[fmpq_mat], interface: int) -> list[Subspace]:
    """F_l^{(k)} = W_l ⋯ W_1 span(v_1..v_k) at interface l, k running over the ends of clusters of equal σ_i(P).

    The v_i are the right singular vectors of the product P. The flag moves with a hidden reparameterization,
    F_l(g·W) = g_l F_l(W), since P does not change. For a balanced chain it is the flag of the left singular vectors of
    W_l. Raises as :func:`right_flag`.
    """
    start = end_to_end(chain[:interface])
    return [v.mapped(start) for v in right_flag(end_to_end(chain))]
