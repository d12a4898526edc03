"""How what was read from a file is shown: printable in a terminal, and as text of a page."""

from __future__ import annotations

import html

__all__ = ["escaped", "quoted"]


def escaped(text: object, *, lines: bool = False) -> str:
    r"""Text that moves no cursor and turns no writing direction: what cannot be printed is shown by its code.

    Parameters
    ----------
    text : anything that was read from a file, or that names one.
    lines : leave line breaks as they are.

    >>> print(escaped("a\x1b[31m\u202eb\nc"))
    a\x1b[31m\u202eb\nc
    """
    found = str(text)
    if found.isprintable():
        return found
    return "".join(
        c if c.isprintable() or (lines and c == "\n") else c.encode("unicode_escape").decode("ascii") for c in found
    )


def quoted(text: object, *, lines: bool = False) -> str:
    """Text of a file as text of a page: without control characters, and never markup; parameters of :func:`escaped`.

    >>> quoted("<b>\\u202e")
    '&lt;b&gt;\\\\u202e'
    """
    return html.escape(escaped(text, lines=lines))
