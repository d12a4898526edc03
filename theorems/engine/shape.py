"""The shape of an instance: which values it has, and the sides that named dimensions give them.

A shape is a hypothesis of every reading: an instance of another shape is not one that the theorem speaks of.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from certify.errors import InputError
from theorems.engine.instance import Chain, Instance, Matrix, Value, kind_of
from theorems.engine.theorem import Parameter, Theorem

__all__ = ["check_shape", "fits"]


def fits(theorem: Theorem, x: Instance) -> bool:
    """Whether an instance has the values that the theorem declares, of their kinds, with sides that agree."""
    return next(_misfits(theorem, x), None) is None


def check_shape(theorem: Theorem, x: Instance) -> None:
    """Refuse an instance of another shape.

    Raises
    ------
    InputError : a value is missing, unknown, of another kind or out of range, or two sides disagree.
    """
    for place, what, hint in _misfits(theorem, x):
        raise InputError(f"{theorem.id}: {what}", place=place, hint=hint)


def _misfits(theorem: Theorem, x: Instance) -> Iterator[tuple[str, str, str]]:
    """Where, what, and what to try, for everything that is wrong."""
    declared, names = [p.name for p in theorem.parameters], x.names
    for name in dict.fromkeys((*declared, *names)):
        if names.count(name) != declared.count(name):
            what = "is missing" if name not in names else "is not a parameter, or stands twice"
            yield "instance", f"{name[:80]} {what}", f"an instance has {', '.join(declared)}"
            return
    sides: dict[str, tuple[int, str]] = {}
    for p in theorem.parameters:
        value, place = x[p.name], f"instance.{p.name}"
        kinds = {kind_of(value), "rational"} if isinstance(value, int) else {kind_of(value)}
        if p.kind not in kinds:
            yield place, f"{p.name} is a {kind_of(value)}", f"{p.name} is a {p.kind}"
            return
        yield from _out_of_range(p, value, place)
        for dimension, side in _sides(p, value):
            known, owner = sides.setdefault(dimension, (side, p.name))
            if side != known:
                hint = f"both are the dimension {dimension}"
                yield place, f"{p.name} has a side of {side} where {owner} has {known}", hint


def _out_of_range(p: Parameter, value: Value, place: str) -> Iterator[tuple[str, str, str]]:
    if p.kind == "choice" and value not in p.options:
        yield place, f"{p.name} is {str(value)[:80]!r}", f"one of {', '.join(p.options)}"
    elif p.kind == "integer" and cast(int, value) < p.low:
        yield place, f"{p.name} is below {p.low}", f"{p.name} from {p.low} on"
    elif p.kind == "matrix" and p.symmetric and any(a != b for a, b in _mirrored(cast(Matrix, value))):
        yield place, f"{p.name} is not symmetric", "equal entries on both sides of the diagonal"


def _mirrored(m: Matrix) -> Iterator[tuple[object, object]]:
    if len(m) == len(m[0]):
        yield from ((m[i][j], m[j][i]) for i in range(len(m)) for j in range(i))


def _sides(p: Parameter, value: Value) -> Iterator[tuple[str, int]]:
    if p.kind == "vector":
        yield p.rows, len(cast(Matrix, value))
    elif p.kind == "matrix":
        yield p.rows, len(cast(Matrix, value))
        yield p.columns, len(cast(Matrix, value)[0])
    elif p.kind == "chain":
        matrices = cast(Chain, value)
        for k, m in enumerate(matrices):
            yield f"{p.name}[{k}]", len(m[0])
            yield f"{p.name}[{k + 1}]", len(m)
