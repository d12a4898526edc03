"""Norms of quotients from near-decompositions against 60 digits."""

from __future__ import annotations

from dataclasses import replace

import flint
import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.quotient import quotient_norms
from certify.checker.arithmetic.rounding import above, below
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.linalg.reference import exact_matrix


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(96), mp.workdps(60):
        yield


def pair(n, condition, scale=1.0, scale_next=1.0):
    rng = np.random.default_rng(n)
    spread = condition ** -np.linspace(0, 1, n)
    return rng.standard_normal((n, n)) * spread * scale, (rng.standard_normal((n, n)) * scale_next)


def norm(x):
    return max(mp.svd_r(x, compute_uv=False))


def truths(w, v):
    return norm(exact_matrix(v) * exact_matrix(w) ** -1), norm(exact_matrix(w) * exact_matrix(v) ** -1)


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("condition", [1.0, 1e4, 1e9])
@pytest.mark.parametrize("scales", [(1.0, 1.0), (1e-150, 1e150), (2.0**600, 3.0)])
def test_quotients_are_enclosed(n, condition, scales):
    w, v = pair(n, condition, *scales)
    for ball, truth in zip(quotient_norms(*(near_svd(Unit.of(x)) for x in (w, v))), truths(w, v), strict=True):
        assert mp.mpf(ball.lower().str(40, radius=False)) * (1 - mp.mpf(10) ** -30) <= truth
        assert truth <= mp.mpf(ball.upper().str(40, radius=False)) * (1 + mp.mpf(10) ** -30)
        assert ball.rad() < ball.mid() * 2.0**-44 * condition * max(n, 4) ** 2


def test_a_singular_layer_has_no_quotient():
    near = near_svd(Unit.of(np.diag([1.0, 0.0]))), near_svd(Unit.of(np.eye(2)))
    assert not any(ball.is_finite() for ball in quotient_norms(*near))


def test_columns_that_leave_as_much_as_they_have_prove_nothing():
    near = near_svd(Unit.of(np.diag([1.0, 0.5])))
    assert not any(ball.is_finite() for ball in quotient_norms(replace(near, columns=near.s * 0.8), near)[:1])


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("name", ["s", "left", "right"])
def test_a_wrong_decomposition_with_true_bounds_is_covered(place, name):
    """Values, or vectors, off by 1e-7 and said to be so."""
    w, v = pair(3, 10.0)
    near = [near_svd(Unit.of(x)) for x in (w, v)]
    off, true = 1e-7, near[place]
    if name == "s":
        near[place] = replace(true, s=true.s * (1 + off), columns=true.columns + true.s * off * 1.01)
    else:
        # Longer vectors; right ones have longer images.
        changes = {name: getattr(true, name) * (1 + off), f"{name}_distance": off * 1.01}
        near[place] = replace(true, columns=true.columns + true.s * off * 1.01, **changes)
    for ball, truth in zip(quotient_norms(*near), truths(w, v), strict=True):
        assert mp.mpf(below(ball)) <= truth <= mp.mpf(above(ball))
