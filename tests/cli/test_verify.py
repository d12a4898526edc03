"""``certify verify``: the verdict's code, what was asked, and the thresholds that a verifier did not expect."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import certify
from certify import cli
from certify.certificate import Certificate
from certify.checker import Outcome, RejectedError, check

DIAGONALS = {"CERTIFIED": (2.0, 1.0), "REFUTED": (1.0, 0.0)}


@pytest.fixture(params=["CERTIFIED", "REFUTED", "UNDECIDED"])
def made(request, tmp_path):
    """A verdict, the certificate with it, and its weights."""
    weights, saved = tmp_path / "w.npz", tmp_path / "c.json"
    np.savez(
        weights, **{"layers.0": np.diag(DIAGONALS.get(request.param, (2.0, 1.0))), "layers.1": [[5.0, 1.0], [0.0, 1.0]]}
    )
    changes = {"sigma_relative": 0.0} if request.param == "UNDECIDED" else {}
    thresholds = replace(certify.Thresholds(), **changes)
    certify.certify(certify.load(weights), thresholds=thresholds, workers=1).save(saved)
    return request.param, saved, weights


def test_the_code_is_that_of_the_verdict(made, capsys):
    verdict, saved, weights = made
    code = {"CERTIFIED": 0, "REFUTED": 1, "UNDECIDED": 3}[verdict]
    assert cli.run(["verify", str(saved), str(weights)]) == code
    shown = capsys.readouterr().out.split("\n")
    assert shown[0] == "accepted: every claim was proved again from the weights"
    assert shown[1].startswith(f"asked: {len(Certificate.load(saved).claims)} claims about 2 layers and 1 interface")
    assert f"verdict {verdict}" in shown
    assert not any("loader alone" in line for line in shown)
    assert cli.run(["verify", str(saved), str(weights), "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == verdict
    assert found["reread"] == 2


def altered(tmp_path, **changes):
    weights, saved = tmp_path / "w.npz", tmp_path / "c.json"
    np.savez(weights, **{"layers.0": np.diag([1.0, 0.0]), "layers.1": np.eye(2) + 1})
    certify.certify(certify.load(weights), thresholds=replace(certify.Thresholds(), **changes), workers=1).save(saved)
    return str(saved), str(weights)


def test_unexpected_thresholds_are_printed(tmp_path, capsys):
    words = altered(tmp_path, windows="9007199254740992", exact_rank_seconds=0.0, alpha_width=1e300)
    cli.run(["verify", *words])
    shown = capsys.readouterr().out
    assert "threshold windows is 9007199254740992, expected auto" in shown
    assert "threshold exact_rank_seconds is 0.0, expected 10.0" in shown
    assert "threshold alpha_width is 1e+300, expected 0.001" in shown
    assert shown.count("expected") == 3
    cli.run(["verify", *words, "--json"])
    found = json.loads(capsys.readouterr().out)["differences"]
    assert found[0] == {"threshold": "windows", "recorded": "9007199254740992", "expected": "auto"}


def test_strict_rejects_another_question(tmp_path, capsys):
    words = altered(tmp_path, alpha_width=0.5)
    assert cli.run(["verify", *words, "--strict"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("rejected: ")
    assert "answers another question" in shown
    assert "thresholds.alpha_width" in shown
    assert cli.run(["verify", *words, "--strict", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["accepted"] is False


@pytest.mark.parametrize("how", ["option", "file"])
def test_expected_thresholds_can_be_given(how, tmp_path, capsys):
    words = altered(tmp_path, alpha_width=0.5, windows="1")
    file = tmp_path / "asked.toml"
    file.write_text('alpha_width = 0.5\nwindows = "1"\n')
    asked = ["--threshold", "alpha_width=0.5", "--threshold", "windows=1"]
    if how == "file":
        asked = ["--thresholds", str(file)]
    accepted = cli.run(["verify", *words])
    assert cli.run(["verify", *words, "--strict", *asked]) == accepted
    assert "expected" not in capsys.readouterr().out.split("asked: ")[-1]
    assert cli.run(["verify", *words, "--strict", *asked, "--threshold", "alpha_width=0.25"]) == 1


def test_the_same_file_asks_and_expects(tmp_path):
    file, weights, saved = tmp_path / "asked.toml", tmp_path / "w.npz", tmp_path / "c.json"
    file.write_text("alpha_width = 1\nbarcode_layers = 3\n")
    np.savez(weights, **{"layers.0": np.diag([2.0, 1.0])})
    assert cli.run(["chain", str(weights), "--thresholds", str(file), "-o", str(saved)]) == 0
    assert Certificate.load(saved).thresholds["alpha_width"] == 1.0
    assert cli.run(["verify", str(saved), str(weights), "--thresholds", str(file), "--strict"]) == 0
    assert cli.run(["verify", str(saved), str(weights), "--strict"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        "alpha_width = true", "alpha_width = '1'", "nonsense = 1", "alpha_width = -1", "alpha_width = nan", "=", "\xff",
        "windows = 3", "barcode_layers = 2.0", "alpha_width = 1" + "0" * 400, "x = " + "[" * 5000, "# " + "x" * 2**17,
        "windows = 'a'",
    ],
)  # fmt: skip
def test_a_bad_file_of_thresholds_is_refused(text, tmp_path, capsys):
    file = tmp_path / "asked.toml"
    file.write_bytes(text.encode("latin-1"))
    assert cli.run(["chain", "none.npz", "--thresholds", str(file)]) == 4
    assert capsys.readouterr().err.startswith("refused: ")


def test_thresholds_come_from_regular_files_only(tmp_path, capsys):
    for place in (tmp_path, tmp_path / "none", "/dev/zero"):
        assert cli.run(["chain", "none.npz", "--thresholds", str(place)]) == 4
    assert capsys.readouterr().err.count("refused: ") == 3


def test_in_python(tmp_path):
    saved, weights = altered(tmp_path, alpha_width=0.5)
    found = certify.verify(saved, weights, workers=1)
    assert [item.name for item in found.differences] == ["alpha_width"]
    assert found.outcome is Outcome.ACCEPTED
    with pytest.raises(RejectedError, match="not the expected one"):
        certify.verify(saved, weights, workers=1, strict=True)
    other = check(found.certificate, certify.load(weights), expected=replace(certify.Thresholds(), alpha_width=0.5))
    assert other.differences == ()


def test_as_a_module():
    shown = subprocess.run([sys.executable, "-m", "certify", "--version"], capture_output=True, text=True, check=True)
    assert shown.stdout.startswith("certify 0.")
