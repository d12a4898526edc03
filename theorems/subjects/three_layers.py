"""Chains of three exact square layers A, B, C: their normalized spectra and what both interfaces transport."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from certify.geometry.spectrum.chart import energies
from certify.geometry.spectrum.rigidity import transport_amplitude
from certify.rigor.functions import log
from theorems.engine.declare import Facts, hypothesis
from theorems.engine.instance import Instance, Matrix
from theorems.engine.theorem import Parameter
from theorems.exact.algebra import vanishes
from theorems.exact.scalars import Scalar, mode, num, root, settle
from theorems.exact.spectra import frobenius_squared, singular_squares, singular_values

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["LAYERS", "SIZES", "ThreeLayers", "diagonals", "invertible", "layers", "stretching", "three_layers"]

LAYERS = tuple(Parameter.matrix(name, "d", "d") for name in ("A", "B", "C"))
SIZES = {"d": (1, 3)}


@hypothesis(r"\det A\det B\det C\ne0", defines="a transport or its inverse is not defined")
def invertible(x: Instance) -> bool:
    """A, B and C are invertible"""
    return all(x.matrix(name).det() != 0 for name in "ABC")


class ThreeLayers:
    """The layers, and the spectra of the first and the last with ‖·‖_F² = d."""

    def __init__(self, x: Instance) -> None:
        self.matrices = [x.matrix(name) for name in "ABC"]
        self.d = self.matrices[0].nrows()

    @functools.cached_property
    def squares(self) -> list[list[Scalar]]:
        """Of the singular values, for the three layers, decreasing."""
        return [singular_squares(a) for a in self.matrices]

    @functools.cached_property
    def energies(self) -> list[list[Scalar]]:
        """The energies p of the three layers."""
        return [energies([root(v) for v in squares]) for squares in self.squares]

    @functools.cached_property
    def logs(self) -> list[list[Scalar]]:
        """log σ_k of the three normalized layers."""
        scales = [(log(num(self.d)) - log(num(frobenius_squared(a)))) / 2 for a in self.matrices]
        return [[settle(log(v) / 2 + s) for v in line] for line, s in zip(self.squares, scales, strict=True)]

    @functools.cached_property
    def amplitudes(self) -> list[tuple[Scalar, Scalar]]:
        """(a⁺, a⁻) of both interfaces, from T = B̂Â⁻¹ and T = ĈB̂⁻¹."""
        found: list[tuple[Scalar, Scalar]] = []
        for a, b in zip(self.matrices, self.matrices[1:], strict=False):
            values = singular_values(b * a.inv())
            norms = root(frobenius_squared(a)), root(frobenius_squared(b))
            up = settle(transport_amplitude(values[0], *norms))
            found.append((up, settle(transport_amplitude(1 / values[-1], *reversed(norms)))))
        return found


@functools.lru_cache(maxsize=512)
def _three_layers(x: Instance, _mode: tuple[int, bool]) -> ThreeLayers:
    return ThreeLayers(x)


def three_layers(x: Instance) -> ThreeLayers:
    """The chain of an instance, kept while the working precision does not change."""
    return _three_layers(x, mode())


def diagonals(*values: Sequence[int | Fraction], **more: object) -> Instance:
    """Aligned diagonal layers; the last of two is repeated."""
    chosen = [*values, values[-1]][:3]
    rows = [[[v if i == j else 0 for j in range(len(d))] for i, v in enumerate(d)] for d in chosen]
    return Instance.of(A=rows[0], B=rows[1], C=rows[2], **more)


def stretching() -> Facts:
    """σ_d(T)²|y|² ≤ |Ty|² ≤ σ₁(T)²|y|² for T = diag(t): the differences have coefficients that are not negative."""
    import sympy

    for d in (2, 3):
        steps, y = sympy.symbols(f"s1:{d + 1}", nonnegative=True), sympy.symbols(f"y1:{d + 1}", real=True)
        t = [sum(steps[i:]) for i in range(d)]
        image, size = sum(a * a * b * b for a, b in zip(t, y, strict=True)), sum(b * b for b in y)
        above, below = sympy.Poly(t[0] ** 2 * size - image, *y), sympy.Poly(image - t[-1] ** 2 * size, *y)
        for name, form in (("largest", above), ("smallest", below)):
            terms = form.terms()
            squares = all(all(k % 2 == 0 for k in powers) for powers, _ in terms)
            signs = all(v >= 0 for _, c in terms for v in sympy.Poly(c, *steps).coeffs())
            yield f"d = {d}: the {name} value bounds |Ty|", squares and signs and not vanishes(form.as_expr())


def layers(**more: SearchStrategy[object]) -> SearchStrategy[Instance]:
    """Chains of 1 to 3 ranks: diagonals, turned in one of five places, small steps and large ones."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    def turned(d: int, kind: int) -> Matrix:
        """I, a reversal with signs, or a 3-4-5 rotation of the first two coordinates."""
        rows = own.diagonal([1] * d)
        if kind == 0 or d == 1:
            return rows
        c, s = Fraction(3, 5), Fraction(4, 5)
        plane = ((c, -s), (s, c)) if kind == 1 else ((Fraction(0), Fraction(1)), (Fraction(-1), Fraction(0)))
        return tuple((*plane[i], *rows[i][2:]) if i < 2 else rows[i] for i in range(d))

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        d, rows = draw(st.sampled_from((2, 2, 3, 1))), []
        values = draw(st.lists(st.integers(1, 7).map(Fraction), min_size=d, max_size=d))
        kinds = st.sampled_from((0, 0, 0, 1, 2))
        for _ in range(3):
            rows.append(own.product(turned(d, draw(kinds)), own.diagonal(values), turned(d, draw(kinds))))
            step = draw(st.sampled_from((Fraction(1), Fraction(1, 4), Fraction(1, 128))))
            values = [f * (1 + step * draw(st.integers(0, 3))) for f in values]
        drawn = {name: draw(strategy) for name, strategy in more.items()}
        return Instance.of(A=rows[0], B=rows[1], C=rows[2], **drawn)

    return build()
