"""Row groups at an interface: which columns are core, overlap or noise, and which groups are joined."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from certify.escaping import quoted
from certify.report.pictures.svg import Picture, box, number, segment, words

__all__ = ["Edge", "graph_picture", "masks_picture"]

_WIDE, _ROW, _LEFT, _TOP = 400, 11, 78, 30
_BINS, _GROUPS = 200, 40
_LABELS = {"SC": "a", "SA": "b", "ST": "d"}
_TOLD = {"SC": "shared, congruent", "SA": "shared, amplified", "ST": "shared, transformed"}


@dataclass(frozen=True, slots=True)
class Edge:
    """Two joined groups; ``weight`` and ``label`` are None and empty where they are not published."""

    groups: tuple[int, int]
    shared: int
    weight: float | None = None
    label: str = ""


def masks_picture(
    name: str, label: str, groups: Mapping[int, str], active: Mapping[int, set[int]], columns: int
) -> Picture:
    """The cells of a transport, groups of rows × columns: core, overlap, and noise, which is left blank.

    Parameters
    ----------
    groups : the rows of each group, as text.
    active : the active columns of the groups that have a threshold.
    columns : how many there are; of many, neighbours share a place, which shows overlap before core.
    """
    shown = list(groups)[:_GROUPS]
    bins = min(columns, _BINS)
    counts = Counter(j for found in active.values() for j in found)
    bottom = _TOP + _ROW * len(shown)
    parts = [words(_LEFT, 12, f"{columns} columns of the transport"), words(_LEFT - 5, 12, "rows", "e")]
    for place, group in enumerate(shown):
        y = _TOP + _ROW * place
        parts.append(words(_LEFT - 5, y + 9, groups[group], "e in"))
        parts.append(box(_LEFT, y, _WIDE, _ROW - 1, "grid void" if group in active else "none"))
        parts += _runs(_kinds(active.get(group, set()), counts, columns, bins), y)
    parts += _legend(bottom + 10)
    left = len(groups) - len(shown)
    caption = (
        "Columns active in one group are its core, columns active in several are overlap; what is blank is noise. A "
        "grey row has no threshold." + (f" {left} more groups are in the claim." if left else "")
    )
    title = f"Core, overlap and noise of {label}"
    return Picture(name, title, _LEFT + _WIDE + 10, bottom + 24, "".join(parts), caption)


def _kinds(active: set[int], counts: Mapping[int, int], columns: int, bins: int) -> list[str]:
    """Of each place: empty for noise, ``fa`` for core, ``fb`` for overlap."""
    found = [""] * bins
    for j in sorted(active):
        place = j * bins // columns
        found[place] = "fb" if counts[j] > 1 or found[place] == "fb" else "fa"
    return found


def _runs(kinds: Sequence[str], y: float) -> Iterator[str]:
    """One path for each kind, of all its stretches."""
    step = _WIDE / len(kinds)
    for kind in ("fa", "fb"):
        drawn, start = "", 0
        for place in range(len(kinds) + 1):
            inside = place < len(kinds) and kinds[place] == kind
            if not inside:
                if place > start:
                    wide = number(step * (place - start))
                    drawn += f"M{number(_LEFT + step * start)} {number(y)}h{wide}v{_ROW - 1}h-{wide}z"
                start = place + 1
        if drawn:
            yield f'<path class="{kind}" d="{drawn}"/>'


def _legend(y: float) -> list[str]:
    parts: list[str] = []
    for place, (kind, text) in enumerate((("fa", "core"), ("fb", "overlap"), ("grid void", "noise"))):
        parts += [box(_LEFT + 80 * place, y, 10, 9, kind), words(_LEFT + 80 * place + 15, y + 9, text)]
    return parts


def graph_picture(name: str, label: str, groups: Mapping[int, str], edges: Sequence[Edge]) -> Picture:
    """The groups on a circle, joined where their weight reaches the threshold; thicker is heavier."""
    size, middle, radius = 260.0, 130.0, 92.0
    turns = {group: 2 * math.pi * k / max(1, len(groups)) - math.pi / 2 for k, group in enumerate(groups)}
    places = {g: (middle + radius * math.cos(t), middle + radius * math.sin(t)) for g, t in turns.items()}
    most = max((edge.weight for edge in edges if edge.weight is not None), default=0.0)
    parts: list[str] = []
    for edge in edges:
        (x1, y1), (x2, y2) = (places[group] for group in edge.groups)
        wide = 1 + 4 * (edge.weight / most if edge.weight is not None and most > 0 else 0)
        told = f"{groups[edge.groups[0]]} – {groups[edge.groups[1]]}: {edge.shared} shared columns"
        told += f", weight {edge.weight:.4g}" if edge.weight is not None else ""
        told += f", {edge.label}" if edge.label else ""
        parts.append(
            f'<line class="{_LABELS.get(edge.label, "axis")}" style="stroke-width:{number(wide)}" x1="{number(x1)}" '
            f'y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"><title>{quoted(told)}</title></line>'
        )
    for group, (x, y) in places.items():
        degree = sum(group in edge.groups for edge in edges)
        parts.append(
            f'<circle class="ink void" cx="{number(x)}" cy="{number(y)}" r="4"><title>{quoted(groups[group])}: '
            f"{degree} edges</title></circle>"
        )
        if len(groups) <= _GROUPS:
            side = "" if x > middle + 5 else " e" if x < middle - 5 else " m"
            out = 8 if side == "" else -8 if side == " e" else 0
            parts.append(words(x + out, y + (14 if y > middle + 80 else -8 if y < middle - 80 else 3), groups[group],
                               f"in{side}"))  # fmt: skip
    found = [kind for kind in _LABELS if any(edge.label == kind for edge in edges)]
    for k, kind in enumerate(found):
        y = size + 4 + 14 * k
        parts += [segment(20, y, 44, y, _LABELS[kind]), words(50, y + 4, f"{kind}: {_TOLD[kind]}")]
    caption = f"{len(edges)} of {len(groups) * (len(groups) - 1) // 2} pairs of row groups are joined."
    return Picture(name, f"Incidence graph of {label}", size, size + 10 + 14 * len(found), "".join(parts), caption)
