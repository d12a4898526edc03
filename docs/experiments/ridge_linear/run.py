"""Deep linear networks under ridge: the imbalance, its rate, the discrete law, and what becomes of the angles.

python docs/experiments/ridge_linear/run.py
"""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from flint import arb
from scipy.integrate import solve_ivp

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from shared import Array, certified, enclosed, line_chart, save_results, significant, slope  # noqa: E402

from certify.geometry.interface.alignment import alignment_bound  # noqa: E402
from certify.geometry.interface.ridge import flow_path, horizon_bound, remaining_gap, step_factor  # noqa: E402
from certify.linalg import CertifiedSVD, frobenius, svd  # noqa: E402
from certify.linalg.gemm import gemm  # noqa: E402
from certify.linalg.gram_pair import gram_pair_norms  # noqa: E402
from certify.linalg.subspace import Subspace, principal_sines  # noqa: E402
from certify.rigor.ball import ball, hull_ball, interval  # noqa: E402
from certify.rigor.rounding import norm_down, norm_up  # noqa: E402

SEED = 11
WIDTHS = (6, 8, 7, 5)
DECAYS = (0.02, 0.05, 0.1, 0.2)
TARGET = (3.0, 2.0, 1.2, 0.0, 0.0)
ANGLE_DECAY = 0.1
SNAPSHOTS = (0, 10, 20)


def unpack(flat: Array, widths: tuple[int, ...]) -> list[Array]:
    """The matrices, lowest first."""
    found, at = [], 0
    for n, m in pairwise(widths):
        found.append(flat[at : at + n * m].reshape(m, n))
        at += n * m
    return found


def gradients(weights: list[Array], target: Array) -> tuple[float, list[Array]]:
    """½‖W_L⋯W_1 − Y‖² and its gradient at each layer."""
    products = [np.eye(weights[0].shape[1])]
    for w in weights:
        products.append(w @ products[-1])
    rest = products[-1] - target
    above, found = np.eye(target.shape[0]), list[Array]()
    for l in reversed(range(len(weights))):
        found.append(above.T @ rest @ products[l].T)
        above = above @ weights[l]
    return 0.5 * float(np.sum(rest**2)), found[::-1]


def flow(start: list[Array], target: Array, decay: float, times: Array) -> list[list[Array]]:
    """The weights along the gradient flow of loss and ridge."""
    widths = (start[0].shape[1], *(w.shape[0] for w in start))

    def move(_: float, flat: Array) -> Array:
        weights = unpack(flat, widths)
        found = gradients(weights, target)[1]
        return -np.concatenate([(g + decay * w).ravel() for g, w in zip(found, weights, strict=True)])

    begin = np.concatenate([w.ravel() for w in start])
    found = solve_ivp(move, (times[0], times[-1]), begin, "DOP853", times, rtol=1e-11, atol=1e-12)
    return [unpack(column, widths) for column in found.y.T]


def imbalance(weights: list[Array], l: int) -> Array:
    return weights[l + 1].T @ weights[l + 1] - weights[l] @ weights[l].T


def rates(rng: np.random.Generator) -> dict[str, Any]:
    """The measured rate of ‖Δ‖_F against 2λ, and its certified values at two checkpoints."""
    start = [rng.normal(0, 0.6, (m, n)) for n, m in pairwise(WIDTHS)]
    target = rng.normal(0, 1, (WIDTHS[-1], WIDTHS[0]))
    rows, lines = [], {}
    for decay in DECAYS:
        times = np.linspace(0, 3 / decay, 31)
        path = flow(start, target, decay, times)
        norms = [np.array([np.linalg.norm(imbalance(w, l)) for w in path]) for l in range(2)]
        checkpoints = []
        for at in (0, 10):
            claims = certified(path[at])
            checkpoints.append([enclosed(claims[f"edge W{l + 1} -> W{l + 2}", "B3.imbalance"]) for l in range(2)])
        law = max(
            abs(norms[l][at] / (norms[l][0] * math.exp(-2 * decay * times[at])) - 1)
            for l in range(2)
            for at in range(31)
        )
        rows.append(
            {
                "decay": decay,
                "rate": [significant(-slope(times, np.log(norm)), 5) for norm in norms],
                "law_holds_to": f"1e{math.ceil(math.log10(law))}",
                "certified_at_0_and_1_over_decay": checkpoints,
            }
        )
        lines[f"λ = {decay}"] = (times * decay, norms[0])
    law_times = np.linspace(0, 3, 31)
    lines["e^(−2λt) law"] = (law_times, lines[f"λ = {DECAYS[0]}"][1][0] * np.exp(-2 * law_times))
    line_chart(HERE / "rates.svg", "Imbalance of layers 1 and 2 along the flow", "λt", "‖Δ‖_F", lines, log=True,
               dashed=["e^(−2λt) law"])  # fmt: skip
    return {"widths": WIDTHS, "rows": rows}


def discrete() -> dict[str, Any]:
    """Δ⁺ = (1 − ηλ)²Δ + η²(N'ᵀN' − NNᵀ), in rational numbers and in floats."""
    decay, eta, steps = Fraction(1, 10), Fraction(1, 8), 4
    weights = [np.array(m, dtype=object) for m in ([[1, 2], [0, 1], [1, -1]], [[1, 0, 1], [2, 1, 0]])]
    weights = [np.vectorize(Fraction)(w) for w in weights]
    target = np.vectorize(Fraction)(np.array([[1, 0], [0, 2]], dtype=object))
    q = step_factor(decay, eta)
    exact, produced = True, []
    for _ in range(steps):
        rest = weights[1] @ weights[0] - target
        lower, upper = weights[1].T @ rest, rest @ weights[0].T
        before = imbalance(weights, 0)
        weights = [(1 - eta * decay) * weights[0] - eta * lower, (1 - eta * decay) * weights[1] - eta * upper]
        production = eta**2 * (upper.T @ upper - lower @ lower.T)
        exact = exact and bool(np.all(imbalance(weights, 0) == q * before + production))
        produced.append(significant(float(np.sqrt(float(np.sum(production**2))))))
    rng = np.random.default_rng(SEED)
    floats = [rng.normal(0, 0.6, (m, n)) for n, m in pairwise(WIDTHS)]
    goal = rng.normal(0, 1, (WIDTHS[-1], WIDTHS[0]))
    worst, l, lam, step = 0.0, 0, 0.1, 0.02
    for _ in range(500):
        found = gradients(floats, goal)[1]
        before = imbalance(floats, l)
        after = [(1 - step * lam) * w - step * g for w, g in zip(floats, found, strict=True)]
        wanted = (1 - step * lam) ** 2 * before + step**2 * (found[l + 1].T @ found[l + 1] - found[l] @ found[l].T)
        size = np.linalg.norm(floats[l]) ** 2 + np.linalg.norm(floats[l + 1]) ** 2
        worst = max(worst, float(np.linalg.norm(imbalance(after, l) - wanted) / size))
        floats = after
    return {
        "exact_steps": steps,
        "law_exact": exact,
        "production_norms": produced,
        "float_steps": 500,
        "float_defect_below_1e-14_of_the_mass": worst < 1e-14,
    }


def sine(write: CertifiedSVD, read: CertifiedSVD, k: int) -> tuple[float, float]:
    """Enclosure of ‖sinΘ_k‖_F between the k leading directions written and read; (nan, nan) without gaps."""
    one = Subspace(write.u[:, :k], write.sin_theta_left(k))
    other = Subspace(read.v[:, :k], read.sin_theta_right(k))
    if not one.sin_theta + other.sin_theta < 1.0:
        return math.nan, math.nan
    found = principal_sines(one, other)
    return float(norm_down(found.lo)), float(norm_up(found.hi))


def gaps(decompositions: list[CertifiedSVD], k: int) -> list[arb]:
    """σ_k² − σ_{k+1}² of each layer."""
    found = []
    for s in decompositions:
        first, second = (hull_ball(float(s.lower[j]), float(s.upper[j])) for j in (k - 1, k))
        found.append(first * first - second * second)
    return found


def angles(rng: np.random.Generator) -> dict[str, Any]:
    """Two layers: the angle of every window, B3's bound, and the horizon from one snapshot."""
    n = len(TARGET)
    turn = [np.linalg.qr(rng.normal(size=(n, n)))[0] for _ in range(2)]
    target = turn[0] @ np.diag(TARGET) @ turn[1].T
    start = [rng.normal(0, 0.5, (n, n)) for _ in range(2)]
    times = np.linspace(0, 60, 61)
    path = flow(start, target, ANGLE_DECAY, times)
    found = [[svd(w, "tight") for w in weights] for weights in path]
    sizes = [gram_pair_norms(*weights).imbalance for weights in path]
    rows, lines, true = [], {}, {}
    for k in (1, 2, 3, 4):
        true[k] = [sine(*pair, k) for pair in found]
        bounds = [
            interval(alignment_bound(size, *gaps(pair, k))) if sum(gaps(pair, k)) > 0 else (math.nan, math.nan)
            for pair, size in zip(found, sizes, strict=True)
        ]
        both = list(zip(true[k], bounds, strict=True))
        rows.append(
            {
                "k": k,
                "target_sigma": TARGET[k - 1],
                "sigma_at_end": significant(found[-1][0].s[k - 1], 4),
                "sine_at_start": significant(true[k][0][1], 4),
                "sine_at_end": significant(true[k][-1][1], 3),
                "certified_within_B3_at": sum(value[1] <= bound[0] for value, bound in both),
                "certified_beyond_B3_at": sum(value[0] > bound[1] for value, bound in both),
                "times": len(times),
            }
        )
        lines[f"k = {k}, angle"] = (times, [high for _, high in true[k]])
        if k in (1, 4):
            lines[f"k = {k}, B3"] = (times, [high for _, high in bounds])
    line_chart(HERE / "angles.svg", f"Angles of the windows, λ = {ANGLE_DECAY}", "t", "‖sin Θ‖_F", lines, log=True,
               dashed=[name for name in lines if "B3" in name])  # fmt: skip
    return {
        "target": TARGET,
        "decay": ANGLE_DECAY,
        "imbalance_at_start_and_end": [significant(float(sizes[i].mid()), 3) for i in (0, -1)],
        "windows": rows,
        "horizon": horizon(path[30], found[30], times[30:], target, true[1][30:]),
        "certificates": [certificate(path[at], times[at], target, times[-1]) for at in SNAPSHOTS],
    }


def excess_of(weights: list[Array], target: Array) -> float:
    """An upper bound of F − inf F, in balls."""
    decay = ball(Fraction(str(ANGLE_DECAY)))
    product = gemm(weights[1], weights[0])
    rest = product.mid - target
    off = ball(float(norm_up(product.rad)) + 2.0**-52 * float(norm_up(rest)))
    value = (norm_ball(rest) + arb(0, off.upper())) ** 2 / 2
    value += decay / 2 * sum((norm_ball(w) ** 2 for w in weights), ball(0))
    # The infimum over all chains: every σ of the target shrinks to (y − λ)₊, at the cost λy − λ²/2, or y²/2 (B3).
    known = svd(target, "tight")
    costs = [
        decay * y - decay * decay / 2 if y > decay else y * y / 2
        for y in (hull_ball(float(a), float(b)) for a, b in zip(known.lower, known.upper, strict=True))
    ]
    return max(interval(value - sum(costs, ball(0)))[1], 2.0**-1000)


def certificate(weights: list[Array], snapshot: float, target: Array, last: float) -> dict[str, Any]:
    """What the certificate of one snapshot promises of every window, beside the angles measured on the way.

    Where the horizon or the time of the least bound lies beyond ``last``, the flow is looked at no longer.
    """
    excess = excess_of(weights, target)
    claims = certified(weights, ridge=str(ANGLE_DECAY), excess=f"{math.nextafter(excess, math.inf):.17e}")
    edge = "edge W1 -> W2"
    rows: list[dict[str, Any]] = []
    for k in (1, 2, 3, 4):
        until, best = claims[edge, f"B3.horizon[{k}]"].values
        now, bound, least = claims[edge, f"B3.horizon.bound[{k}]"].values
        row: dict[str, Any] = {"k": k, "verdict": claims[edge, f"B3.horizon[{k}]"].verdict.value}
        if until.finite and least.finite:
            row |= {
                "gap_until": significant(until.lower, 4),
                "least_bound_after": significant(best.lower, 4),
                "angle_now": significant(now.upper, 3),
                "bound_now": significant(bound.upper, 3),
                "least_bound": significant(least.upper, 3),
            }
            if 0 < best.lower <= last:
                later = flow(weights, target, ANGLE_DECAY, np.array([0.0, best.lower]))[-1]
                measured = sine(*(svd(w, "tight") for w in later), k)
                row |= {"measured_then": significant(measured[1], 3), "kept": measured[1] <= least.upper}
        rows.append(row)
    return {"snapshot": float(snapshot), "excess_below": significant(excess * 1.01, 2), "windows": rows}


def horizon(
    weights: list[Array], found: list[CertifiedSVD], times: Array, target: Array, true: list[tuple[float, float]]
) -> dict[str, Any]:
    """What one snapshot promises of the window k = 1, in balls, for as long as it says anything."""
    decay = ball(Fraction(ANGLE_DECAY))
    excess = ball(excess_of(weights, target))
    gap = sum(gaps(found, 1), ball(0))
    squares = [hull_ball(float(s.lower[j]), float(s.upper[j])) ** 2 for s in found for j in (0, 1)]
    weight, size = sum(squares, ball(0)).sqrt(), gram_pair_norms(*weights).imbalance
    promised = []
    for time in times:
        tau = ball(Fraction(float(time))) - ball(Fraction(float(times[0])))
        if not remaining_gap(gap, weight, flow_path(tau, excess)) > 0:
            break
        promised.append(interval(horizon_bound(decay, tau, size, gap, weight, excess)))
    return {
        "snapshot": float(times[0]),
        "speaks_until": float(times[len(promised) - 1]),
        "promised_then": significant(promised[-1][1], 3),
        "measured_then": significant(true[len(promised) - 1][1], 3),
        "broken_at": sum(value[0] > bound[1] for value, bound in zip(true, promised, strict=False)),
    }


def norm_ball(matrix: Array) -> arb:
    """‖·‖_F in a ball."""
    norm = frobenius(matrix)
    return hull_ball(float(norm.lo), float(norm.hi))


def main() -> None:
    rng = np.random.default_rng(SEED)
    save_results(HERE, {"seed": SEED, "rates": rates(rng), "discrete": discrete(), "angles": angles(rng)})


if __name__ == "__main__":
    main()
