"""Polystability of chains, destabilizers, balanced representatives, semistable pairs."""

from __future__ import annotations

import dataclasses
import itertools
from fractions import Fraction
from random import Random

import mpmath
import numpy as np
import pytest
from flint import arb, arb_mat, fmpq, fmpq_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import ChainError, UsageError
from certify.geometry.chain_gap import chain_gap, product_sigma
from certify.geometry.hilbert_mumford import hilbert_mumford_weight, lattice, polystable_pair, semistable
from certify.geometry.kempf_ness import (
    balanced_representative,
    canonical_flag,
    imbalances,
    is_balanced,
    kempf_ness_gap,
    right_flag,
    schatten_sum,
)
from certify.geometry.orbit import invariant
from certify.geometry.positive_root import cholesky, positive_root
from certify.geometry.quiver_order import barcodes
from certify.geometry.stability import (
    chain_limit,
    destabilizer,
    end_to_end,
    interface_intersection,
    polystable,
    reachable,
    reparameterize,
    unobservable,
)
from certify.linalg.exact_random import random_orthogonal
from certify.linalg.exact_subspace import Subspace, image, kernel
from certify.rigor.ball import precision
from certify.verdict import Verdict
from tests.geometry.pairs import all_strata, chain, change, pair

VECTORS = [(1, 1), (2, 2, 2), (1, 3, 2), (2, 2, 2, 2), (2, 1, 2, 1)]


def diagonal(values: list[Fraction], m: int, n: int) -> fmpq_mat:
    d = fmpq_mat(m, n)
    for i, v in enumerate(values):
        d[i, i] = fmpq(Fraction(v).numerator, Fraction(v).denominator)
    return d


def balanced_chain(values: list[Fraction], dims: list[int], seed: int) -> list[fmpq_mat]:
    q = [random_orthogonal(n, seed + k) for k, n in enumerate(dims)]
    return [q[k + 1] * diagonal(values, dims[k + 1], dims[k]) * q[k].transpose() for k in range(len(dims) - 1)]


@pytest.mark.parametrize("dims", VECTORS)
def test_every_orbit_is_judged_with_a_witness(dims):
    source = Random(0)
    length = len(dims) - 1
    verdicts = set()
    for bars in barcodes(dims):
        w = chain(bars, dims, source)
        found = polystable(w)
        assert found.proves(w)
        # Closed orbits of framed chains: full bars, and bars over a single vertex.
        expected = all((i, j) == (0, length) or i == j for i, j in bars)
        assert (found.verdict is Verdict.CERTIFIED) == expected
        limit = destabilizer(w).limit
        assert polystable(limit).verdict is Verdict.CERTIFIED
        assert end_to_end(limit) == end_to_end(w)
        verdicts.add(found.verdict)
    assert verdicts == ({Verdict.CERTIFIED, Verdict.REFUTED} if length > 1 else {Verdict.CERTIFIED})


def test_spoiled_destabilizers_are_rejected():
    w = [fmpq_mat([[1], [0]]), fmpq_mat([[0, 1]])]
    found = polystable(w)
    assert found.verdict is Verdict.REFUTED
    assert found.destabilizer is not None
    assert found.proves(w)
    good = found.destabilizer
    assert not dataclasses.replace(good, limit=tuple(w)).proves(w)
    assert not dataclasses.replace(good, weights=tuple(tuple(-x for x in part) for part in good.weights)).proves(w)
    assert not dataclasses.replace(good, weights=((0, 0),), limit=tuple(w)).proves(w)
    assert not dataclasses.replace(good, bases=(fmpq_mat(2, 2),)).proves(w)
    assert not dataclasses.replace(found, destabilizer=None).proves(w)
    assert not dataclasses.replace(found, verdict=Verdict.CERTIFIED).proves(w)
    assert not dataclasses.replace(found, layer_ranks=(1, 0)).proves(w)


def test_two_layers_are_polystable_iff_image_and_kernel_are_complements():
    source = Random(1)
    seen = set()
    for stratum in all_strata(3):
        u, v = pair(stratum, source)
        rows = v.annihilator.matrix.transpose()
        w = [u.matrix if u.dim else fmpq_mat(stratum[0], 1), rows if rows.nrows() else fmpq_mat(1, stratum[0])]
        split = stratum[3] == 0 and stratum[1] + stratum[2] == stratum[0]
        assert (polystable(w).verdict is Verdict.CERTIFIED) == split
        assert interface_intersection(*w) == stratum[3]
        assert reachable(w, 1) == u
        assert unobservable(w, 1) == v
        seen.add(split)
    assert seen == {True, False}


def test_limits_exist_only_without_negative_powers():
    w = [fmpq_mat([[1], [1]]), fmpq_mat([[1, 1]])]
    one = fmpq_mat([[1, 0], [0, 1]])
    assert chain_limit(w, [one], [[0, 0]]) == w
    assert chain_limit(w, [one], [[0, 1]]) is None  # W₂ blows up
    assert chain_limit(w, [one], [[0, -1]]) is None  # W₁ does
    with pytest.raises(ChainError):
        polystable([fmpq_mat(2, 2), fmpq_mat(3, 3)])


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


@given(st.integers(1, 4), st.integers(2, 9), st.integers(0, 2**32 - 1))
def test_positive_roots_contain_the_truth(n, k, seed):
    q = random_orthogonal(n, seed)
    source = Random(seed)
    values = [Fraction(source.randint(1, 9), source.randint(1, 9)) for _ in range(n)]  # repeated values happen
    root = q * diagonal(values, n, n) * q.transpose()
    power = q * diagonal([v**k for v in values], n, n) * q.transpose()
    with precision(200):
        found = positive_root(arb_mat(power), k)
        assert found is not None
        assert found.contains(root)
        assert all(x.rad() < 1e-30 for x in found.entries())


def test_positive_roots_of_wide_balls_are_wide_or_refused():
    wide = arb_mat([[arb(2, 0.5), arb(0, 0.25)], [arb(0, 0.25), arb(2, 0.5)]])
    found = positive_root(wide, 2)
    assert found is not None
    for a, b in ((1.5, 0.25), (2.5, -0.25)):
        # [[a, b], [b, a]] has the root with entries (√(a+b) ± √(a−b))/2.
        x, y = mpmath.sqrt(a + b), mpmath.sqrt(a - b)
        assert found[0, 0].contains(arb(str((x + y) / 2)))
        assert found[0, 1].contains(arb(str((x - y) / 2)))
    assert positive_root(arb_mat([[arb(1, 2)]]), 2) is None
    assert positive_root(arb_mat([[arb("nan")]]), 2) is None
    assert cholesky(arb_mat([[1, 0], [3, 1]])) is None


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
def test_the_gap_of_float_chains_contains_that_of_60_digits(seed):
    rng = np.random.default_rng(seed)
    dims = rng.integers(1, 5, int(rng.integers(2, 5)))
    w = [rng.standard_normal((b, a)) * 10.0 ** rng.integers(-3, 4) for a, b in itertools.pairwise(dims)]
    with mpmath.workdps(60):
        product = mpmath.matrix(w[0].tolist())
        for m in w[1:]:
            product = mpmath.matrix(m.tolist()) * product
        tall = product if product.rows >= product.cols else product.T
        sigma = mpmath.svd_r(tall, compute_uv=False)
        gap = sum(mpmath.mpf(float(x)) ** 2 for m in w for x in m.ravel())
        gap -= len(w) * sum(abs(s) ** (mpmath.mpf(2) / len(w)) for s in sigma)
        assert all(
            b.contains(arb(mpmath.nstr(s, 50)))
            for b, s in zip(product_sigma(w), sorted(sigma, reverse=True), strict=True)
        )
        assert chain_gap(w).overlaps(arb(mpmath.nstr(gap, 50), 1e-40 * (1 + abs(float(gap)))))


def test_the_gap_of_a_product_of_known_rank_is_sharper():
    rng = np.random.default_rng(3)
    w = [rng.integers(-3, 4, (6, 2)) @ rng.integers(-3, 4, (2, 6)) for _ in range(5)]
    loose, sharp = chain_gap(w), chain_gap(w, rank=2)
    assert loose.overlaps(sharp)
    assert sharp.rad() < loose.rad() / 100


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


def test_network_reading_of_the_complementary_stratum():
    # row(W₂) = im W₁ makes V = ker W₂ the orthogonal complement of U = im W₁.
    w1 = fmpq_mat([[1, 2], [0, 1], [1, 1]])
    w2 = w1.transpose()
    assert kernel(w2) == image(w1).annihilator
    assert invariant(image(w1), kernel(w2)) == 0
    assert polystable([w1, w2]).verdict is Verdict.CERTIFIED
