"""False values in certificates of rank-deficient, graded, half-precision and long chains, with all else made to fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certify.certificate import Certificate
from certify.checker import Outcome, check
from certify.verdict import Claim, Enclosure
from tests.checker.networks import certificate, chain
from tests.checker.test_tampering import forgeries, resigned

KINDS = ("deficient", "graded", "half", "long")
EXACT = ("E7.finite", "E7.rank", "D10.", "A2.", "A4.polystable", "A5.")


def reasons_against(name: str, place: int, claim: Claim) -> list[str]:
    """Where a certificate in which one claim is replaced was found wrong, and why."""
    base = certificate(name)
    claims = (*base.claims[:place], claim, *base.claims[place + 1 :])
    found = Certificate.from_json(replace(base, claims=claims).to_json())
    result = check(found, chain(name), workers=1)
    assert result.outcome is Outcome.REJECTED, claim
    return [f"{reason.place}: {reason}" for reason in result.reasons]


def forged(claim: Claim, place: int, which: str) -> Enclosure | None:
    """A value in place of a true one; none where the claim says nothing there, or 0 would be no news."""
    value = claim.values[place]
    if not value.finite:
        return None
    if claim.id.startswith(EXACT):
        return (
            Enclosure(value.upper + 1, value.upper + 1)
            if which == "above"
            else Enclosure(value.lower - 1, value.lower - 1)
        )
    found = dict(forgeries(value))[which]
    return None if which == "below" and value.lower == 0 else found


@pytest.mark.parametrize("name", KINDS)
def test_false_values_are_caught(name, request):
    if name == "long" and not request.config.getoption("--slow"):
        pytest.skip("slow: run with --slow")
    seen: set[str] = set()
    for index, claim in enumerate(certificate(name).claims):
        if claim.cause or resigned(claim, claim.values) != claim:
            continue
        for place, which in ((0, "above"), (len(claim.values) - 1, "below")):
            value = forged(claim, place, which)
            if value is None:
                continue
            values = [*claim.values[:place], value, *claim.values[place + 1 :]]
            found = reasons_against(name, index, resigned(claim, values))
            assert any(reason.startswith(f"claims[{index}].values") for reason in found), (
                claim.id,
                place,
                which,
                found,
            )
            seen.add(claim.id)
    decided = {claim.id for claim in certificate(name).claims if not claim.cause}
    assert seen == decided


@pytest.mark.parametrize("name", KINDS)
def test_what_is_not_known_cannot_be_decided(name):
    """An undecided claim that is made a decided one by narrower values."""
    for index, claim in enumerate(certificate(name).claims):
        if claim.cause and all(value.finite for value in claim.values):
            middle = [Enclosure(*[(value.lower + value.upper) / 2] * 2) for value in claim.values]
            reasons_against(name, index, resigned(claim, middle))
