"""A few small singular values below a gap, in layers that are too large for exact products: here, small ones."""

from __future__ import annotations

from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check
from certify.checker.arithmetic import small_cluster as checked
from certify.checker.arithmetic.near_decomposition import near_svd
from certify.checker.arithmetic.scaled_matrix import Unit
from certify.claims import small_values
from certify.execution import certify
from certify.linalg import small_cluster as proved
from certify.verdict import Enclosure
from tests.linalg.reference import singular_values


def cluster(m: int, n: int, r: int, least: float, seed: int, dtype: type = np.float64) -> np.ndarray:
    rng = np.random.default_rng(seed)
    d = min(m, n)
    left, right = (np.linalg.qr(rng.standard_normal((k, d)))[0] for k in (m, n))
    sigma = np.r_[np.geomspace(1, 1e-3, d - r), np.geomspace(1e2 * least, least, r)]
    return ((left * sigma) @ right.T).astype(dtype).astype(float)


MATRICES = {
    "square": (cluster(12, 12, 3, 1e-15, 1), 3),
    "tall": (cluster(14, 9, 2, 1e-14, 2), 2),
    "wide, single": (cluster(9, 14, 1, 1e-14, 3), 1),
    "float32": (np.diag([1.0] * 8 + [2.0**-50]) @ cluster(9, 9, 1, 1e-2, 4, np.float32), 1),
    "huge": (cluster(10, 10, 2, 1e-15, 5) * 2.0**900, 2),
    "tiny": (cluster(10, 10, 2, 1e-15, 6) * 2.0**-900, 2),
    "dead rows": (np.vstack([cluster(10, 8, 2, 1e-15, 7), np.zeros((3, 8))]), 2),
}


def _bounds(side: str, a: np.ndarray, r: int):
    tall = a if a.shape[0] >= a.shape[1] else a.T
    if side == "checker":
        return checked.cluster_bounds(a, near_svd(Unit.of(a)), r)
    above = float(np.linalg.svd(a)[1][-r - 1]) * (1 - 1e-9)
    found = proved.small_cluster(tall, r, above)
    return found and [(x.lower(), x.upper()) for x in found]


@pytest.mark.parametrize("side", ["prover", "checker"])
@pytest.mark.parametrize("name", MATRICES)
def test_bounds_hold_the_truth(name, side):
    a, r = MATRICES[name]
    found = _bounds(side, a, r)
    with mp.workdps(100):
        for (low, high), sigma in zip(found, singular_values(a, 90)[-r:], strict=True):
            low, high = (mp.mpf(x.str(60, radius=False)) for x in (low.lower(), high.upper()))
            assert low <= sigma <= high <= low * (1 + 1e-9)


@pytest.mark.parametrize("side", ["prover", "checker"])
def test_no_bounds_without_a_gap_or_of_zeros(side):
    a = cluster(9, 9, 3, 1e-12, 8)
    assert _bounds(side, a, 2) is None or _bounds(side, a, 2)[0][0] > 0
    assert _bounds(side, np.eye(6), 2) is None
    whole = np.random.default_rng(9).integers(-3, 4, (8, 6)) @ np.diag([1.0, 1, 1, 1, 1, 0])
    assert _bounds(side, whole, 1) is None


@pytest.mark.parametrize("name", ["square", "wide, single", "huge"])
def test_certificates_hold_relative_values_and_forged_ones_are_rejected(name, monkeypatch):
    monkeypatch.setattr(small_values, "_WORK", 0)
    a, r = MATRICES[name]
    chain = Chain.from_arrays([a])
    found = certify(chain, workers=1)
    assert [str(reason) for reason in check(found, chain, workers=1).reasons] == []
    place = next(i for i, claim in enumerate(found.claims) if claim.id == "spectrum.sigma")
    values = found.claims[place].values
    assert all(x.upper - x.lower <= 1e-6 * x.lower for x in values[-r:])
    for side in (-1, 1):
        width = values[-1].upper - values[-1].lower
        moved = Enclosure(values[-1].lower + 2 * side * width, values[-1].upper + 2 * side * width)
        claims = list(found.claims)
        claims[place] = replace(claims[place], values=(*values[:-1], moved))
        attacked = Certificate.from_json(replace(found, claims=tuple(claims)).to_json())
        reasons = [str(reason) for reason in check(attacked, chain, workers=1).reasons]
        assert any("spectrum.sigma" in reason and "lies between" in reason for reason in reasons)


POOR = {
    "of other lengths": (np.diag([1.0, 2.0**-20]), [0.0, 1.01], 1.0),
    "turned": (np.diag([1.0, 2.0**-20]), [2.0**-22, 1.0], 1.0),
    "turned, below a small gap": (np.diag([1.0, 0.1]), [0.4381, 0.8989], 1.0),
    "turned less": (np.diag([1.0, 0.3]), [0.3477, 0.9376], 1.0),
    "entries above the units": (np.diag([0.75, 1.35 * 2.0**-130]), [0.0, 1.0], 0.75),
    "entries below the units": (np.diag([0.75, 1.3 * 2.0**-130]), [0.0, 1.0], 0.75),
}
"""Matrices of one small value, a vector that is not its own, and the other value."""


@pytest.mark.parametrize("side", ["prover", "checker"])
@pytest.mark.parametrize("name", POOR)
def test_poor_vectors_cost_what_they_are_off(name, side):
    a, vector, above = POOR[name]
    column = np.array(vector)[:, None]
    if (name, side) == ("turned, below a small gap", "prover"):
        parts, w = proved._slices(a), proved._slices(column)
        assert proved._proved(a, 0, proved.arb(0), w, proved._product(parts, w), above) is None
        return
    if side == "prover":
        parts, w = proved._slices(a), proved._slices(column)
        off = proved.arb(2) ** -133
        found = proved._proved(a, 0, off, w, proved._product(parts, w), above)
        low, high = found[0].lower(), found[0].upper()
    else:
        entries, lost = checked._whole(a)
        w = checked.fmpz_mat(2, 1, checked._whole(column)[0])
        matrix = checked.fmpz_mat(2, 2, entries)
        ((low, high),) = checked._bounds(a, lost, matrix * w, w, checked.arb(above) - lost)
        low, high = low - lost, high + lost
    assert low <= checked.arb(float(a[1, 1])) <= high
