"""Runs of gradient descent in exact rational numbers: W₂W₁ fitted to a target, with weight decay."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.spectra import frobenius_squared
from theorems.subjects.linear_chains import gradients, gram_difference

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["DESCENT", "SIZES", "Descent", "composable", "descent", "descents"]

DESCENT = (
    Parameter.matrix("W1", "n1", "n0"),
    Parameter.matrix("W2", "n2", "n1"),
    Parameter.matrix("Y", "n2", "n0"),
    Parameter.rational("eta", 0, 2),
    Parameter.rational("decay", 0, 2),
    Parameter.integer("steps", 1, 3, limit=4),
)
SIZES = {"n0": (1, 2), "n1": (1, 2), "n2": (1, 2)}


@hypothesis(r"W_2W_1-Y\text{ defined}", defines="there is no loss")
def composable(x: Instance) -> bool:
    """the layers compose and fit the target"""
    w, v, y = (x.matrix(name) for name in ("W1", "W2", "Y"))
    return w.nrows() == v.ncols() and (v.nrows(), w.ncols()) == (y.nrows(), y.ncols())


class Descent:
    """The iterates of F = ½‖W₂W₁ − Y‖² + ½λ(‖W₁‖² + ‖W₂‖²), with the gradients of loss and of F at each."""

    def __init__(self, x: Instance) -> None:
        self.eta, self.decay, self.steps = x.rational("eta"), x.rational("decay"), x.integer("steps")
        self.target = x.matrix("Y")
        self.weights = [(x.matrix("W1"), x.matrix("W2"))]
        for t in range(self.steps):
            w, r = self.weights[t], self.gradient(t)
            self.weights.append((w[0] - self.eta * r[0], w[1] - self.eta * r[1]))

    def loss_gradient(self, t: int) -> tuple[flint.fmpq_mat, flint.fmpq_mat]:
        """N₁, N₂ at step t."""
        first, second = gradients(self.weights[t], self.weights[t][1] * self.weights[t][0] - self.target)
        return first, second

    def gradient(self, t: int) -> tuple[flint.fmpq_mat, flint.fmpq_mat]:
        """R₁, R₂ at step t."""
        n, w = self.loss_gradient(t), self.weights[t]
        return n[0] + self.decay * w[0], n[1] + self.decay * w[1]

    def delta(self, t: int) -> flint.fmpq_mat:
        """Δ = W₂ᵀW₂ − W₁W₁ᵀ at step t."""
        return gram_difference(*self.weights[t])

    def value(self, t: int) -> flint.fmpq:
        """F at step t."""
        w = self.weights[t]
        sizes = frobenius_squared(w[0]) + frobenius_squared(w[1])
        return (frobenius_squared(w[1] * w[0] - self.target) + self.decay * sizes) / 2

    def slope_squared(self, t: int) -> flint.fmpq:
        """‖∇F‖² at step t."""
        r = self.gradient(t)
        return frobenius_squared(r[0]) + frobenius_squared(r[1])


@functools.lru_cache(maxsize=512)
def descent(x: Instance) -> Descent:
    """The run of an instance."""
    return Descent(x)


def descents(**more: SearchStrategy[object]) -> SearchStrategy[Instance]:
    """Short runs from small integers, with steps that descend and steps that do not."""
    from hypothesis import strategies as st

    from theorems.subjects.rational_matrices import integers_matrix

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n0, n1, n2 = (draw(st.integers(1, 2)) for _ in range(3))
        drawn = {name: draw(strategy) for name, strategy in more.items()}
        return Instance.of(
            W1=draw(integers_matrix(n1, n0, 2)),
            W2=draw(integers_matrix(n2, n1, 2)),
            Y=draw(integers_matrix(n2, n0, 3)),
            eta=draw(st.sampled_from([Fraction(1, k) for k in (16, 24, 40, 100, 4)])),
            decay=draw(st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(1, 10), Fraction(0)])),
            steps=draw(st.integers(1, 3)),
            **drawn,
        )

    return build()
