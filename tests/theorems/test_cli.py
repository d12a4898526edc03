"""The command line: what it prints, what it writes, and the code it ends with."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

import theorems
from certify.verdict import Verdict
from theorems import cli
from theorems.cli import run
from theorems.engine.check import Case, cases


def test_list_names_every_theorem(capsys):
    assert run(["list"]) == 0
    printed = capsys.readouterr().out
    assert all(t.id in printed for t in theorems.all())
    assert run(["list", "--json"]) == 0
    assert [t["id"] for t in json.loads(capsys.readouterr().out)] == [t.id for t in theorems.all()]


def test_show_prints_the_statement(capsys):
    assert run(["show", "d4"]) == 0
    printed = capsys.readouterr().out
    assert "Rigidity" in printed
    assert "without slack [false]" in printed
    assert run(["show", "D4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["readings"][0]["name"] == "drift"


def test_check_reports_and_writes_junit(capsys, tmp_path):
    target = tmp_path / "junit.xml"
    count = len(cases(theorems.get("D3")))
    assert run(["check", "D3", "--junit", str(target)]) == 0
    assert f"{count} checks: {count} CERTIFIED, 0 REFUTED, 0 UNDECIDED" in capsys.readouterr().out
    suite = ElementTree.parse(target).getroot()[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("D3", str(count), "0")


def test_the_results_do_not_depend_on_the_workers(capsys):
    printed = []
    for workers in ("1", "2"):
        assert run(["check", "D3", "D4.product", "D10", "--workers", workers, "--json"]) == 0
        results = json.loads(capsys.readouterr().out)["results"]
        printed.append([{k: v for k, v in r.items() if k != "seconds"} for r in results])
    assert printed[0] == printed[1]


@pytest.mark.parametrize(("verdict", "code", "tag"), [(Verdict.REFUTED, 1, "failure"), (Verdict.UNDECIDED, 3, "error")])
def test_check_ends_with_the_worst_verdict(capsys, tmp_path, monkeypatch, verdict, code, tag):
    def planted(theorem):
        return [*cases(theorem)[-1:], Case(theorem.id, "numeric", "planted", lambda p: (verdict, "planted"))]

    monkeypatch.setattr("theorems.checking.cases", planted)
    target = tmp_path / "junit.xml"
    assert run(["check", "D3", "--json", "--junit", str(target)]) == code
    assert json.loads(capsys.readouterr().out)["verdict"] == verdict.value
    assert run(["check", "D3"]) == code
    shown = capsys.readouterr().out
    assert f"D3 numeric planted: {verdict.value}\n  planted\n  again: theorems check D3" in shown
    assert ElementTree.parse(target).getroot().find(f".//{tag}").get("message") == "planted"


def test_explore_finds_writes_and_verifies(capsys, tmp_path):
    target = tmp_path / "w.json"
    assert run(["explore", "D4", "--drop", "slack", "-o", str(target)]) == 1
    printed = capsys.readouterr().out
    assert "REFUTED" in printed
    assert "theorems.get(\"D4\").search(drop='slack')" in printed
    assert run(["verify", str(target)]) == 0
    assert "accepted" in capsys.readouterr().out
    data = json.loads(target.read_text(encoding="utf-8"))
    data["instance"]["A"][0][0] = "5"
    target.write_text(json.dumps(data), encoding="utf-8")
    assert run(["verify", str(target)]) == 1
    assert run(["verify", str(target), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["accepted"] is False


def test_explore_that_finds_nothing_says_so(capsys):
    assert run(["explore", "D4", "--set", "factor=11/10", "--limit", "500", "--json"]) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["witness"]) == ("UNDECIDED", None)
    assert found["tried"]["structured"] > 0
    assert "constants={'factor': '11/10'}" in found["python"]


def test_a_repeated_drop_is_said(capsys):
    assert run(["explore", "D3", "--drop", "ranks", "--drop", "ranks"]) == 1
    assert "--drop ranks was given 2 times and counts once" in capsys.readouterr().err


def test_explore_asks_at_a_terminal(capsys, monkeypatch):
    class Terminal:
        def isatty(self):
            return True

    asked = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(cli.click, "prompt", lambda text, **_: asked.append(text) or 2)
    assert run(["explore", "D3"]) == 1
    printed = capsys.readouterr().out
    assert asked == ["Attack"]
    assert "2  drop ordered" in printed
    assert "without 'ordered'" in printed


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["show", "Z9"], 2),
        (["explore", "D4", "--drop", "absent"], 2),
        (["explore", "D4", "--drop", "square"], 2),
        (["explore", "D4", "--set", "amplitude"], 2),
        (["explore", "D4", "--set", "factor=1e999999999"], 2),
        (["explore", "D4", "--set", "factor=2", "--set", "factor=3"], 2),
        (["explore", "D4", "--drop", "slack", "--drop", "residual"], 2),
        (["explore", "D4", "--limit", "0"], 2),
        (["explore", "D4", "--set", "factor=a"], 2),
        (["explore", "D4", "--time", "-1"], 2),
        (["explore", "D4", "-o", "/"], 2),
        (["check", "D3", "--junit", "absent/folder/x.xml"], 2),
        (["nonsense"], 2),
        (["verify", "absent.json"], 4),
    ],
)
def test_wrong_calls_end_with_their_code(words, code, capsys):
    assert run(words) == code
    assert capsys.readouterr().err


def test_a_defect_is_code_five(capsys, monkeypatch):
    monkeypatch.setattr(theorems, "get", lambda id: 1 / 0)
    assert run(["show", "D3"]) == 5
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert run(["show", "D3", "--debug"]) == 5
    assert "Traceback" in capsys.readouterr().err


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from theorems.cli import run; run(['--help']);"
        "heavy = {'numpy', 'scipy', 'sympy', 'flint', 'mpmath', 'hypothesis', 'rich', 'networkx', 'marimo'};"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stderr.strip() == "[]"
    assert "explore" in found.stdout


def test_the_sweep_is_found_from_anywhere(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--pyargs", "theorems", "--collect-only", "-q", "-p", "no:cacheprovider"]
    found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    collected = [line for line in found.stdout.splitlines() if "_sweep.py::test_case" in line]
    assert len(collected) == sum(len(cases(t)) for t in theorems.all())
