"""Deep linear networks at an exact point: gradients, velocities under weight decay, and gradient steps."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = [
    "LAYERS",
    "SIZES",
    "LinearChain",
    "composable",
    "example",
    "gradients",
    "gram_difference",
    "linear_chain",
    "linear_chains",
]

LAYERS = (
    Parameter.matrix("W1", "n1", "n0"),
    Parameter.matrix("W2", "n2", "n1"),
    Parameter.matrix("W3", "n3", "n2"),
    Parameter.matrix("G", "n3", "n0"),
    Parameter.vector("b", "n1", -2, 2),
    Parameter.vector("g", "n3", -2, 2),
)
"""Three layers, the gradient G of the loss in the end-to-end map, a bias of the first layer, and its gradient g."""
SIZES = {"n0": (1, 2), "n1": (1, 2), "n2": (1, 2), "n3": (1, 2)}


@hypothesis(r"W_{l+1}W_l\text{ defined}", defines="there is no end-to-end map")
def composable(x: Instance) -> bool:
    """the layers compose, and G, b and g fit them"""
    w = [x.matrix(name) for name in ("W1", "W2", "W3")]
    joined = all(a.nrows() == b.ncols() for a, b in itertools.pairwise(w))
    ends = (w[2].nrows(), w[0].ncols()) == (x.matrix("G").nrows(), x.matrix("G").ncols())
    return joined and ends and len(x.vector("b")) == w[0].nrows() and len(x.vector("g")) == w[2].nrows()


def gradients(
    w: Sequence[flint.fmpq_mat], g: flint.fmpq_mat, moved: flint.fmpq_mat | None = None
) -> list[flint.fmpq_mat]:
    """N_l = (W_L⋯W_{l+1})ᵀ G (W_{l−1}⋯W_1)ᵀ for every layer; ``moved`` stands for G W_1ᵀ beyond the first layer."""
    found: list[flint.fmpq_mat] = []
    for i, _ in enumerate(w):
        right = g if i == 0 else moved if moved is not None else g * w[0].transpose()
        for a in w[1:i]:
            right = right * a.transpose()
        for a in reversed(w[i + 1 :]):
            right = a.transpose() * right
        found.append(right)
    return found


def gram_difference(first: flint.fmpq_mat, second: flint.fmpq_mat) -> flint.fmpq_mat:
    """BᵀB − AAᵀ for a layer A and the next one B: Δ for weights, the production of a step for gradients."""
    return second.transpose() * second - first * first.transpose()


class LinearChain:
    """z = W₁x + b, W₃W₂z: the gradients N of the loss, and Δ at both interfaces; H and K apart."""

    def __init__(self, x: Instance) -> None:
        self.w = [x.matrix(name) for name in ("W1", "W2", "W3")]
        self.bias, g = (flint.fmpq_mat([[v] for v in x.vector(name)]) for name in ("b", "g"))
        whole = x.matrix("G") * self.w[0].transpose() + g * self.bias.transpose()
        self.n = gradients(self.w, x.matrix("G"), whole)
        self.n_bias = self.w[1].transpose() * (self.w[2].transpose() * g)

    @property
    def deltas(self) -> list[flint.fmpq_mat]:
        """Δ at the two interfaces."""
        return [gram_difference(self.w[i], self.w[i + 1]) for i in (0, 1)]

    def rates(self, velocities: Sequence[flint.fmpq_mat]) -> list[tuple[flint.fmpq_mat, flint.fmpq_mat]]:
        """(Ḣ, K̇) at the two interfaces, for given velocities of the layers."""
        found: list[tuple[flint.fmpq_mat, flint.fmpq_mat]] = []
        for i in (0, 1):
            read, write = self.w[i + 1].transpose() * velocities[i + 1], velocities[i] * self.w[i].transpose()
            found.append((read + read.transpose(), write + write.transpose()))
        return found


@functools.lru_cache(maxsize=512)
def linear_chain(x: Instance) -> LinearChain:
    """The chain of an instance."""
    return LinearChain(x)


def linear_chains(*, bias: bool = False, **more: SearchStrategy[object]) -> SearchStrategy[Instance]:
    """Small integer layers, some of them balanced up to one entry, with large gradients, small ones and none."""
    from hypothesis import strategies as st

    from theorems.subjects.rational_matrices import integers_matrix

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n = [draw(st.integers(1, 2)) for _ in range(4)]
        size = draw(st.sampled_from((1, 2, 50)))
        vectors = [draw(st.lists(st.integers(-2, 2), min_size=k, max_size=k)) for k in (n[1], n[3])]
        drawn = {name: draw(strategy) for name, strategy in more.items()}
        layers = [draw(integers_matrix(n[i + 1], n[i], 2)) for i in range(3)]
        if draw(st.integers(0, 3)) == 0:
            eye = [[Fraction(int(i == j)) for j in range(2)] for i in range(2)]
            n, layers, vectors = [2] * 4, [eye, eye, [[Fraction(2), Fraction(0)], eye[1]]], [[1, -1], [2, 1]]
        g = draw(integers_matrix(n[3], n[0], size))
        b = vectors[0] if bias else [0] * n[1]
        return Instance.of(W1=layers[0], W2=layers[1], W3=layers[2], G=g, b=b, g=vectors[1], **drawn)

    return build()


def example(w: Sequence[int] = (1, 1, 1), **changed: object) -> Instance:
    """Layers of one neuron, G = 1 and no bias, some of it changed."""
    rows = {f"W{i + 1}": [[v]] for i, v in enumerate(w)}
    return Instance.of(**{**rows, "G": [[1]], "b": [0], "g": [1], **changed})
