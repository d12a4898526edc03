"""An error of nearly the size of its bound at one place of the checker, and whether its own enclosures still hold.

The checker forms every product and Gram matrix by two functions that return ``fl(XY)`` with a bound β of the error. At
one call site the bound becomes 10^7 β and an error of spectral norm 0.9 · 10^7 β and rank one is added: the enclosures
that the checker then compares with published ones must meet those that it computes without.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from flint import arb

import certify.checker
from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check, layer

FACTOR = 1e7
WIDE_ROOM = 1e-3
DIRECTIONS = ("leading", "-leading", "trailing", "-trailing", "random", "-random")

Site = tuple[str, str, int]
Found = dict[tuple[object, ...], list[list[arb]]]

_MODULES = [
    importlib.import_module(m.name) for m in pkgutil.walk_packages(certify.checker.__path__, "certify.checker.")
]
KERNELS = ("product", "gram")


def caller(depth: int = 2) -> Site:
    """Module, function and line relative to its start, of who called the kernel."""
    frame = sys._getframe(depth)
    code = frame.f_code
    return frame.f_globals["__name__"].removeprefix("certify."), code.co_name, frame.f_lineno - code.co_firstlineno


@dataclass
class Fault:
    """What happens at ``site``: an error along a direction, the bound enlarged or not; calls are counted by site."""

    site: Site | None = None
    direction: str = "leading"
    bounded: bool = True
    seen: dict[Site, int] = field(default_factory=dict[Site, int])

    def apply(self, site: Site, found: np.ndarray, bound: float) -> tuple[np.ndarray, float]:
        self.seen[site] = self.seen.get(site, 0) + 1
        if site != self.site or not found.size or not np.all(np.isfinite(found)):
            return found, bound
        u, v = _vectors(found, self.direction.removeprefix("-"))
        size = (-0.9 if self.direction.startswith("-") else 0.9) * FACTOR * bound
        return found + size * np.outer(u, v), bound * FACTOR if self.bounded else bound


def _vectors(x: np.ndarray, direction: str) -> tuple[np.ndarray, np.ndarray]:
    if direction == "random":
        rng = np.random.default_rng(3)
        u, v = rng.standard_normal(x.shape[0]), rng.standard_normal(x.shape[1])
        return u / np.linalg.norm(u), v / np.linalg.norm(v)
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    place = 0 if direction == "leading" else -1
    return u[:, place], vt[place]


@contextmanager
def injected(fault: Fault, room: float) -> Iterator[Found]:
    """Run the checker with the fault; yields what it holds against published values, by those."""
    found: Found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name in KERNELS:
            _replace(patch, name, lambda kernel: lambda *given: fault.apply(caller(), *kernel(*given)))

        def comparing(original):
            def compare(own, published, *rest, **options):
                found.setdefault((*published,), []).append(list(own))
                return original(own, published, *rest, **options)

            return compare

        def sigma(facts, values):
            low, high = facts.near.sigma()
            balls = [arb(float(a)).union(arb(float(b))) for a, b in zip(low, high, strict=True)]
            found.setdefault((*values,), []).append(balls)
            return ""

        _replace(patch, "enclosed", comparing)
        patch.setattr(layer, "_sigma_fault", sigma)
        if room:
            near = layer.near_svd
            patch.setattr(layer, "near_svd", lambda unit: near(unit, room))
        yield found


def _replace(patch: pytest.MonkeyPatch, name: str, wrap) -> None:
    for module in _MODULES:
        if hasattr(module, name):
            patch.setattr(module, name, wrap(getattr(module, name)))


def enclosures(certificate: Certificate, chain: Chain, fault: Fault, room: float = 0.0) -> Found:
    """What the checker computes for a certificate under a fault."""
    with injected(fault, room) as found:
        check(certificate, chain, workers=1)
    return found


def missed(honest: Found, faulty: Found) -> list[tuple[object, ...]]:
    """The published values whose enclosures under the fault do not meet the honest ones."""
    return [
        key
        for key, lists in faulty.items()
        for true, wrong in zip(honest.get(key, []), lists, strict=False)
        for x, y in zip(true, wrong, strict=False)
        if x.is_finite() and y.is_finite() and not x.overlaps(y)
    ]
