"""Find the counterexamples of the gallery and draw them.

    python docs/gallery/make_gallery.py [NAME...] [--seed N] [--redraw]

Searches for every entry (or those named), from a cold start, and writes for each the witness (NAME.json), its picture
(NAME.svg) and its numbers as a fragment for the page (NAME.txt). ``--redraw`` keeps the witnesses that are there.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import theorems
from certify.geometry.orbits.degeneration import OneParameterSubgroup
from certify.linalg.exact.subspace import Subspace, image, kernel
from theorems.app.near import line_points, sound_neighbour
from theorems.app.page import enclosure
from theorems.app.plot import plot
from theorems.app.shapes import shapes
from theorems.app.sweep import judge
from theorems.engine.instance import Instance, fractions_of
from theorems.engine.witness import Witness

HERE = Path(__file__).parent
STYLE = Path(theorems.__file__).parent / "app" / "style.css"
Panels = Sequence[tuple[str, Sequence[tuple[str, Subspace]]]]


@dataclass(frozen=True)
class Entry:
    """A counterexample of the gallery: what to search for, and how to picture lines in the plane, if it has any."""

    name: str
    theorem: str
    options: dict[str, Any] = field(default_factory=dict)
    lines: Callable[[Witness], Panels] | None = None


def _pairs(witness: Witness) -> Panels:
    u, v, x, y = (image(witness.instance.matrix(name)) for name in ("U", "V", "X", "Y"))
    return ("U and V", (("U", u), ("V", v))), ("X and Y", (("X", x), ("Y", y)))


def _interface(witness: Witness) -> Panels:
    x = witness.instance
    w, w_next, g = (x.matrix(name) for name in ("W", "W_next", "g"))
    before = (("im W", image(w)), ("ker W'", kernel(w_next)))
    after = (("im gW", image(g * w)), ("ker W'g⁻¹", kernel(w_next * g.inv())))
    return ("before", before), ("after", after)


def _limit(witness: Witness) -> Panels:
    x = witness.instance
    u, v = image(x.matrix("U")), image(x.matrix("V"))
    scale = 1
    for w in x.vector("weights"):
        scale = max(scale, int(w.q))
    subgroup = OneParameterSubgroup(x.matrix("basis"), tuple(int(w * scale) for w in x.vector("weights")))
    start = (("U", u), ("V", v))
    return ("t = 1", start), ("limit t → 0", (("U", subgroup.limit(u)), ("V", subgroup.limit(v))))


def _chain(witness: Witness) -> Panels:
    x = witness.instance
    pair = (("im W₁", image(x.matrix("W1"))), ("ker W₂", kernel(x.matrix("W2"))))
    return (("the interface", pair),)


ENTRIES = (
    Entry("d3-lower-end", "D3", {"reading": "margin at the lower end"}),
    Entry("d3-variance", "D3", {"reading": "variance decreases"}),
    Entry("d4-slack", "D4", {"drop": "slack"}),
    Entry("d4-normalized", "D4", {"reading": "without normalization"}),
    Entry("d4-residual", "D4", {"drop": "residual"}),
    Entry("d4-product", "D4.product", {"reading": "amplitude alone"}),
    Entry("d6-fit", "D6", {"reading": "twice at the fit"}),
    Entry("e1-spectral", "E1", {"reading": "spectral Pythagoras"}),
    Entry("e1-larger", "E1", {"reading": "larger term"}),
    Entry("e1-leading", "E1", {"drop": "leading"}),
    Entry("b3-gap", "B3", {"reading": "no gap"}),
    Entry("b3-constant", "B3", {"reading": "constant one"}),
    Entry("c4-half", "C4", {"reading": "one half"}),
    Entry("c4-semidefinite", "C4", {"drop": "semidefinite"}),
    Entry("a1-dimensions", "A1", {"reading": "dimensions classify"}, _pairs),
    Entry("a2-angles", "A2", {"reading": "angles are invariant"}, _interface),
    Entry("a3-limits", "A3", {"reading": "limits keep the stratum"}, _limit),
    Entry("a4-ranks", "A4", {"reading": "equal layer ranks suffice"}, _chain),
    Entry("a4-nested", "A4", {"reading": "nested pairs are polystable"}, _chain),
)


def find(entry: Entry, seed: int) -> Witness:
    """Search for the witness of an entry; a ``SystemExit`` tells when there is none."""
    result = theorems.get(entry.theorem).search(**entry.options, seed=seed)
    if result.witness is None:
        sys.exit(f"{entry.name}: {result.note}")
    return result.witness


def command(entry: Entry) -> str:
    """The command line that searches for an entry."""
    words = (f'--{key} "{value}"' if " " in value else f"--{key} {value}" for key, value in entry.options.items())
    return f"theorems explore {entry.theorem} {' '.join(words)}"


def fragment(entry: Entry, witness: Witness) -> str:
    """The instance and its certified numbers as Markdown."""
    theorem, reading = witness.theorem, witness.reading
    judged = judge(theorem, reading, witness.instance, theorem.values(witness.constants), witness.dropped)
    lines = [
        f"```sh\n{command(entry)}\n```",
        "",
        f"$$\n{reading.latex}\n$$",
        "",
        f"```text\n{_told(witness).show()}\n```",
        "",
    ]
    if judged.value and judged.bound and judged.margin:
        named = (("left side", judged.value), ("right side", judged.bound), ("margin", judged.margin))
        lines.append(", ".join(f"{name} {_in_words(pair)}" for name, pair in named) + ".")
    else:
        lines.append("Decided in exact arithmetic.")
    return "\n".join([*lines, "", f"Witness: {{download}}`{entry.name}.json`", ""])


def _told(witness: Witness) -> Instance:
    """The values that matter: neither the empty ones nor the choices that are the ordinary ones."""
    ordinary = {p.name: p.options[0] for p in witness.theorem.parameters if p.options}
    kept = tuple((n, v) for n, v in witness.instance.items if ordinary.get(n) != v and not _is_zero(v))
    return Instance(kept)


def _is_zero(value: Any) -> bool:
    return isinstance(value, tuple) and all(x == 0 for x in fractions_of(value))


def _in_words(pair: tuple[float, float]) -> str:
    text = enclosure(*pair)
    return f"∈ {text}" if text.startswith("[") else f"= {text}"


def picture(entry: Entry, witness: Witness) -> str:
    """The standalone SVG: lines or shapes of the matrices, and the way from a sound instance to the witness."""
    parts = [_lines(entry.lines(witness))] if entry.lines else [shapes(_told(witness))]
    if witness.reading.sides is not None:
        neighbour = sound_neighbour(witness, judged=600)
        if neighbour is not None:
            constants = witness.theorem.values(witness.constants)
            now = judge(witness.theorem, witness.reading, witness.instance, constants, witness.dropped)
            told = "0: an instance where it holds · 1: the witness"
            points = line_points(witness, neighbour, points=101)
            parts.append(plot(points, label_x=told, current=(Fraction(1), now), width=620, height=300, name=entry.name))
    return _stacked([part for part in parts if part])


def _stacked(parts: Sequence[str]) -> str:
    """Pictures one below the other, in one file that carries its own style."""
    sizes = [tuple(float(x) for x in re.search(r'viewBox="0 0 (\S+) (\S+)"', part).groups()) for part in parts]
    width, top, placed = 640.0, 10.0, []
    for part, (w, h) in zip(parts, sizes, strict=True):
        scale = min(1.0, (width - 20) / w)
        place = f'<svg x="{(width - w * scale) / 2:g}" y="{top:g}" width="{w * scale:g}" height="{h * scale:g}" '
        placed.append(re.sub(r' style="[^"]*"', "", part.replace("<svg ", place, 1)))
        top += h * scale + 8
    rules = STYLE.read_text(encoding="utf-8")
    light = re.search(r":root \{.*?\}", rules, re.DOTALL).group()
    kept = re.findall(r"^\.ps-(?:plot|shapes)[^{]* \{[^}]*\}.*$", rules, re.MULTILINE)
    style = "\n".join([light, "text { font-family: system-ui, sans-serif; }", *kept, _LINES_STYLE])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {top + 4:g}" width="{width:g}">'
        f'<style>{style}</style><rect width="{width:g}" height="{top + 4:g}" rx="10" fill="#fff"/>'
        f"{''.join(placed)}</svg>\n"
    )


_COLOURS = ("#1f5fbf", "#b96a00")
_LINES_STYLE = ".ga-text { fill: #1d2430; font-size: 14px; } .ga-axis { stroke: #dfe3e9; }"
_PANEL = 190.0


def _lines(panels: Panels) -> str:
    """Subspaces of the plane through the origin; the zero space is a dot, the whole plane a disc."""
    drawn: list[str] = []
    for place, (caption, spaces) in enumerate(panels):
        middle, room = _PANEL / 2, _PANEL / 2 - 22
        body = [
            f'<line class="ga-axis" x1="22" x2="{_PANEL - 22}" y1="{middle}" y2="{middle}"/>'
            f'<line class="ga-axis" x1="{middle}" x2="{middle}" y1="22" y2="{_PANEL - 22}"/>'
        ]
        same = len(spaces) == 2 and spaces[0][1] == spaces[1][1]
        for k, (name, space) in enumerate(spaces):
            body.append(_subspace(space, _COLOURS[k], middle, room, dashed=same and k == 1))
            x, anchor = (24, "start") if k == 0 else (_PANEL - 24, "end")
            body.append(
                f'<text x="{x}" y="18" text-anchor="{anchor}" font-size="14" fill="{_COLOURS[k]}">{name}</text>'
            )
        body.append(f'<text class="ga-text" x="{middle}" y="{_PANEL + 8}" text-anchor="middle">{caption}</text>')
        drawn.append(f'<g transform="translate({place * (_PANEL + 30):g} 0)">{"".join(body)}</g>')
    width = len(panels) * (_PANEL + 30) - 30
    told = "; ".join(f"{caption}: {', '.join(name for name, _ in spaces)}" for caption, spaces in panels)
    return f'<svg viewBox="0 0 {width:g} {_PANEL + 16:g}" role="img" aria-label="{told}">{"".join(drawn)}</svg>'


def _subspace(space: Subspace, colour: str, middle: float, room: float, *, dashed: bool) -> str:
    if space.dim == 0:
        return f'<circle cx="{middle}" cy="{middle}" r="5" fill="{colour}"/>'
    if space.dim == 2:
        return f'<circle cx="{middle}" cy="{middle}" r="{room}" fill="{colour}" fill-opacity=".15" stroke="{colour}"/>'
    x, y = (float(v.p) / float(v.q) for v in space.basis[0])
    size = room / (x * x + y * y) ** 0.5
    dash = ' stroke-dasharray="10 8"' if dashed else ""
    return (
        f'<line x1="{middle - size * x:.1f}" y1="{middle + size * y:.1f}" x2="{middle + size * x:.1f}"'
        f' y2="{middle - size * y:.1f}" stroke="{colour}" stroke-width="4" stroke-linecap="round"{dash}/>'
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files of the gallery."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--redraw", action="store_true", help="keep the witnesses that are there")
    chosen = parser.parse_args(arguments)
    for entry in ENTRIES:
        if chosen.names and entry.name not in chosen.names:
            continue
        file = HERE / f"{entry.name}.json"
        witness = theorems.verify(file) if chosen.redraw and file.exists() else find(entry, chosen.seed)
        file.write_text(json.dumps(witness.to_json(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        (HERE / f"{entry.name}.txt").write_text(fragment(entry, witness), encoding="utf-8")
        (HERE / f"{entry.name}.svg").write_text(picture(entry, witness), encoding="utf-8")
        print(f"{entry.name}: {witness.reading.name}, {', '.join(witness.instance.names)}")


if __name__ == "__main__":
    main()
