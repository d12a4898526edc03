"""Small matrices that are hard for a decomposition, shared by the checker's tests."""

from __future__ import annotations

import itertools

import numpy as np


def hilbert(n):
    i = np.arange(n)
    return 1.0 / (i[:, None] + i + 1)


def kahan(n, c=0.3):
    s = np.sqrt(1 - c * c)
    return np.diag(s ** np.arange(n)) @ (np.eye(n) - c * np.triu(np.ones((n, n)), 1))


def hard():
    """Names and matrices: tiny, graded, clustered, deficient, scaled to the ends of the range."""
    rng = np.random.default_rng(11)
    found = [
        (f"gaussian-{m}x{n}-{i}", rng.standard_normal((m, n)))
        for m, n in itertools.product(range(1, 5), repeat=2)
        for i in range(3)
    ]
    g = rng.standard_normal((6, 4))
    found += [
        ("hilbert", hilbert(8)),
        ("kahan", kahan(9)),
        ("identity", np.eye(5)),
        ("repeated", np.diag([2.0, 2.0, 1.0, 1.0, 1.0]) + 1e-9 * hilbert(5)),
        ("graded", np.diag(10.0 ** -np.arange(12)) @ rng.standard_normal((12, 12))),
        ("ones", np.ones((6, 5))),
        ("one entry", np.array([[0.0, 0.0], [0.0, -3.0]])),
        ("deficient", g @ rng.standard_normal((4, 7))),
        ("duplicate rows", np.vstack([g, g])),
        ("huge", g * 1e300),
        ("tiny", g * 1e-300),
        ("subnormal", g * 1e-310),
        ("nearly overflowing", np.sign(g) * 1.7e308),
        ("wide range", g * 10.0 ** rng.integers(-150, 150, (6, 4))),
        ("float32", rng.standard_normal((20, 13)).astype(np.float32).astype(np.float64)),
        ("power law", (np.linalg.qr(rng.standard_normal((16, 16)))[0] * np.arange(1, 17) ** -1.5)),
        ("small tail", (np.linalg.qr(rng.standard_normal((16, 16)))[0] * 2.0 ** -np.arange(0, 48, 3)) @ kahan(16)),
    ]
    return found
