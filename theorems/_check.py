"""Running the checks of a theorem: every piece of evidence it comes with is one case with a verdict.

========== ==============================================================================================
kind       a case is CERTIFIED when
========== ==============================================================================================
symbolic   the proof goes through
numeric    a true reading holds on every tight and every drawn instance that meets its hypotheses
attained   every tight instance reaches the bound
false      a counterexample to a false reading is found and certified
needed     without the hypothesis a counterexample is found and certified
not needed the readings hold on drawn instances that violate the hypothesis
constant   with a sharp constant strengthened by one percent a counterexample is found and certified
property   the property holds on every drawn instance
mutant     the checks reject the wrong version
========== ==============================================================================================
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from certify.errors import PolystableError
from certify.verdict import Verdict, combine
from theorems._discover import select
from theorems._draw import Enough, draw
from theorems._families import random_value
from theorems._instance import Instance
from theorems._theorem import Constant, Hypothesis, Mutant, Need, Property, Reading, Status, Theorem

__all__ = ["Case", "Profile", "Report", "Result", "cases", "check"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How much is drawn, and from which seed; without a seed the same instances every time."""

    examples: int = 60
    seed: int | None = None
    search_time: float = 25.0


@dataclass(frozen=True, slots=True)
class Result:
    """The verdict of one case, and the evidence for it in a few words."""

    theorem: str
    kind: str
    name: str
    verdict: Verdict
    evidence: str
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "theorem": self.theorem,
            "kind": self.kind,
            "name": self.name,
            "verdict": self.verdict.value,
            "evidence": self.evidence,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Case:
    """One check, not yet run."""

    theorem: str
    kind: str
    name: str
    run: Callable[[Profile], tuple[Verdict, str]]

    def result(self, profile: Profile) -> Result:
        """Run the check and take its time."""
        start = time.monotonic()
        verdict, evidence = self.run(profile)
        return Result(self.theorem, self.kind, self.name, verdict, evidence, time.monotonic() - start)


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a run, in order."""

    results: tuple[Result, ...]

    @property
    def verdict(self) -> Verdict:
        """The conjunction of all results."""
        return combine(r.verdict for r in self.results)

    def to_json(self) -> dict[str, Any]:
        """Plain data: the verdict and every result."""
        return {"verdict": self.verdict.value, "results": [r.to_json() for r in self.results]}

    def _repr_html_(self) -> str:
        from theorems._report import report_html

        return report_html(self)


def check(
    ids: Sequence[str] | None = None,
    *,
    seed: int | None = None,
    thorough: bool = False,
    progress: Callable[[Case], None] | None = None,
) -> Report:
    """Run the checks of some theorems, all by default."""
    profile = Profile(examples=600 if thorough else 60, seed=seed)
    results: list[Result] = []
    for theorem in select(ids):
        for case in cases(theorem):
            if progress is not None:
                progress(case)
            results.append(case.result(profile))
    return Report(tuple(results))


def cases(theorem: Theorem) -> list[Case]:
    """Every check of one theorem."""
    found: list[Case] = []

    def add(kind: str, name: str, run: Callable[[Profile], tuple[Verdict, str]]) -> None:
        found.append(Case(theorem.id, kind, name, run))

    for proof in theorem.symbolic:
        add("symbolic", proof.__name__, lambda _, proof=proof: _symbolic(proof))
    for reading in theorem.readings:
        if reading.status is Status.FALSE:
            add("false", reading.name, lambda p, r=reading: _refuted(theorem, p, reading=r.name))
            continue
        add("numeric", reading.name, lambda p, r=reading: numeric(theorem, r, p))
        if reading.attained is not None:
            add("attained", reading.name, lambda _, r=reading: _attained(theorem, r))
    for hypothesis in theorem.hypotheses:
        if hypothesis.need is Need.NEEDED:
            add("needed", hypothesis.name, lambda p, h=hypothesis: _refuted(theorem, p, drop=h.name))
        elif hypothesis.need is Need.NOT_NEEDED:
            add("not needed", hypothesis.name, lambda p, h=hypothesis: _not_needed(theorem, h, p))
    for constant in theorem.constants:
        if constant.sharp:
            add("constant", constant.name, lambda p, c=constant: _sharp(theorem, c, p))
    for prop in theorem.properties:
        add("property", prop.name, lambda p, q=prop: _property(theorem, q, p))
    for mutant in theorem.mutants:
        add("mutant", mutant.name, lambda p, m=mutant: _rejected(theorem, m, p))
    return found


def _symbolic(proof: Callable[[], Any]) -> tuple[Verdict, str]:
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

    def outcome(self) -> tuple[Verdict, str]:
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
) -> tuple[Verdict, str]:
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
    try:
        for x in instances:
            counter.visit(x)
    except Enough:
        pass


def _tight(theorem: Theorem, reading: Reading) -> list[Instance]:
    source = reading.tight or theorem.tight
    return list(source()) if source is not None else []


def _attained(theorem: Theorem, reading: Reading) -> tuple[Verdict, str]:
    gap, values = reading.attained, theorem.values()
    instances = _tight(theorem, reading)
    if gap is None or not instances:
        return Verdict.UNDECIDED, "no instance is said to attain the bound"
    verdict = combine(reading.reaches(x, values, gap).verdict for x in instances)
    return verdict, f"value ≥ (1 − {gap}) · bound on {len(instances)} instances"


def _refuted(
    theorem: Theorem,
    profile: Profile,
    *,
    drop: str | None = None,
    reading: str | None = None,
    constants: Mapping[str, Fraction] | None = None,
) -> tuple[Verdict, str]:
    """CERTIFIED when the search finds a counterexample."""
    result = theorem.search(
        drop, reading=reading, constants=constants, time=profile.search_time, seed=profile.seed or 0
    )
    if result.witness is None:
        return Verdict.UNDECIDED, f"no counterexample among {sum(result.tried.values())} instances"
    return Verdict.CERTIFIED, f"{result.witness.reading.name!r} refuted by {result.witness.instance.python()}"


def _sharp(theorem: Theorem, constant: Constant, profile: Profile) -> tuple[Verdict, str]:
    factor = Fraction(99, 100) if constant.stronger == "smaller" else Fraction(101, 100)
    return _refuted(theorem, profile, constants={constant.name: constant.value * factor})


def _not_needed(theorem: Theorem, hypothesis: Hypothesis, profile: Profile) -> tuple[Verdict, str]:
    """Exchange one value of drawn instances at random, and keep those that violate this hypothesis only."""
    import random

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


def _property(theorem: Theorem, prop: Property, profile: Profile) -> tuple[Verdict, str]:
    counter = _Counter(prop.holds)
    draw((prop.strategy or theorem.strategy)(), counter.visit, examples=profile.examples, seed=profile.seed)
    return counter.outcome()


def _rejected(theorem: Theorem, mutant: Mutant, profile: Profile) -> tuple[Verdict, str]:
    """CERTIFIED when the check of the mutant comes out REFUTED."""
    try:
        if mutant.symbolic is not None:
            verdict, evidence = _symbolic(mutant.symbolic)
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
