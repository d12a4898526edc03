"""The barcode of a chain as text and as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

__all__ = ["barcode_svg", "barcode_text"]

_STEP, _ROW, _LEFT, _TOP = 70, 18, 60, 30


def barcode_text(bars: Mapping[tuple[int, int], int], names: Sequence[str]) -> str:
    """One line for every kind of bar: the vertices it covers, and how often it occurs.

    ``names`` are the names of the vertices 0..L.

    >>> print(barcode_text({(0, 0): 1, (0, 1): 3, (1, 1): 2}, ["in", "out"]))
        in   out
        ●         1
        ●────●    3
             ●    2
    """
    width = max(5, *(len(name) + 2 for name in names))
    left = 4
    lines = [" " * left + "".join(name.ljust(width) for name in names).rstrip()]
    for (i, j), m in sorted(bars.items()):
        drawn = " " * (left + i * width) + ("●" + "─" * (width - 1)) * (j - i) + "●"
        lines.append(drawn.ljust(left + len(names) * width) + str(m))
    return "\n".join(lines)


def barcode_svg(bars: Mapping[tuple[int, int], int], names: Sequence[str]) -> str:
    """A standalone SVG picture of a barcode; a row for each kind of bar, its thickness and label the multiplicity."""
    rows = sorted(bars.items())
    width = _LEFT + _STEP * max(1, len(names) - 1) + 2 * _LEFT
    height = _TOP + _ROW * (len(rows) + 1)
    largest = max([1, *bars.values()])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="11">',
        f"<title>{escape('barcode: ' + ', '.join(f'{m} × [{i}, {j}]' for (i, j), m in rows))}</title>",
    ]
    for v, name in enumerate(names):
        x = _LEFT + _STEP * v
        parts.append(f'<text x="{x}" y="{_TOP - 14}" text-anchor="middle" fill="currentColor">{escape(name)}</text>')
        parts.append(
            f'<line x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{height - 6}" stroke="currentColor" stroke-opacity="0.2"/>'
        )
    for k, ((i, j), m) in enumerate(rows):
        y = _TOP + _ROW * (k + 0.5)
        x1, x2 = _LEFT + _STEP * i, _LEFT + _STEP * j
        thickness = 2 + 6 * m / largest
        parts.append(
            f'<line x1="{x1 - 4}" x2="{x2 + 4}" y1="{y:g}" y2="{y:g}" stroke="currentColor" '
            f'stroke-width="{thickness:.2f}" stroke-linecap="round"/>'
        )
        parts.append(f'<text x="{width - _LEFT}" y="{y + 4:g}" text-anchor="end" fill="currentColor">{m}</text>')
    return "\n".join([*parts, "</svg>", ""])
