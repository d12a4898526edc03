"""How each kind of evidence is obtained: proofs, numeric checks, searches, mutants; each with a verdict and a line."""

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
from theorems.engine.theorem import Constant, Hypothesis, Mutant, Proof, Property, Reading, Status, Theorem

__all__ = [
    "Evidence",
    "Profile",
    "attained",
    "not_needed",
    "numeric",
    "property_holds",
    "refuted",
    "rejected",
    "sharp",
    "symbolic",
]

Evidence = tuple[Verdict, str]


@dataclass(frozen=True, slots=True)
class Profile:
    """How much is drawn, and from which seed; without a seed the same instances every time."""

    examples: int = 60
    seed: int | None = None
    search_time: float = 25.0


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
        if theorem.assumptions(reading, x) is not Verdict.CERTIFIED:
            return None
        return reading.judge(x, values).verdict

    counter = _Counter(judge)
    _visit(counter, _tight(theorem, reading))
    if counter.refuted is None:
        draw((reading.strategy or theorem.strategy)(), counter.visit, examples=profile.examples, seed=profile.seed)
    return counter.outcome()


def _visit(counter: _Counter, instances: Iterable[Instance]) -> None:
    with suppress(Enough):
        for x in instances:
            counter.visit(x)


def _tight(theorem: Theorem, reading: Reading) -> list[Instance]:
    source = reading.tight or theorem.tight
    return list(source()) if source is not None else []


def attained(theorem: Theorem, reading: Reading) -> Evidence:
    """Whether every tight instance reaches the bound."""
    gap, values = reading.attained, theorem.values()
    instances = _tight(theorem, reading)
    if gap is None or not instances:
        return Verdict.UNDECIDED, "no instance is said to attain the bound"
    verdict = combine(reading.reaches(x, values, gap).verdict for x in instances)
    return verdict, f"value ≥ (1 − {gap}) · bound on {len(instances)} instances"


def refuted(
    theorem: Theorem,
    profile: Profile,
    *,
    drop: str | None = None,
    reading: str | None = None,
    constants: Mapping[str, Fraction] | None = None,
) -> Evidence:
    """CERTIFIED when the search finds a counterexample."""
    result = search(
        theorem, drop, reading=reading, constants=constants, time=profile.search_time, seed=profile.seed or 0
    )
    if result.witness is None:
        return Verdict.UNDECIDED, f"no counterexample among {sum(result.tried.values())} instances"
    return Verdict.CERTIFIED, f"{result.witness.reading.name!r} refuted by {result.witness.instance.python()}"


def sharp(theorem: Theorem, constant: Constant, profile: Profile) -> Evidence:
    """CERTIFIED when the constant strengthened by one percent has a counterexample."""
    factor = Fraction(99, 100) if constant.stronger == "smaller" else Fraction(101, 100)
    return refuted(theorem, profile, constants={constant.name: constant.value * factor})


def not_needed(theorem: Theorem, hypothesis: Hypothesis, profile: Profile) -> Evidence:
    """Exchange one value of drawn instances at random, and keep those that violate this hypothesis only."""
    rng = random.Random(profile.seed or 0)
    readings = [r for r in theorem.readings if hypothesis.name in r.hypotheses and r.status is not Status.FALSE]
    values = theorem.values()
    verdicts: list[tuple[Verdict, Instance]] = []

    def visit(x: Instance) -> None:
        for p in theorem.parameters:
            if p.kind not in ("rational", "integer", "choice"):
                continue
            y = x.replace(**{p.name: random_value(p, {}, 4, rng)}) if not isinstance(p.high, str) else x
            if hypothesis.holds(y) is not Verdict.REFUTED:
                continue
            for reading in readings:
                if theorem.assumptions(reading, y, hypothesis.name) is Verdict.CERTIFIED:
                    verdicts.append((reading.judge(y, values).verdict, y))

    draw(theorem.strategy(), visit, examples=profile.examples, seed=profile.seed)
    if not verdicts:
        return Verdict.UNDECIDED, "no instance violates it"
    worst = combine(v for v, _ in verdicts)
    example = next((y.python() for v, y in verdicts if v is worst), "")
    if worst is not Verdict.CERTIFIED:
        return worst, f"without it: {example}"
    return worst, f"{len(verdicts)} exact instances without it; {hypothesis.why}"


def property_holds(theorem: Theorem, prop: Property, profile: Profile) -> Evidence:
    """Decide a property on instances of its strategy."""
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
