"""Every claim that the prover makes, and every cause that it gives, stands in the catalogue; and nothing else does."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest

from certify.certificate import NotAsked
from certify.chain import Chain
from certify.claims.catalogue import PLACES, entries, entry_of, key_of
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.verdict import Claim, Verdict
from tests.certificate.digits import digits
from tests.checker.odd_chains import odd_chain, odd_thresholds


@functools.cache
def _everything() -> tuple[list[Claim], list[NotAsked]]:
    found = [certify(odd_chain(seed), thresholds=odd_thresholds(seed), workers=1) for seed in range(120)]
    line = [np.eye(2)] * 3
    found += [certify(Chain.from_arrays(line), thresholds=Thresholds(barcode_layers=2), workers=1), digits()]
    stored, small = np.diag([7e4, 5.0, 4.0, 3.0]), np.diag([1.0, 0.9, 0.5, 0.3])
    for first in (stored, small, small * 2.0**-40):
        found.append(certify([first, np.eye(4)], thresholds=Thresholds(storage="fp16"), workers=1))
    open_ranks = Thresholds(exact_product_seconds=0.0)
    found.append(
        certify(Chain.from_arrays([np.diag([1.0, 0.0]), np.diag([0.0, 1.0])]), thresholds=open_ranks, workers=1)
    )
    return [claim for item in found for claim in item.claims], [x for item in found for x in item.not_asked]


def _shape(sentence: str) -> str:
    """A sentence without its numbers."""
    return re.sub(r"\d[\d.e+-]*", "#", sentence)


def test_every_claim_is_in_the_catalogue_and_every_entry_occurs():
    made, left = _everything()
    assert {key_of(item.id) for item in (*made, *left)} == {entry.key for entry in entries()}


def test_names_sentences_and_places_are_those_of_the_claims():
    for claim in _everything()[0]:
        entry = entry_of(claim.id)
        assert entry is not None
        place = claim.subject.partition(" ")[0]
        assert place in (entry.place, entry.also), claim.id
        assert claim.kind is entry.example.kind
        assert "{" not in entry.title(claim.id)
        if claim.id == entry.example.id and place == entry.place and "rank" not in claim.id:
            assert _shape(claim.statement) == _shape(entry.example.statement)


def test_every_cause_is_listed():
    made, left = _everything()
    for claim in made:
        if claim.verdict is Verdict.UNDECIDED:
            assert _shape(claim.cause) in map(_shape, entry_of(claim.id).causes), (claim.id, claim.cause)
    for item in left:
        assert _shape(item.reason) in map(_shape, entry_of(item.id).not_asked), (item.id, item.reason)


def test_entries_differ_and_say_something():
    found = entries()
    for part in ("key", "name", "pattern"):
        assert len({getattr(entry, part) for entry in found}) == len(found)
    assert all(entry.meaning.endswith(".") and entry.place in PLACES for entry in found)


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("E.overlap[16]", "overlap of 16 leading directions"),
        ("D10.effective_rank.99", "effective rank at 99 % of the energy"),
        ("D4.drift.product[kl]", "drift of the chart, KL projection, product form"),
    ],
)
def test_plain_names(id, name):
    assert entry_of(id).title(id) == name


def test_an_unknown_id_has_no_entry():
    assert entry_of("Z9.nothing[3]") is None
