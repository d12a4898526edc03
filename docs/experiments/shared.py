"""What the experiments share: certified figures of a chain, results as JSON, line charts as SVG."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import certify
from certify.verdict import Claim

Array = NDArray[np.float64]

_COLOURS = ("#1b6ca8", "#c44536", "#3a7d44", "#8a5a9e", "#b08900", "#555555")
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 640, 380, 66, 46, 34, 168


def certified(
    matrices: Sequence[Array], names: Sequence[str] | None = None, windows: str = "auto", **more: str
) -> dict[tuple[str, str], Claim]:
    """The claims about a chain of matrices, lowest first, by subject and id; ``more`` are other thresholds."""
    chain = certify.Chain.from_arrays(matrices, names)
    asked = certify.Thresholds(windows=windows, **more)
    return {(claim.subject, claim.id): claim for claim in certify.certify(chain, thresholds=asked, workers=1).claims}


def enclosed(claim: Claim, place: int = 0) -> dict[str, Any]:
    """A value of a claim to six digits, how wide its enclosure is, and the verdict."""
    value = claim.values[place]
    width = value.upper - value.lower
    middle = (value.lower + value.upper) / 2
    known = math.isfinite(width)
    return {
        "value": significant(middle) if known and claim.verdict is certify.Verdict.CERTIFIED else None,
        "width_below": None if not known else float(f"{10.0 ** math.ceil(math.log10(width)) if width else 0.0:.0e}"),
        "verdict": claim.verdict.value,
    }


def significant(x: float, digits: int = 6) -> float:
    """A float of ``digits`` digits."""
    return float(f"{float(x):.{digits}g}")


def save_results(folder: Path, results: Mapping[str, Any]) -> None:
    """Write ``results.json``."""
    (folder / "results.json").write_text(json.dumps(results, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Least-squares slope of y against x."""
    return float(np.polyfit(np.asarray(x, float), np.asarray(y, float), 1)[0])


def _ticks(low: float, high: float, log: bool) -> list[float]:
    if log:
        first, last = math.ceil(low - 1e-9), math.floor(high + 1e-9)
        step = max(1, (last - first) // 6)
        return [float(k) for k in range(first, last + 1, step)]
    raw = (high - low) / 5
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(s * unit for s in (1, 2, 5, 10) if s * unit >= raw * 0.999)
    return [k * step for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def line_chart(
    path: Path,
    title: str,
    x_label: str,
    y_label: str,
    series: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    log: bool = False,
    dashed: Sequence[str] = (),
) -> None:
    """Draw lines; ``log`` makes the vertical axis logarithmic and drops what is not positive there."""
    drawn: dict[str, list[tuple[float, float]]] = {}
    for name, (xs, ys) in series.items():
        pairs = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True) if math.isfinite(y) and (not log or y > 0)]
        drawn[name] = [(x, math.log10(y) if log else y) for x, y in pairs]
    points = [p for line in drawn.values() for p in line]
    x0, x1 = min(x for x, _ in points), max(x for x, _ in points)
    y0, y1 = min(y for _, y in points), max(y for _, y in points)
    y0, y1 = (y0, y1) if y1 > y0 else (y0 - 0.5, y1 + 0.5)
    pad = 0.04 * (y1 - y0)
    y0, y1 = y0 - pad, y1 + pad
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def at(x: float, y: float) -> str:
        return (
            f"{_LEFT + inner_width * (x - x0) / ((x1 - x0) or 1):.1f},{_TOP + inner_height * (y1 - y) / (y1 - y0):.1f}"
        )

    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="{escape(title)}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for y in _ticks(y0, y1, log):
        level = at(x0, y).split(",")[1]
        label = f"1e{int(y)}" if log else f"{y:.4g}"
        rows.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{level}" y2="{level}" stroke="#ddd"/>')
        rows.append(f'<text x="{_LEFT - 6}" y="{float(level) + 4:.1f}" text-anchor="end">{label}</text>')
    for x in _ticks(x0, x1, False):
        place = at(x, y0).split(",")[0]
        rows.append(f'<text x="{place}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{x:.4g}</text>')
    rows.append(
        f'<rect x="{_LEFT}" y="{_TOP}" width="{inner_width}" height="{inner_height}" fill="none" stroke="#888"/>'
    )
    for place, (name, line) in enumerate(drawn.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        dash = ' stroke-dasharray="5 4"' if name in dashed else ""
        path_text = " ".join(at(x, y) for x, y in line)
        rows.append(f'<polyline points="{path_text}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>')
        level = _TOP + 12 + 18 * place
        left = _WIDTH - _RIGHT + 10
        rows.append(
            f'<line x1="{left}" x2="{left + 20}" y1="{level}" y2="{level}" stroke="{colour}" stroke-width="2"{dash}/>'
        )
        rows.append(f'<text x="{left + 26}" y="{level + 4}">{escape(name)}</text>')
    rows.append(
        f'<text x="{_LEFT + inner_width / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x_label)}</text>'
    )
    middle = _TOP + inner_height / 2
    turned = f'transform="rotate(-90 14 {middle:.0f})"'
    rows.append(f'<text x="14" y="{middle:.0f}" text-anchor="middle" {turned}>{escape(y_label)}</text>')
    path.write_text("\n".join([*rows, "</svg>"]) + "\n", encoding="utf-8")


def bar_chart(
    path: Path, title: str, y_label: str, series: Mapping[str, Sequence[float]], groups: Sequence[str]
) -> None:
    """Draw groups of bars, one bar of each series in each group; a grey band is two deviations wide."""
    values = [y for ys in series.values() for y in ys]
    low, high = min(0.0, -2.0, *values), max(0.0, 2.0, *values)
    span = high - low
    inner_width, inner_height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def level(y: float) -> float:
        return _TOP + inner_height * (high - y) / span

    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="{escape(title)}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
        f'<rect x="{_LEFT}" y="{level(2):.1f}" width="{inner_width}" height="{level(-2) - level(2):.1f}" fill="#eee"/>',
    ]
    for y in _ticks(low, high, False):
        rows.append(f'<text x="{_LEFT - 6}" y="{level(y) + 4:.1f}" text-anchor="end">{y:.4g}</text>')
    slot = inner_width / len(groups)
    bar = 0.8 * slot / len(series)
    for place, (name, ys) in enumerate(series.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        for group, y in enumerate(ys):
            left = _LEFT + group * slot + 0.1 * slot + place * bar
            top, size = level(max(y, 0.0)), abs(level(y) - level(0.0))
            rows.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{bar:.1f}" height="{size:.1f}" fill="{colour}"/>')
        line = _TOP + 12 + 18 * place
        rows.append(f'<rect x="{_WIDTH - _RIGHT + 10}" y="{line - 8}" width="12" height="12" fill="{colour}"/>')
        rows.append(f'<text x="{_WIDTH - _RIGHT + 28}" y="{line + 3}">{escape(name)}</text>')
    for group, name in enumerate(groups):
        middle = _LEFT + (group + 0.5) * slot
        rows.append(f'<text x="{middle:.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{escape(name)}</text>')
    zero = f"{level(0.0):.1f}"
    rows.append(f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{zero}" y2="{zero}" stroke="#444"/>')
    middle = _TOP + inner_height / 2
    turned = f'transform="rotate(-90 14 {middle:.0f})"'
    rows.append(f'<text x="14" y="{middle:.0f}" text-anchor="middle" {turned}>{escape(y_label)}</text>')
    path.write_text("\n".join([*rows, "</svg>"]) + "\n", encoding="utf-8")
