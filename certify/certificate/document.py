"""The certificate as an object: build, save, load."""

from __future__ import annotations

import functools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any

from certify.certificate.claim_json import (
    claim_json,
    claim_text,
    parameters_json,
    read_claim,
    read_parameters,
    readable,
)
from certify.certificate.exact_json import Reader, digest_of, parse, reject
from certify.certificate.incidence_graph import read_graph
from certify.certificate.lines import LayoutError, Lines, claim_of_line, spelled
from certify.certificate.records import InputRecord, NotAsked
from certify.certificate.views import Views
from certify.errors import CertificateError, UsageError
from certify.reading import inflated, read_regular
from certify.verdict import Claim, Parameter, Verdict, combine
from certify.writing import deflated, write_whole

if TYPE_CHECKING:
    import networkx

__all__ = ["ARITHMETIC", "SCHEMA", "Certificate"]

SCHEMA = "polystable-certificate/1"
ARITHMETIC = "exact-dyadic-input/outward-float64-enclosures/1"
"""Every stored weight is an exact real (a dyadic rational); every pair [lower, upper] of float64 end points is a
closed interval that contains the exact real quantity; logarithms are natural."""

_FIELDS = ("schema", "tool", "arithmetic", "input", "thresholds", "claims", "not_asked", "verdict", "digest")
_SIZE_LIMIT = 2**31
_SHORT = 2**20


_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*((a|b|rc|\.post|\.dev)[0-9]+)*(\+[a-z0-9]+(\.[a-z0-9]+)*)?", re.ASCII)
_REPR_WIDTH = 116
_REPR_CLAIMS = 7


def _some(texts: list[str], shown: int) -> str:
    return ", ".join(texts[:shown]) + (f" and {len(texts) - shown} more" if len(texts) > shown else "")


def _version() -> str:
    try:
        return metadata.version("polystable")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def _read_version(reader: Reader) -> str:
    version = reader.text(64)
    if not _VERSION.fullmatch(version):
        reject("not the form of a version", reader.place)
    return version


@dataclass(frozen=True, repr=False)
class Certificate(Views):
    """Claims about one chain, with all that is needed to check them again.

    Parameters
    ----------
    input : the tensors with their hashes, the edges, what was left out.
    thresholds : every number that was chosen rather than computed.
    claims : in the order in which they were asked.
    not_asked : claims that do not apply, with the reason.
    tool : the version of this program that wrote it.
    """

    input: InputRecord
    thresholds: Mapping[str, Parameter]
    claims: tuple[Claim, ...]
    not_asked: tuple[NotAsked, ...] = ()
    tool: str = field(default_factory=_version)

    @classmethod
    def build(
        cls,
        input: InputRecord,
        thresholds: Mapping[str, Parameter],
        claims: Iterable[Claim],
        not_asked: Iterable[NotAsked] = (),
    ) -> Certificate:
        """A certificate of this version; refuses what could not be read back (NaN, inverted enclosures).

        Raises
        ------
        CertificateError : a part has no JSON form.
        """
        return cls(
            InputRecord.read(Reader(input.to_json(), "input")),
            read_parameters(Reader(parameters_json(thresholds), "thresholds")),
            tuple(
                claim if readable(claim) else read_claim(Reader(claim_json(claim), f"claims[{i}]"))
                for i, claim in enumerate(claims)
            ),
            tuple(NotAsked.read(Reader(item.to_json(), f"not_asked[{i}]")) for i, item in enumerate(not_asked)),
        )

    @property
    def verdict(self) -> Verdict:
        """CERTIFIED iff all claims are; REFUTED if one is refuted; UNDECIDED otherwise."""
        return combine(claim.verdict for claim in self.claims)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of every other field."""
        return digest_of(self._fields(sort_keys=True))

    def incidence(self, edge: str | tuple[str, str] | int) -> networkx.Graph:
        """The incidence graph of an interface: row groups, their edges with weight, shared columns and label, hubs.

        Parameters
        ----------
        edge : the names of both layers, what claims call the interface, or its place among the edges.

        Raises
        ------
        UsageError : there is no such interface, or nothing is certified of its row groups.
        """
        names = [tensor.layer for tensor in self.input.tensors]
        subjects = [f"edge {names[lower]} -> {names[upper]}" for lower, upper in self.input.edges]
        if isinstance(edge, int):
            subject = subjects[edge] if 0 <= edge < len(subjects) else ""
        else:
            subject = edge if isinstance(edge, str) else f"edge {edge[0]} -> {edge[1]}"
        if subject not in subjects:
            raise UsageError(f"no interface {edge!r}", hint=f"one of {', '.join(subjects[:8])}")
        return read_graph(self.claims, subject)

    def __repr__(self) -> str:
        """The verdict and what it is about, in a dozen lines at most."""
        counts = Counter(claim.verdict for claim in self.claims)
        tally = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
        layers = [f"{item.layer!a} {item.shape[0]}x{item.shape[1]} {item.dtype!a}" for item in self.input.tensors]
        open_claims = [claim for claim in self.claims if claim.verdict is not Verdict.CERTIFIED]
        said = [f"{claim.verdict.value} {claim.id!a} of {claim.subject!a}"[:_REPR_WIDTH] for claim in open_claims]
        return "\n  ".join(
            (
                f"<Certificate {self.verdict.value}, {len(self.claims)} claims: {tally}",
                f"{len(layers)} layers: {_some(layers, 3)}"[:_REPR_WIDTH],
                f"{len(self.input.edges)} edges, {len(self.not_asked)} claims not asked",
                *(
                    said
                    if len(said) <= _REPR_CLAIMS
                    else [*said[:_REPR_CLAIMS], f"and {len(said) - _REPR_CLAIMS} more"]
                ),
                f"written by polystable {self.tool[:64]!a}>",
            )
        )

    def _fields(self, *, sort_keys: bool = False) -> dict[str, Any]:
        """Every field but the digest; the long lists as iterators over the texts of their items."""
        texts = functools.partial(json.dumps, sort_keys=sort_keys, separators=(",", ":"))
        return {
            "schema": SCHEMA,
            "tool": {"name": "polystable", "version": self.tool},
            "arithmetic": ARITHMETIC,
            "input": self.input.to_json(),
            "thresholds": parameters_json(self.thresholds),
            "claims": (claim_text(claim, sort_keys=sort_keys) for claim in self.claims),
            "not_asked": (texts(item.to_json()) for item in self.not_asked),
            "verdict": self.verdict.value,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values with exact numbers: integers, and floats as hexadecimal strings."""
        lists = {"claims": list(map(claim_json, self.claims)), "not_asked": [item.to_json() for item in self.not_asked]}
        return {**self._fields(), **lists, "digest": self.digest}

    def _lines(self) -> Iterator[str]:
        return spelled({**self._fields(), "digest": self.digest})

    def to_bytes(self) -> bytes:
        """The one spelling of this certificate; one claim a line. Equal certificates have equal bytes."""
        return "".join(self._lines()).encode("ascii")

    @classmethod
    def from_json(cls, value: object) -> Certificate:
        """Strict inverse of :meth:`to_json`.

        Raises
        ------
        CertificateError : a field is unknown, missing, of another type, or contradicts the digest or the verdicts.
        """
        f = Reader(value).fields(_FIELDS)
        return cls._read(f)

    @classmethod
    def _read(cls, f: Mapping[str, Reader]) -> Certificate:
        return cls._of(
            f,
            tuple(read_claim(item) for item in f["claims"].items()),
            tuple(NotAsked.read(item) for item in f["not_asked"].items()),
        )

    @classmethod
    def _of(cls, f: Mapping[str, Reader], claims: tuple[Claim, ...], not_asked: tuple[NotAsked, ...]) -> Certificate:
        f["schema"].choice([SCHEMA])
        f["arithmetic"].choice([ARITHMETIC])
        tool = f["tool"].fields(("name", "version"))
        tool["name"].choice(["polystable"])
        found = cls(
            InputRecord.read(f["input"]),
            read_parameters(f["thresholds"]),
            claims,
            not_asked,
            _read_version(tool["version"]),
        )
        verdict = f["verdict"].choice([verdict.value for verdict in Verdict])
        if verdict != found.verdict.value:
            reject(f"recorded {verdict}, but the claims combine to {found.verdict.value}", "verdict")
        if (digest := f["digest"].text(64)) and digest != found.digest:
            reject("the digest does not match the contents", "digest", hint="certify the chain again")
        return found

    @classmethod
    def _from_text(cls, text: str) -> Certificate:
        try:
            lines = Lines(text)
            f: dict[str, Reader] = {}
            claims: tuple[Claim, ...] = ()
            not_asked: tuple[NotAsked, ...] = ()
            for name in _FIELDS:
                if name == "claims":
                    claims = lines.items(name, claim_of_line)
                elif name == "not_asked":
                    not_asked = lines.items(name, lambda line, place: NotAsked.read(Reader(parse(line), place)))
                else:
                    f[name] = lines.value(name)
            lines.end()
            found = cls._of(f, claims, not_asked)
        except LayoutError:
            # What else is wrong with a short text is worth saying.
            found = cls.from_json(parse(text)) if len(text) <= _SHORT else None
        place = 0
        for line in () if found is None else found._lines():
            if not text.startswith(line, place):
                break
            place += len(line)
        if found is None or place != len(text):
            reject("not in the one spelling of a certificate", hint="certify the chain again")
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the certificate, as a gzip file where ``path`` ends in ``.gz``; a file is replaced as a whole or not.

        Raises
        ------
        InputError : the folder does not exist or cannot be written.
        LimitError : the certificate is larger than what :meth:`load` reads.
        """
        pieces = (line.encode("ascii") for line in self._lines())
        packed = os.fspath(path).endswith(".gz")
        write_whole(path, deflated(pieces, limit=_SIZE_LIMIT) if packed else pieces, limit=_SIZE_LIMIT)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, size_limit: int = _SIZE_LIMIT) -> Certificate:
        """Read a certificate or a gzip file of one; ``size_limit`` is in bytes, of the file and of what is in it.

        Raises
        ------
        InputError : the file cannot be read.
        LimitError : the file is larger than ``size_limit``.
        CertificateError : the file is not a certificate of this schema in its one spelling.
        """
        words = {"what": "the certificate", "option": "option size_limit"}
        data = inflated(read_regular(path, size_limit, **words), size_limit, file=path, **words)
        try:
            text = data.decode("ascii")
            del data
            return cls._from_text(text)
        except UnicodeDecodeError as error:
            raise CertificateError("not ASCII text", file=path, place=f"byte {error.start}") from None
        except CertificateError as error:
            if error.file is not None:
                raise
            raise CertificateError(error.message, file=path, place=error.place, hint=error.hint) from None
