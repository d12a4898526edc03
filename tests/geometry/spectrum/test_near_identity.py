"""Near the identity (D9): the formulas against 60 digits, for matrices whose remainder is known."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.spectrum import near_identity
from certify.rigor.ball import precision
from tests.geometry import oracle
from tests.geometry.oracle import ball, inside, mp


@pytest.fixture(autouse=True)
def _wide() -> object:
    with precision(160):
        yield


@given(st.integers(1, 5), st.integers(0, 2**32), st.sampled_from([1e-9, 1e-3, 0.2]))
def test_range_holds_the_coordinate(d: int, seed: int, epsilon: float) -> None:
    b = oracle.matrix(np.random.default_rng(seed).standard_normal((d, d)))
    norm = oracle.singular_values(b)[0]
    b = b / norm
    a = mp.eye(d) + mp.mpf(epsilon) * b
    top = max(mp.eigsy((b + b.T) / 2, eigvals_only=True))
    mean = sum(b[i, i] for i in range(d)) / d
    r = mp.log(oracle.singular_values(a)[0]) + mp.log(d) / 2 - mp.log(oracle.frobenius(a))
    low, high = near_identity.radial_range(flint.arb(epsilon), ball(top), ball(mean), flint.arb(1))
    assert low < ball(r) + 1e-40
    assert ball(r) < high + 1e-40
    first = near_identity.first_order(flint.arb(epsilon), ball(top), ball(mean))
    assert inside(first, mp.mpf(epsilon) * (top - mean))
    square = oracle.frobenius(b) ** 2 / d
    ratio = near_identity.frobenius_ratio(flint.arb(epsilon), ball(mean), ball(square))
    assert inside(ratio, oracle.frobenius(a) ** 2 / d)


@pytest.mark.parametrize("y", [-0.5, -0.25, 0.0, 0.125, 1.0, 30.0])
def test_remainder_bound(y: float) -> None:
    assert inside(near_identity.remainder_bound(flint.arb(y)), mp.mpf(y) ** 2 / 2 + y - mp.log(1 + mp.mpf(y)))


def test_remainder_bound_keeps_digits_of_small_arguments() -> None:
    # F(y) = y² − y³/3 + …: with 160 bits the cancellation of y − log(1 + y) costs 40 of them.
    found = near_identity.remainder_bound(flint.arb(2) ** -40)
    assert abs(found * flint.arb(2) ** 80 - 1) < flint.arb(2) ** -39
