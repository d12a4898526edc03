"""The whole digits chain against bare loops, and checking against certifying."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import certify
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
