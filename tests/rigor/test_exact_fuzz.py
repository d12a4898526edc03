"""Every public function of `certify.rigor` against exact rationals over the whole exponent range, entry by entry."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction

import flint
import numpy as np
import pytest

import certify.rigor
from certify.rigor import (
    ETA,
    Interval,
    U,
    ball,
    float_down,
    float_up,
    fmpq_matrix,
    fmpz_matrix,
    fraction,
    gamma,
    ge,
    gt,
    hex_float,
    hull_ball,
    increase_until,
    le,
    lower,
    lt,
    parse_hex,
    precision,
    rounding,
    to_float64,
    upper,
)
from certify.verdict import Verdict
from tests.linalg.extreme import exact as rational
from tests.linalg.extreme import inside as between
from tests.linalg.extreme import matrix as array

ROUNDS = 300
Random = np.random.Generator
Exact = Callable[[Fraction, Fraction], Fraction]


def entry(rng: Random) -> float:
    return float(array(rng, 1, 1)[0, 0])


def squares(x: Iterable[Fraction]) -> Fraction:
    return sum((v * v for v in x), Fraction())


def rationals(rng: Random) -> Fraction:
    return Fraction(entry(rng)) + Fraction(entry(rng)) / int(rng.integers(1, 2**40))


def constants(rng: Random) -> None:
    assert Fraction(U) == Fraction(1, 2**53)
    assert Fraction(ETA) == Fraction(1, 2**1022)


def counts(rng: Random) -> None:
    k = int(2 ** rng.uniform(0, 52.9))
    assert Fraction(k, 2**53 - k) <= Fraction(gamma(k))


def directed(rng: Random) -> None:
    x = rationals(rng)
    low, high = float_down(x), float_up(x)
    assert between(low, x, high)
    assert low == high or math.nextafter(low, math.inf) == high
    with precision(int(rng.integers(2, 400))):
        assert between(lower(ball(x)), x, upper(ball(x)))


def exact_scalars(rng: Random) -> None:
    x = entry(rng)
    assert fraction(x) == Fraction(x)
    assert Fraction(parse_hex(hex_float(x))) == Fraction(x)
    assert float(to_float64(np.array(x))) == x
    assert lower(ball(x)) == x == upper(ball(x))


def exact_matrices(rng: Random) -> None:
    a = array(rng, 2, 3)
    integers, exponent = fmpz_matrix(a)
    power = Fraction(2) ** exponent
    whole = fmpq_matrix(a)
    for (i, j), x in np.ndenumerate(a):
        assert int(integers[i, j]) * power == Fraction(float(x))
        assert Fraction(int(whole[i, j].p), int(whole[i, j].q)) == Fraction(float(x))


def hulls(rng: Random) -> None:
    ends = sorted((rationals(rng), rationals(rng)))
    with precision(int(rng.integers(2, 200))):
        hull = hull_ball(*ends)
        wide = ball(ends[0], ends[1] - ends[0])
    for end in ends:
        assert between(lower(hull), end, upper(hull))
    assert between(lower(wide), ends[1], upper(wide))
    assert between(lower(wide), 2 * ends[0] - ends[1], upper(wide))


def orders(rng: Random) -> None:
    x, y = rationals(rng), rationals(rng)
    if rng.random() < 0.2:
        y = x
    truths = {lt: x < y, le: x <= y, gt: x > y, ge: x >= y}
    for compare, truth in truths.items():
        assert compare(x, y) is (Verdict.CERTIFIED if truth else Verdict.REFUTED)
        assert compare(ball(x), ball(y)) in (Verdict.UNDECIDED, Verdict.CERTIFIED if truth else Verdict.REFUTED)


def refined(rng: Random) -> None:
    x = rationals(rng)
    found = increase_until(lambda: ball(x) - ball(x / 3), lambda b: bool(b.rel_accuracy_bits() > 90))
    middle, radius = (dyadic(part) for part in (found.mid(), found.rad()))
    assert abs(middle - 2 * x / 3) <= radius


def dyadic(x: flint.arb) -> Fraction:
    mantissa, exponent = x.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def two_operands(rng: Random) -> None:
    operations: dict[str, Exact] = {
        "add": lambda x, y: x + y,
        "sub": lambda x, y: x - y,
        "mul": lambda x, y: x * y,
        "div": lambda x, y: x / y,
    }
    x, y = (np.array([entry(rng) for _ in range(3)]) for _ in range(2))
    for name, exact in operations.items():
        down, up = (getattr(rounding, f"{name}_{side}") for side in ("down", "up"))
        for arrays in (True, False):
            for i in range(3):
                low, high = (f(x, y)[i] if arrays else f(float(x[i]), float(y[i])) for f in (down, up))
                if name == "div" and y[i] == 0:
                    assert low == -math.inf
                    assert high == math.inf
                else:
                    assert between(float(low), exact(Fraction(float(x[i])), Fraction(float(y[i]))), float(high))


def one_operand(rng: Random) -> None:
    x = entry(rng)
    assert rounding.down(x) < x < rounding.up(x)
    size = abs(x)
    for given in (size, np.array(size)):
        low, high = float(rounding.sqrt_down(given)), float(rounding.sqrt_up(given))
        assert Fraction(low) ** 2 <= Fraction(size) <= Fraction(high) ** 2
    e = int(rng.integers(-2200, 2200))
    assert between(float(rounding.ldexp_down(x, e)), Fraction(x) * Fraction(2) ** e, float(rounding.ldexp_up(x, e)))


def reductions(rng: Random) -> None:
    x, y = array(rng, 3, 4), array(rng, 3, 4)
    exact, other = rational(x), rational(y)
    flat = [v for row in exact for v in row]
    groupings = {None: [flat], 0: [list(c) for c in zip(*exact, strict=True)], 1: exact}
    for axis, groups in groupings.items():
        low, high = (np.atleast_1d(f(x, axis)) for f in (rounding.sum_down, rounding.sum_up))
        near, far = (np.atleast_1d(f(x, axis)) for f in (rounding.norm_down, rounding.norm_up))
        for i, group in enumerate(groups):
            assert between(float(low[i]), sum(group, Fraction()), float(high[i])), (x, axis)
            assert Fraction(float(near[i])) ** 2 <= squares(group), (x, axis)
            assert far[i] == math.inf or squares(group) <= Fraction(float(far[i])) ** 2, (x, axis)
    low, high = rounding.dot_bounds(x, y)
    for i in range(3):
        truth = sum((a * b for a, b in zip(exact[i], other[i], strict=True)), Fraction())
        assert between(float(low[i]), truth, float(high[i])), (x, y)


def intervals(rng: Random) -> None:
    x, y = (sorted((entry(rng), entry(rng))) for _ in range(2))
    a, b = Interval(*x), Interval(*y)
    members = [(Fraction(p), Fraction(q)) for p in x for q in y]
    for p, q in members:
        for found, truth in ((a + b, p + q), (a - b, p - q), (a * b, p * q), (a.sqr(), p * p), (abs(a), abs(p))):
            assert between(float(found.lo), truth, float(found.hi)), (x, y)
        if not y[0] <= 0 <= y[1]:
            found = a / b
            assert between(float(found.lo), p / q, float(found.hi)), (x, y)
    rows = array(rng, 1, 3)[0]
    total = Interval(rows).sum()
    assert between(float(total.lo), sum((Fraction(float(v)) for v in rows), Fraction()), float(total.hi))


CASES: dict[str, Callable[[Random], None]] = {
    "ETA": constants,
    "U": constants,
    "Interval": intervals,
    "ball": hulls,
    "float_down": directed,
    "float_up": directed,
    "fmpq_matrix": exact_matrices,
    "fmpz_matrix": exact_matrices,
    "fraction": exact_scalars,
    "gamma": counts,
    "ge": orders,
    "gt": orders,
    "hex_float": exact_scalars,
    "hull_ball": hulls,
    "increase_until": refined,
    "le": orders,
    "lower": directed,
    "lt": orders,
    "parse_hex": exact_scalars,
    "precision": directed,
    "to_float64": exact_scalars,
    "upper": directed,
}

ROUNDING: dict[str, Callable[[Random], None]] = {
    **{f"{name}_{side}": two_operands for name in ("add", "sub", "mul", "div") for side in ("down", "up")},
    **{f"{name}_{side}": one_operand for name in ("sqrt", "ldexp") for side in ("down", "up")},
    **{f"{name}_{side}": reductions for name in ("sum", "norm") for side in ("down", "up")},
    "dot_bounds": reductions,
    "down": one_operand,
    "up": one_operand,
    "gamma": counts,
}


def test_every_public_name_has_a_case():
    assert set(CASES) == set(certify.rigor.__all__)
    assert set(ROUNDING) == {name for name in rounding.__all__ if callable(getattr(rounding, name))} - {
        "FloatArray",
        "Floats",
    }


@pytest.mark.parametrize("case", dict.fromkeys([*CASES.values(), *ROUNDING.values()]), ids=lambda case: case.__name__)
def test_holds_the_exact_value(case):
    for seed in range(ROUNDS):
        case(np.random.default_rng([1788, seed]))


@pytest.mark.parametrize("name", ["add", "mul", "div", "sum", "norm"])
def test_a_bound_rounded_to_nearest_is_noticed(name, monkeypatch):
    plain = {
        "add": np.add,
        "mul": np.multiply,
        "div": np.divide,
        "sum": np.sum,
        "norm": lambda x, axis=None: np.sqrt(np.sum(x * x, axis=axis)),
    }
    monkeypatch.setattr(rounding, f"{name}_up", plain[name])
    case = reductions if name in ("sum", "norm") else two_operands

    def sweep() -> None:
        for seed in range(ROUNDS):
            case(np.random.default_rng([1788, seed]))

    with pytest.raises(AssertionError), np.errstate(all="ignore"):
        sweep()
