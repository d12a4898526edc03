"""Enclosed solutions: of equations with closed forms, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, arb_mat

from certify.errors import InternalError
from theorems.exact.taylor_steps import State, balls, enclosed_solution, entries

TIMES = (Fraction(1, 2), Fraction(1))


def growth(state: State, order: int) -> list[list[arb_mat]]:
    """ẋ = x²: x_j = x₀^(j+1)."""
    x = state[0][0, 0]
    return [[arb_mat([[x ** (j + 1)]]) for j in range(order + 1)]]


def turning(state: State, order: int) -> list[list[arb_mat]]:
    """ẋ = Ax with A a quarter turn."""
    found = [state[0]]
    for j in range(order):
        found.append(balls([[0, -1], [1, 0]]) * found[-1] / (j + 1))
    return [found]


@pytest.mark.parametrize("order", [1, 2, 5, 15])
def test_a_pole_is_approached(order: int) -> None:
    # x = 1/(2 − t) from 1/2.
    found = enclosed_solution(growth, [balls([[Fraction(1, 2)]])], TIMES, step=Fraction(1, 32), order=order)
    for time, state in zip(TIMES, found, strict=True):
        exact = 1 / (2 - arb(time.numerator) / time.denominator)
        assert state[0][0, 0].contains(exact)
        assert state[0][0, 0].rad() < 2.0 ** (-3 * order)


def test_the_remainder_is_needed() -> None:
    start = [balls([[Fraction(1, 2)]])]
    (state,) = enclosed_solution(growth, start, TIMES[:1], step=Fraction(1, 32), order=3, remainder=False)
    assert not state[0][0, 0].overlaps(arb(2) / 3)


def test_every_start_in_a_ball_is_followed() -> None:
    start = [arb_mat([[arb(0, 2.0**-20)], [arb(1, 2.0**-20)]])]
    (state,) = enclosed_solution(turning, start, (Fraction(1),), step=Fraction(1, 16), order=12)
    x, y = entries(state)
    for a in (-(2.0**-20), 0.0, 2.0**-20):
        for b in (1 - 2.0**-20, 1 + 2.0**-20):
            c, s = arb(1).cos(), arb(1).sin()
            assert x.contains(c * a - s * b)
            assert y.contains(s * a + c * b)


def test_what_is_refused() -> None:
    start = [balls([[Fraction(1, 2)]])]
    with pytest.raises(InternalError, match="the step is too long"):
        enclosed_solution(growth, start, TIMES, step=Fraction(1, 2), order=3)
    with pytest.raises(InternalError, match="no multiple"):
        enclosed_solution(growth, start, TIMES, step=Fraction(1, 33), order=3)
    with pytest.raises(InternalError, match="no multiple"):
        enclosed_solution(growth, start, TIMES[::-1], step=Fraction(1, 32), order=3)

    def small(state: State) -> bool:
        return state[0][0, 0] < arb(3) / 5

    with pytest.raises(InternalError, match="may leave"):
        enclosed_solution(growth, start, TIMES, step=Fraction(1, 32), order=3, watch=small)
