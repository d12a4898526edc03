"""Making a counterexample small: fewer rows and columns, then integers of small height, then fewer nonzeros."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import floor
from typing import Any, cast

from theorems.engine.instance import Instance, Matrix, Value, Vector, fractions_of, lcm_denominator
from theorems.engine.theorem import Parameter, Theorem

__all__ = ["shrink"]

_READABLE_HEIGHT = 10
_SIMPLE = [Fraction(n, d) for d in (1, 2, 3, 4) for n in (0, 1, 2, 3) if d == 1 or n % d]


def shrink(theorem: Theorem, x: Instance, still: Callable[[Instance], bool], seconds: float) -> Instance:
    """The smallest instance reached from ``x`` by single simplifications for which ``still`` holds.

    ``still`` decides exactly, so the result is a counterexample whenever ``x`` is. The result does not depend on the
    clock unless ``seconds`` run out.
    """
    end = clock.monotonic() + seconds
    seen = {x}
    improved = True
    while improved and clock.monotonic() < end:
        improved = False
        for candidate in _simpler(theorem, x):
            if candidate in seen or _cost(theorem, candidate) >= _cost(theorem, x):
                continue
            seen.add(candidate)
            if still(candidate):
                x, improved = candidate, True
                break
            if clock.monotonic() > end:
                break
    return x


def _cost(theorem: Theorem, x: Instance) -> tuple[int, ...]:
    """Entries, height above what reads well, unusual choices, integers (sizes), fractions, heights, nonzeros."""
    entries, fractions, heights, nonzeros = x.cost()
    unusual = sum(p.options.index(cast(str, x[p.name])) for p in theorem.parameters if p.kind == "choice")
    integers = sum(abs(x.integer(p.name)) for p in theorem.parameters if p.kind == "integer")
    return entries, max(x.height() - _READABLE_HEIGHT, 0), unusual, integers, fractions, heights, nonzeros


def _simpler(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    yield from _without_an_index(theorem, x)
    for p in theorem.parameters:
        for value in _simpler_values(p, x[p.name]):
            yield x.replace(**{p.name: value})
    yield from _smaller_integers(theorem, x)
    # Two matrices at once: a common scale, or the same entry in both.
    for scale in (2, 3, 5, 7):
        for factor in (Fraction(scale), Fraction(1, scale)):
            matrices = {
                p.name: _scaled(cast(Matrix, x[p.name]), factor) for p in theorem.parameters if p.kind == "matrix"
            }
            if len(matrices) > 1:
                yield x.replace(**matrices)


def _smaller_integers(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """A smaller integer (a number of ranks, say) together with a simple value of a rational."""
    rationals = [p.name for p in theorem.parameters if p.kind == "rational"]
    for p in theorem.parameters:
        for smaller in range(int(p.low), x.integer(p.name)) if p.kind == "integer" else ():
            for name in rationals:
                for value in _SIMPLE:
                    yield x.replace(**{p.name: smaller, name: value})


def _without_an_index(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    for name in theorem.dimensions:
        sides = [
            len(cast(Matrix, x[p.name])) if p.rows == name else len(cast(Matrix, x[p.name])[0])
            for p in theorem.parameters
            if p.kind in ("matrix", "vector") and name in (p.rows, p.columns)
        ]
        if not sides or min(sides) < 2:
            continue
        for index in range(min(sides)):
            values = {
                p.name: _cut(x[p.name], index, row=p.rows == name, column=p.columns == name)
                for p in theorem.parameters
                if p.kind in ("matrix", "vector") and name in (p.rows, p.columns)
            }
            yield x.replace(**values)
    if len(theorem.dimensions) > 1:
        yield from _without_index_everywhere(theorem, x)


def _without_index_everywhere(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """Square layers only stay square when all dimensions shrink together."""
    matrices = [p.name for p in theorem.parameters if p.kind == "matrix"]
    least = min((min(len(m), len(m[0])) for m in (cast(Matrix, x[name]) for name in matrices)), default=0)
    for index in range(least if least > 1 else 0):
        yield x.replace(**{name: _cut(x[name], index, row=True, column=True) for name in matrices})


def _cut(value: Value, index: int, *, row: bool, column: bool) -> Value:
    kept = cast(Any, value)
    if row:
        kept = kept[:index] + kept[index + 1 :]
    return tuple(r[:index] + r[index + 1 :] for r in kept) if column else kept


def _scaled(m: Matrix, factor: Fraction) -> Matrix:
    return tuple(tuple(factor * v for v in row) for row in m)


def _simpler_values(p: Parameter, value: Value) -> Iterator[Value]:
    if p.kind == "choice":
        yield from p.options[: p.options.index(cast(str, value))]
    elif p.kind == "integer":
        yield from range(int(p.low), cast(int, value))
    elif p.kind == "rational":
        yield from _simpler_numbers(cast(Fraction, value))
    elif p.kind == "vector":
        for k, v in enumerate(cast(Vector, value)):
            for w in _simpler_numbers(v):
                yield (*cast(Vector, value)[:k], w, *cast(Vector, value)[k + 1 :])
    elif p.kind == "matrix":
        yield from _simpler_matrices(p, cast(Matrix, value))


def _simpler_matrices(p: Parameter, m: Matrix) -> Iterator[Matrix]:
    n, columns = len(m), len(m[0])
    yield tuple(tuple(Fraction(int(i == j)) for j in range(columns)) for i in range(n))
    yield tuple(tuple(v if i == j else Fraction(0) for j, v in enumerate(row)) for i, row in enumerate(m))
    common = lcm_denominator(m)
    if common > 1:
        yield _scaled(m, Fraction(common))
    top = max(map(abs, fractions_of(m)))
    if top not in (0, 1):
        yield _scaled(m, 1 / top)
    for denominator in (1, 2, 3, 4):
        yield tuple(tuple(Fraction(round(v * denominator), denominator) for v in row) for row in m)
    for i in range(n):
        for j in range(columns):
            if p.symmetric and j < i:
                continue
            for w in _simpler_numbers(m[i][j]):
                yield _with_entry(m, i, j, w, symmetric=p.symmetric)


def _with_entry(m: Matrix, i: int, j: int, value: Fraction, *, symmetric: bool) -> Matrix:
    places = {(i, j), (j, i)} if symmetric else {(i, j)}
    return tuple(tuple(value if (k, l) in places else v for l, v in enumerate(row)) for k, row in enumerate(m))


def _simpler_numbers(v: Fraction) -> Iterator[Fraction]:
    whole = round(v)
    proposals = [Fraction(n) for n in (0, 1, whole, whole - 1, whole + 1, -whole, v.numerator)]
    for d in (2, 3, 4, 5, 6, 8, 10, 16, 32, 64):
        proposals += [Fraction(floor(v * d) + k, d) for k in (0, 1)]
    if v.denominator == 1:
        proposals += [Fraction(whole // 2), Fraction(whole - (1 if whole > 0 else -1))]
    yield from dict.fromkeys(w for w in proposals if w != v)
