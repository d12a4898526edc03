"""Every product and Gram matrix of the checker with an error as large as its bound, enlarged 10^7 times."""

from __future__ import annotations

import functools

import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.execution import certify
from tests.checker.injected import DIRECTIONS, WIDE_ROOM, Fault, Found, Site, chains, enclosures, missed

CHAINS = chains()
ROOMS = (0.0, WIDE_ROOM)
UNSEEN = {
    ("exact_product_rank", "full_rank"): "decides whether a rank is full and encloses nothing",
    ("product_spectrum", "_times"): "small beside the roundings of the decomposition of the product",
    ("spectral_norm", "spectral_norm"): "the bound starts at what a vector reaches; no product here has a tie on top",
    ("spectral_norm", "_inertia_bound"): "of the Cholesky factor, which LAPACK would have to get wrong too",
    (
        "two_layers",
        "transport_norm",
    ): "of W and the proposed inverse: an error only enlarges the rest",
}
"""Call sites whose error no enclosure shows when the bound is left as it is."""


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


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("room", ROOMS)
def test_every_enclosure_holds_with_the_error_and_its_bound(name, room):
    for site in honest(name, room)[1]:
        for direction in DIRECTIONS:
            assert misses(name, room, Fault(site, direction)) == [], (site, direction)


def test_the_error_is_seen_where_the_bound_is_left_as_it_is():
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
    unseen = {(site[0].rpartition(".")[2], site[1]) for site in places - seen}
    assert unseen == set(UNSEEN)
