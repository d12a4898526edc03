"""Witnesses: exact instances on which a conclusion fails.

A witness file is a few lines of JSON: the theorem, the reading, the hypothesis that is dropped or the constants that
are changed, the exact instance, and what is claimed of it; :mod:`theorems.verification` recomputes every claim.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from pathlib import Path
from typing import Any

from certify.verdict import Verdict
from certify.writing import write_whole
from theorems.engine.instance import Instance, format_value
from theorems.engine.markup import instance_html
from theorems.engine.theorem import Need, Reading, Theorem
from theorems.exact.scalars import Outcome

__all__ = ["SCHEMA", "Finding", "Witness", "examine", "shortened"]

SCHEMA = "polystable-witness/1"
_WIDTH, _VALUES_SHOWN = 100, 8
_STRING = re.compile(r'"[^"]*"')
_ROW = re.compile(r'\[\s*(?:"[^"]*"\s*,\s*)*"[^"]*"\s*\]')


@dataclass(frozen=True, slots=True)
class Finding:
    """What exact arithmetic says about one instance: every hypothesis of the reading, and the conclusion."""

    hypotheses: dict[str, Verdict]
    conclusion: Outcome

    def refutes(self, dropped: str | None) -> bool:
        """The dropped hypothesis fails, every other one holds, and the conclusion fails."""
        wanted = {name: Verdict.REFUTED if name == dropped else Verdict.CERTIFIED for name in self.hypotheses}
        return self.hypotheses == wanted and self.conclusion.verdict is Verdict.REFUTED


def shortened(text: str) -> str:
    """A text cut to one line of the width that ``repr`` keeps."""
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def examine(theorem: Theorem, reading: Reading, instance: Instance, constants: Mapping[str, Fraction]) -> Finding:
    """Decide every hypothesis of a reading and its conclusion; the conclusion only where its terms are defined."""
    used = [h for h in theorem.hypotheses if h.name in reading.hypotheses]
    verdicts: dict[str, Verdict] = {}
    defined = True
    for hypothesis in sorted(used, key=lambda h: h.need is not Need.DEFINITION):
        verdicts[hypothesis.name] = hypothesis.holds(instance) if defined else Verdict.UNDECIDED
        if hypothesis.need is Need.DEFINITION and verdicts[hypothesis.name] is not Verdict.CERTIFIED:
            defined = False
    if not defined:
        return Finding(verdicts, Outcome(Verdict.UNDECIDED, float("nan"), float("nan"), "a term is not defined"))
    return Finding(verdicts, reading.judge(instance, theorem.values(constants)))


@dataclass(frozen=True, slots=True, repr=False)
class Witness:
    """An exact counterexample, together with what was found about it."""

    theorem: Theorem
    reading: Reading
    dropped: str | None
    constants: Mapping[str, Fraction]
    instance: Instance
    finding: Finding

    def to_json(self) -> dict[str, Any]:
        """The witness file's content."""
        return {
            "schema": SCHEMA,
            "theorem": self.theorem.id,
            "reading": self.reading.name,
            "dropped": self.dropped,
            "constants": {name: str(value) for name, value in self.constants.items()},
            "instance": self.instance.to_json(),
            "hypotheses": {name: verdict.value for name, verdict in self.finding.hypotheses.items()},
            "margin": [self.finding.conclusion.lower.hex(), self.finding.conclusion.upper.hex()],
        }

    def save(self, path: str | Path) -> None:
        """Write the witness file, as a whole or not at all."""
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False)
        # A row of numbers reads best on one line.
        text = _ROW.sub(lambda row: "[" + ", ".join(_STRING.findall(row[0])) + "]", text)
        write_whole(path, f"{text}\n".encode())

    def __repr__(self) -> str:
        changed = "".join(f", {name} = {value}" for name, value in self.constants.items())
        without = f", without {self.dropped!r}" if self.dropped else ""
        values = [shortened(f"  {name} = {format_value(value)}") for name, value in self.instance.items]
        if len(values) > _VALUES_SHOWN:
            left = len(values) - _VALUES_SHOWN + 1
            values[_VALUES_SHOWN - 1 :] = [f"  and {left} more values"]
        margin = self.finding.conclusion.upper + 0.0
        head = f"Witness: {self.theorem.id}, {self.reading.name!r}{without}{changed}: margin ≤ {margin:.6g} at"
        return "\n".join([shortened(head), *values])

    def show(self) -> str:
        """The witness as text: what fails, the matrices, and the margin."""
        without = f" without {self.dropped!r}" if self.dropped else ""
        changed = "".join(f" with {name} = {value}" for name, value in self.constants.items())
        # Adding 0 turns −0 into 0.
        lower, upper = self.finding.conclusion.lower + 0.0, self.finding.conclusion.upper + 0.0
        return "\n".join(
            [
                f"{self.theorem.id}, {self.reading.name!r}{without}{changed}: refuted",
                self.reading.text,
                self.instance.show(),
                "hypotheses: "
                + (", ".join(f"{name} {v.value}" for name, v in self.finding.hypotheses.items()) or "none"),
                f"margin (bound − value) in [{lower:.9g}, {upper:.9g}], decided by {self.finding.conclusion.method}",
            ]
        )

    def html(self) -> str:
        """The witness as HTML: what is refuted, the instance, the hypotheses, the margin."""
        without = f" without <b>{escape(self.dropped)}</b>" if self.dropped else ""
        changed = "".join(f" with {escape(k)} = {v}" for k, v in self.constants.items())
        held = ", ".join(f"{escape(n)} {v.value}" for n, v in self.finding.hypotheses.items()) or "none"
        outcome = self.finding.conclusion
        head = f"<b>{escape(self.theorem.id)}</b>, {escape(self.reading.name)}{without}{changed}"
        return (
            f"<p>{head}: refuted</p><p>{escape(self.reading.text)}</p>{instance_html(self.instance)}"
            f"<p>hypotheses: {held}<br>margin in [{outcome.lower:.9g}, {outcome.upper:.9g}]</p>"
        )

    _repr_html_ = html
