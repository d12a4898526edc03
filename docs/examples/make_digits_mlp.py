"""Train the multilayer perceptron of ``digits_mlp.safetensors``: numpy alone trains it, scikit-learn gives the digits.

    python docs/examples/make_digits_mlp.py [OUTPUT]

The network maps the 64 pixels of a digit (divided by 16) through ReLU layers 64 -> 96 -> 96 -> 96 -> 96 -> 10 to ten
scores. The loss is the cross-entropy plus the ridge ``decay / 2 * sum ||W||_F^2`` over the weights, not the biases; it
is minimized by stochastic gradient descent with momentum. One fifth of the 1797 digits is held out and only ever used
to state the accuracy. Same seed, same library versions, same processor: same file.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

Array = NDArray[np.float64]

WIDTHS = (64, 96, 96, 96, 96, 10)
SEED = 20260515
EPOCHS = 120
BATCH = 32
RATE = 0.05
MOMENTUM = 0.9
DECAY = 1e-3


def split_digits(rng: np.random.Generator) -> tuple[Array, NDArray[np.int64], Array, NDArray[np.int64]]:
    """Training pixels (N, 64) and labels (N,), then the held-out fifth."""
    from sklearn.datasets import load_digits  # pyright: ignore[reportMissingImports]

    digits = load_digits()
    pixels, labels = digits.data / 16.0, digits.target.astype(np.int64)
    order = rng.permutation(len(labels))
    held_out = len(labels) // 5
    test, train = order[:held_out], order[held_out:]
    return pixels[train], labels[train], pixels[test], labels[test]


def forward(weights: list[Array], biases: list[Array], x: Array) -> list[Array]:
    """Activations of every layer, the input first, the scores last."""
    activations = [x]
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = activations[-1] @ w.T + b
        activations.append(z if layer == len(weights) - 1 else np.maximum(z, 0.0))
    return activations


def gradients(weights: list[Array], activations: list[Array], labels: NDArray[np.int64]) -> list[tuple[Array, Array]]:
    """Gradient of the mean cross-entropy with respect to each (weight, bias)."""
    scores = activations[-1]
    delta = np.exp(scores - scores.max(axis=1, keepdims=True))
    delta /= delta.sum(axis=1, keepdims=True)
    delta[np.arange(len(labels)), labels] -= 1.0
    delta /= len(labels)
    found: list[tuple[Array, Array]] = []
    for layer in reversed(range(len(weights))):
        found.append((delta.T @ activations[layer], delta.sum(axis=0)))
        delta = (delta @ weights[layer]) * (activations[layer] > 0.0)
    return found[::-1]


def accuracy(weights: list[Array], biases: list[Array], x: Array, labels: NDArray[np.int64]) -> float:
    return float(np.mean(forward(weights, biases, x)[-1].argmax(axis=1) == labels))


def train() -> tuple[list[Array], list[Array], float, float]:
    """Weights, biases (rounded to float32), training accuracy and held-out accuracy of the rounded network."""
    rng = np.random.default_rng(SEED)
    x, y, x_test, y_test = split_digits(rng)
    shapes = list(zip(WIDTHS[1:], WIDTHS[:-1], strict=True))
    weights = [rng.normal(0.0, np.sqrt(2.0 / fan_in), (fan_out, fan_in)) for fan_out, fan_in in shapes]
    biases = [np.zeros(fan_out) for fan_out, _ in shapes]
    speed = [(np.zeros_like(w), np.zeros_like(b)) for w, b in zip(weights, biases, strict=True)]
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1.0 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(y))
        for start in range(0, len(y), BATCH):
            batch = order[start : start + BATCH]
            found = gradients(weights, forward(weights, biases, x[batch]), y[batch])
            for w, b, (vw, vb), (gw, gb) in zip(weights, biases, speed, found, strict=True):
                vw *= MOMENTUM
                vw += gw + DECAY * w
                w -= rate * vw
                vb *= MOMENTUM
                vb += gb
                b -= rate * vb
    weights = [w.astype(np.float32).astype(np.float64) for w in weights]
    biases = [b.astype(np.float32).astype(np.float64) for b in biases]
    return weights, biases, accuracy(weights, biases, x, y), accuracy(weights, biases, x_test, y_test)


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("digits_mlp.safetensors")
    weights, biases, seen, held_out = train()
    tensors = {
        f"layers.{i}.{kind}": np.ascontiguousarray(value, dtype=np.float32)
        for i, pair in enumerate(zip(weights, biases, strict=True))
        for kind, value in zip(("weight", "bias"), pair, strict=True)
    }
    save_file(tensors, output, metadata={"generator": "docs/examples/make_digits_mlp.py", "seed": str(SEED)})
    print(f"training accuracy {seen:.4f}, held-out accuracy {held_out:.4f}, {output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
