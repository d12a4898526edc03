"""The page on two checkpoints does what it says, on the digits network and three files made of it."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from certify.cli import run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/howto/two-checkpoints.md"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture
def folder(tmp_path, monkeypatch):
    before = load_file(ROOT / "docs/examples/digits_mlp.safetensors")
    rng = np.random.default_rng(0)
    after = {
        name: (w + 1e-3 * rng.normal(size=w.shape) * (w.ndim == 2)).astype(np.float32) for name, w in before.items()
    }
    other = {name: w for name, w in after.items() if name != "layers.2.weight"}
    other["layers.1.weight"] = np.ascontiguousarray(other["layers.1.weight"][:, :95])
    save_file(before, tmp_path / "before.safetensors")
    save_file(after, tmp_path / "after.safetensors")
    save_file(other, tmp_path / "other.safetensors")
    (tmp_path / "adapter").mkdir()
    factors = {"lora_A": (4, 96), "lora_B": (96, 4)}
    adapter = {f"base_model.model.layers.1.{k}.weight": rng.normal(size=shape) for k, shape in factors.items()}
    save_file(adapter, tmp_path / "adapter/adapter_model.safetensors")
    (tmp_path / "adapter/adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    return tmp_path


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_commands(folder, capsys):
    blocks = _blocks("console")
    assert len(blocks) == 4
    for block in blocks:
        first, _, expected = block.partition("\n")
        program, *words = shlex.split(first.removeprefix("$ "))
        assert program == "certify"
        assert run(words) == 0
        printed = capsys.readouterr().out
        assert doctest.OutputChecker().check_output(expected, printed, FLAGS), f"{first}\n{printed}"
    assert json.loads((folder / "change.json").read_text())["verdict"] == "CERTIFIED"


def test_session(folder):
    (code,) = _blocks("python")
    test = doctest.DocTestParser().get_doctest(code, {}, "two-checkpoints", str(PAGE), 0)
    assert len(test.examples) == 8
    assert doctest.DocTestRunner(optionflags=FLAGS).run(test).failed == 0
