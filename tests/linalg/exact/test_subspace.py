"""Subspaces over Q, prime fields and SymPy fields: the lattice laws, and every operation against its definition."""

from __future__ import annotations

import itertools

import pytest
import sympy
from flint import fmpq_mat, nmod_mat
from hypothesis import given
from hypothesis import strategies as st

from certify.errors import UsageError
from certify.linalg.exact.field import QQ, PrimeField, SymbolicField, field_of
from certify.linalg.exact.subspace import (
    Subspace,
    adapted_basis,
    columns_of,
    echelon,
    from_columns,
    identity,
    image,
    is_invertible,
    kernel,
    rows_of,
    whole,
    zero,
)
from theorems.subjects.random_exact import random_unimodular

T = sympy.Symbol("t")


FUNCTIONS = SymbolicField(sympy.QQ.frac_field(T))


ROOTS = SymbolicField(sympy.QQ.algebraic_field(sympy.sqrt(2)))


FIELDS = [QQ, PrimeField(2), PrimeField(3), PrimeField(2**61 - 1)]


@st.composite
def matrices(draw: st.DrawFn, rows: int | None = None, field: object = None) -> object:
    field = field or draw(st.sampled_from(FIELDS))
    m, n = rows or draw(st.integers(1, 4)), draw(st.integers(1, 4))
    entries = draw(st.lists(st.integers(-2, 2), min_size=m * n, max_size=m * n))
    return field.matrix(m, n, entries)


@st.composite
def two(draw: st.DrawFn) -> tuple[Subspace, Subspace]:
    field, n = draw(st.sampled_from(FIELDS)), draw(st.integers(1, 4))
    return tuple(image(draw(matrices(n, field))) for _ in range(2))


@given(matrices())
def test_rank_nullity_and_membership(a):
    u, k = image(a), kernel(a)
    assert u.dim == int(a.rank())
    assert u.dim + k.dim == a.ncols()
    assert all(column in u for column in columns_of(a))
    assert not any((a * k.matrix).entries()) if k.dim else True
    assert (u.ambient, k.ambient) == (a.nrows(), a.ncols())


@given(two())
def test_modular_law_and_duality(pair):
    u, v = pair
    meet, join = u & v, u + v
    assert meet.dim + join.dim == u.dim + v.dim
    assert meet <= u
    assert meet <= v
    assert u <= join
    assert v <= join
    assert u.annihilator.annihilator == u
    assert u.annihilator.dim == u.ambient - u.dim
    assert join.annihilator == u.annihilator & v.annihilator
    assert (u <= v) == (meet == u) == (join == v)


@given(two())
def test_intersection_over_small_fields_is_that_of_the_sets(pair):
    u, v = pair
    if getattr(u.field, "prime", 9) > 3:
        return
    p, n = u.field.prime, u.ambient

    def points(s: Subspace) -> set[tuple[int, ...]]:
        return {
            tuple(sum(c * int(b[i]) for c, b in zip(combination, s.basis, strict=True)) % p for i in range(n))
            for combination in itertools.product(range(p), repeat=s.dim)
        }

    assert points(u & v) == points(u) & points(v)
    assert len(points(u + v)) == p ** (u + v).dim


@given(two())
def test_adapted_basis_shows_both_subspaces(pair):
    u, v = pair
    g = adapted_basis(u, v)
    assert is_invertible(g)
    i = (u & v).dim
    columns = columns_of(g)
    assert Subspace.span(columns[:i], u.field, u.ambient) == u & v
    assert Subspace.span(columns[: u.dim], u.field, u.ambient) == u
    assert Subspace.span(columns[:i] + columns[u.dim : u.dim + v.dim - i], u.field, u.ambient) == v


@given(two(), st.integers(0, 2**32 - 1))
def test_an_invertible_map_commutes_with_the_lattice(pair, seed):
    u, v = pair
    n = u.ambient
    g = u.field.matrix(n, n, [int(x.p) for x in random_unimodular(n, seed, condition=100).entries()])
    assert (u & v).mapped(g) == u.mapped(g) & v.mapped(g)
    assert (u + v).mapped(g) == u.mapped(g) + v.mapped(g)


def test_equal_subspaces_are_equal_and_hash_equal():
    one = Subspace.span([[1, 1, 0], [0, 1, 1]])
    other = Subspace.span([[1, 2, 1], [2, 1, -1], [0, 0, 0]])
    assert one == other
    assert len({one, other}) == 1
    assert one != Subspace.span([[1, 1, 0], [0, 1, 2]])


def test_empty_subspaces():
    nothing = zero(3)
    assert (nothing.dim, (nothing & whole(3)).dim, (nothing + whole(3)).dim) == (0, 0, 3)
    assert nothing.annihilator == whole(3)
    assert adapted_basis(nothing, nothing) == identity(3)
    assert nothing.mapped(fmpq_mat(2, 3)) == zero(2)
    with pytest.raises(UsageError, match="ambient"):
        Subspace.span([])


def test_refusals():
    with pytest.raises(UsageError, match="do not combine"):
        whole(2) + whole(3)
    with pytest.raises(UsageError, match="do not combine"):
        whole(2) & whole(2, PrimeField(5))
    with pytest.raises(UsageError, match="does not contain"):
        whole(2).complement_in(zero(2))
    with pytest.raises(UsageError, match="not a matrix"):
        field_of([[1]])


def test_rational_functions():
    a = FUNCTIONS.matrix(2, 2, [1, T, T, T**2])
    assert (image(a).dim, kernel(a).dim) == (1, 1)
    assert not any((a * kernel(a).matrix).entries())
    b = FUNCTIONS.matrix(2, 2, [1, T, T, T**2 + 1])
    assert is_invertible(b)
    assert b * b.inv() == identity(2, FUNCTIONS)
    assert image(a) <= image(b)
    assert Subspace.span([[1, T]], FUNCTIONS) == Subspace.span([[1 / T, 1]], FUNCTIONS)
    with pytest.raises(ZeroDivisionError):
        a.inv()


def test_algebraic_numbers():
    root = sympy.sqrt(2)
    line = Subspace.span([[1, root]], ROOTS)
    assert line == Subspace.span([[root, 2]], ROOTS)
    assert line != Subspace.span([[root, 1]], ROOTS)
    assert (line & Subspace.span([[1, -root]], ROOTS)).dim == 0


def test_echelon_forms():
    rows, pivots = echelon(nmod_mat(2, 3, [0, 2, 1, 0, 1, 1], 3))
    assert pivots == [1, 2]
    assert [[int(x) for x in row] for row in rows] == [[0, 1, 0], [0, 0, 1]]
    assert rows_of(fmpq_mat(0, 3)) == []
    assert from_columns([], 2).nrows() == 2
