"""B3.flow along a solution: what one snapshot promises, held against the gradient flow enclosed in balls."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import arb

from certify.geometry.interface.ridge import (
    best_factor,
    best_share,
    critical_path,
    excess_bound,
    flow_path,
    horizon,
    horizon_bound,
    remaining_gap,
)
from certify.rigor.ball import precision
from theorems.engine.declare import Facts
from theorems.exact.taylor_steps import State, balls, entries
from theorems.subjects.linear_flows import BITS, Flow, Samples, gram_gap, identity, imbalance, sine

__all__ = ["half_the_path", "snapshot", "twice_the_rate"]

_DECAY, _TWENTIETH = Fraction(1, 4), Fraction(1, 20)
_START = (
    [[Fraction(5, 3), _TWENTIETH], [0, Fraction(7, 8)]],
    [[Fraction(8, 5), 0], [-_TWENTIETH, Fraction(7, 8)]],
)
_TIMES = (Fraction(1, 16), Fraction(1, 2), Fraction(1), Fraction(2))


def snapshot(
    bound: Callable[..., arb] = horizon_bound,
    length: Callable[..., arb] = flow_path,
    kept: Callable[..., arb] = remaining_gap,
) -> Facts:
    """½‖W₂W₁ − diag(3, 1)‖² with λ = ¼, near its minimum, where F = Σ(λy − ½λ²) for y = 3, 1: at t = 1/16, ½, 1 and 2
    the path, the gap and the angle are within what is promised at 0, and from then on less than the bound at 0."""
    with precision(BITS):
        flow = Flow(_START, [Samples(identity(2), [[3, 0], [0, 1]])], (_DECAY, _DECAY))
        decay, start = arb(1) / 4, flow.start
        loss = _square([start[1] * start[0] - balls([[3, 0], [0, 1]])]) / 2
        mass = _square(start)
        # ½(‖W₁‖² + ‖W₂‖²) ≥ Σσ(W₂W₁), and ½(σ − y)² + λσ is least at σ = y − λ.
        excess = loss + decay * mass / 2 - (decay * 4 - decay * decay)
        yield "F is near its minimum and above it", excess > 0 and excess < arb(1) / 20
        yield "excess from the loss", excess < excess_bound(decay, loss, mass)
        # With the target 0 the infimum is 0, at 0, and nothing is lost.
        whole = _square([start[1] * start[0]]) / 2 + decay / 2 * _square(start[:1]) + decay / 2 * _square(start[1:])
        attained = excess_bound(decay, _square([start[1] * start[0]]) / 2, mass)
        yield "attained", abs(attained - whole) < arb(2) ** -100
        size, gap, weight = _square([imbalance(start)]).sqrt(), gram_gap(start), mass.sqrt()
        now = bound(decay, arb(0), size, gap, weight, excess)
        yield "t = 0", sine(start) < now
        for time, state in zip(_TIMES, flow.at(_TIMES, step=Fraction(1, 32) / 2), strict=True):
            tau = arb(time.numerator) / time.denominator
            path = length(tau, excess)
            moved = _square([a - b for a, b in zip(state, start, strict=True)]).sqrt()
            yield f"t = {time}: path", moved < path
            yield f"t = {time}: gap", kept(gap, weight, path) < gram_gap(state)
            yield f"t = {time}: angle", sine(state) < bound(decay, tau, size, gap, weight, excess)
        last = horizon(critical_path(gap, weight), excess)
        rate = 2 * decay * last
        yield "the horizon", abs(kept(gap, weight, length(last, excess))) < arb(2) ** -60
        share = best_share(rate)
        least = bound(decay, share * share * last, size, gap, weight, excess)
        yield "the least bound", abs(least - now * best_factor(rate)) < now * arb(2) ** -60
        yield "it is less than that of now", least < now
        for other in (share - arb(1) / 128, share + arb(1) / 128):
            yield "and than others", least < bound(decay, other * other * last, size, gap, weight, excess)


def twice_the_rate(decay: arb, *rest: arb) -> arb:
    """A wrong bound, for a mutant."""
    return horizon_bound(2 * decay, *rest)


def half_the_path(time: arb, excess: arb) -> arb:
    """A wrong length, for a mutant."""
    return flow_path(time, excess) / 2


def _square(state: State) -> arb:
    """The sum of squares of all entries."""
    return sum((v * v for v in entries(state)), arb(0))
