"""How each kind of evidence is obtained: proofs, numeric checks, searches, mutants; each with a verdict and a line.

Evidence is made of counts. Nothing here looks at a clock: the same seed gives the same verdict and the same line on an
idle and on an overloaded machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

from certify.errors import PolystableError
from certify.verdict import Verdict, combine
from theorems.engine.draw import Enough, draw
from theorems.engine.families import random_value
from theorems.engine.instance import Instance
from theorems.engine.search import search
from theorems.engine.shape import fits
from theorems.engine.theorem import Cell, Constant, Hypothesis, Mutant, Proof, Property, Reading, Status, Theorem

__all__ = [
    "Evidence",
    "Profile",
    "attained",
    "best",
    "not_needed",
    "numeric",
    "property_holds",
    "refuted",
    "rejected",
    "sharp",
    "strata",
    "symbolic",
    "term_needed",
    "witnessed",
]

Evidence = tuple[Verdict, str]
_SLIGHTLY = Fraction(1, 1000)


@dataclass(frozen=True, slots=True)
class Profile:
    """How much is drawn, and from which seed; without a seed the same instances every time."""

    examples: int = 60
    seed: int | None = None


def symbolic(proof: Callable[[], Proof]) -> Evidence:
    """The verdict of a symbolic check, and what it covers."""
    outcome = proof()
    failed = "; fails: " + ", ".join(outcome.failed) if outcome.failed else ""
    return outcome.verdict, f"{outcome.kind}, {outcome.covers}{failed}"


class _Counter:
    """Visits instances, counts verdicts, and stops at the first that is refuted."""

    def __init__(self, judge: Callable[[Instance], Verdict | None]) -> None:
        self.judge = judge
        self.counts = dict.fromkeys(Verdict, 0)
        self.skipped = 0
        self.refuted: Instance | None = None
        self.open: Instance | None = None

    def visit(self, x: Instance) -> None:
        if self.refuted is not None:
            raise Enough
        verdict = self.judge(x)
        if verdict is None:
            self.skipped += 1
            return
        self.counts[verdict] += 1
        if verdict is Verdict.REFUTED:
            self.refuted = x
            raise Enough
        if verdict is Verdict.UNDECIDED:
            self.open = x

    def outcome(self) -> Evidence:
        decided = self.counts[Verdict.CERTIFIED]
        if self.refuted is not None:
            return Verdict.REFUTED, f"refuted by {self.refuted.python()}"
        if self.open is not None:
            return Verdict.UNDECIDED, f"{self.counts[Verdict.UNDECIDED]} open, e.g. {self.open.python()}"
        if decided == 0 or self.skipped > decided:
            return Verdict.UNDECIDED, f"vacuous: {decided} instances counted, {self.skipped} outside the hypotheses"
        return Verdict.CERTIFIED, f"{decided} exact instances"


def numeric(
    theorem: Theorem, reading: Reading, profile: Profile, constants: Mapping[str, Fraction] | None = None
) -> Evidence:
    """Decide a reading on its tight instances and on instances of its strategy."""
    values = theorem.values(constants)

    def judge(x: Instance) -> Verdict | None:
        if not fits(theorem, x) or theorem.assumptions(reading, x) is not Verdict.CERTIFIED:
            return None
        return reading.judge(x, values).verdict

    counter = _Counter(judge)
    with suppress(Enough):
        for x in _tight(theorem, reading):
            counter.visit(x)
    if counter.refuted is None:
        draw((reading.strategy or theorem.strategy)(), counter.visit, examples=profile.examples, seed=profile.seed)
    found = counter.outcome()
    return (found[0], found[1] + _sides(reading, counter.refuted, values)) if counter.refuted is not None else found


def _sides(reading: Reading, x: Instance, values: Mapping[str, Fraction]) -> str:
    """Value and bound at a refuting instance, where there are both."""
    if reading.sides is None:
        return ""
    from certify.rigor.ball import ball, precision

    with precision(64), suppress(PolystableError, ArithmeticError, TypeError):
        value, bound = (ball(side).str(12) for side in reading.sides(x, values))
        return f"; value {value}, bound {bound}"
    return ""


def _tight(theorem: Theorem, reading: Reading) -> list[Instance]:
    source = reading.tight or theorem.tight
    return list(source()) if source is not None else []


def attained(theorem: Theorem, reading: Reading) -> Evidence:
    """Whether every tight instance meets the hypotheses and reaches the bound."""
    gap, values = reading.attained, theorem.values()
    instances = _tight(theorem, reading)
    if gap is None or not instances:
        return Verdict.UNDECIDED, "no instance is said to attain the bound"
    for x in instances:
        if not fits(theorem, x) or theorem.assumptions(reading, x) is not Verdict.CERTIFIED:
            return Verdict.REFUTED, f"outside the hypotheses: {x.python()}"
        verdict = reading.reaches(x, values, gap).verdict
        if verdict is not Verdict.CERTIFIED:
            return verdict, f"not reached by {x.python()}{_sides(reading, x, values)}"
    reached = "value = bound" if gap == 0 else f"value ≥ (1 − {gap}) · bound"
    return Verdict.CERTIFIED, f"{reached} on {len(instances)} instances"


def best(theorem: Theorem, reading: Reading) -> Evidence:
    """CERTIFIED when the bound reduced by a thousandth (or by twice the gap) is refuted where it is attained."""
    factor = 1 - max(_SLIGHTLY, 2 * (reading.attained or Fraction(0)))
    return _refuted_where_tight(theorem, reading.scaled(factor), theorem.values(), f"bound × {factor}")


def term_needed(theorem: Theorem, reading: Reading, constant: Constant) -> Evidence:
    """CERTIFIED when the term that a constant multiplies cannot be dropped where the bound is attained."""
    values = theorem.values({constant.name: Fraction(0)})
    return _refuted_where_tight(theorem, reading, values, f"{constant.name} = 0")


def _refuted_where_tight(theorem: Theorem, reading: Reading, values: Mapping[str, Fraction], what: str) -> Evidence:
    for x in _tight(theorem, reading):
        if reading.judge(x, values).verdict is Verdict.REFUTED:
            return Verdict.CERTIFIED, f"rejected: {what} is refuted by {x.python()}"
    return Verdict.UNDECIDED, f"not rejected: no instance that attains the bound refutes {what}"


def refuted(
    theorem: Theorem,
    profile: Profile,
    *,
    drop: str | None = None,
    reading: str | None = None,
    constants: Mapping[str, Fraction] | None = None,
) -> Evidence:
    """CERTIFIED when the search finds a counterexample."""
    result = search(theorem, drop, reading=reading, constants=constants, seed=profile.seed or 0)
    if result.witness is None:
        return Verdict.UNDECIDED, f"no counterexample among {sum(result.tried.values())} instances"
    return Verdict.CERTIFIED, f"{result.witness.reading.name!r} refuted by {result.witness.instance.python()}"


def witnessed(theorem: Theorem, cell: Cell) -> Evidence:
    """CERTIFIED when the witness of a cell violates its hypothesis alone and refutes the reading."""
    reading, x = theorem.reading(cell.reading), cell.witness
    if x is None:
        return Verdict.UNDECIDED, "no witness"
    if not fits(theorem, x):
        return Verdict.REFUTED, f"of another shape: {x.python()}"
    dropped = cell.hypothesis or None
    if dropped is not None and theorem.hypothesis(dropped).holds(x) is not Verdict.REFUTED:
        return Verdict.REFUTED, f"{dropped!r} is not violated by {x.python()}"
    if theorem.assumptions(reading, x, dropped) is not Verdict.CERTIFIED:
        return Verdict.REFUTED, f"another hypothesis is not met by {x.python()}"
    verdict = reading.judge(x, theorem.values()).verdict
    return ~verdict, f"refuted by {x.python()}" if verdict is Verdict.REFUTED else f"not refuted by {x.python()}"


def sharp(theorem: Theorem, constant: Constant, profile: Profile) -> Evidence:
    """CERTIFIED when the constant strengthened by one percent has a counterexample, first among those that attain."""
    factor = Fraction(99, 100) if constant.stronger == "smaller" else Fraction(101, 100)
    changed = {constant.name: constant.value * factor}
    for reading in theorem.readings:
        if constant.name in reading.constants and reading.status is not Status.FALSE and reading.sides is not None:
            found = _refuted_where_tight(theorem, reading, theorem.values(changed), f"{constant.name} × {factor}")
            if found[0] is Verdict.CERTIFIED:
                return found
    return refuted(theorem, profile, constants=changed)


def not_needed(theorem: Theorem, hypothesis: Hypothesis, profile: Profile, reading: Reading | None = None) -> Evidence:
    """Exchange one value of drawn instances at random, and keep those that violate this hypothesis only."""
    rng = random.Random(profile.seed or 0)
    readings = [r for r in theorem.readings if hypothesis.name in r.hypotheses and r.status is not Status.FALSE]
    if reading is not None:
        readings = [reading]
    values = theorem.values()
    verdicts: list[tuple[Verdict, Instance]] = []

    def visit(x: Instance) -> None:
        for y in (x, *_exchanged(theorem, x, rng)):
            if not fits(theorem, y) or hypothesis.holds(y) is not Verdict.REFUTED:
                continue
            for item in readings:
                if theorem.assumptions(item, y, hypothesis.name) is Verdict.CERTIFIED:
                    verdicts.append((item.judge(y, values).verdict, y))

    draw(theorem.strategy(), visit, examples=profile.examples, seed=profile.seed)
    if not verdicts:
        return Verdict.UNDECIDED, "no instance violates it"
    worst = combine(v for v, _ in verdicts)
    example = next((y.python() for v, y in verdicts if v is worst), "")
    if worst is not Verdict.CERTIFIED:
        return worst, f"without it: {example}"
    return worst, f"{len(verdicts)} exact instances without it; {hypothesis.why}"


def _exchanged(theorem: Theorem, x: Instance, rng: random.Random) -> Iterable[Instance]:
    for p in theorem.parameters:
        if p.kind in ("rational", "integer", "choice") and not isinstance(p.high, str):
            yield x.replace(**{p.name: random_value(p, {}, 4, rng)})


def strata(theorem: Theorem, profile: Profile) -> Evidence:
    """CERTIFIED when the strategies produce every kind of instance that they must, where a reading speaks of it."""
    missing = {s.name: s for s in theorem.strata}
    true = [r for r in theorem.readings if r.status is not Status.FALSE]
    drawn = 0

    def visit(x: Instance) -> None:
        nonlocal drawn
        if not missing:
            raise Enough
        drawn += 1
        met = [name for name, s in missing.items() if s.contains(x)]
        if met and any(theorem.assumptions(r, x) is Verdict.CERTIFIED for r in true):
            for name in met:
                del missing[name]

    sources = {id(s): s for s in (theorem.strategy, *(r.strategy for r in theorem.readings)) if s is not None}
    with suppress(Enough):
        for strategy in sources.values():
            draw(strategy(), visit, examples=profile.examples, seed=profile.seed)
    if missing:
        return Verdict.REFUTED, f"never drawn: {', '.join(missing)}"
    return Verdict.CERTIFIED, f"{', '.join(s.name for s in theorem.strata)}: each within {drawn} instances"


def property_holds(theorem: Theorem, prop: Property, profile: Profile) -> Evidence:
    """Decide a property on instances of its strategy; those that it says nothing about are not counted."""
    counter = _Counter(prop.holds)
    draw((prop.strategy or theorem.strategy)(), counter.visit, examples=profile.examples, seed=profile.seed)
    return counter.outcome()


def rejected(theorem: Theorem, mutant: Mutant, profile: Profile) -> Evidence:
    """CERTIFIED when the check of the mutant comes out REFUTED."""
    try:
        if mutant.symbolic is not None:
            verdict, evidence = symbolic(mutant.symbolic)
        else:
            verdict, evidence = numeric(theorem, _mutated(theorem, mutant), profile, mutant.constants)
    except PolystableError as error:
        return Verdict.UNDECIDED, f"the mutant could not be run: {error}"
    if verdict is Verdict.REFUTED:
        return Verdict.CERTIFIED, f"rejected: {evidence}"
    return ~verdict if verdict is Verdict.CERTIFIED else verdict, f"not rejected: {evidence}"


def _mutated(theorem: Theorem, mutant: Mutant) -> Reading:
    reading = theorem.reading(mutant.reading)
    if mutant.sides is not None:
        return replace(reading, sides=mutant.sides, decide=None)
    return reading if mutant.decide is None else replace(reading, sides=None, decide=mutant.decide)
