"""Mutants of witness files: each is accepted, rejected or refused, and none of them takes long."""

from __future__ import annotations

import copy
import functools
import json
import os
import random
import time

import pytest

import theorems
from certify.errors import CertificateError, InputError, LimitError
from theorems.cli import run

SOURCES = [
    ("A1", {"reading": "dimensions classify"}),
    ("A4", {"reading": "equal layer ranks suffice"}),
    ("B3", {"reading": "no gap"}),
    ("D2", {"reading": "same spectrum"}),
    ("D3", {"reading": "variance decreases"}),
    ("D4", {"drop": "slack"}),
    ("D4.product", {"reading": "amplitude alone"}),
    ("D10", {"drop": "close"}),
    ("E1", {"reading": "larger term"}),
    ("E4", {"reading": "spectral subadditivity"}),
]
VALUES = [
    "0", "-1", "7/3", "1/0", "1e9", "1e999999999", "9" * 23, "9" * 100, "9" * 800, "1_0", " 1", "١", "",
    0, -3, 17, 3 * 10**7, 10**30, 10**900, 1.5, True, None, [], {}, [[]], ["1"], [["1"]], [["1", "2"]], [[["1"]]],
    [["1"] * 70] * 70, {"choice": "raw"}, {"choice": "x" * 10**4}, {"chain": [[["1"]]]}, {"chain": []},
    "0x1p+99999", "nan", "inf", "-0x1p-1", "REFUTED", "CERTIFIED", "slack", "D3",
]  # fmt: skip
SECONDS = 2.0


@functools.cache
def witnesses():
    return [theorems.get(id).search(**options).witness.to_json() for id, options in SOURCES]


def places(data, path=()):
    yield path
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            yield from places(data[key], (*path, key))


def mutant(rng):
    data = copy.deepcopy(rng.choice(witnesses()))
    for _ in range(rng.choice((1, 1, 2))):
        path = rng.choice([p for p in places(data) if p])
        inner = data
        for key in path[:-1]:
            inner = inner[key]
        kind = rng.choice(("replace", "replace", "delete", "double", "add", "long"))
        if kind == "replace":
            inner[path[-1]] = copy.deepcopy(rng.choice(VALUES))
        elif kind == "long":
            digits = rng.choice((2, 5, 9, 20))
            inner[path[-1]] = f"{rng.randint(1, 10**digits)}/{rng.randint(1, 10**digits)}"
        elif kind == "delete":
            del inner[path[-1]]
        elif isinstance(inner, list):
            inner.insert(path[-1], copy.deepcopy(inner[path[-1]] if kind == "double" else rng.choice(VALUES)))
        else:
            inner["odd"] = copy.deepcopy(rng.choice(VALUES))
    return data


def judged(data):
    start = time.process_time()
    try:
        theorems.verify(data)
        code = 0
    except (CertificateError, InputError) as error:
        code = error.exit_code
    assert time.process_time() - start < SECONDS, json.dumps(data)[:2000]
    return code


def fuzz(count, seed):
    rng = random.Random(seed)
    witnesses()
    return [judged(mutant(rng)) for _ in range(count)]


def test_mutants_end_in_a_result_or_a_refusal():
    assert set(fuzz(400, 1)) == {0, 1, 4}


@pytest.mark.slow
def test_many_mutants_end_in_a_result_or_a_refusal():
    assert set(fuzz(10_000, 2)) == {0, 1, 4}


def with_instance(id, **values):
    data = copy.deepcopy(next(w for w in witnesses() if w["theorem"] == id))
    return {**data, "instance": {**data["instance"], **values}}


@pytest.mark.parametrize(
    ("id", "values", "said"),
    [
        ("A1", {"X": [["1"], ["0"], ["0"]], "Y": [["0"], ["1"], ["0"]]}, "both are the dimension n"),
        ("E4", {"groups": [["1", "0"]]}, "both are the dimension m"),
        ("D3", {"d": -2}, "below 1"),
        ("D3", {"odd": 1}, "not a parameter"),
        ("D4", {"scaling": {"choice": "other"}}, "one of frobenius, raw"),
        ("D3", {"d": "5/2"}, "d is a rational"),
    ],
)
def test_another_shape_is_refused(id, values, said):
    with pytest.raises(InputError, match=said):
        theorems.verify(with_instance(id, **values))


@pytest.mark.parametrize(
    ("id", "values"),
    [
        ("D3", {"d": 3 * 10**7}),
        ("D3", {"lo": 10**30}),
        ("D3", {"lo": "1/1000003"}),
        ("B3", {"K": [["9" * 800, "0"], ["0", "1"]]}),
        ("D4.product", {"A": [["9" * 100, "1"], ["0", "1"], ["1", "1"]]}),
        ("D4", {"A": [[f"{i + j}" * 20 for i in range(1, 4)] for j in range(3)]}),
        ("D2", {"p": ["1"] * 60, "q": ["1"] * 60}),
    ],
)
def test_what_would_not_return_is_refused_by_a_limit(id, values):
    forged = with_instance(id, **values)  # finds its witness when it is first asked
    start = time.process_time()
    with pytest.raises(LimitError) as refused:
        theorems.verify(forged)
    assert refused.value.limit
    assert refused.value.hint
    assert refused.value.place
    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b"{" * 100_000,
        b'{"a":' * 100_000,
        b'"' * 900_001,
        b"[1,2",
        b"\xff\xfe",
        b"NaN",
        b'{"schema": 1, "schema": 1}',
        b"9" * 900_000,
        b" " * 1_000_001,
    ],
    ids=lambda b: repr(b[:12]),
)
def test_files_of_any_content_are_refused(tmp_path, capsys, content):
    path = tmp_path / "w.json"
    path.write_bytes(content)
    start = time.process_time()
    assert run(["verify", str(path)]) == 4
    assert time.process_time() - start < SECONDS
    assert "refused" in capsys.readouterr().err


def test_what_is_no_regular_file_is_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, "/dev/zero", tmp_path):
        assert run(["verify", str(path)]) == 4


def test_a_margin_beyond_float64_is_refused():
    with pytest.raises(InputError):
        theorems.verify({**witnesses()[0], "margin": ["0x1p+99999", "0x1p+99999"]})
