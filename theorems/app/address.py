"""The state of the app in its address, so that a view can be passed on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from theorems.app.family import Family, Values
from theorems.app.typed import parse_fraction
from theorems.engine.theorem import Reading, Theorem

__all__ = ["Asked", "asked", "keep"]

_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for: a reading, a hypothesis to drop, and where the sliders stand."""

    reading: str
    drop: str | None
    at: Mapping[str, Fraction]


def asked(query: Any, theorem: Theorem) -> Asked:
    """Of a theorem's own names and numbers only; whatever else the address says is passed over.

    >>> from theorems.library import get
    >>> asked({"theorem": "D4", "drop": "slack", "at": "angle:3/2,x:y"}, get("D4"))
    Asked(reading='drift', drop='slack', at={'angle': Fraction(3, 2)})
    """
    wanted = {name: str(query.get(name) or "") for name in ("theorem", "reading", "drop", "at")}
    names = [reading.name for reading in theorem.readings]
    if wanted["theorem"].casefold() != theorem.id.casefold():
        return Asked(names[0], None, {})
    reading = wanted["reading"] if wanted["reading"] in names else names[0]
    drop = wanted["drop"] if wanted["drop"] in [h.name for h in theorem.hypotheses] else None
    found: dict[str, Fraction] = {}
    for item in wanted["at"][:_LONGEST].split(","):
        name, _, text = item.rpartition(":")
        try:
            found[name] = parse_fraction(text)
        except ValueError:
            continue
    return Asked(reading, drop, found)


def keep(query: Any, theorem: Theorem, reading: Reading, drop: str | None, family: Family, values: Values) -> None:
    """Write into the address what is shown; what stands where the family starts is left out."""
    moved = [f"{name}:{value}" for name, value in values.items() if isinstance(value, Fraction)]
    moved = [] if dict(values) == family.start() else moved
    state = {
        "theorem": theorem.id,
        "reading": "" if reading.name == theorem.readings[0].name else reading.name,
        "drop": drop or "",
        "at": ",".join(moved),
    }
    for name, text in state.items():
        if text and query.get(name) != text:
            query.set(name, text)
        elif not text and query.get(name):
            query.remove(name)
