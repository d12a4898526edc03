"""How the app is arranged: the widgets of a family, the picture at two widths, and the frame around them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import marimo as mo  # pyright: ignore[reportMissingImports]

from certify.errors import UsageError
from theorems.app.family import Control, Family, Values
from theorems.app.plot import plot, state
from theorems.app.ratio import ratio_plot
from theorems.app.sweep import REFUSED, Judged, Point, judge, sweep
from theorems.engine.instance import Instance
from theorems.engine.theorem import Reading, Theorem
from theorems.library import get

__all__ = [
    "VIEWS",
    "both_widths",
    "exact",
    "first_theorem",
    "first_view",
    "formula",
    "header",
    "instance_at",
    "most_telling",
    "widget",
    "workbench",
]

VIEWS = ("Theorems", "Pairs in R³", "A certificate")


def first_view(query: Any) -> str:
    """The view that the address asks for."""
    return {"pairs": VIEWS[1], "certificate": VIEWS[2]}.get(str(query.get("view")), VIEWS[0])


def first_theorem(query: Any, choices: Mapping[str, str]) -> str:
    """The entry of the list of theorems that the address asks for, or the first."""
    try:
        wanted = get(str(query["theorem"])).id
    except (KeyError, UsageError):
        wanted = "D4"
    return next((label for label, id in choices.items() if id == wanted), next(iter(choices)))


def formula(rendered: str) -> str:
    """The formula alone, out of the paragraph that Markdown wraps around it."""
    found = re.search(r"<marimo-tex.*</marimo-tex>", rendered, re.DOTALL)
    return found.group() if found else rendered


def header(view: Any) -> str:
    """The head of the page."""
    return (
        '<header class="ps-header"><h1>Theorems and their counterexamples</h1>'
        "<p>Every number is an enclosure, every verdict is proved, every witness is exact.</p>"
        f"<div>{view}</div></header>"
    )


def widget(control: Control) -> Any:
    """The slider or the list of a control."""
    if control.options:
        return mo.ui.dropdown(list(control.options), value=control.options[0], label=control.label, full_width=True)
    whole = control.low.denominator == control.step.denominator == 1
    number = int if whole else float
    return mo.ui.slider(
        number(control.low),
        number(control.high),
        number(control.step),
        value=number(control.start),
        label=html.escape(control.label),
        show_value=True,
        full_width=True,
    )


def exact(family: Family, values: Mapping[str, Any]) -> dict[str, Fraction | str]:
    """What the widgets report, as exact steps of their controls."""
    found: dict[str, Fraction | str] = {}
    for c in family.controls:
        value = values.get(c.name)
        found[c.name] = c.first if value is None else str(value) if c.options else c.at(float(value))
    return found


def instance_at(
    theorem: Theorem,
    reading: Reading,
    family: Family,
    values: Values,
    constants: Mapping[str, Fraction],
    drop: str | None,
) -> tuple[Instance | None, Judged | None, str]:
    """The instance where the sliders stand, what is found there, and why there is none."""
    try:
        x = family.build(values)
    except REFUSED as error:
        return None, None, str(error).splitlines()[0]
    return x, judge(theorem, reading, x, constants, drop), ""


def most_telling(theorem: Theorem, reading: Reading, family: Family) -> str:
    """The label of the control along which the picture changes most."""
    moving = [c for c in family.controls if not c.options]

    def score(c: Control) -> tuple[int, int, float]:
        points = sweep(theorem, reading, family, family.start(), c.name, theorem.values(), points=9, seconds=0.2)
        inside = [p.judged for p in points if state(p.judged) != "outside" and p.judged is not None]
        tops = [j.value[1] for j in inside if j.value]
        spread = (max(tops) - min(tops)) / (abs(max(tops)) + abs(min(tops)) + 1e-12) if tops else 0.0
        return len({state(j) for j in inside}), int(c.continuous), spread

    return max(moving, key=score).label


def both_widths(points: Sequence[Point], vary: Control, current: tuple[Any, Judged | None]) -> str:
    """The picture for a wide and for a narrow page; the style sheet shows one of them."""
    common: dict[str, Any] = {"label_x": vary.label, "current": current, "joined": vary.continuous}
    wide = plot(points, **common, width=720, height=430, name="wide")
    narrow = plot(points, **common, width=380, height=320, name="narrow")
    wide += ratio_plot(points, current, width=720)
    narrow += ratio_plot(points, current, width=380, height=120)
    return f'<div class="ps-wide">{wide}</div><div class="ps-narrow">{narrow}</div>'


def workbench(
    *,
    top: Sequence[Any],
    switches: Sequence[Any],
    messages: Sequence[str],
    sliders: Sequence[Any],
    note: str,
    picture: str,
    legend: str,
    summary: str,
    margin: str,
    hypotheses: str,
    instance: str,
) -> str:
    """The controls beside the picture; below it what is found where the sliders stand."""
    fields, moved = ("".join(f'<div class="ps-field">{w}</div>' for w in widgets) for widgets in (top, sliders))
    turned = "".join(f'<div class="ps-switch">{w}</div>' for w in switches)
    found = f"<div><h3>At the sliders</h3>{margin}</div><div><h3>Hypotheses there</h3>{hypotheses}</div>"
    return (
        '<section class="ps-card"><h2>Bound against truth</h2>'
        f'<div class="ps-fields">{fields}</div>'
        f'<div class="ps-switches"><span class="ps-soft">hypotheses, switch one off:</span>{turned}</div>'
        f'<div class="ps-messages" aria-live="polite">{"".join(messages)}</div>'
        f'<div class="ps-bench"><div class="ps-sliders"><p class="ps-soft">{html.escape(note)}</p>{moved}</div>'
        f'<div class="ps-picture">{legend}{picture}{summary}</div><div class="ps-columns ps-found">{found}</div></div>'
        f"<details open><summary>The instance</summary>{instance}</details></section>"
    )
