"""An error of nearly the size of its bound at one place of the checker, and what is proposed to it beside.

At one call site of a product the bound β becomes 10^7 β and an error of spectral norm 0.9 · 10^7 β and rank one is
added, along singular vectors of the product; or the error hides what is wrong with vectors or factors of which the
checker assumes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from certify.checker.arithmetic import rounding
from certify.checker.arithmetic.rounding import gamma, roundings

FACTOR = 1e7
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
    "hidden, witness",
)
"""Singular vectors of the product; or the error that hides that the right singular vectors proposed are too long or
the singular values too small, two of the vectors turned, or the vector that reaches a spectral norm and the Cholesky
factor above it off, or two vectors behind an inverse hardly turned."""
OTHER_MATRIX = ("hidden, longer", "hidden, shorter", "hidden, turned")
"""Directions that change the matrices of which norms are taken."""
STRETCH, _TURN = 1e-8, 2e-5

Site = tuple[str, str, int]
"""Module, function and line relative to its start; ``_INSIDE`` functions by who called them."""
_INSIDE = ("_gram",)
_BY_COLUMN = ("_from_gram", "_from_svd", "_separate", "__init__")
"""Products of which the columns are bounded one by one, and of which only the lengths of rows and columns are used."""
_BY_ENTRY = ("quotient_norms",)


def caller(depth: int = 2) -> Site:
    """The site of who called the kernel."""
    frame = sys._getframe(depth)
    name = frame.f_code.co_name
    if name in _INSIDE and frame.f_back is not None:
        frame = frame.f_back
        name = f"{frame.f_code.co_name}, {name}"
    return frame.f_globals["__name__"].removeprefix("certify."), name, frame.f_lineno - frame.f_code.co_firstlineno


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
        unit = 0.9 * FACTOR * gamma(roundings(inner))
        columns = np.linalg.norm(np.abs(given[0]) @ np.abs(given[-1]), axis=0) if site[1] in _BY_COLUMN else None
        if site[1] in _BY_ENTRY:
            least = min(np.linalg.norm(given[0], axis=1).min() * np.linalg.norm(given[-1], axis=0).min(), least)
        size = unit * (least if columns is None else min(least, float(columns.min())))
        raised = bound * FACTOR if self.bounded else bound
        if self.direction.startswith("hidden"):
            room = 2.0 if site[1] == "full_rank" else 0.5
            known = (
                site[1] in ("_from_svd", "_inertia_bound", "ends", "adjoint") and np.shape(self.expected) == found.shape
            )
            hidden = self.expected if known and self.expected is not None else np.eye(*found.shape)
            if site[1] in ("transport_norm", "full_rank"):
                # The inverse is scaled by a power of two.
                hidden = hidden * 2.0 ** round(np.log2(abs(found[0, 0]) or 1.0))
            return found + _hiding(found, hidden, size, room), raised
        u, v = _vectors(found, self.direction.removeprefix("-"))
        if columns is not None:
            size = unit * min(least, float(np.min(columns / np.maximum(np.abs(v), 1e-300))))
        return found + (-size if self.direction.startswith("-") else size) * np.outer(u, v), raised

    def rounds(self, module: str, count: int) -> int:
        """The number of roundings behind a bound that a module forms itself, for the product at the site alone."""
        if not self.bounded or self.site is None or self.site[0] != module:
            return count
        here = caller(3)
        if here[1:2] == ("near_svd",) and self.site[1] in _BY_COLUMN:
            return int(FACTOR) * count
        if here[1] == "_slip":
            here = caller(4)
            # small_commutation bounds its products in the order in which it forms them.
            products, bounds = (11, 12, 13, 19, 20, 26), (15, 16, 17, 21, 22, 27)
            if here[2] not in bounds or products[bounds.index(here[2])] != self.site[2]:
                return count
        same = here[1:] == self.site[1:] if "," in here[1] else here[1] == self.site[1]
        return int(FACTOR) * count if same else count

    def proposed(self, v: np.ndarray) -> np.ndarray:
        """What is proposed as singular vectors, columns."""
        if self.direction == "hidden, longer":
            return v * (1 + STRETCH)
        if self.direction == "hidden, shorter":
            return v / (1 + STRETCH)
        if self.direction == "hidden, turned" and v.shape[1] > 1:
            turned = v.copy()
            turned[:, -2], turned[:, -1] = (v[:, -2] - v[:, -1]) * np.sqrt(0.5), (v[:, -2] + v[:, -1]) * np.sqrt(0.5)
            return turned
        if self.direction == "hidden, witness" and v.shape[1] == 1 < v.shape[0]:
            return v + _TURN * np.linalg.qr(v, mode="complete")[0][:, -1:]
        if self.direction == "hidden, witness" and self.site is not None and self.site[1] == "transport_norm":
            turned, angle = v.copy(), _TURN**2
            turned[:, 0], turned[:, -1] = v[:, 0] + angle * v[:, -1], v[:, -1] - angle * v[:, 0]
            return turned
        return v

    def inverse(self, r: np.ndarray) -> np.ndarray:
        """What is proposed as inverse of a singular triangular matrix: one but in a direction, long there or zero."""
        u, s, vt = np.linalg.svd(r)
        length = 1e10 if self.direction == "hidden, witness" else 0.0
        return (vt[:-1].T / s[:-1]) @ u[:, :-1].T + length * np.outer(vt[-1], u[:, -1])

    def factor(self, shifted: np.ndarray, cholesky: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """What is proposed as Cholesky factor: of a matrix that is positive where the given one is not quite."""
        self.expected = shifted
        values, vectors = np.linalg.eigh(shifted)
        lifted = values[0] < 0 and self.direction == "hidden, witness"
        return cholesky(shifted - 2 * values[0] * np.outer(vectors[:, 0], vectors[:, 0]) if lifted else shifted)


def _hiding(found: np.ndarray, hidden: np.ndarray, size: float, room: float) -> np.ndarray:
    # Up to ``size``, what makes an approximate identity one, and an approximate US exact.
    rest = hidden - found
    distance = float(np.linalg.norm(rest))
    return rest * min(1.0, size / distance) if 0 < distance < room else np.zeros_like(found)


def _vectors(x: np.ndarray, direction: str) -> tuple[np.ndarray, np.ndarray]:
    if direction == "random":
        rng = np.random.default_rng(3)
        u, v = rng.standard_normal(x.shape[0]), rng.standard_normal(x.shape[1])
        return u / np.linalg.norm(u), v / np.linalg.norm(v)
    u, _, vt = np.linalg.svd(x, full_matrices=False)
    place = 0 if direction == "leading" else -1
    return u[:, place], vt[place]
