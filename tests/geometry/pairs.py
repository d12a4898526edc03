"""Seeded exact pairs of subspaces and chains, one call per stratum, for the tests of this folder."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from flint import fmpq, fmpq_mat

from certify.geometry.orbits.barcode import barcode_chain
from certify.geometry.orbits.pair_orbit import strata
from certify.linalg.exact.field import QQ
from certify.linalg.exact.subspace import Subspace
from theorems.subjects.random_exact import random_orthogonal, random_rational, random_unimodular

CONDITION = 10**6


def change(n: int, source: Random) -> fmpq_mat:
    """An exact change of basis, of condition number up to 10**6."""
    make = source.choice((random_unimodular, random_rational))
    return make(n, source.randrange(2**32), condition=CONDITION)


def all_strata(largest: int) -> list[tuple[int, int, int, int]]:
    """(n, a, b, i) for every orbit of pairs up to that dimension."""
    sides = [(n, a, b) for n in range(1, largest + 1) for a in range(n + 1) for b in range(n + 1)]
    return [(n, a, b, i) for n, a, b in sides for i in strata(n, a, b)]


def pair(stratum: tuple[int, int, int, int], source: Random) -> tuple[Subspace, Subspace]:
    """A pair of that orbit, moved."""
    n, a, b, i = stratum
    unit = [[int(r == s) for s in range(n)] for r in range(n)]
    g = change(n, source)
    return Subspace.span(unit[:a], QQ, n).mapped(g), Subspace.span(unit[a - i : a - i + b], QQ, n).mapped(g)


def chain(bars: dict[tuple[int, int], int], dims: tuple[int, ...], source: Random) -> list[fmpq_mat]:
    """A chain of that barcode, moved at every vertex."""
    g = [change(n, source) for n in dims]
    normal = barcode_chain(bars, len(dims) - 1, QQ)
    return [g[v + 1] * w * g[v].inv() for v, w in enumerate(normal)]


def diagonal(values: list[Fraction], m: int, n: int) -> fmpq_mat:
    """The m x n matrix with these values on its diagonal."""
    d = fmpq_mat(m, n)
    for i, v in enumerate(values):
        d[i, i] = fmpq(Fraction(v).numerator, Fraction(v).denominator)
    return d


def balanced_chain(values: list[Fraction], dims: list[int], seed: int) -> list[fmpq_mat]:
    """A balanced chain with these singular values in every layer: Q_l D Q_{l-1}^T, Q_l rational and orthogonal."""
    q = [random_orthogonal(n, seed + k) for k, n in enumerate(dims)]
    return [q[k + 1] * diagonal(values, dims[k + 1], dims[k]) * q[k].transpose() for k in range(len(dims) - 1)]
