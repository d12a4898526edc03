"""The result of checking a certificate: accepted or rejected, why, and which question it answers."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from certify.certificate import Certificate
from certify.checker.recorded_thresholds import Difference
from certify.errors import AmbiguousVerdictError, CertificateError

__all__ = ["Outcome", "Reason", "RejectedError", "Verification"]

_LISTED = 8


class Outcome(enum.Enum):
    """ACCEPTED: everything was proved again. REJECTED: something was not, whatever the reason."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"

    def __bool__(self) -> bool:
        raise AmbiguousVerdictError("an outcome is no truth value", hint="compare with `is Outcome.ACCEPTED`")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a certificate is rejected.

    Parameters
    ----------
    place : the path of the field in the certificate, ``claims[12].margin``, or of the part it belongs to.
    claim, subject : the claim's id and subject; empty for other parts of the certificate.
    message : what is wrong.
    recorded, recomputed : what stands there and what should, where both are short.
    """

    place: str
    message: str
    claim: str = ""
    subject: str = ""
    recorded: str = ""
    recomputed: str = ""

    def __str__(self) -> str:
        about = f"{self.claim} of {self.subject}: " if self.claim else ""
        numbers = f"; recorded {self.recorded}" if self.recorded else ""
        numbers += f"; recomputed {self.recomputed}" if self.recomputed else ""
        return f"{about}{self.message} ({self.place}{numbers})"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking one certificate.

    Parameters
    ----------
    reasons : why it is rejected.
    differences : the recorded thresholds that are not the expected ones. The certificate answers another question then.
    reread : how many layers were read a second time from the bytes of their files, by the checker's own reader.
    """

    certificate: Certificate
    reasons: tuple[Reason, ...]
    differences: tuple[Difference, ...] = ()
    reread: int = 0

    @property
    def outcome(self) -> Outcome:
        """REJECTED iff there is a reason."""
        return Outcome.REJECTED if self.reasons else Outcome.ACCEPTED


class RejectedError(CertificateError):
    """A certificate was read, and not everything in it could be proved again."""

    def __init__(self, verification: Verification, file: object = None) -> None:
        self.verification = verification
        reasons = verification.reasons
        lines = [str(reason) for reason in reasons[:_LISTED]]
        if len(reasons) > _LISTED:
            lines.append(f"and {len(reasons) - _LISTED} more reasons")
        super().__init__(
            "the certificate is rejected: " + "; ".join(lines),
            file=file,
            place=reasons[0].place,
            hint="certify the chain again; do not rely on this certificate",
        )
