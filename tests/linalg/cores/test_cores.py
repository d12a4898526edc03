"""Everything a core encloses, against 50 digits: tiny shapes, tall, wide, deficient, graded, balanced, of any scale."""

from __future__ import annotations

import itertools
from dataclasses import replace
from importlib import import_module
from itertools import pairwise

import flint
import mpmath
import numpy as np
import pytest

from certify.linalg import svd
from certify.linalg.cores import (
    balance,
    core,
    core_cosines,
    core_sines,
    line_spectrum,
    near,
    quotient_norms,
    transport_norms,
)
from certify.rigor.ball import precision
from certify.rigor.interval import Interval

SHAPES = [*itertools.product((1, 2, 3), repeat=3), (5, 2, 4), (2, 5, 3), (4, 4, 4), (3, 6, 2)]
KINDS = ("gauss", "deficient", "graded", "balanced", "half", "zero")
SCALES = (0, -1030, 900)


def layers(kind: str, shape: tuple[int, int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, *shape, KINDS.index(kind)])
    n_in, n, n_out = shape
    w, w_next = rng.standard_normal((n, n_in)), rng.standard_normal((n_out, n))
    if kind == "deficient":
        w = np.outer(rng.integers(-3, 4, n), rng.integers(-3, 4, n_in)).astype(float)
    if kind == "graded":
        w *= 10.0 ** -np.arange(0.0, 3.0 * n_in, 3.0)
        w_next *= 10.0 ** -np.arange(0.0, 4.0 * n, 4.0)
    if kind == "balanced":
        w_next = np.zeros((n_out, n))
        w_next[: min(n_out, n_in)] = w.T[: min(n_out, n_in)]
    if kind == "half":
        w, w_next = w.astype(np.float16).astype(float), w_next.astype(np.float16).astype(float)
    if kind == "zero":
        w_next = np.zeros((n_out, n))
    return w, w_next


def exact(a: np.ndarray) -> mpmath.matrix:
    return mpmath.matrix([[mpmath.mpf(float(v)) for v in row] for row in a])


def values(a: mpmath.matrix) -> list[mpmath.mpf]:
    return sorted(mpmath.svd_r(a, compute_uv=False), reverse=True)


def norm(a: mpmath.matrix) -> mpmath.mpf:
    return mpmath.sqrt(mpmath.fsum(v * v for v in a))


def holds(ball: flint.arb, truth: mpmath.mpf) -> bool:
    """Whether the ball contains the truth, itself known to 40 digits."""
    if not ball.is_finite():
        return True
    spread = mpmath.mpf(10) ** -38 * abs(truth)
    with precision(300):
        low, high = (mpmath.mpf(end.str(60, radius=False)) for end in (ball.lower(), ball.upper()))
    margin = mpmath.mpf(10) ** -55 * max(abs(low), abs(high))
    return low - margin <= truth + spread and truth - spread <= high + margin


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(50), precision(128):
        yield


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_truth_is_inside(shape, kind, scale):
    w, w_next = layers(kind, shape, 1)
    w, w_next = np.ldexp(w, scale), np.ldexp(w_next, -scale if scale == 900 else scale)
    decomposed = svd(w), svd(w_next)
    sides = near(decomposed[0]), near(decomposed[1])
    assert all(side is not None for side in sides)
    c = core(*sides)
    a, b = exact(w), exact(w_next)
    k, h, x = a * a.T, b.T * b, b * a

    found = balance(c)
    assert holds(found.write, norm(k))
    assert holds(found.read, norm(h))
    assert holds(found.imbalance, norm(h - k))
    if kind != "zero" and norm(k) > 0:
        assert holds(found.commutator, norm(h * k - k * h) / (norm(h) * norm(k)))

    frobenius, spectral = transport_norms(c)
    top = values(x)[0]
    assert holds(frobenius, norm(x))
    assert holds(spectral, top)

    spectrum = line_spectrum(sides, [c])
    for low, high, truth in zip(spectrum.lower, spectrum.upper, values(x), strict=True):
        unit = mpmath.mpf(2) ** spectrum.exponent
        assert mpmath.mpf(low) * unit <= truth * (1 + mpmath.mpf(10) ** -38)
        assert truth * (1 - mpmath.mpf(10) ** -38) <= mpmath.mpf(high) * unit

    quotients = quotient_norms(*sides)
    if quotients is not None and kind != "zero":
        for ball, truth in zip(quotients, (b * a**-1, a * b**-1), strict=True):
            assert holds(ball, values(truth)[0])

    most = min(*w.shape, *w_next.shape)
    for size, cosines in core_cosines(c, *decomposed, range(1, most + 1)).items():
        left, right = mpmath.svd_r(a, full_matrices=False), mpmath.svd_r(b, full_matrices=False)
        gap = min(_gap(left[1], size), _gap(right[1], size))
        if gap == 0:
            continue
        inner = right[2][:size, :] * left[0][:, :size]
        within(cosines, values(inner))
        if size < shape[1]:
            outside = left[0][:, :size] - right[2][:size, :].T * inner
            within(core_sines(c, *decomposed, size), values(outside)[::-1])
            within(core_sines(core(*sides), *decomposed, size), values(outside)[::-1])


def within(found: Interval, truths: list[mpmath.mpf]) -> None:
    for low, high, truth in zip(found.lo, found.hi, truths, strict=True):
        assert low <= truth + mpmath.mpf(10) ** -20
        assert truth <= high + mpmath.mpf(10) ** -20


def _gap(s: mpmath.matrix, k: int) -> mpmath.mpf:
    known = list(s)
    return known[k - 1] - (known[k] if k < len(known) else 0)


def moved_line(layers, place, size):
    """The singular values of a line with one layer moved by ``size`` where that moves the largest value most."""
    n = len(layers[place])
    above = np.linalg.multi_dot([np.eye(n), *layers[place + 1 :][::-1], np.eye(n)])
    below = np.linalg.multi_dot([np.eye(n), *layers[:place][::-1], np.eye(n)])
    u, _, vt = np.linalg.svd(above @ layers[place] @ below)
    left, right = above.T @ u[:, 0], below @ vt[0]
    off = size * np.outer(left, right) / (np.linalg.norm(left) * np.linalg.norm(right))
    return np.linalg.svd(above @ (layers[place] + off) @ below, compute_uv=False)


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("joint", [True, False])
def test_what_a_layer_of_a_line_is_off_by_counts(place, joint, monkeypatch):
    """A layer moved by 0.9 of its error where that moves the largest value most, with and without norms of pairs."""
    if not joint:
        monkeypatch.setattr(import_module("certify.linalg.cores.line"), "_pair", lambda _: flint.arb.nan())
    w = [np.random.default_rng([3, i]).standard_normal((6, 6)) for i in range(5)]
    sides = [near(svd(x)) for x in w]
    truth = moved_line(w, place, 0.9e-5 * 2.0 ** sides[place].exponent)
    for known in (False, True):
        if known:
            more = flint.arb(1e-5)
            wider = {"error": sides[place].error + more, "error_spectral": sides[place].error_spectral + more}
            sides[place] = replace(sides[place], **wider)
        found = line_spectrum(sides, [core(a, b) for a, b in pairwise(sides)])
        upper = np.ldexp(found.upper, found.exponent)
        assert bool(truth[0] <= upper[0]) is known
