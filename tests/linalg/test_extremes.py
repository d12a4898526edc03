"""Every public function of ``certify.linalg`` against exact rationals, over the whole exponent range."""

from __future__ import annotations

import importlib
import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

import certify.linalg as linalg
from certify.linalg.gemm import gemm
from tests.linalg.extreme import exact, inside, matrix, product, square_inside

SIDES = (1, 2, 3, 5)


def shapes(rng: np.random.Generator, count: int) -> list[int]:
    return [int(rng.choice(SIDES)) for _ in range(count)]


def wrong_entries(a: np.ndarray, b: np.ndarray) -> int:
    found = gemm(a, b)
    truth = product(exact(a), exact(b))
    places = itertools.product(range(a.shape[0]), range(b.shape[1]))
    return sum(not inside(found.lower[p], truth[p[0]][p[1]], found.upper[p]) for p in places)


def check_gemm(rng: np.random.Generator) -> None:
    m, k, n = shapes(rng, 3)
    a, b = matrix(rng, m, k), matrix(rng, k, n)
    assert wrong_entries(a, b) == 0, (a.tolist(), b.tolist())


def check_frobenius(rng: np.random.Generator) -> None:
    a = matrix(rng, *shapes(rng, 2))
    found = linalg.frobenius(a)
    square = sum((x * x for row in exact(a) for x in row), Fraction(0))
    assert square_inside(float(found.lo), square, float(found.hi)), a.tolist()


def gram(a: np.ndarray) -> fmpq_mat:
    """AᵀA or AAᵀ, the smaller one, exactly."""
    e = exact(a if a.shape[1] <= a.shape[0] else a.T)
    g = product([list(c) for c in zip(*e, strict=True)], e)
    return fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in g])


def eigenvalues_up_to(g: fmpq_mat, bound: Fraction) -> int:
    """How many eigenvalues of a symmetric matrix are below ``bound``, by the signs of a congruent diagonal matrix."""
    n = g.nrows()
    shift = fmpq(bound.numerator, bound.denominator)
    a = [[g[i, j] - (shift if i == j else 0) for j in range(n)] for i in range(n)]
    negative, rest = 0, list(range(n))
    while rest:
        pivot = next((i for i in rest if a[i][i] != 0), None)
        if pivot is None:
            pair = next(((i, j) for i in rest for j in rest if i < j and a[i][j] != 0), None)
            if pair is None:
                break
            i, j = pair  # row i += row j makes the diagonal entry 2 a_ij
            for k in rest:
                a[i][k] += a[j][k]
            for k in rest:
                a[k][i] += a[k][j]
            continue
        d = a[pivot][pivot]
        negative += d < 0
        rest.remove(pivot)
        for i in rest:
            factor = a[i][pivot] / d
            for k in rest:
                a[i][k] -= factor * a[pivot][k]
    return int(negative)


def holds_sigma(g: fmpq_mat, k: int, low: float, high: float) -> bool:
    """Whether low ≤ σ_{k+1} ≤ high, exactly: fewer than d − k eigenvalues below low², at least d − k up to high²."""
    d = g.nrows()
    if low > 0 and eigenvalues_up_to(g, Fraction(low) ** 2) > d - k - 1:
        return False
    if high == np.inf:
        return True
    # Eigenvalues above high², counted on −G.
    above = eigenvalues_up_to(fmpq_mat([[-x for x in row] for row in g.tolist()]), -(Fraction(high) ** 2))
    return above <= k


def check_svd(rng: np.random.Generator) -> None:
    a = matrix(rng, *shapes(rng, 2))
    mode = ("auto", "fast", "tight")[rng.integers(3)]
    found = linalg.svd(a, mode=mode)
    g = gram(a)
    for k, (low, high) in enumerate(zip(found.lower, found.upper, strict=True)):
        assert holds_sigma(g, k, float(low), float(high)), (mode, k, a.tolist())


def check_norm2_up(rng: np.random.Generator) -> None:
    a = matrix(rng, *shapes(rng, 2))
    assert holds_sigma(gram(a), 0, 0.0, float(linalg.norm2_up(a))), a.tolist()


def check_top_singular(rng: np.random.Generator) -> None:
    m, n = shapes(rng, 2)
    a = matrix(rng, m, n)
    k = int(rng.integers(1, min(m, n) + 1))
    found = linalg.top_singular(a, k)
    g = gram(a)
    for place, (low, high) in enumerate(zip(found.lower, found.upper, strict=True)):
        assert holds_sigma(g, place, float(low), float(high)), (k, a.tolist())


def check_quotient_extremes(rng: np.random.Generator) -> None:
    n = int(rng.choice((1, 2, 3)))
    a, b = matrix(rng, n, n), matrix(rng, n, n)
    found = linalg.quotient_extremes(a, b, linalg.svd(a), linalg.svd(b))
    ea, eb = (fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in exact(m)]) for m in (a, b))
    for (top, under), ball in zip(((eb, ea), (ea, eb)), found, strict=True):
        if under.det() == 0:
            assert not np.isfinite(float(ball.hi))
            continue
        q = top * under.inv()
        assert holds_sigma(q.transpose() * q, 0, float(ball.lo), float(ball.hi)), (a.tolist(), b.tolist())


def check_principal_cosines(rng: np.random.Generator) -> None:
    n = int(rng.choice((2, 3, 4)))
    bases = [np.linalg.qr(graded(rng, n, int(rng.integers(1, n + 1))))[0] for _ in range(2)]
    found = linalg.principal_cosines(*(linalg.Subspace(basis, 0.0) for basis in bases))
    # cos² are the eigenvalues of (XᵀX)⁻¹XᵀY(YᵀY)⁻¹YᵀX, those of YᵀX(XᵀX)⁻¹XᵀY over YᵀY: counted on the pencil.
    x, y = (fmpq_mat([[fmpq(v.numerator, v.denominator) for v in row] for row in exact(b)]) for b in bases)
    if x.ncols() < y.ncols():
        x, y = y, x
    cross = y.transpose() * x
    top, under = cross * (x.transpose() * x).inv() * cross.transpose(), y.transpose() * y
    d = under.nrows()
    for place, (low, high) in enumerate(zip(found.lo, found.hi, strict=True)):
        below, above = (fmpq(*(Fraction(float(end)) ** 2).as_integer_ratio()) for end in (low, high))
        assert eigenvalues_up_to(top - under * below, Fraction(0)) <= d - place - 1, bases
        assert eigenvalues_up_to(under * above - top, Fraction(0)) <= place, bases


def graded(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    return np.ldexp(rng.standard_normal((n, k)), rng.integers(-60, 61, size=(n, 1)))


def check_matrix_ball(rng: np.random.Generator) -> None:
    m, n = shapes(rng, 2)
    mid, rad = matrix(rng, m, n), np.abs(matrix(rng, m, n))
    ball, signs = linalg.MatrixBall(mid, rad), rng.choice((-1, 1), size=(m, n))
    member = [
        [x + int(sign) * y for x, y, sign in zip(*rows, strict=True)]
        for rows in zip(exact(mid), exact(rad), signs, strict=True)
    ]
    for (i, j), low in np.ndenumerate(ball.lower):
        assert inside(low, member[i][j], ball.upper[i, j]), (mid, rad)
    square = sum((x * x for row in member for x in row), Fraction(0))
    assert square_inside(0.0, square, ball.frobenius_up()), (mid, rad)
    shorter = member if n <= m else [list(column) for column in zip(*member, strict=True)]
    g = product([list(column) for column in zip(*shorter, strict=True)], shorter)
    exactly = fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in g])
    assert holds_sigma(exactly, 0, 0.0, ball.norm2_up()), (mid, rad)


def check_as_matrix(rng: np.random.Generator) -> None:
    for dtype in (np.float64, np.float32, np.float16):
        with np.errstate(over="ignore", under="ignore"):
            a = matrix(rng, *shapes(rng, 2)).astype(dtype)
        if np.all(np.isfinite(a)):
            assert exact(linalg.as_matrix(a)) == exact(a)


CHECKS = {
    "MatrixBall": check_matrix_ball,
    "as_matrix": check_as_matrix,
    "principal_cosines": check_principal_cosines,
    "gemm": check_gemm,
    "frobenius": check_frobenius,
    "svd": check_svd,
    "norm2_up": check_norm2_up,
    "top_singular": check_top_singular,
    "quotient_extremes": check_quotient_extremes,
}
RETURNED = {
    "CertifiedSVD": "svd",
    "Subspace": "principal_cosines",
    "TopSingular": "top_singular",
}
"""Classes, and the check that makes them."""


def test_every_public_function_has_a_check():
    assert {*CHECKS, *RETURNED} == set(linalg.__all__)
    assert set(RETURNED.values()) <= set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_enclosures_hold_exact_values(name, request):
    count = 20_000 if request.config.getoption("--thorough") else 400
    rng = np.random.default_rng(7)
    for _ in range(count):
        CHECKS[name](rng)


def test_a_mask_of_the_scaled_operands_is_seen(monkeypatch):
    """An entry that scaling flushes to 0 is not 0."""
    a, b = np.array([[1e308], [1e-20]]), np.array([[1.0]])
    assert wrong_entries(a, b) == 0
    module = importlib.import_module("certify.linalg.gemm")
    unscaled = module._vanishing
    monkeypatch.setattr(module, "_vanishing", lambda x, y: unscaled(module.scale(x).matrix, module.scale(y).matrix))
    assert wrong_entries(a, b) == 1
    rng = np.random.default_rng(7)
    assert sum(wrong_entries(matrix(rng, 2, 2), matrix(rng, 2, 2)) for _ in range(200)) > 0
