"""Elements of SVG, and one palette for all pictures.

A picture names its colours by class, so that a page can show it light or dark; alone it carries the light ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from certify.escaping import quoted

__all__ = [
    "PALETTE",
    "Picture",
    "box",
    "cut",
    "decades",
    "hatched",
    "hatching",
    "level",
    "number",
    "path",
    "segment",
    "words",
]

PALETTE = """
.ink{stroke:var(--fg)}.axis{stroke:var(--soft);stroke-width:.7}.grid{stroke:var(--line);stroke-width:.6}
.a{stroke:var(--a)}.b{stroke:var(--b)}.c{stroke:var(--c)}.d{stroke:var(--d)}
.fa{fill:var(--a)}.fb{fill:var(--b)}.fc{fill:var(--c)}.fd{fill:var(--d)}.none{fill:var(--line)}.void{fill:var(--bg)}
.l{fill:none;stroke-width:1.2}.dash{stroke-dasharray:5 3}.dot{stroke-dasharray:1 2.5}.far{stroke-dasharray:7 2 1 2}
svg text{font:10px system-ui,sans-serif;fill:var(--soft)}svg .t{font-weight:600;fill:var(--fg)}svg .in{fill:var(--fg)}
svg .e{text-anchor:end}svg .m{text-anchor:middle}.idle{pointer-events:none}
"""
_LIGHT = ":root{--fg:#1b1f24;--bg:#fff;--soft:#5c646c;--line:#d9dde1;--a:#2c6fbb;--b:#c8541b;--c:#3b8a3e;--d:#8a5aa8}"


def number(x: float) -> str:
    """A coordinate, to a tenth.

    >>> number(12.0), number(0.25), number(-0.01)
    ('12', '.2', '0')
    """
    text = f"{x:.1f}".removesuffix(".0")
    if text == "-0":
        return "0"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of ``width`` × ``height`` units: what it is called, what is told of it, and its elements.

    Parameters
    ----------
    name : of its file, without the suffix.
    title, caption : plain text.
    body : SVG elements.
    """

    name: str
    title: str
    width: float
    height: float
    body: str
    caption: str = ""

    def inline(self) -> str:
        """The element that stands in a page, which brings the palette."""
        return (
            f'<svg viewBox="0 0 {number(self.width)} {number(self.height)}" style="max-width:{number(self.width)}px" '
            f'role="img" aria-label="{quoted(self.title)}">{self.body}</svg>'
        )

    def standalone(self) -> str:
        """The picture as a file of its own."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {number(self.width)} {number(self.height)}" '
            f'width="{number(self.width)}" height="{number(self.height)}" role="img">\n<title>{quoted(self.title)}'
            f'</title>\n<style>{_LIGHT}{PALETTE}</style>\n<rect class="void" width="100%" height="100%"/>\n'
            f"{self.body}\n</svg>\n"
        )


def words(x: float, y: float, text: object, classes: str = "") -> str:
    """A line of text."""
    named = f' class="{classes}"' if classes else ""
    return f'<text x="{number(x)}" y="{number(y)}"{named}>{quoted(text)}</text>'


def segment(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """A straight line."""
    return f'<line class="{classes}" x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"/>'


def box(x: float, y: float, width: float, height: float, classes: str, told: str = "", rest: str = "") -> str:
    """A rectangle; ``told`` is shown while the pointer rests on it."""
    shape = (
        f'<rect class="{classes}" x="{number(x)}" y="{number(y)}" width="{number(max(width, 0))}" '
        f'height="{number(max(height, 0))}"{rest}'
    )
    return f"{shape}><title>{quoted(told)}</title></rect>" if told else f"{shape}/>"


def path(points: list[tuple[float, float]], classes: str) -> str:
    """A line through points."""
    joined = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polyline class="l {classes}" points="{joined}"/>'


def hatching(name: str) -> str:
    """The definition of the hatching that says UNDECIDED, to be used by :func:`hatched`."""
    return (
        f'<pattern id="hatch-{name}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect class="void" width="5" height="5"/><line class="axis" x1="0" y1="0" x2="0" y2="5"/></pattern>'
    )


def hatched(name: str) -> str:
    """The attribute of a shape that is filled with it."""
    return f' fill="url(#hatch-{name})"'


def decades(low: float, high: float, most: int = 5) -> list[int]:
    """The powers of ten between 10^low and 10^high, at most about ``most`` of them.

    >>> decades(-8.2, 0.5)
    [-8, -6, -4, -2, 0]
    """
    first, last = math.ceil(low), math.floor(high)
    step = max(1, math.ceil((last - first) / most))
    return list(range(first, last + 1, step))


def level(exponent: int) -> str:
    """A power of ten as a label: 0.01, 0.1, 1, 10, and 10⁻⁵ beyond."""
    if -2 <= exponent <= 3:
        return f"{10.0**exponent:g}"
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def cut(text: str, length: int) -> str:
    """The end of a name, which tells more than its beginning."""
    return text if len(text) <= length else f"…{text[-(length - 1) :]}"
