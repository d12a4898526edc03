"""Sums of squares against rational arithmetic."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest

from certify.checker.arithmetic.rounding import above, below
from certify.checker.energies import Energies


@pytest.mark.parametrize("sigma", [[3.0], [2.0, 1e-9, -1e-12], [1e200, 1.0, 0.5, 1e-200]])
def test_heads_and_tails_hold_the_exact_sums(sigma):
    with flint.ctx.workprec(96):
        found = Energies(sigma)
        squares = [max(Fraction(x), Fraction(0)) ** 2 for x in sigma]
        for k in range(len(sigma) + 1):
            for ball, exact in ((found.up_to(k), sum(squares[:k])), (found.beyond(k), sum(squares[k:]))):
                if exact < Fraction(10) ** 300:
                    assert Fraction(below(ball)) <= exact <= Fraction(above(ball))
                assert ball.rel_accuracy_bits() > 80 or exact == 0
        assert found.square(len(sigma)) == 0
