"""The wire format of protocol buffers, walked without building objects: only the lengths that a message declares,
each checked against what holds it.

See https://protobuf.dev/programming-guides/encoding. Groups (wire types 3 and 4) are refused; no format that is read
here has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from certify.errors import InputError

__all__ = ["Field", "Span", "Wire"]

_DAMAGED = "the file is truncated or damaged, or no such file; copy or download it again"


class Span(NamedTuple):
    """Bytes ``start`` to ``end`` of the file."""

    start: int
    end: int


class Field(NamedTuple):
    """One field: its number, and an integer (wire types 0, 1, 5) or the place of its bytes (wire type 2)."""

    number: int
    value: int | Span


class Wire:
    """A file whose messages are walked; ``most`` is the number of bytes that :meth:`data` gives at once."""

    def __init__(self, opened: BinaryIO, path: str, most: int) -> None:
        self._opened = opened
        self._path = path
        self._most = most
        self._window = b""
        self._at = 0

    def refuse(self, message: str, place: int) -> InputError:
        """An error at a byte of the file."""
        return InputError(message, file=self._path, place=f"byte {place}", hint=_DAMAGED)

    def _byte(self, place: int) -> int:
        if not self._at <= place < self._at + len(self._window):
            self._opened.seek(place)
            self._window, self._at = self._opened.read(4096), place
            if not self._window:
                raise self.refuse("the file ends inside a field", place)
        return self._window[place - self._at]

    def varint(self, place: int, end: int) -> tuple[int, int]:
        """An unsigned integer of at most 64 bits, and the place after it.

        Raises
        ------
        InputError : it leads beyond ``end`` or is longer than ten bytes.
        """
        value = shift = 0
        while True:
            if place >= end or shift > 63:
                raise self.refuse("an integer has no end", place)
            byte = self._byte(place)
            place += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & (2**64 - 1), place
            shift += 7

    def fields(self, span: Span) -> Iterator[Field]:
        """The fields of a message, in the order of the file.

        Raises
        ------
        InputError : a field of unknown kind, or one that leads beyond the message.
        """
        place, end = span
        while place < end:
            key, place = self.varint(place, end)
            number, kind = key >> 3, key & 7
            if number == 0:
                raise self.refuse("a field without a number", place)
            if kind == 0:
                value, place = self.varint(place, end)
                yield Field(number, value)
                continue
            if kind == 2:
                length, place = self.varint(place, end)
            elif kind in (1, 5):
                length = 8 if kind == 1 else 4
            else:
                raise self.refuse(f"a field of kind {kind}", place)
            if length > end - place:
                raise self.refuse(f"a field of {length} bytes, and {end - place} are left", place)
            inside = Span(place, place + length)
            place += length
            yield Field(number, inside if kind == 2 else int.from_bytes(self.data(inside), "little"))

    def data(self, span: Span) -> bytes:
        """The bytes of a short field.

        Raises
        ------
        InputError : longer than ``most``, or beyond the end of the file.
        """
        size = span.end - span.start
        if size > self._most:
            raise self.refuse(f"a text or a list of {size} bytes, more than {self._most}", span.start)
        self._opened.seek(span.start)
        data = self._opened.read(size)
        if len(data) != size:
            raise self.refuse("the file ends inside a field", span.start)
        return data

    def text(self, value: int | Span) -> str:
        """A string field.

        Raises
        ------
        InputError : no UTF-8.
        """
        if isinstance(value, int):
            raise self.refuse("a number in place of a text", 0)
        try:
            return self.data(value).decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.refuse("a text that is not UTF-8", value.start) from error

    def integers(self, value: int | Span) -> list[int]:
        """A repeated integer field, packed or one of its entries."""
        if isinstance(value, int):
            return [value]
        if value.end - value.start > self._most:
            raise self.refuse(f"a list of {value.end - value.start} bytes, more than {self._most}", value.start)
        found: list[int] = []
        place = value.start
        while place < value.end:
            item, place = self.varint(place, value.end)
            found.append(item)
        return found
