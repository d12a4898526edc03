"""Running the protocol over a whole chain."""

from __future__ import annotations

from certify.certificate import Certificate, InputRecord
from certify.chain import Chain
from certify.claims.thresholds import Thresholds
from certify.console import Progress
from certify.execution.journal import Journal
from certify.execution.protocol import Measured, run_protocol

__all__ = ["Measured", "certify", "run_protocol"]


def certify(
    chain: Chain,
    *,
    thresholds: Thresholds | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    journal: Journal | None = None,
    cluster: str | None = None,
) -> Certificate:
    """The certificate of a chain: every claim of the protocol, with what is needed to check it again.

    Parameters and errors as :func:`run_protocol`.

    >>> certify(Chain.from_arrays([[[2.0, 0.0], [0.0, 1.0]]])).verdict.name
    'CERTIFIED'
    """
    thresholds = thresholds or Thresholds()
    found = run_protocol(chain, thresholds, workers, progress, journal, cluster)
    # Pyright does not take the chain's cached sha256 for the property that the protocol asks for.
    record = InputRecord.of(chain)  # pyright: ignore[reportArgumentType]
    return Certificate.build(record, thresholds.record(), found.claims, found.not_asked)
