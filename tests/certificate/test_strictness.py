"""What is not exactly a certificate is refused, and the message names the place."""

from __future__ import annotations

import copy
import json

import pytest

from certify.certificate import Certificate
from certify.certificate.exact_json import digest_of, parse
from certify.errors import CertificateError
from tests.certificate.examples import small


def resigned(body):
    """The document with the digest that an attacker would put there."""
    body.pop("digest", None)
    return {**body, "digest": digest_of(body)}


def altered(path, value):
    """The small certificate with one field replaced, and its digest made to fit."""
    body = copy.deepcopy(small().to_json())
    *steps, last = path
    target = body
    for step in steps:
        target = target[step]
    target[last] = value
    return resigned(body)


def rejection(body):
    with pytest.raises(CertificateError) as caught:
        Certificate.from_json(body)
    assert caught.value.exit_code == 1
    return caught.value


REPLACED = [
    (("schema",), "polystable-certificate/2", "schema"),
    (("arithmetic",), "float32", "arithmetic"),
    (("tool", "name"), "other", "tool.name"),
    (("tool", "version"), 1, "tool.version"),
    (("tool", "version"), "", "tool.version"),
    (("tool", "version"), "1.0 (audited)", "tool.version"),
    (("tool", "version"), "１.0", "tool.version"),
    (("tool", "version"), "1.0\n", "tool.version"),
    (("tool",), [], "tool"),
    (("input", "format"), None, "input.format"),
    (("input", "tensors"), [], "input.tensors"),
    (("input", "tensors", 0, "layer"), "b", "input.tensors"),
    (("input", "tensors", 0, "file"), "/home/x/net.npz", "input.tensors[0].file"),
    (("input", "tensors", 0, "shape"), [2], "input.tensors[0].shape"),
    (("input", "tensors", 0, "shape"), [2, 3, 4], "input.tensors[0].shape"),
    (("input", "tensors", 0, "shape"), [2, 0], "input.tensors[0].shape[1]"),
    (("input", "tensors", 0, "shape"), [2, True], "input.tensors[0].shape[1]"),
    (("input", "tensors", 0, "transposed"), 0, "input.tensors[0].transposed"),
    (("input", "tensors", 0, "sha256"), "0" * 63 + "G", "input.tensors[0].sha256"),
    (("input", "edges"), [[0, 2]], "input.edges[0]"),
    (("input", "edges"), [[0]], "input.edges[0]"),
    (("input", "edges"), [[1, 0]], "input.edges[0]"),
    (("input", "left_out"), [{"tensor": "t"}], "input.left_out[0]"),
    (("thresholds", "alpha_width"), {"float": "0.001"}, "thresholds.alpha_width.float"),
    (("thresholds", "alpha_width"), {"float": "nan"}, "thresholds.alpha_width.float"),
    (("thresholds", "alpha_width"), {"float": "0x1p+0"}, "thresholds.alpha_width.float"),
    (("thresholds", "alpha_width"), {"float": "-0x0.0p+0"}, "thresholds.alpha_width.float"),
    (("thresholds", "alpha_width"), {"hex": "0x1.0000000000000p+0"}, "thresholds.alpha_width"),
    (("thresholds", "alpha_width"), [1], "thresholds.alpha_width"),
    (("thresholds", "alpha_width"), True, "thresholds.alpha_width"),
    (("claims",), {}, "claims"),
    (("claims", 0, "kind"), "opinion", "claims[0].kind"),
    (("claims", 0, "verdict"), "PROBABLY", "claims[0].verdict"),
    (("claims", 0, "verdict"), "REFUTED", "verdict"),
    (("claims", 0, "values"), [["0x1.0000000000000p+1"]], "claims[0].values[0]"),
    (("claims", 0, "values"), [["0x1.0000000000000p+1", "0x1.0000000000000p+0"]], "claims[0].values[0]"),
    (("claims", 0, "values"), [["0x1.0000000000000p+9999", "inf"]], "claims[0].values[0][0]"),
    (("claims", 0, "margin"), "wide", "claims[0].margin"),
    (("claims", 0, "strict"), "yes", "claims[0].strict"),
    (("claims", 0, "parameters"), [], "claims[0].parameters"),
    (("claims", 0, "statement"), "x" * 70000, "claims[0].statement"),
    (("claims", 0, "cause"), 0, "claims[0].cause"),
    (("claims", 0, "note"), None, "claims[0].note"),
    (("claims", 0, "id"), 7, "claims[0].id"),
    (("claims", 0, "subject"), {}, "claims[0].subject"),
    (("not_asked", 0, "reason"), None, "not_asked[0].reason"),
    (("verdict",), "CERTIFIED", "verdict"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "place"), REPLACED)
def test_a_wrong_value_is_refused_by_its_place(path, value, place):
    assert rejection(altered(path, value)).place == place


def objects(value, path=()):
    """The paths of all objects whose field names are fixed."""
    if isinstance(value, dict):
        if path[-1:] not in {("thresholds",), ("parameters",)}:
            yield path
        for key, item in value.items():
            yield from objects(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from objects(item, (*path, index))


PATHS = list(objects(small().to_json()))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)) or "top")
def test_unknown_and_missing_fields_are_refused(path):
    for change in ("add", "remove"):
        body = copy.deepcopy(small().to_json())
        target = body
        for step in path:
            target = target[step]
        if change == "add":
            target["extra"] = 1
            assert "extra" in rejection(resigned(body)).message
            continue
        for name in list(target):
            kept = copy.deepcopy(body)
            inner = kept
            for step in path:
                inner = inner[step]
            del inner[name]
            rejection(kept if path == () and name == "digest" else resigned(kept))


def test_digest_must_fit():
    body = small().to_json()
    body["claims"][0]["note"] = "another"
    assert rejection(body).place == "digest"
    body = small().to_json()
    body["digest"] = body["digest"].upper()
    assert rejection(body).place == "digest"


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "null", "0.5", "1e5", "NaN", "[Infinity]", "[-Infinity]", '{"a":1,"a":2}', "9" * 5000,
        "99999999999999999999", "9223372036854775808", "[" * 100_000, '{"a":' * 100_000, '"\x00"', "{'a':1}",
        "[1,]", "\ufeff{}",
    ],
)  # fmt: skip
def test_other_json_is_refused(text):
    with pytest.raises(CertificateError):
        Certificate.from_json(parse(text))


def test_duplicate_keys_are_named():
    with pytest.raises(CertificateError, match="'a' occurs twice"):
        parse('{"b":1,"a":1,"a":1}')


def test_only_one_spelling_is_read(tmp_path):
    path = tmp_path / "c.json"
    data = small().to_bytes()
    variants = [
        json.dumps(small().to_json()).encode(),
        data.rstrip(b"\n"),
        data + b"\n",
        data.replace(b"\n", b"\r\n"),
        data.replace(b'"a"', b'"\\u0061"', 1),
        data + b"{}",
        b"\xef\xbb\xbf" + data,
        data.replace(b"a note", "ä note".encode()),
    ]
    for variant in variants:
        path.write_bytes(variant)
        with pytest.raises(CertificateError) as caught:
            Certificate.load(path)
        assert caught.value.file == str(path)
