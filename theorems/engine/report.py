"""Reports of checks and searches as tables, JUnit XML and HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from certify.console import escaped
from certify.verdict import Verdict, combine
from certify.writing import write_whole

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from theorems.engine.theorem import Theorem

__all__ = [
    "Report",
    "Result",
    "failure_text",
    "junit",
    "list_table",
    "result_line",
    "save_junit",
    "summary",
]

_WORDS = {"false": "counterexample found", "needed": "counterexample found", "mutant": "mutant rejected"}
_STYLES = {Verdict.CERTIFIED: "green", Verdict.REFUTED: "bold red", Verdict.UNDECIDED: "yellow"}


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict of one case, and the evidence for it in a few words."""

    theorem: str
    kind: str
    name: str
    verdict: Verdict
    evidence: str
    seconds: float = 0.0

    @property
    def outcome(self) -> str:
        """The verdict in the words of the check: what was to be found was found, or the verdict itself."""
        found = self.verdict is Verdict.CERTIFIED
        return _WORDS.get(self.kind, self.verdict.value) if found else self.verdict.value

    @property
    def command(self) -> str:
        """What shows this result again."""
        if self.kind in ("false", "needed") and self.verdict is not Verdict.CERTIFIED:
            reading, _, dropped = self.name.rpartition(" without ")
            if self.kind == "false":
                reading, dropped = self.name, ""
            flags = [f'--reading "{reading}"'] * bool(reading) + [f'--drop "{dropped}"'] * bool(dropped)
            return f"theorems explore {self.theorem} {' '.join(flags)}"
        return f"theorems check {self.theorem}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "theorem": self.theorem,
            "kind": self.kind,
            "name": self.name,
            "verdict": self.verdict.value,
            "outcome": self.outcome,
            "evidence": self.evidence,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run, in order."""

    results: tuple[Result, ...]

    @property
    def verdict(self) -> Verdict:
        """The conjunction of all results."""
        return combine(r.verdict for r in self.results)

    def to_json(self) -> dict[str, Any]:
        """Plain data: the verdict and every result."""
        return {"verdict": self.verdict.value, "results": [r.to_json() for r in self.results]}

    def __repr__(self) -> str:
        """The counts, and the first results that are not CERTIFIED."""
        failed = [failure_text(r) for r in self.results if r.verdict is not Verdict.CERTIFIED]
        more = [f"and {len(failed) - 3} more"] * (len(failed) > 3)
        return "\n".join([f"{self.verdict.value}: {summary(self)}", *failed[:3], *more])

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(v)}</td>" for v in (r.theorem, r.kind, r.name, r.outcome, r.evidence))
            + "</tr>"
            for r in self.results
        )
        head = "".join(f"<th>{name}</th>" for name in ("theorem", "kind", "name", "verdict", "evidence"))
        return f"<p>{self.verdict.value}</p><table><tr>{head}</tr>{rows}</table>"


def list_table(theorems: Sequence[Theorem]) -> Table:
    """One line for each theorem."""
    from rich.table import Table

    table = Table("id", "theorem", "readings", "hypotheses", "source", box=None, header_style="bold")
    for t in theorems:
        counts = [f"{sum(r.status.value == s for r in t.readings)} {s}" for s in ("true", "true but empty", "false")]
        readings = ", ".join(c for c in counts if not c.startswith("0 "))
        table.add_row(t.id, t.title, readings, ", ".join(h.name for h in t.hypotheses), t.source)
    return table


WIDTHS = (10, 10, 34, 20)
"""Of the columns theorem, kind, name and outcome of a report that comes line by line."""


def result_line(result: Result, width: int, last: str = "") -> Text:
    """One result on one line of ``width`` columns; the theorem is named where it differs from ``last``."""
    from rich.text import Text

    shown = result.theorem if result.theorem != last else ""
    cells = [shown, result.kind, result.name, result.outcome]
    line = Text()
    for cell, room in zip(cells, WIDTHS, strict=True):
        text = cell if len(cell) <= room else cell[: room - 1] + "…"
        style = _STYLES[result.verdict] if cell is cells[-1] else ""
        line.append(text.ljust(room + 1), style=style)
    room = max(12, width - len(line.plain) - 7)
    evidence = result.evidence.replace("\n", " ")
    line.append((evidence if len(evidence) <= room else evidence[: room - 1] + "…").ljust(room))
    line.append(f"{result.seconds:6.1f}")
    return line


def failure_text(result: Result) -> str:
    """A result that is not CERTIFIED, in full: evidence with both sides and the instance, and how to see it again."""
    head = f"{result.theorem} {result.kind} {result.name}: {result.verdict.value}"
    return f"{head}\n  {result.evidence}\n  again: {result.command}"


def summary(report: Report) -> str:
    """How many results there are of each verdict."""
    counts = ", ".join(f"{sum(r.verdict is v for r in report.results)} {v.value}" for v in Verdict)
    return f"{len(report.results)} checks: {counts}"


def junit(report: Report) -> ElementTree.Element:
    """JUnit XML: REFUTED is a failure, UNDECIDED is an error (the check did not come to an end)."""
    suites = ElementTree.Element("testsuites", name="theorems")
    for theorem in dict.fromkeys(r.theorem for r in report.results):
        results = [r for r in report.results if r.theorem == theorem]
        suite = ElementTree.SubElement(suites, "testsuite", {"name": theorem, **_counts(results)})
        for r in results:
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"{theorem}.{r.kind}", name=escaped(r.name), time=f"{r.seconds:.3f}"
            )
            if r.verdict is not Verdict.CERTIFIED:
                tag = "failure" if r.verdict is Verdict.REFUTED else "error"
                ElementTree.SubElement(case, tag, message=escaped(r.evidence, lines=True), type=r.verdict.value)
            else:
                ElementTree.SubElement(case, "system-out").text = escaped(r.evidence, lines=True)
    return suites


def _counts(results: Sequence[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(r.verdict is Verdict.REFUTED for r in results)),
        "errors": str(sum(r.verdict is Verdict.UNDECIDED for r in results)),
        "time": f"{sum(r.seconds for r in results):.3f}",
    }


def save_junit(report: Report, path: Path) -> None:
    """Write the JUnit file, as a whole or not at all.

    Raises
    ------
    InputError : the folder does not exist or cannot be written.
    """
    suites = junit(report)
    ElementTree.indent(suites)
    write_whole(path, ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))
