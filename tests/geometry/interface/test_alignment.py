"""Overlap and the ratios of norms at an interface; the bound of B3 on random layers."""

from __future__ import annotations

import flint
import numpy as np
import sympy
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.interface import alignment
from tests.geometry import oracle
from tests.geometry.oracle import ball, inside, mp


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_overlap_contains_the_truth(cosines: list[float]) -> None:
    truth = mp.fsum(mp.mpf(c) ** 2 for c in cosines) / len(cosines)
    assert inside(alignment.overlap([flint.arb(c) for c in cosines]), truth)


def test_ratios_in_symbols() -> None:
    assert alignment.relative_imbalance(sympy.Integer(5), sympy.Integer(3), sympy.Integer(4)) == 1
    assert alignment.commutator_magnitude(sympy.Integer(1), sympy.Integer(2), sympy.Integer(4)) == sympy.Rational(1, 8)
    assert alignment.alignment_bound(sympy.Integer(3), sympy.Integer(1), sympy.Integer(2)) == sympy.sqrt(2)


@given(st.integers(2, 4), st.integers(0, 2**32), st.data())
def test_the_alignment_bound_holds(n: int, seed: int, data: st.DataObject) -> None:
    """B3 on random Grams at 60 digits."""
    rng = np.random.default_rng(seed)
    k = data.draw(st.integers(1, n - 1))
    w = oracle.matrix(rng.standard_normal((n, n)))
    w_next = w.T + oracle.matrix(rng.standard_normal((n, n))) * mp.mpf(data.draw(st.sampled_from([1e-6, 0.1, 2.0])))
    (u, s, _), (_, s2, v) = oracle.svd(w), oracle.svd(w_next)
    cosines = oracle.singular_values(u[:, :k].T * v[:, :k])
    sine = mp.sqrt(mp.fsum(abs(1 - c * c) for c in cosines))
    delta = oracle.frobenius(w_next.T * w_next - w * w.T)
    gaps = [x[k - 1] ** 2 - x[k] ** 2 for x in (s, s2)]
    bound = alignment.alignment_bound(ball(delta), ball(gaps[0]), ball(gaps[1]))
    assert not ball(sine) > bound
