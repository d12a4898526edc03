"""Enclosed roots of positive definite matrices, with no assumption on the spacing of the eigenvalues.

Let Y be symmetric positive definite and N = Y^k. For M, N ≥ m > 0 and f(x) = x^{1/k}, which is operator monotone,
‖f(M) − f(N)‖ ≤ f'(m) ‖M − N‖ in every unitarily invariant norm (Bhatia, Matrix Analysis, X.3.8): f is an average of
x ↦ x/(x+s), s > 0, and M(M+s)^{-1} − N(N+s)^{-1} = s (M+s)^{-1} (M−N) (N+s)^{-1}. So an approximate root Y of any
origin gives the enclosure Y ± (1/k) m^{1/k−1} ‖M − Y^k‖_F.
"""

from __future__ import annotations

import flint
from flint import arb, arb_mat

__all__ = ["cholesky", "positive_root"]


def cholesky(a: arb_mat) -> arb_mat | None:
    """The lower triangular L with L L^T = A for every symmetric A in the enclosure, or None.

    Only the lower triangle is read. A result proves that every such A is positive definite.

    >>> cholesky(arb_mat([[4, 0], [2, 2]]))[1, 0].contains(1), cholesky(arb_mat([[1, 2], [2, 1]]))
    (True, None)
    """
    n = a.nrows()
    l = arb_mat(n, n)
    for j in range(n):
        pivot = a[j, j] - sum((l[j, k] * l[j, k] for k in range(j)), start=arb(0))
        if not pivot > 0:
            return None
        l[j, j] = pivot.sqrt()
        for i in range(j + 1, n):
            l[i, j] = (a[i, j] - sum((l[i, k] * l[j, k] for k in range(j)), start=arb(0))) / l[j, j]
    return l


def positive_root(m: arb_mat, k: int) -> arb_mat | None:
    """An enclosure of M^{1/k} for every symmetric positive definite M in the enclosure, k ≥ 1.

    None when the working precision does not suffice, or the enclosure holds a matrix that is not positive definite.

    >>> positive_root(arb_mat([[2, 1], [1, 2]]), 1)[0, 1].contains(1)
    True
    >>> y = positive_root(arb_mat([[5, 4], [4, 5]]), 2)
    >>> y[0, 0].contains(2), y[0, 1].contains(1)
    (True, True)
    >>> positive_root(arb_mat([[5]]), 8)[0, 0].rad() < 1e-12
    True
    """
    n = m.nrows()
    approximate = _approximate_root(m, k)
    if approximate is None:
        return None
    y, smallest = approximate
    # Below every eigenvalue of the enclosure, if the approximation is good; the Cholesky factorizations prove it.
    spread = sum((arb(x.rad()) ** 2 for x in m.entries()), start=arb(0)).sqrt()
    floor = ((smallest - spread) * arb(63) / 64).mid()
    if not floor > 0:
        return None
    power = y
    for _ in range(k - 1):
        power = power * y
    shift = arb_mat(n, n, [floor if i == j else arb(0) for i in range(n) for j in range(n)])
    if cholesky(y) is None or cholesky(m - shift) is None or cholesky(power - shift) is None:
        return None
    error = sum((x.abs_upper() ** 2 for x in (m - power).entries()), start=arb(0)).sqrt()
    bound = (floor ** (arb(1) / k - 1) * error / k).upper()
    if not bound.is_finite():
        return None
    radius = arb(0, bound)
    return arb_mat(n, n, [x + radius for x in y.entries()])


def _approximate_root(m: arb_mat, k: int) -> tuple[arb_mat, arb] | None:
    # An exact symmetric matrix near M^{1/k} and a number near the smallest eigenvalue; nothing is claimed about them.
    import mpmath

    n = m.nrows()
    if not all(x.is_finite() for x in m.entries()):
        return None
    with mpmath.workprec(flint.ctx.prec):
        symmetric = mpmath.matrix(n, n)
        for i in range(n):
            for j in range(i + 1):
                mantissa, exponent = m[i, j].mid().man_exp()
                symmetric[i, j] = symmetric[j, i] = mpmath.ldexp(int(mantissa), int(exponent))
        values, vectors = mpmath.eigsy(symmetric)
        if any(v <= 0 for v in values):
            return None
        roots = mpmath.diag([mpmath.root(v, k) for v in values])
        y = vectors * roots * vectors.T
        lower = [[_exact(y[max(i, j), min(i, j)]) for j in range(n)] for i in range(n)]
        smallest = _exact(min(values))
    return arb_mat(lower), smallest


def _exact(x: object) -> arb:
    sign, mantissa, exponent, _ = x._mpf_  # type: ignore[attr-defined]
    return arb(-int(mantissa) if sign else int(mantissa)) * arb(2) ** int(exponent)
