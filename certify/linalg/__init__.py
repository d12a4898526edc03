"""Verified linear algebra; anything without error bounds is named ``approx_*``."""

from certify.linalg.gemm import MatrixBall, gemm
from certify.linalg.matrix import as_matrix
from certify.linalg.norms import frobenius, norm2_up
from certify.linalg.svd import CertifiedSVD, svd

__all__ = ["CertifiedSVD", "MatrixBall", "as_matrix", "frobenius", "gemm", "norm2_up", "svd"]
