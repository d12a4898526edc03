"""Searching from the app: the panel, the run, and the witness as something to read and to take home."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from certify.errors import PolystableError
from theorems.app.near import line_picture
from theorems.app.page import badge, hypotheses_table, instance_html, margin_html
from theorems.app.prose import Typeset
from theorems.app.shapes import shapes
from theorems.app.sweep import TURN, judge
from theorems.engine.search import Progress, SearchResult, search
from theorems.engine.theorem import Theorem
from theorems.engine.witness import Witness

__all__ = ["as_json", "as_python", "file_name", "hunt", "panel", "result_html", "told"]


def panel(
    target: Any,
    seconds: Any,
    size: Any,
    seed: Any,
    start: Any,
    drop: str | None,
    changed: Mapping[str, Fraction],
    wrong: Sequence[str],
) -> str:
    """What is to be searched, in words, and the button."""
    fields = "".join(f'<div class="ps-field">{w}</div>' for w in (target, seconds, size, seed))
    asks = [f"without the hypothesis “{drop}”"] if drop else []
    asks += [f"with {name} = {value}" for name, value in changed.items()]
    said = ", ".join(asks) if asks else "of the readings that are false as they stand"
    if wrong:
        said = "once every constant is a number"
    return (
        '<section class="ps-card ps-search"><h2>Search for a counterexample</h2>'
        f"<p>Looks for an exact counterexample {html.escape(said)}. "
        "Choose what to drop, or change a constant, above.</p>"
        f'<div class="ps-fields">{fields}</div><div class="ps-start">{start}</div></section>'
    )


def hunt(theorem: Theorem, drop: str | None, **options: Any) -> tuple[SearchResult | None, str]:
    """The result of a search, or the reason why there is none."""
    try:
        with TURN:
            return search(theorem, drop, **options), ""
    except (PolystableError, ValueError) as error:
        return None, str(error)


def told(p: Progress) -> str:
    """One line on how far a search is."""
    best = f", smallest margin so far {p.best:.3g}" if math.isfinite(p.best) else ""
    return f"{p.tried} instances in {p.elapsed:.0f} s{best}"


def result_html(result: SearchResult, tex: Typeset, downloads: Sequence[Any]) -> str:
    """A search result: the witness, or an honest account of what was tried."""
    tried = ", ".join(f"{stage}: {count}" for stage, count in result.tried.items())
    account = (
        f'<p class="ps-soft">Tried {html.escape(tried)} instances in {result.seconds:.1f} s, seed {result.seed}.</p>'
    )
    if result.witness is None:
        best = f" The smallest margin seen is {result.best:.4g}." if math.isfinite(result.best) else ""
        closest = instance_html(result.closest, tex) if result.closest else ""
        return (
            f'<section class="ps-card" data-result="none"><h2>None found</h2>'
            f"<p>{html.escape(result.note)}.{best}</p>{closest}{account}</section>"
        )
    return (
        f'<section class="ps-card" data-result="witness"><h2>Witness</h2>{witness_html(result.witness, tex)}'
        f'<div class="ps-downloads">{"".join(d.text for d in downloads)}</div>'
        f"<h3>One line of Python that finds it again</h3><pre>{html.escape(result.python)}</pre>{account}</section>"
    )


def witness_html(witness: Witness, tex: Typeset) -> str:
    """A counterexample: which claim it refutes, the exact values, every hypothesis, the margin, a picture."""
    theorem, reading = witness.theorem, witness.reading
    judged = judge(theorem, reading, witness.instance, theorem.values(witness.constants), witness.dropped)
    without = f" without “{witness.dropped}”" if witness.dropped else ""
    changed = "".join(f", {name} = {value}" for name, value in witness.constants.items())
    return (
        f"<p>{badge('REFUTED', 'bad')} <b>{html.escape(reading.name)}</b>{html.escape(without + changed)}</p>"
        f'<div class="ps-display">{tex(reading.latex) if reading.latex else html.escape(reading.text)}</div>'
        f'<div class="ps-columns"><div><h3>The instance</h3>{instance_html(witness.instance, tex)}'
        f"<h3>The certified margin</h3>{margin_html(judged)}</div>"
        f"<div><h3>Hypotheses</h3>{hypotheses_table(theorem, judged, witness.dropped)}</div></div>"
        f"{shapes(witness.instance)}{line_picture(witness)}"
    )


def as_json(result: SearchResult) -> bytes:
    """The witness file."""
    witness = result.witness
    data = {} if witness is None else witness.to_json()
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def as_python(result: SearchResult) -> bytes:
    """One line of Python that checks the witness from scratch, without searching."""
    data = {} if result.witness is None else result.witness.to_json()
    return f"import theorems; print(theorems.verify({data!r}).show())\n".encode()


def file_name(result: SearchResult, ending: str) -> str:
    """A name for the downloaded witness."""
    about = result.drop or (result.witness.reading.name if result.witness else "search")
    plain = "".join(ch if ch.isalnum() else "-" for ch in f"{result.theorem.id}-{about}")
    return f"witness-{plain}.{ending}"
