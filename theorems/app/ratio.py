"""Truth over bound along a sweep, as SVG, with a line at 1: above it the claim fails, near it the bound is sharp."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from fractions import Fraction

from theorems.app.plot import state
from theorems.app.scale import Axis, label, ticks
from theorems.app.sweep import Judged, Point

__all__ = ["ratio_of", "ratio_plot"]

_LEFT, _RIGHT, _TOP, _BOTTOM = 54.0, 14.0, 12.0, 26.0
_LARGEST = 4.0


def ratio_of(judged: Judged | None) -> float | None:
    """The middle of truth over bound; None where a side is not known or the bound is not positive."""
    if judged is None or judged.value is None or judged.bound is None or judged.bound[0] <= 0:
        return None
    ratio = sum(judged.value) / sum(judged.bound)
    return ratio if math.isfinite(ratio) else None


def ratio_plot(
    points: Sequence[Point], now: tuple[Fraction, Judged | None], *, width: int = 720, height: int = 130
) -> str:
    """The picture; empty where no ratio is known. Values above 4 are drawn at 4."""
    found = [(float(p.t), ratio, state(p.judged)) for p in points if (ratio := ratio_of(p.judged)) is not None]
    if not found:
        return ""
    xs = [float(p.t) for p in points]
    x = Axis(min(xs), max(xs), _LEFT, width - _RIGHT)
    top = min(max(1.15, *(ratio for _, ratio, _ in found)), _LARGEST)
    y = Axis(min(0.0, *(max(ratio, -_LARGEST) for _, ratio, _ in found)), top, height - _BOTTOM, _TOP)
    parts = [
        f'<text class="ps-tick" x="{_LEFT - 8}" y="{y(tick) + 4}" text-anchor="end">{label(tick)}</text>'
        for tick in ticks(y.low, y.high, 3)
    ]
    parts.append(f'<line class="ps-one" x1="{_LEFT}" x2="{width - _RIGHT}" y1="{y(1.0)}" y2="{y(1.0)}"/>')
    for t, ratio, kind in found:
        place = f'cx="{x(t)}" cy="{y(min(max(ratio, y.low), top))}"'
        parts.append(f'<circle class="ps-ratio ps-{kind}" {place} r="3"><title>{ratio:.6g}</title></circle>')
    here = ratio_of(now[1])
    if here is not None:
        place = f'cx="{x(float(now[0]))}" cy="{y(min(max(here, y.low), top))}"'
        parts.append(f'<circle class="ps-now-dot ps-value" {place} r="5"/>')
    middle = (_LEFT + width - _RIGHT) / 2
    text = "truth / bound; the line is 1"
    parts.append(f'<text class="ps-axis-label" x="{middle}" y="{height - 6}" text-anchor="middle">{text}</text>')
    most = max(ratio for _, ratio, _ in found)
    told = html.escape(f"Truth over bound at {len(found)} instances, at most {most:.4g}.")
    return (
        f'<svg class="ps-plot ps-ratios" viewBox="0 0 {width} {height}" role="img" aria-label="{told}"'
        f' xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
