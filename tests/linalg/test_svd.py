"""The certified SVD against 60-digit references, at every scale and on every awkward shape."""

from __future__ import annotations

import ml_dtypes
import mpmath as mp
import numpy as np
import pytest

from certify.claims.small_values import plain_error
from certify.errors import InputError, UnsupportedError, UsageError
from certify.linalg import svd, svd_enclosure
from certify.linalg.svd_factor import from_gram
from certify.prover.widening import decomposition_room
from tests.linalg.reference import exact_matrix, singular_values, violations

MODES = ("fast", "tight", "auto")
TINY = [(m, n) for m in range(1, 5) for n in range(1, 5)]


def kahan(n: int, theta: float = 1.2) -> np.ndarray:
    s, c = np.sin(theta), np.cos(theta)
    return np.diag(s ** np.arange(n)) @ (np.eye(n) - c * np.triu(np.ones((n, n)), 1))


def hilbert(n: int) -> np.ndarray:
    i = np.arange(1, n + 1)
    return 1.0 / (i[:, None] + i[None, :] - 1)


def orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def tiny_instances(rng: np.random.Generator, m: int, n: int) -> list[np.ndarray]:
    a = rng.standard_normal((m, n))
    return [
        a,
        rng.integers(-3, 4, (m, n)).astype(float),
        a * 10.0 ** rng.integers(-8, 9, (m, n)),
        np.outer(a[:, 0], a[0]),
        a * 1e300,
        a * 1e-300,
        a * 5e-312,
        np.ones((m, n)),
        np.eye(m, n) * (1 + 2.0**-52),
        np.where(rng.random((m, n)) < 0.5, a, 0.0),
        np.sign(a) * 1.7e308 / 4,
        np.full((m, n), 5e-324),
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", TINY)
def test_tiny_shapes_contain_the_reference(shape: tuple[int, int], mode: str) -> None:
    rng = np.random.default_rng([*shape, 1])
    for _ in range(8):
        for a in tiny_instances(rng, *shape):
            assert violations(svd(a, mode), a) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shape", [(2, 1), (1, 2), (2, 2), (3, 1)])
def test_many_tiny_shapes(shape: tuple[int, int], mode: str) -> None:
    rng = np.random.default_rng([*shape, 2])
    for _ in range(2000):
        a = rng.standard_normal(shape)
        assert violations(svd(a, mode), a) == []


def named() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    q, p = orthogonal(rng, 16), orthogonal(rng, 16)
    return {
        "hilbert 12": hilbert(12),
        "kahan 16": kahan(16),
        "graded": q * 10.0 ** -np.arange(16.0),
        "graded by rows": (q * 10.0 ** -np.arange(16.0)).T.copy(),
        "repeated": q @ np.diag([5.0] * 5 + [1.0] * 11) @ p,
        "orthogonal": q,
        "identity": np.eye(9),
        "rank 3": rng.integers(-4, 5, (14, 3)).astype(float) @ rng.integers(-4, 5, (3, 11)),
        "power law": (q / np.arange(1.0, 17)) @ p,
        "cluster": q @ np.diag(1 + 1e-9 * np.arange(16)) @ p,
        "tall": rng.standard_normal((40, 5)),
        "wide": rng.standard_normal((5, 40)),
        "column": rng.standard_normal((50, 1)),
        "row": rng.standard_normal((1, 50)),
        "one zero column": np.hstack([rng.standard_normal((8, 3)), np.zeros((8, 1)), rng.standard_normal((8, 2))]),
        "denormal": rng.integers(-9, 10, (7, 5)) * 5e-324,
        "huge": rng.uniform(-1, 1, (7, 5)) * 1.79e308,
        "mixed scales": np.array([[1e300, 1.0], [1.0, 1e-300]]),
        "near gram limit": q @ np.diag(np.geomspace(1, 2e-6, 16)) @ p,
        "beyond gram limit": q @ np.diag(np.geomspace(1, 3e-8, 16)) @ p,
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", named())
def test_named_matrices_contain_the_reference(name: str, mode: str) -> None:
    a = named()[name]
    result = svd(a, mode)
    assert violations(result, a) == []
    assert np.all(result.lower[1:] <= result.lower[:-1])
    assert np.all(result.upper[1:] <= result.upper[:-1])
    assert np.all(result.lower >= 0)


@pytest.mark.parametrize("kind", ["gaussian", "power law"])
@pytest.mark.parametrize("n", [1, 2, 7, 64, 200])
def test_tight_enclosures_are_relatively_narrow(kind: str, n: int) -> None:
    rng = np.random.default_rng(n)
    a = rng.standard_normal((n, n))
    if kind == "power law":
        a = (orthogonal(rng, n) / np.arange(1.0, n + 1)) @ orthogonal(rng, n)
    result = svd(a, "tight")
    assert np.all(result.upper - result.lower <= 1e-11 * result.lower)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["gaussian", "power law"])
def test_tight_enclosures_at_1024(kind: str) -> None:
    rng = np.random.default_rng(1024)
    a = rng.standard_normal((1024, 1024))
    if kind == "power law":
        a = (orthogonal(rng, 1024) / np.arange(1.0, 1025)) @ orthogonal(rng, 1024)
    result = svd(a, "tight")
    assert np.all(result.upper - result.lower <= 1e-11 * result.lower)


def true_angle(a: np.ndarray, basis: np.ndarray, k: int, side: str) -> mp.mpf:
    # sin of the largest angle between span(basis[:, :k]) and the true singular subspace, at 80 digits.
    with mp.workdps(80):
        work = exact_matrix(a)
        gram = work * work.T if side == "left" else work.T * work
        values, vectors = mp.eigsy(gram)
        order = sorted(range(len(values)), key=lambda i: values[i], reverse=True)
        rest = mp.matrix([[vectors[i, j] for j in order[k:]] for i in range(gram.rows)])
        q = mp.qr(exact_matrix(basis[:, :k]))[0][:, :k]
        return max(mp.svd_r(rest.T * q, compute_uv=False))


@pytest.mark.parametrize("mode", ["fast", "tight"])
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 3), (5, 5), (8, 4)])
def test_subspace_bounds_contain_the_truth(shape: tuple[int, int], mode: str) -> None:
    rng = np.random.default_rng([*shape, 4])
    for scale in ("plain", "graded"):
        for _ in range(3):
            a = rng.standard_normal(shape)
            if scale == "graded":
                a = a * 10.0 ** -np.arange(shape[1])
            result = svd(a, mode)
            for k in range(1, min(shape) + 1):
                for side, basis, bound in (
                    ("left", result.u, result.sin_theta_left(k)),
                    ("right", result.v, result.sin_theta_right(k)),
                ):
                    if k < basis.shape[0]:
                        assert bound < 1e-3
                        assert true_angle(a, basis, k, side) <= mp.mpf(bound) + mp.mpf(10) ** -60
                    else:
                        assert bound == 0.0


def test_no_gap_no_angle() -> None:
    result = svd(np.eye(4))
    assert result.sin_theta_left(2) == np.inf
    assert result.sin_theta_right(2) == np.inf
    assert result.sin_theta_right(4) == 0.0
    rank_one = svd(np.ones((4, 3)))
    assert rank_one.sin_theta_left(1) < 1e-12
    assert rank_one.sin_theta_left(2) == np.inf
    with pytest.raises(UsageError, match=r"outside 1\.\.4"):
        result.sin_theta_left(5)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_zero_matrix_is_exact(shape: tuple[int, int]) -> None:
    result = svd(np.zeros(shape))
    assert np.all(result.lower == 0)
    assert np.all(result.upper == 0)
    assert result.residual == 0.0


@pytest.mark.parametrize(
    "dtype", [np.float64, np.float32, np.float16, ml_dtypes.bfloat16, np.int8, np.int64, np.uint16, np.longdouble]
)
def test_every_real_dtype_converts_exactly(dtype: type) -> None:
    a = np.array([[3, 1], [-2, 5]] if dtype is not np.uint16 else [[3, 1], [2, 5]]).astype(dtype)
    assert violations(svd(a), a.astype(np.float64)) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_non_finite_entries_are_named(bad: float) -> None:
    a = np.ones((3, 4))
    a[1, 2] = bad
    with pytest.raises(InputError, match=r"index \(1, 2\)"):
        svd(a)


@pytest.mark.parametrize(
    ("a", "error"),
    [
        (np.ones((2, 2)) * 1j, UnsupportedError),
        (np.ones((2, 2), dtype=bool), UnsupportedError),
        (np.array([[object()]]), UnsupportedError),
        (np.ones(3), InputError),
        (np.ones((2, 0)), InputError),
        (np.array([[2**60 + 1]]), InputError),
        (np.array([["1"]]), UnsupportedError),
    ],
)
def test_what_is_not_a_real_matrix_is_refused(a: np.ndarray, error: type[Exception]) -> None:
    with pytest.raises(error):
        svd(a)


def test_unknown_mode() -> None:
    with pytest.raises(UsageError, match="unknown mode"):
        svd(np.eye(2), "exact")  # type: ignore[arg-type]


def test_poor_factors_prove_nothing() -> None:
    rng = np.random.default_rng(5)
    a = rng.uniform(-1, 1, (6, 4))
    for v in (rng.standard_normal((4, 4)), np.zeros((4, 4)), np.full((4, 4), np.nan)):
        with np.errstate(all="ignore"):
            assert svd_enclosure.enclose(from_gram(a, v, tight=True), 0.0, tight=True, method="gram") is None


def test_a_slightly_wrong_basis_still_encloses() -> None:
    rng = np.random.default_rng(6)
    a = rng.uniform(-1, 1, (6, 4))
    v = np.linalg.svd(a)[2].T + 1e-4 * rng.standard_normal((4, 4))
    enclosed = svd_enclosure.enclose(from_gram(a, v, tight=True), 0.0, tight=True, method="gram")
    assert enclosed is not None
    assert violations(enclosed, a) == []
    assert float(np.max(enclosed.upper - enclosed.lower)) > 1e-7


def test_same_input_same_bytes() -> None:
    a = np.random.default_rng(7).standard_normal((30, 20))
    first, second = svd(a), svd(a.copy())
    assert first.lower.tobytes() == second.lower.tobytes()
    assert first.upper.tobytes() == second.upper.tobytes()


def test_reference_agrees_with_exact_values() -> None:
    values = singular_values(np.array([[3.0, 0.0], [0.0, -4.0], [0.0, 0.0]]))
    assert [int(mp.nint(x)) for x in values] == [4, 3]


@pytest.mark.parametrize(("condition", "mode", "lapack"), [(10.0, "fast", 0), (2e4, "tight", 0), (1e8, "tight", 1)])
def test_each_decomposition_is_computed_once(monkeypatch, condition, mode, lapack) -> None:
    rng = np.random.default_rng(4)
    n = 280
    left, right = (np.linalg.qr(rng.standard_normal((n, n)))[0] for _ in range(2))
    a = left * np.geomspace(1.0, 1.0 / condition, n) @ right
    calls = {"eigh": 0, "svd": 0}
    for name in calls:
        real = getattr(np.linalg, name)

        def counted(*args, real=real, name=name, **options):
            calls[name] += 1
            return real(*args, **options)

        monkeypatch.setattr(np.linalg, name, counted)
    found = svd(a)
    assert (found.mode, calls) == (mode, {"eigh": 1, "svd": lapack})
    again = svd(a, mode)
    assert np.array_equal(found.lower, again.lower)
    assert np.array_equal(found.upper, again.upper)


@pytest.mark.parametrize(("smallest", "mode"), [(1e-2, "fast"), (1e-5, "fast"), (1e-9, "tight")])
def test_a_layer_is_enclosed_no_finer_than_what_is_published_of_it(smallest: float, mode: str) -> None:
    n = 272
    rng = np.random.default_rng(3)
    a = (orthogonal(rng, n) * np.append(np.linspace(2.0, 1.0, n - 1), smallest)) @ orthogonal(rng, n)
    room = decomposition_room(n, n)
    assert 4 * room * 2.0 <= 2.0001 * plain_error((n, n), [2.0, smallest])
    found, auto = svd(a, absolute=room), svd(a)
    assert found.mode == mode
    # Both hold the truth, so that they overlap.
    assert np.all(found.lower <= auto.upper)
    assert np.all(auto.lower <= found.upper)
    width = found.upper - found.lower
    if mode == "fast":
        assert np.all(
            width <= np.maximum(2.0**-26 * found.lower, np.minimum(room * found.lower[0], found.lower / 4096))
        )
        assert (auto.mode == "fast") == (smallest > 1e-3)
