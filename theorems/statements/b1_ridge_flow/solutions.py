"""B1 along solutions: gradient flows of small networks enclosed in balls, with layers that are free to move."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb, arb_mat, fmpq

from certify.geometry.interface.ridge import flow_factor, half_life
from certify.rigor.ball import precision
from theorems.engine.declare import Facts
from theorems.subjects.linear_flows import BITS, Flow, Samples, identity, imbalance

__all__ = ["EVEN", "UNEVEN", "bent", "closed_forms", "law"]

_QUARTER, _HALF = Fraction(1, 4), Fraction(1, 2)
_SAMPLES = Samples([[1, _HALF], [0, 1]], [[2, 0], [1, 1]])
_NETS = {
    "2-2-2": [[[1, _HALF], [0, 1]], [[1, 0], [_HALF, 3 * _QUARTER]]],
    "2-2-2-2": [[[1, _HALF], [0, 1]], [[1, 0], [_HALF, 3 * _QUARTER]], [[1, _QUARTER], [0, _HALF]]],
    "2-3-2": [[[1, _HALF], [0, 1], [1, 0]], [[1, 0, _HALF], [_HALF, 3 * _QUARTER, 0]]],
}
_STEP = Fraction(1, 64)


EVEN, UNEVEN = (_QUARTER,) * 3, (_QUARTER, Fraction(0), _QUARTER)
"""Decays of three layers; the second layer has one, and none."""


def law(rate: int = 2, decays: Sequence[Fraction] = EVEN, count: int = 3) -> Facts:
    """Δ(t) − e^{−2λt}Δ(0) encloses 0 within 1e−10, at t = ½ and t = 1, with λ that of the first layer."""
    with precision(BITS):
        for name, start in list(_NETS.items())[:count]:
            flow = Flow(start, [_SAMPLES], decays[: len(start)])
            found = flow.at((_HALF, Fraction(1)), step=_STEP)
            for time, state in zip((_HALF, Fraction(1)), found, strict=True):
                factor = flow_factor(flow.decays[0] * rate / 2, time)
                for l in range(len(start) - 1):
                    off = imbalance(state, l) - factor * imbalance(flow.start, l)
                    yield f"widths {name}, interface {l + 1}, t = {time}", _within(off, Fraction(1, 10**10))
            moved = [abs(v) > arb(1) / 4 for a, b in zip(found[-1], flow.start, strict=True) for v in (a - b).entries()]
            yield f"widths {name}: a weight moves by more than ¼", any(moved)
        decay = arb(1) / 4
        yield "half-life", _within(arb_mat([[flow_factor(decay, half_life(decay)) - arb(1) / 2]]), Fraction(1, 10**30))


def closed_forms(remainder: bool = True) -> Facts:
    """One layer is a linear equation, and two equal layers of one neuron have w² = s w₀²r/(s + w₀²(r − 1)), where
    r = e^{2st}, s = y − λ: the balls hold these numbers, with Taylor polynomials of degree 3."""
    time, step = Fraction(1, 2), Fraction(1, 64)
    with precision(BITS):
        one = Flow([[[3]]], [Samples([[2]], [[1]])], [1])
        # ẇ = −(4w − 2) − w.
        solution = arb(2) / 5 + (arb(3) - arb(2) / 5) * (-5 * arb(1) / 2).exp()
        (state,) = one.at((time,), step=step, order=3, remainder=remainder)
        yield "one layer", _close(state[0][0, 0], solution)
        two = Flow([[[2]], [[2]]], [Samples([[1]], [[3]])], [1, 1])
        # ẇ = −(w² − 3)w − w, s = 2.
        grown = (2 * arb(2) * arb(1) / 2).exp()
        solution = (2 * 4 * grown / (2 + 4 * (grown - 1))).sqrt()
        (state,) = two.at((time,), step=step, order=3, remainder=remainder)
        yield "two layers", _close(state[0][0, 0], solution) and _close(state[1][0, 0], solution)


def bent() -> Facts:
    """False readings along solutions from balanced layers, by a margin of 1/100: two decays, and rectifiers that no
    input switches on the way."""
    with precision(BITS):
        start = [[[1, _HALF], [0, 1]], [[1, 0], [_HALF, 1]]]
        own = Flow(start, [_SAMPLES], (_QUARTER, 1))
        yield "two decays, Δ(0) = 0", imbalance(own.start).entries() == [arb(0)] * 4
        (state,) = own.at((Fraction(1),), step=_STEP)
        yield "two decays, Δ(1) ≠ 0", any(abs(v) > arb(1) / 100 for v in imbalance(state).entries())
        first, second = Samples([[2], [1]], [[1], [0]], [1, 1]), Samples([[1], [-2]], [[0], [1]], [1, 0])
        relu = Flow([identity(2), identity(2)], [first, second], (_QUARTER, _QUARTER))
        yield "rectifiers, Δ(0) = 0", imbalance(relu.start).entries() == [arb(0)] * 4
        (state,) = relu.at((_QUARTER,), step=_STEP)
        found = imbalance(state)
        yield "rectifiers, the diagonal of Δ stays 0", all(_close(found[i, i], arb(0)) for i in range(2))
        yield "rectifiers, the rest does not", abs(found[0, 1]) > arb(1) / 100


def _within(a: arb_mat, bound: Fraction) -> bool:
    """Whether all entries may be 0, and are less than a bound."""
    limit = arb(fmpq(bound.numerator, bound.denominator))
    return all(v.contains(0) and abs(v) < limit for v in a.entries())


def _close(found: arb, number: arb) -> bool:
    """Whether a ball holds a number that is known far better."""
    return bool(found.contains(number) and found.rad() < arb(1) / 100)
