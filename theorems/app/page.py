"""Fragments of the app as HTML: the statement, the hypotheses at an instance, the margin, matrices, a witness."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import cast

from certify.verdict import Verdict
from theorems.app.plot import state
from theorems.app.prose import Typeset, prose, sections
from theorems.app.sweep import Judged
from theorems.engine.instance import Chain, Instance, Matrix, Value, Vector, kind_of
from theorems.engine.theorem import Need, Reading, Status, Theorem
from theorems.library import docstring, module_name

__all__ = [
    "claim",
    "enclosure",
    "hypotheses_table",
    "instance_html",
    "legend",
    "margin_html",
    "message",
    "messages",
    "statement",
    "summary",
    "values_latex",
]

_MARKS = {Verdict.CERTIFIED: ("✓", "ok"), Verdict.REFUTED: ("✗", "bad"), Verdict.UNDECIDED: ("?", "warn")}
_STATUS = {Status.TRUE: "ok", Status.FALSE: "bad", Status.EMPTY: "warn"}
_TOLD = {
    "holds": ("ok", "holds"),
    "fails": ("bad", "fails: a counterexample"),
    "open": ("warn", "undecided"),
    "outside": ("mute", "outside the hypotheses"),
}
_NEED = {Need.NOT_NEEDED: "not needed", Need.DEFINITION: "defines a term", Need.OPEN: "open"}
_LONG = 9
_DIGITS = 10


def badge(text: str, kind: str) -> str:
    """A small coloured label."""
    return f'<span class="ps-badge ps-{kind}">{html.escape(text)}</span>'


def message(text: str, kind: str = "bad") -> str:
    """A boxed message to the reader."""
    return f'<div class="ps-message ps-{kind}" role="status">{html.escape(text)}</div>'


def messages(wrong: Sequence[str], theorem: Theorem, reading: Reading, drop: str | None) -> list[str]:
    """What is wrong with the choices: texts that are no numbers, a dropped hypothesis that the reading does not use."""
    boxes = [message(text) for text in wrong]
    if drop is not None and drop not in reading.hypotheses:
        others = ", ".join(f"“{r.name}”" for r in theorem.readings if drop in r.hypotheses) or "none"
        note = (
            f"The reading “{reading.name}” does not assume “{drop}”, so the picture stays. Readings that do: {others}."
        )
        boxes.append(message(note, "warn"))
    return boxes


def statement(theorem: Theorem, tex: Typeset) -> str:
    """Title, source, statement, hypotheses and readings of a theorem."""
    parts = sections(docstring(theorem))
    stated = prose(parts["Statement"], tex) if "Statement" in parts else ""
    reach = prose(parts["Reach"], tex) if "Reach" in parts else ""
    hypotheses = "".join(_hypothesis(h.name, h.latex, h.text, h.need, h.why, tex) for h in theorem.hypotheses)
    readings = "".join(_reading(r, tex) for r in theorem.readings)
    return (
        f'<section class="ps-card"><h2>{html.escape(theorem.id)}. {html.escape(theorem.title)}</h2>'
        f'<div class="ps-source">{html.escape(theorem.source)} · <code>{html.escape(module_name(theorem))}</code></div>'
        f"{stated}"
        f'<div class="ps-columns"><div><h3>Hypotheses</h3><ul class="ps-list">{hypotheses or "none"}</ul></div>'
        f'<div><h3>Readings</h3><ul class="ps-list">{readings}</ul></div></div>'
        + (f"<details><summary>What is proved, and how far</summary>{reach}</details>" if reach else "")
        + "</section>"
    )


def claim(theorem: Theorem, reading: Reading, tex: Typeset) -> str:
    """One reading: its formula, and what it says in one line."""
    formula = f'<div class="ps-display">{tex(reading.latex)}</div>' if reading.latex else ""
    status = badge(reading.status.value, _STATUS[reading.status])
    return (
        f'<div class="ps-claim">{html.escape(theorem.id)}: {html.escape(reading.name)} {status}</div>{formula}'
        f"<p>{html.escape(reading.text)}</p>"
    )


def _hypothesis(name: str, latex: str, text: str, need: Need, why: str, tex: Typeset) -> str:
    label = f" {badge(_NEED[need], 'mute')}" if need in _NEED else ""
    formula = tex(latex) if latex else html.escape(text)
    title = html.escape(f"{text}. Without it: {why}" if why else text)
    return f'<li title="{title}"><b>{html.escape(name)}</b>{label}<div>{formula}</div></li>'


def _reading(reading: Reading, tex: Typeset) -> str:
    formula = tex(reading.latex) if reading.latex else html.escape(reading.text)
    status = badge(reading.status.value, _STATUS[reading.status])
    return (
        f'<li title="{html.escape(reading.text)}"><b>{html.escape(reading.name)}</b> {status}<div>{formula}</div></li>'
    )


def hypotheses_table(theorem: Theorem, judged: Judged, drop: str | None) -> str:
    """The hypotheses of a reading with their verdicts at one instance."""
    items = "".join(_checked(theorem.hypothesis(name).text, name, v, name == drop) for name, v in judged.hypotheses)
    return (
        f'<ul class="ps-checks">{items}</ul>' if items else '<p class="ps-soft">This reading needs no hypothesis.</p>'
    )


def _checked(text: str, name: str, verdict: Verdict, dropped: bool) -> str:
    mark, kind = _MARKS[verdict]
    note = badge("dropped", "mute") if dropped else ""
    return (
        f'<li><span class="ps-mark ps-{kind}" title="{verdict.value}">{mark}</span> '
        f'<b>{html.escape(name)}</b> {note}<span class="ps-soft">{html.escape(text)}</span></li>'
    )


def margin_html(judged: Judged | None, cause: str = "") -> str:
    """The verdict at one instance, and the enclosed margin."""
    if judged is None:
        return message(f"No instance at these values: {cause}" if cause else "No instance at these values.", "mute")
    kind, told = _TOLD[state(judged)]
    rows = "".join(_row(name, pair) for name, pair in (("truth", judged.value), ("bound", judged.bound)) if pair)
    if judged.margin is not None:
        strong = "exact" if judged.method == "exact" else f"enclosed with {judged.method}"
        rows += _row("margin", judged.margin) if judged.value else ""
        rows += f'<tr><th></th><td class="ps-soft">{html.escape(strong)}</td></tr>'
    if judged.cause:
        rows += f'<tr><th></th><td class="ps-soft">{html.escape(judged.cause)}</td></tr>'
    return (
        f'<div class="ps-verdict" data-state="{state(judged)}">{badge(told, kind)}'
        f'<span class="ps-soft">conclusion {judged.verdict.value}</span></div><table class="ps-numbers">{rows}</table>'
    )


def _row(name: str, pair: tuple[float, float]) -> str:
    return f'<tr><th>{name}</th><td data-name="{name}">{enclosure(*pair)}</td></tr>'


def enclosure(low: float, high: float) -> str:
    """An enclosure in decimals that contain the recorded end points."""
    if low == high and Fraction(f"{low:.6g}") == Fraction(low):
        return f"{low:.6g}".replace("-", "−")
    common = _digits(low, high)
    return f"[{_rounded(low, common, -1)}, {_rounded(high, common, 1)}]"


def _digits(low: float, high: float) -> int:
    width = high - low
    size = max(abs(low), abs(high), 1e-300)
    return max(4, min(_DIGITS, 1 + len(str(int(size / width)) if width else "0" * 16)))


def _rounded(x: float, digits: int, way: int) -> str:
    from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

    context = Context(prec=digits, rounding=ROUND_FLOOR if way < 0 else ROUND_CEILING)
    text = f"{context.create_decimal(Decimal(x)):g}"
    return text.replace("-", "−")


def instance_html(x: Instance, tex: Typeset) -> str:
    """The values of an instance, typeset; long fractions as decimals, which are then no longer exact."""
    shown = "".join(f'<div class="ps-value">{tex(latex)}</div>' for latex in values_latex(x))
    approximate = any(_is_long(entry) for _, value in x.items for entry in _entries(value))
    note = (
        '<p class="ps-soft">Long fractions are shown as decimals; the download has them exactly.</p>'
        if approximate
        else ""
    )
    return f'<div class="ps-values">{shown}</div>{note}'


def values_latex(x: Instance) -> Iterator[str]:
    """The values of an instance as formulas."""
    for name, value in x.items:
        symbol = rf"\mathtt{{{name}}}".replace("_", r"\_")
        if kind_of(value) == "chain":
            yield from (rf"{symbol}_{k}={_matrix(m)}" for k, m in enumerate(cast(Chain, value), start=1))
        elif kind_of(value) == "matrix":
            yield rf"{symbol}={_matrix(cast(Matrix, value))}"
        elif kind_of(value) == "vector":
            yield rf"{symbol}=({_runs(cast(Vector, value))})"
        elif isinstance(value, str):
            text = value.replace("_", r"\_")
            yield rf"{symbol}=\texttt{{{text}}}"
        else:
            yield rf"{symbol}={_number(Fraction(cast(Fraction, value)))}"


def _runs(entries: Vector) -> str:
    """The entries of a vector; more than two equal ones in a row as a power in brackets."""
    parts: list[str] = []
    for x, group in itertools.groupby(entries):
        count = len(list(group))
        parts += [rf"{_number(x)}^{{[{count}]}}"] if count > 2 else [_number(x)] * count
    return r",\ ".join(parts)


def _entries(value: Value) -> Iterator[Fraction]:
    if isinstance(value, tuple):
        for item in value:
            yield from _entries(item)
    elif not isinstance(value, str):
        yield Fraction(value)


def _matrix(rows: Matrix) -> str:
    body = r"\\".join("&".join(map(_number, row)) for row in rows)
    return rf"\begin{{bmatrix}}{body}\end{{bmatrix}}"


def _is_long(x: Fraction) -> bool:
    return len(str(x)) > _LONG


def _number(x: Fraction) -> str:
    if _is_long(x):
        return f"{float(x):.4g}"
    if x.denominator == 1:
        return str(x.numerator)
    sign = "-" if x < 0 else ""
    return rf"{sign}\tfrac{{{abs(x.numerator)}}}{{{x.denominator}}}"


def legend(sided: bool, drop: str | None) -> str:
    """What the lines and the shading of a picture mean."""
    lines = [("line ps-value", "truth"), ("line ps-bound", "bound"), ("gap-holds", "certified margin")] if sided else []
    without = f" without “{drop}”" if drop else ""
    areas = [] if sided else [("strip-holds", "holds")]
    areas += [("fails", f"fails{without}"), ("open", "undecided"), ("outside", "a hypothesis fails")]
    items = "".join(f'<li><i class="ps-key ps-{kind}"></i>{html.escape(text)}</li>' for kind, text in [*lines, *areas])
    return f'<ul class="ps-legend">{items}</ul>'


def summary(count: int, constants: Mapping[str, Fraction]) -> str:
    """A line below the picture."""
    changed = "".join(f" · {html.escape(name)} = {value}" for name, value in constants.items())
    told = f"{count} exact instances, each decided on its own; between them the lines only guide the eye"
    return f'<p class="ps-soft">{told}{changed}.</p>'
