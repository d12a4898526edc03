"""Re-checking a witness file from scratch: every claim of it is recomputed, and nothing is searched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from certify.errors import CertificateError, InputError, UsageError
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.witness import SCHEMA, Finding, Witness, examine
from theorems.library import get

__all__ = ["verify"]

_MAX_BYTES = 1_000_000
_FIELDS = {"schema", "theorem", "reading", "dropped", "constants", "instance", "hypotheses", "margin"}


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
