"""The page of a report: failures first and in full, every result, nothing hostile, nothing loaded."""

from __future__ import annotations

import re

from certify.verdict import Verdict
from theorems.cli import run
from theorems.engine.report import Report, Result
from theorems.engine.report_page import page, save_page

RESULTS = (
    Result("C4", "numeric", "lower", Verdict.CERTIFIED, "62 exact instances"),
    Result("C4", "needed", "magnitude without semidefinite", Verdict.REFUTED, "<b>\x1b[31mnothing found"),
    Result("A1", "symbolic", "counting", Verdict.UNDECIDED, "no proof"),
    Result("A1", "mutant", "dropped", Verdict.CERTIFIED, "rejected"),
)


def test_failures_come_first_and_every_result_is_there() -> None:
    text = page(Report(RESULTS), {"C4": "The commutator"})
    top, bottom = text.split("<h2>Theorems</h2>")
    assert "<span class=REFUTED>REFUTED</span>" in top
    assert "C4 needed magnitude without semidefinite" in top
    assert "again: theorems explore C4 --reading &quot;magnitude&quot; --drop &quot;semidefinite&quot;" in top
    assert "A1 symbolic counting" in top
    assert "62 exact instances" not in top
    assert bottom.count("<tr><td>") == 4
    assert "The commutator" in bottom
    assert bottom.count("<details") == 2
    assert bottom.count(" open>") == 2


def test_a_certified_report_is_closed_and_says_so() -> None:
    text = page(Report(RESULTS[:1]))
    assert "Not certified" not in text
    assert " open>" not in text


def test_nothing_is_loaded_and_nothing_hostile_is_shown() -> None:
    text = page(Report(RESULTS))
    assert "\x1b" not in text
    assert "<b>" not in text
    assert not re.search(r"(src|href)=|url\(|<script|@import", text)
    assert "default-src 'none'" in text


def test_command_writes_the_page(tmp_path, capsys) -> None:
    target = tmp_path / "report.html"
    assert run(["check", "A1", "--html", str(target), "--junit", str(target)]) == 2
    assert not target.exists()
    assert run(["check", "A1", "--html", str(target), "--workers", "1"]) == 0
    text = target.read_text(encoding="utf-8")
    assert "CERTIFIED" in text
    assert "Pairs of subspaces are classified" in text
    capsys.readouterr()
    assert run(["check", "A1", "--html", str(tmp_path / "no" / "r.html")]) == 2


def test_written_as_a_whole(tmp_path) -> None:
    save_page(Report(RESULTS), tmp_path / "r.html")
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]
