"""The tutorial does what it says: its commands, its Python, and the theorem at its end."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

import theorems
from certify.verdict import Verdict
from tests.docs.conftest import EXAMPLES
from theorems.cli import run
from theorems.engine.check import Profile, cases
from theorems.engine.instance import Instance

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE

pytestmark = pytest.mark.usefixtures("extended")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def test_session(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    for code in _blocks("python"):
        test = doctest.DocTestParser().get_doctest(code, {}, "tutorial", str(PAGE), 0)
        assert test.examples
        assert doctest.DocTestRunner(optionflags=FLAGS).run(test).failed == 0
    capsys.readouterr()
    blocks = _blocks("console")
    assert len(blocks) >= 6
    for block in blocks:
        first, _, expected = block.partition("\n")
        program, *words = shlex.split(first.removeprefix("$ "))
        assert program == "theorems"
        run(words)
        printed = capsys.readouterr().out
        assert doctest.OutputChecker().check_output(expected, printed, FLAGS), f"{first}\n{printed}"


@pytest.mark.parametrize("part", ["symbolic", "numeric", "attained", "false", "needed", "constant", "mutant"])
def test_own_theorem_passes_the_sweep(part):
    theorem = theorems.get("S1")
    chosen = [case for case in cases(theorem) if case.kind == part]
    assert chosen
    for case in chosen:
        result = case.result(Profile(examples=30))
        assert result.verdict is Verdict.CERTIFIED, result.evidence


def test_own_theorem_is_found_and_documented():
    assert "S1" in {t.id for t in theorems.all()}
    page = PAGE.read_text(encoding="utf-8")
    source = (EXAMPLES / "s1_stable_rank.py").read_text(encoding="utf-8")
    for name in re.findall(r":pyobject: (\w+)", page):
        assert f"def {name}(" in source
    assert "```{literalinclude} examples/s1_stable_rank.py\n```" in page


def test_own_bound_sees_a_wrong_instance():
    theorem = theorems.get("S1")
    x = Instance.of(A=[[2, 0], [0, 1]], A_next=[[1, 0], [0, 2]])
    assert theorem.reading("monotone").judge(x, theorem.values()).verdict is Verdict.REFUTED
    assert theorem.reading("conditioned").judge(x, theorem.values()).verdict is Verdict.CERTIFIED
    assert theorem.assumptions(theorem.reading("isometry"), x) is Verdict.REFUTED
