"""The tail estimate on spectra of which it is known, and that it is called an estimate wherever it is shown."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

import certify
from certify.report.page import page
from certify.report.tail import fit_tail, tail_table


def _pareto(exponent: float, count: int) -> np.ndarray:
    """Singular values whose squares are the quantiles of a Pareto law."""
    return ((np.arange(count) + 0.5) / count) ** (-0.5 / (exponent - 1))


@pytest.mark.parametrize("exponent", [1.5, 2.5, 4.0])
def test_a_power_law_is_found_within_its_error(exponent):
    found = fit_tail(_pareto(exponent, 400))
    assert abs(found.exponent - exponent) < 2 * found.error
    assert found.count > 100
    assert found.error == pytest.approx((found.exponent - 1) / found.count**0.5)
    assert found.distance < 0.02


def test_random_draws_lie_within_three_errors():
    rng = np.random.default_rng(1)
    for _ in range(20):
        squares = rng.random(500) ** (-1 / 1.5)
        found = fit_tail(np.sqrt(squares))
        assert abs(found.exponent - 2.5) < 4 * found.error


def test_the_bulk_below_the_tail_is_left_out():
    rng = np.random.default_rng(2)
    tail = _pareto(3.0, 60) * 10
    found = fit_tail([*tail, *rng.uniform(0.01, 9.0, 300)])
    assert 30 <= found.count <= 90
    assert abs(found.exponent - 3.0) < 3 * found.error


def test_scale_and_order_do_not_matter():
    sigma = _pareto(2.2, 100)
    one, other = fit_tail(sigma), fit_tail(1e-200 * sigma[::-1])
    assert other.exponent == pytest.approx(one.exponent)
    assert other.count == one.count


@pytest.mark.parametrize("sigma", [[], [1.0] * 7, [1.0] * 50, [0.0] * 50, [float("nan")] * 50])
def test_too_little_is_no_tail(sigma):
    assert fit_tail(sigma) is None


def test_it_is_called_an_estimate():
    rng = np.random.default_rng(3)
    chain = certify.Chain.from_arrays([rng.normal(size=(20, 12)), rng.normal(size=(5, 20))])
    certificate = certify.certify(chain)
    console = Console(width=140, record=True, file=io.StringIO())
    console.print(tail_table(certificate))
    shown = console.export_text()
    assert "estimates, not certified" in shown
    assert " of 12" in shown
    # Five singular values are no tail.
    assert any(line.startswith("W2") and "–" in line for line in shown.splitlines())
    assert "estimates, not certified" in page(certificate)
    assert not any("tail" in claim.id for claim in certificate.claims)
