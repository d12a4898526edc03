"""Domains as a reader asks for them, and the lines of the spectral one on chains built for each status."""

from __future__ import annotations

import math

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.certificate.domains import Domain
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from tests.checker.networks import law

_LAW = law(5, 5, 0.7, 1)


def domain_of(*matrices: np.ndarray, subject: str = "edge W1 -> W2", **changes: object) -> Domain:
    found: Certificate = certify(matrices, thresholds=Thresholds(**changes), workers=1)
    return next(item for item in found.domain() if (item.subject, item.kind) == (subject, "spectral"))


def test_inside():
    found = domain_of(_LAW, law(5, 5, 0.9, 2))
    assert (found.kind, found.status, found.factor) == ("spectral", "IN", None)
    assert set(found.drift) == {"top_radial", "log_log", "kl", "hellinger"}
    assert domain_of(_LAW, law(5, 5, 0.9, 2), subject="chain").status == "IN"


def test_a_singular_layer_is_outside_by_its_rank():
    found = domain_of(np.diag([3.0, 2.0, 1.0, 1.0, 0.0]), _LAW)
    assert (found.status, found.lines["full rank"], found.lines["slack"]) == ("OUT", "OUT", "NOT APPLICABLE")
    assert found.lines["nearest_failing"] == "E7.rank of layer W1"
    assert found.factor == 5 / 4


def test_a_width_out_of_reach_is_undecided_and_says_by_how_much():
    found = domain_of(_LAW, law(5, 5, 0.9, 2), slack_width=2.0**-60)
    assert (found.status, found.lines["slack"], found.lines["amplitude"]) == ("UNDECIDED", "UNDECIDED", "IN")
    assert found.lines["nearest_failing"] == "D4.slack.transport of edge W1 -> W2"
    assert found.factor is not None
    assert 1 < found.factor < 1e9
    assert math.isinf(domain_of(_LAW, law(5, 5, 0.9, 2), slack_width=0.0).factor or 0)


def test_the_limit_of_a_width_is_a_line_that_one_ulp_crosses():
    layers = _LAW, law(5, 5, 0.9, 2)
    rests = [claim for claim in certify(layers, workers=1).claims if claim.id.endswith(".residual")]
    width = max(claim.values[0].upper - claim.values[0].lower for claim in rests)
    at, below = (domain_of(*layers, residual_width=w) for w in (width, math.nextafter(width, 0)))
    assert (at.status, below.status) == ("IN", "UNDECIDED")
    changed = [name for name in at.lines if at.lines[name] != below.lines[name]]
    assert changed == ["chart and residual", "nearest_failing"]


@pytest.mark.parametrize("shape", [(5, 4), (4, 5)])
def test_other_shapes_have_no_spectral_domain(shape):
    found = domain_of(law(*shape, 0.7, 1), law(3, shape[0], 0.7, 2))
    assert (found.status, found.lines, found.factor) == ("NOT APPLICABLE", {}, None)
    assert "square" in found.note
    assert domain_of(law(*shape, 0.7, 1), law(3, shape[0], 0.7, 2), subject="chain").status == "NOT APPLICABLE"


def test_a_chain_is_in_where_all_its_interfaces_are():
    singular = np.diag([3.0, 2.0, 1.0, 1.0, 0.0])
    found = domain_of(_LAW, law(5, 5, 0.9, 2), singular, subject="chain")
    assert (found.status, found.lines["in"], found.lines["out"]) == ("OUT", 1, 1)
    assert found.lines["first_failing"] == "edge W2 -> W3"
    assert domain_of(_LAW, subject="chain").note == "the chain has one layer and no interface"


def test_a_bound_far_above_the_drift_is_called_vacuous():
    rotated = np.linalg.qr(np.random.default_rng(3).standard_normal((5, 5)))[0]
    found = domain_of(_LAW, law(5, 5, 0.71, 1) @ rotated)
    assert "vacuous" in found.note
    assert "log_log" in str(found.lines["vacuous"])
    moved, bound = found.drift["log_log"]
    assert bound.lower > 10 * moved.upper
    assert "vacuous" in str(found)
