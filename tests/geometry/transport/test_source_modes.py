"""Source modes (E3): what decompositions agree on, at 60 digits; clusters end at certain gaps; balls decide nothing."""

from __future__ import annotations

import flint
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.transport import source_modes
from certify.rigor.ball import precision
from certify.verdict import Verdict
from tests.geometry import oracle
from tests.geometry.oracle import ball, inside, mp


def turned(k: int, rng: np.random.Generator) -> oracle.Matrix:
    """An orthogonal matrix of k rows."""
    q, _, p = oracle.svd(oracle.matrix(rng.standard_normal((k, k))))
    return q * p.T


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2**32))
def test_a_turned_cluster_keeps_its_sum_and_its_range(k: int, rows: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = k + 1
    x = oracle.matrix(rng.standard_normal((rows, m)))
    basis = turned(m, rng)[:, :k]
    other = basis * turned(k, rng)
    balls = [[ball(x[i, j]) for j in range(m)] for i in range(rows)]
    vectors = [[[ball(v[i, j]) for i in range(m)] for j in range(k)] for v in (basis, other)]
    group = range(rows)
    seen = mp.svd_r(x * basis, compute_uv=False)
    with precision(160):
        energies = [source_modes.cluster_energy(balls, group, v) for v in vectors]
        gram = source_modes.cluster_gram(balls, group, vectors[0])
        assert energies[0].overlaps(energies[1])
        assert all(inside(e, oracle.frobenius(x * basis) ** 2) for e in energies)
        assert inside(sum((gram[i][i] for i in range(k)), flint.arb(0)), oracle.frobenius(x * basis) ** 2)
        for v in vectors[1]:
            y = source_modes.source_activity_squared(balls, group, v)
            assert not y > ball(seen[0]) ** 2
            assert rows < k or not y < ball(seen[k - 1]) ** 2


def test_only_the_rows_of_the_group_count() -> None:
    x = [[3, 0, 1], [4, 0, 2], [0, 7, 5]]
    assert source_modes.source_activity_squared(x, (0, 2), [1, 1, 0]) == 9 + 49
    assert source_modes.cluster_gram(x, (1,), [[1, 0, 0], [0, 0, 1]]) == [[16, 8], [8, 4]]
    assert source_modes.cluster_energy(x, (1,), [[1, 0, 0], [0, 0, 1]]) == 20


def test_clusters_end_where_gaps_are_certain() -> None:
    near = [flint.arb(2, 1e-9), flint.arb(2 - 1e-9, 1e-9), flint.arb(1, 1e-9)]
    assert source_modes.clusters(near) == [(0, 2), (2, 3)]
    assert source_modes.clusters([flint.arb(1)]) == [(0, 1)]
    assert source_modes.clusters([]) == []


def test_a_threshold_inside_the_range_is_left_open() -> None:
    verdicts = {t: source_modes.mode_support(1, 9, t) for t in (-1, 0.5, 1, 1.5, 3, 3.5)}
    assert verdicts == {
        -1: Verdict.CERTIFIED,
        0.5: Verdict.CERTIFIED,
        1: Verdict.CERTIFIED,
        1.5: Verdict.UNDECIDED,
        3: Verdict.UNDECIDED,
        3.5: Verdict.REFUTED,
    }


def test_balls_across_a_threshold_are_left_open() -> None:
    least, largest = flint.arb(4, 1e-9), flint.arb(4, 1e-9)
    assert source_modes.mode_support(least, largest, 2) is Verdict.UNDECIDED
    assert source_modes.mode_support(least, largest, 1) is Verdict.CERTIFIED
    assert source_modes.mode_support(least, largest, 3) is Verdict.REFUTED
