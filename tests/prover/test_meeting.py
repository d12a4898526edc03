"""With cores or without, or with cores that are not precise enough: the same verdicts, and enclosures that agree."""

from __future__ import annotations

import numpy as np
import pytest

import certify.prover.meeting as meeting
from certify.chain import Chain
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.prover import layer
from certify.verdict import Claim


def chain() -> Chain:
    rng = np.random.default_rng(9)
    return Chain.from_arrays([rng.standard_normal(shape) for shape in ((8, 8), (8, 8), (5, 8), (12, 5))])


def claims() -> tuple[Claim, ...]:
    # Without cores there are no truncated transports, and thresholds of row groups are chosen at other windows.
    return certify(chain(), workers=1, thresholds=Thresholds(incidence_levels="none")).claims


def agree(first: tuple[Claim, ...], second: tuple[Claim, ...]) -> None:
    for one, other in zip(first, second, strict=True):
        assert (one.id, one.subject, one.verdict) == (other.id, other.subject, other.verdict)
        for x, y in zip(one.values, other.values, strict=True):
            assert x.lower <= y.upper
            assert y.lower <= x.upper


def test_without_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    found = claims()
    monkeypatch.setattr(layer, "near", lambda _: None)
    without = claims()
    agree(found, without)
    assert found != without


def test_cores_that_are_not_precise_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("gram_pair_norms", "_product_norm", "quotient_extremes"):
        exact = getattr(meeting, name)
        monkeypatch.setattr(meeting, name, lambda *x, n=name, f=exact: (asked.append(n), f(*x))[1])
    found = claims()
    assert asked == []
    monkeypatch.setattr(meeting, "balance_room", lambda *_: 0.0)
    monkeypatch.setattr(meeting, "_SHARE", 1e30)
    agree(found, claims())
    assert set(asked) == {"gram_pair_norms", "_product_norm", "quotient_extremes"}
