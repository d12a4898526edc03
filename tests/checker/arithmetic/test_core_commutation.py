"""What comes from a core, for layers that try every error term: exact numbers lie inside."""

from __future__ import annotations

from dataclasses import replace

import flint
import mpmath as mp
import numpy as np
import pytest

from certify.checker.arithmetic.core_commutation import core_commutation
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.narrow_product import core_norm
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.principal_angles import angles, sines
from certify.checker.arithmetic.rounding import above, below
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.linalg.reference import exact_matrix
from tests.planted import Planted

_RNG = np.random.default_rng(3)
W, V = _RNG.standard_normal((5, 4)), _RNG.standard_normal((3, 5))
SQUARE, NEXT = _RNG.standard_normal((2, 4, 4))
PAIRS = {
    "neither spans": (W, V),
    "both span": (SQUARE, NEXT),
    "the reader spans": (W, np.vstack([V, NEXT[:2, [0, 1, 2, 3, 0]]])),
    "the writer spans": (NEXT, V[:2, :4]),
    "one column": (W[:, :1], V[:1]),
    "one number": (np.array([[-3.0]]), np.array([[5.0]])),
    "one rank": (np.outer(W[:, 0], V[0]), V),
    "two ranks of four": (SQUARE[:, :2] @ NEXT[:2], NEXT),
    "columns of zeros": (SQUARE * [1, 0, 0, 1], NEXT),
    "graded": (SQUARE * 10.0 ** -np.arange(0, 240, 60), 10.0 ** -np.arange(0, 16, 4)[:, None] * NEXT),
    "graded to nothing": (SQUARE * [1.0, 1e-90, 1e-170, 1e-300], NEXT * [[1.0], [1e-160], [1e-300], [0.0]]),
    "balanced": (W, W.T),
    "balanced, square": (SQUARE, SQUARE.T),
    "commuting": (np.eye(5, 2) * [3.0, 2.0], np.eye(2, 5) * [[1.0], [4.0]]),
    "annihilating": (np.eye(5, 2), np.eye(5)[2:]),
    "equal": (np.eye(4), np.eye(4)),
    "huge and small": (SQUARE * 1e250, NEXT * 1e-250),
    "subnormal": (SQUARE * 1e-320, NEXT * 1e300),
    "both subnormal": (SQUARE * 1e-318, NEXT * 1e-322),
}


@pytest.fixture(autouse=True)
def precision():
    with flint.ctx.workprec(96), mp.workdps(700):
        yield


def size(x):
    return mp.sqrt(mp.fsum(v * v for v in x))


def norm(x):
    gram = x.T * x if x.rows >= x.cols else x * x.T
    return mp.sqrt(max(mp.eigsy(gram, eigvals_only=True)))


def truths(w, v):
    w, v = exact_matrix(w), exact_matrix(v)
    k, h = w * w.T, v.T * v
    found = [norm(v * w), size(h - k)]
    return [*found, size(h - k) / mp.sqrt(size(h) ** 2 + size(k) ** 2), size(h * k - k * h) / (size(h) * size(k))]


def enclosures(write, read):
    """‖W'W‖₂, imbalance, relative imbalance and commutator."""
    crossing = Crossing.of(write, read)
    found = core_commutation(crossing)
    return [core_norm(crossing), found.imbalance, found.relative, found.magnitude]


def holds(ball, truth):
    if not ball.is_finite():
        return True
    middle, radius = (mp.mpf(int(m)) * mp.mpf(2) ** int(e) for m, e in (ball.mid().man_exp(), ball.rad().man_exp()))
    return abs(truth - middle) <= radius + abs(truth) * mp.mpf(10) ** -40


@pytest.mark.parametrize("name", PAIRS)
def test_exact_numbers_lie_inside(name):
    w, v = PAIRS[name]
    for ball, truth in zip(enclosures(near_svd(Unit.of(w)), near_svd(Unit.of(v))), truths(w, v), strict=True):
        assert holds(ball, truth), (ball, mp.nstr(truth, 20))


OFF = 2.0**-20


def _longer(near, *, left):
    """One side's vectors are too long, by what its distances allow."""
    side, spread = ("left" if left else "right"), OFF * np.sqrt(near.d) * 1.0001
    stretched = {side: getattr(near, side) * (1 + OFF), f"{side}_distance": OFF * 1.0001, f"{side}_spread": spread}
    return replace(near, **stretched)


def _turned(near, *, left):
    """A small rotation between the first two vectors of a side."""
    side = "left" if left else "right"
    turn = np.eye(near.d)
    turn[:2, :2] = [[1.0, -OFF], [OFF, 1.0]]
    changes = {side: getattr(near, side) @ turn, f"{side}_distance": OFF * 1.0001, f"{side}_spread": OFF * 1.42}
    return replace(near, **changes)


def _larger(near, by):
    """Singular values are too large, by what the errors allow."""
    s = near.s * (1 + by)
    return replace(near, s=s, error=abs(by) * s[0] * 1.0001, spread=abs(by) * float(np.linalg.norm(s)) * 1.0001)


def _peaked(near, by, place=0):
    """One singular value is off by all of the error."""
    s = near.s.copy()
    s[place] *= 1 + by
    off = abs(by) * float(near.s[place]) * 1.0001
    return replace(near, s=s, error=off, spread=off)


MOVED = {
    "long writer": lambda w, r: (_longer(w, left=True), r),
    "long reader": lambda w, r: (w, _longer(r, left=False)),
    "turned writer": lambda w, r: (_turned(w, left=True), r),
    "turned reader": lambda w, r: (w, _turned(r, left=False)),
    "large writer": lambda w, r: (_larger(w, OFF), r),
    "large reader": lambda w, r: (w, _larger(r, OFF)),
    "small writer": lambda w, r: (_larger(w, -OFF), r),
    "small reader": lambda w, r: (w, _larger(r, -OFF)),
    "peaked writer": lambda w, r: (_peaked(w, OFF), r),
    "peaked reader": lambda w, r: (w, _peaked(r, OFF)),
    "flat writer": lambda w, r: (_peaked(w, -OFF), r),
    "flat reader": lambda w, r: (w, _peaked(r, -OFF)),
    "last writer": lambda w, r: (_peaked(w, OFF, -1), r),
    "last reader": lambda w, r: (w, _peaked(r, OFF, -1)),
}


@pytest.mark.parametrize("moved", MOVED)
@pytest.mark.parametrize("name", ["neither spans", "both span", "the reader spans", "the writer spans", "commuting"])
def test_every_error_of_the_decompositions_is_allowed_for(name, moved):
    """Each is moved by all of the error that it says it has, and the enclosures are no wider than that."""
    w, v = PAIRS[name]
    near = MOVED[moved](near_svd(Unit.of(w)), near_svd(Unit.of(v)))
    for ball, truth in zip(enclosures(*near), truths(w, v), strict=True):
        assert holds(ball, truth), (ball, mp.nstr(truth, 20))
        assert mp.mpf(above(ball)) - mp.mpf(below(ball)) <= 2.0**-8 * (truth + 1) or name == "commuting"


@pytest.mark.parametrize("place", [0, 1])
def test_layers_that_hardly_commute(place):
    """Both commute as they were decomposed, and one of them is off by what its decomposition says."""
    layers = list(PAIRS["commuting"])
    near = [near_svd(Unit.of(a)) for a in layers]
    off = np.zeros(layers[place].shape)
    off[0, 1] = off[1, 0] = OFF
    more = float(np.ldexp(OFF, -near[place].exponent)) * 1.0001
    spread = near[place].spread + more * 2.0**0.5
    near[place] = replace(near[place], error=near[place].error + more, spread=spread)
    layers[place] = layers[place] + off
    for ball, truth in zip(enclosures(*near), truths(*layers), strict=True):
        assert holds(ball, truth), (ball, mp.nstr(truth, 20))


LEFT_OUT = (
    ("crossing", "Crossing._make_core", "ball(read.right_spread) + ", ""),
    ("crossing", "Crossing._make_core", " + (1 + q) * ball(write.left_spread)", ""),
    ("core_commutation", "_moved", "2 * ball(float(near.s[0])) + ", ""),
    ("core_commutation", "_commutator", "ball(float(read.s[0])) ** 2 * delta + ", ""),
    ("core_commutation", "_commutator", "ball(float(write.s[0])) ** 2 * delta_next + ", ""),
    ("core_commutation", "_imbalance", "if not full:", "if False:"),
    ("core_commutation", "_imbalance", "if not full_next:", "if False:"),
    ("core_commutation", "_commutator", "if not found.complete:", "if False:"),
)


@pytest.mark.parametrize("fault", LEFT_OUT, ids=lambda fault: f"{fault[1]}: {fault[2].strip()}")
def test_what_is_left_out_is_seen(fault):
    """Error terms and parts of sums that injected errors do not show."""

    def held():
        test_exact_numbers_lie_inside("neither spans")
        for place in (0, 1):
            test_layers_that_hardly_commute(place)
        for moved in ("long writer", "long reader", "large writer"):
            test_every_error_of_the_decompositions_is_allowed_for("neither spans", moved)

    held()
    with Planted(f"checker.arithmetic.{fault[0]}", *fault[1:]).made(), pytest.raises(AssertionError):
        held()


@pytest.mark.parametrize("moved", MOVED)
@pytest.mark.parametrize("name", ["neither spans", "both span", "the reader spans", "the writer spans"])
def test_angles_allow_for_every_error_of_the_decompositions(name, moved):
    w, v = PAIRS[name]
    own = near_svd(Unit.of(w)), near_svd(Unit.of(v))
    for k in range(1, min(near.d for near in own)):
        honest, found = (angles(Crossing.of(*pair), [k])[k] for pair in (own, MOVED[moved](*own)))
        crossing = Crossing.of(*MOVED[moved](*own))
        for true, ends in (
            (honest.cosines, found.cosines),
            (honest.sines, found.sines),
            (honest.sines, sines(crossing, k)),
        ):
            assert np.all(ends[0] <= true[1])
            assert np.all(ends[1] >= true[0])
