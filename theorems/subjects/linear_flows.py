"""Gradient flows of deep networks with weight decay, linear or with fixed masks, as series and enclosed in balls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, arb_mat

from certify.rigor.ball import precision
from theorems.exact.taylor_steps import State, balls, enclosed_solution

__all__ = ["BITS", "Flow", "Samples", "gram_gap", "identity", "imbalance", "sine"]

BITS = 192
_Rows = Sequence[Sequence[int | Fraction]]


def identity(n: int) -> list[list[int]]:
    """The unit matrix, by rows."""
    return [[int(i == j) for j in range(n)] for i in range(n)]


@dataclass(frozen=True)
class Samples:
    """Inputs X and targets Y of samples, as columns.

    ``mask`` is 1 for each neuron of the first hidden layer that passes on what these samples give it, and 0 for each
    one that does not; none where all do, in a linear network.
    """

    inputs: _Rows
    targets: _Rows
    mask: Sequence[int] = ()


class Flow:
    """Ẇ_l = −(N_l + λ_lW_l) for ½ Σ‖W_L ⋯ W₂DW₁X − Y‖², D the masks of the samples.

    Parameters
    ----------
    start : W₁, …, W_L at time 0.
    decays : λ₁, …, λ_L.
    """

    def __init__(self, start: Sequence[_Rows], samples: Sequence[Samples], decays: Sequence[int | Fraction]) -> None:
        with precision(BITS):
            self.start: State = [balls(w) for w in start]
            self.decays = [arb(Fraction(v).numerator) / Fraction(v).denominator for v in decays]
            self.samples = [_Moments(s) for s in samples]

    def series(self, state: State, order: int) -> list[list[arb_mat]]:
        """Taylor coefficients of the weights: a product of series is a sum of products of coefficients."""
        layers = [[w] for w in state]
        turned = [[w.transpose()] for w in state]
        passes = [_Pass(s, layers, turned) for s in self.samples]
        for j in range(order):
            for x in passes:
                x.extend(j)
            for l, decay in enumerate(self.decays):
                slope = decay * layers[l][j]
                for x in passes:
                    slope = slope + x.gradients[l]
                layers[l].append(slope * (arb(-1) / (j + 1)))
                turned[l].append(layers[l][-1].transpose())
        return layers

    def at(self, times: Sequence[Fraction], *, step: Fraction, order: int = 20, remainder: bool = True) -> list[State]:
        """The weights at ``times`` in balls; see :func:`~theorems.exact.taylor_steps.enclosed_solution`."""
        with precision(BITS):
            return enclosed_solution(
                self.series, self.start, times, step=step, order=order, watch=self._masked, remainder=remainder
            )

    def _masked(self, box: State) -> bool:
        """Whether the masks are those of rectifiers all over the box."""
        for s in self.samples:
            z = box[0] * s.inputs
            for i, passes in enumerate(s.mask):
                if not all(z[i, j] > 0 if passes else z[i, j] < 0 for j in range(z.ncols())):
                    return False
        return True


class _Moments:
    """XXᵀ and YXᵀ of samples, and their mask, also as a diagonal matrix."""

    def __init__(self, samples: Samples) -> None:
        self.inputs, targets = balls(samples.inputs), balls(samples.targets)
        self.square, self.cross = self.inputs * self.inputs.transpose(), targets * self.inputs.transpose()
        self.mask = samples.mask
        self.diagonal = balls([[d * (i == j) for j in range(len(self.mask))] for i, d in enumerate(self.mask)] or [[1]])


class _Pass:
    """The series of what samples make of the weights: products from below and gradients from above."""

    def __init__(self, samples: _Moments, layers: list[list[arb_mat]], turned: list[list[arb_mat]]) -> None:
        self.samples, self.layers, self.turned = samples, layers, turned
        count = len(layers)
        self.below, self.below_turned, self.above = ([list[arb_mat]() for _ in range(count)] for _ in range(3))
        self.gradients: list[arb_mat] = []

    def extend(self, j: int) -> None:
        """The coefficient j of every product, from those of the weights; ``gradients`` are then those of order j."""
        s, last = self.samples, len(self.layers) - 1
        for l in range(last + 1):
            product = self.layers[0][j] if l == 0 else _coefficient(self.layers[l], self.below[l - 1], j)
            product = s.diagonal * product if s.mask and l == 0 else product
            self.below[l].append(product)
            self.below_turned[l].append(product.transpose())
        self.above[last].append(self.below[last][j] * s.square - (s.cross if j == 0 else 0 * s.cross))
        for l in range(last - 1, -1, -1):
            product = _coefficient(self.turned[l + 1], self.above[l + 1], j)
            self.above[l].append(s.diagonal * product if s.mask and l == 0 else product)
        self.gradients = [
            self.above[0][j] if l == 0 else _coefficient(self.above[l], self.below_turned[l - 1], j)
            for l in range(last + 1)
        ]


def _coefficient(a: Sequence[arb_mat], b: Sequence[arb_mat], j: int) -> arb_mat:
    total = a[0] * b[j]
    for i in range(1, j + 1):
        total = total + a[i] * b[j - i]
    return total


def imbalance(state: State, l: int = 0) -> arb_mat:
    """Δ = H − K between layers l and l + 1, counted from 0."""
    return state[l + 1].transpose() * state[l + 1] - state[l] * state[l].transpose()


def _plane(a: arb_mat) -> tuple[arb, arb]:
    """A symmetric 2 × 2 matrix less half its trace, as (a₁₁ − a₂₂, 2a₁₂): its leading direction has half that angle."""
    return a[0, 0] - a[1, 1], a[0, 1] + a[1, 0]


def gram_gap(state: State) -> arb:
    """γ at k = 1 between two layers that meet in the plane."""
    grams = state[0] * state[0].transpose(), state[1].transpose() * state[1]
    return sum(((x * x + y * y).sqrt() for x, y in map(_plane, grams)), arb(0))


def sine(state: State) -> arb:
    """sin θ between the leading directions written and read in the plane, from sin 2θ = 2 sin θ cos θ; θ < 90°."""
    (a, b), (c, d) = (_plane(g) for g in (state[0] * state[0].transpose(), state[1].transpose() * state[1]))
    size = ((a * a + b * b) * (c * c + d * d)).sqrt()
    twice, cosine = (a * d - b * c) / size, (a * c + b * d) / size
    return abs(twice) / (2 * (1 + cosine)).sqrt()
