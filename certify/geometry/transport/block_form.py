r"""Margins of an incidence structure, block by block: what an error E of a transport leaves unchanged (THEORY E7).

With the activities :math:`x_G(j)=\|X_{G,j}\|` and the errors :math:`e_G(j)=\|E_{G,j}\|` of every cell (G, j) the
activities of X + E lie within e of x; on the supports of X the weight of a pair moves by at most
:math:`\sum_S(x_Ge_H+x_He_G+e_Ge_H)` and the norm of the noise by at most :math:`(\sum_{noise}e^2)^{1/2}`. A positive
margin of a line proves that X + E has on that line what X has.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from certify.geometry.number import Number, total
from certify.rigor.functions import absolute, sqrt
from certify.verdict import Verdict

__all__ = ["cell_margin", "cells_norm", "noise_margin", "pair_error", "pair_margin", "smallest_window"]


def cell_margin(activity: Number, threshold: Number, error: Number) -> Number:
    r""":math:`|x_G(j)-\theta_G|-e_G(j)`: positive where j stays in, or out of, the support of G (E7).

    >>> cell_margin(5, 3, 1)
    1.00000000000000
    """
    return absolute(activity - threshold) - error


def pair_error(
    left: Sequence[Number],
    right: Sequence[Number],
    left_error: Sequence[Number],
    right_error: Sequence[Number],
    shared: Iterable[int],
) -> Number:
    r""":math:`\sum_S(x_Ge_H+x_He_G+e_Ge_H)`, a bound of the change of :math:`w_{GH}` on the shared columns S (E7).

    >>> pair_error([2, 5], [3, 7], [1, 1], [1, 2], [0])
    6
    """
    return total(
        left[j] * right_error[j] + right[j] * left_error[j] + left_error[j] * right_error[j] for j in sorted(shared)
    )


def pair_margin(weight: Number, least: Number, error: Number) -> Number:
    r""":math:`|w_{GH}-\omega|` minus the error: positive where the pair keeps, or keeps lacking, its edge (E7)."""
    return absolute(weight - least) - error


def cells_norm(values: Iterable[Number]) -> Number:
    r""":math:`(\sum_{cells}v^2)^{1/2}`: the norm of the noise from its activities, and of its error (E7)."""
    return sqrt(total(v * v for v in values), nonnegative=True)


def noise_margin(level: Number, noise: Number, error: Number) -> Number:
    r""":math:`\nu-\|noise\|` minus the error: positive where the noise stays below ν (E7)."""
    return level - noise - error


def smallest_window(verdicts: Sequence[Verdict]) -> int | None:
    """The smallest window from which on every window is CERTIFIED, given one verdict a window; None for none (E7).

    Verdicts need not be monotone in the window, so none is skipped.

    >>> smallest_window([Verdict.CERTIFIED, Verdict.REFUTED, Verdict.CERTIFIED])
    2
    """
    failing = [r for r, verdict in enumerate(verdicts) if verdict is not Verdict.CERTIFIED]
    first = failing[-1] + 1 if failing else 0
    return first if first < len(verdicts) else None
