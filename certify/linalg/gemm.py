"""Matrix products with guaranteed error bounds.

Model of the product kernel (any order of summation, blocking and fused multiply-add allowed; no Strassen-like
algorithm, no emulation of float64). Each product x_ik y_kj passes through at most k roundings, so that with
γ_k = ku/(1 − ku) (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, §3.1)

    |fl(XY) − XY| ≤ γ_k |X||Y| + 8 k ETA,        entries of X and Y at most 2 in magnitude.              (2)

The underflow term: an operand taken as zero because it is subnormal changes a product by at most 2 ETA, twice a
product; the product and the addition may each be flushed, ETA each; later roundings amplify by less than 4/3, and
(2·2 + 1 + 1)·4/3 = 8. `product_is_plain` checks on integers that the kernel at hand is of this kind.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from certify.errors import InternalError
from certify.linalg.kernels import times
from certify.linalg.matrix import scale
from certify.linalg.norms import norm2_up
from certify.rigor.rounding import ETA, FloatArray, add_up, ldexp_up, mul_up, norm_up, up

__all__ = ["MatrixBall", "gemm", "norm_error", "product_is_plain", "require_exact_kernel", "split_columns", "underflow"]


@dataclass(frozen=True, slots=True)
class MatrixBall:
    """All matrices X with |X − mid| ≤ rad entrywise; ``mid`` and ``rad`` are float64 arrays of one shape."""

    mid: FloatArray
    rad: FloatArray

    def norm2_up(self) -> float:
        """Upper bound of the spectral norm of every member."""
        return float(add_up(norm2_up(self.mid), norm_up(self.rad)))

    def frobenius_up(self) -> float:
        """Upper bound of the Frobenius norm of every member."""
        return float(add_up(norm_up(self.mid), norm_up(self.rad)))

    @property
    def lower(self) -> FloatArray:
        """Entrywise lower bounds."""
        return -add_up(-self.mid, self.rad)

    @property
    def upper(self) -> FloatArray:
        """Entrywise upper bounds."""
        return add_up(self.mid, self.rad)


def underflow(k: int) -> float:
    """The underflow term 8 k ETA of (2) for inner dimension ``k``."""
    return 8 * k * ETA


def gemm(x: FloatArray, y: FloatArray) -> MatrixBall:
    """Enclosure of the product X Y of finite matrices, shapes (m, k) and (k, n), of any scale.

    The radius uses (|X||Y|)_ij ≤ ‖x_i‖‖y_j‖ (Cauchy–Schwarz), so that it costs O(mk + kn + mn). An overflow gives an
    infinite radius. Raises ``ValueError`` when the inner dimensions differ.

    >>> import numpy as np
    >>> ball = gemm(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    >>> bool(ball.lower[0, 0] <= 11 <= ball.upper[0, 0])
    True
    """
    require_exact_kernel()
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[0]:
        raise ValueError(f"shapes {x.shape} and {y.shape} do not multiply")
    sx, sy = scale(x), scale(y)
    k = x.shape[1]
    with np.errstate(all="ignore"):
        product, rounding = times(sx.matrix, sy.matrix)
        rows, columns = norm_up(sx.matrix, axis=1), norm_up(sy.matrix, axis=0)
        rad = add_up(mul_up(rounding, mul_up(rows[:, None], columns[None, :])), underflow(k))
        # Scaling down moves X by dX with ‖dX‖_F ≤ loss: |dX Y| ≤ loss · max‖y_j‖, and likewise for Y.
        if sx.loss or sy.loss:
            rad = add_up(rad, 2 * (sx.loss * (float(np.max(columns)) + 1) + sy.loss * (float(np.max(rows)) + 1)))
        exponent = sx.exponent + sy.exponent
        if exponent:
            unscaled = np.ldexp(product, exponent)
            small = np.abs(unscaled) <= ETA
            rad = np.where(small, add_up(ldexp_up(rad, exponent), 2 * ETA), ldexp_up(rad, exponent))
            product = unscaled
        finite = np.isfinite(product) & np.isfinite(rad)
    # Of the operands as they are given: scaling may flush small entries to 0.
    zero = _vanishing(x, y)
    return MatrixBall(np.where(finite, product, 0.0), np.where(zero, 0.0, np.where(finite, rad, np.inf)))


def _vanishing(x: FloatArray, y: FloatArray) -> npt.NDArray[np.bool_]:
    """The entries of the product in a row of X or a column of Y that is 0."""
    return ~np.any(x, axis=1)[:, None] | ~np.any(y, axis=0)[None, :]


def split_columns(x: FloatArray, k: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Split X = X₁ + X₂ exactly, column j of X₁ on a grid g_j with |X₁| ≤ 2^β g_j and |X₂| ≤ g_j / 2.

    β = ⌊(53 − ⌈log₂ k⌉)/2⌋, so that a product of two such parts over an inner dimension ``k`` is a sum of integers of
    magnitude at most 2^53 times g_i g_j, which every order of summation forms without rounding.

    Returns ``(x1, x2, grid)``; ``grid`` has one power of two per column. Entries of X must be at most 2 in magnitude.

    Proof. With c = 1.5·2^52 g the sum x + c lies in [2^52 g, 2^53 g), where floats are spaced by g: fl(x + c) − c is x
    rounded to the grid. x − x₁ is a multiple of the spacing of x and at most g/2: it has at most 53 bits, hence is a
    float. Grids are kept at or above 2^-430, so that products of two of them are normal numbers.
    """
    beta = (53 - max(k - 1, 0).bit_length()) // 2
    exponent = np.maximum(np.frexp(np.max(np.abs(x), axis=0))[1], -400)
    grid = np.ldexp(1.0, exponent - beta)
    c = np.ldexp(1.5, exponent - beta + 52)
    x1 = x + c
    x1 -= c
    return x1, x - x1, grid


def product_is_plain(multiply: Callable[[FloatArray, FloatArray], FloatArray]) -> bool:
    """Whether ``multiply`` forms products of graded integer matrices without rounding.

    Entries fill the bits that leave every sum of products exact. Rows and columns carry powers of two: a kernel that
    recombines blocks (Strassen), or that emulates float64 with fewer bits, adds numbers of different scales and rounds.
    """
    rng = np.random.default_rng(1788)
    for m, k, n in ((67, 129, 71), (256, 512, 256)):
        bits = (53 - (k - 1).bit_length()) // 2
        a = rng.integers(-(2**bits), 2**bits, size=(m, k))
        b = rng.integers(-(2**bits), 2**bits, size=(k, n))
        rows, columns = rng.integers(-30, 31, size=(m, 1)), rng.integers(-30, 31, size=(1, n))
        x, y = np.ldexp(a.astype(np.float64), rows), np.ldexp(b.astype(np.float64), columns)
        if not np.array_equal(multiply(x, y), np.ldexp((a @ b).astype(np.float64), rows + columns)):
            return False
        if not np.array_equal(multiply(x, x.T), np.ldexp((a @ a.T).astype(np.float64), rows + rows.T)):
            return False
    return True


@functools.cache
def _kernel_is_plain() -> bool:
    return product_is_plain(np.matmul)


def require_exact_kernel() -> None:
    """Raise ``InternalError`` when the matrix product of this NumPy is not covered by (2)."""
    if not _kernel_is_plain():
        raise InternalError(
            "the matrix product of this NumPy does not form integer products exactly; its error bounds are unknown",
            hint="use a NumPy built with OpenBLAS, MKL or Accelerate, without emulated float64",
        )


def norm_error(rounding: float, k: int, x_norm: float, y_norm: float, size: int) -> float:
    """‖fl(XY) − XY‖₂ ≤ γ_k ‖|X|‖₂‖|Y|‖₂ + 8 k ETA √size by (2), for a product with γ_k ``rounding`` and ``size``
    entries."""
    product = mul_up(rounding, mul_up(x_norm, y_norm))
    return float(add_up(product, up(underflow(k) * math.sqrt(size))))
