"""What is true of attention heads, in rational numbers from the definitions; roots at 60 digits."""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from tests.geometry import oracle
from tests.geometry.oracle import mp

Real = Any


def rational(a: np.ndarray) -> flint.fmpq_mat:
    """A float matrix exactly."""
    return flint.fmpq_mat([[flint.fmpq(*Fraction(float(x)).as_integer_ratio()) for x in row] for row in a])


def real(x: flint.fmpq) -> Real:
    """A rational number at 60 digits."""
    return mp.mpf(int(x.p)) / mp.mpf(int(x.q))


def projector(block: np.ndarray) -> flint.fmpq_mat:
    """Onto the row space: Bᵀ(BBᵀ)⁻¹B for B the reduced rows, of which as many are left as the rank."""
    reduced, rank = rational(block).rref()
    basis = flint.fmpq_mat([[reduced[i, j] for j in range(reduced.ncols())] for i in range(rank)])
    return basis.transpose() * (basis * basis.transpose()).inv() * basis


class Heads:
    """The heads of a structure: ``blocks`` holds for each role one block for each head, heads by rows."""

    def __init__(self, blocks: dict[str, list[np.ndarray]]) -> None:
        self.blocks = blocks

    @functools.cache  # noqa: B019 - few objects, and they live as long as the test
    def ranks(self, role: str) -> list[int]:
        return [int(rational(block).rank()) for block in self.blocks[role]]

    @functools.cache  # noqa: B019
    def exact_overlaps(self, role: str) -> list[flint.fmpq]:
        found = []
        spaces = [projector(block) for block in self.blocks[role]]
        for (p, a), (q, b) in itertools.combinations(zip(spaces, self.ranks(role), strict=True), 2):
            trace = sum((x * y for x, y in zip(p.entries(), q.entries(), strict=True)), flint.fmpq(0))
            found.append(trace / min(a, b))
        return found

    def overlaps(self, role: str) -> list[Real]:
        return [real(x) for x in self.exact_overlaps(role)]

    def null(self, role: str) -> list[Real]:
        """Mean; mean and deviation by chance, pair by pair; deviations above it; Cantelli's bound."""
        d = self.blocks[role][0].shape[1]
        pairs = list(itertools.combinations(self.ranks(role), 2))
        found = sum(self.exact_overlaps(role), flint.fmpq(0)) / len(pairs)
        mean = sum((flint.fmpq(max(a, b), d) for a, b in pairs), flint.fmpq(0)) / len(pairs)
        each = [flint.fmpq(2 * a * b * (d - a) * (d - b), d * d * (d - 1) * (d + 2) * min(a, b) ** 2) for a, b in pairs]
        variance = sum(each, flint.fmpq(0)) / len(pairs) ** 2
        off = found - mean
        deviation = mp.sqrt(real(variance))
        return [real(found), real(mean), deviation, real(off) / deviation, real(variance / (variance + off * off))]


def _products(heads: Heads, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """The factors B and C of BᵀC for each head."""
    left, right = {"qk": ("query", "key"), "ov": ("output", "value")}[name]
    groups = heads.blocks[right]
    shared = len(heads.blocks[left]) // len(groups)
    return [(b, groups[i // shared]) for i, b in enumerate(heads.blocks[left])]


def product_ranks(heads: Heads, name: str) -> list[int]:
    return [int((rational(b).transpose() * rational(c)).rank()) for b, c in _products(heads, name)]


def product_sigma(heads: Heads, name: str) -> list[Real]:
    """The leading singular values of each product, those beyond its exact rank 0."""
    found: list[Real] = []
    for (b, c), rank in zip(_products(heads, name), product_ranks(heads, name), strict=True):
        values = oracle.singular_values(oracle.matrix(b).T * oracle.matrix(c))[: min(*b.shape, *c.shape)]
        found += [x if k < rank else mp.mpf(0) for k, x in enumerate(values)]
    return found


def blocks_of(table: dict[str, Any], matrices: dict[Any, np.ndarray]) -> dict[str, list[np.ndarray]]:
    """The blocks of a structure as a chain file declares it, one for each head or group."""
    count, size = table["count"], table["size"]
    found: dict[str, list[np.ndarray]] = {}
    for role in ("query", "key", "value", "output"):
        if role in table:
            rows = matrices[table[role]].T if role == "output" else matrices[table[role]]
            each = [rows[i : i + size] for i in range(0, len(rows), size)]
            groups = table.get("kv", count)
            if role in ("key", "value") and len(each) != groups:
                each = [each[i] for i in range(0, count, count // groups)]
            found[role] = each
    return found
