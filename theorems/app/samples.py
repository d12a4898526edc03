"""A few exact instances of a theorem: the tight ones, then drawings of its strategy, the same every time."""

from __future__ import annotations

import contextlib
import functools
import itertools

from theorems.engine.draw import draw
from theorems.engine.instance import Instance
from theorems.engine.theorem import Reading, Theorem

__all__ = ["samples"]


def samples(theorem: Theorem, reading: Reading, count: int = 16) -> tuple[Instance, ...]:
    """Up to ``count`` different instances, tight ones first; those of the reading before those of the theorem."""
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
    tight = list(found)[: count // 2]
    return tuple(dict.fromkeys([*tight, *_drawn(theorem, reading, count - len(tight))]))


def _drawn(theorem: Theorem, reading: Reading, count: int) -> list[Instance]:
    from hypothesis.errors import HypothesisException

    drawn: list[Instance] = []
    # Without a sample the families that need one are simply not offered.
    with contextlib.suppress(HypothesisException):
        draw((reading.strategy or theorem.strategy)(), drawn.append, examples=count)
    return drawn
