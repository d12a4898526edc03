"""Running the protocol over a whole chain."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike

from certify.certificate import Certificate, InputRecord
from certify.chain import Chain, load
from certify.claims.thresholds import Thresholds
from certify.console import Progress
from certify.execution.journal import Journal
from certify.execution.protocol import Measured, run_protocol

__all__ = ["Measured", "certify", "run_protocol"]


def certify(
    chain: Chain | str | os.PathLike[str] | Mapping[str, ArrayLike] | Iterable[ArrayLike],
    *,
    thresholds: Thresholds | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    journal: Journal | None = None,
    cluster: str | None = None,
) -> Certificate:
    """The certificate of a chain: every claim of the protocol, with what is needed to check it again.

    Parameters
    ----------
    chain : a chain; the path of one, read by :func:`certify.chain.load`; matrices of shape (n_out, n_in), lowest layer
        first, with or without names; or one two-dimensional array.
    thresholds, workers, progress, journal : as for :func:`run_protocol`.

    Raises
    ------
    InputError : the path or the matrices are refused; and as :func:`run_protocol`.

    >>> certify([[[2.0, 0.0], [0.0, 1.0]], [[3.0, 1.0]]]).verdict.name
    'CERTIFIED'
    """
    chain = _chain(chain)
    thresholds = thresholds or Thresholds()
    found = run_protocol(chain, thresholds, workers, progress, journal, cluster)
    # Pyright does not take the chain's cached sha256 for the property that the protocol asks for.
    record = InputRecord.of(chain)  # pyright: ignore[reportArgumentType]
    return Certificate.build(record, thresholds.record(), found.claims, found.not_asked)


def _chain(given: Chain | str | os.PathLike[str] | Mapping[str, ArrayLike] | Iterable[ArrayLike]) -> Chain:
    if isinstance(given, Chain):
        return given
    if isinstance(given, str | os.PathLike):
        return load(given)
    if isinstance(given, Mapping):
        return Chain.from_arrays(given.values(), [str(name) for name in given])
    return Chain.from_arrays([given] if isinstance(given, np.ndarray) and given.ndim == 2 else given)
