"""Bounds of truncated transports: against 60 digits, with decompositions that are deliberately far off."""

from __future__ import annotations

from dataclasses import replace

import flint
import numpy as np
import pytest

from certify.geometry.transport.block_form import pair_error
from certify.linalg.cell_norms import Grouping, Units, cell_norms, pair_sums, truncations
from certify.linalg.cores import core, near
from certify.linalg.svd import svd
from certify.rigor.interval import Interval
from tests.geometry import oracle
from tests.geometry.oracle import mp

GROUPS = [(0, 3, 4), (1, 2), (5,)]


def spectrum(a):
    found = svd(a)
    return found.lower, found.upper


def truth(a, b, windows):
    """X_{r',r} − X at 60 digits."""
    parts = []
    for matrix, r in zip((a, b), windows, strict=True):
        u, sigma, v = oracle.svd(oracle.matrix(matrix))
        parts.append(u[:, :r] * mp.diag(sigma[:r]) * v[:, :r].T)
    return parts[1] * parts[0] - oracle.matrix(b) * oracle.matrix(a)


def norms(x, error=None):
    """Norms of all cells of a matrix of mpf, less a float matrix whose rows are arranged."""
    order = [i for rows in GROUPS for i in rows]
    taken = mp.zeros(x.rows, x.cols)
    if error is not None:
        for place, row in enumerate(order):
            for j in range(x.cols):
                taken[row, j] = mp.mpf(float(error[place, j]))
    return [[mp.sqrt(mp.fsum((x[i, j] - taken[i, j]) ** 2 for i in rows)) for j in range(x.cols)] for rows in GROUPS]


def close_pair(rng, gap):
    """Two layers with Frobenius norms below 1; σ_2 and σ_3 differ by ``gap``."""

    def one(m, n):
        u, _, vt = np.linalg.svd(rng.standard_normal((m, n)), full_matrices=False)
        s = 0.1 * np.array([4.0, 2.0, 2.0 * (1 - gap), 0.5][: min(m, n)])
        return (u * s) @ vt

    return one(4, 7), one(6, 4)


@pytest.mark.parametrize("gap", [0.5, 1e-3, 1e-6])
@pytest.mark.parametrize("moved", [0.0, 1e-9])
def test_the_error_of_a_truncation_is_inside_its_bound(gap, moved):
    """With ``moved`` the decompositions are those of other layers, and say how far those are."""
    rng = np.random.default_rng(6)
    a, b = close_pair(rng, gap)
    grouping = Grouping.of(GROUPS)
    sides = []
    for x in (a, b):
        shift = rng.standard_normal(x.shape)
        shift *= moved / np.linalg.norm(shift)
        found = near(svd(x + shift))
        off = (flint.arb(float(np.linalg.norm((x + shift) - x)) * 2.0 + 1e-16)) * flint.arb(2) ** -found.exponent
        sides.append(
            replace(found, error=(found.error + off).upper(), error_spectral=(found.error_spectral + off).upper())
        )
    units = Units.of(a, b, (0, 0), grouping)
    windows = [(4, 4), (3, 2), (2, 2), (1, 1)]
    steps = truncations(core(*sides), (spectrum(a), spectrum(b)), units, grouping, windows, (0.0, 0.0))
    for step in steps:
        wrong = norms(truth(a, b, step.windows), step.error)
        for row, bound in zip(wrong, step.off, strict=True):
            assert all(w <= float(o) for w, o in zip(row, bound, strict=True))
        if moved and step.windows == (2, 2) and gap < 0.1:
            # A bound without the gap would be false here.
            assert max(max(row) for row in wrong) > 10 * moved


def test_the_norms_of_cells_hold_those_of_the_product():
    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((4, 7)) / 8, rng.standard_normal((6, 4)) / 8
    grouping = Grouping.of(GROUPS)
    product, error = Units.of(a, b, (0, 0), grouping).product(grouping)
    found = cell_norms(product, grouping, error)
    true = norms(oracle.matrix(b) * oracle.matrix(a))
    for row, low, high in zip(true, found.lo, found.hi, strict=True):
        assert all(l <= x <= h and h - l < 1e-13 for x, l, h in zip(row, low, high, strict=True))


def test_sums_of_pairs_are_those_of_the_formula():
    rng = np.random.default_rng(8)
    x, e = rng.random((3, 6)), rng.random((3, 6)) / 8
    mixed, twice = pair_sums(Interval(x), Interval(e)), pair_sums(Interval(e), Interval(e))
    for g in range(3):
        for h in range(3):
            exact = pair_error(*([flint.arb(v) for v in row] for row in (x[g], x[h], e[g], e[h])), range(6))
            total = mixed[g, h] + mixed[h, g] + twice[g, h]
            assert float(total.lo) <= exact.upper()
            assert exact.lower() <= float(total.hi)
            assert float(total.hi - total.lo) < 1e-13


def test_groups_of_many_rows_are_summed_as_those_of_few():
    rng = np.random.default_rng(9)
    rows = rng.permutation(200)
    grouping = Grouping.of([rows[:3], rows[3:90], rows[90:91], rows[91:]])
    x, y = rng.integers(0, 2**20, (2, 3, 200, 5)).astype(float)
    for squares, one in ((grouping.squares(x), x), (grouping.squares(x, y[0]), x + y[0])):
        assert np.array_equal(squares, np.add.reduceat(one * one, grouping.starts, axis=1))
