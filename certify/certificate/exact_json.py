"""JSON with exact numbers: one spelling for every value, and a reader that refuses everything else."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from certify.errors import CertificateError
from certify.reading import crowded, shown

__all__ = [
    "INTEGER_LIMIT",
    "ITEMS_LIMIT",
    "TEXT_LIMIT",
    "Reader",
    "canonical",
    "digest_of",
    "float_text",
    "parse",
    "reject",
]

INTEGER_LIMIT = 2**63
TEXT_LIMIT = 65536
ITEMS_LIMIT = 2**24


def reject(message: str, place: str = "", *, hint: str | None = None) -> NoReturn:
    """Raise :class:`CertificateError` at a place inside the certificate, written as a path of fields."""
    raise CertificateError(message, place=place or None, hint=hint)


def canonical(value: object) -> bytes:
    """The digest's input: ASCII JSON, keys sorted, no white space."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def digest_of(fields: Mapping[str, object | Iterator[str]]) -> str:
    """SHA-256 of :func:`canonical`, in lower-case hexadecimal; an iterator gives the texts of the items of a list."""
    digest = hashlib.sha256()
    before = b"{"
    for key in sorted(fields):
        digest.update(before + canonical(key) + b":")
        before = b","
        value = fields[key]
        if isinstance(value, Iterator):
            digest.update(b"[")
            for place, item in enumerate(value):
                digest.update(b"," * bool(place) + str(item).encode("ascii"))
            digest.update(b"]")
        else:
            digest.update(canonical(value))
    digest.update(b"}" if fields else b"{}")
    return digest.hexdigest()


def float_text(value: float) -> str:
    """The exact spelling of a float: ``float.hex``, ``inf`` or ``-inf``; 0 has no sign, and NaN is refused.

    >>> float_text(0.1), float_text(-0.0)
    ('0x1.999999999999ap-4', '0x0.0p+0')
    """
    if math.isnan(value):
        reject("NaN has no place in a certificate")
    return (float(value) + 0.0).hex()


def parse(text: str) -> object:
    """Parse JSON without floats, duplicate keys, huge integers or deep nesting.

    Raises
    ------
    CertificateError : the text is not such a document.
    """

    if crowded(text):
        reject("more brackets or fields than a certificate holds")

    def no_float(literal: str) -> NoReturn:
        reject(f"the number {literal[:40]} is not exact", hint="floats are written as strings, in hexadecimal")

    def integer(literal: str) -> int:
        if len(literal) > 20 or not -INTEGER_LIMIT <= int(literal) < INTEGER_LIMIT:
            reject(f"the integer {literal[:40]} does not fit 64 bits")
        return int(literal)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))
            reject(f"the field {shown(twice)!r} occurs twice")
        return found

    try:
        return json.loads(
            text, parse_float=no_float, parse_constant=no_float, parse_int=integer, object_pairs_hook=unique
        )
    except json.JSONDecodeError as error:
        raise CertificateError(
            f"not a JSON document: {error.msg}", place=f"line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        reject("nested too deeply")


class Reader:
    """Typed access to one parsed JSON value; knows its place and refuses what it does not expect."""

    __slots__ = ("place", "value")

    def __init__(self, value: object, place: str = "") -> None:
        self.value = value
        self.place = place

    def _wrong(self, wanted: str) -> NoReturn:
        reject(f"expected {wanted}, found {type(self.value).__name__}", self.place)

    def fields(self, names: Sequence[str]) -> dict[str, Reader]:
        """The fields of an object that has exactly these names."""
        found = self.mapping()
        unknown = [name for name in found if name not in names]
        if unknown:
            reject(f"unknown field {shown(unknown[0])!r}", self.place)
        for name in names:
            if name not in found:
                reject(f"the field {name!r} is missing", self.place)
        return found

    def mapping(self) -> dict[str, Reader]:
        """The fields of an object with free names."""
        if not isinstance(self.value, Mapping):
            self._wrong("an object")
        prefix = f"{self.place}." if self.place else ""
        return {str(key): Reader(value, f"{prefix}{shown(str(key))}") for key, value in self.value.items()}

    def items(self, limit: int = ITEMS_LIMIT) -> list[Reader]:
        """The items of an array no longer than ``limit``."""
        if not isinstance(self.value, list):
            self._wrong("an array")
        if len(self.value) > limit:
            reject(f"{len(self.value)} items exceed the limit of {limit}", self.place)
        return [Reader(value, f"{self.place}[{index}]") for index, value in enumerate(self.value)]

    def text(self, limit: int = TEXT_LIMIT) -> str:
        """A string no longer than ``limit`` characters."""
        if not isinstance(self.value, str):
            self._wrong("a string")
        if len(self.value) > limit:
            reject(f"a string of {len(self.value)} characters exceeds the limit of {limit}", self.place)
        return self.value

    def choice(self, options: Sequence[str]) -> str:
        """One of the given strings."""
        found = self.text()
        if found not in options:
            reject(f"{found[:80]!r} is none of {', '.join(options)}", self.place)
        return found

    def integer(self, least: int = -INTEGER_LIMIT) -> int:
        """An integer of at least ``least``; booleans are not integers."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            self._wrong("an integer")
        if self.value < least:
            reject(f"{self.value} is below {least}", self.place)
        return self.value

    def boolean(self) -> bool:
        """``true`` or ``false``."""
        if not isinstance(self.value, bool):
            self._wrong("true or false")
        return self.value

    def number(self) -> float:
        """A float in its one spelling."""
        literal = self.text(40)
        try:
            value = float.fromhex(literal)
        except (ValueError, OverflowError):
            reject(f"{literal!r} is not a hexadecimal float", self.place)
        if math.isnan(value) or float_text(value) != literal:
            reject(f"{literal!r} is not the exact spelling of a float", self.place)
        return value
