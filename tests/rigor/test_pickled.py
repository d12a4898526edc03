"""Balls that were pickled are those that went in, to the last bit of both parts."""

from __future__ import annotations

import pickle
import random

import flint
import pytest

from certify.rigor.ball import precision
from certify.rigor.pickled import register, restored

register()


def again(x: flint.arb) -> flint.arb:
    return pickle.loads(pickle.dumps(x))


def parts(x: flint.arb) -> tuple[object, object]:
    return x.mid().man_exp(), x.rad().man_exp()


@pytest.mark.parametrize("bits", [53, 128, 4096])
def test_balls_keep_both_parts(bits: int) -> None:
    draw = random.Random(bits)
    with precision(bits):
        balls = [flint.arb(x) for x in (0, 1, -3, 5e-324, 1.7e308)]
        # Radii that are powers of two, one below them, and of every length up to 30 bits.
        balls += [flint.arb(7, 2.0**-k) for k in range(60)]
        for _ in range(300):
            x = (flint.arb(draw.random()) / 3) ** draw.randint(-9, 9) * flint.arb(1, 2.0 ** -draw.randint(1, 90))
            balls += [x, -x, x * flint.arb(2) ** draw.randint(-3000, 3000), flint.arb(0, x.abs_upper())]
    for x in balls:
        # Also where another precision is set than that of the ball.
        assert parts(again(x)) == parts(x)


def test_every_radius_of_thirty_bits_comes_back() -> None:
    draw = random.Random(1)
    for mantissa in [2**29, 2**29 + 1, 2**30 - 1, 1, 2, 3, *(draw.randrange(1, 2**30) for _ in range(2000))]:
        x = restored((1, 0), (mantissa, -40))
        assert x.rad() == flint.arb((mantissa, -40))


def test_a_radius_that_is_longer_grows() -> None:
    x = restored((1, 0), (2**40 + 1, -80))
    assert x.rad() > flint.arb((2**40 + 1, -80))


def test_balls_without_bounds() -> None:
    assert again(flint.arb.nan()).is_nan()
    everything = again(flint.arb(0, flint.arb.pos_inf()))
    assert everything.contains(1e300)
    assert everything.contains(-1e300)
    assert again(flint.arb.pos_inf()) > 0
    assert again(flint.arb.neg_inf()) < 0
