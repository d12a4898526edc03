"""A certificate as one HTML page that loads nothing: no font, no picture, no script from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

from certify.certificate import Certificate
from certify.claims import layer
from certify.escaping import quoted
from certify.report.figures import figures
from certify.report.heads import heads_html
from certify.report.overview import InterfaceRow, LayerRow, Overview, overview, short, short_names
from certify.report.page_claims import claims_html, documentation_html
from certify.report.pictures.spectrum import LAWS
from certify.report.pictures.svg import PALETTE, Picture
from certify.report.summary import left_out_lines, not_asked_lines
from certify.report.tail import tail_html
from certify.verdict import Verdict
from certify.writing import write_whole

__all__ = ["page", "save_page", "sentence"]


def page(certificate: Certificate, *, title: str = "Certificate") -> str:
    """The whole page, as text."""
    found, pictures = overview(certificate), figures(certificate)
    script = _resource("page.js")
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{_sha256(script)}'"
    parts = [
        f"<h1>{quoted(title)}</h1>",
        f"<p class='verdict {certificate.verdict.value}'>{_sentence_html(certificate)}</p>",
        _list("Notable", [*found.flows, *found.domains, *found.notable]),
        "<nav><a href=#layers>Layers</a><a href=#interfaces>Interfaces</a><a href=#claims>Claims</a>"
        "<a href=#meaning>What they say</a><a href=#input>Input</a></nav>",
        _layers(found),
        _spectra(pictures.spectra),
        tail_html(found.layers),
        _interfaces(found),
        heads_html(certificate),
        f"<div class=pair>{''.join(map(_figure, pictures.others))}</div>",
        claims_html(certificate),
        documentation_html(certificate.claims),
        _list("Left out", left_out_lines(certificate)),
        _list("Not asked", not_asked_lines(certificate)),
        _input(certificate),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<title>{quoted(title)}</title><style>{_resource('page.css')}{PALETTE}</style></head>\n<body>\n"
        + "\n".join(filter(None, parts))
        + f"\n<script>{script}</script></body></html>\n"
    )


def save_page(certificate: Certificate, path: Path, *, title: str = "Certificate") -> None:
    """Write :func:`page`; the file is replaced as a whole or not at all.

    Raises
    ------
    InputError : the folder does not exist or cannot be written.
    """
    write_whole(path, page(certificate, title=title).encode("utf-8"))


def sentence(certificate: Certificate) -> str:
    """What the verdict says, without the verdict itself."""
    counts, every = Counter(claim.verdict for claim in certificate.claims), len(certificate.claims)
    layers, edges = len(certificate.input.tensors), len(certificate.input.edges)
    about = f"{layers} {'layer' if layers == 1 else 'layers'}"
    if edges:
        about += f" and {edges} {'interface' if edges == 1 else 'interfaces'}"
    if counts[Verdict.REFUTED]:
        left = f", {counts[Verdict.UNDECIDED]} could not be decided" if counts[Verdict.UNDECIDED] else ""
        return f"of {every} claims about {about} the opposite of {counts[Verdict.REFUTED]} is proved{left}"
    if counts[Verdict.UNDECIDED]:
        return (
            f"{counts[Verdict.UNDECIDED]} of {every} claims about {about} could not be decided, all others are proved"
        )
    return f"all {every} claims about {about} are proved"


def _sentence_html(certificate: Certificate) -> str:
    verdict = certificate.verdict.value
    return f"<b class={verdict}>{verdict}</b>: {quoted(sentence(certificate))}."


def _resource(name: str) -> str:
    return resources.files("certify.report").joinpath(name).read_text(encoding="utf-8")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _list(title: str, lines: Iterable[str]) -> str:
    items = "".join(f"<li>{quoted(line)}</li>" for line in lines)
    return f"<h2>{title}</h2><ul>{items}</ul>" if items else ""


def _rows(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th scope=col>{quoted(head)}" for head in heads)
    body = "".join("<tr>" + "".join(f"<td>{quoted(cell)}" for cell in row) for row in rows)
    return f"<div class=wide><table class=rows><thead><tr>{top}</thead><tbody>{body}</tbody></table></div>"


def _layers(found: Overview) -> str:
    heads = ("layer", "shape", "rank", "rank at 90 / 99 %", "σ₁", "σ_min", "stable rank", "α")
    plain = short_names([row.name for row in found.layers])
    return "<h2 id=layers>Layers</h2>" + _rows(heads, (_layer(row, plain) for row in found.layers))


def _layer(row: LayerRow, plain: Mapping[str, str]) -> tuple[str, ...]:
    lost = "" if row.rank.lower == row.full else f" of {row.full}"
    return (
        plain[row.name], f"{row.shape[0]}×{row.shape[1]}", short(row.rank) + lost,
        " / ".join(map(short, row.effective)), short(row.largest), short(row.smallest),
        short(row.stable), short(row.alpha),
    )  # fmt: skip


def _interfaces(found: Overview) -> str:
    if not found.interfaces:
        return ""
    heads = (
        "interface", "window", "overlap", "chance", "deviations above it", "imbalance", "commutator / chance",
        "deviations above it",
    )  # fmt: skip
    plain = short_names([row.name for row in found.layers])
    return "<h2 id=interfaces>Interfaces</h2>" + _rows(heads, (_interface(row, plain) for row in found.interfaces))


def _interface(row: InterfaceRow, plain: Mapping[str, str]) -> tuple[str, ...]:
    return (
        f"{plain[row.writer]} → {plain[row.reader]}", "–" if row.window is None else f"{row.window} of {row.dimension}",
        short(row.overlap), short(row.chance), short(row.score, 3), short(row.imbalance), short(row.ratio, 3),
        short(row.commutator_score, 3),
    )  # fmt: skip


def _spectra(pictures: tuple[Picture, ...]) -> str:
    if not pictures:
        return ""
    lines = "".join(
        f'<span><svg viewBox="0 0 32 8"><line class="l {classes}" x1="0" y1="4" x2="32" y2="4"/></svg> '
        f"{layer.CHARTS[chart]}</span>"
        for chart, classes in LAWS.items()
    )
    return (
        f"<h3>Singular values and the power laws fitted to them</h3><p class='soft legend'>{lines}</p>"
        f"<div class=many>{''.join(picture.inline() for picture in pictures)}</div>"
        "<p class=soft>Both axes are logarithmic and the same for all layers. A dot is narrower than it looks: its "
        "enclosure is shown where the pointer rests; a bar is an enclosure that can be seen.</p>"
    )


def _figure(picture: Picture) -> str:
    title = picture.title.partition(":")[0]
    return (
        f"<figure id={picture.name}><h3>{quoted(title)}</h3><div class=wide>{picture.inline()}</div>"
        f"<figcaption>{quoted(picture.caption)}</figcaption></figure>"
    )


def _input(certificate: Certificate) -> str:
    tensors = "".join(
        f"<tr><td>{quoted(item.layer)}<td class=n>{item.shape[0]}×{item.shape[1]} {quoted(item.dtype)}"
        f"<td>{quoted(item.file)}<td class=n>{item.sha256}"
        for item in certificate.input.tensors
    )
    thresholds = ", ".join(f"{quoted(name)} = {quoted(value)}" for name, value in certificate.thresholds.items())
    heads = "<th>layer<th>shape<th>file<th>SHA-256"
    return (
        f"<h2 id=input>What was certified</h2><div class=wide><table><thead><tr>{heads}</thead>"
        f"<tbody>{tensors}</tbody></table></div><p class=soft>Thresholds: {thresholds}.</p>"
        f"<p class=soft>polystable {quoted(certificate.tool)}; certificate "
        f"<span class=n>{certificate.digest}</span></p>"
    )
