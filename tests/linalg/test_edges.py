"""Leading singular values, principal cosines and quotient norms against high-precision references."""

from __future__ import annotations

from importlib import import_module

import mpmath as mp
import numpy as np
import pytest

from certify.errors import UsageError
from certify.linalg import Subspace, principal_cosines, quotient_extremes, svd, top_singular
from tests.linalg.reference import exact_matrix, singular_values

topk = import_module("certify.linalg.leading_svd")
transport = import_module("certify.linalg.quotient_norms")

DIGITS = 40


def inside(value: mp.mpf, lo: float, hi: float) -> bool:
    slack = abs(value) * mp.mpf(10) ** -35
    return mp.mpf(float(lo)) - slack <= value and (np.isinf(hi) or value <= mp.mpf(float(hi)) + slack)


def decaying(rng: np.random.Generator, m: int, n: int, rate: float) -> np.ndarray:
    d = min(m, n)
    left, right = (np.linalg.qr(rng.standard_normal((x, d)))[0] for x in (m, n))
    return (left * np.exp(-rate * np.arange(d))) @ right.T


@pytest.mark.parametrize(("m", "n", "k"), [(60, 52, 4), (52, 60, 4), (55, 55, 1), (200, 50, 10), (5, 4, 2), (3, 3, 3)])
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.7])
def test_top_singular_agrees_with_the_full_certificate(m: int, n: int, k: int, rate: float) -> None:
    rng = np.random.default_rng([m, n, k])
    a = rng.standard_normal((m, n)) if rate == 0 else decaying(rng, m, n, rate)
    full, top = svd(a, "tight"), top_singular(a, k)
    # Both are enclosures of the same numbers, so they overlap; and the following value bounds σ_{k+1} from above.
    assert np.all(top.lower <= full.upper[:k])
    assert np.all(full.lower[:k] <= top.upper)
    assert top.following >= (full.lower[k] if k < min(m, n) else 0.0)
    assert np.all(top.upper - top.lower <= 1e-8 * top.lower[0])


def test_top_singular_contains_the_reference() -> None:
    rng = np.random.default_rng(21)
    a = decaying(rng, 52, 50, 0.3)
    top = top_singular(a, 5)
    reference = singular_values(a, DIGITS)
    assert all(inside(reference[i], top.lower[i], top.upper[i]) for i in range(5))
    assert reference[5] <= mp.mpf(top.following)
    assert top.following <= 1.01 * float(reference[5])
    with mp.workdps(DIGITS + 20):
        work = exact_matrix(a)
        for j in (1, 3, 5):
            for side, basis, bound in (("l", top.u, top.sin_theta_left(j)), ("r", top.v, top.sin_theta_right(j))):
                gram = work * work.T if side == "l" else work.T * work
                values, vectors = mp.eigsy(gram)
                order = sorted(range(len(values)), key=lambda i: values[i], reverse=True)
                rest = mp.matrix([[vectors[i, c] for c in order[j:]] for i in range(gram.rows)])
                q = mp.qr(exact_matrix(basis[:, :j]))[0][:, :j]
                assert mp.mnorm(rest.T * q, "f") <= mp.mpf(bound) * mp.sqrt(j)
                assert bound < 1e-9


def test_top_singular_is_not_fooled_by_a_start_that_misses_the_top(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(22)
    a = decaying(rng, 60, 60, 0.2)
    u, s, vt = np.linalg.svd(a)

    def miss(_: np.ndarray, k: int, **__: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return u[:, 1 : k + 1], s[1 : k + 1], vt[1 : k + 1]

    monkeypatch.setattr(topk.sparse, "svds", miss)
    top = top_singular(a, 3)
    assert all(lo <= t <= hi for lo, t, hi in zip(top.lower, s, top.upper, strict=False))
    assert top.sin_theta_right(3) == np.inf


@pytest.mark.parametrize("a", [np.zeros((70, 60)), np.eye(60), np.ones((60, 60))])
def test_top_singular_of_degenerate_matrices(a: np.ndarray) -> None:
    top = top_singular(a, 3)
    s = np.linalg.svd(a)[1]
    assert np.all(top.lower <= s[:3] + 1e-9)
    assert np.all(s[:3] <= top.upper + 1e-9)
    assert top.sin_theta_left(2) == np.inf


@pytest.mark.parametrize("n", [60, 90])
def test_top_singular_without_a_gap_stays_narrow(n: int) -> None:
    q = np.linalg.qr(np.random.default_rng(n).standard_normal((n, n)))[0]
    top = top_singular(q, 2)
    assert np.all(top.lower <= 1.0 + 1e-12)
    assert np.all(top.upper >= 1.0 - 1e-12)
    assert np.all(top.upper - top.lower <= 1e-9)


def test_top_singular_refuses_a_window_out_of_range() -> None:
    with pytest.raises(UsageError, match=r"outside 1\.\.3"):
        top_singular(np.ones((3, 5)), 4)
    with pytest.raises(UsageError, match=r"outside 1\.\.2"):
        top_singular(np.ones((3, 5)), 2).sin_theta_left(3)


def reference_cosines(w: np.ndarray, w_next: np.ndarray, k: int, kk: int) -> list[mp.mpf]:
    with mp.workdps(60):
        a, b = exact_matrix(w), exact_matrix(w_next)
        bases = []
        for gram, count in ((a * a.T, k), (b.T * b, kk)):
            values, vectors = mp.eigsy(gram)
            order = sorted(range(len(values)), key=lambda i: values[i], reverse=True)[:count]
            bases.append(mp.matrix([[vectors[i, j] for j in order] for i in range(gram.rows)]))
        return sorted((mp.mpf(x) for x in mp.svd_r(bases[0].T * bases[1], compute_uv=False)), reverse=True)


@pytest.mark.parametrize(("n0", "n1", "n2"), [(3, 4, 5), (5, 4, 2), (4, 4, 4), (2, 1, 3)])
def test_principal_cosines_contain_the_reference(n0: int, n1: int, n2: int) -> None:
    rng = np.random.default_rng([n0, n1, n2])
    for _ in range(4):
        w, w_next = rng.standard_normal((n1, n0)), rng.standard_normal((n2, n1))
        lower, upper = svd(w), svd(w_next)
        for k in range(1, min(n0, n1) + 1):
            for kk in range(1, min(n1, n2) + 1):
                x = Subspace(lower.u[:, :k], lower.sin_theta_left(k))
                y = Subspace(upper.v[:, :kk], upper.sin_theta_right(kk))
                cosines = principal_cosines(x, y)
                truth = reference_cosines(w, w_next, k, kk)
                assert all(
                    inside(min(t, mp.mpf(1)), lo, hi) for t, lo, hi in zip(truth, cosines.lo, cosines.hi, strict=True)
                )
                assert np.all(cosines.hi - cosines.lo < 1e-9)


def test_cosines_of_unknown_subspaces_are_unknown() -> None:
    result = svd(np.eye(3))
    cosines = principal_cosines(
        Subspace(result.u[:, :2], result.sin_theta_left(2)), Subspace(result.v[:, :2], result.sin_theta_right(2))
    )
    assert np.array_equal(cosines.lo, [0, 0])
    assert np.array_equal(cosines.hi, [1, 1])
    skewed = Subspace(np.array([[1.0, 1.0], [0.0, 1.0]]), 0.0)
    assert np.array_equal(principal_cosines(skewed, skewed).hi, [1, 1])
    assert np.array_equal(principal_cosines(skewed, skewed).lo, [0, 0])
    with pytest.raises(UsageError, match=r"R\^2 and R\^3"):
        principal_cosines(skewed, Subspace(np.eye(3), 0.0))


def test_cosines_lose_containment_without_the_angle_term() -> None:
    w = np.array([[1.0, 0.3], [0.2, 2.0]])
    result = svd(w)
    tilted = result.u[:, :1] + 1e-6 * result.u[:, 1:]
    tilted = tilted / np.linalg.norm(tilted)
    line = Subspace(np.array([[1.0], [0.0]]), 0.0)
    truth = reference_cosines(w, np.array([[1.0, 0.0]]), 1, 1)[0]
    honest = principal_cosines(Subspace(tilted, 2e-6), line)
    planted = principal_cosines(Subspace(tilted, 0.0), line)
    assert inside(truth, honest.lo[0], honest.hi[0])
    assert not inside(truth, planted.lo[0], planted.hi[0])


@pytest.mark.parametrize("n", [1, 2, 3, 6])
@pytest.mark.parametrize("scale", [1.0, 1e200, 1e-150])
def test_quotient_extremes_contain_the_reference(n: int, scale: float) -> None:
    rng = np.random.default_rng([n, int(abs(np.log10(scale)))])
    for condition in (0.0, 3.0):
        a = rng.standard_normal((n, n)) * 10.0 ** -np.linspace(0, condition, n)
        b = rng.standard_normal((n, n)) * scale
        forward, backward = quotient_extremes(a, b, svd(a), svd(b))
        with mp.workdps(80):
            quotient = exact_matrix(b) * mp.inverse(exact_matrix(a))
            values = sorted((mp.mpf(x) for x in mp.svd_r(quotient, compute_uv=False)), reverse=True)
        assert inside(values[0], forward.lo, forward.hi)
        assert inside(1 / values[-1], backward.lo, backward.hi)
        assert float(forward.hi) <= float(forward.lo) * (1 + 1e-9)
        assert float(backward.hi) <= float(backward.lo) * (1 + 1e-8)


def test_quotients_of_singular_matrices_are_unbounded() -> None:
    singular, regular = np.ones((3, 3)), np.diag([1.0, 2.0, 4.0])
    forward, backward = quotient_extremes(singular, regular, svd(singular), svd(regular))
    assert forward.hi == np.inf
    # 11ᵀ diag(1, 1/2, 1/4) has the norm √3 · √(21/16).
    assert 3 * 21 / 16 * (1 - 1e-12) <= float(backward.lo) ** 2 <= float(backward.hi) ** 2 <= 3 * 21 / 16 * (1 + 1e-12)
    with pytest.raises(UsageError, match="square"):
        quotient_extremes(np.ones((2, 3)), np.ones((2, 3)), svd(np.ones((2, 3))), svd(np.ones((2, 3))))
