"""Matrices over SymPy fields answer like FLINT matrices."""

from __future__ import annotations

import sympy
from flint import fmpq_mat

from certify.linalg.exact.field import SymbolicField, SymbolicMatrix

T = sympy.Symbol("t")


FUNCTIONS = SymbolicField(sympy.QQ.frac_field(T))


def test_symbolic_matrices_answer_like_flint_matrices():
    a, b = FUNCTIONS.matrix(2, 3, range(6)), fmpq_mat(2, 3, list(range(6)))
    assert isinstance(a, SymbolicMatrix)
    assert (a.nrows(), a.ncols(), a.rank()) == (b.nrows(), b.ncols(), int(b.rank()))
    assert [str(x) for x in a.transpose().entries()] == [str(x) for x in b.transpose().entries()]
    assert (a - a + a) == a
    assert hash(a) == hash(FUNCTIONS.matrix(2, 3, range(6)))
    assert str(FUNCTIONS.matrix(2, 2, [1, 2, 3, 4]).det()) == "-2"
    assert FUNCTIONS.matrix(1, 1, [T])[0, 0] == FUNCTIONS.domain.from_sympy(T)
    assert FUNCTIONS.name == "QQ(t)"
