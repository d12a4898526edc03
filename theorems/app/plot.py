"""Truth against bound along a sweep, as SVG: both enclosures, the margin between them, and where the claim fails."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator, Sequence
from fractions import Fraction

from certify.verdict import Verdict
from theorems.app.scale import Axis, label, robust_range, ticks
from theorems.app.sweep import Enclosure, Judged, Point

__all__ = ["plot", "state"]

_LEFT, _RIGHT, _TOP, _BOTTOM, _STRIP = 54.0, 14.0, 12.0, 66.0, 9.0


def state(judged: Judged | None) -> str:
    """holds, fails, open (undecided) or outside (a hypothesis fails, or a term is not defined)."""
    if judged is None or judged.assumed is Verdict.REFUTED or (judged.cause and judged.value is None):
        return "outside"
    if judged.fails:
        return "fails"
    if judged.assumed is Verdict.CERTIFIED and judged.verdict is Verdict.CERTIFIED:
        return "holds"
    return "open"


def plot(
    points: Sequence[Point],
    *,
    label_x: str,
    current: tuple[Fraction, Judged | None] | None = None,
    joined: bool = True,
    width: int = 720,
    height: int = 400,
    name: str = "plot",
) -> str:
    """The picture of a sweep as an SVG element.

    Parameters
    ----------
    points : in the order of their parameter.
    label_x : what runs along the horizontal axis.
    current : the parameter value to mark, and what was found there.
    joined : whether values between the points make sense; otherwise the points are dots.
    name : a prefix for the ids inside the picture, different for every picture of a page.
    """
    sided = any(p.judged is not None and p.judged.value is not None for p in points)
    height = height if sided else 130
    xs = [float(p.t) for p in points] or [0.0, 1.0]
    x = Axis(min(xs), max(xs), _LEFT, width - _RIGHT)
    low, high = _range([*points, *_as_point(current)])
    y = Axis(low, high, height - _BOTTOM, _TOP)
    body = [
        *_defs(name, width, height),
        *_shading(points, x, height, name),
        *_axes(x, y, width, height, label_x, sided),
    ]
    if sided:
        curves = [
            *_margins(points, x, y),
            *_curve(points, x, y, "bound", joined),
            *_curve(points, x, y, "value", joined),
        ]
        body += [f'<g clip-path="url(#{name}-frame)">', *curves, *_marker(current, x, y, height), "</g>"]
    else:
        body += _marker(current, x, y, height)
    body += _strip(points, x, height)
    told = html.escape(_summary(points, label_x))
    return (
        f'<svg class="ps-plot" viewBox="0 0 {width} {height}" role="img" aria-label="{told}"'
        f' xmlns="http://www.w3.org/2000/svg">{"".join(body)}</svg>'
    )


def _as_point(current: tuple[Fraction, Judged | None] | None) -> Iterator[Point]:
    if current is not None:
        yield Point(current[0], None, current[1])


def _range(points: Sequence[Point]) -> tuple[float, float]:
    values = [v for p in points if p.judged and p.judged.value for v in p.judged.value]
    bounds = [v for p in points if p.judged and p.judged.bound for v in p.judged.bound]
    return robust_range(values, bounds)


def _defs(name: str, width: int, height: int) -> Iterator[str]:
    yield (
        f'<defs><pattern id="{name}-hatch" width="7" height="7" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)">'
        '<line class="ps-hatch" x1="0" y1="0" x2="0" y2="7"/></pattern>'
        f'<clipPath id="{name}-frame"><rect x="{_LEFT - 6}" y="{_TOP - 6}" width="{width - _LEFT - _RIGHT + 12}"'
        f' height="{height - _TOP - _BOTTOM + 12}"/></clipPath></defs>'
    )


def _cells(points: Sequence[Point], x: Axis) -> Iterator[tuple[str, float, float]]:
    """Runs of points in one state, each reaching half-way to the neighbouring points."""
    edges = [x(float(p.t)) for p in points]
    k = 0
    while k < len(points):
        now, first = state(points[k].judged), k
        while k + 1 < len(points) and state(points[k + 1].judged) == now:
            k += 1
        left = edges[first] if first == 0 else (edges[first - 1] + edges[first]) / 2
        right = edges[k] if k + 1 == len(points) else (edges[k] + edges[k + 1]) / 2
        yield now, round(left, 2), round(max(right - left, 1.5), 2)
        k += 1


def _shading(points: Sequence[Point], x: Axis, height: int, name: str) -> Iterator[str]:
    for now, left, wide in _cells(points, x):
        if now != "holds":
            fill = f' fill="url(#{name}-hatch)"' if now == "outside" else ""
            yield (
                f'<rect class="ps-region ps-{now}"{fill} x="{left}" y="{_TOP}" width="{wide}"'
                f' height="{height - _BOTTOM - _TOP}"/>'
            )


def _strip(points: Sequence[Point], x: Axis, height: int) -> Iterator[str]:
    top = height - _BOTTOM + 4
    for now, left, wide in _cells(points, x):
        yield f'<rect class="ps-strip ps-{now}" x="{left}" y="{top}" width="{wide}" height="{_STRIP}"/>'


def _axes(x: Axis, y: Axis, width: int, height: int, label_x: str, sided: bool) -> Iterator[str]:
    bottom = height - _BOTTOM
    for tick in ticks(y.low, y.high, 5 if height > 300 else 4) if sided else ():
        yield f'<line class="ps-grid" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y(tick)}" y2="{y(tick)}"/>'
        yield f'<text class="ps-tick" x="{_LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{label(tick)}</text>'
    for tick in ticks(x.low, x.high, 8 if width > 500 else 4):
        yield f'<text class="ps-tick" x="{x(tick)}" y="{bottom + 32}" text-anchor="middle">{label(tick)}</text>'
    yield f'<line class="ps-axis" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{bottom}" y2="{bottom}"/>'
    middle = (_LEFT + width - _RIGHT) / 2
    text = html.escape(label_x)
    yield f'<text class="ps-axis-label" x="{middle}" y="{height - 10}" text-anchor="middle">{text}</text>'


def _runs(points: Sequence[Point], side: str) -> Iterator[list[tuple[float, Enclosure]]]:
    """Maximal stretches of neighbouring points where a side is enclosed."""
    run: list[tuple[float, Enclosure]] = []
    for p in points:
        enclosure = None if p.judged is None else (p.judged.value if side == "value" else p.judged.bound)
        if enclosure is None:
            if run:
                yield run
            run = []
        else:
            run.append((float(p.t), enclosure))
    if run:
        yield run


def _curve(points: Sequence[Point], x: Axis, y: Axis, side: str, joined: bool) -> Iterator[str]:
    stretches = _runs(points, side)
    for run in itertools.chain.from_iterable(map(_between_jumps, stretches)) if joined else stretches:
        if joined and len(run) > 1:
            there = " ".join(f"{x(t)},{y(high)}" for t, (_, high) in run)
            back = " ".join(f"{x(t)},{y(low)}" for t, (low, _) in reversed(run))
            yield f'<polygon class="ps-curve ps-{side}" points="{there} {back}"/>'
        else:
            yield from (
                f'<circle class="ps-dot ps-{side}" cx="{x(t)}" cy="{y((low + high) / 2)}" r="3.5"/>'
                for t, (low, high) in run
            )


def _between_jumps(run: Sequence[tuple[float, Enclosure]]) -> Iterator[Sequence[tuple[float, Enclosure]]]:
    """The stretches of a curve between its jumps: steps of a fifth of its range, four times as large as both beside."""
    middles = [(low + high) / 2 for _, (low, high) in run]
    steps = [abs(b - a) for a, b in itertools.pairwise(middles)]
    least = 0.2 * (max(middles) - min(middles))
    start = 0
    for k, step in enumerate(steps):
        beside = max([*steps[max(k - 1, 0) : k], *steps[k + 1 : k + 2]], default=0.0)
        if least > 0 and step >= least and step > 4 * beside:
            yield run[start : k + 1]
            start = k + 1
    yield run[start:]


def _margins(points: Sequence[Point], x: Axis, y: Axis) -> Iterator[str]:
    """The gap between the two sides, over stretches of neighbouring points that agree in its sign."""
    run: list[tuple[float, Judged]] = []
    for p in [*points, None]:
        judged = p.judged if p is not None else None
        if run and (judged is None or judged.value is None or judged.verdict is not run[0][1].verdict):
            yield from _gap(run, x, y)
            run = []
        if p is not None and judged is not None and judged.value and judged.bound:
            run.append((float(p.t), judged))


def _gap(run: Sequence[tuple[float, Judged]], x: Axis, y: Axis) -> Iterator[str]:
    if run[0][1].verdict is Verdict.UNDECIDED:
        return
    # The certified part: from the larger end of the smaller side to the smaller end of the larger one.
    holds = run[0][1].verdict is Verdict.CERTIFIED
    upper = [(t, (j.bound if holds else j.value) or (0.0, 0.0)) for t, j in run]
    lower = [(t, (j.value if holds else j.bound) or (0.0, 0.0)) for t, j in run]
    there = " ".join(f"{x(t)},{y(low)}" for t, (low, _) in upper)
    back = " ".join(f"{x(t)},{y(high)}" for t, (_, high) in reversed(lower))
    yield f'<polygon class="ps-gap ps-{"gap-holds" if holds else "gap-fails"}" points="{there} {back}"/>'


def _marker(current: tuple[Fraction, Judged | None] | None, x: Axis, y: Axis, height: int) -> Iterator[str]:
    if current is None:
        return
    at, judged = x(float(current[0])), current[1]
    yield f'<line class="ps-now" x1="{at}" x2="{at}" y1="{_TOP}" y2="{height - _BOTTOM}"/>'
    for side, enclosure in (("bound", judged and judged.bound), ("value", judged and judged.value)):
        if enclosure:
            middle = (enclosure[0] + enclosure[1]) / 2
            yield f'<circle class="ps-now-dot ps-{side}" cx="{at}" cy="{y(middle)}" r="5"/>'


def _summary(points: Sequence[Point], label_x: str) -> str:
    counts = {s: sum(state(p.judged) == s for p in points) for s in ("holds", "fails", "open", "outside")}
    told = {"holds": "holds", "fails": "fails", "open": "undecided", "outside": "outside the hypotheses"}
    parts = ", ".join(f"{told[s]} at {n}" for s, n in counts.items() if n)
    return f"Truth and bound against {label_x} at {len(points)} exact instances: {parts}."
