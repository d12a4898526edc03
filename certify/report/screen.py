"""The overview of a certificate for a terminal of 80 columns or more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from certify.certificate import Certificate
from certify.console import escaped
from certify.report.heads import heads_table
from certify.report.overview import InterfaceRow, LayerRow, Overview, overview, short, short_names, sparkline
from certify.report.summary import left_out_lines
from certify.report.table import STYLES, counts
from certify.verdict import Enclosure

__all__ = ["screen"]

_SHOWN = 11
"""Rows of layers, and of interfaces; of more, the first ones are shown and the rest counted."""


def screen(certificate: Certificate, *, width: int) -> RenderableType:
    """Layers, interfaces, flow, what stands out, and the verdict, for a terminal of ``width`` columns."""
    found = overview(certificate)
    plain = short_names([row.name for row in found.layers])
    parts: list[RenderableType] = [_layers(found.layers, plain, max(12, min(40, width - 66)))]
    if found.interfaces:
        parts += [Text(), _interfaces(found.interfaces, plain, max(20, min(80, width - 60)))]
    if (heads := heads_table(certificate)) is not None:
        parts += [Text(), heads]
    parts += [Text(), *_sentences(found)]
    verdict = Text.assemble("verdict ", (certificate.verdict.value, STYLES[certificate.verdict]), "  ")
    parts.append(verdict + counts(certificate.claims))
    parts += [Text.assemble(("left out ", "dim"), escaped(line)) for line in left_out_lines(certificate)[:2]]
    if found.interfaces:
        legend = "z: deviations above chance; ‖Δ‖: imbalance, 0 to 1; [H,K]: commutator over chance"
        parts.append(Text(legend, style="dim"))
        legend = "E7: energy that keeps who acts on whom, by margins/by comparison; 100: all of it"
        parts += [Text(legend, style="dim")] if any(row.levels for row in found.interfaces) else []
    parts.append(Text("figures are rounded to four digits; --full shows every enclosure", style="dim"))
    return Group(*parts)


def _table(*columns: tuple[str, bool]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for title, right in columns:
        table.add_column(title, justify="right" if right else "left", no_wrap=True)
    return table


def _layers(rows: Sequence[LayerRow], plain: Mapping[str, str], room: int) -> RenderableType:
    table = _table(
        ("layer", False), ("shape", True), ("rank", True), ("90/99%", True), ("σ₁", True), ("σ_min", True),
        ("stable", True), ("α", True), ("spectrum", False),
    )  # fmt: skip
    for row in rows[:_SHOWN]:
        m, n = row.shape
        rank = Text(short(row.rank), style="" if row.rank.lower == row.full else "bold yellow")
        cells = [
            f"{m}×{n}", rank, "/".join(map(short, row.effective)), short(row.largest), short(row.smallest),
            short(row.stable), short(row.alpha), sparkline(row.sigma),
        ]  # fmt: skip
        table.add_row(_cut(plain[row.name], room), *cells)
    return _counted(table, len(rows), "layers")


def _interfaces(rows: Sequence[InterfaceRow], plain: Mapping[str, str], room: int) -> RenderableType:
    table = _table(
        ("interface", False), ("k of n", True), ("overlap", True), ("chance", True), ("z", True), ("‖Δ‖", True),
        ("[H,K]", True), ("z", True), ("E7 %", True),
    )  # fmt: skip
    for row in rows[:_SHOWN]:
        half = (room - 3) // 2
        label = Text(f"{_cut(plain[row.writer], half)} → {_cut(plain[row.reader], half)}")
        window = "–" if row.window is None else f"{row.window} of {row.dimension}"
        ratio = "–" if row.ratio is None else f"×{short(row.ratio, 3)}"
        table.add_row(
            label, window, short(row.overlap), short(row.chance), _signed(row.score), short(row.imbalance), ratio,
            _signed(row.commutator_score), _levels(row.levels),
        )  # fmt: skip
    return _counted(table, len(rows), "interfaces")


def _counted(table: Table, count: int, what: str) -> RenderableType:
    if count <= _SHOWN:
        return table
    return Group(table, Text(f"and {count - _SHOWN} more {what}, see --full", style="dim"))


def _sentences(found: Overview) -> list[Text]:
    lines = [Text(escaped(text)) for text in (*found.flows, *found.domains)]
    lines += [Text.assemble(("• ", "dim"), escaped(text)) for text in found.notable]
    return [*lines, Text()] if lines else []


def _levels(levels: Sequence[Enclosure]) -> str:
    """Both levels, in the digits of the grid on which they lie."""
    ends = [f"{x.lower:g}" if x.lower == x.upper else "?" for x in levels]
    return "/".join(dict.fromkeys(ends)) or "–"


def _signed(score: Enclosure | None) -> str:
    text = short(score, 3)
    return f"+{text}" if score is not None and score.finite and score.lower > 0 else text


def _cut(text: str, room: int) -> str:
    """The end of a name tells more than its beginning."""
    shown = escaped(text)
    return shown if len(shown) <= room else f"…{shown[-(room - 1) :]}"
