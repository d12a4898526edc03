r"""Moments under a Haar rotation, in the checker's own arrangement (THEORY-2 §3).

With :math:`g=n^4+2n^3-5n^2-10n+24` and :math:`s=(n^4+3n^2+30n-72)/(ng)` the variance of :math:`\|[H,K_U]\|_F^2` is

.. math::
    \frac{16n^2(n^2+2n-6)}{(n-1)^2(n+2)^2g}\,p_2^2q_2^2+
    \frac{8ng}{(n-3)(n-2)(n-1)(n+1)(n+2)(n+4)(n+6)}(p_4-sp_2^2)(q_4-sq_2^2),\quad n\ge4.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, fmpq

__all__ = ["commutator_moments", "window_moments"]


def window_moments(n: int, k: int) -> tuple[arb, arb]:
    """Mean and variance of the mean squared cosine between two independent uniform subspaces of k < n dimensions."""
    return arb(fmpq(k, n)), arb(fmpq(2 * (n - k) ** 2, n * n * (n - 1) * (n + 2)))


def commutator_moments(n: int, writer: Sequence[arb], reader: Sequence[arb]) -> tuple[arb, arb]:
    """Mean and variance of ‖[H, K_U]‖_F² in R^n, n ≥ 2, from the eigenvalues of K and H that may not be 0."""
    (p2, p4), (q2, q4) = (_centred(n, spectrum) for spectrum in (writer, reader))
    mean = p2 * q2 * fmpq(2 * n, (n - 1) * (n + 2))
    plain = p2 * q2 * p2 * q2
    if n < 4:
        return mean, plain * (fmpq(1, 2) if n == 2 else fmpq(27, 175))
    g = n**4 + 2 * n**3 - 5 * n**2 - 10 * n + 24
    s = fmpq(n**4 + 3 * n**2 + 30 * n - 72, n * g)
    flat = fmpq(16 * n * n * (n * n + 2 * n - 6), (n - 1) ** 2 * (n + 2) ** 2 * g)
    steep = fmpq(8 * n * g, (n - 3) * (n - 2) * (n - 1) * (n + 1) * (n + 2) * (n + 4) * (n + 6))
    return mean, plain * flat + (p4 - p2 * p2 * s) * (q4 - q2 * q2 * s) * steep


def _centred(n: int, spectrum: Sequence[arb]) -> tuple[arb, arb]:
    """Sums of the second and fourth powers of all n eigenvalues less their mean."""
    mean = sum(spectrum, arb(0)) / n
    # Powers of balls around 0 are NaN in flint; products are not.
    squares = [(value - mean) * (value - mean) for value in spectrum]
    rest, silent = n - len(spectrum), mean * mean
    second = sum(squares, silent * rest)
    return second, sum((square * square for square in squares), silent * silent * rest)
