"""The docstring of a theorem as HTML: sections, emphasis, and mathematics handed to whoever typesets it."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Callable
from typing import TypeAlias

__all__ = ["Typeset", "prose", "sections"]

Typeset: TypeAlias = Callable[[str], str]


def sections(docstring: str) -> dict[str, str]:
    """The indented parts of a docstring by their headings.

    >>> sections("Title.\\n\\nStatement\\n    One.\\n\\nReach\\n    Two.\\n")
    {'Statement': 'One.', 'Reach': 'Two.'}
    """
    found: dict[str, list[str]] = {}
    heading = ""
    for line in inspect.cleandoc(docstring).splitlines():
        if line and not line[0].isspace():
            heading = line.strip()
            found[heading] = []
        elif heading:
            found[heading].append(line)
    cleaned = {name: inspect.cleandoc("\n".join(["", *lines])).strip() for name, lines in found.items()}
    return {name: text for name, text in cleaned.items() if text}


def prose(text: str, tex: Typeset) -> str:
    """Paragraphs and displayed formulas of reStructuredText as HTML; ``tex`` typesets one formula.

    >>> prose("For *all* x: :math:`x<1`.", lambda s: f"[{s}]")
    '<p>For <em>all</em> x: [x<1].</p>'
    """
    blocks = re.split(r"\n[ ]*\n", text)
    parts: list[str] = []
    for block in blocks:
        before, formulas = _display(block)
        if before.strip():
            parts.append(f"<p>{_inline(' '.join(before.split()), tex)}</p>")
        parts += [f'<div class="ps-display">{tex(formula)}</div>' for formula in formulas]
    return "".join(parts)


def _display(block: str) -> tuple[str, list[str]]:
    """A block split at its ``.. math::`` directive: the text before it, and the formulas, one for each line."""
    match = re.search(r"^([ ]*)\.\. math::", block, re.MULTILINE)
    if match is None:
        return block, []
    # A wide space separates formulas, except before a condition in parentheses.
    formulas = re.split(r"\\qquad\s*(?!\(|\\text)", " ".join(block[match.end() :].split()))
    return block[: match.start()], [rf"\displaystyle {formula.strip()}" for formula in formulas]


def _inline(text: str, tex: Typeset) -> str:
    pieces: list[str] = []
    for place, piece in enumerate(re.split(r":math:`([^`]*)`", text)):
        if place % 2:
            pieces.append(tex(piece))
            continue
        escaped = html.escape(piece, quote=False)
        escaped = re.sub(r"``(.+?)``", r"<code>\1</code>", escaped)
        escaped = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escaped)
        pieces.append(re.sub(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])", r"<em>\1</em>", escaped))
    return "".join(pieces)
