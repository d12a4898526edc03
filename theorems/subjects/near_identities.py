"""Matrices A = I + εB, B = B₁ ⊕ B₂ ⊕ … ⊕ B₂ of exact blocks, and what is computed from them exactly."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from certify.geometry.spectrum.chart import top_radial
from certify.rigor.functions import absolute, maximum
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, mode, num, root, settle
from theorems.exact.spectra import frobenius_squared, singular_values, spectrum

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = ["BLOCKS", "SIZES", "NearIdentity", "blocks", "near_identity", "nearly_reflected", "rotation"]

BLOCKS = (
    Parameter.matrix("B", "n", "n"),
    Parameter.matrix("B_more", "k", "k"),
    Parameter.integer("m", 0, 40, limit=2**40),
    Parameter.rational("epsilon", -2, 2),
)
SIZES = {"n": (1, 3), "k": (1, 2)}


class NearIdentity:
    """ε, the blocks of A and of B with how often they occur, and d."""

    def __init__(self, x: Instance) -> None:
        self.epsilon = x.rational("epsilon")
        named = ((x.matrix("B"), 1), (x.matrix("B_more"), x.integer("m")))
        self.b = [(b, times) for b, times in named if times]
        self.a = [(_identity(b.nrows()) + self.epsilon * b, times) for b, times in self.b]
        self.d = sum(times * b.nrows() for b, times in self.b)

    @functools.cached_property
    def leading(self) -> Scalar:
        """σ₁(A)."""
        return _largest([singular_values(a)[0] for a, _ in self.a])

    @functools.cached_property
    def norm(self) -> Scalar:
        """‖B‖₂."""
        return _largest([singular_values(b)[0] for b, _ in self.b])

    @functools.cached_property
    def top(self) -> Scalar:
        """λ_max(S), S = (B + Bᵀ)/2."""
        return _largest([spectrum((b + b.transpose()) / 2)[0] for b, _ in self.b])

    @property
    def mean(self) -> flint.fmpq:
        """τ = tr B/d."""
        return sum((m * b[i, i] for b, m in self.b for i in range(b.nrows())), flint.fmpq(0)) / self.d

    @property
    def squares(self) -> tuple[flint.fmpq, flint.fmpq]:
        """‖A‖_F²/d and β = ‖B‖_F²/d."""
        first, second = (sum((m * frobenius_squared(b) for b, m in part), flint.fmpq(0)) for part in (self.a, self.b))
        return first / self.d, second / self.d

    @functools.cached_property
    def size(self) -> Scalar:
        """x = |ε|‖B‖₂."""
        return absolute(num(self.epsilon)) * self.norm

    @functools.cached_property
    def radial(self) -> Scalar:
        """r(A)."""
        return settle(top_radial(self.leading, root(num(self.squares[0] * self.d)), self.d))


def _identity(n: int) -> flint.fmpq_mat:
    return flint.fmpq_mat([[int(i == j) for j in range(n)] for i in range(n)])


def _largest(values: list[Scalar]) -> Scalar:
    return values[0] if len(values) == 1 else maximum(values[0], values[1])


@functools.lru_cache(maxsize=1024)
def _near_identity(x: Instance, _mode: tuple[int, bool]) -> NearIdentity:
    return NearIdentity(x)


def near_identity(x: Instance) -> NearIdentity:
    """The matrix of an instance, kept while the working precision does not change."""
    return _near_identity(x, mode())


def rotation(c: Fraction, s: Fraction) -> list[list[Fraction]]:
    """The plane rotation with cosine c and sine s, or a multiple of one."""
    return [[c, -s], [s, c]]


def blocks() -> SearchStrategy[Instance]:
    """Integers, multiples of rotations and turned diagonals, small and large steps, a block many times; A = 0."""
    from hypothesis import strategies as st

    from theorems.subjects import rational_matrices as own

    @st.composite
    def block(draw: st.DrawFn) -> object:
        kind, n = draw(st.sampled_from(("integers", "rotation", "diagonal"))), draw(st.sampled_from((1, 2, 2, 2, 3)))
        if kind == "integers":
            return draw(own.integers_matrix(n, n, 2).filter(lambda b: n == 1 or b != own.transpose(b)))
        if kind == "rotation":
            k, size = draw(st.integers(1, 9)), draw(st.sampled_from((1, 2)))
            return rotation(Fraction(size * (1 - k * k), 1 + k * k), Fraction(2 * size * k, 1 + k * k))
        u, values = draw(own.orthogonal(n)), draw(st.lists(st.integers(-2, 2), min_size=n, max_size=n))
        return own.product(u, own.diagonal(values), own.transpose(u))

    steps = st.sampled_from([Fraction(1, k) for k in (5, 6, 8, 9, 16, 40, 1000, 1, 2)] + [Fraction(-1, 9)])
    zero = st.just(Instance.of(B=[[-1]], B_more=[[-1, 0], [0, -1]], m=1, epsilon=1))
    built = st.builds(
        lambda a, b, m, e: Instance.of(B=a, B_more=b, m=m, epsilon=e),
        *(block(), block(), st.sampled_from((0, 0, 1, 3, 40)), steps),
    )
    return st.integers(0, 15).flatmap(lambda k: zero if k == 0 else built)


def nearly_reflected(size: int, rng: Random) -> Iterable[Instance]:
    """−1 many times and a rotation with the cosine −x/2, or 1 and one: where the remainder is large, either way."""
    for k in range(1, size + 3):
        c, s = Fraction(1 - k * k, 1 + k * k), Fraction(2 * k, 1 + k * k)
        step = Fraction(rng.randint(1, 12), 12)
        yield Instance.of(B=rotation(c, s), B_more=[[-1]], m=1000, epsilon=-2 * c if -2 * c < 1 else step)
        yield Instance.of(B=[[1]], B_more=rotation(c, s), m=1, epsilon=step)
        # Near the cosine −5/13, for steps of ¾ or so.
        yield Instance.of(B=rotation(Fraction(-5, 13), Fraction(12, 13)), B_more=[[-1]], m=1000, epsilon=step)
