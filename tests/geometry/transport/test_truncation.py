"""Truncation (E1): bounds hold for true matrices at 60 digits, are attained, and are the stated formulas."""

from __future__ import annotations

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.geometry.transport import truncation
from certify.rigor.ball import precision
from tests.geometry import oracle
from tests.geometry.oracle import ball, inside, mp


def truncated(u: oracle.Matrix, s: list[oracle.Real], v: oracle.Matrix, r: int) -> oracle.Matrix:
    result = mp.matrix(u.rows, v.rows)
    for k in range(r):
        result += s[k] * (u[:, k] * v[:, k].T)
    return result


@given(
    st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32), st.data(), st.sampled_from([1, 9])
)
def test_bounds_hold(n: int, n_in: int, n_out: int, seed: int, data: st.DataObject, decay: int) -> None:
    rng = np.random.default_rng(seed)
    w = rng.standard_normal((n, n_in)) / decay ** np.arange(n_in)
    w_next = rng.standard_normal((n_out, n)) / decay ** np.arange(n)
    a, b = oracle.matrix(w), oracle.matrix(w_next)
    (u, s, v), (u2, s2, v2) = oracle.svd(a), oracle.svd(b)
    r, r_next = data.draw(st.integers(0, len(s))), data.draw(st.integers(0, len(s2)))
    error = b * a - truncated(u2, s2, v2, r_next) * truncated(u, s, v, r)
    sigma, sigma_next = [ball(x) for x in s], [ball(x) for x in s2]
    with precision(128):
        frobenius = truncation.truncation_bound_frobenius(sigma, sigma_next, r, r_next)
        spectral = truncation.truncation_bound_spectral(sigma, sigma_next, r, r_next)
        if r == len(s) and r_next == len(s2):
            assert frobenius == 0
            assert spectral == 0
            return
        assert not ball(oracle.frobenius(error)) > frobenius
        assert not ball(oracle.singular_values(error)[0]) > spectral
        for j in range(r):
            column = (b - truncated(u2, s2, v2, r_next)) * a * v[:, j]
            beyond = sigma_next[r_next] if r_next < len(s2) else flint.arb(0)
            assert not ball(oracle.frobenius(column)) > truncation.source_mode_bound(sigma[j], beyond)


def test_the_stated_formulas_in_symbols() -> None:
    s, t = [sympy.Integer(x) for x in (5, 2, 1)], [sympy.Integer(x) for x in (7, 3)]
    assert truncation.tail_squared(s, 1) == 5
    # min(49 · 5, 4 · 58) + min(9 · 25, 9 · 25)
    assert truncation.truncation_squared_frobenius(s, t, 1, 1) == 232 + 225
    assert truncation.truncation_squared_spectral(s, t, 1, 1) == 49 * 4 + 9 * 25
    assert truncation.source_mode_bound(s[0], t[1]) == 15
    # A window of nothing keeps nothing: the second term vanishes with (W)_0.
    assert truncation.truncation_squared_frobenius(s, t, 0, 2) == min(49 * 30, 25 * 58)
    assert truncation.truncation_squared_frobenius(s, t, 3, 2) == 0


def test_the_frobenius_bound_is_attained() -> None:
    """Diagonal W' = diag(3, 1) and W = diag(1, 2 → tail): the error is one entry and the bound equals it."""
    sigma, sigma_next = [sympy.Integer(1), sympy.Integer(1)], [sympy.Integer(3), sympy.Integer(0)]
    assert truncation.truncation_bound_frobenius(sigma, sigma_next, 1, 2) == 3
    w = oracle.matrix([[0.0, 1.0], [1.0, 0.0]])
    w_next = oracle.matrix([[3.0, 0.0], [0.0, 0.0]])
    # σ(W) = (1, 1): with v_1 = e_1 the window keeps W e_1 = e_2, which W' kills, and loses e_1 with its factor 3.
    kept = mp.matrix([[0, 0], [1, 0]])
    assert oracle.frobenius(w_next * (w - kept)) == 3


def test_windows_outside_the_spectra_are_refused() -> None:
    one = [flint.arb(1)]
    for r, r_next in ((-1, 0), (2, 0), (0, 2)):
        with pytest.raises(UsageError):
            truncation.truncation_bound_frobenius(one, one, r, r_next)
    with pytest.raises(UsageError):
        truncation.truncation_bound_spectral([], one, 0, 0)


def test_the_tail_contains_the_truth() -> None:
    value = truncation.tail_squared([flint.arb(0.1), flint.arb(0.2), flint.arb(0.3)], 1)
    assert inside(value, mp.mpf(0.2) ** 2 + mp.mpf(0.3) ** 2)
