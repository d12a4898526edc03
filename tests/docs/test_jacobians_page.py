"""The page on Jacobian chains: its scripts run as printed, in order, and print what stands below them; its commands
accept what they made."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.docs.test_howto import HOWTO, blocks, run

ROOT = HOWTO.parents[1]
SCRIPT = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    (tmp_path / "docs/examples").mkdir(parents=True)
    shutil.copy(ROOT / "docs/examples/digits_resnet.safetensors", tmp_path / "docs/examples")
    monkeypatch.chdir(tmp_path)
    return SCRIPT.findall((HOWTO / "jacobians.md").read_text(encoding="utf-8"))


def printed(code: str, names: dict[str, Any]) -> str:
    found = io.StringIO()
    with contextlib.redirect_stdout(found):
        exec(compile(code, "jacobians.md", "exec"), names)
    return found.getvalue()


def test_scripts_print_what_the_page_shows_and_the_commands_run(scripts, capsys):
    assert len(scripts) == 5
    names: dict[str, Any] = {}
    for code, expected in scripts[:4]:
        assert printed(code, names) == expected
    lines = [line for block in blocks("jacobians.md", "sh") for line in block.splitlines()]
    assert [run(line, capsys) for line in lines] == [0, 0]
    assert Path("jacobians.json").is_file()


def test_a_pytorch_model(scripts):
    pytest.importorskip("torch", reason="torch (extra torch) is not installed")
    names: dict[str, Any] = {}
    for code, _ in (scripts[0], scripts[4]):
        printed(code, names)
    chain = names["certify"].load("torch.npz")
    assert [layer.shape for layer in chain.layers] == [(6, 6)] * 3
    assert "computed by PyTorch" in names["made"].notes[-1]
