"""Barcodes in words, as text and on the page; and claims that are no barcode."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.report.barcode import bars_text, drawn_barcodes, pictured_barcodes, polystable_text
from certify.report.page import page
from certify.report.summary import value_text
from certify.verdict import Claim, Enclosure, Verdict


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return certify(Chain.from_arrays([np.eye(3)[:, :2].copy(), np.eye(1, 3)]), workers=1)


def claim(certificate: Certificate, id: str) -> Claim:
    return next(claim for claim in certificate.claims if claim.id == id)


def test_the_longest_bars_come_first(certificate: Certificate) -> None:
    assert value_text(claim(certificate, "A5.barcode")) == "[0,2]×1 [0,1]×1 [1,1]×1"
    assert value_text(claim(certificate, "A4.polystable")) == "no: rank W_1 >= 2 > 1 >= rank W_2"


def test_many_kinds_of_bars_are_counted() -> None:
    rng = np.random.default_rng(0)
    arrays = [(rng.integers(-2, 3, (9, r)) @ rng.integers(-2, 3, (r, 9))).astype(float) for r in (8, 6, 7, 5)]
    text = bars_text(claim(certify(Chain.from_arrays(arrays), workers=1), "A5.barcode"))
    assert text.count("×") == 8
    assert text.endswith(" more")


def test_drawings(certificate: Certificate) -> None:
    (drawn,) = drawn_barcodes(certificate)
    title, names, *bars = drawn.splitlines()
    assert title == "barcode of chain, by the dimensions of its spaces"
    assert names.split() == ["2", "3", "1"]
    assert sorted(bar.count("●") for bar in bars) == [1, 2, 3]
    (picture,) = pictured_barcodes(certificate)
    assert picture.inline() in page(certificate)


def test_bounds_are_shown_and_not_drawn() -> None:
    thresholds = Thresholds(exact_product_seconds=0.0)
    found = certify(Chain.from_arrays([np.diag([1.0, 0]), np.diag([0.0, 1])]), thresholds=thresholds, workers=1)
    text = bars_text(claim(found, "A5.barcode"))
    assert "[0,2]×0…1" in text
    assert drawn_barcodes(found) == []
    assert "barcode-1" not in page(found)


def test_what_is_no_barcode_is_shown_as_numbers(certificate: Certificate) -> None:
    real = claim(certificate, "A5.barcode")
    for broken in (
        replace(real, parameters={}),
        replace(real, parameters={"dimensions": "1,2"}),
        replace(real, values=(*real.values[:-1], Enclosure(-np.inf, np.inf))),
    ):
        assert bars_text(broken) == ""
        assert value_text(broken)
        assert drawn_barcodes(replace(certificate, claims=(broken,))) == []
    assert polystable_text(replace(claim(certificate, "A4.polystable"), parameters={})) == ""
    assert real.verdict is Verdict.CERTIFIED
