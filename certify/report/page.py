"""A certificate as one HTML page that loads nothing: no script, no font, no picture from elsewhere."""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from certify.certificate import Certificate
from certify.console import escaped
from certify.report.barcode import pictured_barcodes
from certify.report.summary import Row, Section, left_out_lines, not_asked_lines, sections
from certify.report.tail import tail_html
from certify.verdict import Claim, Enclosure, Verdict
from certify.writing import write_whole

__all__ = ["page", "save_page"]

_STYLE = """
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#6a7178;--line:#d9dde1;--ok:#137333;--no:#b3261e;
--open:#8a5a00}
@media(prefers-color-scheme:dark){
:root{--fg:#e6e8ea;--bg:#15181b;--soft:#9aa2aa;--line:#343a40;--ok:#6fd08c;--no:#ff8a80;--open:#f2c063}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
code,td,.n{font-family:ui-monospace,monospace;font-size:.86em;overflow-wrap:anywhere}
.soft{color:var(--soft)}.CERTIFIED{color:var(--ok)}.REFUTED{color:var(--no);font-weight:700}.UNDECIDED{color:var(--open)}
details{border-top:1px solid var(--line);padding:.45rem 0}summary{cursor:pointer;font-weight:600}
summary .soft{font-weight:400}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th{text-align:left;font-weight:400;color:var(--soft);font-size:.8em}
td,th{padding:.2rem .8rem .2rem 0;vertical-align:top;border-top:1px solid var(--line)}
td:nth-child(n+3):not(.n){white-space:nowrap}
td p{font:13px/1.4 system-ui,sans-serif;color:var(--soft);margin:.1rem 0 .2rem}
svg{width:100%;max-width:44rem;height:auto;display:block}polyline{fill:none;stroke-width:1.6}
svg text{font:11px system-ui,sans-serif;fill:var(--soft)}
@media(max-width:640px){thead{display:none}tr{display:block;border-top:1px solid var(--line);padding:.3rem 0}
td{display:block;border:0;padding:0}.claims td:nth-child(3)::before{content:"margin ";color:var(--soft)}}
"""
_COLOURS = ("#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#76b7b2", "#9c755f", "#bab0ac")


def page(certificate: Certificate, *, title: str = "Certificate") -> str:
    """The whole page, as text."""
    verdict = certificate.verdict.value
    parts = [
        f"<h1>{_html(title)}: <span class={verdict}>{verdict}</span></h1>",
        f"<p>{len(certificate.claims)} claims: {_tally(certificate.claims)}.</p>",
        _list("Refuted", _refuted(certificate.claims)),
        _list("Undecided", _undecided(certificate.claims)),
        _spectra(certificate.claims),
        tail_html(certificate),
        *(f"<h2>Barcode</h2>{picture}" for picture in pictured_barcodes(certificate)),
        "<h2>Claims</h2>",
        *map(_section, sections(certificate.claims)),
        _list("Left out", left_out_lines(certificate)),
        _list("Not asked", not_asked_lines(certificate)),
        _input(certificate),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{_html(title)}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def save_page(certificate: Certificate, path: Path, *, title: str = "Certificate") -> None:
    """Write :func:`page`; the file is replaced as a whole or not at all.

    Raises
    ------
    InputError : the folder does not exist or cannot be written.
    """
    write_whole(path, page(certificate, title=title).encode("utf-8"))


def _html(text: object) -> str:
    return html.escape(escaped(text))


def _list(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{_html(line)}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _refuted(claims: Iterable[Claim]) -> list[str]:
    return [f"{claim.subject}: {claim.statement}" for claim in claims if claim.verdict is Verdict.REFUTED]


def _undecided(claims: Iterable[Claim]) -> list[str]:
    causes = Counter(claim.cause for claim in claims if claim.verdict is Verdict.UNDECIDED)
    return [f"{count}×: {cause}" for cause, count in causes.most_common()]


def _section(section: Section) -> str:
    claims = [claim for row in section.rows for claim in row.claims]
    opened = "" if all(claim.verdict is Verdict.CERTIFIED for claim in claims) else " open"
    rows = "".join(map(_table_row, section.rows))
    head = "<thead><tr><th>claim<th>value<th>margin<th>verdict</tr></thead>"
    return (
        f"<details{opened}><summary>{_html(section.subject)} <span class=soft>· {_tally(claims)}</span></summary>"
        f"<table class=claims>{head}<tbody>{rows}</tbody></table></details>"
    )


def _tally(claims: Iterable[Claim]) -> str:
    counts = Counter(claim.verdict for claim in claims)
    return ", ".join(
        f'<span class="{verdict.value}">{counts[verdict]} {verdict.value.lower()}</span>'
        for verdict in Verdict
        if counts[verdict]
    )


def _table_row(row: Row) -> str:
    return (
        f"<tr><td>{_html(row.name)}<p>{_html(row.statement)}</p></td><td>{_html(row.value)}</td>"
        f"<td>{_html(row.margin)}</td><td class={row.verdict.value}>{row.verdict.value}</td></tr>"
    )


def _input(certificate: Certificate) -> str:
    tensors = "".join(
        f"<tr><td>{_html(item.layer)}</td><td>{item.shape[0]}×{item.shape[1]} {_html(item.dtype)}</td>"
        f"<td>{_html(item.file)}</td><td class=n>{item.sha256}</td></tr>"
        for item in certificate.input.tensors
    )
    thresholds = ", ".join(f"{_html(name)} = {_html(str(value))}" for name, value in certificate.thresholds.items())
    return (
        "<h2>What was certified</h2><table><thead><tr><th>layer<th>shape<th>file<th>SHA-256</tr></thead>"
        f"<tbody>{tensors}</tbody></table><p class=soft>Thresholds: {thresholds}.</p>"
        f"<p class=soft>polystable {_html(certificate.tool)}; certificate "
        f"<span class=n>{certificate.digest}</span></p>"
    )


def _spectra(claims: Iterable[Claim]) -> str:
    """Singular values over their index, both axes logarithmic; a picture, drawn from the midpoints."""
    found = {
        claim.subject: [_middle(value) for value in claim.values]
        for claim in claims
        if claim.id == "spectrum.sigma" and all(value.finite for value in claim.values)
    }
    points = {
        name: [(math.log10(k), math.log10(v)) for k, v in enumerate(values, 1) if v > 0]
        for name, values in found.items()
    }
    flat = [point for line in points.values() for point in line]
    if not flat:
        return ""
    right = max(x for x, _ in flat) or 1.0
    top, bottom = max(y for _, y in flat), max(min(y for _, y in flat), max(y for _, y in flat) - 12)
    height = max(top - bottom, 0.3)

    def place(x: float, y: float) -> str:
        return f"{40 + 540 * x / right:.1f},{15 + 220 * (top - max(y, bottom)) / height:.1f}"

    lines = "".join(
        f'<polyline stroke="{_COLOURS[index % len(_COLOURS)]}" points="{" ".join(place(x, y) for x, y in line)}">'
        f"<title>{_html(name)}</title></polyline>"
        for index, (name, line) in enumerate(points.items())
    )
    marks = "".join(
        f'<text x="4" y="{float(place(0, y).split(",")[1]) + 4:.1f}">1e{y:+d}</text>'
        for y in range(math.ceil(bottom), math.floor(top) + 1, max(1, round(height / 5)))
    )
    names = "".join(
        f'<span style="color:{_COLOURS[index % len(_COLOURS)]}">●</span> {_html(name)} '
        for index, name in enumerate(points)
        if index < 16
    )
    return (
        f'<h2>Singular values</h2><svg viewBox="0 0 600 260" role="img" aria-label="Singular values by index">{lines}'
        f'{marks}<text x="40" y="255">1</text><text x="580" y="255" text-anchor="end">index '
        f"{round(10**right)}</text></svg><p class=soft>{names}</p>"
    )


def _middle(value: Enclosure) -> float:
    return value.lower + (value.upper - value.lower) / 2
