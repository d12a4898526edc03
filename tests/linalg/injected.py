"""An error of nearly the size of its bound in one product of the prover.

Every product behind a proof goes through `certify.linalg.kernels.times`, which hands out γ with it. At one call site γ
becomes ``factor`` · γ and the product is moved by 0.9 · ``factor`` · γ |X||Y|, entry by entry with signs of rank one,
as rounding in the worst direction would; or by what hides, up to that size, that vectors or factors which LAPACK
proposes are wrong. Where the bound is one of entries by the lengths of rows and columns, the error is as large.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.sparse import linalg as sparse

import certify.linalg
from certify.linalg import kernels

FACTOR = 1e7
MIDDLE = 1e9
"""For products whose error enters squared."""
FINE = 1e15
"""For the small parts of products that are split: their roundings are 10^-8 of those of a plain product."""

Site = tuple[str, str, int]
"""Module, function and line relative to its start."""

DIRECTIONS = ("leading", "-leading", "trailing", "-trailing", "random", "-magnitude")
HIDDEN = ("hidden, longer", "hidden, larger", "hidden, turned", "hidden, lifted", "hidden, swapped")
"""Right vectors too long, singular values too large, vectors turned, a Cholesky factor of a matrix that has none, the
first two vectors of a Krylov space in the wrong order."""
STRETCH, TURN, FAR_TURN = 3e-10, 1e-9, 1e-5

_KRYLOV = ("_deflated", "_coupling")
_BY_LENGTHS = ("linalg.cores.", "linalg.gemm")

MODULES = [importlib.import_module(m.name) for m in pkgutil.walk_packages(certify.linalg.__path__, "certify.linalg.")]


def caller() -> Site:
    """The site of who called the door."""
    frame = sys._getframe(2)
    code = frame.f_code
    return frame.f_globals["__name__"].removeprefix("certify."), code.co_name, frame.f_lineno - code.co_firstlineno


def signs(x: np.ndarray, direction: str) -> tuple[np.ndarray, np.ndarray]:
    """Signs of rows and columns: of singular vectors of x, at random, or all 1."""
    if direction == "magnitude":
        return np.ones(x.shape[0]), np.ones(x.shape[1])
    if direction == "random":
        rng = np.random.default_rng(3)
        return rng.choice([-1.0, 1.0], x.shape[0]), rng.choice([-1.0, 1.0], x.shape[1])
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    place = 0 if direction == "leading" else -1
    return np.where(u[:, place] < 0, -1.0, 1.0), np.where(vt[place] < 0, -1.0, 1.0)


@dataclass
class Fault:
    """What happens at ``site``; ``seen`` counts the calls of every site."""

    site: Site | None = None
    direction: str = "leading"
    bounded: bool = True
    factor: float = FACTOR
    seen: dict[Site, int] = field(default_factory=dict[Site, int])
    target: Callable[[np.ndarray], np.ndarray] | None = None

    def times(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
        """The door, with the fault."""
        here = caller()
        self.seen[here] = self.seen.get(here, 0) + 1
        found, gamma = kernels.times(x, y)
        if here != self.site or not found.size or not np.all(np.isfinite(found)):
            return found, gamma
        target = self.target or _nearest_identity
        if here[1] == "defect" and np.linalg.norm(found - np.eye(len(found))) > 0.5:
            # The small part of a Gram matrix that is split: X₂ᵀ(2X₁ + X₂).
            coarse = (y - x.T) / 2
            target = _when_alike(np.eye(len(found)) - coarse.T @ coarse)
        elif here[1] == "_coupling":
            known = sys._getframe(1).f_locals
            target = _when_alike(known["v"] * known["s"])
        elif here[1] == "_deflated" and y.ndim == 1:
            target = _when_alike(sys._getframe(1).f_locals["v"][:, 0] * sys._getframe(1).f_locals["theta"])
        most = np.abs(x) @ np.abs(y)
        if here[0].startswith(_BY_LENGTHS) and not self.direction.startswith("hidden"):
            lengths = np.linalg.norm(y, axis=0)
            most = (
                np.multiply.outer(np.linalg.norm(x, axis=1), lengths)
                if y.ndim == 2
                else np.linalg.norm(x, axis=1) * lengths
            )
        error = self.error(found, 0.9 * self.factor * gamma * most, target)
        return found + error, gamma * self.factor if self.bounded else gamma

    def error(self, found: np.ndarray, most: np.ndarray, target: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """An error of at most ``most``, entry by entry."""
        if self.direction.startswith("hidden"):
            rest = target(found) - found
            return np.clip(rest, -most, most) if float(np.max(np.abs(rest))) < 1e-4 else np.zeros_like(found)
        matrix = found.reshape(found.shape[0], -1)
        rows, columns = signs(matrix, self.direction.removeprefix("-"))
        sign = -1.0 if self.direction.startswith("-") else 1.0
        return sign * most * np.outer(rows, columns).reshape(found.shape)


def _nearest_identity(found: np.ndarray) -> np.ndarray:
    return np.eye(*found.shape) if found.ndim == 2 else found


def _when_alike(target: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda found: target if found.shape == target.shape else found


@contextmanager
def injected(fault: Fault) -> Iterator[None]:
    """The prover with the fault."""
    with pytest.MonkeyPatch.context() as patch:
        door = kernels.times
        for module in MODULES:
            if getattr(module, "times", None) is door and module is not kernels:
                patch.setattr(module, "times", fault.times)
        if fault.direction in HIDDEN:
            _propose(patch, fault)
        yield


def _propose(patch: pytest.MonkeyPatch, fault: Fault) -> None:
    """Let LAPACK be wrong."""
    eigh, svd, cholesky = np.linalg.eigh, np.linalg.svd, np.linalg.cholesky
    svds, eigsh, krylov = sparse.svds, sparse.eigsh, sys.modules["certify.linalg.cores.values"]._krylov
    of_core = fault.site is not None and fault.site[0] == "linalg.principal_angles"
    # Krylov spaces get their own wrong vectors.
    of_krylov = fault.direction == "hidden, turned" and fault.site is not None and fault.site[1] in _KRYLOV

    def vectors(v: np.ndarray) -> np.ndarray:
        if fault.direction == "hidden, longer":
            return v * (1 + STRETCH)
        if fault.direction == "hidden, turned" and v.shape[1] > 1:
            turned = v.copy()
            turned[:, 0], turned[:, 1] = v[:, 0] + STRETCH * v[:, 1], v[:, 1] + STRETCH * v[:, 0]
            return turned
        return v

    def proposing_eigh(*given, **options):
        values, v = eigh(*given, **options)
        if of_core or of_krylov:
            return values, v
        return values * (1 - STRETCH) if fault.direction == "hidden, lifted" else values, vectors(v)

    def proposing_svd(*given, **options):
        found = svd(*given, **options)
        if not isinstance(found, tuple):
            return found
        u, s, vt = found
        if of_core and sys._getframe(1).f_code.co_name != "factored_values":
            return found
        if fault.direction == "hidden, larger":
            s = s * (1 + STRETCH)
            fault.target = _when_alike(given[0] if of_core else u[:, : s.size] * s)
        elif fault.direction == "hidden, longer":
            # So that the product of all three, or the image of the right vectors, agrees.
            s = s / (1 + STRETCH) if of_core else s * (1 + STRETCH)
        return u, s, vectors(vt.T).T

    def proposing_svds(*given, **options):
        u, s, vt = svds(*given, **options)
        if fault.direction == "hidden, turned":
            vt = vt + TURN * np.linalg.qr(vt.T, mode="complete")[0][:, -1]
        return u, s, vt

    def proposing_eigsh(*given, **options):
        found = eigsh(*given, **options)
        values = found[0] if isinstance(found, tuple) else found
        values = values * (1 - STRETCH) if fault.direction == "hidden, lifted" else values
        return (values, found[1]) if isinstance(found, tuple) else values

    def proposing_krylov(b, mass):
        v = krylov(b, mass)
        if v is None:
            return None
        if fault.direction == "hidden, turned":
            c, t = np.cos(FAR_TURN), np.sin(FAR_TURN)
            v[:, 0], v[:, 4] = c * v[:, 0] + t * v[:, 4], c * v[:, 4] - t * v[:, 0]
        elif fault.direction == "hidden, swapped":
            v[:, [0, 1]] = v[:, [1, 0]]
            fault.target = lambda gram: gram - 1e-5 * np.eye(*gram.shape) if gram.ndim == 2 else gram
        return v

    def proposing_cholesky(shifted):
        if fault.direction != "hidden, lifted":
            return cholesky(shifted)
        low, v = eigh(shifted)
        fault.target = _when_alike(shifted)
        lift = -2 * low[0] if low[0] < 0 else 0.0
        return cholesky(shifted + lift * np.outer(v[:, 0], v[:, 0]))

    patch.setattr(sys.modules["certify.linalg.cores.values"], "_krylov", proposing_krylov)
    patch.setattr(sparse, "svds", proposing_svds)
    patch.setattr(sparse, "eigsh", proposing_eigsh)
    patch.setattr(np.linalg, "eigh", proposing_eigh)
    patch.setattr(np.linalg, "svd", proposing_svd)
    patch.setattr(np.linalg, "cholesky", proposing_cholesky)
