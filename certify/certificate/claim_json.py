"""The JSON form of a claim."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii
from typing import Any

from certify.certificate.exact_json import INTEGER_LIMIT, ITEMS_LIMIT, TEXT_LIMIT, Reader, float_text, reject
from certify.verdict import Claim, Enclosure, Kind, Parameter, Verdict

__all__ = [
    "VALUES",
    "claim_json",
    "claim_text",
    "parameters_json",
    "read_claim",
    "read_pair",
    "read_parameters",
    "readable",
]

VALUES = '"values":['
"""What stands before the values in the text of a claim."""
ID_LIMIT, SUBJECT_LIMIT = 256, 4096
_CLAIM_FIELDS = (
    "id", "subject", "kind", "statement", "verdict", "values", "margin", "strict", "parameters", "cause", "note",
)  # fmt: skip


def parameters_json(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Names with exact values; a float becomes ``{"float": hex}`` so that it is told from a string."""
    return {
        key: {"float": float_text(value)} if isinstance(value, float) else value for key, value in parameters.items()
    }


def read_parameters(reader: Reader) -> dict[str, Parameter]:
    """Strict inverse of :func:`parameters_json`."""

    def value(item: Reader) -> Parameter:
        if isinstance(item.value, str):
            return item.text()
        if isinstance(item.value, Mapping):
            return item.fields(("float",))["float"].number()
        return item.integer()

    return {key: value(item) for key, item in reader.mapping().items()}


def _pair(enclosure: Enclosure) -> list[str]:
    return [float_text(enclosure.lower), float_text(enclosure.upper)]


def read_pair(reader: Reader) -> Enclosure:
    """The enclosure that a list of two floats spells."""
    items = reader.items(2)
    if len(items) != 2:
        reject("an enclosure has two end points", reader.place)
    found = Enclosure(items[0].number(), items[1].number())
    if not found.valid:
        reject("the end points of an enclosure are inverted", reader.place)
    return found


def claim_json(claim: Claim) -> dict[str, Any]:
    """Plain JSON values of a claim."""
    return {
        "id": claim.id,
        "subject": claim.subject,
        "kind": claim.kind.value,
        "statement": claim.statement,
        "verdict": claim.verdict.value,
        "values": [_pair(value) for value in claim.values],
        "margin": _pair(claim.margin),
        "strict": claim.strict,
        "parameters": parameters_json(claim.parameters),
        "cause": claim.cause,
        "note": claim.note,
    }


def claim_text(claim: Claim, *, sort_keys: bool = False) -> str:
    """The JSON text of :func:`claim_json` without white space; the values do not become JSON objects."""
    fields = {
        "id": encode_basestring_ascii(claim.id),
        "subject": encode_basestring_ascii(claim.subject),
        "kind": encode_basestring_ascii(claim.kind.value),
        "statement": encode_basestring_ascii(claim.statement),
        "verdict": encode_basestring_ascii(claim.verdict.value),
        "values": f"[{','.join(map(_pair_text, claim.values))}]",
        "margin": _pair_text(claim.margin),
        "strict": "true" if claim.strict else "false",
        "parameters": json.dumps(parameters_json(claim.parameters), sort_keys=sort_keys, separators=(",", ":")),
        "cause": encode_basestring_ascii(claim.cause),
        "note": encode_basestring_ascii(claim.note),
    }
    names = sorted(fields) if sort_keys else fields
    return "{" + ",".join(f'"{name}":{fields[name]}' for name in names) + "}"


def _pair_text(value: Enclosure) -> str:
    return f'["{float_text(value.lower)}","{float_text(value.upper)}"]'


def readable(claim: Claim) -> bool:
    """Whether :func:`read_claim` would give just this claim of its JSON form; False where that is not plain to see."""
    texts = (claim.statement, claim.cause, claim.note)
    return (
        type(claim.id) is type(claim.subject) is str
        and len(claim.id) <= ID_LIMIT
        and len(claim.subject) <= SUBJECT_LIMIT
        and all(type(text) is str and len(text) <= TEXT_LIMIT for text in texts)
        and type(claim.kind) is Kind
        and type(claim.verdict) is Verdict
        and type(claim.values) is tuple
        and len(claim.values) <= ITEMS_LIMIT
        and all(map(_plain_pair, claim.values))
        and _plain_pair(claim.margin)
        and type(claim.strict) is bool
        and all(type(key) is str and _plain_parameter(value) for key, value in claim.parameters.items())
    )


def _plain_pair(value: Enclosure) -> bool:
    # A zero with a sign and numbers of NumPy come back as others.
    lower, upper = value.lower, value.upper
    return (
        type(lower) is float
        and type(upper) is float
        and lower <= upper
        and (lower != 0.0 or math.copysign(1.0, lower) > 0)
        and (upper != 0.0 or math.copysign(1.0, upper) > 0)
    )


def _plain_parameter(value: Parameter) -> bool:
    if type(value) is float:
        return value == value and (value != 0.0 or math.copysign(1.0, value) > 0)
    return (type(value) is int and value >= -INTEGER_LIMIT) or (type(value) is str and len(value) <= TEXT_LIMIT)


def read_claim(reader: Reader, values: tuple[Enclosure, ...] | None = None) -> Claim:
    """Strict inverse of :func:`claim_json`; ``values`` are those that were read already, and then none are left."""
    f = reader.fields(_CLAIM_FIELDS)
    return Claim(
        id=f["id"].text(ID_LIMIT),
        subject=f["subject"].text(SUBJECT_LIMIT),
        kind=Kind(f["kind"].choice([kind.value for kind in Kind])),
        statement=f["statement"].text(),
        verdict=Verdict(f["verdict"].choice([verdict.value for verdict in Verdict])),
        values=tuple(read_pair(item) for item in f["values"].items()) if values is None else values,
        margin=read_pair(f["margin"]),
        strict=f["strict"].boolean(),
        parameters=read_parameters(f["parameters"]),
        cause=f["cause"].text(),
        note=f["note"].text(),
    )
