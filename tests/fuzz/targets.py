"""Every reader with good files to start from, and the exit codes with which it may refuse others."""

from __future__ import annotations

import importlib.util
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save

import certify
from certify.certificate import Certificate
from certify.chain import Limits, load
from certify.chain.chain_file import read_chain_file
from certify.options import read_thresholds
from tests.certificate.examples import small
from tests.chain.readers.model_files import (
    gguf_bytes,
    hdf5_bytes,
    keras_bytes,
    legacy_bytes,
    onnx_bytes,
    torch_bytes,
    view,
)
from tests.fuzz import mutants
from theorems.verification import verify

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"
CHAIN = b"""# lowest first
edges = [["encoder", "head"]]

[[layers]]
tensor = "layers.0.weight"
name = "encoder"

[[layers]]
tensor = "layers.1.weight"
name = 'head'
transpose = false
"""
EXPRESSIONS = b"""edges = []

[[layers]]
tensor = "layers.0.weight"
rows = "0:1"
gain = "layers.0.bias"

[[layers]]
tensor = "kernel"
kernel = "reader"
groups = 1

[[layers]]
tensor = "codes"
scale = 0.5

[[layers]]
tensor = "words"
bits = 4
packed = 0
order = [0, 2, 4, 6, 1, 3, 5, 7]
scale = "scales"
group_index = "order"

[[layers]]
tensor = "layers.1.weight"
name = "turned"
transpose = true
columns = "0:2"
"""
THRESHOLDS = b"""windows = "1,2"
energy_levels = "90,95"
alpha_width = 1e-3
barcode_layers = 24
"""


@dataclass(frozen=True)
class Target:
    """One reader.

    Parameters
    ----------
    file : the name of the file that is written for it.
    seeds : good files.
    read : called with the path of a mutant.
    structured : makes a mutant whose lengths and digests fit.
    codes : exit codes of its refusals.
    share : how often it is tried, relative to the others.
    """

    file: str
    seeds: list[bytes]
    read: Callable[[Path], object]
    structured: Callable[[bytes, random.Random], bytes]
    codes: tuple[int, ...] = (4,)
    share: float = 1.0

    def mutant(self, rng: random.Random) -> bytes:
        """A mutant of one of the seeds."""
        seed = rng.choice(self.seeds)
        kind = rng.random()
        if kind < 0.55:
            return self.structured(seed, rng)
        if kind < 0.95:
            return mutants.of_bytes(seed, self.seeds, rng)
        return mutants.of_bytes(self.structured(seed, rng), self.seeds, rng)


def _matrices() -> dict[str, np.ndarray]:
    return {f"layers.{i}.weight": np.array([[2.0, 0.5 * i], [0.25, 1.0]]) for i in range(3)}


def _npy(array: np.ndarray, **options: object) -> bytes:
    made = io.BytesIO()
    np.lib.format.write_array(made, array, **options)
    return made.getvalue()


def _npz(write: Callable[..., None]) -> bytes:
    made = io.BytesIO()
    write(made, **_matrices(), bias=np.ones(2))
    return made.getvalue()


def _keras() -> dict[str, Target]:
    """The readers that need h5py, where it is installed."""
    if importlib.util.find_spec("h5py") is None:
        return {}
    plain, packed = hdf5_bytes(_matrices()), hdf5_bytes(_matrices(), compression="gzip", chunks=(1, 2))
    return {
        "hdf5": Target("w.weights.h5", [plain, packed], load, mutants.numbers),
        "keras": Target("w.keras", [keras_bytes(_matrices())], load, mutants.zipped, share=0.7),
    }


def targets(folder: Path) -> dict[str, Target]:
    """The readers; ``folder`` holds the good files that go with a mutant."""
    tensors = {
        **_matrices(), "layers.0.bias": np.ones(2, np.float16), "scale": np.array(1.0, np.float32),
        "kernel": np.arange(1, 25, dtype=np.float32).reshape(2, 3, 2, 2), "codes": np.array([[3, 2], [5, 7]], np.int8),
        "words": np.array([[19088743, -2]], np.int32), "scales": np.array([[1, 2], [0.5, 3]], np.float16),
        "order": np.array([0, 1, 1, 0, 0, 1, 0, 1], np.int32),
    }  # fmt: skip
    state = {name: view(str(i), array) for i, (name, array) in enumerate(_matrices().items())}
    blocks = {name: (0, array.shape, array.astype("f4").tobytes()) for name, array in _matrices().items()}
    good = folder / "good.safetensors"
    good.write_bytes(save(tensors))
    sharded = json.dumps({"metadata": {"total": 1}, "weight_map": dict.fromkeys(_matrices(), good.name)}).encode()
    pickled = {}
    for name in ("a.bin", "b.bin"):
        part = {key: item for i, (key, item) in enumerate(state.items()) if (name == "a.bin") == (i == 1)}
        (folder / name).write_bytes(torch_bytes(part) if name == "a.bin" else legacy_bytes(part))
        pickled |= dict.fromkeys(part, name)
    alone = folder / "s.bin.index.json"
    alone.write_text(json.dumps({"weight_map": dict.fromkeys(state, "s.bin")}))
    bins = json.dumps({"metadata": {"total": 1}, "weight_map": pickled}).encode()
    certified = certify.certify(load(good), workers=1)
    limits = Limits()
    chained = {"file": "chain.toml", "structured": mutants.toml}
    return {
        "safetensors": Target(
            "w.safetensors",
            [save(tensors), save(_matrices(), {"format": "pt"})],
            load,
            mutants.safetensors,
        ),
        "index": Target("w.safetensors.index.json", [sharded], load, mutants.plain),
        "index of torch": Target("w.bin.index.json", [bins], load, mutants.plain, share=0.5),
        "shard of torch": Target("s.bin", [torch_bytes(state)], lambda _: load(alone), mutants.zipped, share=0.4),
        "npy": Target(
            "w.npy",
            [_npy(np.eye(3) + 1), _npy(np.asfortranarray(np.eye(2, 3))), _npy(np.ones((2, 2), ">f4"), version=(2, 0))],
            load,
            mutants.npy,
        ),
        "npz": Target("w.npz", [_npz(np.savez), _npz(np.savez_compressed)], load, mutants.npz, share=0.7),
        "onnx": Target("w.onnx", [onnx_bytes(_matrices())], load, mutants.numbers),
        "gguf": Target("w.gguf", [gguf_bytes(blocks)], load, mutants.numbers),
        "torch": Target("w.pt", [torch_bytes(state)], load, mutants.zipped, share=0.7),
        "torch before 1.6": Target("w.pth", [legacy_bytes(state)], load, mutants.numbers),
        "chain file": Target(seeds=[CHAIN, EXPRESSIONS], read=lambda path: load(good, path), share=0.7, **chained),
        "chain file alone": Target(
            seeds=[CHAIN, EXPRESSIONS], read=lambda path: read_chain_file(str(path), limits), **chained
        ),
        "thresholds": Target("t.toml", [THRESHOLDS], read_thresholds, mutants.toml),
        "certificate": Target(
            "c.json", [small().to_bytes(), certified.to_bytes()], Certificate.load, mutants.document, (1, 4), 0.7
        ),
        "certificate against weights": Target(
            "c.json",
            [certified.to_bytes()],
            lambda path: certify.verify(path, good, workers=1),
            mutants.document,
            (1, 4),
            0.03,
        ),
        "witness": Target(
            "x.json", [file.read_bytes() for file in sorted(GALLERY.glob("*.json"))], verify, mutants.plain, (1, 4), 0.1
        ),
        **_keras(),
    }  # fmt: skip
