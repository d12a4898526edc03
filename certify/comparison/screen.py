"""A comparison on one screen of a terminal: a row a matrix, a row an interface, in four digits."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from certify.claims import comparison as claims
from certify.comparison.document import Comparison
from certify.console import escaped
from certify.report.overview import short
from certify.report.summary import value_text
from certify.report.table import STYLES, counts
from certify.verdict import Claim, Enclosure, Verdict

__all__ = ["every_claim", "screen"]

_SHOWN = 24
"""Rows of matrices, of interfaces, and lines of what is left out; of more, the first ones are shown."""
_COLUMNS = (
    claims.RELATIVE,
    claims.CHANGE,
    claims.LARGEST_MOVE,
    claims.CHANGE_RANK,
    claims.RANK,
    claims.STABLE,
    f"{claims.ALPHA}log_log",
)


class _Claims:
    def __init__(self, comparison: Comparison) -> None:
        self._claims = {(claim.subject, claim.id): claim for claim in comparison.claims}

    def value(self, subject: str, id: str, place: int = 0) -> Enclosure | None:
        claim = self._claims.get((subject, id))
        return None if claim is None else claim.values[place]

    def window(self, subject: str, prefix: str) -> int | None:
        """The window of at most 8 directions that is largest among those decided; the smallest one otherwise."""
        found = [
            (claim.verdict is Verdict.CERTIFIED, int(claim.parameters["window"]))
            for (about, id), claim in self._claims.items()
            if about == subject and id.startswith(prefix)
        ]
        sure = [k for decided, k in found if decided and k <= 8]
        return max(sure) if sure else min((k for _, k in found), default=None)


def screen(comparison: Comparison) -> RenderableType:
    """What differs, what is not compared, and the verdict."""
    known = _Claims(comparison)
    parts: list[RenderableType] = [_layers(comparison, known)]
    if comparison.edges:
        parts += [Text(), _interfaces(comparison, known)]
    parts.append(Text())
    dim = "dim"
    parts += [
        Text.assemble(("not compared ", dim), escaped(f"{item.name}: {item.why}"))
        for item in comparison.left_out[:_SHOWN]
    ]
    if len(comparison.left_out) > _SHOWN:
        parts.append(Text(f"and {len(comparison.left_out) - _SHOWN} more that are not compared, see --json", style=dim))
    causes: dict[str, list[Claim]] = {}
    for claim in comparison.claims:
        if claim.verdict is Verdict.UNDECIDED:
            causes.setdefault(claim.cause, []).append(claim)
    for cause, found in causes.items():
        which = f"{found[0].id} of {found[0].subject}" + (f" and {len(found) - 1} more" if len(found) > 1 else "")
        parts.append(Text.assemble(("undecided ", STYLES[Verdict.UNDECIDED]), escaped(f"{which}: {cause}")))
    verdict = comparison.verdict
    parts.append(Text.assemble("verdict ", (verdict.value, STYLES[verdict]), "  ") + counts(comparison.claims))
    legend = (
        "differences are B less A; max |Δσ| is at most ‖ΔW‖₂ (Weyl); α: log-log fit; sin θ: the largest of the k "
        "angles between the models' leading subspaces, written and read"
    )
    parts.append(Text(legend, style=dim))
    return Group(*parts)


def every_claim(comparison: Comparison) -> Table:
    """A row a claim, with its enclosures."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("about", "claim", "value", "verdict"):
        table.add_column(title, overflow="fold")
    for claim in comparison.claims:
        style = STYLES[claim.verdict]
        cells = [Text(escaped(text)) for text in (claim.subject, claim.id, value_text(claim))]
        table.add_row(*cells, Text(claim.verdict.value, style=style))
    return table


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if place else "left", no_wrap=True)
    return table


def _layers(comparison: Comparison, known: _Claims) -> RenderableType:
    table = _table("matrix", "‖ΔW‖/‖W‖", "‖ΔW‖₂", "max |Δσ|", "rank ΔW", "Δ rank", "Δ stable", "Δα", "k", "sin θ")
    for name in [*comparison.hashes][:_SHOWN]:
        about = f"layer {name}"
        k = known.window(about, "compare.left_angles")
        angles = "–"
        if k is not None:
            both = (known.value(about, claims.angles_id(side, k)) for side in ("left", "right"))
            angles = " ".join(short(value, 3) for value in both)
        cells = [short(known.value(about, id, int(id == claims.CHANGE))) for id in _COLUMNS]
        table.add_row(Text(_cut(name)), *cells, "–" if k is None else str(k), angles)
    return _counted(table, len(comparison.hashes), "matrices")


def _interfaces(comparison: Comparison, known: _Claims) -> RenderableType:
    table = _table("interface", "k", "overlap A", "B", "Δ", "‖Δ‖ A", "B", "[H,K] A", "B")
    for lower, upper in comparison.edges[:_SHOWN]:
        about = f"edge {lower} -> {upper}"
        k = known.window(about, "compare.overlap")
        cells = ["–"] * 3 if k is None else [short(known.value(about, claims.overlap_id(k), i)) for i in range(3)]
        for id in (claims.IMBALANCE, claims.COMMUTATOR):
            cells += [short(known.value(about, id, i)) for i in range(2)]
        table.add_row(Text(f"{_cut(lower)} → {_cut(upper)}"), "–" if k is None else str(k), *cells)
    return _counted(table, len(comparison.edges), "interfaces")


def _counted(table: Table, count: int, what: str) -> RenderableType:
    return (
        table if count <= _SHOWN else Group(table, Text(f"and {count - _SHOWN} more {what}, see --full", style="dim"))
    )


def _cut(text: str, room: int = 28) -> str:
    shown = escaped(text)
    return shown if len(shown) <= room else f"…{shown[-(room - 1) :]}"
