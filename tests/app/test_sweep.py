"""Sweeps: enclosures contain the truth, failures are seen, and what is not defined is not judged."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest

import theorems
from certify.verdict import Verdict
from tests.app.fourth import FOURTH
from theorems.app.families import spectral
from theorems.app.plot import plot, state
from theorems.app.sweep import Judged, Point, judge, sweep
from theorems.engine.instance import Instance

D3, D4 = theorems.get("D3"), theorems.get("D4")


def _chart(d: int, alpha: Fraction) -> mpmath.mpf:
    with mpmath.workdps(50):
        s = 2 * mpmath.mpf(alpha.numerator) / alpha.denominator
        return (mpmath.log(d) - mpmath.log(sum(mpmath.mpf(k) ** -s for k in range(1, d + 1)))) / 2


def test_enclosures_contain_fifty_digits():
    family = spectral(D3, D3.reading("increasing"), ())
    values = {"d": Fraction(4), "lo": Fraction(0), "hi": Fraction(2)}
    points = sweep(D3, D3.reading("increasing"), family, values, "lo", D3.values(), seconds=60)
    assert len(points) == 41
    for p in points:
        low, high = p.judged.value
        assert low <= _chart(4, p.t) <= high
        assert p.judged.bound[0] <= _chart(4, Fraction(2)) <= p.judged.bound[1]
        assert p.judged.verdict is (Verdict.CERTIFIED if p.t < 2 else Verdict.REFUTED)
        assert state(p.judged) == ("holds" if p.t < 2 else "outside")


def test_dropping_a_hypothesis_turns_outside_into_fails():
    x = Instance.of(d=3, lo=Fraction(1), hi=Fraction(1, 2))
    assert state(judge(D3, D3.reading("increasing"), x, D3.values())) == "outside"
    assert state(judge(D3, D3.reading("increasing"), x, D3.values(), "ordered")) == "fails"
    assert state(judge(D3, D3.reading("increasing"), x, D3.values(), "ranks")) == "outside"


def test_undefined_terms_are_not_judged():
    x = Instance.of(A=[[1, 0], [0, 0]], A_next=[[1, 0], [0, 1]], chart="top_radial", scaling="frobenius")
    judged = judge(D4, D4.reading("drift"), x, D4.values())
    assert judged.verdict is Verdict.UNDECIDED
    assert judged.value is None
    assert "invertible" in judged.cause
    assert state(judged) == "outside"


def test_nan_is_no_verdict():
    reading = replace(FOURTH.readings[0], sides=lambda x, c: (1 / (x.matrix("A")[0, 0] * 0), 0))
    judged = judge(FOURTH, reading, Instance.of(A=[[1, 0], [0, 1]]), FOURTH.values())
    assert judged.verdict is Verdict.UNDECIDED
    assert judged.cause


def test_a_constant_moves_the_verdict():
    x = Instance.of(A=[[2, 0], [0, 1]])
    for share, verdict in (("4/5", Verdict.CERTIFIED), ("79/100", Verdict.REFUTED)):
        found = judge(FOURTH, FOURTH.readings[0], x, {"share": Fraction(share)})
        assert found.verdict is verdict
        assert found.value == (4.0, 4.0)


def _svg(reading: str, drop: str | None = None) -> str:
    chosen = FOURTH.reading(reading)
    family = spectral(FOURTH, chosen, ())
    values = {**family.start(), "width m": Fraction(2), "width n": Fraction(2)}
    points = sweep(FOURTH, chosen, family, values, "alpha A", FOURTH.values(), drop)
    return plot(points, label_x="exponent <α>", current=(Fraction(1), points[20].judged), name="t")


def test_picture_shades_where_the_claim_fails():
    assert 'class="ps-region ps-fails"' in _svg("half", "rank one")
    hatched = _svg("half")
    assert 'class="ps-region ps-fails"' not in hatched
    assert 'class="ps-region ps-outside" fill="url(#t-hatch)"' in hatched
    good = _svg("below")
    assert "ps-region" not in good
    assert 'class="ps-gap ps-gap-holds"' in good
    assert "exponent &lt;α&gt;" in good


def test_picture_of_a_reading_without_sides_is_a_strip():
    svg = _svg("decided")
    assert "ps-curve" not in svg
    assert 'class="ps-strip ps-fails"' in svg


def test_time_limits_the_points_and_keeps_their_order():
    family = spectral(D4, D4.reading("drift"), ())
    points = sweep(D4, D4.reading("drift"), family, family.start(), "angle", D4.values(), seconds=0.0)
    assert len(points) == 9
    assert [p.t for p in points] == sorted(p.t for p in points)


@pytest.mark.parametrize("reading", FOURTH.readings, ids=lambda r: r.name)
def test_a_theorem_added_by_one_file_has_a_working_picture(reading):
    family = spectral(FOURTH, reading, ())
    for control in family.controls:
        if not control.options:
            points = sweep(FOURTH, reading, family, family.start(), control.name, FOURTH.values())
            assert {state(p.judged) for p in points} <= {"holds", "fails", "outside"}
            assert plot(points, label_x=control.label).startswith("<svg")


def test_jumps_are_drawn_as_jumps() -> None:
    def drawn(values: list[float]) -> str:
        found = [Judged((), Verdict.CERTIFIED, Verdict.CERTIFIED, (v, v), (9.0, 9.0), (9 - v, 9 - v)) for v in values]
        points = [Point(Fraction(k), None, judged) for k, judged in enumerate(found)]
        return plot(points, label_x="k")

    def pieces(svg: str) -> int:
        return svg.count('<polygon class="ps-curve ps-value"') + svg.count('<circle class="ps-dot ps-value"')

    assert pieces(drawn([1, 1, 1, 3, 3, 3, 5, 5, 5])) == 3
    assert pieces(drawn([0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.1, 2.8])) == 1
    assert pieces(drawn([2, 2, 2, 2])) == 1
