"""Re-checking a witness file from scratch: every claim of it is recomputed, and nothing is searched."""

from __future__ import annotations

import itertools
import json
import math
import os
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from certify.errors import CertificateError, InputError, LimitError, PolystableError
from certify.reading import read_regular
from certify.rigor.ball import precision
from certify.verdict import Verdict
from theorems.engine.instance import Instance, parse_rational
from theorems.engine.limits import DIGITS, check_limits
from theorems.engine.shape import check_shape
from theorems.engine.theorem import Reading, Theorem
from theorems.engine.witness import SCHEMA, Finding, Witness, examine
from theorems.library import get

__all__ = ["verify"]

MAX_BYTES, MAX_DEPTH = 2**17, 12
"""Of a witness file: its size, and how deep its brackets may be nested."""
_FIELDS = {"schema", "theorem", "reading", "dropped", "constants", "instance", "hypotheses", "margin"}
_BITS = 64
# A text that is not closed reaches as far as it can, so that no byte is tried twice.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?')
_HINT = "write witnesses with theorems explore -o FILE"
# What a formula may raise on data that its hypotheses exclude.
_UNDEFINED = (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError, MemoryError)


def verify(source: str | os.PathLike[str] | Mapping[str, Any]) -> Witness:
    """Re-check a witness from scratch.

    Parameters
    ----------
    source : a path, or the JSON data itself.

    Raises
    ------
    InputError
        If the file is not a witness file, or its instance is not one of the theorem.
    LimitError
        If the file, a number or a side is larger than what is decided in bounded time.
    CertificateError
        If any claim of the file is not what exact arithmetic finds, or the instance refutes nothing.
    """
    data = _fields(source if isinstance(source, Mapping) else _read(Path(source)))
    theorem, reading, dropped = _names(data)
    constants = _constants(theorem, data["constants"])
    stated, margin = _verdicts(data["hypotheses"]), _margin(data["margin"])
    try:
        instance = Instance.from_json(_object(data["instance"], "instance"))
    except LimitError:
        raise
    except PolystableError as error:
        raise InputError(error.message, place="instance", limit=error.limit, hint=error.hint or _HINT) from error
    check_shape(theorem, instance)
    check_limits(theorem, instance)
    finding = _examined(theorem, reading, instance, constants)
    _compare(finding, dropped, stated, *margin)
    return Witness(theorem, reading, dropped, constants, instance, finding)


def _examined(theorem: Theorem, reading: Reading, x: Instance, constants: Mapping[str, Fraction]) -> Finding:
    try:
        with precision(_BITS):
            return examine(theorem, reading, x, constants)
    except (PolystableError, *_UNDEFINED) as error:
        cause = error.message if isinstance(error, PolystableError) else str(error)
        raise InputError(
            f"{theorem.id}, {reading.name!r} says nothing about this instance: {cause}", place="instance", hint=_HINT
        ) from error


def _names(data: Mapping[str, Any]) -> tuple[Theorem, Reading, str | None]:
    try:
        theorem = get(_text(data["theorem"], "theorem"))
        reading = theorem.reading(_text(data["reading"], "reading"))
        dropped = data["dropped"]
        return theorem, reading, None if dropped is None else theorem.hypothesis(_text(dropped, "dropped")).name
    except InputError:
        raise
    except PolystableError as error:
        raise InputError(f"not a witness: {error.message}", hint=error.hint or _HINT) from error


def _constants(theorem: Theorem, data: object) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for name, value in _object(data, "constants").items():
        place = f"constants.{name}"
        try:
            theorem.constant(name)
            found[name] = parse_rational(_text(value, place), DIGITS)
        except InputError:
            raise
        except PolystableError as error:
            raise InputError(error.message, place=place, limit=error.limit, hint=error.hint) from error
    return found


def _verdicts(data: object) -> dict[str, Verdict]:
    known = {verdict.value: verdict for verdict in Verdict}
    stated = {name: _text(value, f"hypotheses.{name}") for name, value in _object(data, "hypotheses").items()}
    for name, value in stated.items():
        if value not in known:
            raise InputError(f"{value!r} is no verdict", place=f"hypotheses.{name}", hint=", ".join(known))
    return {name: known[value] for name, value in stated.items()}


def _margin(data: object) -> tuple[float, float]:
    ends = cast(list[Any], data) if isinstance(data, list) else []
    if len(ends) != 2:
        raise InputError("the margin is not a list of two ends", place="margin", hint=_HINT)
    try:
        lower, upper = (float.fromhex(_text(end, "margin")) for end in ends)
    except (ValueError, OverflowError) as error:
        raise InputError(f"an end of the margin is no float64: {error}", place="margin", hint=_HINT) from error
    if math.isnan(lower) or math.isnan(upper):
        raise InputError("an end of the margin is not a number", place="margin", hint=_HINT)
    return lower, upper


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


def _read(path: Path) -> object:
    content = read_regular(path, MAX_BYTES, what="the file, for a witness,", option="which no option changes")
    brackets = re.sub(rb"[^][{}]", b"", _STRING.sub(b"", content))
    depth = max(itertools.accumulate(1 if b in b"[{" else -1 for b in brackets), default=0)
    if depth > MAX_DEPTH:
        raise LimitError(
            "the file nests its brackets too deep", file=path, limit=f"{MAX_DEPTH} levels of nesting", hint=_HINT
        )
    try:
        return json.loads(content.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the witness cannot be read: {error}", file=path, hint=_HINT) from error


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key occurs twice in one object")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not a number of JSON")


def _fields(data: object) -> Mapping[str, Any]:
    entries = _object(data, "")
    if entries.get("schema") != SCHEMA:
        shown = repr(entries.get("schema"))[:80]
        raise InputError(f"unknown schema {shown}", hint=f"this version reads {SCHEMA!r}")
    if set(entries) != _FIELDS:
        odd = ", ".join(sorted(map(str, set(entries) ^ _FIELDS))[:8])
        raise InputError(f"missing or unknown fields: {odd[:200]}", hint=_HINT)
    return entries


def _object(data: object, place: str) -> Mapping[str, Any]:
    entries = cast(Mapping[object, Any], data) if isinstance(data, Mapping) else None
    if entries is None or not all(isinstance(name, str) for name in entries):
        raise InputError("a JSON object is expected", place=place or None, hint=_HINT)
    return cast(Mapping[str, Any], entries)


def _text(data: object, place: str) -> str:
    if not isinstance(data, str):
        raise InputError(f"{repr(data)[:80]} is not a text", place=place, hint=_HINT)
    return data
