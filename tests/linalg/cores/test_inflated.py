"""Every rounding term of a core is needed: with its bound 10^7 times too large a product may be off by that much.

A rank-one error of 0.9 of the inflated bound is added to one product, entry by entry as rounding would: the enclosure,
with the inflated bound, must still hold the truth, and must not with the true bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise

import flint
import numpy as np
import pytest

import certify.linalg.cores as cores
from certify.linalg import kernels, svd
from certify.linalg.cores import (
    Core,
    core,
    core_cosines,
    core_sines,
    line_spectrum,
    near,
    quotient_norms,
    transport_norms,
)
from certify.rigor.ball import precision
from tests.linalg.injected import FACTOR, signs

MODULES = {
    name: import_module(f"certify.linalg.cores.{name}")
    for name in ("balance", "core", "cosines", "line", "transport", "values")
}


@dataclass
class Fault:
    """An error in the ``place``-th product of a module, along its leading singular vectors or along random signs."""

    module: str
    place: int = 0
    sign: float = 1.0
    random: bool = False
    bounded: bool = False
    calls: int = 0

    def times(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
        (product, gamma), here = kernels.times(x, y), self.calls == self.place
        self.calls += 1
        if not here:
            return product, gamma
        left, right = signs(product, "random" if self.random else "leading")
        lengths = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(y, axis=0)
        moved = product + self.sign * 0.9 * FACTOR * gamma * lengths * np.outer(left, right)
        return moved, FACTOR * gamma if self.bounded else gamma


@dataclass(frozen=True)
class Layers:
    """Float layers and their exact decompositions as far as a float reference needs them."""

    matrices: list[np.ndarray]

    def core(self) -> Core:
        sides = [near(svd(w)) for w in self.matrices]
        assert sides[0] is not None
        assert sides[1] is not None
        return core(sides[0], sides[1])

    @property
    def grams(self) -> tuple[np.ndarray, np.ndarray]:
        return self.matrices[0] @ self.matrices[0].T, self.matrices[1].T @ self.matrices[1]


def gaussian(*shapes: tuple[int, int]) -> Layers:
    return Layers([np.random.default_rng([7, *shape, i]).standard_normal(shape) for i, shape in enumerate(shapes)])


def nearly_balanced() -> Layers:
    w = np.random.default_rng(5).standard_normal((12, 5))
    return Layers([w, w.T * (1 + 1e-9)])


def decaying(n: int) -> Layers:
    rng = np.random.default_rng(n)
    a, b = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    return Layers([(a * 0.9 ** np.arange(n)) @ b, np.eye(n)])


def inside(ball: flint.arb, truth: float) -> bool:
    """Whether the ball holds the truth up to what a float reference is good for; that is far less than the faults."""
    slack = 1e-12 * abs(truth) + 1e-14
    assert ball.is_finite()
    return bool(ball.lower() <= truth + slack and truth - slack <= ball.upper())


def imbalance(layers: Layers) -> bool:
    k, h = layers.grams
    return inside(cores.balance(layers.core()).imbalance, np.linalg.norm(h - k))


def commutator(layers: Layers) -> bool:
    k, h = layers.grams
    truth = np.linalg.norm(h @ k - k @ h) / (np.linalg.norm(h) * np.linalg.norm(k))
    return inside(cores.balance(layers.core()).commutator, truth)


def frobenius(layers: Layers) -> bool:
    w, w_next = layers.matrices
    return inside(transport_norms(layers.core())[0], np.linalg.norm(w_next @ w))


def spectral(layers: Layers) -> bool:
    w, w_next = layers.matrices
    return inside(transport_norms(layers.core())[1], np.linalg.norm(w_next @ w, 2))


def quotients(layers: Layers) -> bool:
    w, w_next = layers.matrices
    c = layers.core()
    found = quotient_norms(c.write, c.read)
    assert found is not None
    truths = [np.linalg.norm(b @ np.linalg.inv(a), 2) for a, b in ((w, w_next), (w_next, w))]
    return all(inside(ball, truth) for ball, truth in zip(found, truths, strict=True))


def line(layers: Layers) -> bool:
    sides = [near(svd(w)) for w in layers.matrices]
    found = line_spectrum(sides, [core(a, b) for a, b in pairwise(sides)])
    assert found is not None
    truth = np.linalg.svd(np.linalg.multi_dot(layers.matrices[::-1]), compute_uv=False)
    unit = 2.0**found.exponent
    slack = 1e-12 * truth[0]
    return bool(np.all(found.lower * unit <= truth + slack) and np.all(truth - slack <= found.upper * unit))


def cosines(layers: Layers) -> bool:
    decomposed = [svd(w) for w in layers.matrices]
    found = core_cosines(layers.core(), *decomposed, [3])[3]
    u, v = np.linalg.svd(layers.matrices[0])[0][:, :3], np.linalg.svd(layers.matrices[1])[2][:3].T
    truth = np.linalg.svd(v.T @ u, compute_uv=False)
    assert np.max(found.hi - found.lo) < 1e-3
    return bool(np.all(found.lo <= truth + 1e-12) and np.all(truth - 1e-12 <= found.hi))


def sines(layers: Layers) -> bool:
    found = core_sines(layers.core(), *(svd(w) for w in layers.matrices), 3)
    u, v = np.linalg.svd(layers.matrices[0])[0][:, :3], np.linalg.svd(layers.matrices[1])[2][:3].T
    truth = np.linalg.svd(u - v @ (v.T @ u), compute_uv=False)[::-1]
    assert np.max(found.hi - found.lo) < 1e-3
    return bool(np.all(found.lo <= truth + 1e-12) and np.all(truth - 1e-12 <= found.hi))


def derived(layers: Layers) -> bool:
    """Sines that follow from cosines that were asked before."""
    decomposed = [svd(w) for w in layers.matrices]
    c = layers.core()
    core_cosines(c, *decomposed, [3])
    found = core_sines(c, *decomposed, 3)
    u, v = np.linalg.svd(layers.matrices[0])[0][:, :3], np.linalg.svd(layers.matrices[1])[2][:3].T
    truth = np.sort(np.sqrt(1 - np.linalg.svd(v.T @ u, compute_uv=False) ** 2))
    assert np.max(found.hi - found.lo) < 1e-3
    return bool(np.all(found.lo <= truth + 1e-12) and np.all(truth - 1e-12 <= found.hi))


SQUARE, TALL = ((8, 8), (8, 8)), ((12, 6), (5, 12))
CASES: dict[str, tuple[Callable[[Layers], bool], Callable[[], Layers], Fault]] = {
    "core, imbalance": (imbalance, lambda: gaussian(*SQUARE), Fault("core")),
    "core, imbalance of tall layers": (imbalance, lambda: gaussian(*TALL), Fault("core", random=True)),
    "core, commutator": (commutator, lambda: gaussian(*SQUARE), Fault("core", random=True)),
    "core, commutator of tall layers": (commutator, lambda: gaussian(*TALL), Fault("core")),
    "core, norm of the transport": (frobenius, lambda: gaussian(*TALL), Fault("core")),
    "core, largest value of the transport": (spectral, lambda: gaussian(*TALL), Fault("core")),
    "core, line": (line, lambda: gaussian(*SQUARE, (7, 8)), Fault("core")),
    "core, cosines": (cosines, lambda: gaussian(*TALL), Fault("core")),
    "core, sines": (sines, lambda: gaussian((8, 5), (8, 8)), Fault("core")),
    "core, sines beyond the window written": (sines, lambda: gaussian((8, 8), (5, 8)), Fault("core", sign=-1.0)),
    "core, sines from cosines": (derived, lambda: gaussian(*TALL), Fault("core")),
    "R": (sines, lambda: gaussian(*TALL), Fault("cosines")),
    "M": (commutator, lambda: gaussian(*SQUARE), Fault("balance", random=True)),
    "M of tall layers": (commutator, lambda: gaussian(*TALL), Fault("balance", random=True)),
    "the reader's tail": (imbalance, nearly_balanced, Fault("balance", 0)),
    "the writer's tail": (imbalance, nearly_balanced, Fault("balance", 1)),
    "Gram of the largest value": (spectral, lambda: gaussian(*SQUARE), Fault("values", sign=-1.0)),
    "BV": (spectral, lambda: decaying(200), Fault("values", 0)),
    "line": (line, lambda: gaussian((8, 6), (9, 8), (7, 9)), Fault("line")),
    "D": (quotients, lambda: gaussian(*SQUARE), Fault("transport", random=True)),
}


@pytest.mark.parametrize("case", CASES)
def test_the_bound_is_enough_and_needed(case, monkeypatch):
    holds, make, fault = CASES[case]
    fault = replace(fault)
    with precision(128):
        layers = make()
        assert holds(layers)
        monkeypatch.setattr(MODULES[fault.module], "times", fault.times)
        fault.calls = 0
        assert not holds(layers), "the fault does not move the quantity"
        assert fault.calls > fault.place
        fault.bounded, fault.calls = True, 0
        assert holds(layers)
