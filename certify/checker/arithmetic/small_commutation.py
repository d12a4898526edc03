r"""Imbalance and commutator of two layers that meet in a space larger than both, from matrices of the smaller sides.

With X = W'W, G = WᵀW and G' = W'W'ᵀ, where K = WWᵀ and H = W'ᵀW',

.. math:: \|H-K\|_F^2=\|G'\|_F^2+\|G\|_F^2-2\|X\|_F^2,\qquad
   \|[H,K]\|_F^2=2\big(\mathrm{tr}(X^TG'XG)-\|X^TX\|_F^2\big).

*Proof.* ‖K‖_F = ‖G‖_F, ‖H‖_F = ‖G'‖_F, ⟨H, K⟩ = ‖X‖_F². HK = W'ᵀXWᵀ, so ‖HK‖_F² = tr(WXᵀG'XWᵀ) = tr(XᵀG'XG), and
⟨HK, KH⟩ = tr(HKHK) = tr(XXᵀXXᵀ), as WᵀW'ᵀ = Xᵀ; KH is the transpose of HK.  □

Both differences cancel where the layers are nearly balanced or nearly commute; then nothing is returned.
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb

from certify.checker.arithmetic.rounding import ETA, Array, U, above, ball, gamma, gram, product, roundings
from certify.checker.arithmetic.scaled_matrix import Unit, error_ball, frobenius, root

__all__ = ["small_commutation"]

_CHUNK = 16


def small_commutation(w: Unit, w_next: Unit) -> tuple[arb, arb, arb, arb] | None:
    """Balls around ‖H‖_F, ‖K‖_F and ‖H - K‖_F, the first two for the scaled layers and the third on the scale of the
    larger Gram matrix, and around ‖[H, K]‖_F/(‖H‖_F‖K‖_F).

    None where W is not narrow and W' not low enough for this to pay, or a ball is wider than a quarter of what is
    published beyond the computed width.
    """
    n, size = w.matrix.shape
    size_next = w_next.matrix.shape[0]
    if n <= size + size_next:
        return None
    x, _ = product(w_next.matrix, w.matrix)
    g, _ = gram(w.matrix)
    g_next, _ = gram(np.ascontiguousarray(w_next.matrix.T))
    # Errors in the Frobenius norm; ‖W‖_F and ‖W'‖_F are below 1.
    x_error = _slip(n, root(w.mass), root(w_next.mass), x.size) + 2 * (ball(w.lost) + ball(w_next.lost))
    g_error = _slip(n, root(w.mass), root(w.mass), g.size) + 3 * ball(w.lost)
    next_error = _slip(n, root(w_next.mass), root(w_next.mass), g_next.size) + 3 * ball(w_next.lost)
    x_size, g_size, next_size = frobenius(x), frobenius(g), frobenius(g_next)
    left, _ = product(g_next, x)
    right, _ = product(x, g)
    left_error = _slip(size_next, next_size, x_size, left.size) + next_size * x_error + next_error * (x_size + x_error)
    right_error = _slip(size, x_size, g_size, right.size) + g_size * x_error + g_error * (x_size + x_error)
    left_size, right_size = frobenius(left), frobenius(right)
    both = _inner(left, right, left_size * right_size)
    both += error_ball(left_size * right_error + right_size * left_error + left_error * right_error)
    squared, _ = gram(x)
    squared_error = _slip(size_next, x_size, x_size, squared.size) + 2 * x_size * x_error + x_error * x_error
    crossed = frobenius(squared) + error_ball(squared_error)
    h, k, inner = next_size + error_ball(next_error), g_size + error_ball(g_error), x_size + error_ball(x_error)
    magnitude = root(2 * (both - crossed * crossed)) / (h * k)
    top = max(w.exponent, w_next.exponent)
    h_scale, k_scale = arb(4) ** (w_next.exponent - top), arb(4) ** (w.exponent - top)
    imbalance = root((h * h_scale) ** 2 + (k * k_scale) ** 2 - 2 * inner * inner * h_scale * k_scale)
    fine = ball(max(2 * max(n, size, size_next), 128) * U)
    masses = w.mass * k_scale + w_next.mass * h_scale
    # NaN balls compare false.
    if not (imbalance.rad() < fine * masses and magnitude.rad() < fine * (1 + w.mass / k + w_next.mass / h)):
        return None
    return h, k, imbalance, magnitude


def _slip(inner: int, left: arb, right: arb, entries: int) -> arb:
    """A bound of ‖fl(XY) - XY‖_F from the Frobenius norms of X and Y, entries at most 2."""
    return ball(gamma(roundings(inner))) * left * right + ball(8 * inner * ETA) * arb(entries).sqrt()


def _inner(x: Array, y: Array, size: arb) -> arb:
    """A ball around ⟨x, y⟩, ``size`` a bound of ‖x‖_F‖y‖_F, entries at most 2: sixteen products are added in floating
    point, the partial sums exactly."""
    a, b = (np.ascontiguousarray(z).reshape(-1) for z in (x, y))
    whole = a.size - a.size % _CHUNK
    chunks = np.einsum("ij,ij->i", a[:whole].reshape(-1, _CHUNK), b[:whole].reshape(-1, _CHUNK))
    total = ball(math.fsum(chunks)) + ball(math.fsum(a[whole:] * b[whole:]))
    return total + error_ball(ball(gamma(_CHUNK + 2)) * above(size) + 8 * ball(ETA) * a.size)
