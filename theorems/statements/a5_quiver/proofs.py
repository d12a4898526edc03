"""All chains over F₂, all barcodes and covers of small dimension vectors, every elementary degeneration."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from flint import fmpq_mat, nmod_mat

from certify.errors import ChainError
from certify.geometry.orbits.barcode import (
    Barcode,
    Ranks,
    barcode,
    barcode_chain,
    below,
    dimension_vector,
    multiplicity,
    normal_form,
    rank_array,
    ranks_of_barcode,
)
from certify.geometry.orbits.barcode_order import barcodes, closure_order, degenerations
from certify.geometry.orbits.enumeration import general_linear_generators, orbits_of
from certify.linalg.exact.field import QQ, PrimeField, SymbolicField
from theorems.engine.declare import Facts

__all__ = [
    "covers",
    "every_chain",
    "family",
    "inversion",
    "long_chains",
    "no_false_form",
    "place_refused",
    "refusal",
    "three_terms",
]

_SMALL = ((1, 1), (2, 2), (1, 1, 1), (1, 2, 1), (2, 1, 2), (2, 2, 2), (1, 1, 1, 1), (1, 2, 2, 1))


def every_chain(formula: Callable[[Ranks, int, int], int] = multiplicity) -> Facts:
    """Over F_2: the orbits of all chains of a dimension vector are its barcodes, each with ranks of its own."""
    field = PrimeField(2)

    def complete(dims: tuple[int, ...]) -> bool:
        length = len(dims) - 1
        sizes = [dims[v] * dims[v + 1] for v in range(length)]
        moves = [(v, g, g.inv()) for v, n in enumerate(dims) for g in general_linear_generators(n, 2)]

        def apply(
            move: tuple[int, nmod_mat, nmod_mat], point: tuple[tuple[int, ...], ...]
        ) -> tuple[tuple[int, ...], ...]:
            v, g, inverse = move
            chain = [field.matrix(dims[w + 1], dims[w], entries) for w, entries in enumerate(point)]
            if v > 0:
                chain[v - 1] = g * chain[v - 1]
            if v < length:
                chain[v] = chain[v] * inverse
            return tuple(tuple(int(e) for e in w.entries()) for w in chain)

        points = list(itertools.product(*(itertools.product(range(2), repeat=s) for s in sizes)))
        seen: list[Barcode] = []
        for orbit in orbits_of(points, [lambda point, m=m: apply(m, point) for m in moves]):
            arrays = [
                rank_array([field.matrix(dims[w + 1], dims[w], e) for w, e in enumerate(point)]) for point in orbit
            ]
            if any(a != arrays[0] for a in arrays):
                return False
            seen.append({(i, j): m for i, j in sorted(arrays[0]) if (m := formula(arrays[0], i, j))})
        listed = list(barcodes(dims))
        return len(seen) == len(listed) and all(bars in seen for bars in listed)

    for dims in _SMALL:
        yield f"dimensions {dims}", complete(dims)


def _read(ranks: Ranks) -> Barcode | None:
    """The barcode, None where the ranks seem to have none."""
    try:
        return barcode(ranks)
    except ChainError:
        return None


def inversion() -> Facts:
    """Ranks of a barcode and back, and the ranks of its normal form, for every barcode of small dimension vectors."""
    vectors = [
        *_SMALL,
        (3, 3),
        (3, 2, 3),
        (2, 2, 2, 2),
        (1, 2, 1, 2),
        (2, 1, 1, 2),
        (1,) * 5,
        (1, 2, 2, 2, 1),
        (1,) * 6,
        (1, 1, 1, 2, 1, 1),
    ]

    def complete(dims: tuple[int, ...]) -> bool:
        length = len(dims) - 1
        return all(
            _read(ranks_of_barcode(bars, length)) == bars
            and rank_array(barcode_chain(bars, length, PrimeField(5))) == ranks_of_barcode(bars, length)
            and multiplicity(ranks_of_barcode(bars, length), length + 1, length + 1) == 0
            for bars in barcodes(dims)
        )

    for dims in vectors:
        yield f"dimensions {dims}", complete(dims)


def covers(order: Callable[[Ranks, Ranks], bool] = below) -> Facts:
    """Every cover of the order of ranks is an elementary degeneration, and every one of these lies below.

    With the families of :func:`family` the order of ranks is the closure order; ranks cannot grow in a limit.
    """

    def complete(dims: tuple[int, ...]) -> bool:
        length = len(dims) - 1
        graph = closure_order(dims)
        realized = all(
            any(tuple(sorted(low.items())) == lower for low in degenerations(dict(upper)))
            for upper, lower in graph.edges
        )
        smaller = all(
            order(ranks_of_barcode(low, length), ranks_of_barcode(bars, length)) and low != bars
            for bars in barcodes(dims)
            for low in degenerations(bars)
        )
        return realized and smaller

    vectors = [*_SMALL, (3, 3), (2, 3, 2), (3, 2, 3), (2, 2, 2, 2), (1, 2, 3, 2, 1)]
    for dims in vectors:
        yield f"dimensions {dims}", complete(dims)


def family(arrow: int = 1) -> Facts:
    """[a, b] + [c, d] with t at the arrow b → b+1 is [a, d] + [c, b] over Q(t), and [a, b] + [c, d] at t = 0."""
    import sympy

    t = sympy.Symbol("t")
    field = SymbolicField(sympy.QQ.frac_field(t))

    def chain(a: int, b: int, c: int, d: int, value: Any) -> list[Any]:
        # Basis at v: the vector of [a, b], then that of [c, d], where they are alive.
        alive = [[k for k, (i, j) in enumerate(((a, b), (c, d))) if i <= v <= j] for v in range(d + 1)]
        matrices: list[Any] = []
        for v in range(1, d + 1):
            entries = [
                value if (v, k, m) == (b + 1, 1, 0) and c <= v else int(k == m) for k in alive[v] for m in alive[v - 1]
            ]
            matrices.append(field.matrix(len(alive[v]), len(alive[v - 1]), entries))
        return matrices

    def ranks(bars: Iterator[tuple[int, int]], d: int) -> Ranks:
        collected: Barcode = {}
        for i, j in bars:
            if i <= j:
                collected[i, j] = collected.get((i, j), 0) + 1
        return ranks_of_barcode(collected, d)

    quadruples = [
        (a, b, c, d) for d in range(1, 4) for b in range(d) for a in range(b + 1) for c in range(a + 1, b + 2)
    ]
    for a, b, c, d in quadruples:
        generic, special = chain(a, b, c, d, arrow * t), chain(a, b, c, d, 0)
        joined, split = iter([(a, d), (c, b)]), iter([(a, b), (c, d)])
        yield (
            f"[{a},{d}] + [{c},{b}] degenerates to [{a},{b}] + [{c},{d}]",
            rank_array(generic) == ranks(joined, d) and rank_array(special) == ranks(split, d),
        )


def long_chains() -> Facts:
    """The normal form of every barcode of longer dimension vectors, in bases that are not its own."""
    for dims in ((1,) * 5, (1, 2, 1, 2, 1), (2, 1, 1, 1, 2), (1,) * 6, (1, 1, 2, 2, 1, 1)):
        yield f"dimensions {dims}", all(_recovered(bars, dims) for bars in barcodes(dims))


def _recovered(bars: Barcode, dims: tuple[int, ...]) -> bool:
    # Triangular changes of basis with entries that differ from vertex to vertex.
    g = [fmpq_mat([[int(i == j) + (i < j) * (v + 2) for j in range(n)] for i in range(n)]) for v, n in enumerate(dims)]
    normal = barcode_chain(bars, len(dims) - 1, QQ)
    chain = [g[v + 1] * w * g[v].inv() for v, w in enumerate(normal)]
    found = normal_form(chain)
    return found.bars == bars == _read(rank_array(chain)) and found.proves(chain)


def no_false_form() -> Facts:
    """A normal form proves nothing with a singular basis, other bars, another basis, or for another chain."""
    chain = [fmpq_mat([[1, 2], [2, 4]]), fmpq_mat([[2, 1]])]
    found = normal_form(chain)
    yield "the true one", found.proves(chain)
    yield "singular bases", not replace(found, bases=tuple(0 * b for b in found.bases)).proves(chain)
    yield (
        "one singular basis",
        not replace(found, bases=(0 * found.bases[0], *found.bases[1:])).proves([0 * chain[0], chain[1]]),
    )
    yield "one doubled basis", not replace(found, bases=(2 * found.bases[0], *found.bases[1:])).proves(chain)
    yield "the last basis doubled", not replace(found, bases=(*found.bases[:-1], 2 * found.bases[-1])).proves(chain)
    yield "another chain", not found.proves([chain[0], 2 * chain[1]])
    yield "a shorter chain", not found.proves(chain[:1])
    other = normal_form([fmpq_mat([[1, 0], [0, 1]]), chain[1]])
    yield "other bars", not replace(found, bars=other.bars).proves(chain)


def refusal(chain: list[Any], asked: Callable[[list[Any]], object] = dimension_vector) -> str:
    """The error that says what is wrong with a chain; empty where nothing is."""
    try:
        asked(chain)
    except ChainError as error:
        return str(error)
    return ""


def place_refused(ranks: Ranks) -> str | None:
    """The interval that would occur a negative number of times; None where the ranks are those of a chain."""
    try:
        barcode(ranks)
    except ChainError as error:
        return error.place
    return None


def three_terms(r: Ranks, i: int, j: int) -> int:
    """Wrong multiplicities: without R(i−1, j+1)."""
    return r.get((i, j), 0) - r.get((i - 1, j), 0) - r.get((i, j + 1), 0)
