"""The decomposition from which everything about a layer is published."""

from __future__ import annotations

from certify.linalg import CertifiedSVD
from certify.linalg import svd as enclosed_svd
from certify.prover.widening import decomposition_room
from certify.rigor.rounding import FloatArray

__all__ = ["svd"]


def svd(matrix: FloatArray) -> CertifiedSVD:
    """The certified decomposition of a layer, no finer than what is published of its singular values.

    Small singular values are enclosed to 2^-12 of themselves at least, or as well as ``"auto"`` encloses them.
    """
    return enclosed_svd(matrix, absolute=decomposition_room(*matrix.shape))
