"""Independent re-verification of certificates: other code and, where possible, other mathematics than the prover's."""

from __future__ import annotations

from certify.checker._verify import Outcome, Reason, RejectedError, Verification, check, verify

__all__ = ["Outcome", "Reason", "RejectedError", "Verification", "check", "verify"]
