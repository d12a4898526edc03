"""Every pattern of supports with symbolic entries, and the two bounds of the weight."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from certify.geometry.transport.incidence import Masks, activities, masked, masks, pairwise_overlap, squared_activities
from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, vanishes

__all__ = ["bounds_of_the_weight", "every_pattern", "itself", "silent"]

Groups = Sequence[tuple[int, ...]]
Supports = Sequence[frozenset[int]]


def _partitions(m: int) -> Iterator[list[tuple[int, ...]]]:
    """All partitions of 0 … m − 1 into nonempty groups."""
    for labels in itertools.product(range(m), repeat=m):
        if all(label <= max((*labels[:i], -1)) + 1 for i, label in enumerate(labels)):
            yield [tuple(i for i in range(m) if labels[i] == g) for g in range(max(labels) + 1)]


def every_pattern(sorting: Callable[[Groups, Supports, int], Masks] = masks) -> Facts:
    """Sum, orthogonality, Pythagoras and the energies of the parts, with symbols for entries."""
    for m, n in ((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2)):
        x = real_matrix("x", m, n).tolist()
        subsets = [frozenset(j for j in range(n) if bits >> j & 1) for bits in range(2**n)]
        seen = [
            _identities(x, groups, pattern, sorting)
            for groups in _partitions(m)
            for pattern in itertools.product(subsets, repeat=len(groups))
        ]
        for k, name in enumerate(("sum", "orthogonality", "Pythagoras", "energies")):
            yield f"{m}×{n}, {len(seen)} cases: {name}", all(case[k] for case in seen)


def _identities(x: Any, groups: Groups, pattern: Supports, sorting: Callable[..., Masks]) -> tuple[bool, ...]:
    from sympy import expand

    places = list(itertools.product(range(len(x)), range(len(x[0]))))
    parts = [masked(x, entries) for entries in sorting(groups, pattern, len(x[0]))]
    norms = [sum(part[i][j] ** 2 for i, j in places) for part in parts]
    sums: list[Any] = [0, 0, 0]
    for g, row in enumerate(squared_activities(x, groups)):
        for j, square in enumerate(row):
            rivals = any(j in support for h, support in enumerate(pattern) if h != g)
            sums[2 if j not in pattern[g] else int(rivals)] += square
    inner = [sum(a[i][j] * b[i][j] for i, j in places) for a, b in itertools.combinations(parts, 2)]
    return (
        all(expand(x[i][j] - sum(part[i][j] for part in parts)) == 0 for i, j in places),
        all(expand(v) == 0 for v in inner),
        expand(sum(x[i][j] ** 2 for i, j in places) - sum(norms)) == 0,
        all(expand(p - q) == 0 for p, q in zip(norms, sums, strict=True)),
    )


def itself(groups: Groups, pattern: Supports, columns: int) -> Masks:
    """Wrong masks: overlap without the condition H ≠ G."""
    found = masks(groups, pattern, columns)
    return found._replace(overlap=found.core | found.overlap)


def silent(groups: Groups, pattern: Supports, columns: int) -> Masks:
    """Wrong masks: noise only where no group is active."""
    found = masks(groups, pattern, columns)
    return found._replace(noise=frozenset(e for e in found.noise if not any(e[1] in support for support in pattern)))


def bounds_of_the_weight() -> Facts:
    """x² − θ² = (x − θ)(x + θ); Lagrange's identity; with activities θ + p² the weight exceeds the lower bound."""
    import sympy

    a, b = sympy.symbols("a1:7", nonnegative=True), sympy.symbols("b1:7", nonnegative=True)
    p, q = sympy.symbols("p1:7", real=True), sympy.symbols("q1:7", real=True)
    s, t = sympy.symbols("s t", positive=True)
    x = real_matrix("x", 3, 2)
    squared = squared_activities(x.tolist(), [(0, 2), (1,)])
    by_hand = [[x[0, j] ** 2 + x[2, j] ** 2 for j in range(2)], [x[1, j] ** 2 for j in range(2)]]
    yield "x² − θ² = (x − θ)(x + θ)", vanishes((a[0] - t) * (a[0] + t) - a[0] ** 2 + t**2)
    yield "squared activities", squared == by_hand
    yield "activities", [[v**2 for v in row] for row in activities(squared)] == by_hand
    for n in range(1, 7):
        w = pairwise_overlap(a, b, range(n))
        squares = sum((a[i] * b[j] - a[j] * b[i]) ** 2 for i in range(n) for j in range(i))
        yield (
            f"{n} shared: Cauchy–Schwarz",
            vanishes(sum(v**2 for v in a[:n]) * sum(v**2 for v in b[:n]) - w**2 - squares),
        )
        over = pairwise_overlap([s + v**2 for v in p], [t + v**2 for v in q], range(n)) - n * s * t
        rest = sum(s * q[j] ** 2 + t * p[j] ** 2 + p[j] ** 2 * q[j] ** 2 for j in range(n))
        yield f"{n} shared: from below", vanishes(over - rest)
