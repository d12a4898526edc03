"""The claims of a certificate by subject and id, and what is noted on the way through them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from certify.certificate import NotAsked
from certify.verdict import Claim, Enclosure, Parameter

__all__ = ["Lookup", "MissingClaimError"]


class MissingClaimError(LookupError):
    """A claim on which others build is missing, or has another number of values."""

    def __init__(self, subject: str, id: str, message: str) -> None:
        self.subject = subject
        self.id = id
        self.message = message
        super().__init__(message)


class Lookup:
    """Look-up of claims; also collects which claims must not be asked."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._places = {(claim.subject, claim.id): place for place, claim in enumerate(claims)}
        self._claims = claims
        self.skipped: list[NotAsked] = []

    def place(self, subject: str, id: str) -> int | None:
        """The last place of a claim in the certificate."""
        return self._places.get((subject, id))

    def values(self, subject: str, id: str, count: int) -> tuple[Enclosure, ...]:
        """The published values of a claim.

        Raises
        ------
        MissingClaimError : there is no such claim or it has another number of values.
        """
        claim = self.claim(subject, id)
        if len(claim.values) != count:
            raise MissingClaimError(subject, id, f"{len(claim.values)} values instead of {count}")
        return claim.values

    def parameter(self, subject: str, id: str, name: str) -> Parameter | None:
        """A recorded parameter of a claim, or nothing."""
        return self.claim(subject, id).parameters.get(name)

    def cause(self, subject: str, id: str) -> str:
        """The recorded cause of a claim."""
        return self.claim(subject, id).cause

    def skip(self, subject: str, ids: Iterable[str], reason: str) -> None:
        """These claims do not apply and must be recorded as not asked."""
        self.skipped += [NotAsked(id, subject, reason) for id in ids]

    def claim(self, subject: str, id: str) -> Claim:
        """A claim as it is recorded; raises MissingClaimError."""
        place = self.place(subject, id)
        if place is None:
            raise MissingClaimError(subject, id, "the claim is missing")
        return self._claims[place]
