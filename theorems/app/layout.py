"""How the app is arranged: the widgets of a family, the picture at two widths, and the frame around them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import marimo as mo  # pyright: ignore[reportMissingImports]

from certify.enclosure import Enclosure
from certify.errors import UsageError
from theorems.app.family import Control, Family, Values, nearest
from theorems.app.known import NAME, first_attack
from theorems.app.plot import plot, state
from theorems.app.shell import FIRST
from theorems.app.sweep import REFUSED, Judged, Point, judge, sweep
from theorems.engine.instance import Instance, parse_rational
from theorems.engine.theorem import Reading, Theorem
from theorems.library import get

__all__ = [
    "VIEWS",
    "both_widths",
    "exact",
    "first_choices",
    "first_theorem",
    "first_view",
    "formula",
    "header",
    "instance_at",
    "most_telling",
    "over_bound",
    "remember",
    "started",
    "widget",
    "workbench",
]

_DIGITS = 9
VIEWS = ("Theorems", "Pairs in R³", "A certificate")


def first_view(query: Any) -> str:
    """The view that the address asks for."""
    return {"pairs": VIEWS[1], "certificate": VIEWS[2]}.get(str(query.get("view")), VIEWS[0])


def first_theorem(query: Any, choices: Mapping[str, str]) -> str:
    """The entry of the list of theorems that the address asks for, or the first."""
    try:
        wanted = get(str(query["theorem"])).id
    except (KeyError, UsageError):
        wanted = FIRST
    return next((label for label, id in choices.items() if id == wanted), next(iter(choices)))


def first_choices(query: Any, theorem: Theorem) -> tuple[str, str | None]:
    """The reading and the dropped hypothesis that the address asks for, else a known counterexample's."""
    reading, drop = first_attack(theorem)
    asked = str(query.get("reading") or "")
    if asked in {r.name for r in theorem.readings} and query.get("theorem") == theorem.id:
        dropped = str(query.get("drop") or "")
        return asked, dropped if dropped in {h.name for h in theorem.hypotheses} else None
    return reading, drop


def started(query: Any, family: Family) -> Family:
    """The family at the values that the address gives its controls; what does not fit is left where it starts."""
    if query.get("family") != family.name:
        return family
    given = dict(item.split("=", 1) for item in str(query.get("at") or "").split(";") if "=" in item)
    return replace(family, controls=tuple(_started(c, given.get(c.name, "")) for c in family.controls))


def _started(control: Control, text: str) -> Control:
    if control.options:
        others = tuple(option for option in control.options if option != text)
        return control if len(others) == len(control.options) else replace(control, options=(text, *others))
    try:
        return replace(control, start=nearest(control, parse_rational(text, _DIGITS)))
    except UsageError:
        return control


def remember(
    query: Any, theorem: Theorem, reading: Reading, drop: str | None, family: Family, values: Mapping[str, Any]
) -> None:
    """Put the view into the address, so that the address shows it again."""
    at = ";".join(f"{name}={value}" for name, value in values.items())
    wanted = {"theorem": theorem.id, "reading": reading.name, "drop": drop or "", "family": family.name, "at": at}
    for name, value in wanted.items():
        if query.get(name) != value:
            query[name] = value


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
    if family.name == NAME:
        return moving[0].label

    def score(c: Control) -> tuple[int, int, float]:
        points = sweep(theorem, reading, family, family.start(), c.name, theorem.values(), points=9, seconds=0.2)
        inside = [p.judged for p in points if state(p.judged) != "outside" and p.judged is not None]
        tops = [j.value[1] for j in inside if j.value]
        spread = (max(tops) - min(tops)) / (abs(max(tops)) + abs(min(tops)) + 1e-12) if tops else 0.0
        return len({state(j) for j in inside}), int(c.continuous), spread

    return max(moving, key=score).label


def both_widths(
    points: Sequence[Point], vary: Control, current: tuple[Any, Judged | None], *, ratio: bool = False
) -> str:
    """The picture for a wide and for a narrow page; the style sheet shows one of them.

    With ``ratio`` it is the one of truth over bound, whose bound is the line at 1.
    """
    common: dict[str, Any] = {"label_x": vary.label, "joined": vary.continuous}
    if ratio:
        points = [replace(p, judged=over_bound(p.judged)) for p in points]
        current = current[0], over_bound(current[1])
    wide = plot(points, **common, current=current, width=720, height=430, name="wide")
    narrow = plot(points, **common, current=current, width=380, height=320, name="narrow")
    return f'<div class="ps-wide">{wide}</div><div class="ps-narrow">{narrow}</div>'


def over_bound(judged: Judged | None) -> Judged | None:
    """Both sides divided by the bound, enclosed; neither side where the bound is not known to be positive."""
    if judged is None or judged.value is None or judged.bound is None or judged.bound[0] <= 0:
        return None if judged is None else replace(judged, value=None, bound=None)
    found = Enclosure(*judged.value) / Enclosure(*judged.bound)
    return replace(judged, value=(found.lower, found.upper), bound=(1.0, 1.0))


def workbench(
    *,
    claim: str,
    drop: Any,
    top: Sequence[Any],
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
    """The claim with its hypotheses and controls beside the picture; below it what is found where the sliders stand."""
    fields, moved = ("".join(f'<div class="ps-field">{w}</div>' for w in widgets) for widgets in (top, sliders))
    found = f"<div><h3>At the sliders</h3>{margin}</div><div><h3>Hypotheses there</h3>{hypotheses}</div>"
    return (
        f'<section class="ps-card"><div class="ps-bench"><div class="ps-sliders">{claim}'
        f'<h3>Do without</h3><div class="ps-drop">{drop}</div>'
        f'<h3>Instance</h3><p class="ps-soft">{html.escape(note)}</p>{moved}</div>'
        f'<div class="ps-picture"><div class="ps-messages" aria-live="polite">{"".join(messages)}</div>'
        f'{legend}{picture}{summary}</div><div class="ps-columns ps-found">{found}</div></div>'
        f'<div class="ps-fields">{fields}</div><div class="ps-instance"><h3>The instance</h3>{instance}</div></section>'
    )
