"""Reports of checks and searches as tables, JUnit XML and HTML."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from certify.verdict import Verdict, combine

if TYPE_CHECKING:
    from rich.table import Table

    from theorems.engine.theorem import Theorem

__all__ = ["Report", "Result", "junit", "list_table", "report_table", "save_junit"]

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

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "theorem": self.theorem,
            "kind": self.kind,
            "name": self.name,
            "verdict": self.verdict.value,
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

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>"
            + "".join(f"<td>{html.escape(v)}</td>" for v in (r.theorem, r.kind, r.name, r.verdict.value, r.evidence))
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


def report_table(report: Report) -> Table:
    """One line for each case, grouped by theorem; evidence is cut to the width of the terminal."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", expand=True)
    for name in ("theorem", "kind", "name", "verdict"):
        table.add_column(name, no_wrap=True)
    # Evidence takes what is left of the line.
    table.add_column("evidence", no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column("s", no_wrap=True, justify="right")
    last = ""
    for r in report.results:
        verdict = Text(r.verdict.value, style=_STYLES[r.verdict])
        shown = r.theorem if r.theorem != last else ""
        table.add_row(shown, r.kind, r.name, verdict, Text(r.evidence), f"{r.seconds:.1f}")
        last = r.theorem
    return table


def junit(report: Report) -> ElementTree.Element:
    """JUnit XML: REFUTED is a failure, UNDECIDED is an error (the check did not come to an end)."""
    suites = ElementTree.Element("testsuites", name="theorems")
    for theorem in dict.fromkeys(r.theorem for r in report.results):
        results = [r for r in report.results if r.theorem == theorem]
        suite = ElementTree.SubElement(suites, "testsuite", {"name": theorem, **_counts(results)})
        for r in results:
            case = ElementTree.SubElement(
                suite, "testcase", classname=f"{theorem}.{r.kind}", name=r.name, time=f"{r.seconds:.3f}"
            )
            if r.verdict is not Verdict.CERTIFIED:
                tag = "failure" if r.verdict is Verdict.REFUTED else "error"
                ElementTree.SubElement(case, tag, message=r.evidence, type=r.verdict.value)
            else:
                ElementTree.SubElement(case, "system-out").text = r.evidence
    return suites


def _counts(results: Sequence[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(r.verdict is Verdict.REFUTED for r in results)),
        "errors": str(sum(r.verdict is Verdict.UNDECIDED for r in results)),
        "time": f"{sum(r.seconds for r in results):.3f}",
    }


def save_junit(report: Report, path: Path) -> None:
    """Write the JUnit file."""
    tree = ElementTree.ElementTree(junit(report))
    ElementTree.indent(tree)
    tree.write(path, encoding="utf-8", xml_declaration=True)
