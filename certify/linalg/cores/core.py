r"""The core C̄ = V̄'ᵀŪ of two layers that meet, and how far its float product may be off, weighted on either side.

With weights L = S'^i and R = S^j, and p, p' bounds of ‖U − Ū‖₂, ‖V' − V̄'‖₂,

    ‖L(fl(V'ᵀU) − C̄)R‖_F ≤ γ_n(1+p')(1+p)‖L‖_F‖R‖_F + (1+p')‖L‖₂‖(U−Ū)R‖_F + ‖(V'−V̄')L‖_F‖R‖₂ + 8nη‖L‖_F‖R‖_F:    (3)

V'ᵀU − V̄'ᵀŪ = V'ᵀ(U − Ū) + (V' − V̄')ᵀŪ, the rounding of entry (a, b) is at most γ_n‖v'_a‖‖u_b‖ + 8nη, and columns of U
and V' are at most 1 + p and 1 + p' long.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import flint
import numpy as np

from certify.errors import UsageError
from certify.linalg.cores.near import Near
from certify.linalg.cores.scalars import EPS, TINY, ZERO, frobenius_up, times
from certify.linalg.gemm import require_exact_kernel, underflow
from certify.rigor.rounding import FloatArray

__all__ = ["Core", "core"]


@dataclass(slots=True)
class Core:
    """C ≈ V̄'ᵀŪ, shape (k', k), between ``write`` (k kept directions) and ``read`` (k'), in R^n; ``rounding`` is γ_n.

    ``inner`` are bounds of the singular values of leading blocks of C̄ that were asked for, by their size, and
    ``transport`` the norms of the product of the layers, once they were.
    """

    write: Near
    read: Near
    n: int
    c: FloatArray
    rounding: float
    _errors: dict[tuple[int, int], flint.arb] = field(default_factory=dict[tuple[int, int], flint.arb])
    inner: dict[int, tuple[FloatArray, FloatArray]] = field(default_factory=dict[int, tuple[FloatArray, FloatArray]])

    transport: tuple[flint.arb, flint.arb] | None = None

    def error(self, i: int, j: int) -> flint.arb:
        """Bound (3) of ‖S'^i (C − C̄) S^j‖_F."""
        if (i, j) not in self._errors:
            self._errors[i, j] = self._error(i, j)
        return self._errors[i, j]

    def _error(self, i: int, j: int) -> flint.arb:
        write, read = self.write, self.read
        if not (write.k and read.k):
            return ZERO
        u, v = write.left, read.right
        rounding = flint.arb(self.rounding) * (1 + v.off_spectral) * (1 + u.off_spectral) + flint.arb(underflow(self.n))
        off_u = u.off if j == 0 else (u.weighted * write.top(j - 1)).min(u.off * write.top(j))
        off_v = v.off if i == 0 else (v.weighted * read.top(i - 1)).min(v.off * read.top(i))
        error = rounding * read.size(i) * write.size(j)
        error += (1 + v.off_spectral) * read.top(i) * off_u + write.top(j) * off_v
        return error.upper()

    def without_vectors(self) -> Core:
        """The core with all that a product of layers needs of them."""
        return Core(
            self.write.without_vectors(),
            self.read.without_vectors(),
            self.n,
            self.c,
            self.rounding,
            self._errors,
            transport=self.transport,
        )

    def form(
        self, left: FloatArray | None, right: FloatArray | None, largest: flint.arb
    ) -> tuple[FloatArray, flint.arb]:
        """diag(left) C diag(right), and a bound of its rounding in the Frobenius norm.

        At most two roundings here and two in weights that are squares; ``largest`` bounds |left_i right_j|.
        """
        m = self.c if left is None else left[:, None] * self.c
        if right is not None:
            m = m * right
        return m, 8 * EPS * frobenius_up(m) + 8 * m.size * TINY * largest


def core(write: Near, read: Near) -> Core:
    """The core of a layer that writes into an interface and one that reads from it.

    Raises ``UsageError`` when the layers do not meet.
    """
    n = write.shape[0]
    if read.shape[1] != n:
        raise UsageError(f"a layer that writes {n} values and one that reads {read.shape[1]} do not meet")
    require_exact_kernel()
    c, rounding = times(read.right.x.T, write.left.x)
    return Core(write, read, n, np.ascontiguousarray(c), rounding)
