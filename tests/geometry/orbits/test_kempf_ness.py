"""The Kempf–Ness gap, balanced representatives, canonical flags."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from flint import arb, arb_mat, fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.kempf_ness import (
    balanced_representative,
    canonical_flag,
    imbalances,
    is_balanced,
    kempf_ness_gap,
    right_flag,
    schatten_sum,
)
from certify.geometry.orbits.stability import (
    end_to_end,
    polystable,
    reparameterize,
)
from certify.rigor.ball import precision
from certify.verdict import Verdict
from tests.geometry.pairs import balanced_chain, chain, change


@pytest.mark.parametrize("dims", [(2, 2), (1, 3, 2), (2, 2, 2, 2), (3, 3, 3)])
def test_balanced_representatives(dims):
    source = Random(2)
    length = len(dims) - 1
    for bars in barcodes(dims):
        w = chain(bars, dims, source)
        if polystable(w).verdict is not Verdict.CERTIFIED:
            with pytest.raises(UsageError, match="not polystable"):
                balanced_representative(w)
            continue
        found = balanced_representative(w, bits=100)
        with precision(400):
            for v in range(length):
                moved = arb_mat(w[v])
                moved = moved * found.g_inverse[v - 1] if v > 0 else moved
                moved = found.g[v] * moved if v < length - 1 else moved
                assert all(x.overlaps(y) for x, y in zip(moved.entries(), found.chain[v].entries(), strict=True))
            for v in range(length - 1):
                upper, lower = found.chain[v + 1], found.chain[v]
                delta = upper.transpose() * upper - lower * lower.transpose()
                assert all(abs(x) < 2.0**-60 * 10**9 and x.contains(0) for x in delta.entries())
            # Σ‖W_l‖² = L Σσ^{2/L} = L tr Z².
            squares = sum((x * x for m in found.chain for x in m.entries()), start=arb(0))
            trace = length * (found.root * found.root).trace() if found.root.nrows() else arb(0)
            assert length == 1 or squares.overlaps(trace)


def test_the_root_has_the_roots_of_the_singular_values():
    w = balanced_chain([Fraction(8), Fraction(1, 27)], [2, 2, 2, 2], 5)
    g = [change(2, Random(9)), change(2, Random(10))]
    found = balanced_representative(reparameterize(w, g))
    with precision(200):
        # σ(P) = 8³, 27⁻³; Z has the eigenvalues 8 and 1/27.
        assert found.root.trace().contains(fmpq(8) + fmpq(1, 27))
        assert found.root.det().contains(fmpq(8, 27))


@given(st.integers(0, 2**32 - 1))
def test_the_gap_is_zero_exactly_for_balanced_chains(seed):
    source = Random(seed)
    dims = [source.randint(1, 3) for _ in range(source.randint(2, 5))]
    values = [Fraction(source.randint(1, 5), source.randint(1, 3)) for _ in range(min(dims))]
    w = balanced_chain(values, dims, seed % 1000)
    assert is_balanced(w)
    squares = [sum(x * x for x in m.entries()) for m in w]
    length = len(w)
    with precision(200):
        sigma = [arb(fmpq(v.numerator, v.denominator)) ** length for v in values]
        gap = kempf_ness_gap([arb(s) for s in squares], sigma)
        assert gap.contains(0)
        assert gap.rad() < 1e-40
        if length == 1:
            return
        g = fmpq_mat(dims[1], dims[1], [2 * int(i == j) for i in range(dims[1]) for j in range(dims[1])])
        moved = [g * w[0], w[1] * g.inv(), *w[2:]]
        assert not is_balanced(moved)
        assert end_to_end(moved) == end_to_end(w)
        assert kempf_ness_gap([arb(sum(x * x for x in m.entries())) for m in moved], sigma) > 0


def test_schatten_sums_of_balls_at_zero():
    assert schatten_sum([arb(0, 1e-9)], 3).contains(0)
    assert schatten_sum([arb(0, 1e-9)], 3).contains(arb(1e-9) ** (arb(2) / 3))
    assert schatten_sum([arb(0)], 5) == 0
    with pytest.raises(UsageError, match="negative"):
        schatten_sum([arb(-1)], 3)


@given(st.integers(0, 2**32 - 1))
def test_flags_move_with_the_interface(seed):
    source = Random(seed)
    dims = [source.randint(1, 3) for _ in range(4)]
    values = sorted((Fraction(source.randint(1, 3)) for _ in range(min(dims))), reverse=True)
    w = balanced_chain(values, dims, seed % 1000)
    g = [change(dims[1], source), change(dims[2], source)]
    moved = reparameterize(w, g)
    for l in (1, 2):
        flag = canonical_flag(w, l)
        assert canonical_flag(moved, l) == [f.mapped(g[l - 1]) for f in flag]
        # Balanced: the left flag of W_l is the right flag of W_{l+1}.
        assert flag == right_flag(w[l - 1].transpose()) == right_flag(w[l])
        ends = [k + 1 for k in range(len(values)) if k + 1 == len(values) or values[k] > values[k + 1]]
        assert [f.dim for f in flag] == ends


def test_irrational_flags_are_refused():
    with pytest.raises(UsageError, match="irrational"):
        right_flag(fmpq_mat([[1, 1], [0, 1]]))


def test_imbalances_vanish_for_balanced_chains_only():
    w = balanced_chain([Fraction(2)], [2, 3, 1], 0)
    assert all(x == 0 for d in imbalances(w) for x in d.entries())
    assert any(x != 0 for d in imbalances([w[0] * 2, w[1]]) for x in d.entries())
