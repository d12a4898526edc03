r"""E7.windows. Growing windows: the whole error falls, that of a block need not.

Statement
    With the best approximations of X = W'W the error :math:`\|X-X_{r',r}\|_F` does not grow in either window. The norm
    of one column of the error may: a window that is certified block by block may be followed by one that is not. The
    smallest window from which on all are certified is found by looking at every window, not by halving the range.
    An instance calls W and W' A and A_next, and a window *certified* where column k errs by less than the tolerance.

Reference
    GSA-II (arXiv 2605.02111); Pythagoras for nested projectors (E1).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.geometry.transport.block_form import smallest_window
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.algebra import real_matrix, square, vanishes
from theorems.exact.scalars import decide, num
from theorems.subjects.transports import SIZES, TRANSPORT, composable, transport

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy


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


theorem = Declaration(
    __doc__,
    parameters=(*TRANSPORT, Parameter.rational("tolerance", Fraction(1, 4), 4)),
    dimensions=SIZES,
    strategy=turned,
)


def _ranks(x: Instance) -> tuple[int, int]:
    a, b = x.matrix("A"), x.matrix("A_next")
    return min(a.nrows(), a.ncols()), min(b.nrows(), b.ncols())


@hypothesis(r"0\le r<d,\ 0\le r'\le d'", defines="there is no larger window")
def room(x: Instance) -> bool:
    """r is below the number of ranks, r' at most theirs, and the column is one of X"""
    d, d_next = _ranks(x)
    columns = x.matrix("A").ncols()
    return 0 <= x.integer("r") < d and 0 <= x.integer("r_next") <= d_next and 1 <= x.integer("j") <= columns


@hypothesis(r"r'<d'", defines="there is no larger window of W'")
def reader_room(x: Instance) -> bool:
    """r' is below the number of ranks of W'"""
    return x.integer("r_next") < _ranks(x)[1]


def killed() -> Iterable[Instance]:
    """W' kills the rank that the larger window adds, and reads the one after it; W has no rank there."""
    yield case([[3, 0, 0], [0, 2, 0], [0, 0, 1]], [[1, 0, 0], [0, 0, 0], [0, 0, 1]], 1, 3)
    yield case([[2, 0], [0, 0]], [[1, 0], [0, 1]], 1, 1)


def unread() -> Iterable[Instance]:
    """The rank of W' that is added reads what the window of W leaves out."""
    yield case([[2, 0], [0, 1]], [[1, 0], [0, 3]], 1, 0)


@theorem.bound(r"\|X-X_{r',r+1}\|_F^2\le\|X-X_{r',r}\|_F^2", composable, room, attained_at=killed)
def writer(x: Instance) -> Sides:
    """‖X − X_{r',r+1}‖_F² ≤ ‖X − X_{r',r}‖_F²"""
    return transport(x.replace(r=x.integer("r") + 1)).error_squared, transport(x).error_squared


@theorem.bound(r"\|X-X_{r'+1,r}\|_F^2\le\|X-X_{r',r}\|_F^2", composable, room, reader_room, attained_at=unread)
def reader(x: Instance) -> Sides:
    """‖X − X_{r'+1,r}‖_F² ≤ ‖X − X_{r',r}‖_F²"""
    return transport(x.replace(r_next=x.integer("r_next") + 1)).error_squared, transport(x).error_squared


def certified(x: Instance) -> list[Verdict]:
    """For every window r of W: whether the column errs by less than the tolerance."""

    def line(r: int) -> Verdict:
        squared = x.rational("tolerance") ** 2
        return decide(
            lambda: num(squared) - transport(x.replace(r=r)).column_squared(x.integer("j")), strict=True
        ).verdict

    return [line(r) for r in range(_ranks(x)[0] + 1)]


def halved(verdicts: Sequence[Verdict]) -> int:
    """What bisection finds, which takes certified windows for an upper range."""
    low, high = 0, len(verdicts) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if verdicts[middle] is Verdict.CERTIFIED else (middle + 1, high)
    return low


def _is_smallest(verdicts: Sequence[Verdict], found: int | None) -> bool:
    """Whether all windows from ``found`` on are certified, and the one below is not."""
    if found is None:
        return verdicts[-1] is not Verdict.CERTIFIED
    above = all(v is Verdict.CERTIFIED for v in verdicts[found:]) and found < len(verdicts)
    return above and (found == 0 or verdicts[found - 1] is not Verdict.CERTIFIED)


def growing() -> Iterable[Instance]:
    """A column that is right, wrong and right again as the window grows, for tolerances on either side."""
    for tolerance in (1, 2, 3):
        yield case([[10, 0, 0], [0, 2, 4], [0, -2, 1]], [[1, 1, 1]], 0, 1, 2, tolerance)


@theorem.fact(r"r_0=\min\{r:\ \text{all windows}\ge r\ \text{are certified}\}", *(composable, room), tight=growing)
def scan(x: Instance, over: int = 0) -> bool:
    """looking at every window finds the smallest one from which on all are certified"""
    verdicts = certified(x)
    found = smallest_window(verdicts)
    return _is_smallest(verdicts, None if found is None else found + int(over))


@theorem.bound(
    r"\|(X-X_{r',r+1})e_k\|^2\le\|(X-X_{r',r})e_k\|^2",
    *(composable, room),
    false=True,
    note="the larger window may turn a column that was right by chance",
)
def of_one_column(x: Instance) -> Sides:
    """‖(X − X_{r',r+1})e_k‖² ≤ ‖(X − X_{r',r})e_k‖²"""
    k = x.integer("j")
    return transport(x.replace(r=x.integer("r") + 1)).column_squared(k), transport(x).column_squared(k)


@theorem.fact(r"\text{bisection finds}\ r_0", composable, room, false=True)
def bisection(x: Instance) -> bool:
    """bisection over the windows finds the smallest one from which on all are certified"""
    verdicts = certified(x)
    return verdicts[-1] is not Verdict.CERTIFIED or _is_smallest(verdicts, halved(verdicts))


theorem.witness(of_one_column, None, case([[2, 4], [-2, 1]], [[1, 1]], 0, 1))
theorem.witness(bisection, None, case([[10, 0, 0], [0, 2, 4], [0, -2, 1]], [[1, 1, 1]], 0, 1, 2))


@theorem.stratum
def not_monotone(x: Instance) -> bool:
    """a certified window below one that is not"""
    verdicts = certified(x)
    return Verdict.CERTIFIED in verdicts[: smallest_window(verdicts) or 0]


@theorem.property
def full_windows(x: Instance) -> bool:
    """nothing is lost by full windows, and the columns share the error"""
    t, (d, d_next) = transport(x), _ranks(x)
    columns = [t.column_squared(k) for k in range(1, x.matrix("A").ncols() + 1)]
    full = transport(x.replace(r=d, r_next=d_next))
    return sum(columns, num(0)) == t.error_squared and full.error_squared == 0


@theorem.proof("symbolic", "all real X of size 2×2 and 3×2, all orthonormal pairs of directions")
def nested() -> Facts:
    """With u and v orthogonal the window of u and v keeps ‖Xu‖²/‖u‖² + ‖Xv‖²/‖v‖²: a second direction adds a square."""
    for rows in (2, 3):
        x, u = real_matrix("x", rows, 2), real_matrix("u", 2, 1)
        v = type(u)([-u[1], u[0]])
        one, two = (x * w * w.T / w.dot(w) for w in (u, v))
        kept = square(one + two) - square(one) - square(x * v) / v.dot(v)
        yield f"{rows}×2: what a direction adds", vanishes(kept)


@theorem.proof("exhaustive", "all verdicts of up to five windows")
def every_pattern(search: Callable[[Sequence[Verdict]], int | None] = smallest_window) -> Facts:
    """The window that is found is the smallest one from which on all are certified, whatever the verdicts are."""
    for size in range(1, 6):
        patterns = itertools.product(Verdict, repeat=size)
        yield f"{size} windows", all(_is_smallest(p, search(p)) for p in patterns)


theorem.constant("over", "how many windows more than found", sharp=True)
theorem.mutant("halving", "bisection instead of a scan", proof=lambda: every_pattern(halved))
theorem.mutant("one column", "the error of a column falls", scan, bisection)
