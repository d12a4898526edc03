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
import scipy.linalg
from flint import arb

import certify.checker
from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check, layer
from certify.checker.arithmetic import rounding, small_commutation, two_layers
from certify.checker.arithmetic.rounding import gamma, roundings
from tests.checker.networks import arrays

FACTOR = 1e7
WIDE_ROOM = 1e-3
DIRECTIONS = (
    "leading",
    "-leading",
    "trailing",
    "-trailing",
    "random",
    "-random",
    "hidden, longer",
    "hidden, shorter",
    "hidden, turned",
)
"""Singular vectors of the product; or the error that hides that the right singular vectors proposed are too long, the
singular values too small, or two of the vectors turned."""
_STRETCH = 1e-8

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
    expected: np.ndarray | None = None

    def apply(
        self, site: Site, given: tuple[np.ndarray, ...], found: np.ndarray, bound: float
    ) -> tuple[np.ndarray, float]:
        self.seen[site] = self.seen.get(site, 0) + 1
        if site != self.site or not found.size or not np.all(np.isfinite(found)):
            return found, bound
        inner = given[0].shape[1] if len(given) == 2 else given[0].shape[0]
        sizes = [float(np.linalg.norm(x)) for x in (given[0], given[-1])]
        # The model bounds the error in either norm; what the checker says of it is not asked.
        least = min(sizes[0] * sizes[1], rounding.absolute_norm(given[0]) * rounding.absolute_norm(given[-1]))
        size = 0.9 * FACTOR * gamma(roundings(inner)) * least
        raised = bound * FACTOR if self.bounded else bound
        if self.direction.startswith("hidden"):
            hidden = self.expected if site[1] == "_from_svd" and self.expected is not None else np.eye(*found.shape)
            return found + _hiding(found, hidden, size), raised
        u, v = _vectors(found, self.direction.removeprefix("-"))
        return found + (-size if self.direction.startswith("-") else size) * np.outer(u, v), raised

    def rounds(self, module: str, count: int) -> int:
        """The number of roundings behind a bound that a module forms itself, for the product at the site alone."""
        if not self.bounded or self.site is None or self.site[0] != module:
            return count
        here = caller(3)
        if here[1] == "_slip":
            here = caller(4)
            # small_commutation bounds its products in the order in which it forms them.
            products, bounds = (11, 12, 13, 19, 20, 26), (15, 16, 17, 21, 22, 27)
            if here[2] not in bounds or products[bounds.index(here[2])] != self.site[2]:
                return count
        return int(FACTOR) * count if here[1] == self.site[1] else count

    def proposed(self, v: np.ndarray) -> np.ndarray:
        """What is proposed as singular vectors, columns."""
        if self.direction == "hidden, longer":
            return v * (1 + _STRETCH)
        if self.direction == "hidden, turned" and v.shape[1] > 1:
            turned = v.copy()
            turned[:, -2], turned[:, -1] = (v[:, -2] - v[:, -1]) * np.sqrt(0.5), (v[:, -2] + v[:, -1]) * np.sqrt(0.5)
            return turned
        return v


def _hiding(found: np.ndarray, hidden: np.ndarray, size: float) -> np.ndarray:
    # Up to ``size``, what makes an approximate identity one, and an approximate US exact.
    rest = hidden - found
    distance = float(np.linalg.norm(rest))
    return rest * min(1.0, size / distance) if 0 < distance < 0.5 else np.zeros_like(found)


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
            _replace(patch, name, lambda kernel: lambda *given: fault.apply(caller(), given, *kernel(*given)))

        for module in _MODULES:
            if hasattr(module, "roundings") and module.__name__ != rounding.__name__:
                name = module.__name__.removeprefix("certify.")
                patch.setattr(module, "roundings", lambda k, name=name: fault.rounds(name, roundings(k)))
        if fault.site is None or fault.bounded:
            # Enclosures as wide as the enlarged bounds are kept, not formed in another way.
            patch.setattr(small_commutation, "U", FACTOR * 1e3 * rounding.U)
        eigh, svd = scipy.linalg.eigh, scipy.linalg.svd

        def proposing_eigh(*given, **options):
            values, vectors = eigh(*given, **options)
            return values, fault.proposed(vectors[:, ::-1])[:, ::-1]

        def proposing_svd(*given, **options):
            u, s, vt = svd(*given, **options)
            if fault.direction == "hidden, longer":
                # Singular values too large: with a product that agrees with them, or with vectors that do.
                s = s * (1 + _STRETCH)
                fault.expected = u * s
                hides_product = fault.site is not None and fault.site[1] == "_from_svd"
                return u, s, vt if hides_product else fault.proposed(vt.T).T
            if fault.direction == "hidden, shorter":
                return u * (1 + _STRETCH), s / (1 + _STRETCH), vt
            return u, s, fault.proposed(vt.T).T

        patch.setattr(scipy.linalg, "eigh", proposing_eigh)
        patch.setattr(scipy.linalg, "svd", proposing_svd)

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

        def angles(original):
            def measure(*given):
                measured = original(*given)
                for k, one in measured.items():
                    ends = ((one.lower, one.upper), two_layers.sines(*given[:2], k))
                    balls = [arb(float(a)).union(arb(float(b))) for pair in ends for a, b in zip(*pair, strict=True)]
                    found.setdefault(("angles", k), []).append([*balls, one.overlap])
                return measured

            return measure

        def spectrum(original):
            def measure(*given):
                low, high = original(*given)
                balls = [arb(float(a)).union(arb(float(b))) for a, b in zip(low, high, strict=True)]
                found.setdefault(("spectrum",), []).append(balls)
                return low, high

            return measure

        def inertia(original):
            def measure(*given):
                top = original(*given)
                # An upper bound: what it excludes counts, while it is one of the same matrix.
                if fault.site is None:
                    found.setdefault(("inertia",), []).append([top])
                elif fault.site[0].endswith("spectral_norm") and not fault.direction.startswith("hidden"):
                    found.setdefault(("inertia",), []).append([top.union(arb(0))])
                return top

            return measure

        _replace(patch, "enclosed", comparing)
        _replace(patch, "angles", angles)
        _replace(patch, "product_spectrum", spectrum)
        _replace(patch, "_inertia_bound", inertia)
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


def chains() -> dict[str, list[np.ndarray]]:
    """Small chains of every kind: square, tall, of low rank, graded, nearly tied, long."""
    rng = np.random.default_rng(5)
    q = [np.linalg.qr(rng.standard_normal((5, 5)))[0] for _ in range(4)]
    tied = np.array([1.0, 1.0 - 2e-10, 0.4, 0.2, 0.2 - 2e-8])
    return {
        "square": arrays("small"),
        "tall": [rng.standard_normal((9, 4)), rng.standard_normal((3, 9))],
        "low rank": arrays("rank one"),
        "graded": [np.diag(10.0 ** -np.arange(5)) @ q[0], q[1] * 10.0 ** -np.arange(5)],
        "ill conditioned": arrays("ill conditioned"),
        "nearly tied": [(q[0] * tied) @ q[1], (q[2] * tied) @ q[3]],
        "long": [rng.standard_normal((3, 3)) for _ in range(6)],
    }
