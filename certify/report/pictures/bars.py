"""Bars: imbalance and commutator of every interface, and the part of the claims that is certified at every window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from certify.report.numbers import enclosure_text
from certify.report.pictures.svg import Picture, box, hatched, hatching, path, segment, words
from certify.verdict import Enclosure, Verdict

__all__ = ["Balance", "balance_picture", "shares_picture"]

_ROW, _BAR, _GAP, _TOP = 16, 150, 24, 40
_LETTER = 5.4
_LARGEST_COMMUTATOR = 0.5**0.5


@dataclass(frozen=True, slots=True)
class Balance:
    """An interface: relative imbalance, normalized commutator, and its root mean square by chance where it is known."""

    label: str
    imbalance: Enclosure
    commutator: Enclosure
    chance: float | None


def balance_picture(rows: Sequence[Balance]) -> Picture:
    """Two bars for each interface; a mark across the second says what chance gives."""
    shown = [row.label for row in rows]
    left = max(60.0, 8 + _LETTER * max(map(len, shown)))
    second = left + _BAR + _GAP
    width, bottom = second + _BAR + 16, _TOP + _ROW * len(rows)
    parts = [words(left, 12, "imbalance, relative", "t"), words(second, 12, "commutator", "t")]
    for start, most, labels in ((left, 1.0, ("0", "½", "1")), (second, _LARGEST_COMMUTATOR, ("0", "", "1/√2"))):
        for place, label in enumerate(labels):
            x = start + _BAR * place / 2
            parts += [segment(x, _TOP - 6, x, bottom, "grid"), words(x, _TOP - 10, label, "m")]
        values = [(row.imbalance if start == left else row.commutator) for row in rows]
        for r, value in enumerate(values):
            parts += _bar(start, _TOP + _ROW * r, value, most, "fa" if start == left else "fd", rows[r].label)
    for r, row in enumerate(rows):
        y = _TOP + _ROW * r
        parts.append(words(left - 5, y + 11, shown[r], "e in"))
        if row.chance is not None:
            x = second + _BAR * min(row.chance / _LARGEST_COMMUTATOR, 1.0)
            parts.append(segment(x, y + 1, x, y + _ROW - 2, "ink"))
    caption = (
        "Imbalance: 0 if both layers carry the same strength in the same directions, 1 if nothing written is read. "
        "Commutator: 0 for common eigenvectors; the dark mark is its root mean square by chance."
    )
    return Picture("imbalance-and-commutator", "Imbalance and commutator of every interface", width, bottom + 8,
                   "".join(parts), caption)  # fmt: skip


def _bar(x: float, y: float, value: Enclosure, most: float, classes: str, label: str) -> list[str]:
    """A bar to the lower end, and a paler one on to the upper end."""
    told = f"{label}: {enclosure_text(value)}"
    low, high = (min(max(end, 0.0), most) if value.finite else end for end in (value.lower, value.upper))
    if not value.finite:
        return [box(x, y + 3, _BAR, _ROW - 7, "none", told)]
    ends = _BAR * low / most, _BAR * high / most
    wide = [box(x + ends[0], y + 3, ends[1] - ends[0], _ROW - 7, classes, told, ' opacity=".4"')]
    return [box(x, y + 3, max(ends[0], 0.6), _ROW - 7, classes, told), *(wide if ends[1] - ends[0] > 0.5 else [])]


def shares_picture(windows: Sequence[int], counts: Mapping[int, Mapping[Verdict, int]]) -> Picture:
    """For every window the part of the claims about it that is certified, undecided and refuted."""
    name = "certified-by-window"
    left, step, top, tall = 38, 34, 26, 110
    width, bottom = left + step * len(windows) + 90, top + tall
    parts = [f"<defs>{hatching(name)}</defs>", words(left, 12, "part of the claims", "t")]
    for label, part in (("1", 1.0), ("½", 0.5), ("0", 0.0)):
        y = bottom - tall * part
        parts += [segment(left, y, left + step * len(windows), y, "grid"), words(left - 5, y + 3, label, "e")]
    line: list[tuple[float, float]] = []
    for c, k in enumerate(windows):
        every = sum(counts[k].values())
        y, x = float(bottom), left + step * c
        for verdict, classes in ((Verdict.CERTIFIED, "fc"), (Verdict.UNDECIDED, "axis"), (Verdict.REFUTED, "fb")):
            part = counts[k].get(verdict, 0) / every
            if part:
                y -= tall * part
                rest = hatched(name) if verdict is Verdict.UNDECIDED else ' opacity=".7"'
                told = f"k = {k}: {counts[k].get(verdict, 0)} of {every} {verdict.value}"
                parts.append(box(x + 4, y, step - 8, tall * part, classes, told, rest))
        line.append((x + step / 2, bottom - tall * counts[k].get(Verdict.CERTIFIED, 0) / every))
        parts.append(words(x + step / 2, bottom + 13, k, "m"))
    parts += [path(line, "ink"), words(left + step * len(windows) / 2, bottom + 28, "leading directions k", "m")]
    parts += _verdicts(left + step * len(windows) + 8, top, name)
    caption = (
        "Every claim about a window of k directions, of all layers and interfaces; the line is the certified part."
    )
    return Picture(name, "Certified part of the claims about each window", max(width, 240), bottom + 36,
                   "".join(parts), caption)  # fmt: skip


def _verdicts(x: float, y: float, hatch: str) -> list[str]:
    parts: list[str] = []
    for place, (label, classes, rest) in enumerate(
        (("certified", "fc", ' opacity=".7"'), ("undecided", "axis", hatched(hatch)),
         ("refuted", "fb", ' opacity=".7"'))
    ):  # fmt: skip
        parts += [box(x, y + 16 * place, 10, 9, classes, rest=rest), words(x + 15, y + 16 * place + 9, label)]
    return parts
