"""Rigidity (D4, D7): the formulas give the truth at 60 digits, and true matrices satisfy every statement."""

from __future__ import annotations

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.spectrum import rigidity
from certify.geometry.spectrum.fits import residual
from certify.rigor.ball import precision
from tests.geometry import oracle
from tests.geometry.oracle import ball, inside, mp


class Pair:
    """Two square matrices and everything D4 speaks of, at 60 digits, straight from the normalized matrices."""

    def __init__(self, n: int, seed: int, nearness: float) -> None:
        rng = np.random.default_rng(seed)
        first = rng.standard_normal((n, n))
        a, b = (oracle.matrix(x) for x in (first, first * 0.5 + nearness * rng.standard_normal((n, n))))
        self.d = n
        self.sigma = [oracle.singular_values(x) for x in (a, b)]
        self.norm = [oracle.frobenius(x) for x in (a, b)]
        quotient = oracle.singular_values(b * mp.inverse(a))
        self.quotient = (quotient[0], 1 / quotient[-1])
        self.product = oracle.singular_values(b * a)[0]
        hats = [x * (mp.sqrt(n) / norm) for x, norm in zip((a, b), self.norm, strict=True)]
        transport = oracle.singular_values(hats[1] * mp.inverse(hats[0]))
        self.r = [mp.log(oracle.singular_values(x)[0]) for x in hats]
        self.a_plus, self.a_minus = mp.log(transport[0]), -mp.log(transport[-1])
        self.a_x = mp.log(oracle.singular_values(hats[1] * hats[0])[0])

    def exponents(self, chart: str) -> tuple[list[oracle.Real], list[oracle.Real]]:
        alphas = [oracle.FITS[chart](x) for x in self.sigma]
        return alphas, [r - oracle.chart(self.d, a) for r, a in zip(self.r, alphas, strict=True)]


pairs = st.builds(Pair, st.integers(2, 4), st.integers(0, 2**32), st.sampled_from([1e-6, 0.1, 1.0, 30.0]))
charts = st.sampled_from(sorted(oracle.FITS))


@pytest.fixture(autouse=True)
def _wide() -> object:
    with precision(128):
        yield


@given(pairs)
def test_amplitudes_and_slacks(pair: Pair) -> None:
    sizes = [ball(x) for x in pair.norm]
    assert inside(rigidity.transport_amplitude(ball(pair.quotient[0]), *sizes), pair.a_plus)
    assert inside(rigidity.transport_amplitude(ball(pair.quotient[1]), *reversed(sizes)), pair.a_minus)
    assert inside(rigidity.product_amplitude(ball(pair.product), sizes[0], pair.d, sizes[1], pair.d), pair.a_x)
    r, r_next = (ball(x) for x in pair.r)
    slack = rigidity.slack_transport(r, ball(pair.a_plus), r_next)
    assert inside(slack, pair.r[0] + pair.a_plus - pair.r[1])
    assert not slack < 0
    product = rigidity.slack_product(r, r_next, ball(pair.a_x))
    assert inside(product, pair.r[0] + pair.r[1] - pair.a_x)
    assert not product < 0
    bound = rigidity.amplitude(ball(pair.a_plus), ball(pair.a_minus))
    assert not abs(r_next - r) > bound
    assert rigidity.sharp_product_bound(ball(pair.a_x), product, r, r_next).overlaps(abs(r_next - r))


@given(pairs, charts)
def test_drift_bounds_hold_for_true_exponents(pair: Pair, chart: str) -> None:
    (alpha, alpha_next), (rho, rho_next) = pair.exponents(chart)
    amplitude = max(pair.a_plus, pair.a_minus)
    step = rho_next - rho
    bound = rigidity.drift_bound(ball(amplitude), ball(step), pair.d, ball(alpha), ball(alpha_next))
    assert inside(bound, (amplitude + abs(step)) / oracle.moment(pair.d, 2 * max(alpha, alpha_next), 1))
    assert not ball(abs(alpha_next - alpha)) > bound
    moved = abs(oracle.chart(pair.d, alpha_next) - oracle.chart(pair.d, alpha))
    slack_x = pair.r[0] + pair.r[1] - pair.a_x
    product = rigidity.product_bound(ball(pair.a_x), ball(slack_x), ball(step))
    assert inside(product, pair.a_x + slack_x + abs(step))
    assert not ball(moved) > product
    slack = pair.r[0] + pair.a_plus - pair.r[1]
    gap = rigidity.identity_gap(pair.d, *map(ball, (alpha, alpha_next, pair.a_plus, slack, step)))
    assert gap.contains(0)
    lower = rigidity.action_lower_bound(pair.d, *map(ball, (alpha, alpha_next, rho, rho_next)))
    assert inside(
        lower, oracle.moment(pair.d, 2 * max(alpha, alpha_next), 1) * abs(alpha_next - alpha) - abs(rho_next - rho)
    )
    assert not lower > ball(amplitude)


def test_the_drift_bound_is_attained_in_the_limit() -> None:
    """Two diagonal power laws of nearby exponents: amplitude over slope is the drift, to first order."""
    d, alpha, step = 5, mp.mpf(1), mp.mpf(2) ** -80
    sigma = [[mp.power(k, -a) for k in range(1, d + 1)] for a in (alpha, alpha + step)]
    r = [oracle.radial(x) for x in sigma]
    bound = rigidity.drift_bound(ball(abs(r[1] - r[0])), flint.arb(0), d, ball(alpha), ball(alpha + step))
    assert inside(bound * flint.arb(1, 2.0**-70), step)


def test_exact_drift_bound_in_symbols() -> None:
    m = sympy.Symbol("m", positive=True)
    assert rigidity.exact_drift_bound(sympy.log(m), 12, 2, sympy.Integer(0)) == sympy.log(m) / (6 * sympy.log(2))


def test_one_rank_has_no_drift_bound() -> None:
    bound = rigidity.drift_bound(flint.arb(0), flint.arb(0), 1, flint.arb(0), flint.arb(0))
    assert not bound.is_finite()


def test_the_identity_needs_the_residuals() -> None:
    assert rigidity.identity_gap(3, flint.arb(0), flint.arb(1), flint.arb(0.5), flint.arb(0), flint.arb(0)) != 0
    assert residual(flint.arb(0), 3, flint.arb(0)).contains(0)
