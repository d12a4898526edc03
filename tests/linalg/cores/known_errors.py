"""Layers whose decompositions are off by a known error, as large as they say and in the worst direction.

What LAPACK computes is never off by as much as is proved, nor in the direction that moves an enclosed number most. Here
a decomposition is written down: exact orthonormal vectors, a deviation of one of them or of the layer, and its bounds,
which are attained. Everything that is enclosed from such decompositions must hold the layers' own numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial
from types import SimpleNamespace
from typing import Any

import flint
import numpy as np
import pytest

from certify.linalg import svd
from certify.linalg.cell_norms import Grouping, Units, truncations
from certify.linalg.cores import (
    balance,
    core,
    core_cosines,
    core_sines,
    line_spectrum,
    near,
    quotient_norms,
    transport_norms,
)
from certify.linalg.cores.near import Near, Side
from certify.linalg.principal_angles import factored_values
from certify.linalg.svd_enclosure import enclose
from certify.linalg.svd_factor import from_svd
from certify.rigor.interval import Interval

Array = np.ndarray
SLACK = 1e-11
"""What float64 references are good for; far less than the errors."""

PLACES = ("written vectors", "first vectors", "read vectors", "last vectors", "writer", "reader", "third layer")
"""What is off: U or V of W, V' or U' of W', the layers themselves, or V'' of a layer above."""


def ball(x: float) -> flint.arb:
    """A bound that is attained but for a rounding."""
    return flint.arb(x * (1 + 1e-14))


def side(exact: Array, moved: Array, s: Array) -> Side:
    off = moved - exact
    return Side(moved, ball(np.linalg.norm(off)), ball(np.linalg.norm(off, 2)), ball(np.linalg.norm(off * s)))


@dataclass(frozen=True)
class Layer:
    """u diag(s) vᵀ + error, of which u + left and v + right are known."""

    u: Array
    s: Array
    v: Array
    left: Array | float = 0.0
    right: Array | float = 0.0
    error: Array | float = 0.0

    @cached_property
    def matrix(self) -> Array:
        return (self.u * self.s) @ self.v.T + self.error

    @cached_property
    def near(self) -> Near:
        u, v = self.u + self.left, self.v + self.right
        error = self.matrix - (self.u * self.s) @ self.v.T
        lean = (self.matrix @ v - u * self.s) / self.s
        defects = [x.T @ x - np.eye(x.shape[1]) for x in (u, v)]
        return Near(
            self.matrix.shape, 0, self.s, side(self.u, u, self.s), side(self.v, v, self.s),
            ball(np.linalg.norm(error)), ball(np.linalg.norm(error, 2)), ball(np.linalg.norm(lean)),
            *(ball(np.linalg.norm(d, 2)) for d in defects), ball(np.linalg.norm(defects[1])),
        )  # fmt: skip


@dataclass(frozen=True)
class Instance:
    """Three layers, one after the other, and the windows of the first interface."""

    layers: tuple[Layer, Layer, Layer]

    def holds(self) -> bool:
        """Whether all that is enclosed holds."""
        checks = (self._core, self._balance, self._transport, self._line, self._angles, self._truncated)
        return all(check() for check in checks)

    def _core(self) -> bool:
        write, read = self.layers[:2]
        c = core(write.near, read.near)
        off = c.c - read.v.T @ write.u
        return all(
            np.linalg.norm(read.s[:, None] ** i * off * write.s**j) <= float(c.error(i, j)) + SLACK
            for i, j in itertools.product(range(3), repeat=2)
        )

    def _balance(self) -> bool:
        write, read = (layer.matrix for layer in self.layers[:2])
        k, h = write @ write.T, read.T @ read
        found = balance(core(*(layer.near for layer in self.layers[:2])))
        norms = np.linalg.norm(k), np.linalg.norm(h)
        return (
            inside(found.imbalance, np.linalg.norm(h - k))
            and inside(found.write, norms[0])
            and inside(found.read, norms[1])
            and inside(found.commutator, np.linalg.norm(h @ k - k @ h) / (norms[0] * norms[1]))
        )

    def _transport(self) -> bool:
        write, read = (layer.matrix for layer in self.layers[:2])
        sides = [layer.near for layer in self.layers[:2]]
        frobenius, spectral = transport_norms(core(*sides))
        found = inside(frobenius, np.linalg.norm(read @ write)) and inside(spectral, np.linalg.norm(read @ write, 2))
        quotients = quotient_norms(sides[0], sides[1])
        if quotients is None or max(np.linalg.cond(read), np.linalg.cond(write)) > 1e9:
            return found
        truths = read @ np.linalg.inv(write), write @ np.linalg.inv(read)
        return found and all(inside(q, np.linalg.norm(x, 2)) for q, x in zip(quotients, truths, strict=True))

    def _line(self) -> bool:
        return all(self._of_line(self.layers[:count]) for count in (2, 3))

    def _of_line(self, layers: tuple[Layer, ...]) -> bool:
        sides = [layer.near for layer in layers]
        found = line_spectrum(sides, [core(*pair) for pair in itertools.pairwise(sides)])
        assert found is not None
        product = np.linalg.multi_dot([layer.matrix for layer in reversed(layers)])
        truth = np.ldexp(np.linalg.svd(product, compute_uv=False), -found.exponent)
        return between(Interval(found.lower, found.upper), truth)

    def _angles(self) -> bool:
        write, read = self.layers[:2]
        n, most = write.matrix.shape[0], min(write.s.size, read.s.size)
        # Without what the decompositions themselves know of their subspaces.
        unknown: Any = SimpleNamespace(sin_theta_left=lambda _: np.inf, sin_theta_right=lambda _: np.inf)
        c = core(write.near, read.near)
        found = core_cosines(c, unknown, unknown, range(1, most + 1))
        u, vt = np.linalg.svd(write.matrix)[0], np.linalg.svd(read.matrix)[2]
        for k, cosines in found.items():
            inner = vt[:k] @ u[:, :k]
            sines = np.linalg.svd(u[:, :k] - vt[:k].T @ inner, compute_uv=False)[::-1]
            if not between(cosines, np.linalg.svd(inner, compute_uv=False)):
                return False
            for known in (c, core(write.near, read.near)) if k < n else ():
                if not between(core_sines(known, unknown, unknown, k), sines):
                    return False
        return True

    def _truncated(self) -> bool:
        writer, reader = self.layers[:2]
        exponents = tuple(int(np.frexp(np.linalg.norm(x.matrix))[1]) for x in (writer, reader))
        if min(writer.s.size, reader.s.size) < 2:
            return True
        grouping = Grouping.of([[i] for i in range(reader.matrix.shape[0])])
        spectra = [np.linalg.svd(x.matrix, compute_uv=False) for x in (writer, reader)]
        bounds = [(np.maximum(s - 1e-14, 0.0), s + 1e-14) for s in spectra]
        units = Units.of(writer.matrix, reader.matrix, (exponents[0], exponents[1]), grouping)
        unit = 2.0 ** -sum(exponents)
        windows = [(k, k) for k in range(min(writer.s.size, reader.s.size) - 1, 0, -1)]
        steps = truncations(
            core(writer.near, reader.near), (bounds[0], bounds[1]), units, grouping, windows, (0.0, 0.0)
        )
        for step, (r, _) in zip(steps, windows, strict=True):
            parts = [_leading(x.matrix, r) for x in (writer, reader)]
            truth = (parts[1] @ parts[0] - reader.matrix @ writer.matrix) * unit
            if not np.all(np.abs(truth - step.error) <= step.off + SLACK):
                return False
        return True


def inside(found: flint.arb, truth: float) -> bool:
    slack = SLACK * max(truth, 1.0)
    return not found.is_finite() or float(found.lower()) - slack <= truth <= float(found.upper()) + slack


def between(found: Interval, truth: Array) -> bool:
    return bool(np.all(found.lo - SLACK <= truth) and np.all(truth <= found.hi + SLACK))


def directions(shape: tuple[int, int], size: float) -> Iterator[Array]:
    """Single entries at the corners, and one of rank one everywhere."""
    for i, j in itertools.product((0, 1, shape[0] - 1), (0, 1, shape[1] - 1)):
        found = np.zeros(shape)
        found[i, j] = size
        yield found
        yield -found
    found = np.outer(np.ones(shape[0]), np.resize([1.0, -1.0], shape[1]))
    yield size / np.linalg.norm(found) * found


def _layers(kind: str) -> tuple[Layer, Layer, Layer]:
    n, k = (4, 2) if kind == "narrow" else (3, 3)
    eye = np.eye(n)
    s, s_next = np.array([1.0, 0.5, 0.2])[:k], np.array([1.0, 0.6, 0.3])[:k]
    if kind == "small writer":
        s = s * 1e-3
    if kind == "small reader":
        s_next = s_next * 1e-3
    if kind == "balanced":
        s_next = s
    read = eye
    if kind in ("narrow", "turned"):
        c, t = np.cos(0.7), np.sin(0.7)
        read = eye.copy()
        read[:, [0, -1]] = np.column_stack([c * eye[:, 0] + t * eye[:, -1], c * eye[:, -1] - t * eye[:, 0]])
    return (
        Layer(eye[:, :k], s, eye[:, :k]),
        Layer(eye[:, :k], s_next, read[:, :k]),
        Layer(eye[:, :k], np.array([1.0, 0.7, 0.5])[:k], eye[:, :k]),
    )


KINDS = ("square", "small writer", "small reader", "balanced", "turned", "narrow")
SIZES = (1e-3, 0.05, 1e-9)
"""The last is so small that differences of squares are not formed explicitly."""


def instance(kind: str, place: str, size: float, number: int) -> Instance:
    """Layers of a kind, of which one thing is off in one direction."""
    layers = list(_layers(kind))
    of, what = {
        "written vectors": (0, "left"),
        "first vectors": (0, "right"),
        "read vectors": (1, "right"),
        "last vectors": (1, "left"),
        "writer": (0, "error"),
        "reader": (1, "error"),
        "third layer": (2, "right"),
    }[place]
    layer = layers[of]
    shape = layer.matrix.shape if what == "error" else layer.u.shape
    scale = layer.s[-1] if what == "error" else 1.0
    error = next(itertools.islice(directions(shape, size * scale), number, None))
    return Instance((*layers[:of], replace(layer, **{what: error}), *layers[of + 1 :]))  # type: ignore[arg-type]


def factors_of_another_matrix() -> bool:
    """LAPACK's factors are those of another matrix: only the residual says so."""
    a = np.array([[0.9, 0.2], [0.1, 0.5], [0.3, -0.4]])
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np.linalg, "svd", lambda *_, **__: (u, s * (1 + 1e-3), vt))
        found = factored_values(a, 0.0)
    return found is None or between(Interval(*found), s)


def values_of_another_matrix() -> bool:
    """A decomposition with exact vectors and a wrong value: only its residual says so."""
    a = np.diag([1.0, 0.5])
    known = from_svd(a, np.eye(2), np.array([1.0 - 1e-3, 0.5]), np.eye(2), tight=False)
    found = near(replace(svd(a), exponent=0, enclosed=enclose(known, 0.0, tight=False, method="svd")))
    return found is None or float(found.error_spectral) >= 1e-3 - SLACK


def truncation_of_a_reader() -> bool:
    """W' is turned by half a right angle against W, and W is off in a column that it does not use.

    The column of W_1 − B_1 is nearly 0 there and that of W − B is f, of length ε: X_{1,1} − X is off by
    W'(P'(1 − P) + (1 − P'))f with projectors P and P', up to 1.14ε in the row of W' along it.
    """
    eye, size = np.eye(2), 1e-6
    p = np.outer(eye[0], eye[0])
    q = np.array([1.0, 1.0]) / np.sqrt(2.0)
    both = np.outer(q, q) @ (eye - p) + eye - np.outer(q, q)
    u, _, vt = np.linalg.svd(both)
    worst, out = vt[0], u[:, 0]
    turned = np.array([[out[0], out[1]], [-out[1], out[0]]])
    # W' = turned · (qqᵀ + 0.999 q⊥q⊥ᵀ): its first row is along the image of f.
    v = np.column_stack([q, [-q[1], q[0]]])
    reader = Layer(turned @ v, np.array([1.0, 0.999]), v)
    lower = np.column_stack([[1.0, 0.0], np.zeros(2)])
    b = lower - size * np.outer(worst, eye[1])
    ub, sb, vb = np.linalg.svd(b)
    writer = Layer(ub, sb, vb.T, error=lower - (ub * sb) @ vb)
    grouping = Grouping.of([[0], [1]])
    spectra = []
    for x in (writer, reader):
        exact = np.linalg.svd(x.matrix, compute_uv=False)
        spectra.append((np.maximum(exact - 1e-14, 0.0), exact + 1e-14))
    units = Units.of(writer.matrix, reader.matrix, (1, 1), grouping)
    step = next(
        truncations(core(writer.near, reader.near), (spectra[0], spectra[1]), units, grouping, [(1, 1)], (0.0, 0.0))
    )
    truth = (_leading(reader.matrix) @ _leading(writer.matrix) - reader.matrix @ writer.matrix) / 4
    return bool(np.all(np.abs(truth - step.error) <= step.off + SLACK))


def _leading(a: Array, r: int = 1) -> Array:
    u, s, vt = np.linalg.svd(a)
    return (u[:, :r] * s[:r]) @ vt[:r]


def drawn(seed: int) -> Instance:
    """Small layers of which several things are off at once, some by much."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 4))
    k = n if rng.random() < 0.7 else int(rng.integers(1, n + 1))
    layers: list[Layer] = []
    for _ in range(3):
        u, v = (_frame(rng, n)[:, :k] for _ in range(2))
        s = np.sort(rng.choice([1.0, 1.0, 0.9, 0.5, 0.1, 1e-3, 1e-6], k))[::-1] * rng.choice([1.0, 1.0, 1e-3])
        left, right, error = (_deviation(rng, shape) for shape in ((n, k), (n, k), (n, n)))
        layers.append(Layer(u, s, v, left=left, right=right, error=error * float(s[rng.integers(k)])))
    return Instance((layers[0], layers[1], layers[2]))


def _frame(rng: np.random.Generator, n: int) -> Array:
    if rng.random() < 0.6:
        return np.eye(n) * rng.choice([-1.0, 1.0, 1.0, 1.0], n)
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def _deviation(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Mostly nothing; else one entry, the diagonal or rank one, up to 0.3."""
    found = np.zeros(shape)
    kind = rng.choice(["none", "none", "none", "entry", "diagonal", "rank one"])
    if kind == "entry":
        found[rng.integers(shape[0]), rng.integers(shape[1])] = 1.0
    elif kind == "diagonal":
        np.fill_diagonal(found, 1.0)
    elif kind == "rank one":
        found = np.outer(rng.standard_normal(shape[0]), rng.standard_normal(shape[1]))
        found /= np.linalg.norm(found)
    return float(rng.choice([-1.0, 1.0, 1.0])) * float(rng.choice([1e-3, 0.05, 0.3])) * found


DIRECT: dict[str, Callable[[], bool]] = {
    "factors of another matrix": factors_of_another_matrix,
    "values of another matrix": values_of_another_matrix,
    "truncation of a reader": truncation_of_a_reader,
}


def _count(kind: str, place: str) -> int:
    return sum(1 for _ in directions((4, 2) if kind == "narrow" else (3, 3), 1.0))


DRAWN = 2000
"""How many layers of which several things are off are tried."""


def drawn_holds(seed: int) -> bool:
    return drawn(seed).holds()


INSTANCES: dict[str, Callable[[], bool]] = DIRECT | {
    f"{kind}, {place} off by {size:g}, direction {number}": partial(
        lambda *given: instance(*given).holds(), kind, place, size, number
    )
    for kind in KINDS
    for place in PLACES
    for size in SIZES
    for number in range(_count(kind, place))
}
INSTANCES |= {f"drawn {seed}": partial(drawn_holds, seed) for seed in range(DRAWN)}
