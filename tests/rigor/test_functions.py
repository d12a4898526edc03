"""One formula for enclosures, symbols and the oracle: every type gives its own kind, and they agree."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy

from certify.errors import UsageError
from certify.rigor import functions as f
from certify.rigor.ball import interval
from certify.rigor.interval import Interval

UNARY = {"log": "log", "exp": "exp", "sqrt": "sqrt", "arccos": "acos"}
ARGUMENTS = [Fraction(1, 3), 0.25, 1, flint.fmpq(3, 7)]


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("x", ARGUMENTS)
def test_enclosures_contain_the_oracle(name, x):
    function = getattr(f, name)
    q = Fraction(int(x.p), int(x.q)) if isinstance(x, flint.fmpq) else Fraction(x)
    with mpmath.workdps(60):
        oracle = function(mpmath.mpf(q.numerator) / q.denominator)
        assert isinstance(oracle, mpmath.mpf)
        for argument in (x, flint.arb(flint.fmpq(q.numerator, q.denominator)), Interval.of(q)):
            value = function(argument)
            assert isinstance(value, Interval if isinstance(argument, Interval) else flint.arb)
            low, high = interval(value) if isinstance(value, flint.arb) else (value.lo.item(), value.hi.item())
            assert low <= oracle <= high
            assert high - low < 1e-13


@pytest.mark.parametrize("name", UNARY)
def test_symbols_stay_symbols(name):
    t = sympy.Symbol("t", positive=True)
    assert getattr(f, name)(t) == getattr(sympy, UNARY[name])(t)


def test_power():
    t = sympy.Symbol("t", positive=True)
    assert f.power(t, Fraction(1, 3)) == t ** sympy.Rational(1, 3)
    assert f.power(2, t) == 2**t
    assert f.power(flint.arb(-2), 3) == -8
    assert f.power(2, Fraction(1, 2)).contains(flint.arb(2).sqrt())
    assert f.power(Fraction(2, 3), -2).contains(flint.fmpq(9, 4))
    assert (f.power(Interval(-2.0, 1.0), 2)).lo == 0
    assert f.power(Interval(4.0), Fraction(1, 2)).hi == 2
    with mpmath.workdps(50):
        oracle = mpmath.mpf(2) ** (mpmath.mpf(1) / 3)
        cube_root = f.power(2, Fraction(1, 3))
        assert interval(cube_root)[0] <= oracle <= interval(cube_root)[1]
        box = f.power(Interval(2.0), Fraction(1, 3))
        assert box.lo <= oracle <= box.hi
        assert f.power(mpmath.mpf(2), Fraction(1, 3)) == oracle


def test_extremes():
    t = sympy.Symbol("t", real=True)
    assert f.maximum(t, 0) == sympy.Max(t, 0)
    assert f.minimum(t, 0, 1) == sympy.Min(t, 0, 1)
    assert f.maximum(1, Fraction(7, 3), 2).contains(flint.fmpq(7, 3))
    assert f.minimum(mpmath.mpf(3), 2) == 2
    assert f.maximum(Interval(0.0, 3.0), 1).lo == 1
    assert f.minimum(flint.arb(0, 1), 5).contains(-1)
    assert f.absolute(Interval(-3.0, 1.0)).lo == 0
    assert f.absolute(Fraction(-1, 2)) == 0.5
    assert f.absolute(t) == sympy.Abs(t)


def test_square_roots_of_what_is_known_to_be_nonnegative():
    around_zero = flint.arb(0.5, 1)
    assert f.sqrt(around_zero).is_nan()
    known = f.sqrt(around_zero, nonnegative=True)
    for inside in (0, 0.25, 1.5):
        assert known.contains(flint.arb(inside).sqrt())
    assert f.sqrt(flint.arb(-2, 1), nonnegative=True).is_nan()
    assert f.sqrt(flint.arb(4), nonnegative=True) == 2
    assert f.sqrt(flint.arb.nan(), nonnegative=True).is_nan()
    assert f.sqrt(Interval(-1.0, 4.0)).hi == 2


def test_outside_the_domain_nothing_is_claimed():
    assert f.log(flint.arb(0, 1)).is_nan()
    assert f.log(-1).is_nan()
    assert f.log(Interval(-2.0, -1.0)).is_empty()
    assert f.arccos(2).is_nan()
    assert f.power(-2, Fraction(1, 3)).is_nan()


def test_enclosures_do_not_become_symbols():
    with pytest.raises(UsageError, match="SymPy"):
        f.maximum(sympy.Symbol("t"), flint.arb(1))
    with pytest.raises(UsageError, match="mpmath"):
        f.power(mpmath.mpf(2), Interval(1.0))
    with pytest.raises(UsageError):
        f.log("2")


def test_arrays_of_intervals():
    box = Interval(np.array([1.0, 2.0]), np.array([2.0, 3.0]))
    assert f.log(box).shape == (2,)
    assert np.all(f.exp(f.log(box)).contains(box))


def test_sympy_and_mpmath_are_not_imported():
    code = (
        "import sys; from certify.rigor.functions import exp; exp(1);"
        "assert not {'sympy', 'mpmath'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=f.__file__.rsplit("certify", 1)[0])
