"""Certified singular values against numpy's uncertified ones, and against the rigorous eigenvalues of python-flint."""

from __future__ import annotations

from functools import partial

import flint
import numpy as np

from certify.linalg import svd
from tests.benchmarks.timing import Measured, alternate

SHAPES = ((64, 64), (96, 96), (512, 512), (1024, 1024), (4096, 1024))
FLINT_SIZES = (16, 64)


def gaussian(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(shape).normal(size=shape)


def against_numpy(rounds: int) -> list[Measured]:
    return [
        alternate(
            f"{m} × {n} Gaussian",
            {
                "np.linalg.svd": partial(np.linalg.svd, gaussian((m, n)), full_matrices=False),
                **{mode: partial(svd, gaussian((m, n)), mode=mode) for mode in ("fast", "tight", "auto")},
            },
            rounds if m * n < 10**6 else max(3, rounds // 2),
        )
        for m, n in SHAPES
    ]


def flint_singular_values(a: np.ndarray) -> list[flint.acb]:
    """Enclosures of the squared singular values: rigorous eigenvalues of the exact Gram matrix."""
    exact = flint.arb_mat(a.tolist())
    return flint.acb_mat(exact.transpose() * exact).eig(algorithm="rump")


def against_flint(rounds: int) -> list[Measured]:
    return [
        alternate(
            f"{n} × {n} Gaussian",
            {
                "python-flint": partial(flint_singular_values, gaussian((n, n))),
                "tight": partial(svd, gaussian((n, n)), mode="tight"),
            },
            max(3, rounds // 3),
        )
        for n in FLINT_SIZES
    ]


def widths() -> list[str]:
    """The largest relative width of an enclosure, by shape and mode."""
    rows: list[str] = []
    for shape in SHAPES:
        for name, a in (("Gaussian", gaussian(shape)), ("σ_k = 1/k", power_law(shape))):
            for mode in ("fast", "tight", "auto"):
                found = svd(a, mode=mode)
                relative = float(np.max((found.upper - found.lower) / found.lower))
                rows.append(f"| {shape[0]} × {shape[1]} {name} | {mode} | {relative:.1e} |")
    return rows


def power_law(shape: tuple[int, int]) -> np.ndarray:
    u, _, vt = np.linalg.svd(gaussian(shape), full_matrices=False)
    return (u / np.arange(1, min(shape) + 1)) @ vt
