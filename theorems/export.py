"""A verified witness in the languages of others: a LaTeX block, a SymPy script, a Lean 4 file.

The instance is exact in each of them. The two sides of the refuted inequality are written exactly where they have a
closed form, else as rational bounds that the toolkit proved; the text says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from certify.errors import InputError
from certify.rigor.ball import ball, interval, precision
from certify.verdict import Verdict
from theorems.engine.instance import Chain, Matrix, Value, Vector, format_value, kind_of
from theorems.engine.witness import Witness
from theorems.exact.scalars import exact_values

__all__ = ["FORMATS", "export"]

_BITS = 192


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of the inequality: a closed form as a SymPy number, or None, and rational bounds."""

    exact: Any
    low: Fraction
    high: Fraction

    @property
    def rational(self) -> bool:
        return self.low == self.high


def export(witness: Witness, format: str) -> str:
    """The text of a witness in one of :data:`FORMATS`.

    Raises
    ------
    InputError : no such format; or Lean is asked for a conclusion that is decided rather than compared, so that there
        is no inequality between rationals.
    """
    if format not in FORMATS:
        raise InputError(f"no format {format!r}", hint=f"one of {', '.join(FORMATS)}")
    return FORMATS[format](witness)


def _sides(witness: Witness) -> tuple[_Side, _Side] | None:
    """Value and bound of the conclusion; None where it is decided rather than compared."""
    sides = witness.reading.sides
    if sides is None:
        return None
    constants = witness.theorem.values(witness.constants)
    exact = exact_values(lambda: sides(witness.instance, constants))
    with precision(_BITS):
        balls = [interval(ball(side)) for side in sides(witness.instance, constants)]
    found: list[_Side] = []
    for value, (low, high) in zip(exact or (None, None), balls, strict=True):
        ends = Fraction(low), Fraction(high)
        if value is not None and value.is_Rational:
            ends = (Fraction(int(value.p), int(value.q)),) * 2
        found.append(_Side(value, *ends))
    return found[0], found[1]


def _heading(witness: Witness) -> list[str]:
    without = f" without {witness.dropped!r}" if witness.dropped else ""
    changed = "".join(f" with {name} = {value}" for name, value in witness.constants.items())
    return [
        f"{witness.theorem.id}. {witness.theorem.title}",
        f"Counterexample to {witness.reading.name!r}{without}{changed}: {witness.reading.text}",
        *(f"{name}: {verdict.value}" for name, verdict in witness.finding.hypotheses.items()),
    ]


def _named(witness: Witness) -> list[tuple[str, Value]]:
    """The values under names of their own, the matrices of a chain one by one."""
    found: list[tuple[str, Value]] = []
    for name, value in witness.instance.items:
        if kind_of(value) == "chain":
            found += [(f"{name}_{k}", m) for k, m in enumerate(cast(Chain, value), start=1)]
        else:
            found.append((name, value))
    return found


def _rows(value: Value) -> Matrix:
    """A matrix, or a vector as one column."""
    if kind_of(value) == "vector":
        return tuple((x,) for x in cast(Vector, value))
    return cast(Matrix, value)


def _latex(witness: Witness) -> str:
    heading = _heading(witness)
    held = [name for name, verdict in witness.finding.hypotheses.items() if verdict is Verdict.CERTIFIED]
    words = [_latex_text(line) for line in (heading[0], heading[1].partition(":")[0])]
    if held:
        words.append(f"The hypotheses that hold: {_latex_text(', '.join(held))}")
    values = [rf"{_latex_name(name)} &= {_latex_value(value)}" for name, value in _named(witness)]
    lines = [
        r"\begin{example}",
        *(f"{line.rstrip('.')}." for line in words),
        r"\begin{align*}",
        *(f"  {line},\\\\" for line in values[:-1]),
        f"  {values[-1]}.",
        r"\end{align*}",
        rf"The claim $\displaystyle {witness.reading.latex}$ fails:",
        *_latex_conclusion(witness),
        r"\end{example}",
    ]
    return "\n".join(lines) + "\n"


def _latex_conclusion(witness: Witness) -> list[str]:
    sides = _sides(witness)
    if sides is None:
        return ["exact arithmetic decides that it does not hold."]
    value, bound = map(_latex_side, sides)
    return [f"its left side {value}, its right side {bound}."]


def _latex_side(side: _Side) -> str:
    if side.exact is not None:
        import sympy

        return f"is ${sympy.latex(side.exact)}$"
    # Nine digits and one unit of the last of them are wider than bounds of 53 bits.
    centre = float((side.low + side.high) / 2)
    return rf"is ${centre:.9g}$ to within $10^{{{_exponent(centre) - 8}}}$"


def _exponent(x: float) -> int:
    return math.floor(math.log10(abs(x))) if x else 0


def _latex_text(text: str) -> str:
    special = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", **{c: f"\\{c}" for c in "&%$#_{}"}}
    return "".join(special.get(c, c) for c in text)


def _latex_name(name: str) -> str:
    base, _, index = name.partition("_")
    shown = base if len(base) == 1 else rf"\mathrm{{{base}}}"
    return f"{shown}'" if index == "next" else shown + (f"_{{{_latex_text(index)}}}" if index else "")


def _latex_value(value: Value) -> str:
    if kind_of(value) == "choice":
        return rf"\text{{{_latex_text(str(value))}}}"
    if not isinstance(value, tuple):
        return _latex_number(Fraction(value))
    rows = [" & ".join(map(_latex_number, row)) for row in _rows(value)]
    return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"


def _latex_number(x: Fraction) -> str:
    if x.denominator == 1:
        return str(x.numerator)
    return ("-" if x < 0 else "") + rf"\tfrac{{{abs(x.numerator)}}}{{{x.denominator}}}"


def _sympy(witness: Witness) -> str:
    lines = ['"""' + "\n".join([*_heading(witness), '"""']), "", "from sympy import *", ""]
    lines += [f"{name} = {_sympy_value(value)}" for name, value in _named(witness)]
    sides = _sides(witness)
    if sides is None:
        return "\n".join([*lines, "", "# Exact arithmetic decides that the conclusion does not hold.", ""])
    lines.append("")
    for name, side in zip(("value", "bound"), sides, strict=True):
        low, high = _sympy_number(side.low), _sympy_number(side.high)
        if side.exact is not None:
            lines.append(f"{name}_low = {name}_high = {_sympy_expression(side.exact)}")
        else:
            lines += [
                f"# The {name} has no closed form here; it was proved to lie between these two.",
                f"{name}_low, {name}_high = {low}, {high}",
            ]
    relation = "<=" if witness.reading.strict else "<"
    lines += ["", f"assert bound_high {relation} value_low", "print(N(value_low), '>', N(bound_high))", ""]
    return "\n".join(lines)


def _sympy_value(value: Value) -> str:
    if kind_of(value) == "choice":
        return repr(value)
    if not isinstance(value, tuple):
        return _sympy_number(Fraction(value))
    rows = ", ".join("[" + ", ".join(map(_sympy_number, row)) + "]" for row in _rows(value))
    return f"Matrix([{rows}])"


def _sympy_expression(x: Any) -> str:
    from sympy.printing import sstr

    return sstr(x, sympy_integers=True)


def _sympy_number(x: Fraction) -> str:
    return str(x.numerator) if x.denominator == 1 else f"Rational({x.numerator}, {x.denominator})"


def _lean(witness: Witness) -> str:
    sides = _sides(witness)
    if sides is None:
        raise InputError(
            f"{witness.reading.name!r} of {witness.theorem.id} is decided, not compared",
            place="no inequality between rationals to state",
            hint="--format sympy or latex",
        )
    value, bound = sides
    strict = "≤" if witness.reading.strict else "<"
    lines = ["import Mathlib", "", "/-!", *_heading(witness), "-/", "", "namespace Counterexample", ""]
    lines += [_lean_value(name, item) for name, item in _named(witness)]
    lines += [
        "",
        f"/-- The left side of the claim at this instance{_lean_note(value, 'at least')} -/",
        f"def leftSide : ℚ := {_lean_number(value.low)}",
        "",
        f"/-- The right side of the claim at this instance{_lean_note(bound, 'at most')} -/",
        f"def rightSide : ℚ := {_lean_number(bound.high)}",
        "",
        "/-- The claim would need the left side to be at most the right one. That the two numbers are those of the",
        "instance above was computed in exact arithmetic outside Lean. -/",
        f"theorem refuted : rightSide {strict} leftSide := by",
        "  norm_num [leftSide, rightSide]",
        "",
        "end Counterexample",
        "",
    ]
    return "\n".join(lines)


def _lean_note(side: _Side, relation: str) -> str:
    return "." if side.rational else f" is irrational here, and {relation} this rational, as was proved with balls."


def _lean_value(name: str, value: Value) -> str:
    kind = kind_of(value)
    if kind == "choice":
        return f"-- {name} = {format_value(value)}"
    if not isinstance(value, tuple):
        kind = "ℤ" if isinstance(value, int) else "ℚ"
        return f"def {_lean_name(name)} : {kind} := {_lean_number(Fraction(value))}"
    rows = _rows(value)
    body = "; ".join(", ".join(map(_lean_number, row)) for row in rows)
    return f"def {_lean_name(name)} : Matrix (Fin {len(rows)}) (Fin {len(rows[0])}) ℚ := !![{body}]"


def _lean_name(name: str) -> str:
    """The name, between marks that make any word a name."""
    return f"«{name}»"


def _lean_number(x: Fraction) -> str:
    text = str(x.numerator) if x.denominator == 1 else f"{x.numerator} / {x.denominator}"
    return f"({text})" if x < 0 else text


FORMATS: dict[str, Callable[[Witness], str]] = {"latex": _latex, "sympy": _sympy, "lean": _lean}
"""What :func:`export` writes."""
