"""The Interval class apart from the values of its operations: construction, shapes, verdicts, numbers, refusals."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction

import flint
import numpy as np
import pytest

from certify.errors import AmbiguousVerdictError, InputError, UsageError
from certify.rigor import relations
from certify.rigor.ball import interval
from certify.rigor.interval import Interval
from certify.verdict import Verdict
from tests.strategies.intervals import MAX, TINY, around, floats

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize(
    ("lo", "hi"), [(2.0, 1.0), (NAN, 1.0), (1.0, NAN), (NAN, NAN), (INF, INF), (-INF, -INF), ([0.0, 3.0], [1.0, 2.0])]
)
def test_improper_end_points_are_refused(lo, hi):
    with pytest.raises(UsageError):
        Interval(lo, hi)


def test_values_are_taken_exactly_or_refused():
    assert Interval(2**53).lo == 2.0**53
    with pytest.raises(InputError):
        Interval(np.array([2**53 + 1]))
    with pytest.raises(InputError):
        Interval("0.1")


def test_every_operand_is_enclosed():
    third = Fraction(1, 3)
    for x in (third, flint.fmpq(1, 3), flint.arb(flint.fmpq(1, 3))):
        box = Interval.of(x)
        assert box.lo < third < box.hi
    assert Interval.of(2**53 + 1).lo == 2.0**53
    assert Interval.of(2**53 + 1).hi == 2.0**53 + 2
    assert relations.is_entire(Interval.of(flint.arb.nan()))
    assert relations.is_entire(Interval.of(flint.arb(0, INF)))
    assert Interval.of(10**400).lo == MAX
    assert (Interval(1.0) + third).contains(Fraction(4, 3))
    assert (third * Interval(3.0)).contains(1)
    assert (2 ** Interval(3.0)).lo == 8
    for bad in (NAN, INF):
        with pytest.raises(UsageError):
            Interval(1.0) + bad


def test_arrays_on_the_left_keep_their_hands_off():
    x = np.array([1.0, 2.0])
    box = Interval(1.0, 2.0)
    for result in (x + box, x - box, x * box, x / box, np.float64(3) + box):
        assert isinstance(result, Interval)
    assert (x - box).hi.tolist() == [0, 1]


def test_intervals_are_immutable():
    source = np.array([1.0, 2.0])
    box = Interval(source)
    source[0] = 9
    assert box.lo[0] == 1
    with pytest.raises(AttributeError):
        box.lo = source
    with pytest.raises(ValueError, match="read-only"):
        box.lo[0] = 3
    with pytest.raises(TypeError):
        hash(box)


def test_copies_and_pickles():
    box = Interval(np.array([1.0, -INF]), np.array([2.0, INF]))
    for twin in (copy.deepcopy(box), pickle.loads(pickle.dumps(box))):
        assert np.all(relations.equal(twin, box))
        with pytest.raises(ValueError, match="read-only"):
            twin.lo[0] = 3


def test_shapes():
    box = Interval(np.zeros((2, 1, 3)), np.ones(3))
    assert (box.shape, box.ndim, box.size, len(box)) == ((2, 1, 3), 3, 6, 2)
    assert box[0, 0, 1].shape == ()
    assert [part.shape for part in box] == [(1, 3), (1, 3)]
    assert box.reshape(3, 2).shape == (3, 2)
    assert (box + np.zeros((4, 1))).shape == (2, 4, 3)
    assert Interval(np.zeros((0, 3))).sum().hi == 0
    assert Interval(np.zeros((0, 3))).sum(axis=0).shape == (3,)
    assert box.sum(axis=1).shape == (2, 3)
    assert box.dot(box).shape == (2, 1)
    assert box.apply("exp").shape == box.pow(2.0).shape == (box**2).shape == box.atan2(1.0).shape == box.shape
    assert Interval.empty((2, 2)).is_empty().all()
    with pytest.raises(ValueError, match="broadcast"):
        Interval(np.zeros(2)) + Interval(np.zeros(3))


def test_sums_along_an_axis():
    x = np.array([[1e16, 1.0, -1e16], [1e308, 1e308, -1e308]])
    total = Interval(x).sum(axis=1)
    assert total.lo.tolist() == total.hi.tolist() == [1.0, 1e308]
    assert Interval(x).sum(axis=0).shape == (3,)


def test_empty_intervals_spread():
    empty, box = Interval.empty(), Interval(1.0, 2.0)
    results = [empty + box, box - empty, box * empty, empty / box, box / empty, empty.sqrt(), empty.exp(), empty**2]
    results += [empty.pow(box), box.pow(empty), box.maximum(empty), box.intersect(empty), empty.sqr(), abs(empty)]
    results += [box / 0, Interval(-2.0, -1.0).sqrt(), Interval(-2.0, 0.0).log(), box.fma(empty, box), box.atan2(empty)]
    results += [Interval(3.0, 4.0).intersect(box), Interval(2.0).acos()]
    assert all(result.is_empty() for result in results)
    assert relations.equal(box.hull(empty), box)
    row = Interval(np.array([0.0, -1.0]), np.array([1.0, -0.5])).sqrt()
    assert row.sum().is_empty()
    assert row.dot(row).is_empty()
    assert row[0].sum().hi == 1


def test_scalar_comparisons_are_verdicts():
    low, high, wide = Interval(0.0, 1.0), Interval(1.0, 2.0), Interval(0.0, 9.0)
    assert (low <= high) is (high >= low) is Verdict.CERTIFIED
    assert (low < high) is (low > wide) is (low == wide) is Verdict.UNDECIDED
    assert (high < low) is (low > high) is Verdict.REFUTED
    assert (low < 2) is (low < 2) is Verdict.CERTIFIED
    assert (low == Interval(3.0, 4.0)) is Verdict.REFUTED
    assert (low != Interval(3.0, 4.0)) is Verdict.CERTIFIED
    assert (Interval(1.0) == 1) is Verdict.CERTIFIED
    assert (wide < wide) is (wide <= wide) is (wide == wide) is Verdict.UNDECIDED
    for other in (low, Interval.empty()):
        empty = Interval.empty()
        assert (empty < other) is (other < empty) is (empty == other) is (other >= empty) is Verdict.UNDECIDED
    assert (low < Fraction(4, 3)) is Verdict.CERTIFIED


def test_array_comparisons_are_arrays_of_verdicts():
    box = Interval(np.array([0.0, 1.0, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert (box < 1.5).tolist() == [Verdict.CERTIFIED, Verdict.UNDECIDED, Verdict.REFUTED]
    assert (box != 7.0).tolist() == [Verdict.CERTIFIED] * 3
    assert (np.zeros(3) > box).tolist() == [Verdict.REFUTED, Verdict.REFUTED, Verdict.REFUTED]


def test_truth_values_raise():
    with pytest.raises(AmbiguousVerdictError):
        bool(Interval(1.0))
    with pytest.raises(AmbiguousVerdictError):
        bool(Interval(1.0) < 2)


def test_comparisons_hold_for_every_point():
    rng = np.random.default_rng(0)
    x, y = floats(rng, 5000), floats(rng, 5000)
    a, b = around(rng, x), around(rng, y)
    for verdicts, truth in [(a < b, x < y), (a <= b, x <= y), (a > b, x > y), (a >= b, x >= y), (a == b, x == y)]:
        for verdict, true in zip(verdicts.tolist(), truth.tolist(), strict=True):
            assert verdict is Verdict.UNDECIDED or (verdict is Verdict.CERTIFIED) == true
        assert {Verdict.CERTIFIED, Verdict.REFUTED, Verdict.UNDECIDED} >= set(verdicts.tolist())
        assert len(set(verdicts.tolist())) >= 2


def test_contains_is_exact():
    box = Interval(0.0, 0.1)
    assert box.contains(0.1)
    assert not box.contains(Fraction(0.1) + Fraction(1, 10**40))
    assert not box.contains(Fraction(-1, 10**400))
    assert not any(box.contains(v) for v in (NAN, INF, -INF))
    assert not Interval.entire().contains(INF)
    assert box.contains(np.array([0.05, 1.0, NAN])).tolist() == [True, False, False]
    assert box.contains(Interval(0.01, 0.02))
    assert not Interval.empty().contains(0.0)


def test_numbers_of_an_interval_are_on_the_safe_side():
    rng = np.random.default_rng(2)
    box = around(rng, floats(rng, 5000))
    mid, rad, width = box.mid(), box.rad(), box.width()
    assert np.all(np.isfinite(mid))
    assert np.all((box.lo <= mid) & (mid <= box.hi))
    rows = zip(box.lo.tolist(), box.hi.tolist(), mid.tolist(), rad.tolist(), width.tolist(), strict=True)
    for lo, hi, m, r, w in rows:
        if math.isfinite(lo) and math.isfinite(hi):
            assert w >= Fraction(hi) - Fraction(lo)
            assert r == INF or Fraction(m) - Fraction(r) <= lo <= hi <= Fraction(m) + Fraction(r)
        else:
            assert r == w == INF


def test_balls():
    rng = np.random.default_rng(3)
    for part in around(rng, floats(rng, 300)):
        low, high = interval(part.to_ball())
        assert low <= part.lo
        assert part.hi <= high
    assert Interval.empty().to_ball().is_nan()
    with pytest.raises(UsageError):
        Interval(np.zeros(2)).to_ball()


def test_text():
    assert repr(Interval(0.0, 0.1)) == "Interval([0, 0.10000000000000001])"
    assert repr(Interval.empty()) == "Interval(empty)"
    assert repr(Interval(np.zeros(9))).endswith("...)")


def test_unknown_functions_are_refused():
    with pytest.raises(UsageError, match="acosh"):
        Interval(1.0).apply("erf")


def test_no_warning_escapes():
    """Overflow, underflow and 0/0 are values of the bounds, not warnings (which the test run makes errors)."""
    extremes = Interval(np.array([-MAX, 0.0, TINY, -INF]), np.array([MAX, 0.0, MAX, INF]))
    for x in extremes:
        for y in extremes:
            for result in (x + y, x - y, x * y, x / y, x.sqr(), x.sqrt(), x.pow(y), x**3, x**-2, x.atan2(y)):
                assert isinstance(result, Interval)
            for numbers in (x.mid(), x.rad(), x.width(), x.mag(), x.mig()):
                assert np.shape(numbers) == ()
