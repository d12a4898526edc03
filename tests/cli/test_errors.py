"""Bad input, bad usage and defects: the exit code, the message, and that nothing is written."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest
from safetensors.numpy import save_file

from certify import cli


def _weights(path, *matrices, names=None):
    names = names or [f"layers.{i}.weight" for i in range(len(matrices))]
    save_file({name: np.asarray(m, dtype=np.float32) for name, m in zip(names, matrices, strict=True)}, path)
    return path


def _nan(folder):
    bad = np.eye(3)
    bad[1, 2] = np.nan
    return _weights(folder / "nan.safetensors", np.eye(3), bad), ("layers.1.weight", "[1, 2]", "nan")


def _truncated(folder):
    path = _weights(folder / "cut.safetensors", np.eye(3), np.eye(3))
    path.write_bytes(path.read_bytes()[:-7])
    return path, ("cut.safetensors",)


def _duplicate(folder):
    one = '"w.0":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}'
    header = f"{{{one},{one}}}".encode()
    path = folder / "twice.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0\x80\x3f")
    return path, ("w.0",)


def _mismatch(folder):
    path = _weights(folder / "shapes.safetensors", np.ones((3, 2)), np.ones((4, 5)))
    return path, ("(3, 2)", "(4, 5)")


def _pickle(folder):
    path = folder / "model.pt"
    path.write_bytes(pickle.dumps({"w": [1.0]}))
    return path, ("model.pt",)


def _escaping_index(folder):
    inside = folder / "inside"
    inside.mkdir()
    _weights(folder / "outside.safetensors", np.eye(2), np.eye(2))
    path = inside / "model.safetensors.index.json"
    names = ("layers.0.weight", "layers.1.weight")
    path.write_text(json.dumps({"weight_map": dict.fromkeys(names, "../outside.safetensors")}))
    return path, ("../outside.safetensors",)


def _absent(folder):
    return folder / "absent.safetensors", ("absent.safetensors",)


BAD = [_nan, _truncated, _duplicate, _mismatch, _pickle, _escaping_index, _absent]


@pytest.mark.parametrize("make", BAD)
def test_bad_input_is_refused_with_code_4_and_nothing_is_written(make, tmp_path, capsys):
    path, said = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert cli.run(["chain", str(path), "-o", str(tmp_path / "out.json"), "--html", str(tmp_path / "out.html")]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("refused: ")
    for text in said:
        assert text in shown.err
    assert "Traceback" not in shown.err
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("make", BAD)
def test_bad_input_as_json(make, tmp_path, capsys):
    path, _ = make(tmp_path)
    assert cli.run(["chain", str(path), "--json"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert found["exit_code"] == 4
    assert found["message"]


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["chain"],
        ["chain", "{weights}", "--workers", "0"],
        ["chain", "{weights}", "--threshold", "no_such=1"],
        ["chain", "{weights}", "--threshold", "alpha_width=wide"],
        ["chain", "{weights}", "--threshold", "alpha_width=-1"],
        ["chain", "{weights}", "--limit", "max_layers=0"],
        ["chain", "{weights}", "--limit", "max_layers"],
        ["chain", "{weights}", "-o", "{folder}"],
        ["chain", "{weights}", "-o", "{folder}/absent/out.json"],
        ["chain", "{weights}", "-o", "{weights}"],
        ["explore", "{weights}", "--first", "0"],
    ],
)
def test_usage_is_code_2(words, tmp_path, capsys):
    weights = _weights(tmp_path / "good.safetensors", np.eye(2), np.eye(2))
    before = weights.read_bytes()
    assert cli.run([word.format(weights=weights, folder=tmp_path) for word in words]) == 2
    assert capsys.readouterr().err
    assert weights.read_bytes() == before


def test_a_limit_can_be_raised_and_names_itself(tmp_path, capsys):
    weights = _weights(tmp_path / "good.safetensors", np.eye(2), np.eye(2))
    assert cli.run(["chain", str(weights), "--limit", "max_layers=1"]) == 4
    assert "max_layers = 1" in capsys.readouterr().err


def test_a_defect_is_code_5_and_shows_the_traceback_only_on_demand(tmp_path, capsys, monkeypatch):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("planted")

    monkeypatch.setattr("certify.load", broken, raising=False)
    assert cli.run(["chain", "x.npz"]) == 5
    shown = capsys.readouterr().err
    assert "planted" in shown
    assert "report" in shown
    assert "Traceback" not in shown
    assert cli.run(["chain", "x.npz", "--debug"]) == 5
    assert "Traceback" in capsys.readouterr().err


def test_an_interruption_writes_nothing(tmp_path, capsys, monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("certify.load", interrupted, raising=False)
    assert cli.run(["chain", "x.npz", "-o", str(tmp_path / "out.json")]) == 130
    assert list(tmp_path.iterdir()) == []


def test_help_is_quick_and_loads_nothing_heavy():
    script = "import sys; sys.argv = ['certify', '--help']; from certify.cli import run; run(); " + (
        "print([m for m in ('numpy', 'scipy', 'flint', 'rich', 'sympy') if m in sys.modules])"
    )
    start = time.perf_counter()
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert shown.rstrip().endswith("[]")
    assert "Exit codes" in shown
    # 0.3 s is the aim; the rest is room for a busy machine.
    assert time.perf_counter() - start < 3


def test_version(capsys):
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("certify 0.")


def test_a_drafted_chain_file_is_printed_line_by_line(tmp_path, capsys):
    import numpy as np
    from safetensors.numpy import save_file

    from certify.cli import run

    names = ("a.0.weight", "a.1.weight", "b.0.weight", "b.1.weight")
    save_file({name: np.eye(2, dtype=np.float32) for name in names}, tmp_path / "w.safetensors")
    assert run(["chain", str(tmp_path / "w.safetensors")]) == 4
    printed = capsys.readouterr().err
    lines = [line.strip() for line in printed.splitlines()]
    assert lines.count("[[layers]]") == 4
    assert "edges = []" in lines
    assert "\\n" not in printed
