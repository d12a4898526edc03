"""The commands of the how-tos run, on networks as small as can be."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
from safetensors.numpy import save_file

import theorems.cli
from certify import cli
from tests.chain.test_drafts import CONFIG, llama, random
from tests.docs.conftest import EXAMPLES

HOWTO = Path(__file__).parents[2] / "docs" / "howto"


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (HOWTO / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)


def run(line: str, capsys: pytest.CaptureFixture[str]) -> int:
    """The exit code; what goes to a file with > is written."""
    line, _, target = line.partition(" > ")
    program, *words = shlex.split(line)
    code = {"certify": cli.run, "theorems": theorems.cli.run}[program](words)
    printed = capsys.readouterr()
    assert code in (0, 1, 3), printed.err
    if target:
        Path(target).write_text(printed.out, encoding="utf-8")
    return code


def test_a_transformer(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("gpt2").mkdir()
    save_file(llama(), "gpt2/model.safetensors")
    Path("gpt2/config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    lines = [line for block in blocks("transformer.md", "sh") for line in block.splitlines()]
    assert len(lines) == 4
    for line in lines:
        run(line, capsys)
    assert run("certify chain gpt2/ --chain mlp.toml", capsys) == run("certify chain gpt2/ --preset mlp", capsys)


def test_a_convolutional_network(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    kernels = {f"layer1.0.conv{i}.weight": random(4, 4, 3, 3) for i in (1, 2)}
    save_file(kernels | {"layer1.0.bn1.weight": random(4)}, "resnet18.safetensors")
    (chain,) = blocks("convolutional.md", "toml")
    Path("conv.toml").write_text(chain, encoding="utf-8")
    lines = [line for block in blocks("convolutional.md", "sh") for line in block.splitlines()]
    assert len(lines) == 3
    for line in lines:
        run(line.replace(".pt", ".safetensors"), capsys)


def test_continuous_integration(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(EXAMPLES / "digits_mlp.safetensors", "model.safetensors")
    Path("asked.toml").write_text("", encoding="utf-8")
    lines = [line for block in blocks("ci.md", "sh") for line in block.splitlines()]
    codes = [run(line.partition(" || ")[0], capsys) for line in lines]
    assert codes == [1, 0, 0, 0, 0]
