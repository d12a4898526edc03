"""Triangle inequalities, by sums of squares."""

from __future__ import annotations

import itertools

from certify.geometry.transport.block_form import pair_error
from theorems.engine.declare import Facts
from theorems.exact.algebra import is_sum_of_squares, real_matrix, square, vanishes

__all__ = ["products", "triangle"]


def triangle() -> Facts:
    """(‖x‖‖e‖)² − ⟨x, e⟩² is Lagrange's sum of squares, so ‖x + e‖ lies between |‖x‖ − ‖e‖| and ‖x‖ + ‖e‖; the norms of
    the noise are those of columns of activities."""
    import sympy

    a, b, c = sympy.symbols("a b c", real=True)
    for m in (1, 2, 3, 4):
        x, e = real_matrix("x", m, 1), real_matrix("e", m, 1)
        inner = x.dot(e)
        squares = sum((x[i] * e[j] - x[j] * e[i]) ** 2 for i, j in itertools.combinations(range(m), 2))
        yield f"m = {m}: Lagrange", vanishes(square(x) * square(e) - inner**2 - squares)
        yield f"m = {m}: the sum", vanishes(square(x + e) - square(x) - 2 * inner - square(e))
    # a = ‖x‖, b = ‖e‖, c = ⟨x, e⟩ in [−ab, ab].
    yield "from above", vanishes((a + b) ** 2 - (a**2 + 2 * c + b**2) - 2 * (a * b - c))
    yield "from below", vanishes((a**2 + 2 * c + b**2) - (a - b) ** 2 - 2 * (a * b + c))


def products() -> Facts:
    """With |y − x| ≤ e and |y' − x'| ≤ e', |yy' − xx'| ≤ xe' + x'e + ee': the excess is a sum of products that are not
    negative, on both sides."""
    import sympy

    for n in (1, 2, 3, 4):
        x, p, e, f, s = (sympy.symbols(f"{name}1:{n + 1}", real=True) for name in ("x", "p", "e", "f", "s"))
        left, right, up, down = ([v**2 for v in w] for w in (x, p, e, f))
        bound = pair_error(left, right, [a + v**2 for a, v in zip(up, s, strict=True)], down, range(n))
        free = pair_error(left, right, up, down, range(n))
        yield f"n = {n}: larger errors, larger bound", is_sum_of_squares(sympy.expand(bound - free))
        for signs in itertools.product((-1, 1), repeat=2):
            moved = [
                (a + signs[0] * u) * (b + signs[1] * v) - a * b
                for a, b, u, v in zip(left, right, up, down, strict=True)
            ]
            above = sympy.expand(free - sum(moved))
            below = sympy.expand(free + sum(moved))
            yield f"n = {n}, signs {signs}: from above", is_sum_of_squares(above)
            yield f"n = {n}, signs {signs}: from below", is_sum_of_squares(below)
