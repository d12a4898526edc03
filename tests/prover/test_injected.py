"""Every product of the prover with an error as large as its bound, enlarged 10^7 times: all that is published holds."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from certify.chain import Chain
from certify.execution import run_protocol
from tests.linalg.injected import FACTOR, FINE, Fault, Site, injected
from tests.prover.containment import Missed, Subjects, missed, subjects_of

WAYS = ("tight", "fast")
"""Products of split matrices, as for layers of up to 256 columns; or plain ones, as for larger layers."""


def _chains() -> dict[str, list[np.ndarray]]:
    rng = np.random.default_rng(11)
    q = [np.linalg.qr(rng.standard_normal((5, 5)))[0] for _ in range(4)]
    tied = np.array([1.0, 1.0 - 2e-10, 0.4, 0.2, 0.2 - 2e-8])
    return {
        "square": [rng.standard_normal((4, 4)), rng.standard_normal((4, 4)), rng.standard_normal((3, 4))],
        "tall": [rng.standard_normal((8, 3)), rng.standard_normal((3, 8))],
        "low rank": [np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5]), rng.standard_normal((3, 3))],
        "graded": [np.diag(10.0 ** -np.arange(5)) @ q[0], q[1] * 10.0 ** -np.arange(5)],
        "nearly tied": [(q[0] * tied) @ q[1], (q[2] * tied) @ q[3]],
        "nearly balanced": [q[0][:, :3] * [3.0, 2.0, 1.0], (q[0][:, :3] * [3.0, 2.0, 1.0]).T * (1 + 1e-9)],
        "long": [rng.standard_normal((3, 3)) for _ in range(5)],
    }


CHAINS = _chains()


@functools.cache
def known(name: str) -> tuple[Chain, Subjects]:
    chain = Chain.from_arrays(CHAINS[name])
    return chain, subjects_of(chain)


@contextmanager
def _way(way: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if way == "fast":
            patch.setattr(sys.modules["certify.linalg.svd"], "_TIGHT_SIZE", 0)
        yield


def wrong(name: str, way: str, fault: Fault) -> list[Missed]:
    """What is published of a chain under a fault without holding the truth."""
    chain, subjects = known(name)
    with _way(way), injected(fault):
        claims = run_protocol(chain, workers=1).claims
    return [one for claim in claims for one in missed(claim, subjects)]


@functools.cache
def sites(name: str, way: str) -> tuple[Site, ...]:
    fault = Fault()
    assert wrong(name, way, fault) == []
    return tuple(fault.seen)


def factors(site: Site) -> tuple[float, ...]:
    return (FACTOR, FINE) if site[0] == "linalg.svd_factor" else (FACTOR,)
