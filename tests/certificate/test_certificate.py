"""Certificates are written and read without loss, in one spelling, and whole or not at all."""

from __future__ import annotations

import json
import os
import stat

import pytest
from hypothesis import given

from certify.certificate import Certificate, InputRecord
from certify.certificate.exact_json import canonical, digest_of
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
