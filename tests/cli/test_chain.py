"""``certify chain``, ``certify verify`` and ``certify explore`` from end to end."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from certify import cli
from certify.certificate import Certificate
from certify.verdict import Enclosure, Verdict

DIGITS = str(Path(__file__).parents[2] / "docs" / "examples" / "digits_mlp.safetensors")


@pytest.fixture
def small(tmp_path):
    """Two square layers with well separated singular values."""
    path = tmp_path / "small.npz"
    rng = np.random.default_rng(3)
    np.savez(path, **{f"layers.{i}": np.diag([4.0, 2.0, 1.0]) + 0.1 * rng.normal(size=(3, 3)) for i in range(2)})
    return path


def test_digits_certify_and_verify(tmp_path, capsys):
    saved, page = tmp_path / "digits.json", tmp_path / "digits.html"
    code = cli.run(["chain", DIGITS, "-o", str(saved), "--html", str(page), "--plots", str(tmp_path / "plots")])
    assert code in (0, 3)
    shown = capsys.readouterr().out
    for text in (
        "layers.3",
        "layers.0 → layers.1",
        "left out layers.0.bias",
        "claims:",
        "check it: certify verify",
        str(saved),
    ):
        assert text in shown
    assert cli.run(["chain", DIGITS, "--full"]) == code
    shown = capsys.readouterr().out
    for text in ("layers.3.weight", "D4.slack.transport", "left out layers.0.bias", "not asked", "claims:"):
        assert text in shown
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert len(list((tmp_path / "plots").glob("spectrum-*.svg"))) == 5
    assert (tmp_path / "plots" / "overlap-against-chance.svg").is_file()
    assert cli.run(["verify", str(saved), DIGITS]) == code
    assert capsys.readouterr().out.startswith("accepted")


@pytest.mark.parametrize("more", [[], ["--preset", "mlp"]], ids=["plain", "preset"])
def test_the_command_that_is_printed_checks_the_certificate(more, tmp_path, capsys):
    weights, saved = tmp_path / "the weights.safetensors", tmp_path / "the certificate.json"
    shutil.copyfile(DIGITS, weights)
    code = cli.run(["chain", str(weights), *more, "-o", str(saved)])
    printed = capsys.readouterr().out.partition("check it: ")[2]
    words = shlex.split(printed)
    assert words[:2] == ["certify", "verify"]
    assert words[4:] == more
    assert cli.run(words[1:]) == code
    assert capsys.readouterr().out.startswith("accepted")


def test_json_is_the_certificate_and_workers_do_not_change_it(small, tmp_path, capsys):
    saved = tmp_path / "small.json"
    assert cli.run(["chain", str(small), "-o", str(saved), "--json", "--workers", "1"]) == 0
    assert capsys.readouterr().out.encode() == saved.read_bytes()
    assert cli.run(["chain", str(small), "--json", "--workers", "3"]) == 0
    assert capsys.readouterr().out.encode() == saved.read_bytes()
    assert Certificate.load(saved).verdict is Verdict.CERTIFIED


def test_all_windows_have_a_row_each(small, capsys):
    assert cli.run(["chain", str(small), "--full"]) == 0
    assert "spectrum.gap[1…2]" in capsys.readouterr().out
    assert cli.run(["chain", str(small), "--all"]) == 0
    shown = capsys.readouterr().out
    assert "spectrum.gap[1] " in shown
    assert "spectrum.gap[2] " in shown


def test_a_refuted_chain_is_code_1(tmp_path, capsys):
    path = tmp_path / "singular.npz"
    np.savez(path, **{"layers.0": np.diag([1.0, 0.0]), "layers.1": np.eye(2) + np.ones((2, 2))})
    assert cli.run(["chain", str(path), "-o", str(tmp_path / "c.json")]) == 1
    shown = capsys.readouterr().out
    assert "refuted: layer layers.0" in shown
    assert Certificate.load(tmp_path / "c.json").verdict is Verdict.REFUTED


def test_an_undecided_chain_is_code_3_with_its_cause(small, tmp_path, capsys):
    assert cli.run(["chain", str(small), "--threshold", "sigma_relative=0", "-o", str(tmp_path / "c.json")]) == 3
    assert "undecided: spectrum.sigma of layer layers.0 and 1 more: the enclosure is" in capsys.readouterr().out


def test_thresholds_are_recorded(small, tmp_path):
    saved = tmp_path / "c.json"
    cli.run(["chain", str(small), "--threshold", "windows=1", "--threshold", "alpha_width=0.5", "-o", str(saved)])
    thresholds = Certificate.load(saved).thresholds
    assert thresholds["windows"] == "1"
    assert thresholds["alpha_width"] == 0.5


@pytest.mark.parametrize("what", ["margin", "verdict", "weights"])
def test_an_altered_certificate_or_weight_is_code_1(what, small, tmp_path, capsys):
    saved = tmp_path / "c.json"
    cli.run(["chain", str(small), "-o", str(saved)])
    if what == "weights":
        arrays = dict(np.load(small))
        arrays["layers.1"][0, 0] = np.nextafter(arrays["layers.1"][0, 0], 10)
        np.savez(small, **arrays)
    else:
        text = json.loads(saved.read_text())
        text["claims"][0][what] = "REFUTED" if what == "verdict" else [(1.0).hex(), (2.0).hex()]
        saved.write_text(json.dumps(text))
    capsys.readouterr()
    assert cli.run(["verify", str(saved), str(small)]) == 1
    assert capsys.readouterr().err.startswith("rejected: ")
    assert cli.run(["verify", str(saved), str(small), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    if what == "weights":
        assert found["accepted"] is False
        assert {reason["place"] for reason in found["reasons"]} == {"input.tensors[1].sha256"}
    else:
        assert found["exit_code"] == 1


def test_a_claim_forged_with_a_fitting_digest_is_named(small, tmp_path, capsys):
    saved = tmp_path / "c.json"
    cli.run(["chain", str(small), "-o", str(saved)])
    honest = Certificate.load(saved)
    place, claim = next((i, c) for i, c in enumerate(honest.claims) if c.id == "D4.top_radial")
    forged = replace(claim, values=tuple(Enclosure(v.lower + 1, v.upper + 1) for v in claim.values))
    replace(honest, claims=(*honest.claims[:place], forged, *honest.claims[place + 1 :])).save(saved)
    capsys.readouterr()
    assert cli.run(["verify", str(saved), str(small)]) == 1
    assert f"claims[{place}]" in capsys.readouterr().err
    assert cli.run(["verify", str(saved), str(small), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert "D4.top_radial" in {reason["claim"] for reason in found["reasons"]}


def test_verify_as_json(small, tmp_path, capsys):
    saved = tmp_path / "c.json"
    cli.run(["chain", str(small), "-o", str(saved)])
    capsys.readouterr()
    assert cli.run(["verify", str(saved), str(small), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "accepted": True,
        "verdict": "CERTIFIED",
        "claims": len(Certificate.load(saved).claims),
        "asked": f"{len(Certificate.load(saved).claims)} claims about 2 layers and 1 interface, windows auto, "
        "energy levels 90,95,99, ranks of products up to 24 layers",
        "differences": [],
        "reread": 2,
        "digest": Certificate.load(saved).digest,
    }


def test_explore_sorts_by_closeness(small, tmp_path, capsys):
    saved = tmp_path / "c.json"
    cli.run(["chain", str(small), "--threshold", "sigma_relative=0", "-o", str(saved)])
    capsys.readouterr()
    assert cli.run(["explore", str(saved), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found) == len(Certificate.load(saved).claims)
    assert [item["verdict"] for item in found[:2]] == ["UNDECIDED", "UNDECIDED"]
    assert {item["verdict"] for item in found[2:]} == {"CERTIFIED"}
    assert cli.run(["explore", str(saved), "-n", "3"]) == 0
    verdicts = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith(("UND", "CERT"))]
    assert verdicts == ["UNDECIDED", "UNDECIDED", "CERTIFIED"]


def test_a_reader_that_leaves_is_no_verdict():
    script = "import sys; from certify.cli import main; sys.argv[1:] = ['chain', sys.argv[1]]; main()"
    with subprocess.Popen(
        [sys.executable, "-c", script, DIGITS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_progress_is_silent_off_a_terminal_and_shown_on_one(small):
    command = [
        sys.executable,
        "-c",
        "import sys; from certify.cli import run; sys.exit(run(sys.argv[1:]))",
        "chain",
        small,
    ]
    silent = subprocess.run(command, capture_output=True, check=True)
    assert silent.stderr == b""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            shown += piece
        assert process.wait() == 0
    os.close(ours)
    assert b"certifying" in shown
    totals = {match.group(1) for match in re.finditer(rb"\d+/(\d+|\?)", shown)}
    assert len(totals) == 1
    assert b"?" not in totals


def test_a_ridge_is_asked_shown_and_expected(tmp_path, capsys):
    weights, saved = tmp_path / "linear.npz", str(tmp_path / "linear.json")
    np.savez(weights, a=np.diag([3.0, 2.0, 1.0]), b=np.diag([3.0, 2.0, 1.5]))
    chain = tmp_path / "chain.toml"
    chain.write_text(
        'edges = [["a", "b", "linear"]]\n[[layers]]\ntensor = "a"\n[[layers]]\ntensor = "b"\n', encoding="utf-8"
    )
    asked = [str(weights), "--chain", str(chain)]
    code = cli.run(["chain", *asked, "--ridge", "0.25", "--excess", "0.01", "-o", saved])
    assert code in (0, 3)
    # log 2/0.5; and (γ/2w)² over the excess, γ = 3 + 7/4 and w² = 5 + 25/4 at two directions.
    line = (
        "ridge 0.25, where nothing lies between: the imbalance halves every 1.386; no sum of two gaps closes before "
        "50.14, that of edge a -> b first"
    )
    assert line in " ".join(capsys.readouterr().out.split())
    assert cli.run(["verify", saved, *asked]) == code
    said = capsys.readouterr().out
    assert "threshold ridge is 0.25, expected none" in said
    assert "threshold excess is 0.01, expected none" in said
    same = ["--threshold", "ridge=0.25", "--threshold", "excess=0.01", "--strict"]
    assert cli.run(["verify", saved, *asked, *same]) == code
    capsys.readouterr()
    assert cli.run(["chain", *asked, "--ridge", "0.25"]) in (0, 3)
    assert "no sum of two gaps closes on a path shorter than 0.7081" in " ".join(capsys.readouterr().out.split())
    for options, words in (
        (["--ridge", "0"], "the threshold ridge is no positive number"),
        (["--ridge", "nan"], "the threshold ridge is no positive number"),
        (["--ridge", "1", "--loss", "-1"], "the threshold loss is no positive number"),
        (["--loss", "1"], "the threshold loss is given without a ridge"),
        (["--excess", "1"], "the threshold excess is given without a ridge"),
    ):
        assert cli.run(["chain", *asked, *options]) == 2, options
        assert words in capsys.readouterr().err
