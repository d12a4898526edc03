"""Running the protocol over a whole chain."""

from __future__ import annotations

from certify.run.local import Outcome, run_protocol

__all__ = ["Outcome", "run_protocol"]
