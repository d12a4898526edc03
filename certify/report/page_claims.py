"""The table of claims of a page, and what the page says of each kind of claim."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from certify.certificate import Certificate
from certify.claims.catalogue import GENERAL, PLACES, Entry, entry_of
from certify.escaping import quoted
from certify.report.overview import plain_subjects
from certify.report.summary import Row, closeness, sections
from certify.verdict import Claim, Verdict

__all__ = ["claims_html", "documentation_html"]

_FOLDED_FROM = 1500
"""From so many claims on, those that differ in their window share a row."""

_HEADS = ("what", "claim", "about", "value", "margin", "verdict")


def claims_html(certificate: Certificate) -> str:
    """All claims in one table that can be searched and sorted, plain names first.

    What ends the names of all layers is left out of them.
    """
    claims, plain = certificate.claims, plain_subjects(certificate)
    folded = len(claims) >= _FOLDED_FROM
    rows = "\n".join(
        _table_row(plain.get(section.subject, section.subject), row)
        for section in sections(claims, fold=folded)
        for row in section.rows
    )
    heads = "".join(f"<th scope=col><button type=button>{head}</button>" for head in _HEADS)
    options = "".join(f"<option>{verdict.value}" for verdict in Verdict)
    said = (
        "Claims that differ only in their window share a row, which shows the window nearest to turning; the "
        "certificate has them all. "
        if folded
        else ""
    )
    return (
        f"<h2 id=claims>Claims</h2><p class=soft>{said}Each id leads to what the claim says.</p>"
        '<div class=find hidden><input id=search type=search placeholder="search, such as: overlap layers.3" '
        f'aria-label="Search the claims"><select id=verdict aria-label="Verdict">'
        f'<option value="">every verdict{options}'
        "</select><span id=shown class=soft role=status></span></div>"
        f"<div class=list tabindex=0><table class=claims><thead><tr>{heads}</thead>\n<tbody>\n{rows}\n</tbody>"
        "</table></div>"
    )


def _table_row(about: str, row: Row) -> str:
    claim = row.claims[0]
    entry = entry_of(claim.id)
    if entry is None:
        name, id = "", quoted(row.name)
    else:
        name = entry.title(claim.id) if len(row.claims) == 1 else entry.heading
        id = f"<a href=#{entry.key}>{quoted(row.name)}</a>"
    said = [] if row.verdict is Verdict.CERTIFIED and entry is not None else [row.statement]
    said += [item.cause for item in row.claims if item.cause][:1]
    more = "".join(f"<p>{quoted(text)}</p>" for text in said)
    margin = _key(min(map(closeness, row.claims)))
    return (
        f"<tr><td>{quoted(name)}{more}<td>{id}<td>{quoted(about)}<td>{quoted(row.value)}"
        f"<td data-s={margin}>{quoted(row.margin)}<td class={row.verdict.value[0]}>{row.verdict.value}"
    )


def _key(x: float) -> str:
    """A number to sort by."""
    return f"{x:.4g}" if math.isfinite(x) else "-1e999" if x < 0 else "1e999"


def documentation_html(claims: Iterable[Claim]) -> str:
    """What each kind of claim that occurs says, means, is compared with, and why it can be UNDECIDED."""
    found = {entry.key: entry for claim in claims if (entry := entry_of(claim.id)) is not None}
    parts = [
        f"<h3>Claims {PLACES[place]}</h3><dl>{''.join(_entry(e) for e in found.values() if e.place == place)}</dl>"
        for place in PLACES
        if any(entry.place == place for entry in found.values())
    ]
    causes = "; ".join(quoted(re.sub(r"\d+\.\d+", "…", cause)) for cause in GENERAL)
    said = f"<p class=soft>Every claim can be UNDECIDED because {causes}. Other causes stand beside each.</p>"
    return f"<h2 id=meaning>What the claims say</h2>{said}{''.join(parts)}" if parts else ""


def _entry(entry: Entry) -> str:
    sentence = entry.example.statement
    example = f" (here {quoted(entry.example.id)})" if entry.pattern != entry.key else ""
    texts = [
        f"<p>{quoted(entry.meaning)}</p>",
        f"<p class=soft>Asserted{example}: {quoted(sentence)}.</p>",
        f"<p class=soft>By chance: {quoted(entry.null)}.</p>" if entry.null != "none" else "",
        f"<p class=soft>{quoted(entry.example.note)}.</p>" if entry.example.note else "",
    ]
    causes = "; ".join(quoted(cause) for cause in entry.undecided)
    return f"<dt id={entry.key}>{quoted(entry.heading)}<code>{quoted(entry.pattern)}</code><dd>{''.join(texts)}" + (
        f"<p class=soft>UNDECIDED if {causes}.</p>" if causes else ""
    )
