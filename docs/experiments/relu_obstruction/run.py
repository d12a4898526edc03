"""The same ridge with ReLU: what of the imbalance decays, and what the commutator of the activations holds up.

python docs/experiments/relu_obstruction/run.py
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from shared import Array, certified, enclosed, line_chart, save_results, significant, slope  # noqa: E402

SEED = 7
INPUTS, HIDDEN, OUTPUTS, SAMPLES = 4, 8, 3, 20
DECAY = 0.05
TIMES = np.linspace(0, 120, 61)
CHECKPOINTS = (0, 10, 30, 60)
STEPS = 100
STEP = float(TIMES[1]) / STEPS

Activation = tuple[Callable[[Array], Array], Callable[[Array], Array]]
ACTIVATIONS: dict[str, Activation] = {
    "linear": (lambda z: z, np.ones_like),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0.0).astype(np.float64)),
    "tanh": (np.tanh, lambda z: 1.0 - np.tanh(z) ** 2),
}


def shaped(flat: Array) -> tuple[Array, Array]:
    cut = HIDDEN * INPUTS
    return flat[:cut].reshape(HIDDEN, INPUTS), flat[cut:].reshape(OUTPUTS, HIDDEN)


def parts(weights: tuple[Array, Array], x: Array, y: Array, kind: str) -> tuple[Array, Array, Array]:
    """Gradients of ½‖W'φ(Wx) − y‖²/N at both layers, and M = Σ (q hᵀ − D q zᵀ) of THEORY C1."""
    phi, slope_of = ACTIVATIONS[kind]
    lower, upper = weights
    z = lower @ x
    h, d = phi(z), slope_of(z)
    delta = (upper @ h - y) / x.shape[1]
    q = upper.T @ delta
    return (d * q) @ x.T, delta @ h.T, q @ h.T - (d * q) @ z.T


def imbalance(weights: tuple[Array, Array]) -> Array:
    return weights[1].T @ weights[1] - weights[0] @ weights[0].T


def off_diagonal(matrix: Array) -> float:
    return float(np.linalg.norm(matrix - np.diag(np.diag(matrix))))


def run(kind: str, x: Array, y: Array, start: Array) -> tuple[dict[str, Any], list[Array]]:
    """The flow of loss and ridge, and what its imbalance does."""

    def move(flat: Array) -> Array:
        weights = shaped(flat)
        lower, upper, _ = parts(weights, x, y, kind)
        return -np.concatenate([(lower + DECAY * weights[0]).ravel(), (upper + DECAY * weights[1]).ravel()])

    columns = [start]
    for _ in TIMES[1:]:
        state = columns[-1]
        for _ in range(STEPS):
            # Of fourth order away from ReLU's kinks, where nothing is smooth enough for more than small steps.
            k1 = move(state)
            k2 = move(state + STEP / 2 * k1)
            k3 = move(state + STEP / 2 * k2)
            k4 = move(state + STEP * k3)
            state = state + STEP / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        columns.append(state)
    path = [shaped(column) for column in columns]
    deltas = [imbalance(w) for w in path]
    diagonal = [float(np.linalg.norm(np.diag(d))) for d in deltas]
    rest = [off_diagonal(d) for d in deltas]
    law = np.exp(-2 * DECAY * TIMES)
    m = parts(path[-1], x, y, kind)[2]
    speed = float(np.linalg.norm(move(columns[-1])))
    claims = [certified(list(path[at])) for at in CHECKPOINTS]
    edge = "edge W1 -> W2"
    misses = [abs(a / (diagonal[0] * b) - 1) for a, b in zip(diagonal[:31], law[:31], strict=True)]
    row = {
        "diagonal_misses_the_law_by_at_most": f"1e{math.ceil(math.log10(max(misses) or 1e-16))}",
        "rate_of_diagonal": significant(-slope(TIMES[:31], np.log(diagonal[:31])), 3),
        "off_diagonal_at_start_and_end": [significant(rest[0], 4), significant(rest[-1], 4)],
        "obstruction_at_end": significant(off_diagonal(m + m.T) / (2 * DECAY), 4),
        "gradient_at_end": significant(speed, 1),
        "checkpoints": [
            {
                "t": float(TIMES[at]),
                "imbalance": enclosed(found_claims[edge, "B3.imbalance"]),
                "commutator": enclosed(found_claims[edge, "C4.commutator"]),
            }
            for at, found_claims in zip(CHECKPOINTS, claims, strict=True)
        ],
    }
    return row, [np.array(diagonal), np.array(rest)]


def main() -> None:
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=(INPUTS, SAMPLES))
    y = np.sin(rng.normal(size=(OUTPUTS, INPUTS)) @ x) + np.abs(rng.normal(size=(OUTPUTS, INPUTS)) @ x)
    start = rng.normal(0, 0.7, HIDDEN * (INPUTS + OUTPUTS))
    rows, diagonal, rest = {}, {}, {}
    for kind in ACTIVATIONS:
        rows[kind], lines = run(kind, x, y, start)
        diagonal[kind], rest[kind] = (TIMES, lines[0]), (TIMES, lines[1])
    diagonal["law"] = (TIMES, diagonal["linear"][1][0] * np.exp(-2 * DECAY * TIMES))
    line_chart(HERE / "diagonal.svg", "The diagonal of Δ", "t", "‖diag Δ‖", diagonal, log=True, dashed=["law"])
    line_chart(HERE / "off_diagonal.svg", "The rest of Δ", "t", "‖offdiag Δ‖_F", rest, log=True)
    save_results(HERE, {"seed": SEED, "decay": DECAY, "activations": rows})


if __name__ == "__main__":
    main()
