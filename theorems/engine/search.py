"""Search for counterexamples: structured families, then strategies, then global optimisation; shrink; certify.

The search starts cold: it stores no answers and reads nothing but the theorem. Floating point only proposes; an
instance counts when exact arithmetic finds that the dropped hypothesis fails, every other one holds, and the
conclusion fails.
"""

from __future__ import annotations

import random
import time as clock
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from certify.errors import PolystableError, UsageError
from theorems.engine.families import random_instance, structured
from theorems.engine.hunt import Hunt, refutes
from theorems.engine.instance import Instance
from theorems.engine.result import Progress, SearchResult
from theorems.engine.shrink import shrink
from theorems.engine.theorem import Need, Reading, Status, Theorem
from theorems.engine.witness import Witness, examine

__all__ = ["Hunt", "Progress", "SearchResult", "search"]

_STAGES = {"own families": 0.2, "structured": 0.25, "random structured": 0.25, "strategies": 0.15, "optimisation": 0.15}
_STRUCTURED_LIMIT = 60_000
_RANDOM_LIMIT = 40_000
_SHRINK_TIME = 6.0
# What a formula may raise on data that its hypotheses exclude.
_NOT_AN_INSTANCE = (PolystableError, ZeroDivisionError, ValueError, IndexError)


def search(
    theorem: Theorem,
    drop: str | None = None,
    *,
    reading: str | None = None,
    constants: Mapping[str, Any] | None = None,
    time: float = 20.0,
    size: int = 3,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> SearchResult:
    """Look for an exact counterexample.

    Parameters
    ----------
    theorem : what to attack.
    drop : the hypothesis to do without; the witness must violate it and satisfy every other one.
    reading : attack this reading only; default: every true reading that uses ``drop`` or a changed constant, or, with
        neither, every false reading.
    constants : changed values of named constants, exact (int, Fraction or "p/q").
    time : seconds until the search gives up; shrinking may add a few.
    size : the largest side of any matrix.
    seed : of the pseudo-random parts; the same seed finds the same witness unless time runs out first.
    progress : called a few times a second.

    Raises
    ------
    UsageError
        For unknown names, or a hypothesis without which the statement is not defined.
    """
    changed = {name: _exact(name, value) for name, value in (constants or {}).items()}
    values = theorem.values(changed)
    targets = _targets(theorem, drop, reading, changed)
    hunt = Hunt(theorem, targets, drop, values, clock.monotonic(), time, progress)
    found = _run(hunt, size, seed)
    witness = None
    if found is not None:
        target, instance = found
        small = shrink(theorem, instance, lambda x: refutes(theorem, target, x, values, drop), _SHRINK_TIME)
        witness = Witness(theorem, target, drop, changed, small, examine(theorem, target, small, changed))
    return SearchResult(
        theorem,
        tuple(t.name for t in targets),
        drop,
        changed,
        witness,
        hunt.tried,
        hunt.best,
        hunt.closest,
        clock.monotonic() - hunt.start,
        seed,
        size,
        "" if witness else _open_note(theorem, drop),
        {"reading": reading, "time": None if time == 20.0 else time, "size": None if size == 3 else size},
    )


def _exact(name: str, value: Any) -> Fraction:
    if isinstance(value, float):
        raise UsageError(f"{name} = {value!r} is not exact", hint='give an int, a Fraction, or text such as "9/10"')
    try:
        return Fraction(value)
    except (TypeError, ValueError, ZeroDivisionError):
        raise UsageError(f"{name} = {value!r} is not a number", hint='give an int, a Fraction, or "9/10"') from None


def _targets(
    theorem: Theorem, drop: str | None, reading: str | None, changed: Mapping[str, Fraction]
) -> tuple[Reading, ...]:
    if drop is not None:
        hypothesis = theorem.hypothesis(drop)
        if hypothesis.need is Need.DEFINITION:
            raise UsageError(
                f"{theorem.id}: without {drop!r} the statement is not defined",
                hint=hypothesis.why or "drop another hypothesis",
            )
    candidates = [theorem.reading(reading)] if reading else list(theorem.readings)
    if drop is not None:
        candidates = [r for r in candidates if drop in r.hypotheses]
    if changed:
        candidates = [r for r in candidates if set(changed) & set(r.constants)]
    if reading is None:
        false = drop is None and not changed
        candidates = [r for r in candidates if (r.status is Status.FALSE) == false]
    if not candidates:
        raise UsageError(
            f"{theorem.id} has no reading to attack with these choices",
            hint="name a reading, a hypothesis to drop or a constant to change: theorems show " + theorem.id,
        )
    return tuple(candidates)


def _open_note(theorem: Theorem, drop: str | None) -> str:
    if drop is not None and theorem.hypothesis(drop).need is Need.NOT_NEEDED:
        return f"{drop!r} is not needed: {theorem.hypothesis(drop).why}"
    return "no counterexample was found, which proves nothing"


def _run(hunt: Hunt, size: int, seed: int) -> tuple[Reading, Instance] | None:
    own, rng = hunt.theorem.families, random.Random(seed)
    sources: dict[str, Callable[[], Iterator[Instance]]] = {
        "own families": lambda: _first(hunt, iter(own(size, rng) if own is not None else ()), _RANDOM_LIMIT),
        "structured": lambda: _first(hunt, structured(hunt.theorem, size), _STRUCTURED_LIMIT),
        "random structured": lambda: _first(
            hunt, (random_instance(hunt.theorem, size, rng) for _ in iter(int, 1)), _RANDOM_LIMIT
        ),
    }
    order = list(_STAGES)
    if own is None:
        order.remove("own families")
    if hunt.drop is None:
        # The theorem's own strategies meet its hypotheses tightly, which is what a wrong constant needs.
        order.remove("strategies")
        order.insert(order.index("structured") + 1, "strategies")
    for stage in order:
        share, hunt.stage, hunt.tried[stage] = _STAGES[stage], stage, 0
        hunt.until = min(hunt.start + hunt.budget, max(hunt.until, clock.monotonic()) + share * hunt.budget)
        if stage in sources:
            found = next((hit for x in sources[stage]() if (hit := hunt.attempt(x))), None)
        elif stage == "strategies":
            from theorems.engine.proposals import from_strategies

            found = from_strategies(hunt, size, seed)
        else:
            from theorems.engine.proposals import from_optimisation

            found = from_optimisation(hunt, size, seed)
        if found is not None:
            return found
    return None


def _first(hunt: Hunt, stream: Iterator[Instance], limit: int) -> Iterator[Instance]:
    for count, x in enumerate(stream):
        if count >= limit or hunt.out_of_time:
            return
        yield x
