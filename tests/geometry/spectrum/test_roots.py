"""Brackets: proved by signs, whatever the candidate and the slope that were given."""

from __future__ import annotations

import math

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.spectrum.roots import bracket


def falling(third: flint.arb) -> object:
    """x ↦ 1/27 − x³, whose root is 1/3, with whatever uncertainty the constant has."""
    return lambda x: third - flint.arb(x) ** 3


@given(st.floats(0.1, 1), st.sampled_from([1e-3, 0.3, 1.0, 40.0, 1e6]), st.sampled_from([0.0, 1e-12, 1e-3]))
def test_the_root_is_inside_for_every_guess_and_slope(guess: float, slope: float, rad: float) -> None:
    fit = bracket(falling(flint.arb(flint.fmpq(1, 27)) + flint.arb(0, rad)), lambda _: slope, guess)
    if not fit.cause:
        assert fit.alpha.contains(flint.fmpq(1, 3))


def test_a_good_slope_gives_a_narrow_bracket() -> None:
    fit = bracket(falling(flint.arb(flint.fmpq(1, 27))), lambda x: 3 * x * x, 0.4)
    assert fit.alpha.contains(flint.fmpq(1, 3))
    assert float(fit.alpha.rad()) < 1e-14


def test_every_root_of_an_uncertain_function_is_inside() -> None:
    fit = bracket(lambda x: flint.arb(1, 0.25) - flint.arb(x), lambda _: 1.0, 1.0)
    assert fit.alpha.contains(0.75)
    assert fit.alpha.contains(1.25)


def test_a_root_outside_the_range_is_not_bracketed() -> None:
    value = lambda x: flint.arb(5) - flint.arb(x)  # noqa: E731
    assert bracket(value, lambda _: 1.0, 0.0, (-1.0, 1.0)).cause
    assert not bracket(value, lambda _: 1.0, 0.0, (-10.0, 10.0)).cause


@pytest.mark.parametrize("slope", [0.0, -1.0, math.nan])
def test_a_useless_slope_is_no_fit(slope: float) -> None:
    fit = bracket(falling(flint.arb(1)), lambda _: slope, 1.0)
    assert fit.cause
    assert fit.alpha.is_nan()


def test_an_equation_without_a_sign_is_no_fit() -> None:
    assert bracket(lambda _: flint.arb(0, 1), lambda _: 1.0, 0.0).cause
    assert bracket(lambda _: flint.arb.nan(), lambda _: 1.0, 0.0).cause
