"""Layers and their windows, which of them certify a column, and what two searches find among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.exact.scalars import decide, num
from theorems.subjects.transports import transport

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "blocks",
    "case",
    "certified",
    "growing",
    "halved",
    "is_smallest",
    "killed",
    "ranks",
    "turned",
    "unread",
]


def case(a: Any, b: Any, r: int, r_next: int, column: int = 1, tolerance: object = 1) -> Instance:
    """An instance; ``column`` is one of X."""
    return Instance.of(A=a, A_next=b, r=r, r_next=r_next, j=column, window="leading", tolerance=tolerance)


def turned() -> SearchStrategy[Instance]:
    """Layers of rational singular vectors and values in unrelated bases, W below its full window; some of a column that
    is right at r = 0 and wrong at r = 1."""
    from theorems.subjects import orbit_samples as own
    from theorems.subjects.random_exact import random_orthogonal

    def layer(source: Random, rows: int, columns: int) -> flint.fmpq_mat:
        middle = flint.fmpq_mat(rows, columns)
        values = sorted((source.randint(0, 4) for _ in range(min(rows, columns))), reverse=True)
        for i, value in enumerate(values):
            middle[i, i] = flint.fmpq(value)
        left, right = (random_orthogonal(k, source.randrange(2**32), height=2) for k in (rows, columns))
        return left * middle * right.transpose()

    def build(source: Random) -> Instance:
        tolerance = source.choice((Fraction(1, 2), 1, 2))
        if source.random() < 0.2:
            turn = random_orthogonal(2, source.randrange(2**32), height=2)
            a, b = turn * flint.fmpq_mat([[2, 4], [-2, 1]]), flint.fmpq_mat([[1, 1]]) * turn.transpose()
            return case(own.rows(a), own.rows(b), source.randint(0, 1), 1, 1, tolerance)
        m, n, q = (source.randint(1, 3) for _ in range(3))
        a, b = layer(source, n, m), layer(source, q, n)
        r, r_next = source.randrange(min(m, n)), source.randint(0, min(n, q))
        return case(own.rows(a), own.rows(b), r, r_next, source.randint(1, m), tolerance)

    return own.seeded(build)


def blocks(size: int, rng: Random) -> Iterator[Instance]:
    """A large first rank, and a block of two, read by a sum."""
    while True:
        a, b, c, d = (rng.randint(-2, 4) for _ in range(4))
        yield case([[10, 0, 0], [0, a, b], [0, c, d]], [[1, 1, 1]], 0, 1, rng.randint(1, 3), rng.choice((1, 2)))


def killed() -> Iterable[Instance]:
    """W' kills the rank that the larger window adds, and reads the one after it; W has no rank there."""
    yield case([[3, 0, 0], [0, 2, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 0], [0, 0, 1]], 1, 3)
    yield case([[2, 0], [0, 0]], [[1, 0], [0, 1]], 1, 1)


def unread() -> Iterable[Instance]:
    """The rank of W' that is added reads what the window of W leaves out."""
    yield case([[2, 0], [0, 1]], [[1, 0], [0, 3]], 1, 0)


def growing() -> Iterable[Instance]:
    """A column that is right, wrong and right again as the window grows, for tolerances on either side."""
    for tolerance in (1, 2, 3):
        yield case([[10, 0, 0], [0, 2, 4], [0, -2, 1]], [[1, 1, 1]], 0, 1, 2, tolerance)


def ranks(x: Instance) -> tuple[int, int]:
    """d and d', the numbers of singular values."""
    a, b = x.matrix("A"), x.matrix("A_next")
    return min(a.nrows(), a.ncols()), min(b.nrows(), b.ncols())


def certified(x: Instance) -> list[Verdict]:
    """For every window r of W: whether the column errs by less than the tolerance."""

    def line(r: int) -> Verdict:
        squared = x.rational("tolerance") ** 2
        return decide(
            lambda: num(squared) - transport(x.replace(r=r)).column_squared(x.integer("j")), strict=True
        ).verdict

    return [line(r) for r in range(ranks(x)[0] + 1)]


def halved(verdicts: Sequence[Verdict]) -> int:
    """What bisection finds, which takes certified windows for an upper range."""
    low, high = 0, len(verdicts) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if verdicts[middle] is Verdict.CERTIFIED else (middle + 1, high)
    return low


def is_smallest(verdicts: Sequence[Verdict], found: int | None) -> bool:
    """Whether all windows from ``found`` on are certified, and the one below is not."""
    if found is None:
        return verdicts[-1] is not Verdict.CERTIFIED
    above = all(v is Verdict.CERTIFIED for v in verdicts[found:]) and found < len(verdicts)
    return above and (found == 0 or verdicts[found - 1] is not Verdict.CERTIFIED)
