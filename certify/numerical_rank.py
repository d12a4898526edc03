"""How many singular values of one matrix are above a threshold, proved, beside its exact rank."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from certify.errors import LimitError, UsageError
from certify.linalg import svd
from certify.linalg.exact.rank import exact_rank
from certify.verdict import Verdict

__all__ = ["NumericalRank", "numerical_rank"]


@dataclass(frozen=True, slots=True)
class NumericalRank:
    """Bounds on the number of singular values above a threshold.

    Parameters
    ----------
    above : the threshold τ; for τ = 0 the count is the rank.
    least, most : ``least <= #{i : σ_i > τ} <= most`` is proved.
    exact : the rank over the reals; None when proving it takes more work than ``exact_rank`` does.
    """

    above: float
    least: int
    most: int
    exact: int | None

    def at_least(self, k: int) -> Verdict:
        """Whether k or more singular values are above the threshold.

        >>> numerical_rank([[3.0, 0.0], [0.0, 1.0]], above=2.0).at_least(2).name
        'REFUTED'
        """
        if self.least >= k:
            return Verdict.CERTIFIED
        return Verdict.REFUTED if self.most < k else Verdict.UNDECIDED


def numerical_rank(matrix: npt.ArrayLike, above: float = 0.0) -> NumericalRank:
    """Count the singular values above ``above``; one whose enclosure holds the threshold is in ``most`` only.

    Raises
    ------
    UsageError : a threshold that is negative or not finite.
    InputError : entries that are not finite.
    """
    if not (math.isfinite(above) and above >= 0.0):
        raise UsageError(f"a threshold of {above}", hint="singular values are compared with a finite number >= 0")
    found = svd(matrix, "tight")
    least, most = int(np.count_nonzero(found.lower > above)), int(np.count_nonzero(found.upper > above))
    try:
        exact = exact_rank(matrix)
    except LimitError:
        exact = None
    if exact is not None:
        most = min(most, exact)
        if above == 0.0:
            least = most = exact
    return NumericalRank(above, least, most, exact)
