"""A file of finished work beside the certificate to be, so that a run that was ended is continued.

One line a record: the SHA-256 of the line's text after that of the line before, a space, and the text, which is JSON
with exact numbers. The first line says what was asked of what; each other one holds the claims about one subject.
What follows the first line that is not whole is the tail of a write that did not end, and is cut off.

A checksum finds accidents. Who can write the file can also write claims with their checksums into it: what was read
from a journal is not proved by the process that reads it, and has to be proved again by :mod:`certify.checker`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from typing import Any, NoReturn

from certify.certificate import Certificate, InputRecord, NotAsked
from certify.certificate.claim_json import claim_json, parameters_json, read_claim
from certify.certificate.exact_json import Reader, parse
from certify.chain import Chain
from certify.claims.thresholds import Thresholds
from certify.errors import CertificateError, InputError
from certify.execution.tasks import Entry, Place, subjects_of
from certify.prover.ledger import Ledger

__all__ = ["Journal", "opened"]

SCHEMA = "polystable-journal/1"
_LINE_LIMIT = 2**28
_SIZE_LIMIT = 2**32
_DIGEST = 64
_BEGINS = ' {"schema":"polystable-journal/'
_FRESH = "--fresh starts anew and drops what it holds; another output path leaves it alone"


class Journal:
    """An open journal; this process holds the lock on it."""

    def __init__(self, path: str, stream: FileIO, digest: str, known: Mapping[Place, Entry]) -> None:
        self.path = path
        self.known = known
        self._stream = stream
        self._digest = digest

    def add(self, place: Place, entry: Entry) -> None:
        """Write down a finished subject; it is on the disk when this returns.

        Raises
        ------
        InputError : the file cannot be written.
        """
        ledger = entry.ledger
        text = _text(
            {
                "place": list(place),
                "subject": ledger.subject,
                "claims": [claim_json(claim) for claim in ledger.claims],
                "not_asked": [item.to_json() for item in ledger.not_asked],
                "causes": dict(entry.causes),
            }
        )
        try:
            self._digest = _written(self._stream, self._digest, text)
        except OSError as error:
            raise _unusable(self.path, error) from error

    def remove(self) -> None:
        """Delete the file: all of it is in a certificate."""
        os.unlink(self.path)
        _sync_folder(self.path)


@contextmanager
def opened(
    path: str | os.PathLike[str], chain: Chain, thresholds: Thresholds, *, fresh: bool = False
) -> Generator[Journal]:
    """Open the journal at ``path`` for a chain and thresholds, or begin one; ``fresh`` drops what is there.

    Raises
    ------
    InputError : the file is no journal, belongs to other weights, thresholds or another version, is in use, or cannot
        be written; the message says which.
    """
    name = os.fspath(path)
    with contextlib.ExitStack() as stack:
        try:
            stream = _locked(name, stack)
            if fresh:
                _drop(name, stream)
            journal = _continued(name, stream, chain, thresholds)
        except OSError as error:
            raise _unusable(name, error) from error
        yield journal


def _locked(path: str, stack: contextlib.ExitStack) -> FileIO:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    stream = stack.enter_context(os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0))
    found = os.fstat(stream.fileno())
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise InputError("the journal is no file of its own", file=path, hint="remove it, or another output path")
    with contextlib.suppress(ImportError):
        import fcntl

        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                "another run writes this journal", file=path, hint="wait for it, or another output path"
            ) from None
    _sync_folder(path)
    return stream


def _drop(path: str, stream: FileIO) -> None:
    """Empty the file, unless it does not even begin like a journal."""
    begins = stream.read(_DIGEST + len(_BEGINS)).decode("ascii", "replace")
    if not (set(begins[:_DIGEST]) <= set("0123456789abcdef") and _BEGINS.startswith(begins[_DIGEST:])):
        raise InputError("this file is not a journal", file=path, hint="remove it, or another output path")
    stream.truncate(0)


def _continued(path: str, stream: FileIO, chain: Chain, thresholds: Thresholds) -> Journal:
    head = _header(chain, thresholds)
    first = _line("", head)[1]
    lines = _whole_lines(path, stream)
    digest, text, end = next(lines, ("", "", 0))
    if not text:
        stream.seek(0)
        # What is left of a first line is the beginning of the one that would be written now.
        if not first.startswith(stream.read(len(first) + 1)):
            _refuse(path, "this file is not a journal, or its first line is damaged")
    elif text != head:
        _refuse(path, _difference(text, head))
    subjects = subjects_of(chain)
    known: dict[Place, Entry] = {}
    for number, (after, line, place_after) in enumerate(lines, start=2):
        try:
            place, entry = _read(line, subjects)
        except (CertificateError, ValueError, KeyError) as error:
            _refuse(path, f"line {number} is not what a run writes: {error}")
        if place in known:
            _refuse(path, f"line {number} speaks of {entry.ledger.subject} again")
        known[place] = entry
        digest, end = after, place_after
    stream.truncate(end)
    if not end:
        digest = _written(stream, "", head)
    return Journal(path, stream, digest, known)


def _whole_lines(path: str, stream: FileIO) -> Iterator[tuple[str, str, int]]:
    """Digest, text and end of every line, up to the first that is not whole."""
    if os.fstat(stream.fileno()).st_size > _SIZE_LIMIT:
        raise InputError("the journal is too large", file=path, limit=f"{_SIZE_LIMIT} bytes", hint=_FRESH)
    stream.seek(0)
    before, end = "", 0
    with open(stream.fileno(), "rb", closefd=False) as reader:
        while line := reader.readline(_LINE_LIMIT):
            text = line[_DIGEST + 1 : -1].decode("ascii", "replace")
            digest, whole = _line(before, text)
            if line != whole:
                return
            before, end = digest, end + len(line)
            yield digest, text, end


def _line(before: str, text: str) -> tuple[str, bytes]:
    digest = hashlib.sha256(f"{before}{text}".encode("ascii", "replace")).hexdigest()
    return digest, f"{digest} {text}\n".encode("ascii", "replace")


def _written(stream: FileIO, before: str, text: str) -> str:
    digest, rest = _line(before, text)
    while rest:
        rest = rest[stream.write(rest) :]
    os.fsync(stream.fileno())
    return digest


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _header(chain: Chain, thresholds: Thresholds) -> str:
    # Pyright does not take the chain's cached sha256 for the property that the protocol asks for.
    record = InputRecord.of(chain)  # pyright: ignore[reportArgumentType]
    return _text(
        {
            "schema": SCHEMA,
            "version": Certificate.build(record, {}, ()).tool,
            "thresholds": parameters_json(thresholds.record()),
            "input": record.to_json(),
        }
    )


def _difference(text: str, wanted: str) -> str:
    """Why a journal with another first line is of another run."""
    try:
        found, asked = (dict(Reader(parse(item)).mapping()) for item in (text, wanted))
    except CertificateError:
        return "this file is not a journal"
    if "schema" not in found or found["schema"].value != SCHEMA:
        return "this file is not a journal of this program"
    reasons = {
        "version": "another version of this program wrote this journal",
        "thresholds": "this journal is of a run with other thresholds",
        "input": "this journal is of other weights, or of another chain of them",
    }
    for name, reason in reasons.items():
        if name not in found or found[name].value != asked[name].value:
            return reason
    return "this file is not a journal of this program"


def _read(text: str, subjects: Mapping[Place, str]) -> tuple[Place, Entry]:
    f = Reader(parse(text)).fields(("place", "subject", "claims", "not_asked", "causes"))
    kind, number = (item.integer(0) for item in f["place"].items(2))
    subject = f["subject"].choice([subjects[kind, number]])
    ledger = Ledger(
        subject,
        [read_claim(item) for item in f["claims"].items()],
        [NotAsked.read(item) for item in f["not_asked"].items()],
    )
    if any(item.subject != subject for item in (*ledger.claims, *ledger.not_asked)):
        raise ValueError("a claim about another subject")
    return (kind, number), Entry(ledger, {key: item.text() for key, item in f["causes"].mapping().items()})


def _unusable(path: str, error: OSError) -> InputError:
    return InputError(
        f"the journal cannot be written: {error.strerror or error}", file=path, hint="another output path"
    )


def _refuse(path: str, reason: str) -> NoReturn:
    raise InputError(reason, file=path, hint=_FRESH)


def _sync_folder(path: str) -> None:
    """Let the name survive a loss of power, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
