"""A few exact instances of a theorem: the tight ones, then drawings of its strategy, the same every time."""

from __future__ import annotations

import contextlib
import functools
import itertools

from certify.verdict import Verdict
from theorems.engine.draw import draw
from theorems.engine.instance import Instance
from theorems.engine.shape import fits
from theorems.engine.theorem import Reading, Theorem

__all__ = ["samples"]


def samples(theorem: Theorem, reading: Reading, count: int = 16) -> tuple[Instance, ...]:
    """Up to ``count`` different instances that meet the hypotheses of the reading, its tight ones first."""
    return _samples(theorem.id, reading.name, count)


@functools.lru_cache(maxsize=64)
def _samples(id: str, name: str, count: int) -> tuple[Instance, ...]:
    from theorems.library import get

    theorem = get(id)
    reading = theorem.reading(name)
    found: dict[Instance, None] = {}
    for source in (reading.tight, theorem.tight, *(r.tight for r in theorem.readings)):
        if source is not None:
            found.update(dict.fromkeys(itertools.islice(source(), count // 2)))
    tight = [x for x in found if _meets(theorem, reading, x)][: count // 2]
    # Strategies draw instances outside the hypotheses too.
    drawn = (x for x in _drawn(theorem, reading, 2 * count) if _meets(theorem, reading, x))
    return tuple(itertools.islice(dict.fromkeys(itertools.chain(tight, drawn)), count))


def _meets(theorem: Theorem, reading: Reading, x: Instance) -> bool:
    return fits(theorem, x) and theorem.assumptions(reading, x) is Verdict.CERTIFIED


def _drawn(theorem: Theorem, reading: Reading, count: int) -> list[Instance]:
    from hypothesis.errors import HypothesisException

    drawn: list[Instance] = []
    # Without a sample the families that need one are simply not offered.
    with contextlib.suppress(HypothesisException):
        draw((reading.strategy or theorem.strategy)(), drawn.append, examples=count)
    return drawn
