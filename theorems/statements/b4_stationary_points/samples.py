"""Points of linear networks for B4: any, and stationary ones, with biases and with decays of their own."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from theorems.engine.instance import Instance
from theorems.subjects.linear_chains import example, linear_chains

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = ["one_neuron", "points", "stationary_points"]


def points() -> SearchStrategy[Instance]:
    """Any point, with decays from 0 to 3."""
    from hypothesis import strategies as st

    decays = st.sampled_from([[v] * 3 for v in (Fraction(1), Fraction(1, 2), Fraction(3), Fraction(0))])
    return linear_chains(decay=decays, bias_decay=st.sampled_from(("none", "like the weights")))


def stationary_points(bias: str = "", *, own_decays: bool = False) -> SearchStrategy[Instance]:
    """Balanced products of diagonals, turned, with a gradient −λ/σ along them; a bias is a column of the first layer.

    A bias that is decayed is a column of the balanced first layer, one that is not is arbitrary and has no gradient.
    """
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n, decay = draw(st.integers(1, 2)), draw(st.sampled_from((Fraction(1), Fraction(2), Fraction(1, 3))))
        values = [draw(st.sampled_from((0, 1, 2))) for _ in range(n)]
        u = [draw(own.orthogonal(n)) for _ in range(3)]
        wide = n + 1 if bias == "like the weights" else n
        last = own.transpose(draw(own.orthogonal(wide)))[:n]
        c = [draw(st.sampled_from((1, 2, 3))) if own_decays else 1 for _ in range(3)]
        w = [
            own.product(own.diagonal([k * v for v in values]), right)
            for k, right in zip(c, (last, *map(own.transpose, u)), strict=False)
        ]
        w = [own.product(left, a) for left, a in zip(u, w, strict=True)]
        size = c[0] * c[1] * c[2]
        g = own.product(u[2], own.diagonal([-decay / v / size if v else 0 for v in values]), last)
        if bias == "like the weights":
            b, up = [row[n] for row in w[0]], [row[n] for row in g]
            w[0], g = tuple(row[:n] for row in w[0]), tuple(row[:n] for row in g)
        else:
            b, up = [draw(st.integers(-2, 2)) if bias else 0 for _ in range(n)], [0] * n
        decays = [decay / (k * k) for k in c]
        return Instance.of(W1=w[0], W2=w[1], W3=w[2], G=g, b=b, g=up, decay=decays, bias_decay=bias or "none")

    return build()


def one_neuron(size: int, rng: Random) -> Iterable[Instance]:
    """Stationary layers of one neuron: without decay, with a bias that is kept, with one that is decayed."""
    for kind in ("none", "like the weights"):
        w = [rng.randint(1, size) for _ in range(3)]
        yield example(w, G=[[0]], g=[0], decay=[0, 0, 0], bias_decay=kind)
        yield example((1, 1, 1), G=[[-1]], g=[0], b=[rng.randint(0, size)], decay=[1, 1, 1], bias_decay=kind)
        # (3, 4)/5 is a first layer with its bias.
        ends = {"G": [[Fraction(-3, 25)]], "b": [4], "g": [Fraction(-4, 25)]}
        yield example((3, 5, 5), **ends, decay=[1, 1, 1], bias_decay=kind)
