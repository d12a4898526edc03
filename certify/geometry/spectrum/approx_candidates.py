"""Float candidates for the exponents. Nothing here carries an error bound and nothing here is trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["approx_affinity_maximum", "approx_chart_root", "approx_concave", "approx_mean_root"]

FloatArray = npt.NDArray[np.float64]

_NARROWINGS, _EIGHTHS = 16, np.arange(1, 8) / 8


def _logs(d: int) -> FloatArray:
    return np.log(np.arange(1.0, d + 1.0))


def approx_chart_root(log_power_sum: float, d: int) -> float:
    """α with log H_d(2α) ≈ ``log_power_sum`` > 0."""
    logs = _logs(d)

    def excess(s: FloatArray) -> FloatArray:
        # From the first term where it is the largest, from the last one otherwise.
        falling = np.log1p(np.exp(-np.maximum(s, 0.0)[:, None] * logs[1:]).sum(axis=1))
        t = np.minimum(s, 0.0)
        rising = -t * logs[-1] + np.log(np.exp(-t[:, None] * (logs - logs[-1])).sum(axis=1))
        return np.where(s >= 0, falling, rising) - log_power_sum

    return _decreasing_root(excess) / 2


def approx_mean_root(mean: float, d: int) -> float:
    """α with u_d(2α) ≈ ``mean``, 0 < mean < log d."""
    logs = _logs(d)

    def excess(s: FloatArray) -> FloatArray:
        weights = np.exp(-s[:, None] * np.where(s[:, None] >= 0, logs, logs - logs[-1]))
        return weights @ logs / weights.sum(axis=1) - mean

    return _decreasing_root(excess) / 2


def approx_affinity_maximum(root_p: FloatArray, right: float) -> float:
    """The α in [0, ``right``] that maximizes Σ √p_k k^{-α} / √H_d(2α), approximately."""
    logs = _logs(root_p.size)
    grid = np.unique(np.concatenate([np.linspace(0.0, min(right, 4.0), 65), np.geomspace(min(right, 4.0), right, 33)]))

    def slope(alpha: FloatArray) -> FloatArray:
        w = np.exp(-alpha[:, None] * logs)
        nu, g = w * root_p, w * w
        return g @ logs / g.sum(axis=1) - nu @ logs / nu.sum(axis=1)

    def affinity(alpha: float) -> float:
        w = np.exp(-alpha * logs)
        return float(w @ root_p) / float(np.linalg.norm(w))

    # The slope keeps its sign where the affinity itself is 1 to the last digit (steep spectra).
    rising = slope(grid) > 0
    peaks = np.flatnonzero(rising[:-1] & ~rising[1:])
    roots = [_narrowed(slope, float(grid[i]), float(grid[i + 1])) for i in peaks]
    return max(roots, key=affinity, default=0.0)


def approx_concave(root_p: FloatArray, guess: float, halves: Sequence[float]) -> list[bool]:
    """Whether the bound of f'' that the Hellinger search proves looks negative on guess ± each half."""
    logs = _logs(root_p.size)
    columns = np.stack([logs, logs * logs], axis=1)
    ends = guess + np.outer([-1.0, 1.0], halves)
    w = np.exp(-ends.ravel()[:, None] * logs)
    (nu, g) = ((x @ columns / x.sum(axis=1)[:, None]).reshape(2, len(halves), 2) for x in (w * root_p, w * w))
    bounds = (nu[0, :, 1] - nu[1, :, 0] ** 2) - 2 * (g[1, :, 1] - g[0, :, 0] ** 2)
    return (bounds < 0).tolist()


def _decreasing_root(excess: Callable[[FloatArray], FloatArray]) -> float:
    low, high = -1.0, 1.0
    while excess(np.array([low]))[0] < 0 and low > -1e6:
        low *= 2
    while excess(np.array([high]))[0] > 0 and high < 1e6:
        high *= 2
    return _narrowed(excess, low, high)


def _narrowed(excess: Callable[[FloatArray], FloatArray], low: float, high: float) -> float:
    """Where a function turns from positive: by eighths, because eight values cost little more than one."""
    for _ in range(_NARROWINGS):
        inner = low + (high - low) * _EIGHTHS
        positive = int(np.count_nonzero(np.logical_and.accumulate(excess(inner) > 0)))
        ends = [low, *inner.tolist(), high]
        low, high = ends[positive], ends[positive + 1]
    return (low + high) / 2
