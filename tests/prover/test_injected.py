"""Every product of the prover with an error as large as its bound, enlarged 10^7 times: all that is published holds."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import flint
import numpy as np
import pytest

from certify.chain import Chain
from certify.execution import run_protocol
from certify.linalg.cores.values import largest_value
from certify.linalg.leading_svd import top_singular
from certify.linalg.norms import norm2_abs_up
from tests.linalg.injected import DIRECTIONS, FACTOR, FINE, HIDDEN, MIDDLE, Fault, Site, injected
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
        "commuting": [q[3][:, :2] * [2.0, 1.0], (q[3][:, :4] * [1.5, 0.7, 3.0, 2.5]).T],
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


def _decaying(m: int, n: int, second: float = 0.8) -> np.ndarray:
    rng = np.random.default_rng([m, n])
    u, v = (np.linalg.qr(rng.standard_normal((side, n)))[0] for side in (m, n))
    s = 0.8 ** np.arange(n)
    s[1] = second
    return (u * s) @ v.T


_BROAD, _TIED, _NARROW = _decaying(200, 200), _decaying(200, 200, 1 - 1e-9), _decaying(80, 60)
_U, _S, _VT = np.linalg.svd(_NARROW, full_matrices=False)
_RANK_ONE = np.outer(np.arange(1.0, 8.0), np.arange(1.0, 6.0))
SLACK = 1e-12
"""What float64 references are good for; far less than the faults."""


def largest_value_holds() -> bool:
    """The largest singular value of large blocks of spectra that decay, alone or in a near tie."""
    found = [largest_value(a, flint.arb(0)) for a in (_BROAD, _TIED)]
    return all(ball.lower() <= 1 + SLACK and ball.upper() >= 1 - SLACK for ball in found)


def leading_values_hold() -> bool:
    """The first singular values of a matrix, and how far their vectors are off."""
    found = top_singular(_NARROW, 3)
    inside = np.all(found.lower <= _S[:3] + SLACK) and np.all(_S[:3] - SLACK <= found.upper)
    right, left = found.v[:, :2], found.u[:, :2]
    angles = (
        (found.sin_theta_right(2), right - _VT[:2].T @ (_VT[:2] @ right)),
        (found.sin_theta_left(2), left - _U[:, :2] @ (_U[:, :2].T @ left)),
    )
    far = all(np.linalg.norm(rest, 2) <= bound * (1 + 1e-6) + SLACK for bound, rest in angles)
    return bool(inside and found.following >= _S[3] - SLACK and far)


def magnitude_holds() -> bool:
    """The norm of a non-negative matrix."""
    return norm2_abs_up(_RANK_ONE) >= np.sqrt(140.0 * 55.0) * (1 - SLACK)


DIRECT: dict[str, Callable[[], bool]] = {
    "largest value": largest_value_holds,
    "leading values": leading_values_hold,
    "magnitude": magnitude_holds,
}
CASES = (*(f"{name}, {way}" for name in CHAINS for way in WAYS), *DIRECT)


def holds(case: str, fault: Fault) -> bool:
    """Whether everything that a case encloses holds the truth under a fault."""
    if case in DIRECT:
        with injected(fault):
            return DIRECT[case]()
    name, _, way = case.rpartition(", ")
    return not wrong(name, way, fault)


@functools.cache
def sites(case: str) -> tuple[Site, ...]:
    """The call sites of products that a case goes through."""
    fault = Fault()
    assert holds(case, fault)
    return tuple(fault.seen)


def factors(site: Site) -> tuple[float, ...]:
    """How much the bound of a site is enlarged."""
    finer = {"linalg.svd_factor": FINE, "linalg.cores.values": MIDDLE}
    return (FACTOR, finer[site[0]]) if site[0] in finer else (FACTOR,)


def trials(case: str, site: Site, *, bounded: bool) -> Iterator[Fault]:
    """Every fault at a site."""
    for factor in factors(site):
        for direction in (*DIRECTIONS, *HIDDEN):
            yield Fault(site, direction, bounded, factor)


QUICK = ("tall, fast", *DIRECT)


@pytest.mark.parametrize("case", CASES)
def test_everything_holds_with_the_error_and_its_bound(case, request):
    if case not in QUICK and not request.config.getoption("--slow"):
        pytest.skip("slow: run with --slow")
    for site in sites(case):
        for fault in trials(case, site, bounded=True):
            assert holds(case, fault), fault


@pytest.mark.slow
def test_the_error_is_seen_at_every_site_where_the_bound_is_left_as_it_is():
    places = {site for case in CASES for site in sites(case)}
    seen = {
        site
        for site in places
        if any(
            not holds(case, fault)
            for case in CASES
            if site in sites(case)
            for fault in trials(case, site, bounded=False)
        )
    }
    assert len(places) > 20
    assert places - seen == set()
