"""Whatever the prover writes the checker accepts, on odd chains too."""

from __future__ import annotations

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.certificate.exact_json import parse
from certify.chain import Chain
from certify.checker import check
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from tests.checker.odd_chains import odd_chain, odd_thresholds

FEW, MANY = 300, 10_000


def reasons(chain: Chain, thresholds: Thresholds) -> list[str]:
    """Why the checker rejects the certificate of a chain, as it is read back."""
    written = certify(chain, thresholds=thresholds, workers=1)
    found = Certificate.from_json(parse(written.to_bytes().decode("ascii")))
    return [str(reason)[:300] for reason in check(found, chain, workers=1).reasons]


def rejected(seeds: range) -> list[tuple[int, list[str]]]:
    found = ((seed, reasons(odd_chain(seed), odd_thresholds(seed))) for seed in seeds)
    return [(seed, why) for seed, why in found if why]


@pytest.mark.parametrize("start", range(0, FEW, 50))
def test_own_certificates_are_accepted(start):
    assert rejected(range(start, start + 50)) == []


@pytest.mark.slow
@pytest.mark.parametrize("start", range(FEW, MANY, 100))
def test_many_own_certificates_are_accepted(start):
    assert rejected(range(start, start + 100)) == []


_RNG = np.random.default_rng(14)
FOUND = {
    "a product that vanishes, not proved": (
        [[[1.0], [3.0]], [[3.0, -1.0]], [[1.0], [2.0]]],
        {"exact_product_seconds": 0.0},
    ),
    "a float product that underflows": (
        [np.diag([1.0, 2.0, 3.0]), np.diag([1.0, 1e-200, 0.0]), np.diag([0.0, 1e-200, 1.0])],
        {},
    ),
    "a product far smaller than its factors": (
        [np.diag([1e-9, 1e-200, 0.0, 0.0]), np.eye(4)[[3, 3, 1, 3]] * [0, 1, 0, 0], np.diag([0.0, 1.0, 1e-200, 1.0])],
        {},
    ),
    "angles among the smallest floats": ([_RNG.standard_normal((4, 4)) * 1e-320 for _ in range(2)], {}),
    "limits that overflow": (
        [np.full((2, 2), 1e100), np.full((2, 2), 1e100)],
        {"sigma_relative": 1e300, "imbalance_relative": 1e300, "product_relative": 1e300, "kempf_ness_relative": 1e300},
    ),
    "a window of no rank": ([[[4e-323]]], {}),
    "a relative gap of 1": ([np.diag([0.0012301533574825742, 0.0]), np.diag([0.0, 0.2987455375084699])], {}),
}
"""Chains and thresholds whose own certificates were rejected once, or could not be made."""


SEEDS = {
    7248: "multiples of orthogonal layers",
    1227: "margins of a truncation between layers whose singular vectors lean",
    2714: "a path with a following singular value that is hardly known",
    7267: "an amplitude of a product that is not told from 0",
    8473: "a product that cancels from the last layer on",
    8704: "a product of few bits",
    11334: "margins from a threshold far above all activities",
    17656: "an exponent so steep that it is hardly known",
    9346: "a bound of truncation with following singular values that are hardly known",
}
"""Odd chains whose own certificates were rejected once."""


@pytest.mark.parametrize("seed", SEEDS, ids=SEEDS.get)
def test_odd_chains_that_were_rejected_once(seed):
    assert rejected(range(seed, seed + 1)) == []


@pytest.mark.parametrize("name", FOUND)
def test_what_was_rejected_once(name):
    matrices, changes = FOUND[name]
    assert reasons(Chain.from_arrays(matrices), Thresholds(**changes)) == []
