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


KNOWN = {
    "a product that vanishes, not proved": (
        [[[1.0], [3.0]], [[3.0, -1.0]], [[1.0], [2.0]]],
        {"exact_product_seconds": 0.0},
    ),
    "a float product that underflows": (
        [np.diag([1.0, 2.0, 3.0]), np.diag([1.0, 1e-200, 0.0]), np.diag([0.0, 1e-200, 1.0])],
        {},
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_a_float_product_of_zero(name):
    matrices, changes = KNOWN[name]
    assert reasons(Chain.from_arrays(matrices), Thresholds(**changes)) == []
