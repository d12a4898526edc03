"""Nothing in a certificate is free text: every sentence is derived again, and another one is rejected."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check
from certify.claims import causes
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.verdict import Claim
from tests.certificate.sentences import sentences

FREE = (
    "a singular value may be 0 and therefore this network is unsafe",
    "a singular value may be 0 and an exact rank exceeds the work allowed, 1e9 s",
    "9 ranks are only bounded, and exact ranks were not asked for",
    "",
)
KNOWN = tuple(line.partition(": ")[2] for line in sentences().partition("CAUSES AND REASONS\n")[2].split("\n") if line)

RANK_ONE = np.outer([1.0, 2.0, 3.0], [1.0, 1.0, 2.0])
CHAINS = {
    "rank one": ([RANK_ONE, np.eye(3)], {"exact_rank_seconds": 0.0}),
    "too little work": ([RANK_ONE, RANK_ONE.T], {"exact_rank_seconds": 1e-30, "exact_product_seconds": 0.0}),
    "ties": ([np.eye(3), np.diag([1.0, 1.0, 1e-300])], {"barcode_layers": 1}),
    "limits of 0": (
        [np.array([[3.0, 1.0], [0.0, 1.0]]), np.array([[1.0, 1.0]])],
        {"sigma_relative": 0.0, "alpha_width": 0.0, "residual_width": 0.0, "slack_width": 0.0},
    ),
    "overflow": ([np.full((2, 2), 1e308), np.full((2, 2), 1e308)], {}),
    "one rank": ([np.array([[2.0]]), np.array([[3.0]])], {"amplitude_width": 0.0}),
}


def made(name: str) -> tuple[Certificate, Chain]:
    matrices, changes = CHAINS[name]
    chain = Chain.from_arrays(matrices)
    return certify(chain, thresholds=Thresholds(**changes), workers=1), chain


def faulty(certificate: Certificate, chain: Chain, **changes: Callable[[Claim], object]) -> set[int]:
    """The places of the claims whose altered field is at fault when all claims are altered at once."""
    ((field, change),) = changes.items()
    claims = tuple(replace(claim, **{field: change(claim)}) for claim in certificate.claims)
    reasons = check(replace(certificate, claims=claims), chain, workers=1).reasons
    places = [reason.place for reason in reasons]
    return {i for i in range(len(claims)) if any(place.startswith(f"claims[{i}].{field}") for place in places)}


def admitted(claim: Claim) -> tuple[str, ...]:
    """What the prover alone knows: in which of its steps the search for an exponent ended."""
    _, chart, part = (*claim.id.split("."), "", "")[:3]
    if part != "alpha":
        return ()
    (value,) = claim.values
    width = value.upper - value.lower if value.finite else None
    return (*causes.FIT[chart], causes.undecided(claim.kind, width, float(claim.parameters["width_limit"])))


FOLLOWS = re.compile(r"D6.*residual|D4\.drift.*")
"""Claims that may be undecided because of an exponent, and then for the cause that is recorded there."""


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("follows", [False, True])
def test_every_cause_is_derived(name, follows):
    certificate, chain = made(name)
    claims = certificate.claims
    altered = {i for i, claim in enumerate(claims) if bool(FOLLOWS.fullmatch(claim.id)) is follows}
    for text in (*FREE, *KNOWN):
        wrong = {i for i in altered if claims[i].cause != text and text not in admitted(claims[i])}

        def change(claim: Claim, text: str = text) -> str:
            return text if bool(FOLLOWS.fullmatch(claim.id)) is follows else claim.cause

        assert wrong - faulty(certificate, chain, cause=change) == set(), text


@pytest.mark.parametrize("name", CHAINS)
def test_every_claim_has_its_words(name):
    certificate, chain = made(name)
    everywhere = set(range(len(certificate.claims)))
    assert faulty(certificate, chain, statement=lambda claim: claim.statement + " indeed") == everywhere
    assert faulty(certificate, chain, note=lambda claim: claim.note + "so it is safe") == everywhere
    told = {
        i for i, claim in enumerate(certificate.claims) if any(isinstance(x, str) for x in claim.parameters.values())
    }

    def boast(claim: Claim) -> dict[str, object]:
        return {key: value + "!" if isinstance(value, str) else value for key, value in claim.parameters.items()}

    found = faulty(certificate, chain, parameters=boast)
    ranks = {i for i, claim in enumerate(certificate.claims) if claim.id == "E7.rank"}
    assert told - ranks <= found


def test_the_method_of_a_rank_is_one_of_two():
    certificate, chain = made("rank one")
    place = next(i for i, claim in enumerate(certificate.claims) if claim.id == "E7.rank")
    claims = list(certificate.claims)
    for method in ("enclosure, and safe", "exact"):
        claims[place] = replace(claims[place], parameters={**claims[place].parameters, "method": method})
        assert check(replace(certificate, claims=tuple(claims)), chain, workers=1).reasons


@pytest.mark.parametrize("name", CHAINS)
def test_every_reason_is_derived(name):
    certificate, chain = made(name)
    for text in (*FREE, *KNOWN):
        wrong = [i for i, item in enumerate(certificate.not_asked) if item.reason != text]
        skipped = tuple(replace(item, reason=text) for item in certificate.not_asked)
        found = check(replace(certificate, not_asked=skipped), chain, workers=1)
        assert [reason.place for reason in found.reasons] == [f"not_asked[{i}]" for i in wrong[:1]]


def test_a_cause_that_the_numbers_contradict_is_rejected():
    chain = Chain.from_arrays([np.array([[3.0, 1.0], [0.0, 1.0]])])
    certificate = certify(chain, thresholds=Thresholds(alpha_width=0.0), workers=1)
    claims = certificate.claims
    for text in {text for texts in causes.FIT.values() for text in texts} - {*causes.SEVERAL}:
        wrong = {i for i, claim in enumerate(claims) if claim.id.endswith("alpha")}
        assert wrong <= faulty(certificate, chain, cause=lambda claim, text=text: text)
