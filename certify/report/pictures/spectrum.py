"""The singular values of a layer over their index, both axes logarithmic, with the power laws fitted to them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from certify.escaping import quoted
from certify.report.numbers import enclosure_text
from certify.report.pictures.svg import Picture, box, cut, decades, level, number, path, segment, words
from certify.verdict import Enclosure

__all__ = ["LAWS", "Frame", "frame_of", "spectrum_picture"]

LAWS = {"log_log": "a", "kl": "b dash", "hellinger": "c dot", "top_radial": "d far"}
"""How the power law of each chart is drawn."""

_WIDTH, _HEIGHT = 240, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 8, 22, 30
_POINTS = 20
_DECADES = 9.0


@dataclass(frozen=True, slots=True)
class Frame:
    """The axes that small multiples share: indices from 1, and decimal logarithms of values."""

    indices: int
    low: float
    high: float

    def x(self, k: float) -> float:
        """The place of an index."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * math.log(k) / math.log(max(self.indices, 2))

    def y(self, value: float) -> float:
        """The place of a value; what lies below the axis is drawn on it."""
        found = math.log10(value) if value > 0 else self.low
        part = (min(max(found, self.low), self.high) - self.low) / (self.high - self.low)
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * part


def frame_of(spectra: Sequence[Sequence[Enclosure]]) -> Frame | None:
    """Axes for all of them, nine decades at most; None where no value is positive and known."""
    known = [x for sigma in spectra for x in sigma if x.finite and x.upper > 0]
    if not known:
        return None
    high = math.log10(max(x.upper for x in known))
    sure = [math.log10(x.lower) for x in known if x.lower > 0]
    low = max(min(sure, default=high - 1), high - _DECADES)
    return Frame(max(map(len, spectra)), math.floor(low - 0.05), math.ceil(high + 0.05))


def spectrum_picture(
    name: str, title: str, sigma: Sequence[Enclosure], alphas: Mapping[str, Enclosure], frame: Frame
) -> Picture:
    """One layer.

    Parameters
    ----------
    name : of the file.
    title : of the layer.
    sigma : all its singular values; of many, some are drawn, the first, the last and those between evenly.
    alphas : the exponents that are known, by chart.
    """
    parts = [f'<text class="t" x="4" y="12">{quoted(cut(title, 38))}</text>']
    parts += _axes(frame)
    parts += [_law(chart, alpha, sigma, frame) for chart, alpha in alphas.items() if alpha.finite]
    parts += [_value(k, sigma[k - 1], frame) for k in _chosen(len(sigma))]
    told = "; ".join(f"σ_{k} {enclosure_text(sigma[k - 1])}" for k in sorted({1, len(sigma)}))
    return Picture(name, f"Singular values of {title}: {told}", _WIDTH, _HEIGHT, "".join(parts))


def _chosen(count: int) -> list[int]:
    """Indices evenly on a logarithmic axis, the ends among them."""
    if count <= _POINTS:
        return list(range(1, count + 1))
    return sorted({round(math.exp(math.log(count) * i / (_POINTS - 1))) for i in range(_POINTS)})


def _axes(frame: Frame) -> list[str]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts: list[str] = []
    for exponent in decades(frame.low, frame.high, 4):
        y = frame.y(10.0**exponent)
        parts += [segment(_LEFT, y, right, y, "grid"), words(_LEFT - 3, y + 3, level(exponent), "e")]
    for k in _indices(frame.indices):
        anchor = "e" if k == frame.indices and k > 1 else "m"
        parts += [
            segment(frame.x(k), bottom, frame.x(k), bottom + 3, "axis"),
            words(frame.x(k), bottom + 13, k, anchor),
        ]
    parts.append(segment(_LEFT, bottom, right, bottom, "axis"))
    middle = (_LEFT + right) / 2
    return [*parts, words(middle, _HEIGHT - 4, "index k", "m"), words(_LEFT + 3, _TOP + 2, "σ_k")]


def _indices(count: int) -> list[int]:
    powers = [10**i for i in range(len(str(count))) if 10**i * 4 <= count or i == 0]
    return sorted({*powers, count})


def _value(k: int, sigma: Enclosure, frame: Frame) -> str:
    """A dot, or a bar where the enclosure is wider than one; hollow on the axis where nothing is known from below."""
    told = f"σ_{k}: {enclosure_text(sigma)}"
    if not sigma.finite:
        return box(frame.x(k) - 1.5, _TOP, 3, _HEIGHT - _TOP - _BOTTOM, "none", told)
    top, bottom = frame.y(sigma.upper), frame.y(max(sigma.lower, 0.0))
    if bottom - top > 4:
        return box(frame.x(k) - 1.5, top, 3, bottom - top, "fa", told)
    place = f'cx="{number(frame.x(k))}" cy="{number((top + bottom) / 2)}"'
    return f'<circle class="ink void" {place} r="2"><title>{quoted(told)}</title></circle>'


def _law(chart: str, alpha: Enclosure, sigma: Sequence[Enclosure], frame: Frame) -> str:
    """A power law is straight here. That of the logarithms passes through their mean, the others keep the norm."""
    exponent, count = alpha.lower + (alpha.upper - alpha.lower) / 2, len(sigma)
    middles = [x.lower + (x.upper - x.lower) / 2 if x.finite else 0.0 for x in sigma]
    if chart == "log_log":
        if not all(x > 0 for x in middles):
            return ""
        mean = sum(math.log(x) + exponent * math.log(k) for k, x in enumerate(middles, 1)) / count
    else:
        top = max(middles)
        if top <= 0:
            return ""
        energy = sum((x / top) ** 2 for x in middles)
        mean = math.log(top) + (math.log(energy) - math.log(sum(k ** (-2 * exponent) for k in range(1, count + 1)))) / 2
    ends = [(float(k), (mean - exponent * math.log(k)) / math.log(10)) for k in (1, count)]
    return _clipped(ends, LAWS[chart], frame)


def _clipped(ends: list[tuple[float, float]], classes: str, frame: Frame) -> str:
    """The part of a straight line between decimal logarithms that lies within the frame."""
    (x0, y0), (x1, y1) = ((math.log(k), v) for k, v in ends)
    inside: list[float] = [0.0, 1.0]
    if y0 != y1:
        cuts = sorted((bound - y0) / (y1 - y0) for bound in (frame.low, frame.high))
        inside = [max(0.0, cuts[0]), min(1.0, cuts[1])]
    elif not frame.low <= y0 <= frame.high:
        return ""
    if inside[0] >= inside[1]:
        return ""
    points = [(frame.x(math.exp(x0 + t * (x1 - x0))), frame.y(10 ** (y0 + t * (y1 - y0)))) for t in inside]
    return path(points, classes)
