"""What symbolic proofs do with SymPy, under short names; SymPy itself is imported when a proof runs."""

from __future__ import annotations

from typing import Any

__all__ = [
    "decreasing",
    "doubly_stochastic_zero",
    "is_sum_of_squares",
    "real_matrix",
    "square",
    "symmetric_matrix",
    "vanishes",
]


def vanishes(expression: Any) -> bool:
    """Whether a rational expression is identically 0."""
    import sympy

    return sympy.expand(sympy.numer(sympy.together(expression))) == 0


def real_matrix(name: str, rows: int, columns: int) -> Any:
    """A matrix of real symbols."""
    import sympy

    return sympy.Matrix(rows, columns, sympy.symbols(f"{name}1:{rows * columns + 1}", real=True))


def symmetric_matrix(name: str, n: int) -> Any:
    """A symmetric matrix of real symbols."""
    import sympy

    return sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"{name}{min(i, j)}{max(i, j)}", real=True))


def square(matrix: Any) -> Any:
    """The squared Frobenius norm."""
    return sum(v**2 for v in matrix)


def decreasing(name: str, length: int) -> list[Any]:
    """Any decreasing non-negative numbers, as sums of squares."""
    import sympy

    parts = sympy.symbols(f"{name}1:{length + 1}", real=True)
    return [sum(v**2 for v in parts[i:]) for i in range(length)]


def is_sum_of_squares(expression: Any) -> bool:
    """Whether every term of a polynomial with real symbols is a square times a number that is not negative."""
    import sympy

    terms = sympy.Poly(expression, *(sympy.sympify(expression).free_symbols or {sympy.Symbol("x")})).terms()
    return all(c >= 0 and all(power % 2 == 0 for power in powers) for powers, c in terms)


def doubly_stochastic_zero(expression: Any, w: Any) -> bool:
    """Whether an expression vanishes for doubly stochastic w: rows and columns sum to 1."""
    import sympy

    last = w.rows - 1
    rules = {w[i, last]: 1 - sum(w[i, j] for j in range(last)) for i in range(last)}
    rules |= {w[last, j]: 1 - sum(w[i, j] for i in range(last)) for j in range(last)}
    rules[w[last, last]] = 1 - sum(1 - sum(w[i, j] for i in range(last)) for j in range(last))
    return sympy.expand(sympy.expand(expression).subs(rules, simultaneous=True)) == 0
