"""Weight decay and the imbalance (B1, B2, B4, B3.flow): the bounds on float runs and at their edges."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.interface import ridge

seeds = st.integers(0, 2**32)


def _layers(seed: int, n: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    first, second, target = (rng.integers(-4, 5, (n, n)) / 4 for _ in range(3))
    return first, second, target


def _delta(w: np.ndarray, v: np.ndarray) -> np.ndarray:
    return v.T @ v - w @ w.T


@given(seeds, st.sampled_from([0.25, 0.5, 1.0]), st.integers(1, 5))
def test_floor_and_production_bound_a_descent(seed: int, decay: float, steps: int) -> None:
    w, v, y = _layers(seed)
    eta = 1 / 64
    start, first_value = _delta(w, v), None
    productions, values, slopes = [], [], []
    for _ in range(steps):
        g = v @ w - y
        n, m = v.T @ g, g @ w.T
        r, s = n + decay * w, m + decay * v
        values.append(((g * g).sum() + decay * ((w * w).sum() + (v * v).sum())) / 2)
        slopes.append((r * r).sum() + (s * s).sum())
        productions.append(np.linalg.norm(m.T @ m - n @ n.T))
        w, v = w - eta * r, v - eta * s
    last = ((v @ w - y) ** 2).sum() / 2 + decay * ((w * w).sum() + (v * v).sum()) / 2
    values.append(last)
    first_value = values[0]
    floor = ridge.imbalance_floor(decay, eta, np.linalg.norm(start), max(productions), steps)
    assert np.linalg.norm(_delta(w, v)) <= floor + 1e-9
    fraction = min((a - b) / (eta * c) for a, b, c in zip(values, values[1:], slopes, strict=False) if c > 1e-12)
    if fraction > 0:
        nuclear = np.linalg.norm(start, "nuc")
        bound = ridge.production_bound(decay, eta, nuclear, first_value - last, fraction, steps)
        assert np.linalg.norm(_delta(w, v), "nuc") <= float(flint.arb(bound).mid()) + 1e-9


@given(seeds)
def test_stationarity_bound_at_any_point(seed: int) -> None:
    w, v, y = _layers(seed)
    decay, g = 0.5, v @ w - y
    r, s = v.T @ g + decay * w, g @ w.T + decay * v
    norms = (np.linalg.norm(w, 2), np.linalg.norm(v, 2), np.linalg.norm(r), np.linalg.norm(s))
    assert np.linalg.norm(_delta(w, v)) <= ridge.stationarity_bound(decay, *norms) + 1e-9


@given(seeds, st.sampled_from([1e-3, 0.1, 1.0]), st.integers(1, 2))
def test_a_path_keeps_its_gap(seed: int, size: float, k: int) -> None:
    rng = np.random.default_rng(seed)
    w, v, _ = _layers(seed)
    moves = [size * rng.standard_normal((3, 3)) for _ in range(2)]

    def gap(a: np.ndarray) -> float:
        s = np.linalg.svd(a, compute_uv=False) ** 2
        return float(s[k - 1] - s[k])

    values = [np.linalg.svd(a, compute_uv=False) for a in (w, v)]
    weight = float(np.sqrt(sum(s[k - 1] ** 2 + s[k] ** 2 for s in values)))
    path = float(np.sqrt(sum((m * m).sum() for m in moves)))
    kept = ridge.remaining_gap(gap(w) + gap(v), weight, path)
    assert gap(w + moves[0]) + gap(v + moves[1]) >= kept - 1e-9


def test_horizon_is_the_angle_bound_of_the_gap_that_is_kept() -> None:
    found = ridge.horizon_bound(1, Fraction(1, 4), 1, 10, 2, 1)
    truth = flint.arb(2).sqrt() * flint.arb("-0.5").exp() / (10 - 4 * flint.arb("0.25").sqrt())
    assert found.overlaps(truth)
    assert ridge.flow_path(4, Fraction(1, 4)).contains(1)


@pytest.mark.parametrize(("spread", "gap"), [(2, 4), (1, 1)])
def test_rate_range(spread: int, gap: int) -> None:
    low, high = ridge.rate_range(1, spread, flint.arb(2).sqrt(), gap)
    assert low == 1 / spread
    assert (high * gap).contains(2)


def test_factors() -> None:
    assert ridge.step_factor(Fraction(1, 2), 1) == Fraction(1, 4)
    assert ridge.flow_factor(1, 0) == 1


def test_half_life_path_and_horizon() -> None:
    decay, gap, weight, excess = (flint.arb(x) for x in (0.25, 5.0, 2.0, 0.125))
    assert ridge.flow_factor(decay, ridge.half_life(decay)).overlaps(flint.arb(1) / 2)
    path = ridge.critical_path(gap, weight)
    assert ridge.remaining_gap(gap, weight, path).contains(0)
    assert (ridge.flow_path(ridge.horizon(path, excess), excess) - path).contains(0)
    assert ridge.excess_bound(Fraction(1, 2), 3, 8) == 5


@given(st.floats(2.0, 500.0), st.floats(0.0, 0.999))
def test_no_share_has_a_lesser_factor(rate: float, other: float) -> None:
    share, factor = ridge.best_share(rate), ridge.best_factor(rate)
    assert (ridge.share_factor(rate, share) - factor).contains(0)
    assert not ridge.share_factor(rate, other) < factor.min(flint.arb(1))


@given(st.floats(0.0, 2.0), st.floats(0.0, 0.999))
def test_below_a_rate_of_two_the_bound_only_grows(rate: float, share: float) -> None:
    assert not ridge.share_factor(rate, share) < 1


def test_the_factor_is_that_of_the_bound() -> None:
    decay, gap, weight, excess, size = (flint.arb(x) for x in (0.25, 5.0, 2.0, 0.125, 0.01))
    time = ridge.horizon(ridge.critical_path(gap, weight), excess)
    for share in (0.0, 0.25, 0.75):
        later = ridge.horizon_bound(decay, share * share * time, size, gap, weight, excess)
        now = ridge.horizon_bound(decay, flint.arb(0), size, gap, weight, excess)
        assert later.overlaps(now * ridge.share_factor(2 * decay * time, share))
