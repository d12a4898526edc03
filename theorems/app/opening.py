"""What a theorem's page opens on: what it says, and beside it a known counterexample without its first hypothesis."""

from __future__ import annotations

import functools
import html

from theorems.app.near import line_picture
from theorems.app.page import badge, instance_html, margin_html
from theorems.app.prose import Typeset
from theorems.app.shapes import shapes
from theorems.app.sweep import TURN, judge
from theorems.engine.theorem import Need, Theorem
from theorems.engine.witness import Witness, examine

__all__ = ["known", "opening_html"]


def known(theorem: Theorem) -> Witness | None:
    """The counterexample that the module keeps for the first hypothesis that is needed, or for a false reading."""
    return _known(theorem.id)


@functools.lru_cache(maxsize=64)
def _known(id: str) -> Witness | None:
    from theorems.library import get

    theorem = get(id)
    needed = [h.name for h in theorem.hypotheses if h.need is Need.NEEDED]
    for name in (*needed, ""):
        for cell in theorem.cells:
            if cell.witness is not None and cell.hypothesis == name:
                reading = theorem.reading(cell.reading)
                with TURN:
                    finding = examine(theorem, reading, cell.witness, {})
                if finding.refutes(name or None):
                    return Witness(theorem, reading, name or None, {}, cell.witness, finding)
    return None


@functools.lru_cache(maxsize=64)
def _picture(id: str) -> str:
    witness = _known(id)
    return "" if witness is None else line_picture(witness)


def opening_html(theorem: Theorem, tex: Typeset) -> str:
    """The first screen of a theorem: the claim, why it needs the hypothesis, and beside it where it fails."""
    witness = known(theorem)
    shown = witness.reading if witness is not None else theorem.readings[0]
    formula = tex(rf"\displaystyle {shown.latex}") if shown.latex else html.escape(shown.text)
    head = f'<h2>{html.escape(theorem.id)}. {html.escape(theorem.title)}</h2><div class="ps-display">{formula}</div>'
    if witness is None:
        return f'<section class="ps-card ps-opening">{head}</section>'
    hypothesis = theorem.hypothesis(witness.dropped) if witness.dropped else None
    told = (
        f"It needs <b>{html.escape(hypothesis.name)}</b>: {html.escape(hypothesis.text)}. Without it: "
        f"{html.escape(hypothesis.why)}."
        if hypothesis is not None
        else "So it may be read, and so it is false."
    )
    judged = judge(theorem, shown, witness.instance, theorem.values(), witness.dropped)
    without = f"without “{html.escape(witness.dropped)}”" if witness.dropped else ""
    picture = _picture(theorem.id)
    return (
        f'<section class="ps-card ps-opening"><div>{head}<p>{told}</p>'
        f"<p>{badge('REFUTED', 'bad')} {without} at this instance:</p>"
        f"{instance_html(witness.instance, tex)}{margin_html(judged)}</div>"
        f"<div>{picture}{shapes(witness.instance)}</div></section>"
    )
