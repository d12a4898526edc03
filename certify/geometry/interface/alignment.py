r"""How the two layers at an interface fit: overlap, imbalance, commutator (THEORY A2, B3, C4).

At interface l the layer W writes and W' reads; :math:`K=WW^T`, :math:`H=W'^TW'` and :math:`\Delta=H-K`, all n × n.
Their norms are enclosed by :mod:`certify.linalg.gram_pair`.
"""

from __future__ import annotations

from collections.abc import Sequence

from certify.geometry.number import Number, coerce, total
from certify.rigor.functions import sqrt

__all__ = ["alignment_bound", "commutator_magnitude", "overlap", "relative_imbalance"]


def overlap(cosines: Sequence[Number]) -> Number:
    r"""Mean squared principal cosine of two k-windows, :math:`\|PP'\|_F^2/k=\tfrac1k\sum_i\cos^2\theta_i` (A2, C5).

    >>> import sympy
    >>> overlap([sympy.Integer(1), sympy.Rational(1, 2)])
    5/8
    """
    return total(c * c for c in map(coerce, cosines)) / len(cosines)


def relative_imbalance(imbalance: Number, read: Number, write: Number) -> Number:
    r""":math:`\|\Delta\|_F/\sqrt{\|H\|_F^2+\|K\|_F^2}\in[0,1]`, 0 iff balanced (B1, C5).

    At most 1 because :math:`\langle H,K\rangle\ge0` for positive semidefinite H, K; equal to 1 iff HK = 0.
    """
    read, write = coerce(read), coerce(write)
    return imbalance / sqrt(read * read + write * write)


def commutator_magnitude(commutator: Number, read: Number, write: Number) -> Number:
    r""":math:`c=\|[H,K]\|_F/(\|H\|_F\|K\|_F)\in[0,1/\sqrt2]` for positive semidefinite H, K (C4)."""
    return commutator / (read * write)


def alignment_bound(imbalance: Number, gap_write: Number, gap_read: Number) -> Number:
    r"""Bound :math:`\sqrt2\,\|\Delta\|_F/\gamma` of :math:`\|\sin\Theta(U_k(K),V_k(H))\|_F` (B3).

    γ > 0 is the sum of the eigenvalue gaps :math:`\lambda_k-\lambda_{k+1}` of K and of H, 0 < k < n.
    """
    imbalance = coerce(imbalance)
    return sqrt(imbalance * 0 + 2) * imbalance / (gap_write + gap_read)
