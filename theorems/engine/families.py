"""Structured instances of any theorem, from its parameters alone: small sizes, small heights, few nonzeros first."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import cast

from theorems.engine.instance import Instance, Matrix, Value
from theorems.engine.theorem import Parameter, Theorem

__all__ = ["integer_range", "random_instance", "random_value", "shapes", "structured"]

_SMALL = (1, 2, 3)
_RATIOS = (Fraction(2), Fraction(3, 2), Fraction(4, 3))
_LISTED = 48
_UNUSUAL = 6
_KINDS = (
    "identity",
    "diagonal",
    "reciprocal",
    "nearly flat",
    "rational diagonal",
    "rank one",
    "permuted",
    "triangular",
    "full",
)


def shapes(theorem: Theorem, size: int) -> list[dict[str, int]]:
    """Every assignment of sides to the theorem's dimensions, none above ``size``: small ones and equal sides first."""
    names = list(theorem.dimensions)
    ranges = [range(low, max(low, min(high, size)) + 1) for low, high in theorem.dimensions.values()]
    found = [dict(zip(names, sides, strict=True)) for sides in itertools.product(*ranges)]
    return sorted(found, key=lambda s: (len(set(s.values())) > 1, sum(s.values())))


def structured(theorem: Theorem, size: int) -> Iterator[Instance]:
    """Instances built from listed values, the simple combinations first, over all shapes in turn."""
    streams = [_of_shape(theorem, shape) for shape in shapes(theorem, size)]
    while streams:
        for stream in list(streams):
            found = next(stream, None)
            if found is None:
                streams.remove(stream)
            else:
                yield found


def _of_shape(theorem: Theorem, shape: Mapping[str, int]) -> Iterator[Instance]:
    lists = [_listed(p, shape) for p in theorem.parameters]
    names = [p.name for p in theorem.parameters]
    # All index tuples in the order of their sum: every pair of simple values comes before any complicated one. A choice
    # that is not the ordinary one counts as much as several steps in a list.
    steps = [_UNUSUAL if p.kind == "choice" else 1 for p in theorem.parameters]
    sizes = [(len(v) - 1) * step + 1 for v, step in zip(lists, steps, strict=True)]
    for total in range(sum(sizes) - len(sizes) + 1):
        for indices in _with_sum(total, sizes):
            if all(i % step == 0 for i, step in zip(indices, steps, strict=True)):
                yield Instance.of(
                    **{n: v[i // step] for n, v, i, step in zip(names, lists, indices, steps, strict=True)}
                )


def _with_sum(total: int, limits: list[int]) -> Iterator[tuple[int, ...]]:
    if len(limits) == 1:
        if total < limits[0]:
            yield (total,)
        return
    for first in range(min(total, limits[0] - 1) + 1):
        for rest in _with_sum(total - first, limits[1:]):
            yield (first, *rest)


def _listed(p: Parameter, shape: Mapping[str, int]) -> list[Value]:
    if p.kind == "choice":
        return list(p.options)
    if p.kind == "integer":
        low, high = integer_range(p, shape)
        return list(range(low, high + 1))
    if p.kind == "rational":
        low, high = p.low, cast(Fraction, p.high)
        values = {Fraction(n, d) for d in (1, 2, 3, 4) for n in range(-12, 13)}
        inside = [v for v in values if low <= v <= high]
        return cast(list[Value], sorted(inside, key=lambda v: (v.denominator, abs(v), v < 0)))
    if p.kind == "vector":
        low, high = p.low, cast(Fraction, p.high)
        entries = [Fraction(v) for v in (1, 0, 2, 3, -1) if low <= v <= high] or [low, high]
        vectors = itertools.islice(itertools.product(entries, repeat=shape[p.rows]), 4 * _LISTED)
        return cast(list[Value], sorted(vectors, key=lambda v: sum(map(abs, v)))[:_LISTED])
    return cast(list[Value], _matrices(p, shape[p.rows], shape[p.columns]))


def integer_range(p: Parameter, shape: Mapping[str, int]) -> tuple[int, int]:
    """The smallest and the largest integer the search tries."""
    high = shape[p.high] if isinstance(p.high, str) else int(p.high)
    return int(p.low), max(int(p.low), high)


def _matrices(p: Parameter, m: int, n: int) -> list[Matrix]:
    """Identity, diagonal, permutation, rank one, triangular and 2×2-like integer matrices of that shape."""
    found: list[Matrix] = []
    d = min(m, n)
    diagonals = sorted(itertools.product(_SMALL, repeat=d), key=sum)
    stretched = [[t] * k + [1 / t] * (d - k) for t in _RATIOS for k in range(1, d)]
    around = [[1 + s / 8] * k + [1 - s / 8] * (d - k) for s in (Fraction(1), Fraction(-1)) for k in range(1, d)]
    for values in (*diagonals[:8], *stretched, *around, *diagonals[8:]):
        found.append(_filled(m, n, lambda i, j, v=values: v[i] if i == j else 0))
    found.append(_filled(m, n, lambda i, j: 1))
    found.append(_filled(m, n, lambda i, j: int(i == j == 0)))
    found.append(_filled(m, n, lambda i, j: int(i + j == min(m, n) - 1)))
    found.append(_filled(m, n, lambda i, j: int(i <= j) if not p.symmetric else int(abs(i - j) <= 1)))
    found.append(_filled(m, n, lambda i, j: (i + 1) * (j + 1)))
    found.append(_filled(m, n, lambda i, j: 1 if i == j else -1))
    found.append(_filled(m, n, lambda i, j: 2 if i == j else 1))
    return list(dict.fromkeys(found))[:_LISTED]


def _filled(m: int, n: int, entry: Callable[[int, int], int | Fraction]) -> Matrix:
    return tuple(tuple(Fraction(entry(i, j)) for j in range(n)) for i in range(m))


def random_instance(theorem: Theorem, size: int, rng: random.Random) -> Instance:
    """A random instance of structured parts; small shapes and small heights are the most likely."""
    shape = rng.choice(shapes(theorem, size))
    height = rng.choice((2, 3, 4, 6, 10))
    return Instance.of(**{p.name: random_value(p, shape, height, rng) for p in theorem.parameters})


def random_value(p: Parameter, shape: Mapping[str, int], height: int, rng: random.Random) -> Value:
    """A random value of one parameter, with numerators and denominators about ``height``."""
    if p.kind == "choice":
        return rng.choice(p.options)
    if p.kind == "integer":
        return rng.randint(*integer_range(p, shape))
    if p.kind == "rational":
        return _between(p, height, rng)
    if p.kind == "vector":
        return tuple(_between(p, height, rng) for _ in range(shape[p.rows]))
    return _random_matrix(p, shape[p.rows], shape[p.columns], height, rng)


def _between(p: Parameter, height: int, rng: random.Random) -> Fraction:
    low, high, q = p.low, cast(Fraction, p.high), rng.randint(1, height)
    return Fraction(rng.randint(int(low * q), int(high * q)), q)


def _random_matrix(p: Parameter, m: int, n: int, height: int, rng: random.Random) -> Matrix:
    kind = rng.choice(_KINDS)
    weights = [rng.randint(1, height) for _ in range(max(m, n))]
    if kind == "rational diagonal":
        parts = [Fraction(w, rng.randint(1, height)) for w in weights]
        return _filled(m, n, lambda i, j: parts[i] if i == j else 0)
    if kind == "diagonal":
        return _filled(m, n, lambda i, j: weights[i] if i == j else 0)
    if kind == "identity":
        return _filled(m, n, lambda i, j: int(i == j))
    if kind == "reciprocal":
        t = Fraction(rng.randint(1, height), rng.randint(1, height))
        chosen = [rng.choice((t, 1 / t, Fraction(1))) for _ in weights]
        return _filled(m, n, lambda i, j: chosen[i] if i == j else 0)
    if kind == "nearly flat":
        base = rng.randint(1, height)
        moved = [base + rng.choice((-1, 0, 0, 1)) for _ in weights]
        return _filled(m, n, lambda i, j: moved[i] if i == j else 0)
    if kind == "rank one":
        other = weights if p.symmetric else [rng.randint(-height, height) for _ in weights]
        return _filled(m, n, lambda i, j: weights[i] * other[j])
    if kind == "permuted":
        order = list(range(max(m, n)))
        rng.shuffle(order)
        if p.symmetric:
            return _filled(m, n, lambda i, j: weights[order[i]] if i == j else 0)
        return _filled(m, n, lambda i, j: weights[i] if j == order[i] else 0)
    entries = {(i, j): rng.randint(-height, height) for i in range(m) for j in range(n)}
    if kind == "triangular" and not p.symmetric:
        return _filled(m, n, lambda i, j: entries[i, j] if i <= j else 0)
    return _filled(m, n, lambda i, j: entries[(min(i, j), max(i, j))] if p.symmetric else entries[i, j])
