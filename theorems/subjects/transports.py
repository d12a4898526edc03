"""The truncated transport of two exact layers, computed from spectral projectors and not from any bound.

W is called A and W' A_next. What draws transports is in :mod:`theorems.subjects.transport_samples`.
"""

from __future__ import annotations

import functools

import flint

from theorems.engine.declare import hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, mode, num, root
from theorems.exact.spectra import Rows, leading_projector, multiply, norm2, rows_of, singular_values

__all__ = ["SIZES", "TRANSPORT", "Transport", "composable", "kept", "leading", "transport", "unique", "windows"]

TRANSPORT = (
    Parameter.matrix("A", "n", "m"),
    Parameter.matrix("A_next", "p", "n"),
    Parameter.integer("r", 0, "m"),
    Parameter.integer("r_next", 0, "p"),
    Parameter.integer("j", 1, "m"),
    Parameter.choice("window", "leading", "coordinate"),
)
SIZES = {"m": (1, 3), "n": (1, 3), "p": (1, 3)}


@hypothesis(r"W'W\text{ defined}", defines="there is no transport")
def composable(x: Instance) -> bool:
    """W' reads what W writes"""
    return x.matrix("A").nrows() == x.matrix("A_next").ncols()


@hypothesis(r"0\le r\le d,\ 0\le r'\le d'", defines="there is no such window")
def windows(x: Instance) -> bool:
    """the windows lie between 0 and the number of ranks, and the mode between 1 and the number of columns"""
    a, b = x.matrix("A"), x.matrix("A_next")
    windows = ((x.integer("r"), a), (x.integer("r_next"), b))
    return all(0 <= r <= min(m.nrows(), m.ncols()) for r, m in windows) and 1 <= x.integer("j") <= a.ncols()


@hypothesis(r"W_r,W'_{r'}\text{ best approximations}", needed="a window of coordinates may drop the leading direction")
def leading(x: Instance) -> bool:
    """the windows keep leading singular directions"""
    return x.choice("window") == "leading"


@hypothesis(r"1\le j\le r", needed="a mode beyond the window is dropped altogether and errs by |W'Wv_j|")
def kept(x: Instance) -> bool:
    """1 ≤ j ≤ r"""
    return 1 <= x.integer("j") <= x.integer("r")


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

    def column_squared(self, k: int) -> Scalar:
        """The squared norm of column k of X − X_{r',r}, from 1."""
        return _squared([[row[k - 1]] for row in self._error])

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
