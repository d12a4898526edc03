"""Asking a certificate: one claim, a layer, an interface, tables; and what is not there."""

from __future__ import annotations

import csv
import io
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import certify
import theorems
from certify.certificate.tables import COLUMNS
from certify.errors import MissingClaimError, UsageError
from certify.verdict import Verdict, combine


@pytest.fixture(scope="module")
def certificate() -> certify.Certificate:
    rng = np.random.default_rng(1)
    return certify.certify({"in": rng.normal(size=(5, 4)), "mid": rng.normal(size=(5, 5)), "=out": np.ones((2, 5))})


def test_one_claim_by_subject_by_layer_and_by_interface(certificate) -> None:
    for claim in certificate.claims:
        assert certificate[claim.id, claim.subject] is claim
    assert certificate["E7.rank", "mid"] is certificate["E7.rank", "layer mid"]
    assert certificate["C4.commutator", "in", "mid"] is certificate["C4.commutator", "edge in -> mid"]
    assert certificate["A4.polystable"].subject == "chain"


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("E7.rnk", "did you mean E7.rank"),
        ("E7.rank", "3 claims"),
        (("E7.rank", "midd"), "no claims about midd"),
        (("E7.rnk", "mid"), "did you mean E7.rank"),
        (("C4.commutator", "mid", "in"), "no claims about mid -> in"),
        (("a", "b", "c", "d"), "4 keys"),
    ],
)
def test_what_is_not_there_is_refused_by_name(certificate, key, message) -> None:
    with pytest.raises(MissingClaimError, match=message):
        certificate[key]
    with pytest.raises(KeyError):
        certificate[key]


def test_layers_and_interfaces_hold_every_claim_about_them(certificate) -> None:
    layers, interfaces = certificate.layers(), certificate.interfaces()
    assert [(item.name, item.shape, item.dtype) for item in layers] == [
        ("in", (5, 4), "F64"), ("mid", (5, 5), "F64"), ("=out", (2, 5), "F64")
    ]  # fmt: skip
    assert [(item.writer, item.reader, item.dimension, item.between) for item in interfaces] == [
        ("in", "mid", 5, ""), ("mid", "=out", 5, "")
    ]  # fmt: skip
    for item in [*layers, *interfaces]:
        own = [claim for claim in certificate.claims if claim.subject == item.subject]
        assert list(item.values()) == own
        assert item.verdict is combine(claim.verdict for claim in own)
    assert layers[2].value("E7.rank").contains(1.0)
    assert layers[0].value("spectrum.sigma", 3) == layers[0]["spectrum.sigma"].values[3]
    assert "nothing" not in layers[0]


def test_csv_holds_every_number_exactly(certificate, tmp_path) -> None:
    text = certificate.to_csv(tmp_path / "claims.csv")
    assert (tmp_path / "claims.csv").read_text(encoding="utf-8") == text
    head, *rows = csv.reader(io.StringIO(text))
    assert tuple(head) == COLUMNS
    found = [(row[0], row[1], float(row[3]), float(row[4]), row[5]) for row in rows]
    assert found == [
        (claim.subject, claim.id, value.lower, value.upper, claim.verdict.value)
        for claim in certificate.claims
        for value in claim.values
    ]


def test_hostile_names_reach_tables_and_notebooks_escaped() -> None:
    name = "<script>\x1b[31m\u202e"
    chain = certify.Chain.from_arrays([np.eye(2)], ["plain"])
    certificate = certify.certify(chain)
    shown = object.__new__(type(certificate))
    claims = tuple(
        certify.Claim(c.id, f"layer {name}", c.kind, c.statement, c.verdict, c.values, c.margin, c.strict)
        for c in certificate.claims
    )
    shown.__dict__.update(certificate.__dict__, claims=claims)
    for text in (shown.to_csv(), shown._repr_html_()):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script>" not in shown._repr_html_()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_are_the_table(certificate, library, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, library, SimpleNamespace(DataFrame=lambda columns: columns))
    columns: dict[str, Any] = getattr(certificate, f"to_{library}")()
    assert tuple(columns) == COLUMNS
    assert {len(values) for values in columns.values()} == {sum(len(c.values) for c in certificate.claims)}
    assert columns["lower"][0] == certificate.claims[0].values[0].lower


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_real_frames_keep_types(certificate, library) -> None:
    pytest.importorskip(library, reason=f"{library} is optional")
    found = getattr(certificate, f"to_{library}")()
    assert found.shape == (sum(len(c.values) for c in certificate.claims), len(COLUMNS))
    assert float(found["lower"][0]) == certificate.claims[0].values[0].lower


def test_a_missing_library_is_said(certificate, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="to_csv"):
        certificate.to_pandas()


def test_chains_and_certificates_are_short_in_a_terminal_and_a_notebook(certificate) -> None:
    chain = certify.Chain.from_arrays([np.eye(2)] * 500, [f"layer number {i}" for i in range(500)])
    assert len(repr(chain)) < 1200
    assert len(chain._repr_html_()) < 8000
    assert "and 460 more" in chain._repr_html_()
    assert len(repr(certificate)) < 1200
    assert certificate._repr_html_().count("<tr>") <= 45


def test_certify_takes_paths_arrays_names_and_chains(tmp_path) -> None:
    matrix = np.diag([2.0, 1.0])
    np.save(tmp_path / "w.npy", matrix)
    ways = [[matrix], matrix, {"W1": matrix}, certify.Chain.from_arrays([matrix])]
    found = {certify.certify(way).digest for way in ways}
    assert len(found) == 1
    assert certify.certify(tmp_path / "w.npy").verdict is Verdict.CERTIFIED
    assert len(certify.certify(np.stack([matrix, matrix])).layers()) == 2


def test_dir_shows_the_interface_and_nothing_else() -> None:
    assert dir(certify) == sorted(certify.__all__)
    assert dir(theorems) == sorted(theorems.__all__)
    for name in dir(certify):
        if name != "plot":
            assert getattr(certify, name) is not None
    assert certify.svd(np.eye(2)).lower.shape == (2,)
    assert not hasattr(certify, "nothing")
