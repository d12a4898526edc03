"""Every rounding bound below the SVD against exact rationals, and each bound seen to fail without its rounding term."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module

import numpy as np
import pytest

from certify.linalg import norms, svd_factor
from certify.linalg.gemm import split_columns
from certify.linalg.svd_factor import defect, from_gram, from_svd, product

gemm = import_module("certify.linalg.gemm")

SHAPES = [(1, 1), (2, 1), (2, 2), (3, 2), (4, 4), (9, 5), (30, 12)]


def fractions(a: np.ndarray) -> list[list[Fraction]]:
    return [[Fraction(float(x)) for x in row] for row in a]


def exact_product(x: np.ndarray, y: np.ndarray) -> list[list[Fraction]]:
    left, right = fractions(x), fractions(y.T)
    return [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in right] for row in left]


def column_square(difference: list[list[Fraction]], j: int) -> Fraction:
    return sum((row[j] ** 2 for row in difference), Fraction(0))


def instance(rng: np.random.Generator, m: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    a = rng.uniform(-1, 1, (m, n)) * 2.0 ** rng.integers(-30, 1, (m, 1))
    return a, np.linalg.qr(rng.standard_normal((n, n)))[0]


def product_violations(tight: bool, runs: int = 40) -> int:
    rng = np.random.default_rng(11)
    count = 0
    for _ in range(runs):
        for m, n in SHAPES[:-1]:
            a, v = instance(rng, m, n)
            p = product(a, v, tight=tight)
            b, exact = fractions(p.b), exact_product(a, v)
            difference = [[x - y for x, y in zip(r, s, strict=True)] for r, s in zip(b, exact, strict=True)]
            count += sum(column_square(difference, j) > Fraction(float(p.error[j])) ** 2 for j in range(n))
    return count


def defect_violations(tight: bool, runs: int = 40) -> int:
    rng = np.random.default_rng(12)
    count = 0
    for _ in range(runs):
        for m, n in SHAPES[:-1]:
            x = np.linalg.qr(rng.standard_normal((m, n)))[0] * rng.uniform(0.5, 1.5, n)
            d = defect(x, tight=tight)
            exact = exact_product(x.T, x)
            for i in range(n):
                c = Fraction(float(d.diagonal[i]))
                bound = Fraction(d.entry) * Fraction(float(d.columns[i])) ** 2 + Fraction(d.floor)
                bound += abs(c) * Fraction(1, 2**49)
                count += abs(exact[i][i] - 1 - c) > bound
                for j in range(n):
                    size = Fraction(float(d.magnitude[i, j]))
                    spread = Fraction(d.entry) * Fraction(float(d.columns[i])) * Fraction(float(d.columns[j]))
                    count += abs(exact[i][j] - (i == j)) > size + spread + Fraction(d.floor)
    return count


def factor_violations(start: str, tight: bool, runs: int = 25) -> int:
    rng = np.random.default_rng(13)
    count = 0
    for _ in range(runs):
        for m, n in SHAPES[:-1]:
            a, _ = instance(rng, m, n)
            u, s, vt = np.linalg.svd(a, full_matrices=False)
            v = np.ascontiguousarray(vt.T)
            f = from_gram(a, v, tight=tight) if start == "gram" else from_svd(a, u, s, v, tight=tight)
            us = [[x * Fraction(float(t)) for x, t in zip(row, f.s, strict=True)] for row in fractions(f.u)]
            exact = exact_product(a, f.v)
            difference = [[x - y for x, y in zip(r, t, strict=True)] for r, t in zip(exact, us, strict=True)]
            count += sum(column_square(difference, j) > Fraction(float(f.residual[j])) ** 2 for j in range(n))
    return count


@pytest.mark.parametrize("tight", [False, True])
def test_product_bound_holds_columnwise(tight: bool) -> None:
    assert product_violations(tight) == 0


@pytest.mark.parametrize("tight", [False, True])
def test_defect_bound_holds_entrywise(tight: bool) -> None:
    assert defect_violations(tight) == 0


@pytest.mark.parametrize("tight", [False, True])
@pytest.mark.parametrize("start", ["gram", "svd"])
def test_factor_residual_holds_columnwise(start: str, tight: bool) -> None:
    assert factor_violations(start, tight) == 0


def without_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svd_factor, "times", lambda x, y: (x @ y, 0.0))
    monkeypatch.setattr(svd_factor, "U", 0.0)


@pytest.mark.parametrize("tight", [False, True])
def test_product_bound_fails_without_its_rounding_terms(monkeypatch: pytest.MonkeyPatch, tight: bool) -> None:
    without_rounding(monkeypatch)
    assert product_violations(tight, runs=10) > 0


def test_defect_bound_fails_without_its_rounding_term(monkeypatch: pytest.MonkeyPatch) -> None:
    without_rounding(monkeypatch)
    assert defect_violations(tight=False, runs=10) > 0


@pytest.mark.parametrize("start", ["gram", "svd"])
def test_factor_residual_fails_without_the_scaling_term(monkeypatch: pytest.MonkeyPatch, start: str) -> None:
    monkeypatch.setattr(svd_factor, "U", 0.0)
    assert factor_violations(start, tight=True, runs=10) > 0


@pytest.mark.parametrize("shape", [*SHAPES, (1, 7), (300, 3)])
def test_split_is_exact_and_its_products_do_not_round(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(14)
    m, n = shape
    x = rng.uniform(-1, 1, (m, n)) * 2.0 ** rng.integers(-60, 1, (m, n))
    x[rng.random((m, n)) < 0.1] = 0.0
    x1, x2, grid = split_columns(x, m)
    assert np.array_equal(x1 + x2, x)
    assert all(
        Fraction(float(p)) + Fraction(float(q)) == Fraction(float(t))
        for p, q, t in zip(x1.flat, x2.flat, x.flat, strict=True)
    )
    assert np.all(np.abs(x2) <= grid / 2)
    assert np.array_equal(np.rint(x1 / grid) * grid, x1)
    if m * n <= 400:
        assert exact_product(x1.T, x1) == fractions(x1.T @ x1)


def test_split_keeps_tiny_columns_away_from_underflow() -> None:
    x = np.array([[1.0, 2.0**-1000], [0.5, -(2.0**-1001)]])
    x1, x2, _ = split_columns(x, 2)
    assert np.array_equal(x1 + x2, x)
    assert exact_product(x1.T, x1) == fractions(x1.T @ x1)


def test_gram_factor_drops_null_columns_and_bounds_them() -> None:
    rng = np.random.default_rng(15)
    a = rng.integers(-3, 4, (12, 3)).astype(float) @ rng.integers(-3, 4, (3, 6)).astype(float) / 64
    v = np.linalg.svd(a)[2].T.copy()
    f = from_gram(a, v, tight=True)
    assert f.kept == 3
    assert np.all(f.s[3:] == 0)
    exact = exact_product(a, f.v)
    square = sum((row[j] ** 2 for row in exact for j in range(3, 6)), Fraction(0))
    assert square <= Fraction(f.dropped) ** 2


@pytest.mark.parametrize("shape", SHAPES)
def test_norm_bounds_contain_exact_norms(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(16)
    for scale in (1.0, 2.0**-300, 2.0**300):
        a = rng.standard_normal(shape) * scale
        exact = [[x**2 for x in row] for row in fractions(a)]
        total = sum((x for row in exact for x in row), Fraction(0))
        low, high = norms.sum_of_squares(a)
        assert Fraction(float(low)) <= total <= Fraction(float(high))
        fro = norms.frobenius(a)
        assert Fraction(float(fro.lo)) ** 2 <= total <= Fraction(float(fro.hi)) ** 2
        columns = norms.column_norms_up(a)
        assert all(
            sum((row[j] for row in exact), Fraction(0)) <= Fraction(float(columns[j])) ** 2 for j in range(shape[1])
        )


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1.0, 1e200, 1.7e308])
def test_frobenius_at_every_scale(scale: float) -> None:
    a = np.array([[3.0, -4.0], [0.0, 12.0]]) / 13.0 * scale
    exact = sum((x**2 for row in fractions(a) for x in row), Fraction(0))
    fro = norms.frobenius(a)
    assert Fraction(float(fro.lo)) ** 2 <= exact
    assert np.isinf(fro.hi) or Fraction(float(fro.hi)) ** 2 >= exact
    assert float(fro.hi) <= float(fro.lo) * (1 + 1e-13) + 1e-307


def test_symmetric_norm_bounds_the_spectral_norm() -> None:
    rng = np.random.default_rng(17)
    for n in (1, 2, 3, 8, 40):
        h = rng.standard_normal((n, n))
        h += h.T
        s = np.sort(rng.uniform(0, 1, n))[::-1]
        for left, right in ((None, None), (None, s), (s, s)):
            l, r = (np.ones(n) if w is None else w for w in (left, right))
            truth = np.linalg.norm(l[:, None] * h * r, 2)
            bound = norms.norm2_symmetric_up(np.abs(h), left, right)
            assert truth <= bound <= 1.4 * np.linalg.norm(l[:, None] * np.abs(h) * r, 2) + 1e-12


def gemm_violations(runs: int = 60) -> int:
    rng = np.random.default_rng(18)
    count = 0
    for _ in range(runs):
        m, k, n = rng.integers(1, 6, 3)
        x = rng.standard_normal((m, k)) * 10.0 ** rng.integers(-3, 4)
        y = rng.standard_normal((k, n)) * 10.0 ** rng.integers(-200, 200)
        ball = gemm.gemm(x, y)
        exact = exact_product(x, y)
        count += sum(
            abs(exact[i][j] - Fraction(float(ball.mid[i, j]))) > Fraction(float(ball.rad[i, j]))
            for i in range(m)
            for j in range(n)
        )
    return count


def test_gemm_contains_the_exact_product() -> None:
    assert gemm_violations() == 0


def test_gemm_fails_without_its_rounding_term(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemm, "times", lambda x, y: (x @ y, 0.0))
    assert gemm_violations(20) > 0


def test_gemm_of_subnormals_and_overflow() -> None:
    x = np.array([[5e-324, 1e-310]])
    y = np.array([[1.0], [3e-5]])
    ball = gemm.gemm(x, y)
    exact = exact_product(x, y)[0][0]
    assert abs(exact - Fraction(float(ball.mid[0, 0]))) <= Fraction(float(ball.rad[0, 0]))
    huge = gemm.gemm(np.array([[1e200]]), np.array([[1e200]]))
    assert huge.rad[0, 0] == np.inf


class Strassen(np.ndarray):
    """An array whose product recombines blocks, as a Strassen-like kernel does."""

    def __matmul__(self, other: np.ndarray) -> np.ndarray:  # type: ignore[override]
        a, b = np.asarray(self), np.asarray(other)
        (m, k), n = a.shape, b.shape[1]
        a = np.pad(a, ((0, m % 2), (0, k % 2)))
        b = np.pad(b, ((0, k % 2), (0, n % 2)))
        i, j, l = a.shape[0] // 2, a.shape[1] // 2, b.shape[1] // 2
        a11, a12, a21, a22 = a[:i, :j], a[:i, j:], a[i:, :j], a[i:, j:]
        b11, b12, b21, b22 = b[:j, :l], b[:j, l:], b[j:, :l], b[j:, l:]
        m1, m2 = (a11 + a22) @ (b11 + b22), (a21 + a22) @ b11
        m3, m4 = a11 @ (b12 - b22), a22 @ (b21 - b11)
        m5, m6, m7 = (a11 + a12) @ b22, (a21 - a11) @ (b11 + b12), (a12 - a22) @ (b21 + b22)
        return np.block([[m1 + m4 - m5 + m7, m3 + m5], [m2 + m4, m1 - m2 + m3 + m6]])[:m, :n]


def test_the_canary_knows_a_strassen_like_product() -> None:
    assert gemm.product_is_plain(lambda x, y: x @ y)
    assert not gemm.product_is_plain(lambda x, y: x.view(Strassen) @ y)
