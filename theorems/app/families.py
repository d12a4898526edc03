"""Families of instances for any theorem, made from its parameters alone.

*Spectra and angles*: every matrix has singular values k^(−α) on its diagonal, rotated by an angle and perturbed;
scalars have sliders of their own. *Between samples*: the straight line between two instances of the theorem's own
strategy, scaled and perturbed. A theorem that is added by one file has both without saying anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast

from certify.errors import PolystableError
from certify.verdict import Verdict
from theorems.app.between import NOISE, between
from theorems.app.building import fixed_integers, fixed_matrix, plus, rotation
from theorems.app.family import Control, Family, Values
from theorems.app.samples import samples
from theorems.engine.instance import Instance, Matrix
from theorems.engine.theorem import Parameter, Reading, Theorem
from theorems.subjects.rational_matrices import diagonal, product, transpose

__all__ = ["families", "spectral"]

_ANGLE = Control("angle", "angle θ (degrees)", Fraction(0), Fraction(90), Fraction(1), Fraction(20))
_ALPHA = Control("alpha", "exponent α", Fraction(0), Fraction(3), Fraction(1, 8), Fraction(1))
_LEAD = Control("lead", "lead", Fraction(1, 2), Fraction(2), Fraction(1, 16), Fraction(1))


def families(theorem: Theorem, reading: Reading) -> list[Family]:
    """The families of a theorem, the one whose start meets more of the reading's hypotheses first."""
    found = samples(theorem, reading)
    offered = [spectral(theorem, reading, found)]
    if found:
        offered.append(between(found))
    offered = [family for family in offered if any(not c.options for c in family.controls)]
    return sorted(offered, key=lambda f: _fulfilled(theorem, reading, f)[0], reverse=True)


def _fulfilled(theorem: Theorem, reading: Reading, family: Family) -> tuple[int, int]:
    """How many hypotheses of the reading hold at the start, then how many of the theorem's."""
    try:
        instance = family.build(family.start())
        held = [h for h in theorem.hypotheses if h.holds(instance) is Verdict.CERTIFIED]
    except (PolystableError, ArithmeticError, ValueError, IndexError, KeyError):
        return (-1, -1)
    return sum(h.name in reading.hypotheses for h in held), len(held)


def spectral(theorem: Theorem, reading: Reading, found: Sequence[Instance]) -> Family:
    """Power-law spectra, an angle between neighbours, a perturbation; a slider or a choice for every scalar."""
    controls = [*_widths(theorem)]
    matrices = [p for p in theorem.parameters if p.kind in ("matrix", "vector", "chain")]
    if len(matrices) > 2:
        controls.append(_ALPHA)
    for place, p in enumerate(matrices):
        if len(matrices) <= 2:
            start = Fraction(1) + Fraction(place, 2)
            controls.append(replace(_ALPHA, name=f"alpha {p.name}", label=f"exponent α of {p.name}", start=start))
            controls.append(replace(_LEAD, name=f"lead {p.name}", label=f"lead of {p.name}"))
        if p.kind == "chain":
            controls.append(Control(f"length {p.name}", "layers", Fraction(2), Fraction(4), start=Fraction(2)))
    if any(p.kind != "vector" for p in matrices):
        controls.append(_ANGLE)
    if matrices:
        controls.append(NOISE)
    controls += [_scalar(theorem, p) for p in theorem.parameters if p.kind in ("integer", "rational")]
    controls += [
        Control(p.name, p.name.replace("_", " "), options=p.options) for p in theorem.parameters if p.kind == "choice"
    ]

    def build(values: Values) -> Instance:
        return Instance.of(**{p.name: _value(theorem, p, values, k) for k, p in enumerate(theorem.parameters)})

    text = (
        "Singular values k^(−α) as nearby rationals, the first replaced by the lead; the first matrix turned by θ on "
        "both sides; everything perturbed by ε times fixed integers."
    )
    family = Family(
        "spectra and angles" if matrices else "parameters", text if matrices else "", tuple(controls), build
    )
    return _at_a_sample(theorem, reading, family, found)


def _at_a_sample(theorem: Theorem, reading: Reading, family: Family, found: Sequence[Instance]) -> Family:
    """Start the scalars where a sample has them, rounded to steps: the first sample for which the hypotheses hold."""
    scalars = [p.name for p in theorem.parameters if p.kind in ("integer", "rational")]
    best, most = family, _fulfilled(theorem, reading, family)
    for x in found:
        values = {n: Fraction(cast(Fraction, x[n])) for n in scalars if n in x.names}
        candidate = family.started(values)
        held = _fulfilled(theorem, reading, candidate)
        if held > most:
            best, most = candidate, held
    return best


def _dimensions(theorem: Theorem) -> list[str]:
    names = [n for p in theorem.parameters for n in (p.rows, p.columns) if n]
    return list(dict.fromkeys(names))


def _linked(theorem: Theorem) -> bool:
    """Whether one width serves all dimensions: they have the same range."""
    return len({theorem.dimensions.get(n, (1, 3)) for n in _dimensions(theorem)}) == 1


def _widths(theorem: Theorem) -> list[Control]:
    names = _dimensions(theorem)
    if not names:
        return []
    if _linked(theorem):
        low, high = theorem.dimensions.get(names[0], (1, 3))
        return [Control("width", "width d", Fraction(low), Fraction(high), start=Fraction(min(3, high)))]
    ranges = {n: theorem.dimensions.get(n, (1, 3)) for n in names}
    return [
        Control(f"width {n}", f"width {n}", Fraction(low), Fraction(high), start=Fraction((low + high + 1) // 2))
        for n, (low, high) in ranges.items()
    ]


def _side(theorem: Theorem, name: str, values: Values) -> int:
    key = "width" if _linked(theorem) else f"width {name}"
    return int(cast(Fraction, values[key]))


def _scalar(theorem: Theorem, p: Parameter) -> Control:
    low = p.low
    high = p.high if isinstance(p.high, Fraction) else Fraction(theorem.dimensions.get(p.high, (1, 3))[1])
    if p.kind == "integer":
        return Control(p.name, p.name, low, high, Fraction(1), min(high, low + 1))
    step = Fraction(1, 8) if high - low > 2 else Fraction(1, 32)
    return Control(p.name, p.name, low, high, step, (low + high) / 2)


def _value(theorem: Theorem, p: Parameter, values: Values, place: int) -> object:
    if p.kind == "integer":
        return int(cast(Fraction, values[p.name]))
    if p.kind in ("rational", "choice"):
        return values[p.name]
    noise = cast(Fraction, values["noise"])
    alpha = cast(Fraction, values.get(f"alpha {p.name}", values.get("alpha")))
    lead = cast(Fraction, values.get(f"lead {p.name}", Fraction(1)))

    def powers(d: int) -> list[Fraction]:
        return [lead, *(Fraction(k ** -float(alpha)).limit_denominator(1000) for k in range(2, d + 1))]

    if p.kind == "vector":
        high = p.high if isinstance(p.high, Fraction) else Fraction(1)
        entries = [high * x for x in powers(_side(theorem, p.rows, values))]
        shaken = [x + noise * n for x, n in zip(entries, fixed_integers(p.name, len(entries)), strict=True)]
        return [min(max(x, p.low), high) for x in shaken]
    if p.kind == "chain":
        width, length = _side(theorem, p.rows, values), int(cast(Fraction, values[f"length {p.name}"]))
        return [_layer(f"{p.name}{k}", width, width, powers, values, turned=k + 1 < length) for k in range(length)]
    rows, columns = _side(theorem, p.rows, values), _side(theorem, p.columns, values)
    if p.symmetric:
        q = rotation(rows, cast(Fraction, values["angle"])) if place == 0 else rotation(rows, Fraction(0))
        turned = product(q, diagonal(powers(rows), rows, rows), transpose(q))
        n = fixed_matrix(p.name, rows, rows)
        return plus(turned, plus(n, transpose(n), Fraction(1)), noise)
    return _layer(p.name, rows, columns, powers, values, turned=place == 0)


def _layer(
    name: str, rows: int, columns: int, spectrum: Callable[[int], list[Fraction]], values: Values, *, turned: bool
) -> Matrix:
    """The diagonal, plus ε times a fixed matrix of small integers; turned on both sides, so that products and quotients
    with a neighbour that is not turned both feel the angle."""
    plain = diagonal(spectrum(min(rows, columns)), rows, columns)
    if turned:
        angle = cast(Fraction, values["angle"])
        plain = product(rotation(rows, angle), plain, transpose(rotation(columns, angle)))
    return plus(plain, fixed_matrix(name, rows, columns), cast(Fraction, values["noise"]))
