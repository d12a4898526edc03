"""Jacobians of ReLU networks against rational arithmetic, and where they have none."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import certify
from certify.errors import ChainError, InputError
from certify.jacobians import active_units, from_relu, save_chain

NUMBERS = st.floats(-(2.0**40), 2.0**40, allow_subnormal=True) | st.sampled_from([0.0, 1.0, -1.0, 2.0**-30, 5e-324])


def signs(weights, x, biases) -> list[list[int]]:
    """The sign of every hidden input, in rational numbers."""
    state = [Fraction(v) for v in x]
    found = []
    for matrix, shift in zip(weights[:-1], biases[:-1], strict=True):
        values = [
            sum((Fraction(float(a)) * h for a, h in zip(row, state, strict=True)), Fraction(float(b)))
            for row, b in zip(matrix, shift, strict=True)
        ]
        found.append([(v > 0) - (v < 0) for v in values])
        state = [max(v, Fraction(0)) for v in values]
    return found


@given(st.data())
def test_patterns_are_those_of_rational_arithmetic(data):
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=3, max_size=4))

    def draw(*shape: int) -> np.ndarray:
        count = int(np.prod(shape))
        return np.array(data.draw(st.lists(NUMBERS, min_size=count, max_size=count))).reshape(shape)

    weights = [draw(m, n) for n, m in pairwise(sizes)]
    biases = [draw(m) for m in sizes[1:]]
    x = draw(sizes[0])
    wanted = signs(weights, x, biases)
    if any(0 in layer or 1 not in layer for layer in wanted):
        with pytest.raises(InputError):
            active_units(weights, x, biases)
        return
    assert [on.tolist() for on in active_units(weights, x, biases)] == [[s > 0 for s in layer] for layer in wanted]


def test_a_sign_that_rounding_hides():
    weights = [np.array([[1.0, 2.0**-60, -1.0]]), np.array([[1.0]])]
    assert active_units(weights, [1.0, 1.0, 1.0])[0].tolist() == [True]
    with pytest.raises(InputError, match="input 0"):
        active_units([np.array([[1.0, -1.0]]), np.array([[1.0]])], [1.0, 1.0])


def test_the_chain_is_certified_and_verified(tmp_path):
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal((6, 6)) for _ in range(3)]
    x = rng.standard_normal(6)
    chain = from_relu(weights, x)
    on = active_units(weights, x)
    for l in range(2):
        assert np.array_equal(chain.layers[l].matrix(), weights[l] * on[l][:, None])
    assert np.array_equal(chain.layers[2].matrix(), weights[2])
    assert "units that are on" in chain.notes[-1]
    save_chain(chain, tmp_path / "j.npz")
    loaded = certify.load(tmp_path / "j.npz")
    certificate = certify.certify(loaded)
    certificate.save(tmp_path / "j.json")
    certify.verify(tmp_path / "j.json", tmp_path / "j.npz")


def test_shapes_and_numbers_that_are_refused():
    with pytest.raises(ChainError, match="do not compose"):
        from_relu([[[1.0, 2.0]], [[1.0]]], [1.0])
    with pytest.raises(InputError, match="not finite"):
        from_relu([[[np.inf]], [[1.0]]], [1.0])
    with pytest.raises(InputError, match="no unit of layer 1"):
        from_relu([[[-1.0]], [[1.0]]], [1.0])
    with pytest.raises(ChainError, match="biases"):
        from_relu([[[1.0]], [[1.0]]], [1.0], [[1.0]])
