"""Small chains with certificates of the real protocol, made once for all tests."""

from __future__ import annotations

import functools

import numpy as np

from certify.certificate import Certificate
from certify.chain import Chain
from certify.execution import certify
from tests.checker.matrices import hilbert


def law(m, n, alpha, seed):
    """A matrix with singular values near a power law."""
    rng = np.random.default_rng(seed)
    d = min(m, n)
    u = np.linalg.qr(rng.standard_normal((m, d)))[0]
    v = np.linalg.qr(rng.standard_normal((n, d)))[0]
    return (u * np.arange(1, d + 1) ** -alpha * np.exp(0.1 * rng.standard_normal(d))) @ v.T


def arrays(name):
    """The matrices of a named chain, lowest first."""
    rng = np.random.default_rng(17)
    if name == "laws":
        return [law(6, 4, 0.7, 1), law(6, 6, 0.5, 2), law(6, 6, 1.0, 3), law(3, 6, 0.4, 4)]
    if name == "small":
        return [law(4, 3, 0.7, 1), law(4, 4, 0.5, 2), law(4, 4, 1.0, 3)]
    if name == "one rank":
        return [law(5, 1, 1.0, 1), law(1, 5, 1.0, 2), np.array([[2.0]])]
    if name == "singular":
        return [np.diag([3.0, 2.0, 0.0]), law(3, 3, 0.5, 1)]
    if name == "rank one":
        return [np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5]), law(3, 3, 0.5, 1)]
    if name == "identities":
        return [np.eye(4), np.eye(4), 2 * np.eye(4)]
    if name == "bad scales":
        return [law(4, 4, 0.6, 5) * 1e-160, law(4, 4, 0.6, 6) * 1e150]
    if name == "ill conditioned":
        return [hilbert(9), law(9, 9, 2.0, 7)]
    if name == "float32":
        return [rng.standard_normal((12, 8)).astype(np.float32), rng.standard_normal((10, 12)).astype(np.float32)]
    if name == "annihilating":
        return [np.array([[1.0, 0.0], [0.0, 0.0], [2.0, 1.0]]), np.array([[0.0, 1.0, 0.0], [0.0, 3.0, 0.0]])]
    if name == "graded":
        return [
            law(4, 4, 1.0, 5) * 10.0 ** -np.arange(0, 8, 2)[:, None],
            law(4, 4, 1.0, 6) * 10.0 ** -np.arange(0, 8, 2),
        ]
    if name == "deficient":
        return [np.array([[1.0, 2, 3], [2, 4, 6], [1, 1, 2]]), np.array([[1.0, 2, 0], [0, 1, 1], [1, 3, 1], [2, 0, 1]])]
    if name == "long":
        return [law(3, 3, 0.5 + 0.1 * k, 20 + k) for k in range(6)]
    if name == "half":
        return [rng.standard_normal((4, 3)).astype(np.float16), rng.standard_normal((3, 4)).astype(np.float16)]
    if name == "same":
        return [law(5, 5, 0.8, 9)] * 2
    raise KeyError(name)


NAMES = (
    "laws", "small", "one rank", "singular", "rank one", "identities", "bad scales", "ill conditioned", "float32",
    "annihilating", "same", "graded", "deficient", "long", "half",
)  # fmt: skip


HEADS = {"small": [{"name": "pairs", "count": 2, "size": 2, "query": "W2", "key": "W1", "value": "W1", "output": "W3"}]}


@functools.cache
def chain(name) -> Chain:
    return Chain.from_arrays(arrays(name), heads=HEADS.get(name, ()))


@functools.cache
def certificate(name) -> Certificate:
    return certify(chain(name), workers=1)
