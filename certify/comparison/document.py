"""A comparison: its claims, what it is about, and its JSON form."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from certify.certificate import NotAsked
from certify.certificate.claim_json import claim_json, parameters_json
from certify.chain.model import LeftOut
from certify.claims.thresholds import Thresholds
from certify.verdict import Claim, Verdict, combine
from certify.writing import write_whole

__all__ = ["Comparison"]

SCHEMA = "polystable-comparison 1"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Certified differences between two models, B less A.

    Parameters
    ----------
    a, b : the names of the two inputs.
    hashes : by layer, the canonical SHA-256 of every stored tensor used, of A and of B.
    edges : the interfaces that were compared, as pairs of layers.
    claims : one for each difference; a measurement is CERTIFIED when its enclosure is no wider than its limit.
    not_asked : claims that do not apply, and why.
    left_out : layers and tensors that are not compared, and why.
    thresholds : what was asked.
    """

    a: str
    b: str
    hashes: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    edges: tuple[tuple[str, str], ...]
    claims: tuple[Claim, ...]
    not_asked: tuple[NotAsked, ...]
    left_out: tuple[LeftOut, ...]
    thresholds: Thresholds

    @property
    def verdict(self) -> Verdict:
        """The conjunction of all claims."""
        return combine(claim.verdict for claim in self.claims)

    def claim(self, subject: str, id: str) -> Claim | None:
        """The claim of an id about a subject."""
        return next((claim for claim in self.claims if claim.subject == subject and claim.id == id), None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; floats are hexadecimal text, as in a certificate."""
        return {
            "schema": SCHEMA,
            "tool": f"polystable {metadata.version('polystable')}",
            "a": self.a,
            "b": self.b,
            "layers": [
                {"name": name, "a_sha256": list(a), "b_sha256": list(b)} for name, (a, b) in self.hashes.items()
            ],
            "edges": [list(edge) for edge in self.edges],
            "thresholds": parameters_json(self.thresholds.record()),
            "verdict": self.verdict.value,
            "claims": [claim_json(claim) for claim in self.claims],
            "not_asked": [{"id": x.id, "subject": x.subject, "reason": x.reason} for x in self.not_asked],
            "left_out": [{"name": x.name, "why": x.why} for x in self.left_out],
        }

    def to_bytes(self) -> bytes:
        """The JSON text, ASCII."""
        return (json.dumps(self.to_json(), indent=1) + "\n").encode("ascii")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the JSON text as a whole or not at all.

        Raises
        ------
        InputError : the file cannot be written.
        """
        write_whole(path, self.to_bytes())
