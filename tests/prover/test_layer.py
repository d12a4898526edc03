"""The top-radial coordinate and the slacks are published within the ranges that theory gives them."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check
from certify.execution import certify


def made(*matrices: np.ndarray) -> tuple[Certificate, Chain]:
    chain = Chain.from_arrays(list(matrices))
    return certify(chain, workers=1), chain


def values(found: Certificate, id: str):
    return next(claim.values[0] for claim in found.claims if claim.id == id)


@pytest.mark.parametrize("d", [1, 2, 3, 64])
def test_the_coordinate_ends_with_its_range(d):
    rank_one = np.outer(np.arange(1.0, d + 1), np.arange(2.0, d + 2))
    found, chain = made(np.eye(d))
    assert values(found, "D4.top_radial").lower == 0.0
    assert not check(found, chain, workers=1).reasons
    found, chain = made(rank_one)
    most = flint.arb(d).log() / 2
    upper = values(found, "D4.top_radial").upper
    assert flint.arb(upper) >= most
    assert flint.arb(upper) - most <= math.log(d) * 2.0**-39
    assert not check(found, chain, workers=1).reasons


def test_no_coordinate_leaves_its_range_below_the_largest_or_above_0():
    rng = np.random.default_rng(2)
    found, _ = made(rng.standard_normal((5, 5)))
    inner = values(found, "D4.top_radial")
    assert 0.0 < inner.lower <= inner.upper < math.log(5) / 2


def test_a_slack_is_not_negative():
    found, chain = made(np.eye(3), 2 * np.eye(3))
    for form in ("transport", "product"):
        assert values(found, f"D4.slack.{form}").lower == 0.0
    assert not check(found, chain, workers=1).reasons
