"""Small singular values in certificates: digits, what is rejected, and that the checker's error terms are needed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain, load
from certify.checker import Outcome, check
from certify.checker.arithmetic import relative_values as checked
from certify.checker.arithmetic.relative_values import relative_bounds
from certify.claims.small_values import REACH, affordable
from certify.execution import certify
from certify.linalg.relative_svd import relative_values
from certify.verdict import Enclosure, Verdict
from tests.linalg.reference import singular_values

CASES = Path(__file__).parents[3] / "shared" / "data" / "cases"


def _turn(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def graded(m: int, n: int, least: float, seed: int, dtype: type = np.float64) -> np.ndarray:
    rng = np.random.default_rng(seed)
    d = min(m, n)
    a = (_turn(rng, m)[:, :d] * np.geomspace(1.0, least, d)) @ _turn(rng, n)[:d]
    return a.astype(dtype).astype(np.float64)


MATRICES = {
    "two by two": np.array([[1.0, 1.0], [1.0, 1.0 + 2.0**-40]]),
    "float32": graded(9, 9, 1e-11, 1, np.float32),
    "tall": graded(12, 5, 1e-13, 2),
    "wide": graded(4, 11, 1e-14, 3),
    "below the rounding of the entries": graded(6, 6, 1e-40, 4),
    "rows": 10.0 ** -np.arange(0, 30, 6)[:, None] * np.random.default_rng(5).standard_normal((5, 5)),
    "a cluster": np.diag([1.0, 1e-12, 1e-12, 1e-12]) @ _turn(np.random.default_rng(6), 4),
    "two scales": np.diag([2.0**-100, 1.0, 2.0**-100, 1e-3]) @ _turn(np.random.default_rng(7), 4) * 2.0**300,
    "dead rows": np.vstack([graded(4, 6, 1e-15, 8), np.zeros((2, 6))]),
    "many levels": graded(24, 24, 1e-35, 9),
}


def _certificate(a: np.ndarray) -> tuple[Certificate, Chain]:
    chain = Chain.from_arrays([a])
    return certify(chain, workers=1), chain


def _claim(found: Certificate, id: str):
    return next(claim for claim in found.claims if claim.id == id)


def _log_log(sigma: list[mp.mpf]) -> mp.mpf:
    x = [mp.log(k) for k in range(1, len(sigma) + 1)]
    mean = mp.fsum(x) / len(x)
    return -mp.fsum((t - mean) * mp.log(s) for t, s in zip(x, sigma, strict=True)) / mp.fsum((t - mean) ** 2 for t in x)


def _five_digits(found: Certificate, a: np.ndarray) -> None:
    values = _claim(found, "spectrum.sigma").values
    with mp.workdps(150):
        truth = singular_values(a, 120)[: np.linalg.matrix_rank(a, 0)] if not a.any(axis=1).all() else None
        truth = truth or singular_values(a, 120)
        for value, sigma in zip(values, truth, strict=False):
            assert value.lower <= sigma <= value.upper
            assert value.upper - value.lower <= 1e-5 * value.lower
        if len(truth) == len(values):
            (alpha,) = _claim(found, "D6.log_log.alpha").values
            assert alpha.finite
            assert alpha.lower <= _log_log(truth) <= alpha.upper


@pytest.mark.parametrize("name", MATRICES)
def test_every_singular_value_has_five_digits_and_is_proved_again(name):
    a = MATRICES[name]
    found, chain = _certificate(a)
    assert [str(reason) for reason in check(found, chain, workers=1).reasons] == []
    rows = a[a.any(axis=1)]
    _five_digits(found if len(rows) == len(a) else _certificate(rows)[0], rows)


@pytest.mark.reference
@pytest.mark.parametrize("name", ["04_f32_small", "30_dead_channels"])
def test_cases(name):
    path = CASES / f"{name}.safetensors"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    chain = load(path)
    found = certify(chain, workers=1)
    assert check(found, chain, workers=1).outcome is not Outcome.REJECTED
    assert found.verdict is Verdict.CERTIFIED
    _five_digits(found, chain.layers[0].matrix())


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("name", ["float32", "below the rounding of the entries", "a cluster"])
def test_a_small_value_that_was_moved_is_rejected(name, side):
    found, chain = _certificate(MATRICES[name])
    claims = list(found.claims)
    place = next(i for i, claim in enumerate(claims) if claim.id == "spectrum.sigma")
    values = list(claims[place].values)
    width = Fraction(values[-1].upper) - Fraction(values[-1].lower)
    moved = Enclosure(float(values[-1].lower + 2 * side * width), float(values[-1].upper + 2 * side * width))
    claims[place] = replace(claims[place], values=(*values[:-1], moved))
    attacked = Certificate.from_json(replace(found, claims=tuple(claims)).to_json())
    reasons = [str(reason) for reason in check(attacked, chain, workers=1).reasons]
    assert any("spectrum.sigma" in reason and "lies between" in reason for reason in reasons)


def test_a_rank_that_is_not_full_stays_open_below():
    rng = np.random.default_rng(10)
    a = rng.integers(-3, 4, (8, 3)) @ rng.integers(-3, 4, (3, 8)).astype(float)
    found, chain = _certificate(a)
    values = _claim(found, "spectrum.sigma").values
    assert all(value.lower > 0 for value in values[:3])
    assert all(value.lower == 0 < value.upper for value in values[3:])
    assert _claim(found, "E7.rank").values == (Enclosure(3.0, 3.0),)
    assert not check(found, chain, workers=1).reasons


def test_larger_matrices_are_published_as_plain_products_tell():
    assert affordable((256, 256))
    assert affordable((4096, 64))
    assert not affordable((512, 512))


@pytest.mark.parametrize("compute", [relative_values, relative_bounds], ids=["prover", "checker"])
@pytest.mark.parametrize("name", MATRICES)
def test_both_computations_hold_the_truth(compute, name):
    a = MATRICES[name]
    found = compute(a, REACH)
    ends = found if isinstance(found, list) else [(x.lower(), x.upper()) for x in found.leading]
    with mp.workdps(150):
        for (low, high), sigma in zip(ends, singular_values(a, 120), strict=False):
            assert mp.mpf(low.lower().str(100, radius=False)) <= sigma * (1 + mp.mpf(10) ** -90) + mp.mpf(10) ** -200
            assert sigma <= mp.mpf(high.upper().str(100, radius=False)) * (1 + mp.mpf(10) ** -90) + mp.mpf(10) ** -70


def _rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


NEEDED = {
    "stretched": (np.diag([1.0, 0.5]), np.eye(2) * 1.01),
    "shrunk": (np.diag([1.0, 0.5]), np.eye(2) * 0.99),
    "head": (np.diag([1.0, 0.5]), _rotation(0.1)),
    "tau": (np.diag([1.0, 2.0**-20]), _rotation(2.0**-13)),
    "moved": (np.diag([1.0, 2.0**-20]), _rotation(2.0**-18)),
}
"""A matrix and vectors that are a little wrong, for every error term of a level."""


@pytest.mark.parametrize("term", NEEDED)
def test_every_error_term_is_needed(term, monkeypatch):
    a, v = NEEDED[term]
    monkeypatch.setattr(checked.scipy.linalg, "svd", lambda x, **_: (None, None, v.T if len(x.T) == 2 else np.eye(1)))
    if term == "moved":
        monkeypatch.setattr(checked, "_projection", lambda rows, _, rest, __: checked.fmpz_mat(1, rest.ncols()))
    assert _missed(a) == 0
    level, one = checked._Level, checked.arb(1)

    def without(**terms):
        terms[term] = {"head": [((low + high) / 2,) * 2 for low, high in terms["head"]], "moved": one * 0}.get(
            term, one
        )
        return level(**terms)

    monkeypatch.setattr(checked, "_Level", without)
    assert _missed(a) > 0


def test_cutting_to_units_is_needed(monkeypatch):
    """Few units show it: a matrix of small integers, whose values are known exactly."""
    m = checked.fmpz_mat([[5, 2], [1, 3]])
    truth = [float(x) for x in singular_values(np.array([[5.0, 2.0], [1.0, 3.0]]))]
    level = checked._Level

    def misses() -> int:
        found = checked.whole(m, 3, 3, 12)
        return sum(not low <= sigma <= high for (low, high), sigma in zip(found, truth, strict=True))

    assert misses() == 0
    monkeypatch.setattr(checked, "_Level", lambda **terms: level(**(terms | {"cut": checked.arb(0)})))
    assert misses() > 0


def _missed(a: np.ndarray) -> int:
    found = relative_bounds(a, REACH)
    assert found is not None
    return sum(
        not low <= checked.arb(float(sigma)) <= high for (low, high), sigma in zip(found, np.diag(a), strict=True)
    )
