"""Products through a waist: enclosures that hold, and every error that they allow for."""

from __future__ import annotations

from dataclasses import replace

import flint
import mpmath as mp
import numpy as np
import pytest
from flint import arb

from certify.checker.arithmetic import crossing
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.narrow_product import core_norm, core_sigma
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.linalg.reference import exact_matrix

SHAPES = [(1, 2, 2), (1, 5, 3), (2, 4, 4), (3, 9, 6), (4, 8, 30)]


def truth(low, high):
    product = exact_matrix(high) * exact_matrix(low)
    return sorted(mp.svd_r(product if product.rows >= product.cols else product.T, compute_uv=False), reverse=True)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", ["random", "low rank", "graded", "zero"])
@pytest.mark.parametrize("scale", [1.0, 1e140, 1e-140])
def test_what_is_enclosed(shape, kind, scale):
    inner, outer, outer_next = shape
    rng = np.random.default_rng(sum(shape))
    low, high = rng.standard_normal((inner, outer)), rng.standard_normal((outer_next, inner))
    if kind == "low rank":
        low[1:], high[:, 0] = low[:1], 0.0
    elif kind == "graded":
        low *= 10.0 ** -np.arange(0, 3 * inner, 3)[:, None]
    elif kind == "zero":
        high[:] = 0.0
    low, high = low * scale, high / scale * 8
    with flint.ctx.workprec(96), mp.workdps(80):
        near = [near_svd(Unit.of(a)) for a in (high, low)]
        lower, upper = core_sigma(*near)
        exact = truth(low, high)
        assert lower.size == inner
        assert all(value <= mp.mpf(10) ** -60 for value in exact[inner:])
        room = mp.mpf(10) ** -60
        for a, b, value in zip(lower, upper, exact[:inner], strict=True):
            assert mp.mpf(float(a)) <= value + room
            assert value <= mp.mpf(float(b)) + room
        width = mp.mpf(float(upper[0])) - mp.mpf(float(lower[0]))
        assert width <= mp.mpf(10) ** -12 * np.linalg.norm(low) * np.linalg.norm(high) + mp.mpf(10) ** -20
        norm = core_norm(Crossing.of(*near[::-1]))
        assert float(norm.lower()) <= exact[0] + room
        assert exact[0] <= float(norm.upper()) * (1 + 2.0**-50) + room


OFF = 2.0**-20


def stretched_left(read, write):
    return read, replace(write, left=write.left * (1 + OFF), left_distance=OFF * 1.0001)


def stretched_right(read, write):
    return replace(read, right=read.right * (1 + OFF), right_distance=OFF * 1.0001), write


def both_stretched(read, write):
    # (1 + p)(1 + q) − 1 is more than p + q.
    half = 0.5
    return (
        replace(read, right=read.right * (1 + half), right_distance=half),
        replace(write, left=write.left * (1 + half), left_distance=half),
    )


def far_writer(read, write):
    return read, replace(write, s=write.s * (1 + OFF), error=float(write.s[0]) * OFF * 1.0001)


def far_reader(read, write):
    return replace(read, s=read.s * (1 + OFF), error=float(read.s[0]) * OFF * 1.0001), write


@pytest.mark.parametrize("moved", [stretched_left, stretched_right, both_stretched, far_writer, far_reader])
def test_every_error_of_the_factors_is_allowed_for(moved):
    """Both layers are diagonal: the first singular value moves by all of the error."""
    low, high = np.eye(2, 5) * [[0.75], [0.5]], np.eye(6, 2) * [0.75, 0.25]
    with flint.ctx.workprec(96):
        lower, upper = core_sigma(*moved(near_svd(Unit.of(high)), near_svd(Unit.of(low))))
        norm = core_norm(Crossing.of(*moved(near_svd(Unit.of(high)), near_svd(Unit.of(low)))[::-1]))
    assert lower[0] <= 0.5625 <= upper[0]
    assert norm.contains(arb(0.5625))


def test_the_error_of_the_inner_product_is_allowed_for(monkeypatch):
    kernel = crossing.product

    def off(x, y):
        found, bound = kernel(x, y)
        return found * (1 + OFF), bound + OFF * 1.0001

    monkeypatch.setattr(crossing, "product", off)
    low, high = np.eye(2, 5) * [[0.75], [0.5]], np.eye(6, 2) * [0.75, 0.25]
    with flint.ctx.workprec(96):
        lower, upper = core_sigma(near_svd(Unit.of(high)), near_svd(Unit.of(low)))
    assert lower[0] <= 0.5625 <= upper[0]
