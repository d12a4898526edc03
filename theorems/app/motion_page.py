"""The view of pairs in R³: the scene, the exact numbers, the ladder of strata, and the overlap along the motion."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from fractions import Fraction

from theorems.app.page import badge
from theorems.app.prose import Typeset
from theorems.app.scale import Axis, label, ticks
from theorems.app.scene import scene
from theorems.app.strata import Motion, Moved

__all__ = ["PATH", "controls", "exact_time", "motion_html"]

PATH = tuple(Fraction(k, 32) for k in range(33))
_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 12.0, 12.0, 46.0


def exact_time(number: float) -> Fraction:
    """The step of the path nearest to what a slider reports."""
    return PATH[min(max(round(number * (len(PATH) - 1)), 0), len(PATH) - 1)]


def controls(widgets: Sequence[object]) -> str:
    """The choices of the view."""
    fields = "".join(f'<div class="ps-field">{w}</div>' for w in widgets)
    return f'<div class="ps-fields">{fields}</div>'


def motion_html(moving: Motion, t: Fraction, degrees: float, widgets: Sequence[str], tex: Typeset) -> str:
    """Everything about a pair at one parameter value."""
    now, path = moving.at(t), [moving.at(s) for s in PATH]
    a, b = (w.dim for w in moving.pair)
    caption = f"U of dimension {a} and V of dimension {b} at t = {t}; they meet in dimension {now.meet}"
    where = r"\lim_{t\to0}\lambda(t)(U,V)" if t == 0 else rf"\lambda(t)(U,V),\quad t={_tex(t)}"
    return (
        '<section class="ps-card"><h2>Pairs of subspaces of R³ and their strata</h2>'
        f"<p>Two pairs lie in one orbit of GL(3) exactly when dim U, dim V and i = dim(U ∩ V) agree. "
        f"A one-parameter subgroup λ(t) moves a pair inside its orbit for t ≠ 0; only the limit may leave it, "
        f"into a smaller orbit of its closure. All dimensions are decided in exact arithmetic.</p>"
        f"{widgets[0]}"
        f'<div class="ps-bench"><div class="ps-sliders">{widgets[1]}'
        f'<ul class="ps-legend"><li><i class="ps-key ps-first"></i>U</li><li><i class="ps-key ps-second"></i>V</li>'
        f'<li><i class="ps-key ps-meet"></i>U ∩ V, if a line</li></ul><h3>Strata</h3>{_ladder(moving, now)}</div>'
        f'<div class="ps-picture">{scene(now.pair, degrees, caption)}</div></div>'
        f'<div class="ps-columns"><div><h3>Now</h3><div class="ps-display">{tex(where)}</div>'
        f"{_numbers(moving, now, tex)}</div><div><h3>The overlap moves, the orbit does not</h3>"
        '<p class="ps-soft">The overlap is the squared Frobenius norm of the product of the two orthogonal projectors. '
        "It is no invariant of GL(3); i is, and changes at most in the limit.</p>"
        f"{_curve(path, now, 420)}</div></div></section>"
    )


def _numbers(moving: Motion, now: Moved, tex: Typeset) -> str:
    start = moving.at(Fraction(1))
    same = now.meet == start.meet
    verdict = badge("in the orbit of the start", "ok") if same else badge("in a smaller orbit", "warn")
    proof = (
        "the limit meets as the start does: some g in GL(3) relates them"
        if same and now.t == 0
        else "λ(t) itself relates it to the start"
        if same
        else "no g in GL(3) relates it to the start: the dimensions of the intersections differ"
    )
    rows = [
        ("dim(U ∩ V)", f'<b class="ps-meet-dim">{now.meet}</b>'),
        ("overlap", f"{html.escape(_short(now.overlap))}"),
        ("U", tex(_span([list(v) for v in now.pair[0].basis]))),
        ("V", tex(_span([list(v) for v in now.pair[1].basis]))),
    ]
    if now.t != 0:
        rows.append(("λ(t)", tex(_matrix(moving.matrix(now.t)))))
    table = "".join(f"<tr><th>{name}</th><td>{text}</td></tr>" for name, text in rows)
    told = f'<div class="ps-verdict">{verdict}<span class="ps-soft">{proof}</span></div>'
    return f'{told}<table class="ps-numbers">{table}</table>'


def _ladder(moving: Motion, now: Moved) -> str:
    steps = moving.ladder()
    names = {steps[0][0]: "open", steps[-1][0]: "closed: a flag variety"}
    items = "".join(
        f'<li class="{"ps-here" if i == now.meet else "ps-there"}"><b>i = {i}</b> dimension {dimension}, '
        f"codimension {codim} {badge(names[i], 'mute') if i in names else ''}</li>"
        for i, dimension, codim in steps
    )
    note = '<p class="ps-soft">Each orbit lies in the closure of the one above it.</p>'
    return f'<ol class="ps-ladder">{items}</ol>{note}'


def _short(x: Fraction) -> str:
    exact = str(x)
    return exact if x.denominator == 1 else f"{exact} ≈ {float(x):.4f}" if len(exact) < 16 else f"≈ {float(x):.6f}"


def _tex(x: Fraction) -> str:
    if len(str(x)) > 9:
        return f"{float(x):.4g}"
    if x.denominator == 1:
        return str(x)
    return rf"{'-' if x < 0 else ''}\tfrac{{{abs(x.numerator)}}}{{{x.denominator}}}"


def _span(vectors: Sequence[Sequence[object]]) -> str:
    columns = (r"\begin{bmatrix}" + r"\\".join(_tex(Fraction(str(x))) for x in v) + r"\end{bmatrix}" for v in vectors)
    return r"\mathrm{span}\," + ",".join(columns)


def _matrix(rows: Sequence[Sequence[Fraction]]) -> str:
    return r"\begin{bmatrix}" + r"\\".join("&".join(map(_tex, row)) for row in rows) + r"\end{bmatrix}"


def _curve(path: Sequence[Moved], now: Moved, width: int, height: int = 250) -> str:
    x = Axis(0.0, 1.0, _LEFT, width - _RIGHT)
    top = min(w.dim for w in now.pair[0:2])
    y = Axis(0.0, float(top), height - _BOTTOM, _TOP)
    told = f"Overlap along the motion; dim(U ∩ V) is {path[0].meet} in the limit and {path[-1].meet} at t = 1"
    body = [*_frame(x, y, width, height), *_line(path, x, y), *_now(now, x, y, height)]
    return (
        f'<svg class="ps-plot" viewBox="0 0 {width} {height}" role="img" aria-label="{told}"'
        f' xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'
    )


def _frame(x: Axis, y: Axis, width: int, height: int) -> Iterator[str]:
    for tick in ticks(0.0, y.high, 4):
        yield f'<line class="ps-grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y(tick)}" y2="{y(tick)}"/>'
        yield f'<text class="ps-tick" x="{_LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{label(tick)}</text>'
    for tick in ticks(0.0, 1.0, 5):
        yield f'<text class="ps-tick" x="{x(tick)}" y="{height - 26}" text-anchor="middle">{label(tick)}</text>'
    middle = (_LEFT + width - _RIGHT) / 2
    yield f'<text class="ps-axis-label" x="{middle}" y="{height - 6}" text-anchor="middle">t (0 is the limit)</text>'


def _line(path: Sequence[Moved], x: Axis, y: Axis) -> Iterator[str]:
    moving = " ".join(f"{x(float(p.t))},{y(float(p.overlap))}" for p in path if p.t != 0)
    yield f'<polyline class="ps-overlap" points="{moving}"/>'
    limit = path[0]
    kind = "ps-limit-new" if limit.meet != path[-1].meet else "ps-limit-same"
    yield f'<circle class="{kind}" cx="{x(0.0)}" cy="{y(float(limit.overlap))}" r="5.5"/>'


def _now(now: Moved, x: Axis, y: Axis, height: int) -> Iterator[str]:
    at = x(float(now.t))
    yield f'<line class="ps-now" x1="{at}" x2="{at}" y1="{_TOP}" y2="{height - _BOTTOM}"/>'
    yield f'<circle class="ps-now-dot ps-value" cx="{at}" cy="{y(float(now.overlap))}" r="4"/>'
