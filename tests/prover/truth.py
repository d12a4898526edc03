"""The true numbers behind every claim, at 60 digits and from the definitions; ranks are exact."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from tests.geometry import oracle
from tests.geometry.oracle import mp
from tests.prover.flow_truth import Flow
from tests.prover.incidence_truth import Incidence

Real = Any


def exact_rank(arrays: Sequence[np.ndarray]) -> int:
    """The rank of the product of float matrices, lowest first, in rational numbers."""
    product = None
    for array in arrays:
        rows = [[flint.fmpq(*Fraction(float(x)).as_integer_ratio()) for x in row] for row in array]
        factor = flint.fmpq_mat(rows)
        product = factor if product is None else factor * product
    assert product is not None
    return int(product.rank())


class Layer:
    """One matrix and its decomposition."""

    def __init__(self, a: np.ndarray) -> None:
        self.array = a
        self.matrix = oracle.matrix(a)
        self.d = min(a.shape)
        self.u, sigma, self.v = oracle.svd(self.matrix)
        # What is 0 comes out as 1e-60 of the largest.
        self.sigma = [x if k < self.rank else mp.mpf(0) for k, x in enumerate(sigma)]
        self.norm = oracle.frobenius(self.matrix)
        self._alpha: dict[str, Real] = {}

    @property
    def radial(self) -> Real:
        return mp.log(self.sigma[0] * mp.sqrt(self.d) / self.norm)

    def alpha(self, chart: str) -> Real:
        if chart not in self._alpha:
            self._alpha[chart] = self._fit(chart)
        return self._alpha[chart]

    def _fit(self, chart: str) -> Real:
        if chart != "hellinger":
            return oracle.FITS[chart](self.sigma)
        try:
            return oracle.fit_hellinger(self.sigma)
        except ValueError:
            # Beyond the usual exponents.
            return oracle.fit_hellinger(self.sigma, tuple(np.linspace(11, 200, 379)))

    def residual(self, chart: str) -> Real:
        return self.radial - oracle.chart(self.d, self.alpha(chart))

    @functools.cached_property
    def rank(self) -> int:
        return exact_rank([self.array])

    def effective_rank(self, percent: int) -> int:
        squares = [x * x for x in self.sigma]
        limit = mp.mpf(100 - percent) / 100 * mp.fsum(squares)
        return next(r for r in range(self.d + 1) if mp.fsum(squares[r:]) <= limit)

    def gap(self, k: int) -> Real:
        return self.sigma[k - 1] - self.sigma[k]


class Edge:
    """Two layers that meet."""

    def __init__(self, lower: Layer, upper: Layer, flow: Flow | None = None) -> None:
        self.lower, self.upper, self.flow = lower, upper, flow
        self.product = upper.matrix * lower.matrix
        self.write = lower.matrix * lower.matrix.T
        self.read = upper.matrix.T * upper.matrix

    def hats(self) -> tuple[Any, Any]:
        return tuple(x.matrix * (mp.sqrt(x.d) / x.norm) for x in (self.lower, self.upper))  # type: ignore[return-value]

    def transport(self) -> tuple[Real, Real]:
        hat, hat_next = self.hats()
        sigma = oracle.singular_values(hat_next * mp.inverse(hat))
        return mp.log(sigma[0]), -mp.log(sigma[-1])

    def a_x(self) -> Real:
        hat, hat_next = self.hats()
        return mp.log(oracle.singular_values(hat_next * hat)[0])

    def cosines(self, k: int) -> list[Real]:
        return oracle.singular_values(self.lower.u[:, :k].T * self.upper.v[:, :k])

    def sines(self, k: int) -> list[Real]:
        u, v = self.lower.u[:, :k], self.upper.v[:, :k]
        return oracle.singular_values(u - v * (v.T * u))[::-1]

    def step(self, chart: str) -> Real:
        return self.upper.residual(chart) - self.lower.residual(chart)

    def overlap(self, k: int) -> Real:
        return mp.fsum(c * c for c in self.cosines(k)) / k

    def imbalance(self) -> Real:
        return oracle.frobenius(self.read - self.write)

    def diagonal_imbalance(self) -> Real:
        return mp.sqrt(mp.fsum((self.read[i, i] - self.write[i, i]) ** 2 for i in range(self.read.rows)))

    def sine(self, k: int) -> Real:
        return mp.sqrt(max(k * (1 - self.overlap(k)), mp.mpf(0)))

    def angle(self, k: int) -> list[Real]:
        """‖sinΘ‖_F and the least of what the imbalance and the dimensions allow."""
        gaps = mp.fsum(x.sigma[k - 1] ** 2 - (x.sigma[k] ** 2 if k < x.d else 0) for x in (self.lower, self.upper))
        most = mp.sqrt(min(k, self.read.rows - k))
        return [self.sine(k), min(mp.sqrt(2) * self.imbalance() / gaps, most) if gaps else most]

    def levels(self, k: int) -> list[Real]:
        """Whether k-windows are one space, and whether those of all j ≤ k are, for simple spectra or equal Grams.

        The root of a difference keeps half of the 60 digits.
        """
        same = [self.sine(j) < mp.mpf(10) ** -20 for j in range(1, k + 1)]
        return [mp.mpf(same[-1]), mp.mpf(all(same) or self.imbalance() == 0)]

    def relative_imbalance(self) -> Real:
        read, write = oracle.frobenius(self.read), oracle.frobenius(self.write)
        return self.imbalance() / mp.sqrt(read * read + write * write)

    def commutator(self) -> Real:
        found = oracle.frobenius(self.read * self.write - self.write * self.read)
        return found / (oracle.frobenius(self.read) * oracle.frobenius(self.write))

    def transport_drift(self, chart: str) -> list[Real]:
        alpha, alpha_next = self.lower.alpha(chart), self.upper.alpha(chart)
        slope = oracle.moment(self.lower.d, 2 * max(alpha, alpha_next), 1)
        return [abs(alpha_next - alpha), (max(self.transport()) + abs(self.step(chart))) / slope]

    def product_drift(self, chart: str) -> list[Real]:
        before, after = (oracle.chart(x.d, x.alpha(chart)) for x in (self.lower, self.upper))
        return [abs(after - before), self.lower.radial + self.upper.radial + abs(self.step(chart))]

    def lost(self) -> list[Real]:
        """Written but not read, and the rank of the product, both exact."""
        seen = exact_rank([self.lower.array, self.upper.array])
        return [mp.mpf(self.lower.rank - seen), mp.mpf(seen)]

    def truncation_errors(self, k: int) -> list[Real]:
        """The change of the product when both layers keep k ranks, in the Frobenius and in the spectral norm."""
        kept = [x.u[:, :k] * mp.diag(x.sigma[:k]) * x.v[:, :k].T for x in (self.lower, self.upper)]
        change = self.product - kept[1] * kept[0]
        return [oracle.frobenius(change), max(oracle.singular_values(change))]

    def overlap_null(self, k: int) -> list[Real]:
        """Mean k/n, deviation, and deviations above the mean."""
        n = self.write.rows
        mean, square = mp.mpf(k) / n, mp.mpf(2) * (n - k) ** 2 / (n * n * (n - 1) * (n + 2))
        return [mean, mp.sqrt(square), (self.overlap(k) - mean) / mp.sqrt(square)]

    def commutator_null(self) -> list[Real]:
        """From the moments of the traceless Grams themselves and the second moment in three terms."""
        n = self.write.rows
        (p2, p4), (q2, q4) = (self._moments(x) for x in (self.read, self.write))
        mean = 2 * n * p2 * q2 / mp.mpf((n - 1) * (n + 2))
        if n < 4:
            second = p2**2 * q2**2 * (mp.mpf(3) / 2 if n == 2 else mp.mpf(18) / 35)
        else:
            c = mp.mpf((n - 3) * (n - 2) * (n - 1) * (n + 1) * (n + 2) * (n + 4) * (n + 6))
            alpha = 4 * (n**2 + 3 * n - 12) * (n**4 + 2 * n**3 - 6 * n**2 + 6 * n - 36) / (n * c)
            beta = -8 * (n**4 + 3 * n**2 + 30 * n - 72) / c
            gamma = 8 * n * (n**4 + 2 * n**3 - 5 * n**2 - 10 * n + 24) / c
            second = alpha * p2**2 * q2**2 + beta * (p2**2 * q4 + p4 * q2**2) + gamma * p4 * q4
        found = oracle.frobenius(self.read * self.write - self.write * self.read) ** 2
        score = (found - mean) / mp.sqrt(second - mean**2)
        return [mp.sqrt(found / mean), score, 1 / (1 + score**2)]

    def _moments(self, gram: Any) -> tuple[Real, Real]:
        n = gram.rows
        mean = mp.fsum(gram[i, i] for i in range(n)) / n
        square = (gram - mean * mp.eye(n)) ** 2
        return mp.fsum(square[i, i] for i in range(n)), oracle.frobenius(square) ** 2

    def truncation(self, k: int) -> list[Real]:
        s, t = self.lower.sigma, self.upper.sigma
        tail, tail_next = (mp.fsum(x * x for x in y[k:]) for y in (s, t))
        mass_next, kept = mp.fsum(x * x for x in t), mp.fsum(x * x for x in s[:k])
        frobenius = min(t[0] ** 2 * tail, s[k] ** 2 * mass_next) + min(tail_next * s[0] ** 2, t[k] ** 2 * kept)
        return [mp.sqrt(frobenius), mp.sqrt((t[0] * s[k]) ** 2 + (t[k] * s[0]) ** 2)]

    @functools.cached_property
    def rows(self) -> Incidence:
        """The row groups of what is read on what is written."""
        return _rows(self.lower, self.upper)


@functools.lru_cache(maxsize=64)
def _rows(lower: Layer, upper: Layer) -> Incidence:
    return Incidence(lower, upper)


class Component:
    """Layers of which each reads what the one before writes."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = layers
        self.length = len(layers)
        self.dimensions = [layers[0].array.shape[1], *(layer.array.shape[0] for layer in layers)]
        arrays = [layer.array for layer in layers]
        self.ranks = {
            (u, v): exact_rank(arrays[u:v]) for u in range(self.length) for v in range(u + 1, self.length + 1)
        }
        self.ranks |= {(u, u): n for u, n in enumerate(self.dimensions)}

    def static_domain(self) -> Real:
        """Whether all interfaces lie in the static domain."""
        return mp.mpf(all(_rows(a, b).static_domain() for a, b in itertools.pairwise(self.layers)))

    @functools.cached_property
    def sigma(self) -> list[Real]:
        """Singular values of the product; those beyond its exact rank are 0."""
        product = self.layers[0].matrix
        for layer in self.layers[1:]:
            product = layer.matrix * product
        rank = self.ranks[0, self.length]
        return [x if k < rank else mp.mpf(0) for k, x in enumerate(oracle.singular_values(product))]

    def polystable(self) -> Real:
        return mp.mpf(len({self.ranks[0, self.length], *(self.ranks[l, l + 1] for l in range(self.length))}) == 1)

    def mass(self) -> Real:
        return mp.fsum(layer.norm**2 for layer in self.layers)

    def kempf_ness_gap(self) -> Real:
        power = mp.mpf(2) / self.length
        gap = self.mass() - self.length * mp.fsum(mp.power(x, power) for x in self.sigma if x)
        return gap if abs(gap) > self.mass() * mp.mpf(10) ** -50 else mp.mpf(0)

    def all_ranks(self) -> list[Real]:
        length = self.length
        return [mp.mpf(self.ranks[u, v]) for u in range(length) for v in range(u + 1, length + 1)]

    def barcode(self) -> list[Real]:
        """Multiplicities of the intervals [i, j], by what the ranks count."""

        def rank(u: int, v: int) -> int:
            return self.ranks.get((u, v), 0)

        return [
            mp.mpf(rank(i, j) - rank(i - 1, j) - rank(i, j + 1) + rank(i - 1, j + 1))
            for i in range(self.length + 1)
            for j in range(i, self.length + 1)
        ]
