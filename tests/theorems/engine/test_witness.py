"""A witness is re-checked from scratch: every field that is tampered with is noticed, or honestly judged again."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import pytest

import theorems
from certify.errors import CertificateError, InputError
from certify.verdict import Verdict

RESULT = theorems.get("D4").search(drop="slack")
DATA = RESULT.witness.to_json()


def changed(*path, to):
    data = copy.deepcopy(DATA)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return data


def test_an_untouched_witness_stands(tmp_path):
    path = tmp_path / "w.json"
    RESULT.witness.save(path)
    found = theorems.verify(path)
    assert found.finding.conclusion.verdict is Verdict.REFUTED
    assert found.to_json() == DATA == json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "data",
    [
        changed("instance", "A", 2, 2, to="4"),
        changed("instance", "A_next", 0, 0, to="11/10"),
        changed("instance", "scaling", to={"choice": "raw"}),
        changed("reading", to="drift"),
        changed("dropped", to=None),
        changed("dropped", to="residual"),
        changed("dropped", to="normalized"),
        changed("theorem", to="D4.product"),
        changed("constants", to={"amplitude": "1/2"}),
        changed("hypotheses", "slack", to="CERTIFIED"),
        changed("hypotheses", to={}),
        changed("margin", to=["-0x1p+0", "-0x1p-1"]),
        changed("margin", to=["-0x1p-6", "0x1p+0"]),
    ],
    ids=str,
)
def test_a_false_claim_is_rejected(data):
    with pytest.raises((CertificateError, InputError)):
        theorems.verify(data)


def test_another_counterexample_with_its_own_numbers_is_accepted():
    scaled = changed("instance", "A", to=[["4", "0", "0"], ["0", "4", "0"], ["0", "0", "6"]])
    assert theorems.verify(scaled).instance.matrix("A")[2, 2] == 6


@pytest.mark.parametrize(
    "data",
    [
        {},
        {**DATA, "schema": "polystable-witness/0"},
        {**DATA, "extra": 1},
        {k: v for k, v in DATA.items() if k != "margin"},
        changed("theorem", to="Z9"),
        changed("margin", to=["nan", "x"]),
        changed("margin", to=[]),
        changed("instance", to={}),
        changed("instance", to=3),
        changed("instance", "A", to=[["1/0"]]),
        changed("instance", "A", to="x"),
        changed("constants", to={"amplitude": "a"}),
        changed("constants", to=None),
        changed("hypotheses", to=None),
        changed("hypotheses", "slack", to="MAYBE"),
    ],
    ids=lambda d: str(d)[-60:],
)
def test_what_is_no_witness_is_refused(data):
    with pytest.raises(InputError):
        theorems.verify(data)


@pytest.mark.parametrize("content", ["", "[1]", "{", "null", "\x00", "9" * 1_100_000])
def test_files_that_are_no_witness_are_refused(tmp_path, content):
    path = tmp_path / "w.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        theorems.verify(path)
    with pytest.raises(InputError):
        theorems.verify(tmp_path / "absent.json")


def test_checking_does_not_load_the_search(tmp_path):
    path = tmp_path / "w.json"
    RESULT.witness.save(path)
    code = (
        "import sys, theorems; theorems.verify(sys.argv[1]);"
        "print(sorted(m for m in sys.modules if m in ('theorems.engine.search', 'theorems.engine.shrink',"
        "'theorems.engine.families', 'theorems.engine.proposals', 'scipy.optimize', 'hypothesis')))"
    )
    found = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "w.json"
    path.write_text("before", encoding="utf-8")

    def fails(*_):
        raise OSError(28, "no space left")

    with monkeypatch.context() as broken:
        broken.setattr("os.fsync", fails)
        with pytest.raises(InputError):
            RESULT.witness.save(path)
    assert path.read_text(encoding="utf-8") == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["w.json"]
    RESULT.witness.save(path)
    assert theorems.verify(path).to_json() == DATA
    assert [p.name for p in tmp_path.iterdir()] == ["w.json"]
