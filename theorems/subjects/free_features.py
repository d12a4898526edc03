"""Weights W and free features H at an exact point, with the gradient G of the loss in their product P = WH."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "FEATURES",
    "SIZES",
    "collapsed",
    "composable",
    "free_points",
    "means",
    "positive",
    "stationary",
    "stationary_features",
]

FEATURES = (
    Parameter.matrix("W", "C", "d"),
    Parameter.matrix("H", "d", "N"),
    Parameter.matrix("G", "C", "N"),
    Parameter.rational("decay", 0, 2),
    Parameter.rational("feature_decay", 0, 2),
    Parameter.integer("n", 1, 2, limit=64),
)
SIZES = {"C": (1, 2), "d": (1, 2), "N": (1, 2)}


@hypothesis(r"WH\text{ defined},\ N=nC", defines="there are no outputs, or no classes")
def composable(x: Instance) -> bool:
    """W reads H, G has the shape of WH, and there are n samples for each class, next to one another"""
    w, h, g, n = x.matrix("W"), x.matrix("H"), x.matrix("G"), x.integer("n")
    shapes = w.ncols() == h.nrows() and (g.nrows(), g.ncols()) == (w.nrows(), h.ncols())
    return shapes and n >= 1 and h.ncols() == n * w.nrows()


@hypothesis(r"GH^T+\lambda W=0,\ W^TG+\lambda_HH=0", needed="any weights and features are a point")
def stationary(x: Instance) -> bool:
    """the gradient of loss and decay vanishes"""
    w, h, g = x.matrix("W"), x.matrix("H"), x.matrix("G")
    first = g * h.transpose() + x.rational("decay") * w
    second = w.transpose() * g + x.rational("feature_decay") * h
    return first == 0 * first and second == 0 * second


@hypothesis(r"\lambda,\lambda_H>0", needed="without decay, features outside what W reads stay")
def positive(x: Instance) -> bool:
    """both decays are positive"""
    return x.rational("decay") > 0 and x.rational("feature_decay") > 0


@hypothesis(r"H=M\otimes1_n^T", needed="the mean of features that differ within a class forgets what they differ by")
def collapsed(x: Instance) -> bool:
    """the features of a class are equal (NC1)"""
    return _equal_within(x.matrix("H"), x.integer("n"))


def _equal_within(a: flint.fmpq_mat, n: int) -> bool:
    rows = a.tolist()
    return all(row[j] == row[j - j % n] for row in rows for j in range(a.ncols()))


def means(a: flint.fmpq_mat, n: int) -> flint.fmpq_mat:
    """The mean of each block of n columns."""
    return flint.fmpq_mat(
        [[sum(row[j : j + n], flint.fmpq(0)) / n for j in range(0, a.ncols(), n)] for row in a.tolist()]
    )


def stationary_features(*, collapse: bool = False, symmetric: bool = False) -> SearchStrategy[Instance]:
    """W = UDVᵀ, H = ρVDRᵀ with λ = ρ²λ_H, and G = −ρλ_H URᵀ on the directions used; R repeats columns on collapse."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        c, d = draw(st.integers(1, 2)), draw(st.integers(1, 3))
        n = draw(st.sampled_from((1, 4))) if collapse else draw(st.integers(1, 2))
        used = draw(st.integers(0, min(c, d)))
        values = [draw(st.sampled_from((1, 2, 2))) for _ in range(used)]
        rho, feature_decay = draw(st.sampled_from((Fraction(1), Fraction(2), Fraction(1, 2)))), draw(_decays())
        u, v = draw(own.orthogonal(c)), draw(own.orthogonal(d))
        r = own.transpose(u if symmetric and draw(st.booleans()) else draw(own.orthogonal(c if collapse else n * c)))
        if collapse:
            # Columns of 1/√n, n a square.
            share = Fraction(1, 2 if n == 4 else 1)
            r = tuple(tuple(share * e for e in row for _ in range(n)) for row in r)
        if draw(st.integers(0, 3)) == 0:
            values = [values[0]] * used if used else values
        w = own.product(u, own.diagonal(values or [0], c, d), own.transpose(v))
        h = own.product(v, own.diagonal([rho * e for e in values] or [0], d, len(r)), r)
        g = own.product(u, own.diagonal([-rho * feature_decay] * used or [0], c, len(r)), r)
        return Instance.of(W=w, H=h, G=g, decay=rho * rho * feature_decay, feature_decay=feature_decay, n=n)

    return build()


def _decays() -> SearchStrategy[Fraction]:
    from hypothesis import strategies as st

    return st.sampled_from((Fraction(1), Fraction(1, 3), Fraction(2)))


def free_points(size: int, rng: Random) -> Iterable[Instance]:
    """Stationary points without decay, where all is free; features that differ within two classes; and of rank one."""
    diagonal = [[[rng.randint(0, size) if i == j else 0 for j in range(2)] for i in range(2)] for _ in range(2)]
    flat = [[0, 0], [0, 0]]
    yield Instance.of(W=diagonal[0], H=diagonal[1], G=flat, decay=0, feature_decay=0, n=1)
    yield Instance.of(W=[[1, 0]], H=[[1, 1], [0, rng.randint(0, size)]], G=[[0, 0]], decay=0, feature_decay=0, n=2)
    rows = [[Fraction(3, 5), Fraction(4, 5), 0, 0], [0, 0, Fraction(-3, 5), Fraction(4, 5)]]
    values = [1, rng.choice((1, 7))]
    w = [[values[0], 0], [0, values[1]]]
    h = [[k * v for v in row] for k, row in zip(values, rows, strict=True)]
    yield Instance.of(W=w, H=h, G=[[-v for v in row] for row in rows], decay=1, feature_decay=1, n=2)
    # W = −u for |u|² = 2, with integers over 5, and H = (1, −1): G = uH/2.
    for pair in rng.sample(((1, 7), (5, 5), (7, 1)), 3):
        u = [Fraction(v, 5) for v in pair]
        column, outputs = [[-v] for v in u], [[v / 2, -v / 2] for v in u]
        yield Instance.of(W=column, H=[[1, -1]], G=outputs, decay=1, feature_decay=1, n=1)
