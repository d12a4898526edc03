"""Witnesses: exact instances on which a conclusion fails, and their re-checking from scratch.

Nothing here searches. A witness file is a few lines of JSON: the theorem, the reading, the hypothesis that is dropped
or the constants that are changed, the exact instance, and what is claimed of it. :func:`verify` recomputes every claim.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from certify.errors import CertificateError, InputError, UsageError
from certify.verdict import Verdict
from theorems._discover import get
from theorems._exact import Outcome
from theorems._instance import Instance
from theorems._theorem import Need, Reading, Theorem

__all__ = ["SCHEMA", "Finding", "Witness", "examine", "verify"]

SCHEMA = "polystable-witness/1"
_MAX_BYTES = 1_000_000
_STRING = re.compile(r'"[^"]*"')
_ROW = re.compile(r'\[\s*(?:"[^"]*"\s*,\s*)*"[^"]*"\s*\]')
_FIELDS = {"schema", "theorem", "reading", "dropped", "constants", "instance", "hypotheses", "margin"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What exact arithmetic says about one instance: every hypothesis of the reading, and the conclusion."""

    hypotheses: dict[str, Verdict]
    conclusion: Outcome

    def refutes(self, dropped: str | None) -> bool:
        """The dropped hypothesis fails, every other one holds, and the conclusion fails."""
        wanted = {name: Verdict.REFUTED if name == dropped else Verdict.CERTIFIED for name in self.hypotheses}
        return self.hypotheses == wanted and self.conclusion.verdict is Verdict.REFUTED


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


@dataclass(frozen=True, slots=True)
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
        """Write the witness file."""
        text = json.dumps(self.to_json(), indent=1, ensure_ascii=False)
        # A row of numbers reads best on one line.
        text = _ROW.sub(lambda row: "[" + ", ".join(_STRING.findall(row[0])) + "]", text)
        Path(path).write_text(text + "\n", encoding="utf-8")

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

    def _repr_html_(self) -> str:
        from theorems._show import witness_html

        return witness_html(self)


def verify(source: str | Path | Mapping[str, Any]) -> Witness:
    """Re-check a witness from scratch.

    Parameters
    ----------
    source : a path, or the JSON data itself.

    Raises
    ------
    InputError
        If the file is not a witness file.
    CertificateError
        If any claim of the file is not what exact arithmetic finds, or the instance refutes nothing.
    """
    data = _read(source)
    try:
        theorem = get(str(data["theorem"]))
        reading = theorem.reading(str(data["reading"]))
        dropped = None if data["dropped"] is None else theorem.hypothesis(str(data["dropped"])).name
        constants = {str(k): Fraction(str(v)) for k, v in cast(Mapping[str, Any], data["constants"]).items()}
        instance = Instance.from_json(cast(Mapping[str, Any], data["instance"]))
        stated = {str(k): Verdict(v) for k, v in cast(Mapping[str, Any], data["hypotheses"]).items()}
        lower, upper = (float.fromhex(str(v)) for v in cast(list[Any], data["margin"]))
        finding = examine(theorem, reading, instance, constants)
    except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError, UsageError) as error:
        raise InputError(f"not a witness: {error}", hint="write witnesses with theorems explore -o FILE") from error
    _compare(finding, dropped, stated, lower, upper)
    return Witness(theorem, reading, dropped, constants, instance, finding)


def _compare(finding: Finding, dropped: str | None, stated: dict[str, Verdict], lower: float, upper: float) -> None:
    for name, verdict in finding.hypotheses.items():
        if stated.get(name) is not verdict:
            found = stated[name].value if name in stated else "nothing"
            raise CertificateError(
                f"hypothesis {name!r} is stated as {found} and is {verdict.value}",
                place=f"hypotheses.{name}",
            )
    if set(stated) != set(finding.hypotheses) or (dropped is not None and dropped not in stated):
        raise CertificateError("the stated hypotheses are not those of the reading", place="hypotheses")
    outcome = finding.conclusion
    if not finding.refutes(dropped):
        raise CertificateError(f"the instance refutes nothing: the conclusion is {outcome.verdict.value}")
    if not (lower <= outcome.upper and outcome.lower <= upper and upper <= 0):
        raise CertificateError(
            f"the stated margin is not that of the instance, [{outcome.lower!r}, {outcome.upper!r}]", place="margin"
        )


def _read(source: str | Path | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(source, Mapping):
        data: Any = source
    else:
        path = Path(source)
        try:
            size = path.stat().st_size
            if size > _MAX_BYTES:
                raise InputError(f"the file has {size} bytes", file=path, limit=f"{_MAX_BYTES} bytes")
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(f"the witness cannot be read: {error}", file=path) from error
    if not isinstance(data, Mapping):
        raise InputError("a witness is a JSON object")
    entries = cast(Mapping[str, Any], data)
    if entries.get("schema") != SCHEMA:
        raise InputError(f"unknown schema {entries.get('schema')!r}", hint=f"this version reads {SCHEMA!r}")
    if set(entries) != _FIELDS:
        odd = ", ".join(sorted(set(entries) ^ _FIELDS))
        raise InputError(f"missing or unknown fields: {odd}")
    return entries
