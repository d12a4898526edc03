"""Windows × interfaces: the overlap of leading directions against what chance gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from certify.report.numbers import enclosure_text
from certify.report.pictures.svg import Picture, box, hatched, hatching, segment, words
from certify.verdict import Enclosure, Verdict

__all__ = ["Cell", "overlaps_picture", "strength"]

_CELL, _ROW, _TOP = 34, 18, 44
_LETTER = 5.4


@dataclass(frozen=True, slots=True)
class Cell:
    """What is known of one window at one interface; ``chance`` and ``score`` are None where they were not asked."""

    verdict: Verdict
    overlap: Enclosure
    chance: Enclosure | None
    score: Enclosure | None


def strength(overlap: Enclosure, chance: Enclosure) -> float:
    """From −1, nothing, over 0, what chance gives, to 1, all; of the middles.

    >>> strength(Enclosure(0.625, 0.625), Enclosure(0.25, 0.25)), strength(Enclosure(0.0, 0.0), Enclosure(0.25, 0.25))
    (0.5, -1.0)
    """
    there = overlap.lower + (overlap.upper - overlap.lower) / 2
    mean = chance.lower + (chance.upper - chance.lower) / 2
    room = 1 - mean if there > mean else mean
    return max(-1.0, min(1.0, (there - mean) / room)) if room > 0 else 0.0


def overlaps_picture(
    windows: Sequence[int], rows: Sequence[tuple[str, Sequence[Cell | None]]], left_out: int
) -> Picture:
    """A row for each interface and a column for each window; UNDECIDED is hatched, what was not asked is empty.

    Parameters
    ----------
    rows : the name of each interface, and its cells, one for each window.
    left_out : how many windows have no column; the caption tells.
    """
    name = "overlap-against-chance"
    shown = [label for label, _ in rows]
    left = max(60.0, 8 + _LETTER * max(map(len, shown)))
    width, height = left + _CELL * len(windows) + 8, _TOP + _ROW * len(rows) + 40
    parts = [f"<defs>{hatching(name)}</defs>", words(left, 12, "leading directions k of the window")]
    parts += [words(left + _CELL * (c + 0.5), _TOP - 8, k, "m in") for c, k in enumerate(windows)]
    for r, (_, cells) in enumerate(rows):
        y = _TOP + _ROW * r
        parts.append(words(left - 5, y + 13, shown[r], "e in"))
        for c, cell in enumerate(cells):
            if cell is not None:
                parts.append(_cell(left + _CELL * c, y, cell, windows[c], name))
    parts += _legend(left, _TOP + _ROW * len(rows) + 14, name)
    caption = (
        "Colour: the overlap between what chance gives and all (blue), or nothing (orange); pale within two standard "
        "deviations of chance. The number is the overlap; where the pointer rests, chance and the deviations are shown."
    )
    more = f" {left_out} windows that few interfaces have are only in the table." if left_out else ""
    return Picture(name, "Overlap of leading directions against chance", max(width, 330), height, "".join(parts),
                   caption + more)  # fmt: skip


def _cell(x: float, y: float, cell: Cell, k: int, hatch: str) -> str:
    told = f"k = {k}: overlap {enclosure_text(cell.overlap)}"
    if cell.chance is not None:
        told += f", chance {enclosure_text(cell.chance)}"
    if cell.score is not None:
        told += f", {enclosure_text(cell.score)} deviations above it"
    width, height = _CELL - 1, _ROW - 1
    if cell.verdict is not Verdict.CERTIFIED or not cell.overlap.finite:
        told = f"k = {k}: {cell.verdict.value}, overlap {enclosure_text(cell.overlap)}"
        return box(x, y, width, height, "axis", told, hatched(hatch))
    part = strength(cell.overlap, cell.chance) if cell.chance is not None and _beyond(cell) else 0.0
    colour = "fa" if part >= 0 else "fb"
    middle = cell.overlap.lower + (cell.overlap.upper - cell.overlap.lower) / 2
    shape = box(x, y, width, height, f"grid {colour}", told, f' fill-opacity="{0.75 * abs(part):.2f}"')
    return shape + words(x + _CELL / 2, y + 13, _two(middle), "m in idle")


def _beyond(cell: Cell) -> bool:
    """Whether the overlap is more than two standard deviations from what chance gives."""
    return cell.score is not None and cell.score.finite and (cell.score.lower > 2 or cell.score.upper < -2)


def _two(x: float) -> str:
    """Two digits; 1 only where it is no less."""
    return "1" if x == 1 else ">.99" if x > 0.995 else f"{x:.2f}".removeprefix("0")


def _legend(left: float, y: float, hatch: str) -> list[str]:
    parts: list[str] = []
    for i in range(-4, 5):
        colour = "fa" if i >= 0 else "fb"
        parts.append(box(left + 18 * (i + 4), y, 18, 9, colour, rest=f' opacity="{0.75 * abs(i) / 4:.2f}"'))
    middle = left + 18 * 4.5
    parts += [segment(middle, y, middle, y + 12, "axis"), words(left, y + 21, "nothing")]
    parts += [words(middle, y + 21, "chance", "m"), words(left + 162, y + 21, "all", "e")]
    return [*parts, box(left + 176, y, 12, 9, "axis", rest=hatched(hatch)), words(left + 192, y + 9, "UNDECIDED")]
