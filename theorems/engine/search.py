"""Search for counterexamples: structured families, strategies and global optimisation in turn; shrink; certify.

The search starts cold: it stores no answers and reads nothing but the theorem. Floating point only proposes; an
instance counts when exact arithmetic finds that the dropped hypothesis fails, every other one holds, and the
conclusion fails. It is measured in instances, never by the clock, so the same seed gives the same result anywhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any

from certify.errors import UsageError
from certify.rigor.ball import precision
from theorems.engine.families import random_instance, structured
from theorems.engine.hunt import Hit, Hunt, refutes
from theorems.engine.instance import parse_rational
from theorems.engine.limits import DIGITS
from theorems.engine.proposals import from_optimisation, from_strategies
from theorems.engine.result import Progress, SearchResult
from theorems.engine.shrink import shrink
from theorems.engine.theorem import Need, Reading, Status, Theorem
from theorems.engine.witness import Witness, examine

__all__ = ["LIMIT", "Hunt", "Progress", "SearchResult", "search"]

LIMIT = 20_000
"""The number of instances that a search tries unless it is told otherwise."""
# How many instances each stage tries before the next one's turn: many where they are cheap and simple.
_TURNS = {"own families": 2500, "structured": 2500, "random structured": 1000, "strategies": 100, "optimisation": 800}
_SHRINK_STEPS = 4000
_BITS = 64


def search(
    theorem: Theorem,
    drop: str | None = None,
    *,
    reading: str | None = None,
    constants: Mapping[str, Any] | None = None,
    limit: int = LIMIT,
    time: float | None = None,
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
    limit : the number of instances after which the search gives up.
    time : a cap in seconds on the search and on the shrinking; a result that it cut short says so.
    size : the largest side of any matrix.
    seed : of the pseudo-random parts; the same seed gives the same verdict, witness and counts on every machine,
        unless ``time`` bites.
    progress : called a few times a second.

    Raises
    ------
    UsageError
        For unknown names, or a hypothesis without which the statement is not defined.
    """
    if limit < 1:
        raise UsageError(f"a search of {limit} instances", hint="limit=1 or more")
    changed = {name: _exact(name, value) for name, value in (constants or {}).items()}
    values = theorem.values(changed)
    targets = _targets(theorem, drop, reading, changed)
    hunt = Hunt(theorem, targets, drop, values, limit, time, progress)
    witness = None
    # Whatever precision the caller works at, the search works at its own.
    with precision(_BITS):
        found = _run(hunt, size, seed)
        if found is not None:
            target, instance = found
            small = shrink(
                theorem,
                instance,
                lambda x: refutes(theorem, target, x, values, drop),
                _SHRINK_STEPS,
                interrupted=hunt.out_of_time,
            )
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
        hunt.seconds,
        seed,
        size,
        limit,
        hunt.stopped,
        tuple(_notes(hunt, changed, witness)),
        {
            "reading": reading,
            "limit": None if limit == LIMIT else limit,
            "time": time,
            "size": None if size == 3 else size,
        },
    )


def _exact(name: str, value: Any) -> Fraction:
    if isinstance(value, str):
        return parse_rational(value, DIGITS, name)
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise UsageError(f"{name} = {value!r} is not exact", hint='give an int, a Fraction, or text such as "9/10"')
    return Fraction(value)


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


def _notes(hunt: Hunt, changed: Mapping[str, Fraction], witness: Witness | None) -> Iterator[str]:
    theorem, drop = hunt.theorem, hunt.drop
    for name, value in changed.items():
        constant = theorem.constant(name)
        if value == constant.value:
            yield f"{name} = {value} is the stated value: nothing was changed"
        elif (value < constant.value) == (constant.stronger == "larger"):
            # Whether a constant is monotone is declared, not proved; a witness is the last word.
            weaker = f"{value} is weaker than the stated {constant.value}"
            meets = (
                "not everywhere, as the witness shows" if witness else "every instance that meets the claim meets it"
            )
            yield f"{weaker}: {meets}"
    if hunt.stopped and witness is not None:
        yield "stopped by the time limit while the witness was made smaller"
    elif hunt.stopped:
        yield f"stopped by the time limit after {hunt.total} of {hunt.limit} instances"
    if witness is not None:
        return
    attacked = {target.name for target in hunt.targets}
    cells = [c for c in theorem.cells if c.stronger and c.hypothesis == drop and c.reading in attacked]
    yield from (f"{drop!r} is not needed by {cell.reading!r}: {cell.stronger}" for cell in cells)
    if drop is not None and not cells and theorem.hypothesis(drop).need is Need.NOT_NEEDED:
        yield f"{drop!r} is not needed: {theorem.hypothesis(drop).why}"
    elif not cells:
        yield "no counterexample was found, which proves nothing"


def _run(hunt: Hunt, size: int, seed: int) -> Hit | None:
    """The stages in turn, so many instances each, until one finds something or the limit is reached."""
    stages = _stages(hunt, size, seed)
    hunt.tried = dict.fromkeys(stages, 0)
    while stages and not hunt.over:
        for stage, attempts in list(stages.items()):
            hunt.stage, until = stage, hunt.tried[stage] + _TURNS[stage]
            for hit in attempts:
                if hit is not None or hunt.over:
                    return hit
                if hunt.tried[stage] >= until:
                    break
            else:
                del stages[stage]
    return None


def _stages(hunt: Hunt, size: int, seed: int) -> dict[str, Iterator[Hit | None]]:
    theorem, own = hunt.theorem, hunt.theorem.families
    stages: dict[str, Iterator[Hit | None]] = {}
    if own is not None:
        stages["own families"] = map(hunt.attempt, own(size, random.Random(seed)))
    stages["structured"] = map(hunt.attempt, structured(theorem, size))
    rng = random.Random(seed)
    stages["random structured"] = map(hunt.attempt, (random_instance(theorem, size, rng) for _ in iter(int, 1)))
    stages["strategies"] = from_strategies(hunt, size, seed)
    stages["optimisation"] = from_optimisation(hunt, size, seed)
    return stages
