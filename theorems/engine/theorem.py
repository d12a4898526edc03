"""What a theorem is, to this package: a statement in several readings, and the evidence for each of them.

Modules do not build these objects themselves; :mod:`theorems.engine.declare` makes them of decorated functions.
"""

from __future__ import annotations

import enum
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from certify.errors import UsageError
from certify.rigor.ball import ball, interval, precision
from certify.rigor.functions import absolute
from certify.verdict import Verdict, combine
from theorems.engine.instance import Instance
from theorems.exact.scalars import Outcome, Scalar, decide, num

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy


__all__ = [
    "Cell",
    "Constant",
    "Constants",
    "Hypothesis",
    "Instance",
    "Mutant",
    "Need",
    "Parameter",
    "Proof",
    "Property",
    "Reading",
    "Status",
    "Stratum",
    "Theorem",
    "facts",
    "holds",
    "small",
]

Constants: TypeAlias = Mapping[str, Any]
Sides: TypeAlias = Callable[[Instance, Constants], tuple[Scalar, Scalar]]
Decision: TypeAlias = Callable[[Instance, Constants], Verdict]
Strategy: TypeAlias = "Callable[[], SearchStrategy[Instance]]"


class Status(enum.Enum):
    """Of a reading: TRUE, FALSE (ships with a counterexample), or EMPTY (true, and says nothing about its subject)."""

    TRUE = "true"
    FALSE = "false"
    EMPTY = "true but empty"


class Need(enum.Enum):
    """Of a hypothesis: whether the conclusion fails without it."""

    NEEDED = "needed"
    NOT_NEEDED = "not needed"
    DEFINITION = "without it a term of the statement is not defined"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One named value of an instance, and the range the search explores.

    ``rows`` and ``columns`` are names of dimensions. ``low`` and ``high`` bound scalars and vector entries; the
    ``high`` of an integer may name a dimension.
    """

    name: str
    kind: Literal["matrix", "vector", "rational", "integer", "choice", "chain"]
    rows: str = ""
    columns: str = ""
    low: Fraction = Fraction(-4)
    high: Fraction | str = Fraction(4)
    options: tuple[str, ...] = ()
    symmetric: bool = False

    @classmethod
    def matrix(cls, name: str, rows: str, columns: str, *, symmetric: bool = False) -> Parameter:
        """A rational matrix."""
        return cls(name, "matrix", rows, columns, symmetric=symmetric)

    @classmethod
    def vector(cls, name: str, length: str, low: int | Fraction = 0, high: int | Fraction = 4) -> Parameter:
        """A rational vector with entries in [low, high]."""
        return cls(name, "vector", length, low=Fraction(low), high=Fraction(high))

    @classmethod
    def rational(cls, name: str, low: int | Fraction, high: int | Fraction) -> Parameter:
        """A rational number in [low, high]."""
        return cls(name, "rational", low=Fraction(low), high=Fraction(high))

    @classmethod
    def integer(cls, name: str, low: int, high: int | str) -> Parameter:
        """An integer from low to high; high may be a dimension."""
        return cls(name, "integer", low=Fraction(low), high=high if isinstance(high, str) else Fraction(high))

    @classmethod
    def choice(cls, name: str, *options: str) -> Parameter:
        """One of several names; the first is the ordinary one."""
        return cls(name, "choice", options=options)


@dataclass(frozen=True, slots=True)
class Constant:
    """A number in the statement. ``sharp``: a stronger value is refuted by some instance.

    ``stronger`` tells which way the statement becomes stronger: a smaller or a larger value.
    """

    name: str
    value: Fraction
    text: str
    sharp: bool = False
    stronger: Literal["smaller", "larger"] = "smaller"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A named assumption. ``why`` says what happens without it, or which stronger theorem drops it."""

    name: str
    text: str
    latex: str
    holds: Callable[[Instance], Verdict]
    need: Need = Need.NEEDED
    why: str = ""

    def met(self, instance: Instance) -> bool:
        """Whether it certainly holds: for filtering a strategy."""
        return self.holds(instance) is Verdict.CERTIFIED

    def because(self, needed: str) -> Hypothesis:
        """The same assumption in another theorem, where something else goes wrong without it."""
        return replace(self, need=Need.NEEDED, why=needed)


@dataclass(frozen=True, slots=True)
class Reading:
    """One version of the claim, with a status of its own.

    Exactly one of ``sides`` (value ≤ bound) and ``decide`` is given. ``hypotheses`` names those it uses, ``constants``
    those that enter it. ``strategy`` and ``tight`` override the theorem's. With ``attained`` set, every tight instance
    must satisfy value ≥ (1 − attained) · bound: it shows that the bound is best possible, and that no term of it is
    loose. ``slack`` says why no instance attains the bound, where none can.
    """

    name: str
    text: str
    latex: str
    hypotheses: tuple[str, ...]
    status: Status = Status.TRUE
    sides: Sides | None = None
    decide: Decision | None = None
    strict: bool = False
    constants: tuple[str, ...] = ()
    strategy: Strategy | None = None
    tight: Callable[[], Iterable[Instance]] | None = None
    attained: Fraction | None = None
    slack: str = ""
    note: str = ""

    def judge(self, instance: Instance, constants: Constants) -> Outcome:
        """Decide the conclusion on one instance (its hypotheses are not looked at)."""
        if self.decide is not None:
            verdict = self.decide(instance, constants)
            side = {Verdict.CERTIFIED: 1.0, Verdict.REFUTED: -1.0}.get(verdict, float("nan"))
            return Outcome(verdict, side, side, "exact")
        return decide(lambda: self._margin(instance, constants), strict=self.strict)

    def _margin(self, instance: Instance, constants: Constants) -> Scalar:
        if self.sides is None:
            raise UsageError(f"the reading {self.name!r} has no sides to compare")
        value, bound = self.sides(instance, constants)
        return bound - value

    def glance(self, instance: Instance, constants: Constants) -> tuple[float, float]:
        """An enclosure of the margin at low precision, for searching; (−1, −1) or (1, 1) for a decision."""
        if self.decide is not None:
            outcome = self.judge(instance, constants)
            return outcome.lower, outcome.upper
        with precision(64):
            return interval(ball(self._margin(instance, constants)))

    def scaled(self, factor: Fraction) -> Reading:
        """The same reading with its bound multiplied: a stronger claim for a factor below 1 and a positive bound."""
        sides = self.sides
        if sides is None:
            raise UsageError(f"the reading {self.name!r} has no bound to scale")

        def smaller(x: Instance, constants: Constants) -> tuple[Scalar, Scalar]:
            value, bound = sides(x, constants)
            return value, num(factor) * bound

        return replace(self, sides=smaller)

    def reaches(self, instance: Instance, constants: Constants, gap: Fraction) -> Outcome:
        """Decide value ≥ (1 − gap) · bound: the bound is attained up to a relative gap."""
        sides = self.sides
        if sides is None:
            raise UsageError(f"the reading {self.name!r} has no bound to attain")

        def spare() -> Scalar:
            value, bound = sides(instance, constants)
            return value - num(1 - gap) * bound

        return decide(spare, strict=False)


@dataclass(frozen=True, slots=True)
class Cell:
    """What becomes of one reading without one hypothesis.

    Exactly one of: ``witness`` (an exact instance that violates only that hypothesis and refutes the reading),
    ``stronger`` (why the reading holds without it; ``proof`` names the proof that shows it), ``open`` (why it is not
    known). With an empty hypothesis the witness refutes a false reading.
    """

    reading: str
    hypothesis: str
    witness: Instance | None = None
    stronger: str = ""
    proof: str = ""
    open: str = ""


@dataclass(frozen=True, slots=True)
class Stratum:
    """A kind of instance that the theorem's strategy must produce; the sweep demands that it did."""

    name: str
    text: str
    contains: Callable[[Instance], bool]


@dataclass(frozen=True, slots=True)
class Proof:
    """The outcome of one symbolic check: what was shown, and for which sizes."""

    kind: Literal["symbolic", "exhaustive", "instances"]
    covers: str
    verdict: Verdict
    failed: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


def facts(
    kind: Literal["symbolic", "exhaustive", "instances"], covers: str, claims: Iterable[tuple[str, object]]
) -> Proof:
    """A proof from labelled facts, each a truth value or a Verdict; REFUTED names those that fail.

    >>> facts("exhaustive", "n = 2", [("1 + 1 = 2", 1 + 1 == 2)]).verdict.name
    'CERTIFIED'
    """
    verdicts: list[tuple[str, Verdict]] = []
    for label, claim in claims:
        if not isinstance(claim, Verdict):
            claim = Verdict.CERTIFIED if bool(claim) else Verdict.REFUTED
        verdicts.append((label, claim))
    if not verdicts:
        return Proof(kind, covers, Verdict.UNDECIDED, ("no facts were given",))
    failed = tuple(label for label, verdict in verdicts if verdict is not Verdict.CERTIFIED)
    return Proof(kind, covers, combine(v for _, v in verdicts), failed, tuple(label for label, _ in verdicts))


def holds(claim: object) -> Verdict:
    """CERTIFIED or REFUTED, for a fact decided exactly."""
    return Verdict.CERTIFIED if claim else Verdict.REFUTED


def small(value: Callable[[], Scalar], bound: Fraction = Fraction(1, 2**40)) -> Verdict:
    """Verdict of |value| < bound: how a ball states an equality."""
    return decide(lambda: num(bound) - absolute(value()), strict=True).verdict


@dataclass(frozen=True, slots=True)
class Property:
    """A named fact about every instance, e.g. an invariance; checked over the strategy. None: not about this one."""

    name: str
    text: str
    holds: Callable[[Instance], Verdict | None]
    strategy: Strategy | None = None


@dataclass(frozen=True, slots=True)
class Mutant:
    """A wrong version that the theorem's own checks must reject.

    Give ``symbolic`` (a check that must come out REFUTED), or ``reading`` with altered ``constants``, ``sides`` or
    ``decide`` (the numeric check of that reading must come out REFUTED).
    """

    name: str
    text: str
    reading: str = ""
    constants: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    sides: Sides | None = None
    decide: Decision | None = None
    symbolic: Callable[[], Proof] | None = None


@dataclass(frozen=True, slots=True)
class Theorem:
    """A claim with all the evidence for it; see the module docstring for how to write one.

    ``dimensions`` gives the smallest and largest value the search tries for every named dimension. ``families(size,
    rng)`` may add instances to the search where the parameters alone do not lead to the interesting ones (never an
    answer).
    """

    id: str
    title: str
    source: str
    parameters: tuple[Parameter, ...]
    hypotheses: tuple[Hypothesis, ...]
    readings: tuple[Reading, ...]
    symbolic: tuple[Callable[[], Proof], ...]
    strategy: Strategy
    mutants: tuple[Mutant, ...]
    cells: tuple[Cell, ...] = ()
    strata: tuple[Stratum, ...] = ()
    properties: tuple[Property, ...] = ()
    constants: tuple[Constant, ...] = ()
    dimensions: Mapping[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    tight: Callable[[], Iterable[Instance]] | None = None
    families: Callable[[int, Random], Iterable[Instance]] | None = None
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {h.name for h in self.hypotheses}
        numbers = {c.name for c in self.constants}
        names = [r.name for r in self.readings]
        for reading in self.readings:
            unknown = (set(reading.hypotheses) - known) | (set(reading.constants) - numbers)
            if unknown:
                raise UsageError(f"{self.id}: reading {reading.name!r} names unknown {', '.join(sorted(unknown))}")
            if (reading.sides is None) == (reading.decide is None):
                raise UsageError(f"{self.id}: reading {reading.name!r} needs exactly one of sides and decide")
        for mutant in self.mutants:
            if mutant.symbolic is None and mutant.reading not in names:
                raise UsageError(f"{self.id}: mutant {mutant.name!r} names no reading")
        for cell in self.cells:
            said = [cell.witness is not None, bool(cell.stronger), bool(cell.open)]
            if cell.reading not in names or cell.hypothesis not in {"", *known} or said.count(True) != 1:
                raise UsageError(f"{self.id}: the cell {cell.reading!r} without {cell.hypothesis!r} says nothing")
        if len(set(names)) != len(names) or not names:
            raise UsageError(f"{self.id}: readings need distinct names, and there must be one")

    def reading(self, name: str) -> Reading:
        """The reading of that name."""
        return _named(self.id, "reading", self.readings, name)

    def hypothesis(self, name: str) -> Hypothesis:
        """The hypothesis of that name."""
        return _named(self.id, "hypothesis", self.hypotheses, name)

    def constant(self, name: str) -> Constant:
        """The constant of that name."""
        return _named(self.id, "constant", self.constants, name)

    def values(self, changed: Mapping[str, Fraction] | None = None) -> dict[str, Fraction]:
        """The constants, some of them changed."""
        for name in changed or {}:
            self.constant(name)
        return {c.name: c.value for c in self.constants} | dict(changed or {})

    def cell(self, reading: str, hypothesis: str) -> Cell | None:
        """What the module says about a reading without a hypothesis, or about a false reading (``""``)."""
        return next((c for c in self.cells if (c.reading, c.hypothesis) == (reading, hypothesis)), None)

    def assumptions(self, reading: Reading, instance: Instance, drop: str | None = None) -> Verdict:
        """Verdict of the conjunction of a reading's hypotheses, without the one that is dropped."""
        return combine(h.holds(instance) for h in self.hypotheses if h.name in reading.hypotheses and h.name != drop)

    def statement(self) -> str:
        """The claim in plain text: hypotheses, readings with their status, constants."""
        lines = [f"{self.id}. {self.title} [{self.source}]", "", "Hypotheses"]
        for h in self.hypotheses:
            lines.append(f"  {h.name}: {h.text} ({h.need.value}{': ' + h.why if h.why else ''})")
        lines += ["", "Readings"]
        for r in self.readings:
            under = f"  under {', '.join(r.hypotheses)}" if r.hypotheses else ""
            lines += [f"  {r.name} [{r.status.value}]{under}", f"    {r.text}"]
            if r.note:
                lines.append(f"    ({r.note})")
        if self.constants:
            lines += ["", "Constants"]
            for c in self.constants:
                lines.append(f"  {c.name} = {c.value}{' (sharp)' if c.sharp else ''}: {c.text}")
        return "\n".join(lines)

    def latex(self) -> str:
        """The readings that are true, each with its hypotheses, as a LaTeX list."""
        names = {h.name: h.latex for h in self.hypotheses}
        items = [
            rf"\item[{r.name}] ${r.latex}$"
            + (f" if ${', '.join(names[n] for n in r.hypotheses)}$" if r.hypotheses else "")
            for r in self.readings
            if r.status.value != "false"
        ]
        return "\n".join([r"\begin{description}", *items, r"\end{description}"])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(r.name)}</td><td>{html.escape(r.text)}</td><td>{html.escape(r.status.value)}</td></tr>"
            for r in self.readings
        )
        head = f"<p><b>{html.escape(self.id)}</b> {html.escape(self.title)}</p>"
        return f"{head}<table><tr><th>reading</th><th>conclusion</th><th>status</th></tr>{rows}</table>"


def _named(owner: str, kind: str, items: Sequence[Any], name: str) -> Any:
    for item in items:
        if item.name == name:
            return item
    known = ", ".join(item.name for item in items) or "none"
    raise UsageError(f"{owner} has no {kind} named {name!r}", hint=f"it has: {known}")
