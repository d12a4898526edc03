"""Every product and Gram matrix of the checker with an error as large as its bound, enlarged 10^7 times."""

from __future__ import annotations

import functools

import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.execution import certify
from tests.checker.fault import DIRECTIONS, Fault, Site
from tests.checker.injected import WIDE_ROOM, Found, chains, enclosures, missed

CHAINS = chains()
ROOMS = (0.0, WIDE_ROOM)


@functools.cache
def certified(name: str) -> tuple[Certificate, Chain]:
    chain = Chain.from_arrays(CHAINS[name])
    return certify(chain, workers=1), chain


@functools.cache
def honest(name: str, room: float) -> tuple[Found, tuple[Site, ...]]:
    plain = Fault()
    return enclosures(*certified(name), plain, room), tuple(plain.seen)


def misses(name: str, room: float, fault: Fault) -> list[tuple[object, ...]]:
    return missed(honest(name, room)[0], enclosures(*certified(name), fault, room))


QUICK = {(0.0, "tall"), (0.0, "low rank"), (0.0, "narrow"), (0.0, "two columns"), (WIDE_ROOM, "waist")}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("room", ROOMS)
def test_every_enclosure_holds_with_the_error_and_its_bound(name, room, request):
    if (room, name) not in QUICK and not request.config.getoption("--slow"):
        pytest.skip("slow: run with --slow")
    for site in honest(name, room)[1]:
        for direction in DIRECTIONS:
            assert misses(name, room, Fault(site, direction)) == [], (site, direction)


def test_the_error_is_seen_at_every_site_where_the_bound_is_left_as_it_is():
    places = {site for name in CHAINS for room in ROOMS for site in honest(name, room)[1]}
    seen = {
        site
        for site in places
        if any(
            site in honest(name, room)[1] and misses(name, room, Fault(site, direction, bounded=False))
            for name in CHAINS
            for room in ROOMS
            for direction in DIRECTIONS
        )
    }
    assert len(places) > 20
    assert places - seen == set()
