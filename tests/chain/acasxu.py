"""ACAS Xu networks in the plain-text .nnet format, as matrices.

The format (https://github.com/sisl/NNet): comment lines that start with ``//``; a line of counts (number of layers,
inputs, outputs, largest layer); a line of layer sizes, inputs first; a flag; minima, maxima, means and ranges; then
for each layer its weights, one output a line, followed by its biases, one a line.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np

FOLDER = Path(os.environ.get("POLYSTABLE_DATA", Path(__file__).parents[2].parent / "shared" / "data")) / "acasxu"


def networks() -> list[Path]:
    """The .nnet files that are there, none when the reference data is absent."""
    return sorted(FOLDER.glob("*.nnet"))


def read_nnet(path: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights of shape (n_out, n_in) and biases of shape (n_out,), layer by layer."""
    lines = [line for line in path.read_text("ascii").splitlines() if not line.startswith("//")]
    rows = [[float(item) for item in line.split(",") if item.strip()] for line in lines]
    count = int(rows[0][0])
    sizes = [int(size) for size in rows[1]]
    if len(sizes) != count + 1:
        raise ValueError(f"{path}: {count} layers and {len(sizes)} sizes")
    position = 7
    weights: list[np.ndarray] = []
    biases: list[np.ndarray] = []
    for n_in, n_out in pairwise(sizes):
        weights.append(np.array(rows[position : position + n_out]))
        biases.append(np.array(rows[position + n_out : position + 2 * n_out]).reshape(n_out))
        position += 2 * n_out
        if weights[-1].shape != (n_out, n_in):
            raise ValueError(f"{path}: a layer of shape {weights[-1].shape}, not {(n_out, n_in)}")
    if position != len(rows):
        raise ValueError(f"{path}: {len(rows) - position} lines after the last layer")
    return weights, biases


def write_npz(source: Path, target: Path) -> Path:
    """Convert a .nnet file to an archive of W1, b1, W2, b2, ..."""
    weights, biases = read_nnet(source)
    named = {f"W{i}": array for i, array in enumerate(weights, 1)} | {f"b{i}": a for i, a in enumerate(biases, 1)}
    np.savez(target, **named)
    return target
