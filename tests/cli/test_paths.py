"""Whatever a path or a number on the command line is: a code that says so, no traceback, and no file harmed."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

import theorems.cli
from certify import cli
from tests.cli.test_console import HOSTILE, harmless

MATRICES = {"layers.0": np.diag([2.0, 1.0]), "layers.1": np.array([[5.0, 1.0], [0.0, 1.0]])}
RUN = {"certify": cli.run, "theorems": theorems.cli.run}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with weights, a folder of weights, a certificate, a pipe, and links."""
    monkeypatch.chdir(tmp_path)
    np.savez("w.npz", **MATRICES)
    os.mkdir("fold")
    save_file(MATRICES, "fold/model.safetensors")
    assert cli.run(["chain", "w.npz", "-o", "c.json"]) == 0
    os.mkfifo("pipe")
    os.symlink("w.npz", "link")
    os.symlink("nowhere", "dangling")
    return tmp_path


NAMES = {
    "absent": "absent", "300 characters": "a" * 300, "NUL": "a\0b", "not UTF-8": "b\udcff", "control": HOSTILE,
    "pipe": "pipe", "device": "/dev/zero", "folder": "locked", "dangling": "dangling", "memory": "/proc/self/mem",
}  # fmt: skip
READING = [
    "certify chain {}", "certify chain w.npz --chain {}", "certify chain w.npz --thresholds {}", "certify explore {}",
    "certify verify {} w.npz", "certify verify c.json {}", "certify verify c.json w.npz --chain {}",
    "certify verify c.json w.npz --thresholds {}", "theorems verify {}",
]  # fmt: skip


def run(line, name="", *more):
    words = [*(name if word == "{}" else word for word in line.split()), *more]
    return RUN[words[0]](words[1:])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("line", READING)
def test_what_cannot_be_read_is_code_4(line, name, here, capsys):
    os.mkdir("locked")
    capsys.readouterr()
    for more in ([], ["--json"]):
        assert run(line, name, *more) == 4
        shown = capsys.readouterr()
        assert harmless(shown.out + shown.err)
        assert "Traceback" not in shown.err
        assert shown.err.startswith("refused: ") or more


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable to root")
@pytest.mark.parametrize("line", READING)
def test_what_may_not_be_read_is_code_4(line, here):
    os.chmod("w.npz", 0)
    os.mkdir("locked", 0)
    assert run(line, "w.npz") == 4
    assert run(line, "locked/x") == 4


WRITING = [
    "certify chain w.npz -o {}", "certify chain w.npz --html {}", "theorems explore D4 --drop slack -o {}",
    "theorems check D3 --junit {}",
]  # fmt: skip
REFUSED = [
    "fold",
    "absent/x",
    "a" * 300,
    "a\0b",
    "pipe",
    "link",
    "dangling",
    "/dev/null",
    "/dev/full",
    "a" * 300 + "/x",
]


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("line", WRITING)
def test_what_is_no_plain_file_is_not_written_over(line, name, here, capsys):
    before = sorted(here.rglob("*"))
    assert run(line, name) == 2
    assert harmless(capsys.readouterr().err)
    assert sorted(here.rglob("*")) == before
    assert os.path.islink("link")
    assert os.readlink("dangling") == "nowhere"


@pytest.mark.parametrize(
    "line",
    [
        "certify chain fold -o fold/model.safetensors",
        "certify chain fold --html fold/model.safetensors",
        "certify chain w.npz -o w.npz",
        "certify chain w.npz -o hard",
        "certify chain link -o w.npz",
        "certify chain w.npz --html ./fold/../w.npz",
        "certify chain w.npz -o x --html x",
        "certify chain w.npz -o x --html ./fold/../x",
        "certify chain w.npz --thresholds t.toml -o t.toml",
        "certify chain w.npz --plots w.npz",
        "certify chain w.npz -o x --plots ./fold/../x",
    ],
)
def test_an_input_and_another_output_are_not_written_over(line, here, capsys):
    os.link("w.npz", "hard")
    (here / "t.toml").write_text("alpha_width = 1e-3\n")
    kept = {file: file.read_bytes() for file in here.rglob("*") if file.is_file()}
    assert run(line) == 2
    assert "refused" not in capsys.readouterr().err
    assert {file: file.read_bytes() for file in here.rglob("*") if file.is_file()} == kept


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "fold"])
def test_pictures_are_not_written_over_what_is_no_folder(name, here, capsys):
    before = sorted(here.rglob("*"))
    assert run("certify chain w.npz --plots {}", name) == 2
    assert harmless(capsys.readouterr().err)
    assert sorted(here.rglob("*")) == before


@pytest.mark.parametrize("more", ["", " --html plots/spectrum-001.svg", " --thresholds plots/spectrum-001.svg"])
def test_a_picture_replaces_no_input_no_link_and_no_other_output(more, here):
    os.mkdir("plots")
    target = here / "plots" / "spectrum-001.svg"
    if more:
        target.write_text("alpha_width = 1e-3\n")
    else:
        target.symlink_to(here / "w.npz")
    weights = (here / "w.npz").read_bytes()
    assert run(f"certify chain w.npz --plots plots{more}") == 2
    assert (here / "w.npz").read_bytes() == weights
    assert [file.name for file in (here / "plots").iterdir()] == [target.name]


def test_the_watch_over_inputs_sees_a_change(here, monkeypatch):
    monkeypatch.setattr("certify.cli.check_targets", lambda *_, **__: None)
    with pytest.raises(AssertionError, match="changed"):
        cli.run(["chain", "w.npz", "-o", "w.npz"])


def test_an_output_may_be_written_again_and_keeps_its_mode(here):
    os.chmod("c.json", 0o640)
    assert run("certify chain w.npz -o c.json") == 0
    assert os.stat("c.json").st_mode & 0o777 == 0o640
    (here / "w.xml").write_text("old")
    os.chmod("w.xml", 0o600)
    assert run("theorems explore D4 --drop slack -o w.xml") == 1
    assert os.stat("w.xml").st_mode & 0o777 == 0o600


THRESHOLDS = [
    "sigma_relative=1e308", "kempf_ness_relative=1e308", "product_relative=1e308", "truncation_relative=1e308",
    "imbalance_relative=1e308", "exact_rank_seconds=1e308", "windows=" + "9" * 4000, "barcode_layers=" + "9" * 4000,
]  # fmt: skip


@pytest.mark.parametrize("change", THRESHOLDS)
def test_huge_thresholds_are_no_defect(change, here, capsys):
    assert run("certify chain w.npz -o d.json --threshold {}", change) in (0, 2, 3)
    if os.path.exists("d.json"):
        assert run("certify verify d.json w.npz") in (0, 3)


@pytest.mark.parametrize(
    "change", ["sigma_relative=1e400", "windows=" + "9" * 5000, "barcode_layers=" + "9" * 5000, "a" * 10**5, HOSTILE]
)
def test_thresholds_that_are_no_numbers_are_usage(change, here, capsys):
    assert run("certify chain w.npz --threshold {}", change) == 2
    assert harmless(capsys.readouterr().err)


@pytest.mark.parametrize("value", ["1e3000000", "9" * 5000, "1/0", HOSTILE, "nan", "1e-3000000"])
@pytest.mark.parametrize("name", ["slope", "factor", HOSTILE])
def test_constants_that_are_no_numbers_are_usage(name, value, capsys):
    assert theorems.cli.run(["explore", "D4", "--set", f"{name}={value}"]) == 2
    assert harmless(capsys.readouterr().err)


def shell(line, here):
    words = f"{sys.executable} -m {line}"
    return subprocess.run(["sh", "-c", words], capture_output=True, text=True, check=False, cwd=here, timeout=120)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("certify explore c.json > /dev/full", 4),
        ("certify explore c.json --json > /dev/full", 4),
        ("certify --help > /dev/full", 4),
        ("theorems show D4 > /dev/full", 4),
        ("certify chain absent 2> /dev/full", 4),
        ("certify chain absent --json > /dev/full 2> /dev/full", 4),
        ("certify explore c.json >&-", 0),
        ("certify chain absent 2>&-", 4),
        ("certify explore c.json >&- 2>&-", 0),
    ],
)
def test_a_full_or_closed_stream_is_no_defect(line, code, here):
    found = shell(line, here)
    assert found.returncode == code
    assert "Traceback" not in found.stderr
    assert "Exception ignored" not in found.stderr


def test_a_hostile_witness_is_shown_harmless(tmp_path, capsys):
    import json

    good = tmp_path / "w.json"
    assert theorems.cli.run(["explore", "D4", "--drop", "slack", "-o", str(good)]) == 1
    data = json.loads(good.read_text("utf-8"))
    capsys.readouterr()
    for place in ("theorem", "reading", "dropped", "schema", HOSTILE):
        good.write_text(json.dumps({**data, place: HOSTILE}), "utf-8")
        for words in ([], ["--json"], ["--debug"]):
            assert theorems.cli.run(["verify", str(good), *words]) == 4
            shown = capsys.readouterr()
            assert harmless(shown.out + shown.err)
    for inner in ("instance", "hypotheses", "constants"):
        for name, value in ((HOSTILE, "1"), (next(iter(data["instance"])), HOSTILE)):
            good.write_text(json.dumps({**data, inner: {**data[inner], name: value}}), "utf-8")
            assert theorems.cli.run(["verify", str(good)]) in (1, 4)
            shown = capsys.readouterr()
            assert harmless(shown.out + shown.err)
