r"""Solutions of polynomial differential equations for matrices, enclosed in balls: Taylor steps with their remainder.

A step from t to t + h, for every start x in given balls X:

1. *A priori* (Picard). If :math:`X+[0,h]f(B)\subset B` for balls B, then every solution that starts in X exists on
   [t, t + h] and stays in B. *Proof*: the operator :math:`y\mapsto x+\int f(y)` maps the continuous functions with
   values in B, a closed convex set, into itself, compactly as f is bounded on B; by Schauder it has a fixed point
   there, a solution, and f is locally Lipschitz, so that there is no other.
2. *Taylor*. Let :math:`c_j(x)` be the coefficient of s^j of the solution through x at s = 0; for a polynomial f it is a
   polynomial in x, given by a recurrence. The remainder of Lagrange for each entry of the solution y from x is
   :math:`h^{p+1}c_{p+1}(y(\xi))`, with ξ of its own in [t, t + h], and there y lies in B:

   .. math:: y(t+h)\in\sum_{j\le p}c_j(X)h^j+c_{p+1}(B)h^{p+1} .

Balls are not turned with the flow: an error grows at most by the factors of the absolute values, which a precision far
above what is asked for pays for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from flint import arb, arb_mat, fmpq

from certify.errors import InternalError

__all__ = ["Series", "State", "balls", "enclosed_solution", "entries"]

State: TypeAlias = Sequence[arb_mat]
Series: TypeAlias = Callable[[State, int], list[list[arb_mat]]]
"""From a state and p to the coefficients 0, …, p of each of its matrices, at every point of the state's balls."""

_TRIES = 12


def balls(rows: Sequence[Sequence[int | Fraction]]) -> arb_mat:
    """A rational matrix in balls."""
    return arb_mat([[arb(fmpq(Fraction(v).numerator, Fraction(v).denominator)) for v in row] for row in rows])


def entries(state: State) -> list[arb]:
    """All entries of all matrices of a state."""
    return [v for a in state for v in a.entries()]


def enclosed_solution(
    series: Series,
    start: State,
    times: Sequence[Fraction],
    *,
    step: Fraction,
    order: int,
    watch: Callable[[State], bool] = lambda _: True,
    remainder: bool = True,
) -> list[State]:
    """Balls around the solution at ``times``, increasing multiples of ``step``.

    Parameters
    ----------
    series : the recurrence of the Taylor coefficients.
    start : at time 0.
    order : p, the degree of the Taylor polynomials.
    watch : must hold in the balls B of every step, where the vector field is the one of ``series``.
    remainder : False leaves it out, for mutants.

    Raises
    ------
    InternalError : no balls B were found, so that the step is too long; or the solution leaves what is watched.
    """
    found: list[State] = []
    state, done = start, 0
    for time in times:
        last = time / step
        while done < last:
            state, done = _step(series, state, step, order, watch, remainder), done + 1
        if done != last:
            raise InternalError(f"{time} is no multiple of the step {step}, or not after the time before it")
        found.append(state)
    return found


def _step(
    series: Series, state: State, step: Fraction, order: int, watch: Callable[[State], bool], remainder: bool
) -> State:
    h = arb(fmpq(step.numerator, step.denominator))
    box = _a_priori(series, state, h)
    if not watch(box):
        raise InternalError("the solution may leave the set where its vector field is known")
    found: list[arb_mat] = []
    for near, wide in zip(series(state, order), series(box, order + 1), strict=True):
        total = wide[order + 1] * h if remainder else 0 * near[0]
        for coefficient in reversed(near[1:]):
            total = (coefficient + total) * h
        found.append(near[0] + total)
    return found


def _a_priori(series: Series, state: State, h: arb) -> State:
    """B with X + [0, h] f(B) in B, by trial."""
    duration = arb(0).union(h)

    def picard(box: State) -> list[arb_mat]:
        return [x + duration * c[1] for x, c in zip(state, series(box, 1), strict=True)]

    found = picard(state)
    for _ in range(_TRIES):
        box = [_wider(a) for a in found]
        found = picard(box)
        if all(b.contains(a) for a, b in zip(found, box, strict=True)):
            return box
    raise InternalError("no enclosure of the solution was found: the step is too long")


def _wider(a: arb_mat) -> arb_mat:
    """Half as wide again, and never without width."""
    widened = [v.mid() + arb(0, 1) * (3 * v.rad() / 2 + arb(2) ** -60).upper() for v in a.entries()]
    return arb_mat(a.nrows(), a.ncols(), widened)
