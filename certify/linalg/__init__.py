"""Verified linear algebra; anything without error bounds is named ``approx_*``."""

from certify.linalg.gemm import MatrixBall, gemm
from certify.linalg.leading_svd import TopSingular, top_singular
from certify.linalg.matrix import as_matrix
from certify.linalg.norms import frobenius, norm2_up
from certify.linalg.quotient_norms import quotient_extremes
from certify.linalg.subspace import Subspace, principal_cosines
from certify.linalg.svd import CertifiedSVD, svd

__all__ = [
    "CertifiedSVD",
    "MatrixBall",
    "Subspace",
    "TopSingular",
    "as_matrix",
    "frobenius",
    "gemm",
    "norm2_up",
    "principal_cosines",
    "quotient_extremes",
    "svd",
    "top_singular",
]
