"""The lines of a certificate's one spelling, read one at a time: a claim's values never become JSON objects."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from certify.certificate.claim_json import VALUES, read_claim, read_pair
from certify.certificate.exact_json import Reader, parse
from certify.verdict import Claim, Enclosure

__all__ = ["LayoutError", "Lines", "claim_of_line", "spelled"]

_T = TypeVar("_T")
_PAIR = re.compile(r'\["([^"\\]{1,40})","([^"\\]{1,40})"\]')


class LayoutError(Exception):
    """A text is not laid out as the lines of a certificate."""


def spelled(fields: Mapping[str, object | Iterator[str]]) -> Iterator[str]:
    """The lines of a document, each with its end: one field a line.

    An iterator gives the JSON texts of the items of a list, one a line.
    """
    yield "{\n"
    before = ""
    for key, value in fields.items():
        yield f"{before}{json.dumps(key)}:"
        before = ",\n"
        if isinstance(value, Iterator):
            first = True
            for item in value:
                yield ("[\n" if first else ",\n") + str(item)
                first = False
            yield "[]" if first else "\n]"
        else:
            yield json.dumps(value, separators=(",", ":"))
    yield "\n}\n"


class Lines:
    """The fields of a document that :func:`spelled` wrote, in their order; anything else is a LayoutError."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        if self._line() != "{":
            raise LayoutError

    def _line(self) -> str:
        end = self._text.find("\n", self._place)
        if end < 0:
            raise LayoutError
        line = self._text[self._place : end]
        self._place = end + 1
        return line

    def _field(self, name: str) -> str:
        line, head = self._line(), f'"{name}":'
        if not line.startswith(head):
            raise LayoutError
        return line[len(head) :].removesuffix(",")

    def value(self, name: str) -> Reader:
        """The next field, which must be called ``name``."""
        return Reader(parse(self._field(name)), name)

    def items(self, name: str, read: Callable[[str, str], _T]) -> tuple[_T, ...]:
        """The items of the next field; ``read`` gets the line of each and its place."""
        head = self._field(name)
        if head == "[]":
            return ()
        if head != "[":
            raise LayoutError
        found: list[_T] = []
        while (line := self._line()) not in ("]", "],"):
            found.append(read(line.removesuffix(","), f"{name}[{len(found)}]"))
        return tuple(found)

    def end(self) -> None:
        """Demand that nothing follows but the closing bracket."""
        if self._line() != "}" or self._place != len(self._text):
            raise LayoutError


def claim_of_line(line: str, place: str) -> Claim:
    """The claim that a line holds.

    Raises
    ------
    CertificateError : the line holds no claim.
    LayoutError : its values are spelled otherwise than as pairs of short texts.
    """
    # No text of JSON can hold these characters, because each quotation mark in it has a backslash.
    start = line.find(VALUES)
    if start < 0:
        raise LayoutError
    position = start + len(VALUES)
    values: list[Enclosure] = []
    while line[position : position + 1] != "]":
        pair = _PAIR.match(line, position)
        if pair is None:
            raise LayoutError
        values.append(read_pair(Reader(list(pair.groups()), f"{place}.values[{len(values)}]")))
        position = pair.end()
        if line[position : position + 1] == ",":
            position += 1
        elif line[position : position + 1] != "]":
            raise LayoutError
    rest = parse(f"{line[:start]}{VALUES}{line[position:]}")
    return read_claim(Reader(rest, place), tuple(values))
