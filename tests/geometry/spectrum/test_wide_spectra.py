"""Many ranks: Hurwitz' zeta function gives what the sums give, near its pole, at it, and for negative exponents."""

from __future__ import annotations

import time

import flint
import pytest

from certify.geometry.spectrum import action, chart, wide_spectra

POINTS = [flint.arb(v) for v in ("-1.5", "0", "0.25", "1", "2", "7.5")] + [1 + flint.arb(2) ** -30, flint.arb(1, 1e-9)]


@pytest.mark.parametrize("d", [1, 2, 3, 50, 1000])
@pytest.mark.parametrize("s", POINTS, ids=str)
def test_moments(d: int, s: flint.arb) -> None:
    found = wide_spectra.wide_moments(d, s)
    truth = (chart.power_sum(d, s), chart.mean_log_rank(d, s), chart.variance_log_rank(d, s))
    for a, b in zip(found, truth, strict=True):
        assert a.overlaps(b)
        assert a.rad() <= 4 * b.rad() + 1e-14 * abs(b).mid() + 1e-13


@pytest.mark.parametrize("s", POINTS[:4], ids=str)
def test_affinity_divergence_chart(s: flint.arb) -> None:
    for t in (s + 0.5, flint.arb(3)):
        assert wide_spectra.wide_affinity(40, s, t).overlaps(action.gibbs_affinity(40, s, t))
        assert wide_spectra.wide_divergence(40, s, t).overlaps(action.gibbs_divergence(40, s, t))
        assert action.gibbs_divergence(40, s, t).overlaps(action.divergence(chart.gibbs(40, s), chart.gibbs(40, t)))
        assert action.gibbs_affinity(40, s, t).overlaps(action.affinity(chart.gibbs(40, s), chart.gibbs(40, t)))
    assert wide_spectra.wide_chart(40, s).overlaps(chart.chart(40, s))


def test_work_does_not_grow_with_the_ranks() -> None:
    def seconds(d: int) -> float:
        start = time.process_time()
        for k in range(20):
            wide_spectra.wide_moments(d, flint.arb(k + 1) / 7 + 1e-3)
        return time.process_time() - start

    assert seconds(10**5) < 10 * seconds(100) + 0.05
