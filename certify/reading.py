"""Opening what others wrote: regular files only, no more than is allowed, and no text on which a parser is slow."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
import zlib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any, BinaryIO

from certify.errors import InputError, LimitError

__all__ = [
    "MOST_TIMES",
    "crowded",
    "hint_of",
    "inflated",
    "near",
    "open_regular",
    "parse_toml",
    "read_regular",
    "remembered",
    "shown",
    "was_read",
]

_SHOWN = 80
_LONGEST_WORD, _MOST_WORDS = 80, 2000
_MOST_DOTS = 16
# A text that is not closed reaches to the end of its line, so that no character is tried twice.
_QUOTED = re.compile(r"""\"(?:[^\"\\]++|\\.)*+\"?|'[^']*+'?""")
_MOST_DIGITS = 400
_DIGITS = re.compile(rf"[0-9_]{{{_MOST_DIGITS + 1}}}")
_TRIPLE = re.compile(r"\"{3}|'{3}")
_SMALL = 2**20
_BYTES_FOR_BRACKET, _BYTES_FOR_COLON, _BYTES_FOR_COMMA = 14, 13, 6
_GZIP = b"\x1f\x8b"
MOST_TIMES = 256
"""How many times its size a gzip file of more than a few kilobytes may hold."""
_opened: set[tuple[int, int]] | None = None


@contextmanager
def remembered() -> Generator[None]:
    """While this is open, :func:`was_read` knows every file that is opened."""
    global _opened
    before, _opened = _opened, set()
    try:
        yield
    finally:
        _opened = before


def was_read(path: str | os.PathLike[str]) -> bool:
    """Whether the file at ``path`` is one that was opened, under any name."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return False
    return _opened is not None and (found.st_dev, found.st_ino) in _opened


@contextmanager
def open_regular(path: str, *, follow_links: bool = True) -> Generator[BinaryIO]:
    """Open a regular file for reading; a pipe, a device, a folder or (on demand) a symbolic link is refused.

    Operating-system errors while the file is open are reported as :class:`InputError`.

    Raises
    ------
    InputError : the file does not exist, cannot be read, or is not a regular file.
    """
    # O_NONBLOCK: opening a pipe must not wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        if not follow_links and os.path.islink(path):
            raise InputError(
                "a symbolic link is not followed",
                file=path,
                hint="copy the folder with its links resolved (cp -rL) and use the copy",
            )
        handle = os.open(path, flags if follow_links else flags | getattr(os, "O_NOFOLLOW", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise InputError("not a regular file", file=path, hint="give the path of a file")
        if _opened is not None:
            _opened.add((found.st_dev, found.st_ino))
    except BaseException:
        os.close(handle)
        raise
    with os.fdopen(handle, "rb") as opened:
        try:
            yield opened
        except OSError as error:
            raise _unreadable(path, error) from error


def _unreadable(path: str, error: Exception) -> InputError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return InputError(f"the file cannot be read: {reason}", file=path, hint="check the path and its permissions")


def read_regular(path: str | os.PathLike[str], limit: int, *, what: str, option: str) -> bytes:
    """The bytes of a regular file of at most ``limit`` bytes; ``option`` is what changes the limit, or says what it is.

    Raises
    ------
    InputError : as :func:`open_regular`.
    LimitError : the file is longer.
    """
    with open_regular(os.fspath(path)) as opened:
        size = os.fstat(opened.fileno()).st_size
        data = opened.read(size + 1) if size <= limit else b""
        # A file of /proc says that it has no bytes, and others grow.
        while size < len(data) <= limit and (more := opened.read(min(_SMALL, limit + 1 - len(data)))):
            data += more
    if max(size, len(data)) > limit:
        raise LimitError(f"{what} is too large", file=path, limit=f"{limit} bytes, {option}")
    return data


def inflated(data: bytes, limit: int, *, file: str | os.PathLike[str], what: str, option: str) -> bytes:
    """The contents of a gzip file; other bytes as they are.

    At most ``limit`` bytes come out and, beyond the first megabyte, 256 for each that goes in.

    Raises
    ------
    InputError : the file is damaged, or something follows the contents.
    LimitError : more would come out.
    """
    if not data.startswith(_GZIP):
        return data
    allowed = min(limit, max(_SMALL, MOST_TIMES * len(data)))
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        found = stream.decompress(data, allowed + 1)
    except zlib.error as error:
        raise InputError(f"{what} is no whole gzip file: {error}", file=file, hint="write it again") from None
    if len(found) > allowed:
        raise LimitError(f"{what} is too large unpacked", file=file, limit=f"{allowed} bytes, {option}")
    if not stream.eof or stream.unused_data:
        raise InputError(
            f"{what} is no whole gzip file: {'it is cut off' if not stream.eof else 'something follows it'}",
            file=file,
            hint="write it again",
        )
    return found


def crowded(text: str | bytes) -> bool:
    """Whether a JSON text of a megabyte or more holds so many brackets, fields or items that parsing it would take many
    times its size.
    """
    if len(text) < _SMALL:
        return False

    def count(mark: str) -> int:
        return text.count(mark) if isinstance(text, str) else text.count(mark.encode())

    size = len(text)
    return (
        (count("[") + count("{")) * _BYTES_FOR_BRACKET > size
        or count(":") * _BYTES_FOR_COLON > size
        or count(",") * _BYTES_FOR_COMMA > size
    )


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML in linear time.

    Raises
    ------
    ValueError : no TOML, nested too deeply, or a key of many parts, on which ``tomllib`` takes quadratic time.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        bare = _QUOTED.sub("", _TRIPLE.sub(" ", line))
        if bare.partition("#")[0].count(".") > _MOST_DOTS:
            raise ValueError(f"a key of more than {_MOST_DOTS} parts (at line {number})")
        if _DIGITS.search(bare):
            raise ValueError(f"a number of more than {_MOST_DIGITS} digits (at line {number})")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def shown(name: str) -> str:
    """A name that was read, cut to what a message has room for.

    >>> len(shown("x" * 10**6))
    80
    """
    return name if len(name) <= _SHOWN else name[: _SHOWN - 1] + "…"


def near(name: str, known: Iterable[str], count: int = 1) -> list[str]:
    """Known names like ``name``; none where looking for them would take long.

    >>> near("tensr", ["name", "tensor"]), near("x" * 10**6, ["x" * 10**6])
    (['tensor'], [])
    """
    if len(name) > _LONGEST_WORD:
        return []
    candidates = [item for item in known if abs(len(item) - len(name)) <= len(name)]
    return difflib.get_close_matches(name, candidates[:_MOST_WORDS], n=count)


def hint_of(name: str, known: Iterable[str], otherwise: str) -> str:
    """``did you mean ...?``, or ``otherwise``."""
    found = near(name, known)
    return f"did you mean {found[0]}?" if found else otherwise
