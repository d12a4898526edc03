"""Certificates are written and read without loss, in one spelling, and whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
import stat
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from certify.certificate import Certificate, InputRecord
from certify.certificate.claim_json import claim_json, claim_text, read_claim, readable
from certify.certificate.exact_json import Reader, canonical, digest_of
from certify.errors import CertificateError, InputError, LimitError
from certify.verdict import Claim, Enclosure, Kind, Verdict
from tests.certificate.examples import TENSORS, certificates, small


@given(certificates)
def test_roundtrip_through_json_and_bytes(certificate):
    built = Certificate.from_json(json.loads(json.dumps(certificate.to_json())))
    assert built == certificate
    assert built.to_bytes() == certificate.to_bytes()


@given(certificates)
def test_equal_certificates_have_equal_bytes_and_digest_covers_the_rest(certificate):
    body = json.loads(certificate.to_bytes())
    digest = body.pop("digest")
    assert digest == digest_of(body) == certificate.digest
    assert certificate.to_bytes().isascii()


def test_save_and_load(tmp_path):
    path = tmp_path / "c.json"
    small().save(path)
    assert Certificate.load(path) == small()
    assert path.read_bytes() == small().to_bytes()
    assert [item.name for item in tmp_path.iterdir()] == ["c.json"]


def test_numbers_are_exact(tmp_path):
    least = float.fromhex("0x0.0000000000001p-1022")
    claim = Claim("x", "y", Kind.MEASUREMENT, "", Verdict.UNDECIDED, (Enclosure(0.1, 0.1), Enclosure(-least, 1e308)),
                  Enclosure(-float("inf"), float("inf")), parameters={"t": 1 / 3})  # fmt: skip
    Certificate.build(InputRecord("npz", TENSORS, ()), {}, [claim]).save(tmp_path / "c.json")
    found = Certificate.load(tmp_path / "c.json").claims[0]
    assert found == claim
    assert found.values[1].lower.hex() == "-0x0.0000000000001p-1022"


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "c.json"
    path.write_text("old")

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(InputError, match="No space left"):
        small().save(path)
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["c.json"]


def test_save_obeys_the_umask(tmp_path):
    old = os.umask(0o027)
    try:
        small().save(tmp_path / "c.json")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "c.json").stat().st_mode) == 0o640


def test_save_into_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(InputError):
        small().save(tmp_path / "none" / "c.json")


def test_missing_and_large_files_are_refused(tmp_path):
    with pytest.raises(InputError):
        Certificate.load(tmp_path / "none.json")
    with pytest.raises(InputError):
        Certificate.load(tmp_path)
    path = tmp_path / "c.json"
    small().save(path)
    size = path.stat().st_size
    assert Certificate.load(path, size_limit=size) == small()
    with pytest.raises(LimitError, match=f"{size - 1} bytes"):
        Certificate.load(path, size_limit=size - 1)


def test_a_huge_file_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "c.json"
    with open(path, "wb") as stream:
        stream.truncate(2**31 + 1)
    with pytest.raises(LimitError):
        Certificate.load(path)


def test_nan_and_inverted_enclosures_cannot_be_built():
    for bad in (Enclosure(float("nan"), 1.0), Enclosure(2.0, 1.0)):
        claim = Claim("x", "y", Kind.MEASUREMENT, "", Verdict.UNDECIDED, (bad,), Enclosure(0.0, 0.0))
        with pytest.raises(CertificateError):
            Certificate.build(InputRecord("npz", TENSORS, ()), {}, [claim])
    with pytest.raises(CertificateError):
        Certificate.build(InputRecord("npz", TENSORS, ()), {"x": float("nan")}, [])


def test_verdict_is_the_conjunction():
    assert small().verdict is Verdict.UNDECIDED
    assert Certificate.build(InputRecord("npz", TENSORS, ()), {}, small().claims[:1]).verdict is Verdict.CERTIFIED


def test_canonical_json_sorts_keys():
    assert canonical({"b": 1, "a": [True, "é"]}) == b'{"a":[true,"\\u00e9"],"b":1}'


def test_repr_fits_a_dozen_lines():
    claims = [
        Claim(f"x{i}\x1b", "layer a\n" * 50, Kind.MEASUREMENT, "", Verdict.UNDECIDED, (), Enclosure(-1.0, -1.0))
        for i in range(40)
    ]
    for certificate in (small(), Certificate.build(InputRecord("npz", TENSORS, ()), {}, claims)):
        lines = repr(certificate).split("\n")
        assert len(lines) <= 12
        assert all(len(line) <= 120 for line in lines)
        assert repr(certificate).replace("\n", "").isprintable()
    assert lines[0].startswith("<Certificate UNDECIDED, 40 claims: 0 CERTIFIED")
    assert "and 33 more" in lines[-2]


def test_a_name_that_ends_in_gz_is_packed_with_equal_bytes(tmp_path):
    one, two = tmp_path / "c.json.gz", tmp_path / "other.gz"
    small().save(one)
    small().save(two)
    assert one.read_bytes() == two.read_bytes()
    assert gzip.decompress(one.read_bytes()) == small().to_bytes()
    assert Certificate.load(one) == small()
    one.rename(tmp_path / "c.json")
    assert Certificate.load(tmp_path / "c.json") == small()


def test_what_is_no_whole_gzip_file_is_refused(tmp_path):
    path = tmp_path / "c.json.gz"
    small().save(path)
    data = path.read_bytes()
    altered = bytearray(data)
    altered[-6] ^= 1
    for other in (data[:-1], data[:20], data[:2], data + b"x", data + data, bytes(altered)):
        path.write_bytes(other)
        with pytest.raises(InputError, match="gzip"):
            Certificate.load(path)


def test_what_a_gzip_file_unpacks_to_is_bounded(tmp_path):
    path = tmp_path / "c.json.gz"
    path.write_bytes(gzip.compress(b"0" * 2**26))
    tracemalloc.start()
    with pytest.raises(LimitError, match="unpacked"):
        Certificate.load(path)
    with pytest.raises(LimitError, match="unpacked"):
        Certificate.load(path, size_limit=2**17)
    assert tracemalloc.get_traced_memory()[1] < 2**26
    tracemalloc.stop()


@given(certificates)
def test_a_claim_that_is_said_to_be_readable_comes_back(certificate):
    for claim in certificate.claims:
        if readable(claim):
            again = read_claim(Reader(claim_json(claim)))
            assert (again, repr(again)) == (claim, repr(claim))
        assert claim_text(claim) == json.dumps(claim_json(claim), separators=(",", ":"))
        assert claim_text(claim, sort_keys=True) == json.dumps(claim_json(claim), sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    "change",
    [
        {"values": (Enclosure(-0.0, 1.0),)}, {"margin": Enclosure(0.0, -0.0)}, {"values": (Enclosure(2.0, 1.0),)},
        {"values": (Enclosure(float("nan"), 1.0),)}, {"values": (Enclosure(np.float64(0.5), 1.0),)},
        {"values": [Enclosure(0.0, 1.0)]}, {"id": "x" * 257}, {"subject": "x" * 4097}, {"note": "x" * 65537},
        {"parameters": {"p": -0.0}}, {"parameters": {"p": float("nan")}}, {"parameters": {"p": True}},
        {"parameters": {"p": -(2**63) - 1}}, {"strict": 1}, {"kind": "measurement"}, {"verdict": "CERTIFIED"},
    ],
)  # fmt: skip
def test_a_claim_that_would_change_or_be_refused_is_not_said_to_be_readable(change):
    claim = Claim("x", "y", Kind.MEASUREMENT, "", Verdict.UNDECIDED, (Enclosure(0.0, 1.0),), Enclosure(0.0, 0.0))
    assert readable(claim)
    assert not readable(replace(claim, **change))
