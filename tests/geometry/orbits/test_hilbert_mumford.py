"""Semistable pairs of subspaces, over every stratum."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from certify.errors import UsageError
from certify.geometry.orbits.hilbert_mumford import hilbert_mumford_weight, lattice, polystable_pair, semistable
from certify.linalg.exact.subspace import Subspace
from certify.verdict import Verdict
from tests.geometry.pairs import all_strata, pair


def test_semistable_pairs_over_every_stratum():
    source = Random(7)
    seen = set()
    for n, a, b, i in all_strata(4):
        if not (0 < a < n and 0 < b < n):
            continue
        u, v = pair((n, a, b, i), source)
        for p, q in ((1, 1), (1, 2), (3, 1)):
            found = semistable(u, v, p, q)
            assert (found.verdict is Verdict.CERTIFIED) == polystable_pair(n, a, b, i, p, q)
            if found.violating is not None:
                assert found.weight == hilbert_mumford_weight(u, v, found.violating, p, q) > 0
            if i == min(a, b):
                assert (
                    hilbert_mumford_weight(u, v, u & v, p, q) == (u & v).dim * (p + q - Fraction(p * a + q * b, n)) > 0
                )
            seen.add(found.verdict)
    assert seen == {Verdict.CERTIFIED, Verdict.REFUTED}


def test_weights_of_other_subspaces_do_not_exceed_those_of_the_lattice():
    source = Random(8)
    for stratum in all_strata(4):
        u, v = pair(stratum, source)
        largest = max(hilbert_mumford_weight(u, v, f, 2, 3) for f in lattice(u, v))
        for _ in range(5):
            k = source.randint(1, stratum[0])
            f = Subspace.span([[source.randint(-2, 2) for _ in range(stratum[0])] for _ in range(k)])
            for g in (f, f + (u & v), f & u, (f & u) + (f & v)):
                assert hilbert_mumford_weight(u, v, g, 2, 3) <= largest
    with pytest.raises(UsageError, match="ample"):
        hilbert_mumford_weight(u, v, u, 0, 1)
