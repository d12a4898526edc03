"""One hidden layer of a network on finitely many samples, in exact numbers: what its weights do under gradient flow.

W writes z = Wx + b into R^n, h = φ(z), W' reads h; δ' is the gradient of the loss with respect to W'h, one column for
each sample. φ is piecewise polynomial, so that everything is rational.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import flint

from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance, Matrix, fmpq_mat
from theorems.engine.theorem import Parameter

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "HIDDEN",
    "SIZES",
    "Hidden",
    "away_from_kinks",
    "composable",
    "hidden",
    "hidden_layers",
    "homogeneous",
    "no_bias",
    "one_hidden_neuron",
]

ACTIVATIONS = ("relu", "leaky", "identity", "squared")
_SLOPE = flint.fmpq(1, 4)
HIDDEN = (
    Parameter.matrix("W", "n", "m"),
    Parameter.matrix("W_next", "p", "n"),
    Parameter.vector("b", "n", -2, 2),
    Parameter.matrix("inputs", "m", "N"),
    Parameter.matrix("upstream", "p", "N"),
    Parameter.rational("decay", 0, 2),
    Parameter.rational("kink", 0, 1),
    Parameter.choice("activation", *ACTIVATIONS),
)
SIZES = {"n": (1, 3), "m": (1, 2), "p": (1, 2), "N": (1, 2)}


@hypothesis(r"W'\varphi(Wx+b)", defines="there is no network")
def composable(x: Instance) -> bool:
    """W' reads what W writes, W reads the inputs, and there is a gradient for every sample"""
    w, w_next, inputs, upstream = (x.matrix(name) for name in ("W", "W_next", "inputs", "upstream"))
    meet = w_next.ncols() == w.nrows() == len(x.vector("b")) and w.ncols() == inputs.nrows()
    return meet and upstream.nrows() == w_next.nrows() and upstream.ncols() == inputs.ncols()


@hypothesis(r"\varphi(cz)=c\,\varphi(z)\ (c\ge0)")
def homogeneous(x: Instance) -> bool:
    """φ is positively homogeneous of degree 1 (ReLU, leaky ReLU, identity)"""
    return x.choice("activation") != "squared"


@hypothesis(r"b=0")
def no_bias(x: Instance) -> bool:
    """there is no bias"""
    return all(v == 0 for v in x.vector("b"))


class Hidden:
    """The weights, what the samples make of them, and their velocities under gradient flow with weight decay λ.

    At a kink the derivative is the slope at 0⁻ plus ``kink`` times the jump.
    """

    def __init__(self, x: Instance) -> None:
        self.w, self.w_next, self.inputs, self.upstream = (
            fmpq_mat(cast(Matrix, x[name])) for name in ("W", "W_next", "inputs", "upstream")
        )
        self.bias, self.decay, self.kink = x.vector("b"), x.rational("decay"), x.rational("kink")
        self.activation = x.choice("activation")
        self.n, self.samples = self.w.nrows(), self.inputs.ncols()

    def phi(self, z: flint.fmpq) -> flint.fmpq:
        """φ(z)."""
        if self.activation == "identity" or (z > 0 and self.activation != "squared"):
            return z
        if self.activation == "squared":
            return z * z if z > 0 else flint.fmpq(0)
        return _SLOPE * z if self.activation == "leaky" else flint.fmpq(0)

    def derivative(self, z: flint.fmpq) -> flint.fmpq:
        """φ'(z), at a kink an element of the subdifferential."""
        if self.activation == "identity":
            return flint.fmpq(1)
        if self.activation == "squared":
            return 2 * z if z > 0 else flint.fmpq(0)
        low = _SLOPE if self.activation == "leaky" else flint.fmpq(0)
        return flint.fmpq(1) if z > 0 else low + self.kink * (1 - low) if z == 0 else low

    @functools.cached_property
    def z(self) -> flint.fmpq_mat:
        """Preactivations, n × samples."""
        plain = self.w * self.inputs
        return flint.fmpq_mat([[plain[i, s] + self.bias[i] for s in range(self.samples)] for i in range(self.n)])

    @functools.cached_property
    def h(self) -> flint.fmpq_mat:
        """Activations, n × samples."""
        return _entrywise(self.phi, self.z)

    @functools.cached_property
    def slopes(self) -> flint.fmpq_mat:
        """φ'(z), n × samples: the columns are the diagonals D of the samples."""
        return _entrywise(self.derivative, self.z)

    @functools.cached_property
    def q(self) -> flint.fmpq_mat:
        """W'ᵀδ', n × samples."""
        return self.w_next.transpose() * self.upstream

    @functools.cached_property
    def delta(self) -> flint.fmpq_mat:
        """Δ = W'ᵀW' − WWᵀ."""
        return self.w_next.transpose() * self.w_next - self.w * self.w.transpose()

    @functools.cached_property
    def gram_velocities(self) -> tuple[flint.fmpq_mat, flint.fmpq_mat]:
        """Of W'ᵀW' and WWᵀ, from Ẇ' = −δ'hᵀ − λW' and Ẇ = −(D q)xᵀ − λW."""
        back = flint.fmpq_mat([[self.slopes[i, s] * self.q[i, s] for s in range(self.samples)] for i in range(self.n)])
        move = -1 * (back * self.inputs.transpose()) - self.decay * self.w
        move_next = -1 * (self.upstream * self.h.transpose()) - self.decay * self.w_next
        read, write = self.w_next.transpose() * move_next, move * self.w.transpose()
        return read + read.transpose(), write + write.transpose()

    @functools.cached_property
    def delta_velocity(self) -> flint.fmpq_mat:
        """Δ̇."""
        return self.gram_velocities[0] - self.gram_velocities[1]

    @functools.cached_property
    def obstruction(self) -> flint.fmpq_mat:
        """M = Σ (q hᵀ − D q (z − b)ᵀ) over the samples, entry by entry."""

        def entry(i: int, j: int) -> flint.fmpq:
            terms = (
                self.q[i, s] * self.h[j, s] - self.slopes[i, s] * self.q[i, s] * (self.z[j, s] - self.bias[j])
                for s in range(self.samples)
            )
            return sum(terms, flint.fmpq(0))

        return flint.fmpq_mat([[entry(i, j) for j in range(self.n)] for i in range(self.n)])

    @functools.cached_property
    def commutators(self) -> flint.fmpq_mat:
        """Σ [q zᵀ, D] over the samples: entry (i, j) is q_i z_j (D_j − D_i)."""

        def entry(i: int, j: int) -> flint.fmpq:
            d, samples = self.slopes, range(self.samples)
            return sum((self.q[i, s] * self.z[j, s] * (d[j, s] - d[i, s]) for s in samples), flint.fmpq(0))

        return flint.fmpq_mat([[entry(i, j) for j in range(self.n)] for i in range(self.n)])


def _entrywise(f: Callable[[flint.fmpq], flint.fmpq], a: flint.fmpq_mat) -> flint.fmpq_mat:
    return flint.fmpq_mat([[f(v) for v in row] for row in a.tolist()])


@functools.lru_cache(maxsize=512)
def hidden(x: Instance) -> Hidden:
    """The layer of an instance."""
    return Hidden(x)


def away_from_kinks(x: Instance) -> bool:
    """Whether no preactivation is 0, so that the network is a polynomial near the weights."""
    return all(v != 0 for v in hidden(x).z.entries())


def hidden_layers(*activations: str, bias: bool = False, least: int = 1) -> SearchStrategy[Instance]:
    """Small integer layers: neurons that are on, off, at their kink, and alike on several samples."""
    from hypothesis import strategies as st

    from theorems.subjects.rational_matrices import integers_matrix

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n, m, p, samples = (draw(st.integers(low, high)) for low, high in ((least, 3), (1, 2), (1, 2), (1, 3)))
        values = draw(st.lists(st.integers(-2, 2).map(Fraction), min_size=n, max_size=n)) if bias else [Fraction(0)] * n
        zeros = ((Fraction(0),) * samples,) * m
        return Instance.of(
            W=draw(integers_matrix(n, m, 2)),
            W_next=draw(integers_matrix(p, n, 2)),
            b=values,
            inputs=draw(st.one_of(st.just(zeros), integers_matrix(m, samples, 2), integers_matrix(m, samples, 1))),
            upstream=draw(integers_matrix(p, samples, 2)),
            decay=draw(st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1)])),
            kink=draw(st.sampled_from([Fraction(1, 2), Fraction(0), Fraction(1)])),
            activation=draw(st.sampled_from(activations or ACTIVATIONS)),
        )

    return build()


def one_hidden_neuron(**changed: object) -> Instance:
    """W = W' = x = δ' = 1 with ReLU, some of it changed."""
    plain: dict[str, object] = {
        "W": [[1]], "W_next": [[1]], "b": [0], "inputs": [[1]], "upstream": [[1]], "decay": 0, "kink": 0,
        "activation": "relu",
    }  # fmt: skip
    return Instance.of(**{**plain, **changed})
