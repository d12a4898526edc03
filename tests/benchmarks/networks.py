"""The whole digits chain against bare loops, and checking against certifying."""

from __future__ import annotations

import resource
import subprocess
import sys
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
    chains = [
        ("digits", certify.load(DIGITS), rounds),
        ("8 × 256²", _gaussian(8, 256), max(3, rounds // 2)),
        ("4 × 1024²", _gaussian(4, 1024), max(3, rounds // 4)),
        ("6 × (384→1536→384), σ_k = k^−0.7", _up_and_down(6), max(3, rounds // 4)),
    ]
    return [found for title, chain, times in chains for found in _with_and_without(title, chain, times)]


def deep_chain(rounds: int) -> list[Measured]:
    """Twelve layers of 1024 × 1024, with and without row groups."""
    return _with_and_without("12 × 1024²", _gaussian(12, 1024), max(1, rounds // 4))


def long_chain(rounds: int) -> list[Measured]:
    """A thousand layers of 32 × 32."""
    return _with_and_without("1,000 × 32²", _gaussian(1000, 32), max(1, rounds // 4))


def stream(rounds: int) -> list[Measured]:
    """The matrices of a transformer alone, and with the interfaces of its residual stream."""
    rounds = max(1, rounds // 4)
    name, chain = minilm.chain(edges=False)
    alone = _against_loop(f"{name}, {len(chain.layers)} matrices, no edges", chain, rounds)
    name, chain = minilm.chain(edges=True)
    return [
        alone,
        *_with_and_without(f"{name}, {len(chain.layers)} matrices, {len(chain.edges)} edges", chain, rounds),
    ]


def broad_edge(rounds: int) -> list[Measured]:
    """A 5632 × 2048 layer and a 2048 × 5632 one that reads it, beside both alone.

    The peak of memory is that of a process that does nothing but certify them, the matrices and the libraries included.
    """
    chain = _broad()
    alone = certify.Chain(chain.layers, ())
    found = alternate(
        "5632 × 2048 → 2048 × 5632",
        {
            "certify, the layers alone": lambda: certify.certify(alone, workers=1),
            "certify": lambda: certify.certify(chain, workers=1),
        },
        max(1, rounds // 4),
        warm=False,
    )
    code = "import tests.benchmarks.networks as found; found.certify_broad()"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return [Measured(f"{found.title}, peak {told.stdout.strip()}", found.seconds)]


def certify_broad() -> None:
    """Certify the broad edge and print the peak of memory of this process."""
    certify.certify(_broad(), workers=1)
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


def _broad() -> certify.Chain:
    shapes = (5632, 2048), (2048, 5632)
    return certify.Chain.from_arrays([np.random.default_rng(i).normal(size=shape) for i, shape in enumerate(shapes)])


def _with_and_without(title: str, chain: certify.Chain, rounds: int) -> list[Measured]:
    """With row groups and without."""
    without = certify.Thresholds(incidence_levels="none")
    return [
        _against_loop(title, chain, rounds),
        _against_loop(f"{title}, no row groups", chain, rounds, without),
    ]


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
