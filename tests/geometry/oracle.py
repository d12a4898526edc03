"""The geometry once more, at 60 digits, from the definitions; nothing here is shared with the package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import mpmath
import numpy as np

mp = mpmath.MPContext()
mp.dps = 60

Real = Any
Matrix = Any


def exact(x: flint.arb) -> Real:
    """An exact ball as an mpf, without rounding."""
    mantissa, exponent = x.man_exp()
    with mp.workprec(max(mp.prec, int(mantissa).bit_length() + 8)):
        return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))


def ball(x: Real) -> flint.arb:
    """A ball around an mpf, a little wider than the digits it was computed with are good for."""
    sign, mantissa, exponent, _ = x._mpf_
    middle = flint.arb(int(mantissa) * (-1 if sign else 1)) * flint.arb(2) ** int(exponent)
    return middle * flint.arb(1, 1e-45) + flint.arb(0, 1e-50)


def inside(ball: flint.arb, value: Real) -> bool:
    """Whether a value is a member of a ball."""
    return bool(exact(ball.lower()) <= value <= exact(ball.upper()))


def power_sum(d: int, s: Real) -> Real:
    return mp.fsum(mp.power(k, -s) for k in range(1, d + 1))


def moment(d: int, s: Real, order: int) -> Real:
    return mp.fsum(mp.power(k, -s) * mp.log(k) ** order for k in range(1, d + 1)) / power_sum(d, s)


def chart(d: int, alpha: Real) -> Real:
    return (mp.log(d) - mp.log(power_sum(d, 2 * alpha))) / 2


def radial(sigma: Sequence[Real]) -> Real:
    return mp.log(sigma[0] * mp.sqrt(len(sigma)) / mp.sqrt(mp.fsum(x * x for x in sigma)))


def root(f: Callable[[Real], Real], low: Real, high: Real) -> Real:
    """The root of a decreasing function between two points, by bisection to all digits."""
    low, high = mp.mpf(low), mp.mpf(high)
    assert f(low) >= 0 >= f(high)
    while high - low > mp.mpf(10) ** -50 * max(1, abs(high)):
        middle = (low + high) / 2
        if f(middle) >= 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def fit_top_radial(sigma: Sequence[Real]) -> Real:
    r = radial(sigma)
    return root(lambda a: r - chart(len(sigma), a), -1, 200)


def fit_log_log(sigma: Sequence[Real]) -> Real:
    x = [mp.log(k + 1) for k in range(len(sigma))]
    y = [mp.log(v) for v in sigma]
    d = len(x)
    sx, sy = mp.fsum(x), mp.fsum(y)
    numerator = d * mp.fsum(a * b for a, b in zip(x, y, strict=True)) - sx * sy
    return -numerator / (d * mp.fsum(a * a for a in x) - sx * sx)


def fit_kl(sigma: Sequence[Real]) -> Real:
    mass = mp.fsum(x * x for x in sigma)
    mean = mp.fsum(x * x * mp.log(k + 1) for k, x in enumerate(sigma)) / mass
    return root(lambda a: moment(len(sigma), 2 * a, 1) - mean, -1, 200)


def affinity(sigma: Sequence[Real], alpha: Real) -> Real:
    top = mp.fsum(x * mp.power(k + 1, -alpha) for k, x in enumerate(sigma))
    return top / mp.sqrt(power_sum(len(sigma), 2 * alpha) * mp.fsum(x * x for x in sigma))


def fit_hellinger(sigma: Sequence[Real], grid: Sequence[float] = tuple(np.linspace(-1, 12, 131))) -> Real:
    """The best local maximum among those that a grid of [-1, 12] separates."""

    def slope(alpha: Real) -> Real:
        weights = [x * mp.power(k + 1, -alpha) for k, x in enumerate(sigma)]
        mean = mp.fsum(w * mp.log(k + 1) for k, w in enumerate(weights)) / mp.fsum(weights)
        return moment(len(sigma), 2 * alpha, 1) - mean

    signs = [slope(mp.mpf(a)) for a in grid]
    peaks = [root(slope, grid[i], grid[i + 1]) for i in range(len(grid) - 1) if signs[i] >= 0 >= signs[i + 1]]
    return max(peaks, key=lambda a: affinity(sigma, a))


FITS: dict[str, Callable[[Sequence[Real]], Real]] = {
    "top_radial": fit_top_radial,
    "log_log": fit_log_log,
    "kl": fit_kl,
    "hellinger": fit_hellinger,
}


def matrix(a: Any) -> Matrix:
    """An array of floats, exactly."""
    return mp.matrix([[mp.mpf(float(x)) for x in row] for row in np.asarray(a)])


def frobenius(a: Matrix) -> Real:
    return mp.sqrt(mp.fsum(abs(x) ** 2 for x in a))


def svd(a: Matrix) -> tuple[Matrix, list[Real], Matrix]:
    """u, singular values, v with columns as vectors; only min(shape) of them."""
    u, s, vt = mp.svd_r(a, full_matrices=False, compute_uv=True)
    return u, list(s), vt.T


def singular_values(a: Matrix) -> list[Real]:
    return list(mp.svd_r(a, compute_uv=False))
