"""The JSON form of a claim."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from certify.certificate.exact_json import Reader, float_text, reject
from certify.verdict import Claim, Enclosure, Kind, Parameter, Verdict

__all__ = ["VALUES", "claim_json", "claim_text", "parameters_json", "read_claim", "read_pair", "read_parameters"]

VALUES = '"values":['
"""What stands before the values in the text of a claim."""
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
    rest = json.dumps(claim_json(replace(claim, values=())), sort_keys=sort_keys, separators=(",", ":"))
    # Texts have a backslash before each quotation mark, and of the fields after the values none is called so.
    place = (rest.rindex if sort_keys else rest.index)(VALUES) + len(VALUES)
    values = ",".join(f'["{float_text(value.lower)}","{float_text(value.upper)}"]' for value in claim.values)
    return f"{rest[:place]}{values}{rest[place:]}"


def read_claim(reader: Reader, values: tuple[Enclosure, ...] | None = None) -> Claim:
    """Strict inverse of :func:`claim_json`; ``values`` are those that were read already, and then none are left."""
    f = reader.fields(_CLAIM_FIELDS)
    return Claim(
        id=f["id"].text(256),
        subject=f["subject"].text(4096),
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
