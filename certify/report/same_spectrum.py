r"""What overlap heads have for no other reason than the spectrum of their layer: an estimate, not certified.

The null keeps the singular values σ of the whole layer and turns it at the side where the heads are cut: their blocks
are those of U diag(σ), U uniform on the orthogonal matrices; a rotation of the other side turns all heads alike and
changes no overlap. There is no closed form. All pairs have one mean, so a draw is the overlap of one pair, in [0, 1].
With n draws, mean and variance x̄ and V of the sample, that mean lies with probability 1 − δ within

.. math:: \sqrt{2V\log(4/\delta)/n}+\tfrac73\log(4/\delta)/(n-1)

of x̄ whatever the distribution is (A. Maurer, M. Pontil, *Empirical Bernstein bounds and sample variance penalization*,
COLT 2009, Theorem 4, for both sides). The draws are floats from a seeded generator.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["CONFIDENCE", "Estimate", "estimate", "mean_overlap"]

CONFIDENCE = 0.99
SEED = 1
_DRAWS, _FEWEST, _WORK = 500, 100, 4e9
"""Draws of a role, the fewest that are worth it, and multiplications that they may take together."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of ``draws`` draws from the generator of ``seed``, and the radius of the interval around it."""

    mean: float
    radius: float
    draws: int
    seed: int


def estimate(
    sigma: Sequence[float], count: int, size: int, *, draws: int = _DRAWS, seed: int = SEED
) -> Estimate | None:
    """The mean overlap under the null; None where the draws would take too long.

    Parameters
    ----------
    sigma : the singular values of the layer, decreasing; those that are not positive are left out.
    count, size : two heads or more, and their rows.
    """
    rows = count * size
    values = np.array([x for x in sigma if x > 0 and math.isfinite(x)])[:rows]
    draws = min(draws, int(_WORK / (8.0 * rows * size * size + 1)))
    if draws < _FEWEST or not values.size:
        return None
    rng = np.random.default_rng(seed)
    # Of U only the rows of two heads are needed: 2·size orthonormal ones in R^rows, cut to the columns that σ reaches.
    frames = (np.linalg.qr(rng.normal(size=(rows, 2 * size)))[0].T[:, : values.size] for _ in range(draws))
    found = np.array([mean_overlap(frame, values, size) for frame in frames])
    spread = math.log(4 / (1 - CONFIDENCE))
    radius = math.sqrt(2 * float(found.var(ddof=1)) * spread / draws) + 7 * spread / (3 * (draws - 1))
    return Estimate(float(found.mean()), radius, draws, seed)


def mean_overlap(frame: NDArray[np.float64], values: NDArray[np.float64], size: int) -> float:
    """The mean of ‖PP'‖_F²/rank over all pairs of blocks of ``size`` rows of U diag(σ); U are the rows of ``frame``.

    >>> mean_overlap(np.eye(4), np.ones(4), 2)
    0.0
    """
    blocks = np.split(frame * values, len(frame) // size)
    bases = np.stack([np.linalg.qr(block.T)[0] for block in blocks])
    rank = bases.shape[2]
    joined = np.concatenate(list(bases), axis=1)
    gram = (joined.T @ joined) ** 2
    whole = float(gram.sum()) - sum(float(gram[i : i + rank, i : i + rank].sum()) for i in range(0, len(gram), rank))
    return whole / rank / (len(blocks) * (len(blocks) - 1))
