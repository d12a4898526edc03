"""The certificate as an object: build, save, load."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from certify.certificate.claim_json import claim_json, parameters_json, read_claim, read_parameters
from certify.certificate.exact_json import Reader, digest_of, parse, reject
from certify.certificate.files import write_whole
from certify.certificate.records import InputRecord, NotAsked
from certify.errors import CertificateError, InputError, LimitError
from certify.verdict import Claim, Parameter, Verdict, combine

__all__ = ["ARITHMETIC", "SCHEMA", "Certificate"]

SCHEMA = "polystable-certificate/1"
ARITHMETIC = "exact-dyadic-input/outward-float64-enclosures/1"
"""Every stored weight is an exact real (a dyadic rational); every pair [lower, upper] of float64 end points is a
closed interval that contains the exact real quantity; logarithms are natural."""

_FIELDS = ("schema", "tool", "arithmetic", "input", "thresholds", "claims", "not_asked", "verdict", "digest")
_SIZE_LIMIT = 256 * 2**20


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
class Certificate:
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
        # What is not written yet has no digest that could be wrong.
        body = cls(input, dict(thresholds), tuple(claims), tuple(not_asked))._body()
        return cls._read(Reader({**body, "digest": ""}).fields(_FIELDS))

    @property
    def verdict(self) -> Verdict:
        """CERTIFIED iff all claims are; REFUTED if one is refuted; UNDECIDED otherwise."""
        return combine(claim.verdict for claim in self.claims)

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of every other field."""
        return digest_of(self._body())

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

    def _body(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "tool": {"name": "polystable", "version": self.tool},
            "arithmetic": ARITHMETIC,
            "input": self.input.to_json(),
            "thresholds": parameters_json(self.thresholds),
            "claims": [claim_json(claim) for claim in self.claims],
            "not_asked": [item.to_json() for item in self.not_asked],
            "verdict": self.verdict.value,
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values with exact numbers: integers, and floats as hexadecimal strings."""
        body = self._body()
        return {**body, "digest": digest_of(body)}

    def to_bytes(self) -> bytes:
        """The one spelling of this certificate; one claim a line. Equal certificates have equal bytes."""
        lines: list[str] = []
        for key, value in self.to_json().items():
            if isinstance(value, list) and value:
                items = ",\n".join(json.dumps(item, separators=(",", ":")) for item in value)
                lines.append(f"{json.dumps(key)}:[\n{items}\n]")
            else:
                lines.append(f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}")
        return ("{\n" + ",\n".join(lines) + "\n}\n").encode("ascii")

    @classmethod
    def from_json(cls, value: object) -> Certificate:
        """Strict inverse of :meth:`to_json`.

        Raises
        ------
        CertificateError : a field is unknown, missing, of another type, or contradicts the digest or the verdicts.
        """
        f = Reader(value).fields(_FIELDS)
        found = cls._read(f)
        if f["digest"].text(64) != found.digest:
            reject("the digest does not match the contents", "digest", hint="certify the chain again")
        return found

    @classmethod
    def _read(cls, f: Mapping[str, Reader]) -> Certificate:
        f["schema"].choice([SCHEMA])
        f["arithmetic"].choice([ARITHMETIC])
        tool = f["tool"].fields(("name", "version"))
        tool["name"].choice(["polystable"])
        found = cls(
            InputRecord.read(f["input"]),
            read_parameters(f["thresholds"]),
            tuple(read_claim(item) for item in f["claims"].items()),
            tuple(NotAsked.read(item) for item in f["not_asked"].items()),
            _read_version(tool["version"]),
        )
        verdict = f["verdict"].choice([verdict.value for verdict in Verdict])
        if verdict != found.verdict.value:
            reject(f"recorded {verdict}, but the claims combine to {found.verdict.value}", "verdict")
        return found

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the certificate; the file is replaced as a whole or not at all.

        Raises
        ------
        InputError : the folder does not exist or cannot be written.
        """
        write_whole(path, self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, size_limit: int = _SIZE_LIMIT) -> Certificate:
        """Read a certificate; ``size_limit`` is in bytes.

        Raises
        ------
        InputError : the file cannot be read.
        LimitError : the file is larger than ``size_limit``.
        CertificateError : the file is not a certificate of this schema in its one spelling.
        """
        try:
            with open(path, "rb") as stream:
                data = stream.read(size_limit + 1)
        except OSError as error:
            raise InputError(f"the certificate cannot be read: {error.strerror}", file=path) from error
        if len(data) > size_limit:
            raise LimitError("the certificate is too large", file=path, limit=f"{size_limit} bytes, option size_limit")
        try:
            found = cls.from_json(parse(data.decode("ascii")))
            if found.to_bytes() != data:
                reject("not in the one spelling of a certificate", hint="certify the chain again")
        except UnicodeDecodeError as error:
            raise CertificateError("not ASCII text", file=path, place=f"byte {error.start}") from None
        except CertificateError as error:
            if error.file is not None:
                raise
            raise CertificateError(error.message, file=path, place=error.place, hint=error.hint) from None
        return found
