r"""Activities of a transport on source modes, and what every singular value decomposition agrees on (THEORY E3).

With X = W'W and right singular vectors v of W the *source-mode activity* of a row group G is :math:`\|X_Gv\|_2`. A
vector v is defined up to sign where its singular value is simple. Of a cluster C of modes with gaps at both ends only
the span is: :math:`\sum_{j\in C}\|X_Gv_j\|^2=\|(XP_C)_G\|_F^2` is well defined, and every unit vector of the span has
an activity between the least and the largest singular value of :math:`X_GV_C`. Where the singular values in C agree,
every unit vector of the span is a mode of some decomposition, and both ends are attained.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from certify.geometry.number import Number, certain, coerce, total
from certify.geometry.transport.incidence import is_active
from certify.verdict import Verdict

__all__ = ["cluster_energy", "cluster_gram", "clusters", "mode_support", "source_activity_squared"]

Vector = Sequence[Number]


def clusters(sigma: Sequence[Number]) -> list[tuple[int, int]]:
    """The finest cut of decreasing singular values at certain gaps: (start, stop) of each cluster, from 0 (E3).

    >>> clusters([3, 2, 2, 0])
    [(0, 1), (1, 3), (3, 4)]
    """
    values = [coerce(x) for x in sigma]
    cuts = [k for k in range(1, len(values)) if certain(values[k - 1] > values[k])]
    return list(zip([0, *cuts], [*cuts, len(values)], strict=True)) if values else []


def source_activity_squared(x: Sequence[Vector], group: Collection[int], vector: Vector) -> Number:
    r""":math:`\|X_Gv\|_2^2` for the rows of X, a group of row indices and one vector (E3).

    >>> source_activity_squared([[3, 0], [4, 1]], (0, 1), [1, 0])
    25
    """
    return total(y * y for y in _image(x, group, vector))


def cluster_gram(x: Sequence[Vector], group: Collection[int], vectors: Sequence[Vector]) -> list[list[Number]]:
    r""":math:`V_C^TX_G^TX_GV_C`, whose eigenvalues are the squared singular values of :math:`X_GV_C` (E3).

    >>> cluster_gram([[3, 0], [4, 1]], (0, 1), [[1, 0], [0, 1]])
    [[25, 4], [4, 1]]
    """
    images = [_image(x, group, v) for v in vectors]
    return [[total(a * b for a, b in zip(u, v, strict=True)) for v in images] for u in images]


def cluster_energy(x: Sequence[Vector], group: Collection[int], vectors: Sequence[Vector]) -> Number:
    r""":math:`\sum_{j\in C}\|X_Gv_j\|_2^2=\|(XP_C)_G\|_F^2`, the same for every orthonormal basis of the span (E3).

    >>> cluster_energy([[3, 0], [4, 1]], (0, 1), [[1, 0], [0, 1]])
    26
    """
    return total(source_activity_squared(x, group, v) for v in vectors)


def mode_support(least_squared: Number, largest_squared: Number, threshold: Number) -> Verdict:
    r"""Whether the modes of a cluster are active, ‖X_G v‖ ≥ θ, in every singular value decomposition (E3).

    CERTIFIED: active in all, θ ≤ σ_min. REFUTED: in none, θ > σ_max. UNDECIDED: for exact numbers, and equal singular
    values in the cluster, active in some and not in others; else the enclosures leave it open.

    Parameters
    ----------
    least_squared, largest_squared : the least and the largest eigenvalue of :func:`cluster_gram`.
    threshold : θ.

    >>> [mode_support(1, 9, t).name for t in (1, 2, 3, 4)]
    ['CERTIFIED', 'UNDECIDED', 'UNDECIDED', 'REFUTED']
    """
    if is_active(least_squared, threshold) is Verdict.CERTIFIED:
        return Verdict.CERTIFIED
    return Verdict.REFUTED if is_active(largest_squared, threshold) is Verdict.REFUTED else Verdict.UNDECIDED


def _image(x: Sequence[Vector], group: Collection[int], vector: Vector) -> list[Number]:
    return [total(a * b for a, b in zip(x[i], vector, strict=True)) for i in sorted(group)]
