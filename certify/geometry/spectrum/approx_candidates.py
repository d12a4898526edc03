"""Float candidates for the exponents. Nothing here carries an error bound and nothing here is trusted."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["approx_affinity_maximum", "approx_chart_root", "approx_mean_root"]

FloatArray = npt.NDArray[np.float64]

_BISECTIONS = 48


def _logs(d: int) -> FloatArray:
    return np.log(np.arange(1.0, d + 1.0))


def approx_chart_root(log_power_sum: float, d: int) -> float:
    """α with log H_d(2α) ≈ ``log_power_sum`` > 0."""
    logs = _logs(d)

    def excess(s: float) -> float:
        if s >= 0:
            value = math.log1p(float(np.exp(-s * logs[1:]).sum()))
        else:
            value = -s * logs[-1] + math.log(float(np.exp(-s * (logs - logs[-1])).sum()))
        return value - log_power_sum

    return _decreasing_root(excess) / 2


def approx_mean_root(mean: float, d: int) -> float:
    """α with u_d(2α) ≈ ``mean``, 0 < mean < log d."""
    logs = _logs(d)

    def excess(s: float) -> float:
        weights = np.exp(-s * (logs if s >= 0 else logs - logs[-1]))
        return float(weights @ logs) / float(weights.sum()) - mean

    return _decreasing_root(excess) / 2


def approx_affinity_maximum(root_p: FloatArray, right: float) -> float:
    """The α in [0, ``right``] that maximizes Σ √p_k k^{-α} / √H_d(2α), approximately."""
    logs = _logs(root_p.size)
    grid = np.unique(np.concatenate([np.linspace(0.0, min(right, 4.0), 65), np.geomspace(min(right, 4.0), right, 33)]))

    def slope(alpha: float) -> float:
        w = np.exp(-alpha * logs)
        nu, g = w * root_p, w * w
        return float(g @ logs) / float(g.sum()) - float(nu @ logs) / float(nu.sum())

    def affinity(alpha: float) -> float:
        w = np.exp(-alpha * logs)
        return float(w @ root_p) / float(np.linalg.norm(w))

    # The slope keeps its sign where the affinity itself is 1 to the last digit (steep spectra).
    rising = np.array([slope(float(a)) > 0 for a in grid])
    peaks = np.flatnonzero(rising[:-1] & ~rising[1:])
    roots = [_bisect(slope, float(grid[i]), float(grid[i + 1])) for i in peaks]
    return max(roots, key=affinity, default=0.0)


def _decreasing_root(excess: Callable[[float], float]) -> float:
    low, high = -1.0, 1.0
    while excess(low) < 0 and low > -1e6:
        low *= 2
    while excess(high) > 0 and high < 1e6:
        high *= 2
    return _bisect(excess, low, high)


def _bisect(excess: Callable[[float], float], low: float, high: float) -> float:
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if excess(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
