"""The true value of every claim about two matrices, at 60 digits and from the definitions."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tests.geometry import oracle
from tests.geometry.oracle import mp

Real = Any


class Layer:
    """One matrix and its decomposition."""

    def __init__(self, a: np.ndarray) -> None:
        self.array = a
        self.matrix = oracle.matrix(a)
        self.d = min(a.shape)
        self.u, self.sigma, self.v = oracle.svd(self.matrix)
        self.norm = oracle.frobenius(self.matrix)

    @property
    def radial(self) -> Real:
        return mp.log(self.sigma[0] * mp.sqrt(self.d) / self.norm)

    def alpha(self, chart: str) -> Real:
        return oracle.FITS[chart](self.sigma)

    def residual(self, chart: str) -> Real:
        return self.radial - oracle.chart(self.d, self.alpha(chart))

    def rank(self) -> int:
        return sum(x > self.sigma[0] * mp.mpf(10) ** -40 for x in self.sigma)

    def effective_rank(self, percent: int) -> int:
        squares = [x * x for x in self.sigma]
        limit = mp.mpf(100 - percent) / 100 * mp.fsum(squares)
        return next(r for r in range(self.d + 1) if mp.fsum(squares[r:]) <= limit)

    def values(self, id: str) -> list[Real]:
        """The numbers that the layer claim called ``id`` speaks of."""
        if id == "E7.finite":
            return [mp.mpf(float(np.max(np.abs(self.array))))]
        if id == "E7.rank":
            return [mp.mpf(self.rank())]
        if id == "E7.normalization":
            return [self.norm]
        if id == "spectrum.sigma":
            return self.sigma
        if id == "D4.top_radial":
            return [self.radial]
        if found := re.fullmatch(r"D6\.(\w+)\.(alpha|residual)", id):
            chart = found.group(1)
            return [self.alpha(chart) if found.group(2) == "alpha" else self.residual(chart)]
        if found := re.fullmatch(r"D10\.effective_rank\.(\d+)", id):
            return [mp.mpf(self.effective_rank(int(found.group(1))))]
        if found := re.fullmatch(r"spectrum\.gap\[(\d+)\]", id):
            k = int(found.group(1))
            return [self.sigma[k - 1] - self.sigma[k]]
        raise KeyError(id)


class Edge:
    """Two layers that meet."""

    def __init__(self, lower: Layer, upper: Layer) -> None:
        self.lower, self.upper = lower, upper
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

    def values(self, id: str) -> list[Real]:
        """The numbers that the edge claim called ``id`` speaks of; for E1 the true errors, which the values bound."""
        lower, upper = self.lower, self.upper
        name, _, window = id.partition("[")
        window = window.rstrip("]")
        if name == "E.cosines":
            return self.cosines(int(window))
        if name == "E.sines":
            return self.sines(int(window))
        if name == "E.overlap":
            return [mp.fsum(c * c for c in self.cosines(int(window))) / int(window)]
        delta, read, write = (oracle.frobenius(x) for x in (self.read - self.write, self.read, self.write))
        if name == "B3.imbalance":
            return [delta]
        if name == "B3.imbalance.relative":
            return [delta / mp.sqrt(read * read + write * write)]
        if name == "C4.commutator":
            return [oracle.frobenius(self.read * self.write - self.write * self.read) / (read * write)]
        if name == "N1.overlap":
            return self.overlap_null(int(window))
        if name == "N1.commutator":
            return self.commutator_null()
        if name == "D4.amplitude.transport":
            return list(self.transport())
        if name == "D4.slack.transport":
            return [lower.radial + self.transport()[0] - upper.radial]
        if name == "D4.amplitude.product":
            return [self.a_x()]
        if name == "D4.slack.product":
            return [lower.radial + upper.radial - self.a_x()]
        if name == "D4.drift.transport":
            alpha, alpha_next = lower.alpha(window), upper.alpha(window)
            slope = oracle.moment(lower.d, 2 * max(alpha, alpha_next), 1)
            return [abs(alpha_next - alpha), (max(self.transport()) + abs(self.step(window))) / slope]
        if name == "D4.drift.product":
            before, after = oracle.chart(lower.d, lower.alpha(window)), oracle.chart(upper.d, upper.alpha(window))
            return [abs(after - before), lower.radial + upper.radial + abs(self.step(window))]
        if name == "E1.truncation":
            return self.truncation(int(window))
        if name == "A2.intersection":
            least = lower.sigma[0] * upper.sigma[0] * mp.mpf(10) ** -40
            seen = sum(x > least for x in oracle.singular_values(self.product))
            return [mp.mpf(lower.rank() - seen), mp.mpf(seen)]
        raise KeyError(id)

    def overlap_null(self, k: int) -> list[Real]:
        """Mean k/n, deviation, and deviations above the mean."""
        n = self.write.rows
        mean, square = mp.mpf(k) / n, mp.mpf(2) * (n - k) ** 2 / (n * n * (n - 1) * (n + 2))
        found = mp.fsum(c * c for c in self.cosines(k)) / k
        return [mean, mp.sqrt(square), (found - mean) / mp.sqrt(square)]

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
