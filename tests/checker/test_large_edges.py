"""False values about an interface that is large enough for quotients by few columns and angles of complements."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check
from certify.checker.arithmetic import quotient
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from tests.checker.test_tampering import forgeries, resigned

N = 200
OPTIONS = Thresholds(incidence_levels="none", windows="60,150,199")
FORGED = (
    "E.cosines", "E.sines", "E.overlap", "B3.imbalance", "B3.imbalance.relative", "C4.commutator",
    "D4.amplitude.transport", "D4.amplitude.product",
)  # fmt: skip


@functools.cache
def chain() -> Chain:
    return Chain.from_arrays([np.random.default_rng(place).standard_normal((N, N)) for place in (1, 2)])


@functools.cache
def certificate() -> Certificate:
    return certify(chain(), thresholds=OPTIONS, workers=1)


def test_the_ways_for_large_layers_are_taken(monkeypatch):
    monkeypatch.setattr(quotient, "_whole", lambda *_: pytest.fail("few columns do"))
    assert check(certificate(), chain(), workers=1).reasons == ()
    near = [near_svd(Unit.of(layer.matrix())) for layer in chain().layers]
    assert all(Crossing.of(*near).complete)


@pytest.mark.parametrize("id", FORGED)
def test_false_values_are_caught(id):
    """One value after the other, beside the true one or cut; the checker's own enclosures are computed once."""
    base = certificate()
    places = [i for i, claim in enumerate(base.claims) if claim.id.partition("[")[0] == id]
    assert places
    for index in places:
        claim = base.claims[index]
        last = len(claim.values) - 1
        for place, which in (
            (0, "above"),
            (last, "below"),
            (last // 2, "cut from below"),
            (last // 2, "cut from above"),
        ):
            value = claim.values[place]
            false = dict(forgeries(value))[which]
            # What two subspaces share, and what is 0, is exact.
            if false == value or (which == "below" and value.lower == 0):
                continue
            values = (*claim.values[:place], false, *claim.values[place + 1 :])
            claims = (*base.claims[:index], resigned(claim, values), *base.claims[index + 1 :])
            found = check(replace(base, claims=claims), chain(), workers=1)
            fault = any(reason.place == f"claims[{index}].values" for reason in found.reasons)
            assert fault, (claim.id, place, which, [str(reason) for reason in found.reasons])
