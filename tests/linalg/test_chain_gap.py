"""The Kempf–Ness gap of float chains against 60 digits."""

from __future__ import annotations

import itertools

import mpmath
import numpy as np
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.orbits.kempf_ness import kempf_ness_gap
from certify.linalg.chain_product import product_sigma, squared_norms


def chain_gap(w, rank=None):
    return kempf_ness_gap(squared_norms(w), product_sigma(w)[:rank])


@given(st.integers(0, 2**32 - 1))
def test_the_gap_of_float_chains_contains_that_of_60_digits(seed):
    rng = np.random.default_rng(seed)
    dims = rng.integers(1, 5, int(rng.integers(2, 5)))
    w = [rng.standard_normal((b, a)) * 10.0 ** rng.integers(-3, 4) for a, b in itertools.pairwise(dims)]
    with mpmath.workdps(60):
        product = mpmath.matrix(w[0].tolist())
        for m in w[1:]:
            product = mpmath.matrix(m.tolist()) * product
        tall = product if product.rows >= product.cols else product.T
        sigma = mpmath.svd_r(tall, compute_uv=False)
        gap = sum(mpmath.mpf(float(x)) ** 2 for m in w for x in m.ravel())
        gap -= len(w) * sum(abs(s) ** (mpmath.mpf(2) / len(w)) for s in sigma)
        assert all(
            b.contains(arb(mpmath.nstr(s, 50)))
            for b, s in zip(product_sigma(w), sorted(sigma, reverse=True), strict=True)
        )
        assert chain_gap(w).overlaps(arb(mpmath.nstr(gap, 50), 1e-40 * (1 + abs(float(gap)))))


def test_the_gap_of_a_product_of_known_rank_is_sharper():
    rng = np.random.default_rng(3)
    w = [rng.integers(-3, 4, (6, 2)) @ rng.integers(-3, 4, (2, 6)) for _ in range(5)]
    loose, sharp = chain_gap(w), chain_gap(w, rank=2)
    assert loose.overlaps(sharp)
    assert sharp.rad() < loose.rad() / 100
