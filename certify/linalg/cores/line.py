r"""The singular values of the product of a whole line of layers, from its cores.

W_L ⋯ W_1 = Ū_L (S_L C̄_{L−1} S_{L−1} ⋯ C̄_1 S_1) V̄_1ᵀ up to the errors of the layers. The inner product is formed from
the right, M ← S_{l+1}C_l M, with

    e ← γ‖T‖_F‖M‖_F + δ_T(‖M‖_F + e) + s_{l+1} e,       T = fl(S_{l+1}C_l) within δ_T of exact,                     (11)

and the layers change the product by at most Π(s + ε) − Πs in the spectral norm. Weyl moves every singular value by at
most the sum. M is kept near 1 by powers of two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import flint
import numpy as np

from certify.linalg.chain_product import ProductSpectrum
from certify.linalg.cores.core import Core
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import ONE, ZERO, frobenius_up, product_error, up
from certify.linalg.matrix import scale
from certify.linalg.svd import svd
from certify.rigor.rounding import add_up, sub_down

__all__ = ["line_spectrum"]

_ILL = 1e6


def line_spectrum(layers: Sequence[Near], cores: Sequence[Core]) -> ProductSpectrum | None:
    """Enclose all min(n_0, n_L) singular values of W_L ⋯ W_1 from its layers, first to last, and their cores.

    None where something overflowed.
    """
    exponent = sum(x.exponent for x in layers)
    count = min(layers[0].shape[1], layers[-1].shape[0])
    moved = _layers_error(layers)
    if not all(x.k for x in layers):
        return ProductSpectrum(np.zeros(count), np.full(count, up(moved)), exponent, up(moved))
    first = cores[0]
    m, rounding = first.form(first.read.s, first.write.s, (1 + first.write.top()) * (1 + first.read.top()))
    error, shift = rounding + first.error(1, 1), 0
    for c in cores[1:]:
        t, rounding = c.form(c.read.s, None, 1 + c.read.top())
        t_error, size, t_size = rounding + c.error(1, 0), frobenius_up(m), frobenius_up(t)
        product = t @ m
        largest = (1 + t_size) * (1 + size)
        error = t_error * (size + error) + c.read.top() * error
        error += product_error(t.shape[1], t_size, size, product.size, largest)
        scaled = scale(product)
        m, shift = scaled.matrix, shift + scaled.exponent
        error = (error * flint.arb(2) ** -scaled.exponent + flint.arb(scaled.loss)).upper()
    exponent += shift
    error = up((error + moved * flint.arb(2) ** -shift).upper())
    if not error < np.inf:
        return None
    found = svd(m, "fast", gram=_condition(layers) < _ILL)
    low, high = np.zeros(count), np.full(count, error)
    kept = min(count, found.lower.size)
    low[:kept] = np.maximum(sub_down(found.lower[:kept], error), 0.0)
    high[:kept] = add_up(found.upper[:kept], error)
    return ProductSpectrum(low, high, exponent, error)


def _layers_error(layers: Sequence[Near]) -> flint.arb:
    big, small = ONE, ONE
    for x in layers:
        big, small = big * (x.top() + x.error_spectral), small * x.top()
    return (big - small).upper().max(ZERO)


def _condition(layers: Sequence[Near]) -> float:
    """An estimate from above of the condition number of the product."""
    return math.prod(float(x.s[0]) / float(x.s[-1]) for x in layers)
