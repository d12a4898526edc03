"""The picture of a witness: the straight line from an instance where the claim holds to the witness, and beyond."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import cast

from certify.verdict import Verdict
from theorems.app.between import blend, signature
from theorems.app.family import Control, Family, Values
from theorems.app.page import legend
from theorems.app.plot import plot
from theorems.app.samples import samples
from theorems.app.sweep import Point, judge, sweep
from theorems.engine.families import structured
from theorems.engine.instance import Instance, Matrix, Value, Vector, fractions_of, kind_of
from theorems.engine.theorem import Reading, Theorem
from theorems.engine.witness import Witness

__all__ = ["line_picture", "line_points", "sound_neighbour"]

_STEP = Control(
    "t", "from an instance where it holds (0) to the witness (1)", Fraction(0), Fraction(5, 4), Fraction(1, 40)
)
_CANDIDATES = 4000


def sound_neighbour(witness: Witness, judged: int = 64) -> Instance | None:
    """An instance of the same shape where hypotheses and conclusion hold, the nearest of the first ``judged``.

    Where none is found, one where the conclusion alone holds; None where there is not even that.
    """
    theorem, reading = witness.theorem, witness.reading
    wanted, constants = signature(witness.instance), theorem.values(witness.constants)
    sound, lucky = list[Instance](), list[Instance]()
    same = (
        x for x in _candidates(theorem, reading, witness.instance) if signature(x) == wanted and x != witness.instance
    )
    for x in itertools.islice(same, judged):
        found = judge(theorem, reading, x, constants)
        if found.verdict is Verdict.CERTIFIED:
            (sound if found.assumed is Verdict.CERTIFIED else lucky).append(x)
        if len(sound) >= 24:
            break
    return min(sound or lucky, key=lambda x: _distance(x, witness.instance), default=None)


def _candidates(theorem: Theorem, reading: Reading, x: Instance) -> Iterator[Instance]:
    yield from samples(theorem, reading)
    yield _plain(x)
    side = max((len(v) for _, v in x.items if isinstance(v, tuple)), default=2)
    yield from itertools.islice(structured(theorem, side), _CANDIDATES)


def _plain(x: Instance) -> Instance:
    """The instance with all entries of its vectors 1 and with diagonals of ones for its matrices."""
    plain: dict[str, Value] = {}
    for name, value in x.items:
        if kind_of(value) == "vector":
            plain[name] = (Fraction(1),) * len(cast(Vector, value))
        elif kind_of(value) == "matrix":
            rows = cast(Matrix, value)
            plain[name] = tuple(tuple(Fraction(int(i == j)) for j in range(len(row))) for i, row in enumerate(rows))
    return x.replace(**plain)


def _distance(x: Instance, y: Instance) -> Fraction:
    pairs = zip((v for _, v in x.items), (v for _, v in y.items), strict=True)
    return sum(
        (abs(a - b) for v, w in pairs for a, b in zip(fractions_of(v), fractions_of(w), strict=True)), start=Fraction(0)
    )


def line_points(witness: Witness, neighbour: Instance, points: int = 51) -> list[Point]:
    """The sweep along the line."""

    def build(values: Values) -> Instance:
        return blend(neighbour, witness.instance, Fraction(values["t"]))

    family = Family("line", "", (_STEP,), build)
    constants: Mapping[str, Fraction] = witness.theorem.values(witness.constants)
    return sweep(
        witness.theorem, witness.reading, family, {}, "t", constants, witness.dropped, points=points, seconds=2.0
    )


def line_picture(witness: Witness) -> str:
    """The line to the witness as HTML; empty where no sound instance of its shape is found quickly."""
    neighbour = sound_neighbour(witness)
    if neighbour is None or not any(isinstance(v, tuple | Fraction) for _, v in witness.instance.items):
        return ""
    points = line_points(witness, neighbour)
    constants = witness.theorem.values(witness.constants)
    now = judge(witness.theorem, witness.reading, witness.instance, constants, witness.dropped)
    wide, narrow = (
        plot(points, label_x=text, current=(Fraction(1), now), width=width, height=height, name=name)
        for text, width, height, name in (
            (_STEP.label, 720, 360, "line-wide"),
            ("0: it holds · 1: the witness", 380, 300, "line-narrow"),
        )
    )
    return (
        f"{legend(witness.reading.sides is not None, witness.dropped)}"
        f'<div class="ps-wide">{wide}</div><div class="ps-narrow">{narrow}</div>'
    )
