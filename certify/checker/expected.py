"""What a claim must look like and how it is proved: one entry of the list that the checker demands.

Everything but the published enclosures of a claim follows from the chain, the thresholds and other published numbers;
the checker generates it anew and compares. The enclosures are then held against enclosures of the checker's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb

from certify.checker.arithmetic.rounding import ball
from certify.claims.assertion import Assertion
from certify.claims.causes import not_decided, undecided
from certify.verdict import Claim, Enclosure, Kind, Parameter, Verdict

__all__ = ["Expected", "Fault", "Proof", "ball_of", "enclosed", "faults_of", "outward", "shown"]

Proof = Callable[[tuple[Enclosure, ...]], str]
"""From the published values to the reason why they are not proved; an empty reason when they are."""

_GRID_BITS = 40


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a claim: the field, what is wrong, what is recorded and what it should be."""

    field: str
    message: str
    recorded: str = ""
    recomputed: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """A claim that must be present.

    Parameters
    ----------
    asserted : all that it says in words.
    prove : proves its values.
    margin : computes the margin of an inequality.
    causes : why it may be undecided; an empty cause stands for the sentence that follows from the values.
    """

    asserted: Assertion
    prove: Proof
    margin: Callable[[tuple[Enclosure, ...]], Enclosure] | None = None
    causes: Callable[[], Sequence[str]] | None = None


def faults_of(claim: Claim, expected: Expected) -> list[Fault]:
    """All that is wrong with a claim that should be ``expected``."""
    found: list[Fault] = []
    asserted = expected.asserted

    def same(name: str, recorded: object, wanted: object) -> None:
        if recorded != wanted:
            found.append(Fault(name, f"the {name} is not that of this claim", str(recorded), str(wanted)))

    if claim.kind is not asserted.kind:
        same("kind", claim.kind.value, asserted.kind.value)
    same("statement", claim.statement, asserted.statement)
    same("strict", claim.strict, asserted.strict)
    same("note", claim.note, asserted.note)
    found += _parameter_faults(claim.parameters, asserted.parameters)
    if len(claim.values) != asserted.count:
        return [*found, Fault("values", "the number of values", str(len(claim.values)), str(asserted.count))]
    if not all(value.valid for value in claim.values):
        return [*found, Fault("values", "an enclosure is inverted or not a number")]
    margin = (expected.margin or _margin_of_width(asserted.limit))(claim.values)
    if (claim.margin.lower, claim.margin.upper) != (margin.lower, margin.upper):
        found.append(Fault("margin", "the margin does not follow from the values", shown(claim.margin), shown(margin)))
    verdict = _verdict(margin, asserted)
    if claim.verdict is not verdict:
        same("verdict", claim.verdict.value, verdict.value)
    admitted = _causes(claim.values, expected, verdict)
    if claim.cause not in admitted:
        message = "the cause is not one that this verdict can have"
        found.append(Fault("cause", message, claim.cause, " or: ".join(admitted)))
    found += [
        Fault("values", "an end point is finer than what is published", shown(value))
        for value in claim.values
        if not _on_grid(value)
    ]
    if reason := expected.prove(claim.values):
        found.append(Fault("values", reason, _shown_all(claim.values)))
    return found


def _parameter_faults(recorded: Mapping[str, Parameter], expected: Mapping[str, Parameter]) -> list[Fault]:
    found: list[Fault] = []
    if dict(recorded) == dict(expected) and all(type(recorded[name]) is type(x) for name, x in expected.items()):
        return found
    for name in sorted({*recorded, *expected}):
        left, right = recorded.get(name), expected.get(name)
        if left != right or type(left) is not type(right):
            found.append(Fault(f"parameters.{name}", "the parameter is not that of this claim", str(left), str(right)))
    return found


def _verdict(margin: Enclosure, asserted: Assertion) -> Verdict:
    """The verdict that a margin decides; a measurement that fails its limit is undecided, never refuted."""
    if margin.lower > 0 or (not asserted.strict and margin.lower == 0):
        return Verdict.CERTIFIED
    if asserted.kind is Kind.INEQUALITY and (margin.upper < 0 or (asserted.strict and margin.upper == 0)):
        return Verdict.REFUTED
    return Verdict.UNDECIDED


def _causes(values: Sequence[Enclosure], expected: Expected, verdict: Verdict) -> list[str]:
    """The sentences that may say why; none for a claim that is decided."""
    if verdict is not Verdict.UNDECIDED:
        return [""]
    if expected.asserted.counted:
        usual = not_decided(expected.asserted.counted, [value.upper - value.lower for value in values])
        return [cause or usual for cause in (expected.causes or _usual)()]
    width = _widest(values)
    asserted, known = expected.asserted, None if width is None else float(width)
    usual = undecided(asserted.kind, known, asserted.limit, asserted.widest(values))
    return [cause or usual for cause in (expected.causes or _usual)()]


def _usual() -> Sequence[str]:
    return ("",)


def _widest(values: Sequence[Enclosure]) -> Fraction | None:
    ends = _widest_ends(values)
    return None if ends is None else max(Fraction(upper) - Fraction(lower) for lower, upper in ends)


def _widest_ends(values: Sequence[Enclosure]) -> set[tuple[float, float]] | None:
    """The end points among which the widest enclosure is; None where one is not bounded.

    Rounding keeps order: its rounded width is the largest one.
    """
    if not all(-math.inf < value.lower <= value.upper < math.inf for value in values):
        return None
    rounded = [value.upper - value.lower for value in values]
    most = max(rounded, default=0.0)
    return {(v.lower, v.upper) for v, width in zip(values, rounded, strict=True) if width == most} or {(0.0, 0.0)}


def _margin_of_width(limit: float) -> Callable[[tuple[Enclosure, ...]], Enclosure]:
    """limit - (largest width) between neighbouring floats; minus infinity for an unbounded value."""

    def margin(values: tuple[Enclosure, ...]) -> Enclosure:
        ends = _widest_ends(values)
        if ends is None:
            return Enclosure(-math.inf, -math.inf)
        if len(ends) == 1 and (found := _less(limit, *next(iter(ends)))) is not None:
            return found
        width = max(Fraction(upper) - Fraction(lower) for lower, upper in ends)
        return outward(Fraction(limit) - width, Fraction(limit) - width)

    return margin


def _less(limit: float, lower: float, upper: float) -> Enclosure | None:
    """limit - (upper - lower) between neighbouring floats, where the width is a float."""
    width, lost = _difference(upper, lower)
    margin, rest = _difference(limit, width)
    if lost != 0 or rest != rest:
        return None
    # The exact margin is margin + rest, and margin is the float nearest to it.
    below = math.nextafter(margin, -math.inf) if rest < 0 else margin
    return Enclosure(below, math.nextafter(margin, math.inf) if rest > 0 else margin)


def _difference(a: float, b: float) -> tuple[float, float]:
    """fl(a - b), and exactly what it is less than a - b (Knuth); the second is NaN, or not 0, where that overflows."""
    found = a - b
    other = found - a
    return found, (a - (found - other)) - (b + other)


def outward(lower: Fraction, upper: Fraction) -> Enclosure:
    """The narrowest float enclosure of two exact numbers in order."""
    return Enclosure(-_ceiling(-lower), _ceiling(upper))


def _ceiling(x: Fraction) -> float:
    try:
        nearest = float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.nextafter(math.inf, 0.0)
    return nearest if Fraction(nearest) >= x else math.nextafter(nearest, math.inf)


def _on_grid(value: Enclosure) -> bool:
    """Whether the end points are multiples of 2^-40 of the larger one's power of two, or one exact number."""
    if value.lower == value.upper or not -math.inf < value.lower <= value.upper < math.inf:
        return True
    e = math.frexp(max(abs(value.lower), abs(value.upper)))[1]
    # A number is on the grid when scaling by 2^(40 - e) and two spare bits makes it an integer.
    shift = min(_GRID_BITS + 2 - e, 1074)
    return math.ldexp(value.lower, shift).is_integer() and math.ldexp(value.upper, shift).is_integer()


def ball_of(value: Enclosure) -> arb:
    """The ball of a published enclosure; a NaN ball where it is not bounded."""
    return ball(value.lower, value.upper) if value.finite else arb.nan()


def enclosed(
    own: Sequence[arb],
    published: Sequence[Enclosure],
    room: float,
    *,
    nonnegative: bool = False,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> str:
    """Whether each own ball lies inside its published enclosure, and that is not needlessly wide.

    A published width may exceed 64 own widths by ``room`` (absolute) and by 2^-34 relative, no more: what is published
    is widened by a known rule, and a certificate that says less than it could was not written by this program. An
    infinite ``room`` waives this for what the prover knows to an accuracy of its own.
    An unbounded enclosure claims nothing, and neither does an end at or beyond that of the range ``within`` which the
    quantity cannot leave; not below 0 is ``nonnegative``.
    """
    least, most = (max(within[0], 0.0), within[1]) if nonnegative else within
    for place, (ours, theirs) in enumerate(zip(own, published, strict=True)):
        where = f" (value {place})" if len(own) > 1 else ""
        if not theirs.finite:
            if theirs.lower == -math.inf and theirs.upper == math.inf:
                continue
            return f"not proved: half of the enclosure is unbounded{where}"
        if not ours.is_finite():
            return f"not proved: the quantity could not be enclosed again{where}"
        low = theirs.lower <= least or arb(theirs.lower) <= ours
        if not (low and (theirs.upper >= most or ours <= arb(theirs.upper))):
            return f"not proved: the quantity is enclosed by {ours.str(17)}{where}"
        width = arb(theirs.upper) - arb(theirs.lower)
        allowed = 128 * ours.rad() + arb(room) + arb(max(abs(theirs.lower), abs(theirs.upper))) * arb(2) ** -34
        allowed += arb(2) ** -1068  # the grid ends at the smallest floats
        if not (width <= allowed or room == math.inf):
            return f"wider than what is published for a quantity known to be {ours.str(17)}{where}"
    return ""


def shown(value: Enclosure) -> str:
    """An enclosure in exact spelling."""
    return f"[{value.lower.hex()}, {value.upper.hex()}]"


def _shown_all(values: Sequence[Enclosure]) -> str:
    return ", ".join(map(shown, values[:2])) + (f", … ({len(values)} values)" if len(values) > 2 else "")
