"""What is asserted of the alignment of two layers from now on, under gradient flow with weight decay (THEORY B1, B3).

F is the loss and λ/2 ‖W‖_F² for each layer of the chain; time is the learning rate times the number of small steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from certify.claims.assertion import Assertion, limit_of, measured
from certify.claims.thresholds import NONE

__all__ = [
    "HALF_LIFE",
    "NOTE",
    "Flow",
    "bound",
    "bound_id",
    "half_life",
    "horizon",
    "horizon_id",
    "keeps_linearity",
    "path",
    "path_id",
    "windows_of",
]

HALF_LIFE = "B1.half_life"
_ANGLE = "B3.angle["

NOTE = (
    "for the gradient flow of F, the loss and λ/2 ‖W‖_F² for each layer of the chain: all at one rate, each layer a "
    "matrix of its own, and the upper layer of this interface reading exactly what the lower one writes, without a "
    "bias, gain, activation or other map between, and nothing else reading or writing it"
)
"""What the claims rest on."""


def path_id(k: int) -> str:
    """The id of the claim about the path that leaves the gaps of two windows of k ranks a positive sum."""
    return f"B3.path[{k}]"


def horizon_id(k: int) -> str:
    """The id of the claim about the time that leaves the gaps of two windows of k ranks a positive sum."""
    return f"B3.horizon[{k}]"


def bound_id(k: int) -> str:
    """The id of the claim about the angle of two windows of k ranks now and then."""
    return f"B3.horizon.bound[{k}]"


class Flow(NamedTuple):
    """What is asked about: thresholds, of which λ is a number and the others may be ``none``."""

    ridge: str
    loss: str = NONE
    excess: str = NONE

    @property
    def timed(self) -> bool:
        """Whether F − inf F is bounded, so that paths give times."""
        return (self.loss, self.excess) != (NONE, NONE)

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the claims, without their windows."""
        return (HALF_LIFE, "B3.path", *(("B3.horizon", "B3.horizon.bound") if self.timed else ()))

    @property
    def text(self) -> str:
        """The flow in words, where paths give times."""
        parts = (("a loss", self.loss), ("F", self.excess))
        given = " and ".join(f"{name} at most {text} above its infimum" for name, text in parts if text != NONE)
        return f"along the gradient flow with ridge λ = {self.ridge}, for {given}, as is given"


def keeps_linearity(between: str) -> bool:
    """Whether the words for what lies between two layers leave the reader a linear map of what is written.

    >>> keeps_linearity(""), keeps_linearity("linear"), keeps_linearity("linear+relu")
    (True, True, False)
    """
    return between in ("", "linear")


def windows_of(asked: Sequence[str]) -> list[int]:
    """The windows whose angles are among the ids of claims about an interface.

    >>> windows_of(["E.overlap[2]", "B3.angle[2]", "B3.angle[5]"])
    [2, 5]
    """
    return [int(id[len(_ANGLE) : -1]) for id in asked if id.startswith(_ANGLE)]


def half_life(flow: Flow, relative: float, scale: float) -> Assertion:
    """The time in which the imbalance halves, to ``relative`` of ``scale``, which is its upper end."""
    return measured(
        HALF_LIFE,
        f"the time in which H − K halves, log 2/(2λ), along the gradient flow with ridge λ = {flow.ridge}",
        limit_of(relative, scale),
        parameters={"ridge": flow.ridge},
        note=NOTE,
    )


def path(k: int, relative: float, scale: float) -> Assertion:
    """The path p, to ``relative`` of ``scale``, which is σ_1 of both layers added."""
    return measured(
        path_id(k),
        f"along any path of both layers that is shorter, in the Frobenius norm of the pair, the gaps of WWᵀ and W'ᵀW' "
        f"after {k} keep a positive sum; a gradient flow takes its square over F − inf F for it, or longer",
        limit_of(relative, scale),
        parameters={"window": k},
    )


def horizon(k: int, flow: Flow, relative: float, scale: float) -> Assertion:
    """The horizon T and the time of the least bound, to ``relative`` of ``scale``, which is the upper end of T."""
    return measured(
        horizon_id(k),
        f"a time up to which the gaps of WWᵀ and W'ᵀW' after {k} keep a positive sum {flow.text}; and the time up to "
        "then at which the bound of their angle is least",
        limit_of(relative, scale),
        count=2,
        parameters={"window": k, **flow._asdict()},
        note=NOTE,
    )


def bound(k: int, n: int, flow: Flow, width: float) -> Assertion:
    """‖sinΘ_k‖_F in R^n and its bounds; ``width`` is that of a sine, of which there are k."""
    return measured(
        bound_id(k),
        f"‖sin Θ‖_F between the {k} leading directions written and read now, its bound by the imbalance now, and its "
        f"least bound at one time within the horizon, {flow.text}",
        math.sqrt(k) * width,
        count=3,
        parameters={"dimension": n, "window": k, **flow._asdict()},
        note=NOTE,
    )
