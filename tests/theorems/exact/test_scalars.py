"""Margins: balls decide what they can, closed forms decide equality, the rest stays open."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest

from certify.rigor.ball import ball
from certify.rigor.functions import log, sqrt
from certify.verdict import Verdict
from theorems.exact.scalars import Inexact, decide, mode, num, root
from theorems.exact.spectra import singular_values


@pytest.mark.parametrize(
    ("margin", "strict", "loose"),
    [
        (lambda: num(Fraction(1, 3)), "CERTIFIED", "CERTIFIED"),
        (lambda: num(Fraction(-1, 3)), "REFUTED", "REFUTED"),
        (lambda: num(0), "REFUTED", "CERTIFIED"),
        (lambda: log(num(8)) - 3 * log(num(2)), "REFUTED", "CERTIFIED"),
        (lambda: root(num(2)) * root(num(8)) - 4, "REFUTED", "CERTIFIED"),
        (lambda: log(num(2)) - num(Fraction(693147180559945, 10**15)), "CERTIFIED", "CERTIFIED"),
        (lambda: log(num(2)) - num(Fraction(693147180559946, 10**15)), "REFUTED", "REFUTED"),
        (lambda: flint.arb.nan(), "UNDECIDED", "UNDECIDED"),
        (lambda: ball(0, 1), "UNDECIDED", "UNDECIDED"),
        (lambda: ball(0, 1) - num(0), "UNDECIDED", "UNDECIDED"),
        (lambda: log(num(2)) * ball(0, 1), "UNDECIDED", "UNDECIDED"),
        (lambda: 0.0 * log(num(2)) + ball(0, 1), "UNDECIDED", "UNDECIDED"),
        (lambda: flint.arb.pos_inf(), "CERTIFIED", "CERTIFIED"),
    ],
)
def test_decisions(margin, strict, loose):
    assert decide(margin, strict=True).verdict.value == strict
    assert decide(margin, strict=False).verdict.value == loose


def test_quadratic_irrationals_are_settled():
    # Both spectra are those of the golden ratio; their product formula is an equality of irrational numbers.
    golden = flint.fmpq_mat([[1, 1], [1, 0]])

    def margin():
        top = log(singular_values(golden)[0])
        return 2 * top - log(singular_values(golden * golden)[0])

    assert decide(margin, strict=False).verdict is Verdict.CERTIFIED
    assert decide(margin, strict=True).verdict is Verdict.REFUTED


def test_an_equality_without_closed_form_stays_open():
    cubic = flint.fmpq_mat([[1, 1, 0], [1, 0, 1], [0, 1, 3]])

    def margin():
        return singular_values(cubic)[0] - singular_values(cubic.transpose())[0]

    assert decide(margin, strict=False).verdict is Verdict.UNDECIDED


def test_the_exact_mode_ends_whatever_happens():
    def margin():
        if mode()[1]:
            raise Inexact
        return ball(0, 1)

    assert decide(margin, strict=False).verdict is Verdict.UNDECIDED
    assert mode()[1] is False


def test_precision_grows_until_the_sign_shows():
    outcome = decide(lambda: sqrt(num(2)) - sqrt(num(2) - num(Fraction(1, 2**200))), strict=True)
    assert outcome.verdict is Verdict.CERTIFIED
    assert outcome.lower > 0
    assert "768" in outcome.method
