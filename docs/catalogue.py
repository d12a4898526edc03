"""Pages written from the modules: every claim of a certificate, and the way from a paper to its line there."""

from __future__ import annotations

import re
from pathlib import Path

import theorems
from certify.claims.catalogue import GENERAL, PLACES, Entry, entries
from theorems import library

__all__ = ["claim_links", "gallery_links", "page", "target", "term_links", "write_claims", "write_map"]

HERE = Path(__file__).parent
_CLAIMS = """# Every claim of a certificate

The ids, with a letter for a window *k*, a percentage *p* or a chart; what each asserts, for one choice of sizes; what
it means; what chance gives; and why it can be UNDECIDED or missing. This page is written from the package, and so are
the sentences of a certificate.

Besides the causes that stand with a claim, each can be UNDECIDED because its enclosure is not narrow enough:

{general}
"""
_MAP = """# From the papers to a line of a certificate

For every theorem: where its statement comes from, its page with all readings, its file, the lines of a certificate that
speak of it, and the gallery. The papers are [FLAG](https://arxiv.org/abs/2605.09861),
[GSA-I](https://arxiv.org/abs/2605.02108) and [GSA-II](https://arxiv.org/abs/2605.02111).

| paper | theorem and file | readings | in a certificate | gallery |
|---|---|---|---|---|
"""


_PROTOCOL = ("E7.finite", "E7.rank", "E7.normalization", "E7.domain.spectral", "E7.domain.static")


def write_claims(folder: Path) -> None:
    """The page of all claims, with a target ``claim-…`` for each id."""
    parts = [_CLAIMS.format(general="\n".join(f"* {cause}" for cause in GENERAL))]
    for place, words in PLACES.items():
        parts.append(f"## Claims {words}\n")
        parts += [_claim(entry) for entry in entries() if entry.place == place]
    (folder / "index.md").write_text("\n".join(parts), encoding="utf-8")


def target(entry: Entry) -> str:
    """The name under which other pages link to a claim."""
    return "claim-" + re.sub(r"[^a-z0-9]+", "-", entry.key.lower())


def _claim(entry: Entry) -> str:
    theorem = next((theorem for theorem in theorems.all() if theorem.id == _theorem_of(entry)), None)
    lines = [
        f"({target(entry)})=\n### {entry.heading}\n",
        f"`{entry.pattern}`" + (f", of {{doc}}`theorem {theorem.id} <../theorems/{page(theorem)}>`" if theorem else ""),
        f"\n{entry.meaning}\n",
        f"Asserted, for `{entry.example.id}`\n: {_plain(entry.example.statement)}"
        + (f" ({_plain(entry.example.note)})" if entry.example.note else ""),
        f"\nBy chance\n: {_plain(entry.null if entry.null != 'none' else 'nothing is compared')}",
    ]
    lines += [f"\n{title}\n: {'; '.join(map(_plain, said))}" for title, said in (
        ("UNDECIDED also if", entry.undecided), ("Not asked if", entry.not_asked)) if said]  # fmt: skip
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return re.sub(r"([*_`|\[\]\\$<])", r"\\\1", text)


def page(theorem) -> str:
    """The name of a theorem's page."""
    return theorem.id.lower().replace(".", "-")


def claim_links(theorem) -> list[Entry]:
    """The claims of a certificate that carry the id of a theorem."""
    return [entry for entry in entries() if _theorem_of(entry) == theorem.id]


def _theorem_of(entry: Entry) -> str:
    """The id of a theorem; empty where a line belongs to the protocol and to no theorem alone."""
    if entry.key in _PROTOCOL:
        return ""
    if entry.key.startswith(("B3.path", "B3.horizon")):
        return "B3.flow"
    return (
        "D4.product" if entry.key.startswith("D4.") and entry.key.endswith("product") else entry.key.partition(".")[0]
    )


def gallery_links(theorem) -> list[tuple[str, str]]:
    """Target and title of each entry of the gallery about a theorem."""
    text = (HERE / "gallery" / "index.md").read_text(encoding="utf-8")
    found = re.findall(
        r"^\((gallery-[\w-]+)\)=\n### (.+?)\n(.*?)(?=^\(gallery|^## |\Z)", text, re.MULTILINE | re.DOTALL
    )
    mark = f"theorems explore {theorem.id} "
    fragments = {name: (HERE / "gallery" / f"{name.removeprefix('gallery-')}.txt") for name, _, _ in found}
    return [(name, title) for name, title, _ in found if mark in fragments[name].read_text(encoding="utf-8")]


def term_links(text: str) -> list[str]:
    """The words of the glossary that occur in a text."""
    glossary = (HERE / "glossary.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```\{glossary\}\n(.*?)```", glossary, re.DOTALL)
    terms = [line for block in blocks for line in block.splitlines() if line and not line.startswith(" ")]
    return [term for term in terms if any(re.search(rf"(?<!\w){word}", text) for word in _words(term))]


_OTHERS = {
    "chart": ("chart", "φ", r"\\varphi"),
    "u_d": (r"u_d",),
    "v_d": (r"v_d",),
    "normalized layer": ("normalized", r"\\hat A"),
    "shared response support": ("shared response support", "SRS"),
    "core, overlap and noise": (r"\*core\*", "masks?"),
    "labels SC, SA and ST": ("SC", "label"),
    "write-out and read-in Gram": ("Gram",),
    "overlap of windows": ("overlaps? of",),
    "rank energies": ("energies", "energy"),
    "null": ("Haar", "by chance"),
    "verdict": ("UNDECIDED",),
    "window": ("windows?",),
}


def _words(term: str) -> tuple[str, ...]:
    return _OTHERS.get(term, (re.escape(term),))


def _file(module: str) -> str:
    """The file of a module, or its folder."""
    path = module.replace(".", "/")
    return f"{path}/" if (HERE.parent / path).is_dir() else f"{path}.py"


def write_map(folder: Path) -> None:
    """The table from papers to certificates."""
    rows: list[str] = []
    for theorem in theorems.all():
        module = _file(library.module_name(theorem))
        true = sum(reading.status.value == "true" for reading in theorem.readings)
        false = len(theorem.readings) - true
        claims = ", ".join(f"[`{entry.pattern}`](#{target(entry)})" for entry in claim_links(theorem)) or "–"
        shown = ", ".join(f"[{title}](#{name})" for name, title in gallery_links(theorem)) or "–"
        rows.append(
            f"| {theorem.source.partition(' (')[0]} | {{doc}}`{theorem.id} <../theorems/{page(theorem)}>`: "
            f"{_plain(theorem.title)}, `{module}` | {true} true"
            + (f", {false} false" if false else "")
            + f" | {claims} | {shown} |"
        )
    others = [entry for entry in entries() if not any(entry in claim_links(theorem) for theorem in theorems.all())]
    rest = ", ".join(f"[`{entry.pattern}`](#{target(entry)})" for entry in others)
    (folder / "index.md").write_text(
        _MAP + "\n".join(rows) + f"\n\nLines of a certificate that belong to no theorem alone: {rest}.\n",
        encoding="utf-8",
    )
