"""Neural collapse and the levels of alignment: unconstrained features, and a network that is trained on the digits.

    python docs/experiments/collapse/run.py

The second part needs scikit-learn for the digits, and is left out without it.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from shared import Array, certified, line_chart, save_results, significant  # noqa: E402

from certify.geometry.interface.collapse import collapse_scale, self_duality_factor, squared_loss_minimum  # noqa: E402
from certify.linalg import svd  # noqa: E402
from certify.linalg.subspace import Subspace, principal_sines  # noqa: E402

SEED = 5
CLASSES, SAMPLES, WIDTH = 4, 6, 8
DECAY, FEATURE_DECAY = 0.3, 0.2
STEP, STEPS, KEPT = 0.05, 4000, (0, 100, 300, 4000)
SIZES = (64, 32, 32, 10)
NETWORK_DECAY, RATE, NETWORK_KEPT = 3e-3, 0.2, (0, 100, 400, 1500)


def collapse(features: Array, weights: Array, labels: NDArray[np.int64], *, centred: bool) -> dict[str, float]:
    """NC1: within-class against between-class scatter. NC2: distance of the class means' Gram matrix from the frame
    that is meant, orthogonal or simplex. NC3: distance of the means from a multiple of Wᵀ. All are 0 at collapse."""
    classes = weights.shape[0]
    means = np.stack([features[:, labels == c].mean(axis=1) for c in range(classes)], axis=1)
    middle = means.mean(axis=1, keepdims=True) if centred else 0.0
    within = float(np.mean(np.sum((features - means[:, labels]) ** 2, axis=0)))
    means = means - middle
    between = float(np.mean(np.sum(means**2, axis=0)))
    frame = np.eye(classes) - (np.full((classes, classes), 1 / classes) if centred else 0.0)
    gram = means.T @ means
    rows = weights - weights.mean(axis=0) if centred else weights
    apart = means / np.linalg.norm(means) - rows.T / np.linalg.norm(rows)
    return {
        "NC1": within / between,
        "NC2": float(np.linalg.norm(gram / np.linalg.norm(gram) - frame / np.linalg.norm(frame))),
        "NC3": float(np.linalg.norm(apart)),
    }


def levels(features: Array, weights: Array, names: tuple[str, str], windows: tuple[int, ...]) -> dict[str, Any]:
    """What is certified at the interface of features and last layer: ranks, and windows with their gaps."""
    claims = certified([features, weights], names, ",".join(map(str, windows)))
    rows: dict[str, Any] = {"rank": [int(claims[f"layer {name}", "E7.rank"].values[0].lower) for name in names]}
    for k in windows:
        edge = f"edge {names[0]} -> {names[1]}"
        gaps = [claims.get((f"layer {name}", f"spectrum.gap[{k}]")) for name in names]
        overlap = claims.get((edge, f"E.overlap[{k}]"))
        known = overlap is not None and overlap.verdict.value == "CERTIFIED"
        value = (overlap.values[0].lower + overlap.values[0].upper) / 2 if known else math.nan
        rows[f"window {k}"] = {
            "gaps": ["whole space" if gap is None else gap.verdict.value for gap in gaps],
            "overlap": significant(value, 4) if known else None,
        }
    return rows


def sine(features: Array, weights: Array, k: int) -> float | str:
    """The largest sine between what the features span and what the last layer reads, from its enclosure."""
    lower, upper = svd(features, "tight"), svd(weights, "tight")
    found = principal_sines(
        Subspace(lower.u[:, :k], lower.sin_theta_left(k)), Subspace(upper.v[:, :k], upper.sin_theta_right(k))
    )
    high = float(found.hi[0])
    return significant(high, 4) if high > 1e-6 else "below 1e-6"


def free_features() -> dict[str, Any]:
    """½‖WH − Y‖² with decay on W and H, by gradient descent."""
    rng = np.random.default_rng(SEED)
    labels = np.repeat(np.arange(CLASSES), SAMPLES)
    target = np.eye(CLASSES)[:, labels]
    h, w = rng.normal(0, 0.5, (WIDTH, target.shape[1])), rng.normal(0, 0.5, (CLASSES, WIDTH))
    curves: dict[str, list[float]] = {"NC1": [], "NC2": [], "NC3": []}
    times, rows = [], {}
    for step in range(STEPS + 1):
        if step % 40 == 0:
            times.append(step)
            for name, value in collapse(h, w, labels, centred=False).items():
                curves[name].append(value)
        if step in KEPT:
            rows[f"step {step}"] = {
                name: significant(value, 3) if value > 1e-6 else "below 1e-6"
                for name, value in collapse(h, w, labels, centred=False).items()
            } | levels(h, w, ("H", "W"), (1, 2, CLASSES - 1, CLASSES))
            rows[f"step {step}"][f"largest_sine_of_window_{CLASSES}"] = sine(h, w, CLASSES)
        rest = w @ h - target
        h, w = h - STEP * (w.T @ rest + FEATURE_DECAY * h), w - STEP * (rest @ h.T + DECAY * w)
    loss = 0.5 * float(np.sum((w @ h - target) ** 2)) + DECAY / 2 * float(np.sum(w**2))
    loss += FEATURE_DECAY / 2 * float(np.sum(h**2))
    least = float(squared_loss_minimum(DECAY, FEATURE_DECAY, SAMPLES, CLASSES).mid())
    means = np.stack([h[:, labels == c].mean(axis=1) for c in range(CLASSES)], axis=1)
    line_chart(HERE / "free_features.svg", "Unconstrained features", "step", "distance from collapse",
               {name: (times, values) for name, values in curves.items()}, log=True)  # fmt: skip
    return {
        "checkpoints": rows,
        "loss_above_the_minimum": "below 1e-9" if loss - least < 1e-9 else significant(loss - least),
        "output_scale": significant(float(np.trace(w @ means)) / CLASSES),
        "output_scale_predicted": significant(float(collapse_scale(DECAY, FEATURE_DECAY, SAMPLES).mid())),
        "self_duality": significant(float(np.linalg.norm(means) / np.linalg.norm(w))),
        "self_duality_predicted": significant(float(self_duality_factor(DECAY, FEATURE_DECAY, SAMPLES).mid())),
    }


def trained_network() -> dict[str, Any]:
    """A perceptron on the digits, full-batch gradient descent with decay on the weights."""
    digits = _digits()
    rng = np.random.default_rng(SEED)
    x, y, x_test, y_test = digits.split_digits(rng)
    weights = [rng.normal(0, math.sqrt(2 / n), (m, n)) for n, m in pairwise(SIZES)]
    biases = [np.zeros(m) for m in SIZES[1:]]
    curves: dict[str, list[float]] = {"NC1": [], "NC2": [], "NC3": []}
    times, rows = [], {}
    for step in range(NETWORK_KEPT[-1] + 1):
        states = digits.forward(weights, biases, x)
        if step % 25 == 0:
            times.append(step)
            for name, value in collapse(states[-2].T, weights[-1], y, centred=True).items():
                curves[name].append(value)
        if step in NETWORK_KEPT:
            found = collapse(states[-2].T, weights[-1], y, centred=True)
            means = np.stack([states[-2][y == c].mean(axis=0) for c in range(10)], axis=1)
            rows[f"step {step}"] = (
                {name: significant(value, 3) for name, value in found.items()}
                | {"held_out_accuracy": significant(digits.accuracy(weights, biases, x_test, y_test), 3)}
                | {"class means and last layer": levels(means, weights[-1], ("means", "W3"), (1, 3, 9))}
                | {"layers 2 and 3": levels(weights[1], weights[2], ("W2", "W3"), (1, 3, 9))}
            )
        for place, (gw, gb) in enumerate(digits.gradients(weights, states, y)):
            weights[place] = weights[place] - RATE * (gw + NETWORK_DECAY * weights[place])
            biases[place] = biases[place] - RATE * gb
    line_chart(HERE / "digits.svg", "A perceptron on the digits", "step", "distance from collapse",
               {name: (times, values) for name, values in curves.items()}, log=True)  # fmt: skip
    return {"sizes": SIZES, "checkpoints": rows}


def _digits() -> ModuleType:
    path = HERE.parents[1] / "examples/make_digits_mlp.py"
    spec = importlib.util.spec_from_file_location("make_digits_mlp", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    results: dict[str, Any] = {"seed": SEED, "free_features": free_features()}
    if importlib.util.find_spec("sklearn") is not None:
        results["trained_network"] = trained_network()
    save_results(HERE, results)


if __name__ == "__main__":
    main()
