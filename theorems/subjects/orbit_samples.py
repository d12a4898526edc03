"""Exact pairs of subspaces and chains from every stratum, and random changes of basis; import this lazily.

A strategy here draws one seed and builds the instance from it, so that all strata are about equally likely: drawn
choice by choice, small and repeated strata would crowd out the others.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import Any

import flint
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from certify.geometry.orbits.barcode import Barcode, barcode_chain
from certify.geometry.orbits.pair_orbit import strata
from certify.linalg.exact.field import QQ
from certify.linalg.exact.subspace import Subspace, image
from theorems.engine.instance import Instance, Matrix
from theorems.subjects.random_exact import random_orthogonal, random_rational, random_unimodular

__all__ = [
    "CONDITION",
    "all_strata",
    "chain_of_barcode",
    "change_of_basis",
    "fixed_pairs",
    "floats",
    "normal_pair",
    "own_change",
    "pair",
    "rows",
    "seeded",
    "space",
    "spanning",
    "two_pairs",
]

CONDITION = 10**6


def seeded(build: Callable[[Random], Instance]) -> SearchStrategy[Instance]:
    """The instances that ``build`` makes of a pseudo-random source."""
    return st.integers(0, 2**64 - 1).map(lambda seed: build(Random(seed)))


def change_of_basis(source: Random, n: int) -> flint.fmpq_mat:
    """An invertible n x n matrix of condition at most 10⁶: unimodular, orthogonal, or rational of exactly that."""
    kind, seed = source.choice(("unimodular", "mild", "rational", "orthogonal")), source.randrange(2**32)
    if kind == "orthogonal":
        return random_orthogonal(n, seed)
    if kind == "rational":
        return random_rational(n, seed, condition=CONDITION)
    return random_unimodular(n, seed, condition=CONDITION if kind == "unimodular" else 50)


def own_change(x: Instance, n: int, salt: int = 0) -> flint.fmpq_mat:
    """A change of basis that depends on nothing but the instance (and the salt)."""
    return change_of_basis(Random(zlib.crc32(repr(x).encode()) + salt), n)


def rows(a: flint.fmpq_mat) -> Matrix:
    """A rational matrix as a value of an instance."""
    return tuple(tuple(Fraction(int(a[i, j].p), int(a[i, j].q)) for j in range(a.ncols())) for i in range(a.nrows()))


def floats(a: flint.fmpq_mat) -> npt.NDArray[np.float64]:
    """A rational matrix rounded to float64, which then stands for itself."""
    return np.array([[float(v) for v in row] for row in rows(a)])


def space(x: Instance, name: str) -> Subspace:
    """The column space of a matrix of the instance."""
    return image(x.matrix(name))


def all_strata(largest: int) -> list[tuple[int, int, int, int]]:
    """Every (n, a, b, i) with 1 ≤ n ≤ ``largest``."""
    return [
        (n, a, b, i) for n in range(1, largest + 1) for a in range(n + 1) for b in range(n + 1) for i in strata(n, a, b)
    ]


def normal_pair(n: int, a: int, b: int, i: int) -> tuple[Subspace, Subspace]:
    """Coordinate subspaces of dimensions a and b that meet in dimension i."""
    unit = [[int(r == s) for s in range(n)] for r in range(n)]
    return Subspace.span(unit[:a], QQ, n), Subspace.span(unit[a - i : a - i + b], QQ, n)


def spanning(u: Subspace, g: flint.fmpq_mat, source: Random) -> Matrix:
    """A matrix whose columns span gU, in a random basis; a zero column for the zero space."""
    if u.dim == 0:
        return tuple((Fraction(0),) for _ in range(u.ambient))
    return rows(g * u.matrix * random_unimodular(u.dim, source.randrange(2**32), condition=20))


def pair(source: Random, names: tuple[str, str], stratum: tuple[int, int, int, int]) -> dict[str, Any]:
    """A pair of that stratum under two names, moved by a random change of basis."""
    u, v = normal_pair(*stratum)
    g = change_of_basis(source, stratum[0])
    return {names[0]: spanning(u, g, source), names[1]: spanning(v, g, source)}


def two_pairs(largest: int = 4) -> SearchStrategy[Instance]:
    """Two pairs (U, V) and (X, Y) of equal dimensions and equal intersection, moved independently."""
    listed = all_strata(largest)

    def build(source: Random) -> Instance:
        stratum = source.choice(listed)
        return Instance.of(**pair(source, ("U", "V"), stratum), **pair(source, ("X", "Y"), stratum))

    return seeded(build)


def fixed_pairs(largest: int) -> list[tuple[Subspace, Subspace]]:
    """The coordinate pair of every stratum up to that dimension."""
    return [normal_pair(*stratum) for stratum in all_strata(largest)]


def chain_of_barcode(bars: Barcode, length: int, changes: list[flint.fmpq_mat]) -> list[flint.fmpq_mat]:
    """The normal form of a barcode with the bases at the vertices changed."""
    normal = barcode_chain(bars, length, QQ)
    return [changes[v + 1] * normal[v] * changes[v].inv() for v in range(length)]
