"""The barcode of a chain as text and as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from certify.escaping import quoted
from certify.report.pictures.svg import Picture, box, segment, words

__all__ = ["barcode_picture", "barcode_text"]

_STEP, _ROW, _LEFT, _TOP = 56, 16, 30, 44
_SHOWN = 60

_KINDS = {
    (True, True): ("fa", "reaches the output from the input"),
    (True, False): ("fb", "ends before the output"),
    (False, True): ("fc", "not driven by the input"),
    (False, False): ("none", "neither driven nor read"),
}
"""By whether the bar begins at the input and whether it reaches the output."""


def barcode_text(bars: Mapping[tuple[int, int], int], names: Sequence[str]) -> str:
    """One line for every kind of bar: the vertices it covers, and how often it occurs.

    ``names`` are the names of the vertices 0..L.

    >>> print(barcode_text({(0, 0): 1, (0, 1): 3, (1, 1): 2}, ["in", "out"]))
        in   out
        ●         1
        ●────●    3
             ●    2
    """
    width = max(5, *(len(name) + 2 for name in names))
    left = 4
    lines = [" " * left + "".join(name.ljust(width) for name in names).rstrip()]
    for (i, j), m in sorted(bars.items()):
        drawn = " " * (left + i * width) + ("●" + "─" * (width - 1)) * (j - i) + "●"
        lines.append(drawn.ljust(left + len(names) * width) + str(m))
    return "\n".join(lines)


def barcode_picture(bars: Mapping[tuple[int, int], int], names: Sequence[str], place: int, subject: str) -> Picture:
    """A row for each kind of bar, its thickness and label the multiplicity, its colour what becomes of it.

    Parameters
    ----------
    names : of the spaces, their dimensions.
    place : the number of the picture, for the name of its file.
    subject : what the barcode is of.
    """
    rows = sorted(bars.items(), key=lambda item: (item[0][0], item[0][0] - item[0][1]))[:_SHOWN]
    last, largest = len(names) - 1, max([1, *bars.values()])
    end = _LEFT + _STEP * last
    width, bottom = max(end + 60, 230), _TOP + _ROW * (len(rows) + 1)
    parts = [words(_LEFT, 12, "dimensions of the spaces, input first")]
    for v, name in enumerate(names):
        x = _LEFT + _STEP * v
        parts += [words(x, _TOP - 14, name, "m in"), segment(x, _TOP - 8, x, bottom - 6, "grid")]
    for k, ((i, j), m) in enumerate(rows):
        y, thick = _TOP + _ROW * (k + 0.5), 2 + 7 * m / largest
        kind, told = _KINDS[i == 0, j == last]
        long = _STEP * (j - i) + 8
        parts.append(
            box(_LEFT + _STEP * i - 4, y - thick / 2, long, thick, kind, f"{m} × [{i}, {j}]: {told}", ' rx="2"')
        )
        parts.append(words(end + 44, y + 4, m, "e in"))
    found = {(i == 0, j == last) for i, j in bars}
    legend = [(classes, text) for kind, (classes, text) in _KINDS.items() if kind in found]
    for k, (classes, text) in enumerate(legend):
        y = bottom + 14 * k
        parts += [box(_LEFT, y, 16, 6, classes, rest=' rx="2"'), words(_LEFT + 22, y + 7, text)]
    more = f" {len(bars) - _SHOWN} more kinds are in the claim." if len(bars) > _SHOWN else ""
    caption = "Where directions begin and end; the number says how many there are of each kind." + more
    told = ", ".join(f"{m} × [{i}, {j}]" for (i, j), m in rows[:12])
    return Picture(f"barcode-{place}", f"Barcode of {subject}: {told}", width, bottom + 14 * len(legend) + 4,
                   f"<desc>{quoted(told)}</desc>" + "".join(parts), caption)  # fmt: skip
