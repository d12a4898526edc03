"""What is nearest to turning: every kind of claim on its own scale, in an order that a change of units keeps."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

import certify
from certify.claims.catalogue import entry_of
from certify.report.nearness import Near, _rounded_down, nearest
from certify.verdict import Kind, Verdict
from tests.docs.conftest import EXAMPLES


@pytest.fixture(scope="module")
def certificate() -> certify.Certificate:
    return certify.certify(EXAMPLES / "digits_mlp.safetensors")


def test_every_claim_stands_once_the_nearest_first(certificate) -> None:
    found = nearest(certificate)
    assert {(near.claim.id, near.claim.subject) for near in found} == {(c.id, c.subject) for c in certificate.claims}
    assert len(found) == len(certificate.claims)
    assert [near.part for near in found] == sorted(near.part for near in found)


def test_parts_are_proved(certificate) -> None:
    """The margin is at least that part of the scale, exactly."""
    for near in nearest(certificate):
        claim = near.claim
        if math.isinf(near.part):
            assert all(value.lower == value.upper for value in claim.values)
            continue
        margin = Fraction(claim.margin.lower)
        if claim.kind is Kind.MEASUREMENT:
            scale = Fraction(claim.parameters["width_limit"])
        elif near.scale == "σ₁":
            scale = Fraction(certificate["spectrum.sigma", claim.subject].values[0].upper)
        else:
            scale = max(abs(Fraction(end)) for value in claim.values for end in (value.lower, value.upper))
        assert Fraction(near.part) * scale <= margin


def test_the_order_does_not_depend_on_units() -> None:
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=(6, 5)), rng.normal(size=(4, 6))]
    orders = [
        [(near.claim.id, near.claim.subject) for near in nearest(certify.certify([factor * a for a in arrays]))
         if near.claim.id.startswith("spectrum.gap")]
        for factor in (1.0, 2.0**20)
    ]  # fmt: skip
    assert orders[0] == orders[1]


def test_undecided_claims_come_first_with_nothing_to_spare(certificate) -> None:
    claim = certificate["C4.commutator", "layers.0.weight", "layers.1.weight"]
    open_ = certify.Claim(
        claim.id, claim.subject, claim.kind, claim.statement, Verdict.UNDECIDED, claim.values, claim.margin, cause="x"
    )
    shown = object.__new__(type(certificate))
    shown.__dict__.update(certificate.__dict__, claims=(*certificate.claims, open_))
    first = nearest(shown)[0]
    assert first.claim is open_
    assert (first.spare, first.part) == ("nothing", 0.0)


def test_names_are_plain_and_percentages_are_rounded_down(certificate) -> None:
    assert all(entry_of(near.claim.id) is not None and near.name != near.claim.id for near in nearest(certificate))
    assert [_rounded_down(x) for x in (0.0, 0.0999, 0.26997, 1.0, 99.96, 12345.0)] == [
        "0", "0.099", "0.26", "1.0", "99", "12000"
    ]  # fmt: skip
    claim = certificate["E7.rank", "layers.0.weight"]
    assert Near(claim, math.inf, "its value").spare == "exact"
