r"""Declaring a theorem by functions: a docstring is the text, LaTeX stands once, in the decorator above it.

How to add a theorem
--------------------
Write ``theorems/statements/ID_name.py``. Its docstring has the title after the id, and the sections *Statement* and
*Reference*; the sections on hypotheses, necessity, reach and readings are made of what the module declares::

    theorem = Declaration(__doc__, strategy=pairs, parameters=PAIR, dimensions={"n": (1, 3)})

    @hypothesis(r"K,H\succeq0", needed="a reflection and a turned reflection have magnitude √2")
    def semidefinite(x: Instance) -> bool:
        "K and H are positive semidefinite"
        return ...

    @theorem.bound(r"\|[H,K]\|_F\le...", semidefinite, attained_at=lines)
    def magnitude(x: Instance, factor: Scalar = 1) -> Sides:
        "‖[H, K]‖_F/(‖H‖_F‖K‖_F) ≤ 1/√2"
        return value, bound

A parameter of a bound beyond the instance is a constant of the statement; :meth:`Declaration.constant` says what it
is, and a sharp one gets its mutant by itself. Every decorator leaves the function as it was: mutants may call it.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.theorem import (
    Cell,
    Constant,
    Constants,
    Hypothesis,
    Mutant,
    Need,
    Parameter,
    Proof,
    Property,
    Reading,
    Status,
    Stratum,
    Theorem,
    facts,
)
from theorems.exact.scalars import Scalar, num

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = ["Declaration", "Facts", "Sides", "hypothesis"]

Sides: TypeAlias = tuple[Scalar, Scalar]
"""What a bound returns: value and bound, computed independently of one another."""
Facts: TypeAlias = Iterator[tuple[str, object]]
"""What a proof yields: labels, each with a truth value or a Verdict."""

_Function = TypeVar("_Function", bound=Callable[..., Any])
_Draw: TypeAlias = "Callable[[], SearchStrategy[Instance]]"
_List: TypeAlias = Callable[[], Iterable[Instance]]
_SLIGHTLY = Fraction(1, 1000)


def hypothesis(
    latex: str, *, needed: str = "", defines: str = "", unneeded: str = "", name: str = ""
) -> Callable[[Callable[[Instance], bool | Verdict]], Hypothesis]:
    """A hypothesis; what happens without it is ``needed``, ``defines`` (a term), or ``unneeded``; open if none."""
    need = Need.NEEDED if needed else Need.DEFINITION if defines else Need.NOT_NEEDED if unneeded else Need.OPEN

    def declare(holds: Callable[[Instance], bool | Verdict]) -> Hypothesis:
        decide = _verdict(holds)
        return Hypothesis(name or _name(holds), _text(holds), latex, decide, need, needed or defines or unneeded)

    return declare


class Declaration:
    """A theorem in the making: its statement, and the evidence that its module declares."""

    def __init__(
        self,
        docstring: str | None,
        *,
        parameters: tuple[Parameter, ...],
        dimensions: Mapping[str, tuple[int, int]],
        strategy: _Draw,
        tight: _List | None = None,
        families: Callable[[int, Random], Iterable[Instance]] | None = None,
        aliases: tuple[str, ...] = (),
    ) -> None:
        heading, _, body = inspect.cleandoc(docstring or "").partition("\n")
        self.id, self.title = heading.rstrip(".").split(". ", 1)
        self.sections = dict(re.findall(r"^(\w+)\n((?:(?:[ ].*)?\n?)+)", body, flags=re.MULTILINE))
        source = " ".join(self.sections["Reference"].split()).partition(";")[0].rstrip(".")
        self._fixed: dict[str, Any] = {
            "id": self.id,
            "title": self.title,
            "source": source,
            "parameters": parameters,
            "dimensions": dict(dimensions),
            "strategy": strategy,
            "tight": tight,
            "families": families,
            "aliases": aliases,
        }
        self.hypotheses: dict[str, Hypothesis] = {}
        self.readings: dict[Callable[..., Any], Reading] = {}
        self.constants: list[Constant] = []
        self.proofs: dict[Callable[..., Proof], tuple[str, str, str]] = {}
        self.properties: list[Property] = []
        self.mutants: list[Mutant] = []
        self.cells: list[Cell] = []
        self.strata: list[Stratum] = []

    def bound(
        self,
        latex: str,
        *under: Hypothesis,
        false: bool = False,
        attained_at: _List | None = None,
        slack: str = "",
        gap: Fraction = Fraction(0),
        tight: _List | None = None,
        **other: Any,
    ) -> Callable[[_Function], _Function]:
        """A reading "value ≤ bound".

        Every instance of ``attained_at`` reaches it up to the relative ``gap``; where none can, ``slack`` says why.
        """

        def declare(function: _Function) -> _Function:
            numbers = tuple(inspect.signature(function).parameters)[1:]
            reached = {"tight": attained_at or tight, "attained": gap if attained_at else None, "slack": slack}
            self._reading(function, latex, under, false, sides=_sides(function), constants=numbers, **reached, **other)
            return function

        return declare

    def fact(
        self, latex: str, *under: Hypothesis, false: bool = False, **other: Any
    ) -> Callable[[_Function], _Function]:
        """A reading that is decided, without a margin.

        A parameter beyond the instance is a constant of the statement, as in a bound: with another value of it the
        reading must fail somewhere, or the checks could not tell it from one that always holds.
        """

        def declare(function: _Function) -> _Function:
            numbers = tuple(inspect.signature(function).parameters)[1:]
            self._reading(function, latex, under, false, decide=_decision(function), constants=numbers, **other)
            return function

        return declare

    def _reading(
        self, function: Callable[..., Any], latex: str, under: tuple[Hypothesis, ...], false: bool, **other: Any
    ) -> None:
        self.hypotheses |= {h.name: h for h in under}
        name = other.pop("name", "") or _name(function)
        status = Status.FALSE if false else other.pop("status", Status.TRUE)
        text, names = _text(function), tuple(h.name for h in under)
        self.readings[function] = Reading(name, text, latex, names, status, **other)

    def constant(
        self,
        name: str,
        text: str,
        *,
        sharp: bool = False,
        stronger: Literal["smaller", "larger"] = "smaller",
        wrong: Fraction | None = None,
    ) -> None:
        """What a constant is; its value is the default that the readings above give it.

        A sharp one gets mutants: 0.1 % stronger in the first reading that bounds, the ``wrong`` value, by default one
        more, in those that decide.
        """
        users = [f for f, reading in self.readings.items() if name in reading.constants]
        value = Fraction(inspect.signature(users[0]).parameters[name].default)
        self.constants.append(Constant(name, value, text, sharp, stronger))
        for reading in (self.readings[f] for f in users if sharp):
            if reading.decide is not None:
                other = value + 1 if wrong is None else wrong
                text = f"{name} = {other} in {reading.name}"
                self.mutants.append(Mutant(text, "another value", reading.name, {name: other}))
            elif not any(m.name == name for m in self.mutants):
                bent = value * (1 - _SLIGHTLY if stronger == "smaller" else 1 + _SLIGHTLY)
                self.mutants.append(Mutant(name, "0.1 % stronger", reading.name, {name: bent}))

    def proof(
        self, kind: Literal["symbolic", "exhaustive", "instances"], covers: str
    ) -> Callable[[Callable[..., Facts]], Callable[..., Proof]]:
        """A function that yields labelled facts; its arguments, if any, are for mutants."""

        def declare(function: Callable[..., Facts]) -> Callable[..., Proof]:
            @functools.wraps(function)
            def run(*altered: Any) -> Proof:
                return facts(kind, covers, function(*altered))

            vars(run)["kind"] = kind
            self.proofs[run] = (kind, covers, _text(function))
            return run

        return declare

    def property(
        self,
        function: Callable[[Instance], bool | Verdict | None] | None = None,
        *,
        name: str = "",
        strategy: _Draw | None = None,
    ) -> Any:
        """A fact about every instance, e.g. an invariance; None where it says nothing, which is not counted."""
        if function is None:
            return functools.partial(self.property, name=name, strategy=strategy)
        self.properties.append(Property(name or _name(function), _text(function), _verdict(function), strategy))
        return function

    def stratum(self, function: Callable[[Instance], bool]) -> Callable[[Instance], bool]:
        """A kind of instance that the strategy must produce."""
        self.strata.append(Stratum(_name(function), _text(function), function))
        return function

    def witness(self, reading: Callable[..., Any], without: Hypothesis | None, instance: Instance) -> None:
        """An exact instance that refutes a reading without one of its hypotheses, or a false reading (``None``)."""
        self._cell(reading, without, witness=instance)

    def stronger(
        self, reading: Callable[..., Any], without: Hypothesis, why: str, proof: Callable[..., Proof] | None = None
    ) -> None:
        """A reading holds without one of its hypotheses, for that reason and by that proof of this module."""
        self._cell(reading, without, stronger=why, proof=proof.__name__ if proof else "")

    def undecided(self, reading: Callable[..., Any], without: Hypothesis, why: str) -> None:
        """Whether a reading needs one of its hypotheses is not known."""
        self._cell(reading, without, open=why)

    def _cell(self, reading: Callable[..., Any], without: Hypothesis | None, **how: Any) -> None:
        self.cells.append(Cell(self.readings[reading].name, without.name if without else "", **how))

    def mutant(
        self,
        name: str,
        text: str,
        of: Callable[..., Any] | None = None,
        by: Callable[..., Any] | None = None,
        **how: Any,
    ) -> None:
        """A wrong version: another function in place of a reading, or a proof (``proof=``) that must fail."""
        if of is None:
            self.mutants.append(Mutant(name, text, symbolic=how["proof"]))
            return
        decided = self.readings[of].decide is not None
        how = {"decide": _decision(by)} if by and decided else {"sides": _sides(by)} if by else {"constants": how}
        self.mutants.append(Mutant(name, text, self.readings[of].name, **how))

    def finished(self) -> Theorem:
        """The theorem, with all that was declared."""
        return Theorem(
            **self._fixed,
            hypotheses=tuple(self.hypotheses.values()),
            readings=tuple(self.readings.values()),
            constants=tuple(self.constants),
            symbolic=tuple(self.proofs),
            properties=tuple(self.properties),
            mutants=tuple(self.mutants),
            cells=tuple(self.cells),
            strata=tuple(self.strata),
        )

    def prose(self) -> str:
        """The docstring, with the sections on hypotheses, necessity, reach and readings made of the declarations."""
        true = [r.name for r in self.readings.values() if r.status is not Status.FALSE]
        false = [r.name for r in self.readings.values() if r.status is Status.FALSE]
        made = {
            "Hypotheses": [f"*{h.name}* ({h.text})" for h in self.hypotheses.values()],
            "Needed": [f"*{h.name}*: {h.need.value}{f' ({h.why})' * bool(h.why)}" for h in self.hypotheses.values()],
            "Reach": [f"{kind}, {covers}: {text}" for kind, covers, text in self.proofs.values()],
            "Readings": [f"{', '.join(f'*{n}*' for n in true)}: true", f"{', '.join(f'*{n}*' for n in false)}: false"],
        }
        text = {name: "    " + ";\n    ".join(lines) + ".\n" for name, lines in made.items() if lines}
        order = ("Statement", "Hypotheses", "Needed", "Reach", "Readings", "Reference")
        written = {**text, **{name: part.rstrip() + "\n" for name, part in self.sections.items()}}
        return "\n".join([f"{self.id}. {self.title}.\n", *(f"{n}\n{written[n]}" for n in order if n in written)])


def _name(function: Callable[..., Any]) -> str:
    return function.__name__.strip("_").replace("_", " ")


def _text(function: Callable[..., Any]) -> str:
    return " ".join(inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].split()).rstrip(".")


def _sides(function: Callable[..., Any]) -> Callable[[Instance, Constants], Sides]:
    numbers = tuple(inspect.signature(function).parameters)[1:]
    return lambda x, values: function(x, **{name: num(values[name]) for name in numbers if name in values})


def _verdict(function: Callable[[Instance], bool | Verdict | None]) -> Callable[[Instance], Any]:
    def decide(x: Instance) -> Verdict | None:
        found = function(x)
        if found is None or isinstance(found, Verdict):
            return found
        return Verdict.CERTIFIED if found else Verdict.REFUTED

    return decide


def _decision(function: Callable[..., bool | Verdict]) -> Callable[[Instance, Constants], Verdict]:
    numbers = tuple(inspect.signature(function).parameters)[1:]
    return lambda x, values: _verdict(
        lambda y: function(y, **{name: num(values[name]) for name in numbers if name in values})
    )(x)
