"""The truncated transport of two exact layers, computed from spectral projectors and not from any bound."""

from __future__ import annotations

import functools

import flint

from theorems._exact import Scalar, mode, num, root
from theorems._instance import Instance
from theorems._spectra import Rows, leading_projector, multiply, norm2, rows_of, singular_values

__all__ = ["Transport", "composable", "transport", "unique", "windows"]


class Transport:
    """X = BA, and X_{r',r} = P X Q with the projectors of the two windows.

    With the choice ``window`` = "coordinate" the windows keep the first coordinates instead of the leading directions.
    """

    def __init__(self, x: Instance) -> None:
        self.a, self.b = x.matrix("A"), x.matrix("A_next")
        self.r, self.r_next = x.integer("r"), x.integer("r_next")
        self.leading = "window" not in x.names or x.choice("window") == "leading"

    @functools.cached_property
    def sigma(self) -> tuple[list[Scalar], list[Scalar]]:
        """Singular values of A and of B."""
        return singular_values(self.a), singular_values(self.b)

    @functools.cached_property
    def _whole(self) -> Rows:
        return rows_of(self.b * self.a)

    @functools.cached_property
    def _kept(self) -> Rows:
        left = self._window(self.b * self.b.transpose(), self.r_next)
        return multiply(multiply(left, self._whole), self._right(self.r))

    def _right(self, k: int) -> Rows:
        return self._window(self.a.transpose() * self.a, k)

    def _window(self, square: flint.fmpq_mat, k: int) -> Rows:
        if self.leading:
            return leading_projector(square, k)
        n = square.nrows()
        return [[flint.fmpq(int(i == j < k)) for j in range(n)] for i in range(n)]

    @functools.cached_property
    def _error(self) -> Rows:
        return _minus(self._whole, self._kept)

    @property
    def whole_squared(self) -> Scalar:
        """‖X‖_F²."""
        return _squared(self._whole)

    @property
    def kept_squared(self) -> Scalar:
        """‖X_{r',r}‖_F²."""
        return _squared(self._kept)

    @property
    def error_squared(self) -> Scalar:
        """‖X − X_{r',r}‖_F²."""
        return _squared(self._error)

    @property
    def norm_whole(self) -> Scalar:
        """‖X‖₂."""
        return norm2(self._whole)

    @property
    def norm_kept(self) -> Scalar:
        """‖X_{r',r}‖₂."""
        return norm2(self._kept)

    @property
    def error_norm(self) -> Scalar:
        """‖X − X_{r',r}‖₂."""
        return norm2(self._error)

    def mode_error(self, j: int) -> Scalar:
        """|(X − X_{r',r})v_j| for the j-th right singular vector of A, 1 ≤ j ≤ columns of A."""
        square = self.a.transpose() * self.a
        mode_projector = _minus(leading_projector(square, j), leading_projector(square, j - 1))
        error = self._error
        if self.leading and j <= self.r:
            # Choices are nested, so Qv_j = v_j for a mode in the window: balls need not find that out.
            left = self._window(self.b * self.b.transpose(), self.r_next)
            error = _minus(self._whole, multiply(left, self._whole))
        length = _raw(multiply(error, mode_projector))
        return root(length) if isinstance(length, flint.fmpq) else num(length.nonnegative_part().sqrt())


def _minus(a: Rows, b: Rows) -> Rows:
    return [[x - y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]


def _raw(rows: Rows) -> Scalar:
    return sum((x * x for row in rows for x in row), start=flint.fmpq(0))


def _squared(rows: Rows) -> Scalar:
    return num(_raw(rows))


@functools.lru_cache(maxsize=512)
def _transport(x: Instance, _mode: tuple[int, bool]) -> Transport:
    return Transport(x)


def transport(x: Instance) -> Transport:
    """The transport of an instance, kept while the working precision does not change."""
    return _transport(x, mode())


def unique(x: Instance) -> bool:
    """Whether both windows end at a gap, so that the truncation does not depend on a choice."""
    t = transport(x)
    ends = zip(t.sigma, (t.r, t.r_next), strict=True)
    return all(k in (0, len(s)) or s[k - 1] > s[k] for s, k in ends)


def windows(x: Instance) -> bool:
    """Whether windows and mode lie in their ranges."""
    a, b = x.matrix("A"), x.matrix("A_next")
    limits = min(a.nrows(), a.ncols()), min(b.nrows(), b.ncols())
    return (
        0 <= x.integer("r") <= limits[0] and 0 <= x.integer("r_next") <= limits[1] and 1 <= x.integer("j") <= a.ncols()
    )


def composable(x: Instance) -> bool:
    """Whether W' reads what W writes."""
    return x.matrix("A").nrows() == x.matrix("A_next").ncols()
