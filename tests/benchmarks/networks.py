"""The whole digits chain against bare loops, and checking against certifying."""

from __future__ import annotations

import resource
import tempfile
from pathlib import Path

import numpy as np

import certify
from certify.chain.model import Edge
from certify.checker import check
from tests.benchmarks import minilm
from tests.benchmarks.timing import Measured, alternate

DIGITS = Path(__file__).parents[2] / "docs" / "examples" / "digits_mlp.safetensors"


def whole_chain(rounds: int) -> list[Measured]:
    """Loading included on both sides; the loop finds the singular values and vectors, nothing else."""

    def loop() -> None:
        for layer in certify.load(DIGITS).layers:
            np.linalg.svd(layer.matrix(), full_matrices=False)

    return [
        alternate(
            "digits",
            {"loop of np.linalg.svd": loop, "certify": lambda: certify.certify(certify.load(DIGITS), workers=1)},
            rounds,
        )
    ]


def wide_chain(rounds: int) -> list[Measured]:
    """Four Gaussian layers of 1024 × 1024 in memory, three edges; one matrix at a time on both sides."""
    chain = certify.Chain.from_arrays([np.random.default_rng(i).normal(size=(1024, 1024)) for i in range(4)])

    def loop() -> None:
        for layer in chain.layers:
            np.linalg.svd(layer.matrix(), full_matrices=False)

    return [
        alternate(
            "4 × 1024 × 1024",
            {"loop of np.linalg.svd": loop, "certify": lambda: certify.certify(chain, workers=1)},
            max(3, rounds // 4),
        )
    ]


def interfaces(rounds: int) -> list[Measured]:
    """Layers in memory on all sides; the loop finds singular values and vectors, certifying and checking do it all."""
    return [
        _against_loop("digits", certify.load(DIGITS), rounds),
        _against_loop("8 × 256²", _gaussian(8, 256), max(3, rounds // 2)),
        _against_loop("4 × 1024²", _gaussian(4, 1024), max(3, rounds // 4)),
        _against_loop("6 × (384→1536→384), σ_k = k^−0.7", _up_and_down(6), max(3, rounds // 4)),
    ]


def deep_chain(rounds: int) -> list[Measured]:
    """Twelve layers of 1024 × 1024, with and without row groups."""
    chain, rounds = _gaussian(12, 1024), max(1, rounds // 4)
    without = certify.Thresholds(incidence_levels="none")
    return [
        _against_loop("12 × 1024²", chain, rounds),
        _against_loop("12 × 1024², no row groups", chain, rounds, without),
    ]


def stream(rounds: int) -> list[Measured]:
    """The matrices of a transformer alone, and with the interfaces of its residual stream."""
    found: list[Measured] = []
    for edges in (False, True):
        name, chain = minilm.chain(edges=edges)
        title = f"{name}, {len(chain.layers)} matrices, {len(chain.edges) or 'no'} edges"
        found.append(_against_loop(title, chain, max(1, rounds // 4)))
    return found


def broad_edge(rounds: int) -> list[Measured]:
    """A 5632 × 2048 layer and a 2048 × 5632 one that reads it; the peak of memory is that of the whole process."""
    shapes = (5632, 2048), (2048, 5632)
    chain = certify.Chain.from_arrays([np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)])
    measured = _against_loop("5632 × 2048 → 2048 × 5632", chain, max(1, rounds // 4))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return [Measured(f"{measured.title}, peak {peak:.2f} GiB", measured.seconds)]


def _against_loop(
    title: str, chain: certify.Chain, rounds: int, thresholds: certify.Thresholds | None = None
) -> Measured:
    written = certify.certify(chain, thresholds=thresholds, workers=1)

    def loop() -> None:
        for layer in chain.layers:
            np.linalg.svd(layer.matrix(), full_matrices=False)

    return alternate(
        title,
        {
            "loop of np.linalg.svd": loop,
            "certify": lambda: certify.certify(chain, thresholds=thresholds, workers=1),
            "verify": lambda: check(written, chain, workers=1),
        },
        rounds,
        warm=rounds > 1,
    )


def _gaussian(count: int, n: int) -> certify.Chain:
    return certify.Chain.from_arrays([np.random.default_rng(i).normal(size=(n, n)) for i in range(count)])


def _up_and_down(count: int) -> certify.Chain:
    """Pairs of 1536 × 384 and 384 × 1536 layers that meet, in the shapes of a transformer's feed-forward blocks."""
    layers: list[np.ndarray] = []
    for place in range(2 * count):
        rng = np.random.default_rng(place)
        u, v = (np.linalg.qr(rng.standard_normal((n, 384)))[0] for n in ((1536, 384), (384, 1536))[place % 2])
        layers.append((u * np.arange(1.0, 385.0) ** -0.7) @ v.T)
    chain = certify.Chain.from_arrays(layers)
    return certify.Chain(chain.layers, tuple(Edge(2 * i, 2 * i + 1) for i in range(count)))


def checking(rounds: int) -> list[Measured]:
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "digits.json"
        certify.certify(certify.load(DIGITS)).save(saved)
        return [
            alternate(
                "digits",
                {
                    "certify": lambda: certify.certify(certify.load(DIGITS), workers=1),
                    "verify": lambda: certify.verify(saved, DIGITS),
                },
                rounds,
            )
        ]
