"""The JSON form of a layer's expression and of what lies between two layers, read strictly."""

from __future__ import annotations

import re
from typing import Any

from certify.between import is_between
from certify.certificate.exact_json import Reader, reject

__all__ = ["check_between", "read_expression"]

_INTEGERS = ("axis", "bits", "groups", "packed", "zero_offset")
_LISTS = ("columns", "index", "order", "repeat", "rows")
_CHOICES = {"kernel": ("writer", "reader"), "layout": ("channels_last", "transposed")}
_ROLES = ("scale", "zero_point", "group_index", "gain", "row_gain")


def check_between(reader: Reader) -> str:
    """Words of :data:`certify.between.BETWEEN` joined by ``+``.

    Raises
    ------
    CertificateError : anything else.
    """
    text = reader.text(256)
    if not is_between(text):
        reject("no known word for what lies between two layers", reader.place)
    return text


def read_expression(reader: Reader) -> dict[str, Any]:
    """Strict reading of the fields that :meth:`certify.chain.expression.Expression.record` writes.

    Raises
    ------
    CertificateError : an unknown field, or a value of another kind.
    """
    found: dict[str, Any] = {}
    for name, item in reader.mapping().items():
        if name in _INTEGERS:
            found[name] = item.integer()
        elif name in _LISTS:
            found[name] = [part.integer(0) for part in item.items(64)]
        elif name in _CHOICES:
            found[name] = item.choice(_CHOICES[name])
        elif name == "codes":
            found[name] = item.boolean()
        elif name == "factor":
            found[name] = item.text(40)
            try:
                if float.fromhex(found[name]).hex() != found[name]:
                    raise ValueError
            except (ValueError, OverflowError):
                reject("not the exact spelling of a float", item.place)
        elif name == "operands":
            found[name] = [_operand(part) for part in item.items(len(_ROLES))]
        else:
            reject(f"unknown field {name[:80]!r}", reader.place)
    if not found:
        reject("an expression without a step", reader.place)
    if list(found) != sorted(found):
        reject("the fields of an expression stand in the order of the alphabet", reader.place)
    return found


def _operand(reader: Reader) -> dict[str, Any]:
    f = reader.fields(("role", "tensor", "file", "dtype", "shape", "sha256"))
    digest = f["sha256"].text(64)
    if not re.fullmatch("[0-9a-f]{64}", digest):
        reject("not a SHA-256 in lower-case hexadecimal", f["sha256"].place)
    return {
        "role": f["role"].choice(_ROLES),
        "tensor": f["tensor"].text(1024),
        "file": f["file"].text(1024),
        "dtype": f["dtype"].text(32),
        "shape": [side.integer(0) for side in f["shape"].items(64)],
        "sha256": digest,
    }
