"""What the matrices of an instance do to the unit circle, and how large their singular values are, as SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt

from theorems.engine.instance import Chain, Instance, Matrix, Vector, kind_of

__all__ = ["shapes"]

_BOX, _CAPTION, _STEPS = 150.0, 26.0, 72
_ROOM = 0.5 * _BOX - 14


def shapes(x: Instance) -> str:
    """One box for every matrix and vector of an instance; empty when it has none that can be drawn.

    A matrix with two rows shows the image of the unit circle (or of the unit segment), any other its singular values; a
    vector its entries. The pictures are drawn in floating point; the exact values are what the instance says.
    """
    drawn = [(name, m) for name, m in _arrays(x) if m.size and float(np.abs(m).max()) > 0]
    flat = [float(np.linalg.norm(m, 2)) for _, m in drawn if _is_flat(m)]
    boxes: list[str] = []
    for place, (name, m) in enumerate(drawn):
        inside = _circle(m, max(flat)) if _is_flat(m) else _bars(m if m.ndim == 1 else np.linalg.svd(m)[1])
        note = html.escape(name if _is_flat(m) else _range_of(name, m) if m.ndim == 1 else f"σ of {name}")
        caption = f'<text class="ps-caption" x="{_BOX / 2}" y="{_BOX + 16}" text-anchor="middle">{note}</text>'
        boxes.append(f'<g transform="translate({place * _BOX:g} 0)">{"".join(inside)}{caption}</g>')
    if not boxes:
        return ""
    width, names = len(boxes) * _BOX, ", ".join(name for name, _ in drawn)
    return (
        f'<svg class="ps-shapes" viewBox="0 0 {width:g} {_BOX + _CAPTION:g}" style="max-width:{width:g}px" role="img"'
        f' aria-label="What {html.escape(names)} look like" xmlns="http://www.w3.org/2000/svg">{"".join(boxes)}</svg>'
    )


def _range_of(name: str, v: npt.NDArray[np.float64]) -> str:
    return f"{name}: {v.min():.4g} to {v.max():.4g}".replace("-", "−")


def _arrays(x: Instance) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
    for name, value in x.items:
        kind = kind_of(value)
        if kind == "chain":
            for k, m in enumerate(cast(Chain, value), start=1):
                yield f"{name} {k}", _array(m)
        elif kind == "matrix":
            yield name, _array(cast(Matrix, value))
        elif kind == "vector":
            yield name, np.array([float(v) for v in cast(Vector, value)])


def _array(m: Matrix) -> npt.NDArray[np.float64]:
    return np.array([[float(v) for v in row] for row in m])


def _is_flat(m: npt.NDArray[np.float64]) -> bool:
    return m.ndim == 2 and m.shape[0] == 2 and m.shape[1] <= 2


def _circle(m: npt.NDArray[np.float64], largest: float) -> Iterator[str]:
    """The image of the unit circle, and of the coordinate vectors; the dashed circle is the unit circle itself."""
    unit, middle = _ROOM / max(largest, 1.0), _BOX / 2
    yield f'<circle class="ps-unit" cx="{middle}" cy="{middle}" r="{unit:.1f}"/>'
    yield f'<line class="ps-coordinate" x1="{middle - _ROOM}" x2="{middle + _ROOM}" y1="{middle}" y2="{middle}"/>'
    yield f'<line class="ps-coordinate" x1="{middle}" x2="{middle}" y1="{middle - _ROOM}" y2="{middle + _ROOM}"/>'
    angles = [2 * math.pi * k / _STEPS for k in range(_STEPS + 1)]
    sources = [[math.cos(a), math.sin(a)][: m.shape[1]] for a in angles]
    image = [m @ np.array(s) for s in sources]
    path = " ".join(f"{middle + unit * p[0]:.1f},{middle - unit * p[1]:.1f}" for p in image)
    yield f'<polygon class="ps-image" points="{path}"/>'
    for k in range(m.shape[1]):
        end = m[:, k]
        yield (
            f'<line class="ps-arrow ps-arrow-{k}" x1="{middle}" y1="{middle}" x2="{middle + unit * end[0]:.1f}"'
            f' y2="{middle - unit * end[1]:.1f}"/>'
        )


def _bars(values: Sequence[float] | npt.NDArray[np.float64]) -> Iterator[str]:
    count, largest = len(values), max([abs(float(v)) for v in values] + [1e-300])
    low = min(float(v) for v in values)
    # Entries that are nearly equal are drawn from a line below them, so that one sees how they differ.
    base = low - 0.25 * (largest - low) if low > 0.9 * largest and low < largest else 0.0
    step = (_BOX - 28) / count
    bottom = _BOX - 12
    yield f'<line class="ps-axis" x1="12" x2="{_BOX - 12}" y1="{bottom}" y2="{bottom}"/>'
    for k, value in enumerate(values):
        height = (abs(float(value)) - base) / (largest - base) * (_BOX - 34)
        wide = min(0.7 * step, 34.0)
        left = 14 + step * (k + 0.5) - wide / 2
        top, size = f'y="{bottom - height:.1f}"', f'width="{wide:.1f}" height="{height:.1f}"'
        yield f'<rect class="ps-bar" x="{left:.1f}" {top} {size} rx="2"/>'
        if count <= 4:
            shown = f"{float(value):.3g}".replace("-", "−")
            place = f'x="{left + wide / 2:.1f}" y="{bottom - height - 5:.1f}"'
            yield f'<text class="ps-tick" {place} text-anchor="middle">{shown}</text>'
