"""Lines of more layers than a segment has: against 50 digits, and with errors put in."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import flint
import mpmath
import numpy as np
import pytest

from certify.linalg import svd
from certify.linalg.cores import core, joined, line_spectrum, near
from certify.linalg.cores.scalars import ZERO
from certify.linalg.matrix import scale
from certify.rigor.ball import precision
from tests.linalg.cores.test_cores import exact, holds, moved_line, values

LENGTHS = (6, 7, 8, 9, 13)
OFF = 1e-5


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(50), precision(128):
        yield


def line(sides):
    return line_spectrum(sides, [core(a, b) for a, b in pairwise(sides)])


@pytest.mark.parametrize("kind", ["gauss", "broad", "deficient", "zero", "tiny", "huge"])
@pytest.mark.parametrize("length", LENGTHS)
def test_truth_is_inside(length, kind):
    rng = np.random.default_rng([length, 7])
    widths = [3, *(rng.integers(1, 5, length - 1) if kind == "broad" else [3] * (length - 1)), 3]
    w = [rng.standard_normal((b, a)) for a, b in pairwise(widths)]
    if kind == "deficient":
        w[-2] = np.outer(w[-2][:, 0], w[-2][0])
    if kind == "zero":
        w[1] = 0 * w[1]
    if kind in ("tiny", "huge"):
        w = [np.ldexp(x, -1030 if kind == "tiny" else 900) for x in w]
    found = line([near(svd(x)) for x in w])
    product = exact(w[0])
    for x in w[1:]:
        product = exact(x) * product
    unit = mpmath.mpf(2) ** found.exponent
    for low, high, truth in zip(found.lower, found.upper, values(product), strict=False):
        assert holds(flint.arb(float(low)).union(flint.arb(float(high))), truth / unit)
    # The enclosure says something: it is far narrower than the largest value.
    if kind in ("gauss", "huge"):
        assert found.upper[0] - found.lower[0] < 1e-9 * found.upper[0]


@pytest.mark.parametrize("place", range(9))
def test_what_a_layer_is_off_by_counts_across_segments(place):
    """A layer moved by 0.9 of its error where that moves the largest value most."""
    w = [np.random.default_rng([3, i]).standard_normal((6, 6)) for i in range(9)]
    sides = [near(svd(x)) for x in w]
    truth = moved_line(w, place, 0.9 * OFF * 2.0 ** sides[place].exponent)
    for known in (False, True):
        if known:
            sides[place] = _off(sides[place], flint.arb(OFF))
        found = line(sides)
        assert bool(truth[0] <= np.ldexp(found.upper[0], found.exponent)) is known


@pytest.mark.parametrize("term", ["lower", "upper", "core", "first", "second", "loss"])
def test_every_term_of_a_joint_counts(term, monkeypatch):
    """Nine layers of ones, each of norm 8, of which one part is off: floats divided by large powers of two."""
    sides = [near(svd(np.ones((8, 8)))) for _ in range(9)]
    cores = [core(a, b) for a, b in pairwise(sides)]
    middle, more = 8.0**9, flint.arb(OFF)
    if term in ("lower", "upper"):
        place = 2 if term == "lower" else 7
        sides[place] = _off(sides[place], more)
        cores = [core(a, b) for a, b in pairwise(sides)]
    if term == "core":
        cores[5] = replace(cores[5], _errors={(0, 0): more})
    if term in ("first", "second"):
        roundings = [more, ZERO] if term == "first" else [ZERO, more]
        monkeypatch.setattr(joined, "product_error", lambda *_: roundings.pop(0))
    if term == "loss":
        monkeypatch.setattr(joined, "scale", lambda x: replace(scale(x), loss=OFF))
    found = line_spectrum(sides, cores)
    upper = found.upper[0] * 2.0**found.exponent
    assert middle * (1 + 0.1 * OFF) <= upper <= middle * (1 + 20 * OFF)


@pytest.mark.parametrize("places", [(2, 7), (1, 8), (0, 6)])
def test_errors_on_both_sides_of_a_joint_multiply(places):
    sides = [near(svd(2.0 * np.eye(2))) for _ in range(9)]
    for place in places:
        sides[place] = _off(sides[place], flint.arb(float(sides[place].s[0]) / 2))
    found = line(sides)
    assert found.upper[0] * 2.0**found.exponent >= 2.0**9 * 1.45**2


def _off(side, more):
    return replace(side, error=side.error + more, error_spectral=side.error_spectral + more)
