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
from collections.abc import Callable, Sequence
from fractions import Fraction

from certify.geometry.transport.block_form import smallest_window
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.algebra import real_matrix, square, vanishes
from theorems.exact.scalars import num
from theorems.statements.e7_windows import samples
from theorems.statements.e7_windows.samples import case, certified, halved, is_smallest, ranks
from theorems.subjects.transports import SIZES, TRANSPORT, composable, transport

theorem = Declaration(
    __doc__,
    parameters=(*TRANSPORT, Parameter.rational("tolerance", Fraction(1, 4), 4)),
    dimensions=SIZES,
    strategy=samples.turned,
    families=samples.blocks,
)


@hypothesis(r"0\le r<d,\ 0\le r'\le d'", defines="there is no larger window")
def room(x: Instance) -> bool:
    """r is below the number of ranks, r' at most theirs, and the column is one of X"""
    d, d_next = ranks(x)
    columns = x.matrix("A").ncols()
    return 0 <= x.integer("r") < d and 0 <= x.integer("r_next") <= d_next and 1 <= x.integer("j") <= columns


@hypothesis(r"r'<d'", defines="there is no larger window of W'")
def reader_room(x: Instance) -> bool:
    """r' is below the number of ranks of W'"""
    return x.integer("r_next") < ranks(x)[1]


@theorem.bound(r"\|X-X_{r',r+1}\|_F^2\le\|X-X_{r',r}\|_F^2", composable, room, attained_at=samples.killed)
def writer(x: Instance) -> Sides:
    """‖X − X_{r',r+1}‖_F² ≤ ‖X − X_{r',r}‖_F²"""
    return transport(x.replace(r=x.integer("r") + 1)).error_squared, transport(x).error_squared


@theorem.bound(r"\|X-X_{r'+1,r}\|_F^2\le\|X-X_{r',r}\|_F^2", composable, room, reader_room, attained_at=samples.unread)
def reader(x: Instance) -> Sides:
    """‖X − X_{r'+1,r}‖_F² ≤ ‖X − X_{r',r}‖_F²"""
    return transport(x.replace(r_next=x.integer("r_next") + 1)).error_squared, transport(x).error_squared


@theorem.fact(
    r"r_0=\min\{r:\ \text{all windows}\ge r\ \text{are certified}\}", *(composable, room), tight=samples.growing
)
def scan(x: Instance, over: int = 0) -> bool:
    """looking at every window finds the smallest one from which on all are certified"""
    verdicts = certified(x)
    found = smallest_window(verdicts)
    return is_smallest(verdicts, None if found is None else found + int(over))


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
    return verdicts[-1] is not Verdict.CERTIFIED or is_smallest(verdicts, halved(verdicts))


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
    t, (d, d_next) = transport(x), ranks(x)
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
        answers = (None, *range(size))
        yield f"{size} windows", all([a for a in answers if is_smallest(p, a)] == [search(p)] for p in patterns)


@theorem.proof("instances", "one instance for every condition")
def refused() -> Facts:
    """Full and negative windows, and columns that X has not, are refused."""
    one = [[1]]
    for name, x in {
        "full": case(one, one, 1, 1),
        "negative": case(one, one, -1, 1),
        "beyond that of W'": case(one, one, 0, 2),
        "negative for W'": case(one, one, 0, -1),
        "before the columns": case(one, one, 0, 1, 0),
        "behind the columns": case(one, one, 0, 1, 2),
    }.items():
        yield name, room.holds(x) is Verdict.REFUTED
    yield "W' full", reader_room.holds(case(one, one, 0, 1)) is Verdict.REFUTED


theorem.constant("over", "how many windows more than found", sharp=True)
theorem.mutant("halving", "bisection instead of a scan", proof=lambda: every_pattern(halved))
theorem.mutant("one column", "the error of a column falls", scan, bisection)
