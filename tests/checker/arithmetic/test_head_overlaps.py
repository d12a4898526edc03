"""The checker's overlaps of subspaces that are known only nearly: every error term is needed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from flint import arb, fmpq

from certify.checker.arithmetic import head_overlaps
from certify.checker.arithmetic.head_overlaps import Span, mean_moments, overlaps, span_of
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.planted import Planted
from tests.prover.head_truth import Heads, real

_ANGLE = 1e-3


def turned(x: float, stretch: float = 1.0) -> np.ndarray:
    return stretch * np.array([[math.cos(x)], [math.sin(x)], [0.0]])


def span(x: float, stretch: float = 1.0, sine: float = 0.0) -> Span:
    return Span(turned(x, stretch), abs(stretch - 1) * (1 + 1e-9) + 1e-15, sine, 0.0)


def holds() -> bool:
    """Columns too long or too short, and turned away by the angle that is said of them."""
    truth, found = arb(math.cos(1.0) ** 2, 1e-14), []
    for stretch in (1 - 1e-3, 1 + 1e-3):
        for pair in ((span(0, stretch), span(1)), (span(0), span(1, stretch)), (span(0, stretch), span(1, stretch))):
            found.append(overlaps(pair)[0].overlaps(truth))
    sine = math.sin(_ANGLE) * (1 + 1e-12)
    for sign in (-1, 1):
        for pair in ((span(sign * _ANGLE, 1.0, sine), span(1)), (span(0), span(1 + sign * _ANGLE, 1.0, sine))):
            found.append(overlaps(pair)[0].overlaps(truth))
    return all(found)


def test_what_is_meant_is_held():
    assert holds()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(d + (1 + d) * e + ball(slip))", "(d + ball(slip))"),
        ("(d + (1 + d) * e + ball(slip))", "(e + ball(slip))"),
        ("ball(one.sine) * arb(b).sqrt() + ", ""),
        (" + ball(other.sine) * arb(a).sqrt()", ""),
    ],
)
def test_every_error_term_is_needed(old, new):
    with Planted("checker.arithmetic.head_overlaps", "_overlap", old, new).made():
        assert not holds()


def test_the_rounding_of_the_product_is_counted(monkeypatch):
    product = head_overlaps.product

    def rough(x, y):
        found, slip = product(x, y)
        return found * (1 + 1e-6), slip + 2e-6

    monkeypatch.setattr(head_overlaps, "product", rough)
    truth = arb(math.cos(1.0) ** 2, 1e-14)
    assert overlaps((span(0), span(1)))[0].overlaps(truth)
    with Planted("checker.arithmetic.head_overlaps", "_overlap", " + ball(slip)", "").made():
        assert not overlaps((span(0), span(1)))[0].overlaps(truth)


@pytest.mark.parametrize("seed", range(6))
def test_spans_of_matrices_against_rational_numbers(seed):
    rng = np.random.default_rng(seed)
    blocks = [rng.integers(-3, 4, (2, 4)) * 10.0 ** -rng.integers(0, 4) for _ in range(3)]
    blocks[0][1] = blocks[0][0] if seed % 2 else blocks[0][1]
    truth = Heads({"query": blocks})
    if 0 in truth.ranks("query"):
        pytest.skip("a zero block")
    spans = [span_of(near_svd(Unit.of(b)), r) for b, r in zip(blocks, truth.ranks("query"), strict=True)]
    for x, number in zip(overlaps(spans), truth.exact_overlaps("query"), strict=True):
        assert x.contains(number)
        assert x.rad() < 1e-9
    unknown = [replace(spans[0], sine=1.0), *spans[1:]]
    assert all(x.contains(0) and x.contains(1) for x in overlaps(unknown)[:2])
    assert overlaps([None, *spans[1:]])[:2] == [arb(1), arb(1)]


def test_moments_are_those_of_single_pairs():
    mean, variance = mean_moments(5, [1, 2, 2])
    each = [(1, 2), (1, 2), (2, 2)]
    assert mean == sum((fmpq(b, 5) for _, b in each), fmpq(0)) / 3
    var = [fmpq(2 * a * b * (5 - a) * (5 - b), 25 * 4 * 7 * a * a) for a, b in each]
    assert variance == sum(var, fmpq(0)) / 9
    assert real(mean_moments(2, [1, 1])[1]) == real(fmpq(1, 8))
