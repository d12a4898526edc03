"""Making a counterexample small: fewer rows and columns, then integers of small height, then fewer nonzeros."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import floor
from typing import Any, cast

from theorems.engine.instance import Instance, Matrix, Value, Vector, fractions_of, lcm_denominator
from theorems.engine.theorem import Parameter, Theorem

__all__ = ["shrink"]

_READABLE_HEIGHT = 10
_SIMPLE = [Fraction(n, d) for d in (1, 2, 3, 4) for n in (0, 1, 2, 3) if d == 1 or n % d]


def shrink(
    theorem: Theorem,
    x: Instance,
    still: Callable[[Instance], bool],
    steps: int,
    *,
    interrupted: Callable[[], bool] = lambda: False,
) -> Instance:
    """The smallest instance reached from ``x`` by single simplifications for which ``still`` holds.

    ``still`` decides exactly, so the result is a counterexample whenever ``x`` is; it is asked at most ``steps``
    times. Where the steps suffice no single simplification of the result is a counterexample. ``interrupted`` ends
    the shrinking early.
    """
    seen, cost = {x}, _cost(theorem, x)
    improved = True
    while improved:
        improved = False
        for candidate in _simpler(theorem, x):
            if candidate in seen or _cost(theorem, candidate) >= cost:
                continue
            if steps <= 0 or interrupted():
                return x
            seen.add(candidate)
            steps -= 1
            if still(candidate):
                x, cost, improved = candidate, _cost(theorem, candidate), True
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
        for value in (*_plain(p, x[p.name]), *_simpler_values(p, x[p.name])):
            yield x.replace(**{p.name: value})
    yield from _smaller_integers(theorem, x)
    yield from _all_matrices(theorem, x)
    yield from _two_plain(theorem, x)
    yield from _two_numbers(theorem, x)


def _all_matrices(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """All matrices at once: a common scale, or every nonzero entry nearer to 0 by 1."""
    matrices = {p.name: cast(Matrix, x[p.name]) for p in theorem.parameters if p.kind == "matrix"}
    if len(matrices) < 2:
        return
    for scale in (2, 3, 5, 7):
        for factor in (Fraction(scale), Fraction(1, scale)):
            yield x.replace(**{name: _scaled(m, factor) for name, m in matrices.items()})
    yield x.replace(**{name: _nearer(m) for name, m in matrices.items()})


def _two_plain(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """An index less, or a plain value, together with a plain value elsewhere: where neither does alone."""
    for p in theorem.parameters:
        for first in (*_without_an_index(theorem, x), *(x.replace(**{p.name: v}) for v in _plain(p, x[p.name]))):
            for q in theorem.parameters:
                for value in _plain(q, first[q.name]) if q is not p else ():
                    yield first.replace(**{q.name: value})


def _two_numbers(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """Two numbers of vectors and rationals at once, each by a small integer."""
    places = [
        (p.name, k)
        for p in theorem.parameters
        if p.kind in ("vector", "rational")
        for k in range(len(cast(Vector, x[p.name])) if p.kind == "vector" else 1)
    ]
    for (first, i), (second, j) in itertools.combinations(places, 2):
        for v, w in itertools.product(range(3), repeat=2):
            changed = _with_number(x, first, i, Fraction(v))
            yield _with_number(changed, second, j, Fraction(w))


def _with_number(x: Instance, name: str, index: int, number: Fraction) -> Instance:
    value = x[name]
    if not isinstance(value, tuple):
        return x.replace(**{name: number})
    return x.replace(**{name: (*value[:index], number, *value[index + 1 :])})


def _plain(p: Parameter, value: Value) -> Iterator[Value]:
    """What a parameter is where it does not matter."""
    if p.kind == "integer":
        yield int(p.low)
    elif p.kind == "choice":
        yield p.options[0]
    elif p.kind == "rational":
        yield Fraction(0)
        yield Fraction(1)
    elif p.kind == "vector":
        for k in (0, 1):
            yield tuple(Fraction(k) for _ in cast(Vector, value))
    elif p.kind == "matrix":
        m = cast(Matrix, value)
        for entry in (lambda i, j: 0, lambda i, j: i == j == 0, lambda i, j: i == j):
            yield tuple(tuple(Fraction(int(entry(i, j))) for j in range(len(m[0]))) for i in range(len(m)))


def _smaller_integers(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """A smaller integer (a number of ranks, say) together with a simple value of a rational."""
    rationals = [p.name for p in theorem.parameters if p.kind == "rational"]
    for p in theorem.parameters:
        for smaller in range(int(p.low), x.integer(p.name)) if p.kind == "integer" else ():
            for name in rationals:
                for value in _SIMPLE:
                    yield x.replace(**{p.name: smaller, name: value})


def _without_an_index(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """One index less of a dimension, in every value that has it; an integer that it bounds is lowered with it."""
    for name in theorem.dimensions:
        having = [p for p in theorem.parameters if p.kind in ("matrix", "vector") and name in (p.rows, p.columns)]
        least = min((_side(p, x[p.name], name) for p in having), default=0)
        lowered = {p.name: min(x.integer(p.name), least - 1) for p in theorem.parameters if p.high == name}
        for index in range(least if least > 1 else 0):
            cut = {p.name: _cut(x[p.name], index, row=p.rows == name, column=p.columns == name) for p in having}
            yield x.replace(**cut, **lowered)
    if len(theorem.dimensions) > 1:
        yield from _without_index_everywhere(theorem, x)


def _side(p: Parameter, value: Value, name: str) -> int:
    return len(cast(Matrix, value)) if p.rows == name else len(cast(Matrix, value)[0])


def _without_index_everywhere(theorem: Theorem, x: Instance) -> Iterator[Instance]:
    """Square layers only stay square when all dimensions shrink together."""
    sized = [p for p in theorem.parameters if p.kind in ("matrix", "vector")]
    sides = [_side(p, x[p.name], name) for p in sized for name in (p.rows, p.columns) if name]
    least = min(sides, default=0)
    lowered = {p.name: min(x.integer(p.name), least - 1) for p in theorem.parameters if isinstance(p.high, str)}
    for index in range(least if least > 1 else 0):
        cut = {p.name: _cut(x[p.name], index, row=True, column=bool(p.columns)) for p in sized}
        yield x.replace(**cut, **lowered)


def _cut(value: Value, index: int, *, row: bool, column: bool) -> Value:
    kept = cast(Any, value)
    if row:
        kept = kept[:index] + kept[index + 1 :]
    return tuple(r[:index] + r[index + 1 :] for r in kept) if column else kept


def _each(m: Matrix, function: Callable[[Fraction], Fraction]) -> Matrix:
    return tuple(tuple(function(v) for v in row) for row in m)


def _nearer(m: Matrix) -> Matrix:
    """Every nonzero entry nearer to 0 by 1."""
    return _each(m, lambda v: v - (v > 0) + (v < 0))


def _scaled(m: Matrix, factor: Fraction) -> Matrix:
    return _each(m, lambda v: factor * v)


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
    yield tuple(tuple(v if i == j else Fraction(0) for j, v in enumerate(row)) for i, row in enumerate(m))
    common = lcm_denominator(m)
    if common > 1:
        yield _scaled(m, Fraction(common))
    top = max(map(abs, fractions_of(m)))
    if top not in (0, 1):
        yield _scaled(m, 1 / top)
    yield _nearer(m)
    for denominator in (1, 2, 3, 4):
        yield _each(m, lambda v, d=denominator: Fraction(round(v * d), d))
    for level in dict.fromkeys(fractions_of(m)):
        for w in _simpler_numbers(level):
            yield _each(m, lambda v, level=level, w=w: w if v == level else v)
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
