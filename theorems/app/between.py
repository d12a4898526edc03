"""The straight line between two exact instances, its matrices scaled and perturbed."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import cast

from theorems.app.building import fixed_integers, fixed_matrix
from theorems.app.family import Control, Family, Values
from theorems.engine.instance import Chain, Instance, Matrix, Value, Vector, kind_of

__all__ = ["NOISE", "between", "blend", "scaled", "signature"]

NOISE = Control("noise", "perturbation ε", Fraction(0), Fraction(1, 2), Fraction(1, 64), Fraction(0))


def signature(x: Instance) -> tuple[object, ...]:
    """The names, kinds and shapes of the values, and the discrete ones: instances that agree can be blended."""
    return tuple((name, *_shape(value)) for name, value in x.items)


def _shape(value: Value) -> tuple[object, ...]:
    kind = kind_of(value)
    if kind in ("integer", "choice"):
        return (kind, value)
    if kind == "chain":
        return (kind, *((len(m), len(m[0])) for m in cast(Chain, value)))
    if kind == "matrix":
        return (kind, len(cast(Matrix, value)), len(cast(Matrix, value)[0]))
    return (kind, len(cast(Vector, value))) if kind == "vector" else (kind,)


def blend(x: Instance, y: Instance, t: Fraction) -> Instance:
    """(1 − t)x + ty, number by number; the instances agree in their :func:`signature`."""
    return Instance(tuple((name, _blend(v, y[name], t)) for name, v in x.items))


def _blend(v: Value, w: Value, t: Fraction) -> Value:
    if isinstance(v, Fraction):
        return (1 - t) * v + t * cast(Fraction, w)
    if isinstance(v, tuple):
        return cast(Value, tuple(_blend(a, b, t) for a, b in zip(v, cast(Vector, w), strict=True)))
    return v


def between(found: Sequence[Instance]) -> Family:
    """The line from one sample to another of the same signature, its matrices scaled and perturbed."""
    groups: dict[tuple[object, ...], list[Instance]] = {}
    for x in found:
        groups.setdefault(signature(x), []).append(x)
    ordered = [x for x in found if len(groups[signature(x)]) > 1] or list(found)
    partners = max(len(groups[signature(x)]) for x in ordered) - 1
    shaken = any(isinstance(v, tuple) for _, v in ordered[0].items)
    one = Fraction(1)
    controls = [Control("from", "from sample", one, Fraction(len(ordered)), start=one)] if len(ordered) > 1 else []
    if partners > 1:
        controls.append(Control("to", "to its neighbour", one, Fraction(partners), start=one))
    if partners > 0:
        controls.append(Control("t", "position t", Fraction(0), one, Fraction(1, 32), Fraction(0)))
    if shaken:
        controls += [Control("scale", "scale", Fraction(1, 4), Fraction(4), Fraction(1, 4), Fraction(1)), NOISE]

    def build(values: Values) -> Instance:
        number = {k: cast(Fraction, v) for k, v in values.items()}
        x = ordered[int(number.get("from", one)) - 1]
        group = groups[signature(x)]
        y = group[(group.index(x) + int(number.get("to", one))) % len(group)]
        line = blend(x, y, number.get("t", Fraction(0)))
        return scaled(line, number.get("scale", Fraction(1)), number.get("noise", Fraction(0)))

    return Family(
        "between samples",
        "The straight line between two instances of the theorem's own strategy; tight ones come first.",
        tuple(controls),
        build,
    )


def scaled(x: Instance, scale: Fraction, noise: Fraction) -> Instance:
    """The instance with its vectors and matrices multiplied by ``scale``, plus ``noise`` times fixed integers."""

    def moved(name: str, value: Value) -> Value:
        if not isinstance(value, tuple):
            return value
        if kind_of(value) == "chain":
            return tuple(cast(Matrix, moved(f"{name}{k}", m)) for k, m in enumerate(cast(Chain, value)))
        if kind_of(value) == "vector":
            v = cast(Vector, value)
            return tuple(scale * a + noise * n for a, n in zip(v, fixed_integers(name, len(v)), strict=True))
        m = cast(Matrix, value)
        n = fixed_matrix(name, len(m), len(m[0]))
        return tuple(tuple(scale * a + noise * b for a, b in zip(p, q, strict=True)) for p, q in zip(m, n, strict=True))

    return Instance(tuple((name, moved(name, value)) for name, value in x.items))
