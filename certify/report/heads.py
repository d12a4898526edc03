"""What attention heads have in common, as a table of a screen and of a page, each figure beside what chance gives."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from certify.certificate import Certificate
from certify.claims import heads as claims
from certify.claims.layer import subject as layer_subject
from certify.escaping import escaped, quoted
from certify.heads import Heads
from certify.report.overview import short
from certify.report.same_spectrum import CONFIDENCE, Estimate, estimate
from certify.verdict import Claim, Enclosure, Verdict

__all__ = ["HeadRow", "head_rows", "heads_html", "heads_table"]

_SHOWN = 12
_MOST_ESTIMATED = 24
"""Roles that a screen shows, and of which estimates are made."""
_SAID = (
    "mean overlap of all pairs of heads; chance: independent uniform subspaces of the same ranks, exact; z: deviations "
    "above it"
)
_ESTIMATED = (
    f"same spectrum: an estimate, not certified, of the mean for matrices with the singular values of the layer, with "
    f"a {100 * CONFIDENCE:.0f} % interval that holds for every distribution; "
)


@dataclass(frozen=True, slots=True)
class HeadRow:
    """One role of a head structure: certified mean overlap, its mean by chance and the score, and what an estimate
    needs."""

    name: str
    role: str
    count: int
    size: int
    ranks: tuple[float, float]
    overlap: Enclosure
    chance: Enclosure
    score: Enclosure
    sigma: tuple[Enclosure, ...]

    def estimate(self) -> Estimate | None:
        """The mean overlap that the spectrum alone would give."""
        return estimate([(x.lower + x.upper) / 2 for x in self.sigma if x.finite], self.count, self.size)


def head_rows(certificate: Certificate) -> list[HeadRow]:
    """The roles of all structures of which the mean overlap and its null are certified: none without its null."""
    made = {(claim.subject, claim.id): claim for claim in certificate.claims}
    found: list[HeadRow] = []
    for item in certificate.input.heads:
        for role, place in item.layers:
            layer = layer_subject(certificate.input.tensors[place].layer)
            row = _row(made, item, role, layer)
            found += [] if row is None else [row]
    return found


def _row(made: dict[tuple[str, str], Claim], item: Heads, role: str, layer: str) -> HeadRow | None:
    subject = claims.subject(item)
    ranks, _, null = (made.get((subject, id)) for id in claims.role_ids(role))
    sigma = made.get((layer, "spectrum.sigma"))
    if ranks is None or null is None or null.verdict is not Verdict.CERTIFIED:
        return None
    ends = min(x.lower for x in ranks.values), max(x.upper for x in ranks.values)
    overlap, chance, _, score = null.values[:4]
    return HeadRow(
        item.name, role, item.units(role), item.size, ends, overlap, chance, score, sigma.values if sigma else ()
    )


_HEAD = ("heads", "role", "number", "rank", "overlap", "chance", "z")


def _cells(row: HeadRow) -> list[str]:
    low, high = row.ranks
    score = short(row.score, 3)
    return [
        row.role,
        str(row.count),
        f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}",
        short(row.overlap),
        short(row.chance),
        f"+{score}" if row.score.lower > 0 else score,
    ]


def _estimates(rows: Sequence[HeadRow]) -> list[Estimate | None]:
    return [row.estimate() if place < _MOST_ESTIMATED else None for place, row in enumerate(rows)]


def _spectral(found: Estimate | None) -> str:
    if found is None:
        return "–"
    unit = 10.0 ** math.floor(math.log10(found.radius))
    return f"{found.mean:.3g} ± {math.ceil(found.radius / unit) * unit:.1g}"


def _how(found: Sequence[Estimate | None]) -> str:
    draws = sorted({(x.draws, x.seed) for x in found if x is not None})
    made = ", ".join(f"{count} draws, seed {seed}" for count, seed in draws) or "none made: the layers are too large"
    return made + (f", of the first {_MOST_ESTIMATED} roles" if len(found) > _MOST_ESTIMATED else "")


def heads_table(certificate: Certificate, *, estimates: bool = False) -> RenderableType | None:
    """A row for each role; with ``estimates`` all of them, beside what the spectrum alone gives. None without heads."""
    rows = head_rows(certificate)
    if not rows:
        return None
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for place, title in enumerate((*_HEAD, *(("same spectrum",) if estimates else ()))):
        table.add_column(title, justify="left" if place < 2 else "right", no_wrap=True)
    kept = rows if estimates else rows[:_SHOWN]
    found = _estimates(kept) if estimates else []
    for place, row in enumerate(kept):
        name = escaped(row.name)
        more = [_spectral(found[place])] if estimates else []
        table.add_row(Text(name if len(name) <= 40 else f"…{name[-39:]}"), *_cells(row), *more)
    parts: list[RenderableType] = [table]
    if len(rows) > len(kept):
        parts.append(Text(f"and {len(rows) - len(kept)} more roles of heads, see --full", style="dim"))
    said = _SAID + (f"; {_ESTIMATED}{_how(found)}" if estimates else "; --full: what the spectrum alone gives")
    return Group(*parts, Text(said, style="dim"))


def heads_html(certificate: Certificate) -> str:
    """The same with estimates as a part of a page; empty without heads."""
    rows = head_rows(certificate)
    if not rows:
        return ""
    found = _estimates(rows)
    body = "".join(
        f"<tr><td>{quoted(row.name)}</td>"
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in (*_cells(row), _spectral(one)))
        + "</tr>"
        for row, one in zip(rows, found, strict=True)
    )
    head = "".join(f"<th>{title}" for title in (*_HEAD, "same spectrum"))
    return (
        f"<h2 id=heads>Heads</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{html.escape(f'{_SAID}; {_ESTIMATED}{_how(found)}')}</p>"
    )
