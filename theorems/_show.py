"""Theorems, witnesses and search results as text, LaTeX and HTML."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, cast

from theorems._instance import Instance, Matrix, format_value, kind_of
from theorems._theorem import Theorem

if TYPE_CHECKING:
    from theorems._search import SearchResult
    from theorems._witness import Witness

__all__ = [
    "result_html",
    "result_text",
    "statement_html",
    "statement_latex",
    "statement_text",
    "witness_html",
]


def statement_text(theorem: Theorem) -> str:
    """Title, hypotheses, readings with status, constants."""
    lines = [f"{theorem.id}. {theorem.title} [{theorem.source}]", "", "Hypotheses"]
    for h in theorem.hypotheses:
        lines.append(f"  {h.name}: {h.text} ({h.need.value}{': ' + h.why if h.why else ''})")
    lines += ["", "Readings"]
    for r in theorem.readings:
        under = f"  under {', '.join(r.hypotheses)}" if r.hypotheses else ""
        lines += [f"  {r.name} [{r.status.value}]{under}", f"    {r.text}"]
        if r.note:
            lines.append(f"    ({r.note})")
    if theorem.constants:
        lines += ["", "Constants"]
        for c in theorem.constants:
            lines.append(f"  {c.name} = {c.value}{' (sharp)' if c.sharp else ''}: {c.text}")
    return "\n".join(lines)


def statement_latex(theorem: Theorem) -> str:
    """The readings that are true, each with its hypotheses, as a LaTeX list."""
    names = {h.name: h.latex for h in theorem.hypotheses}
    items = [
        rf"\item[{r.name}] ${r.latex}$" + (f" if ${', '.join(names[n] for n in r.hypotheses)}$" if r.hypotheses else "")
        for r in theorem.readings
        if r.status.value != "false"
    ]
    return "\n".join([r"\begin{description}", *items, r"\end{description}"])


def statement_html(theorem: Theorem) -> str:
    """A table of the readings."""
    rows = "".join(
        f"<tr><td>{html.escape(r.name)}</td><td>{html.escape(r.text)}</td><td>{html.escape(r.status.value)}</td></tr>"
        for r in theorem.readings
    )
    head = f"<p><b>{html.escape(theorem.id)}</b> {html.escape(theorem.title)}</p>"
    return f"{head}<table><tr><th>reading</th><th>conclusion</th><th>status</th></tr>{rows}</table>"


def instance_html(x: Instance) -> str:
    """The values; matrices as tables with brackets."""
    return "".join(f"<div style='margin:.4em 0'>{_value_html(name, x)}</div>" for name in x.names)


def _value_html(name: str, x: Instance) -> str:
    value = x[name]
    if kind_of(value) != "matrix":
        return f"<i>{html.escape(name)}</i> = {html.escape(format_value(value))}"
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:right;padding:0 .5em'>{v}</td>" for v in row) + "</tr>"
        for row in cast(Matrix, value)
    )
    style = "display:inline-table;vertical-align:middle;border-left:2px solid;border-right:2px solid;border-radius:4px"
    return f"<i>{html.escape(name)}</i> = <table style='{style}'>{rows}</table>"


def witness_html(witness: Witness) -> str:
    """What is refuted, the instance, the hypotheses, the margin."""
    without = f" without <b>{html.escape(witness.dropped)}</b>" if witness.dropped else ""
    changed = "".join(f" with {html.escape(k)} = {v}" for k, v in witness.constants.items())
    held = ", ".join(f"{html.escape(n)} {v.value}" for n, v in witness.finding.hypotheses.items()) or "none"
    outcome = witness.finding.conclusion
    head = f"<b>{html.escape(witness.theorem.id)}</b>, {html.escape(witness.reading.name)}{without}{changed}"
    return (
        f"<p>{head}: refuted</p><p>{html.escape(witness.reading.text)}</p>{instance_html(witness.instance)}"
        f"<p>hypotheses: {held}<br>margin in [{outcome.lower:.9g}, {outcome.upper:.9g}]</p>"
    )


def result_html(result: SearchResult) -> str:
    """The witness, or what was tried."""
    tried = ", ".join(f"{html.escape(k)}: {v}" for k, v in result.tried.items())
    foot = f"<p><small>tried {tried}; {result.seconds:.1f} s</small></p><pre>{html.escape(result.python)}</pre>"
    if result.witness is not None:
        return witness_html(result.witness) + foot
    return f"<p>{html.escape(_nothing(result))}</p>{foot}"


def result_text(result: SearchResult) -> str:
    """The witness, or what was tried, and the line that repeats the search."""
    tried = ", ".join(f"{k} {v}" for k, v in result.tried.items())
    body = result.witness.show() if result.witness is not None else _nothing(result)
    return f"{body}\ntried: {tried} ({result.seconds:.1f} s)\nagain: {result.python}"


def _nothing(result: SearchResult) -> str:
    lines = [f"{result.theorem.id}, {', '.join(result.readings)}: UNDECIDED; {result.note}"]
    if result.closest is not None and math.isfinite(result.best):
        lines.append(f"closest call: margin {result.best:.6g} at\n{result.closest.show()}")
    return "\n".join(lines)
