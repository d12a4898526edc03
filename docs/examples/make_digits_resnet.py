"""Train the residual perceptron of ``digits_resnet.safetensors``, and write its Jacobians at one digit.

    python docs/examples/make_digits_resnet.py [OUTPUT]

The network keeps the 64 pixels of a digit (divided by 16) as a state of width 64 and adds to it eight times,
h + V·relu(W·h + b), V and W being 64 × 64; ten scores are read off the last state. Cross-entropy with the ridge
``decay / 2`` on the weights, stochastic gradient descent with momentum, as in ``make_digits_mlp.py``, which gives the
digits; one fifth of them is held out and only ever used to state the accuracy. The trained weights are rounded to
multiples of 2^-12: then every Jacobian I + V·D·W is exact in float64. Same seed, same library versions, same processor:
same file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

Array = NDArray[np.float64]

WIDTH = 64
BLOCKS = 8
CLASSES = 10
SEED = 20261127
EPOCHS = 60
BATCH = 32
RATE = 0.05
MOMENTUM = 0.9
DECAY = 2e-3
GRID = 2.0**-12
DIGIT = 0


def digits() -> ModuleType:
    """``make_digits_mlp.py``, which splits the digits."""
    path = Path(__file__).with_name("make_digits_mlp.py")
    spec = importlib.util.spec_from_file_location("make_digits_mlp", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def names() -> list[str]:
    """The parameters, in the order in which the functions below take them."""
    blocks = [f"blocks.{i}.{part}" for i in range(BLOCKS) for part in ("inner.weight", "inner.bias", "outer.weight")]
    return [*blocks, "readout.weight", "readout.bias"]


def start(rng: np.random.Generator) -> list[Array]:
    """Parameters before training."""
    found: list[Array] = []
    for _ in range(BLOCKS):
        found += [rng.normal(0.0, np.sqrt(1.0 / WIDTH), (WIDTH, WIDTH)), np.zeros(WIDTH)]
        found.append(rng.normal(0.0, np.sqrt(1.0 / (WIDTH * BLOCKS)), (WIDTH, WIDTH)))
    return [*found, rng.normal(0.0, np.sqrt(1.0 / WIDTH), (CLASSES, WIDTH)), np.zeros(CLASSES)]


def forward(parameters: list[Array], x: Array) -> tuple[list[Array], list[Array], Array]:
    """The states before every block and after the last, the hidden inputs, and the scores."""
    states, inputs = [x], list[Array]()
    for i in range(BLOCKS):
        w, b, v = parameters[3 * i : 3 * i + 3]
        inputs.append(states[-1] @ w.T + b)
        states.append(states[-1] + np.maximum(inputs[-1], 0.0) @ v.T)
    return states, inputs, states[-1] @ parameters[-2].T + parameters[-1]


def gradient(parameters: list[Array], x: Array, labels: NDArray[np.int64]) -> list[Array]:
    """Gradient of the mean cross-entropy with respect to each parameter."""
    states, inputs, scores = forward(parameters, x)
    delta = np.exp(scores - scores.max(axis=1, keepdims=True))
    delta /= delta.sum(axis=1, keepdims=True)
    delta[np.arange(len(labels)), labels] -= 1.0
    delta /= len(labels)
    found: list[Array] = [delta.sum(axis=0), delta.T @ states[-1]]
    delta = delta @ parameters[-2]
    for i in reversed(range(BLOCKS)):
        w, _, v = parameters[3 * i : 3 * i + 3]
        inner = (delta @ v) * (inputs[i] > 0.0)
        found += [delta.T @ np.maximum(inputs[i], 0.0), inner.sum(axis=0), inner.T @ states[i]]
        delta = delta + inner @ w
    return found[::-1]


def accuracy(parameters: list[Array], x: Array, labels: NDArray[np.int64]) -> float:
    return float(np.mean(forward(parameters, x)[2].argmax(axis=1) == labels))


def train() -> tuple[list[Array], float, float]:
    """Parameters on the grid, training accuracy and held-out accuracy of the network that they make."""
    rng = np.random.default_rng(SEED)
    x, y, x_test, y_test = digits().split_digits(rng)
    parameters = start(rng)
    speed = [np.zeros_like(p) for p in parameters]
    for epoch in range(EPOCHS):
        rate = RATE * 0.5 * (1.0 + np.cos(np.pi * epoch / EPOCHS))
        order = rng.permutation(len(y))
        for first in range(0, len(y), BATCH):
            batch = order[first : first + BATCH]
            for p, s, g in zip(parameters, speed, gradient(parameters, x[batch], y[batch]), strict=True):
                s *= MOMENTUM
                s += g + (DECAY * p if p.ndim == 2 else 0.0)
                p -= rate * s
    parameters = [np.round(p / GRID) * GRID for p in parameters]
    return parameters, accuracy(parameters, x, y), accuracy(parameters, x_test, y_test)


def write_jacobians(weights: Path, output: Path) -> None:
    """The Jacobians of the blocks and of the scores at the first digit that was held out."""
    from certify.jacobians import ResidualBlock, from_residual, save_chain

    stored = load_file(weights)
    blocks = [
        ResidualBlock(*(stored[f"blocks.{i}.{part}"] for part in ("inner.weight", "inner.bias", "outer.weight")))
        for i in range(BLOCKS)
    ]
    x = digits().split_digits(np.random.default_rng(SEED))[2][DIGIT]
    chain = from_residual(blocks, x, readout=stored["readout.weight"])
    origin = {
        "weights": weights.name,
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "input": f"held-out digit {DIGIT} of make_digits_resnet.py, pixels over 16",
        "generator": "docs/examples/make_digits_resnet.py",
    }
    output.unlink(missing_ok=True)
    save_chain(chain, output, origin)


def main() -> None:
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("digits_resnet.safetensors")
    parameters, seen, held_out = train()
    tensors = {
        name: np.ascontiguousarray(value, dtype=np.float32) for name, value in zip(names(), parameters, strict=True)
    }
    assert all(np.array_equal(tensors[name], value) for name, value in zip(names(), parameters, strict=True))
    save_file(tensors, output, metadata={"generator": "docs/examples/make_digits_resnet.py", "seed": str(SEED)})
    print(f"training accuracy {seen:.4f}, held-out accuracy {held_out:.4f}, {output.stat().st_size} bytes")
    write_jacobians(output, output.with_name(f"{output.stem}_jacobians.npz"))


if __name__ == "__main__":
    main()
