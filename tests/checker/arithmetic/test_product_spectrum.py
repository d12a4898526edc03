"""Products of several layers: singular values against 60 digits, ranks against rational arithmetic."""

from __future__ import annotations

import functools

import flint
import mpmath as mp
import numpy as np
import pytest
import sympy

from certify.checker.arithmetic import exact_product_rank
from certify.checker.arithmetic.exact_product_rank import full_rank, rank_at_most, rank_modulo
from certify.checker.arithmetic.product_spectrum import product_sigma
from certify.checker.arithmetic.scaled_matrix import Unit
from tests.linalg.reference import exact_matrix, singular_values

CHAINS = {
    "pair": [(3, 2), (4, 3)],
    "hourglass": [(2, 5), (6, 2), (3, 6)],
    "wide middle": [(7, 2), (6, 7), (3, 6)],
    "waist": [(2, 7), (5, 2), (6, 5)],
    "vectors": [(4, 1), (1, 4), (5, 1)],
    "long": [(3, 3)] * 9,
}


def factors(shapes, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) * scale for shape in shapes]


def reading(arrays):
    return [functools.partial(np.array, a) for a in arrays]


def dimensions(arrays):
    return [arrays[0].shape[1], *(a.shape[0] for a in arrays)]


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("scale", [1.0, 1e60, 1e-40])
def test_singular_values_of_a_product(name, scale):
    arrays = factors(CHAINS[name], 3, scale)
    norms = [float(np.linalg.norm(a, 2)) * (1 + 1e-9) for a in arrays]
    with flint.ctx.workprec(96), mp.workdps(80):
        lower, upper = product_sigma(reading(arrays), dimensions(arrays), norms)
        product = functools.reduce(lambda below, a: exact_matrix(a) * below, arrays[1:], exact_matrix(arrays[0]))
        work = product if product.rows >= product.cols else product.T
        truth = sorted(mp.svd_r(work, compute_uv=False), reverse=True)
        assert len(lower) == len(truth)
        for low, high, sigma in zip(lower, upper, truth, strict=True):
            assert mp.mpf(low) <= sigma * (1 + mp.mpf(10) ** -60)
            assert sigma <= mp.mpf(high) * (1 + mp.mpf(10) ** -60) + truth[0] * mp.mpf(10) ** -60
            # Beyond the range of floats only the outermost ones are left.
            inside = mp.mpf(10) ** -290 < truth[0] < mp.mpf(10) ** 290
            assert mp.mpf(high) - mp.mpf(low) <= truth[0] * mp.mpf(10) ** -11 or not inside


def test_norms_may_be_unknown():
    arrays = factors(CHAINS["pair"], 1)
    with flint.ctx.workprec(96):
        lower, upper = product_sigma(reading(arrays), dimensions(arrays), [np.inf, np.inf])
    truth = singular_values(arrays[1] @ arrays[0])
    assert float(lower[0]) < truth[0] * (1 + mp.mpf(10) ** -12)
    assert truth[0] * (1 - mp.mpf(10) ** -12) < float(upper[0])


def rational(arrays):
    product = None
    for a in arrays:
        w = sympy.Matrix(a.shape[0], a.shape[1], [sympy.Rational(float(x)) for x in a.flat])
        product = w if product is None else w * product
    return product.rank()


def losing():
    """Pairs whose product has less rank than both of them, by construction or not at all."""
    rng = np.random.default_rng(6)
    basis = rng.integers(-4, 5, (6, 3)).astype(float)
    left = sympy.Matrix(3, 6, [sympy.Integer(int(x)) for x in basis.T.flat]).nullspace()
    annihilator = np.array([[float(x) for x in (v * sympy.ilcm(*[x.q for x in v]))] for v in left])
    return [
        [basis, annihilator],
        [basis, np.vstack([annihilator, rng.integers(-3, 4, (2, 6)).astype(float)])],
        [np.diag([1.0, 0.0, 2.0**-600]), np.diag([0.0, 1.0, 2.0**600])],
        [rng.standard_normal((5, 2)), rng.standard_normal((4, 5))],
        [rng.standard_normal((2, 5)), rng.standard_normal((4, 2))],
        [np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([[1.0, -1.0], [2.0, -2.0]])],
    ]


@pytest.mark.parametrize("arrays", losing(), ids=range(6))
def test_ranks_of_products(arrays):
    truth = rational(arrays)
    assert rank_modulo(reading(arrays)) == truth
    smaller = min(*arrays[0].shape, *arrays[1].shape)
    assert [r for r in range(smaller + 1) if rank_at_most(reading(arrays), r)] == list(range(truth, smaller + 1))
    with flint.ctx.workprec(96):
        if full_rank(Unit.of(arrays[0]), Unit.of(arrays[1])):
            assert truth == min(arrays[0].shape[1], arrays[1].shape[0])


def test_an_inverse_that_overflows_proves_nothing():
    """And warns of nothing."""
    w = np.array([[8.095e-320, 8.095e-320], [0.0009765625, 5.397605346934028e-79]])
    assert not full_rank(Unit.of(w), Unit.of(np.eye(2)))


def test_full_rank_is_found_where_it_is_clear():
    with flint.ctx.workprec(96):
        for shapes in ([(5, 2), (4, 5)], [(5, 5), (5, 5)], [(9, 3), (2, 9)]):
            w, v = factors(shapes, 4)
            assert full_rank(Unit.of(w), Unit.of(v))
        assert not full_rank(Unit.of(np.diag([1.0, 0.0])), Unit.of(np.eye(2)))
        assert not full_rank(Unit.of(np.diag([1.0, 1e-17])), Unit.of(np.eye(2)))


def test_a_false_inverse_is_not_believed(monkeypatch):
    monkeypatch.setattr(exact_product_rank.np.linalg, "qr", lambda a: (np.eye(2), np.eye(2)))
    with flint.ctx.workprec(96):
        assert not full_rank(Unit.of(np.diag([1.0, 0.0])), Unit.of(np.eye(2)))


def test_the_modulus_is_prime_and_small_enough():
    assert sympy.isprime(exact_product_rank._PRIME)
    half = (exact_product_rank._PRIME - 1) // 2
    assert half * half * exact_product_rank._CHUNK + exact_product_rank._PRIME < 2**53


def test_residues_are_those_of_the_floats():
    values = np.array([[1.0, -3.0, 0.1, 5e-324], [1e300, -1e-300, 0.0, 2.0**52 + 1]])
    p = exact_product_rank._PRIME
    found = exact_product_rank._residues(values)
    for x, r in zip(values.flat, found.flat, strict=True):
        numerator, denominator = float(x).as_integer_ratio()
        assert (numerator * pow(denominator, -1, p) - int(r)) % p == 0
        assert abs(r) <= p // 2
