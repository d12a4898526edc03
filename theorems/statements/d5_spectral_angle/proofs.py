"""Why D5 holds: the affinity of power laws, the speed on the sphere, and one inequality summed over the ranks."""

from __future__ import annotations

from certify.geometry.spectrum.chart import gibbs, variance_log_rank
from theorems.engine.declare import Facts
from theorems.exact.algebra import vanishes

__all__ = ["gibbs_family", "two_points"]


def gibbs_family() -> Facts:
    """√(k^{−s}k^{−s'}) = k^{−(s+s')/2} term by term, and the path s ↦ √g(s) on the sphere has the speed ½√v_d(s), so
    that the angle of its ends is at most its length, and v_d ≤ ¼ log² d is Popoviciu's bound."""
    import sympy

    s, t = sympy.symbols("s t", real=True)
    for d in (2, 3, 4):
        roots = sum(sympy.sqrt(sympy.Integer(k) ** -s * sympy.Integer(k) ** -t) for k in range(1, d + 1))
        direct = sum(sympy.Integer(k) ** (-(s + t) / 2) for k in range(1, d + 1))
        yield f"d = {d}: terms", sympy.simplify(sympy.powsimp(roots - direct, force=True)) == 0
        speed = sum(sympy.diff(g, s) ** 2 / (4 * g) for g in gibbs(d, s))
        yield f"d = {d}: speed", vanishes(speed - variance_log_rank(d, s) / 4)
    m, a, b = sympy.symbols("m a b", real=True)
    # Var ≤ (b − m)(m − a) for values in [a, b] with mean m.
    popoviciu = (b - a) ** 2 / 4 - (b - m) * (m - a) - (m - (a + b) / 2) ** 2
    yield "variance on [0, log d]", vanishes(popoviciu)


def two_points() -> Facts:
    """p'_k/p_k = u² with Y ≤ u ≤ X: (u − Y)(X − u) ≥ 0 says (X + Y)u ≥ u² + XY; the mean over p is the claim. The
    second bound is the first at its worst, and by gd(a + b) ≤ gd(a) + gd(b) totals are better than sums of angles."""
    import sympy

    u, x, y = sympy.symbols("u X Y", positive=True)
    yield "(u − Y)(X − u)", vanishes((u - y) * (x - u) - ((x + y) * u - u**2 - x * y))
    yield (
        "for Y ≥ 1/X it is at least 2X/(X² + 1)",
        vanishes((1 + x * y) * (x**2 + 1) - 2 * x * (x + y) - (x**2 - 1) * (x * y - 1)),
    )
    yield (
        "for X ≤ 1/Y at least 2Y/(Y² + 1)",
        vanishes((1 + x * y) * (y**2 + 1) - 2 * y * (x + y) - (1 - x * y) * (1 - y**2)),
    )
    c, s = sympy.symbols("C S", positive=True)
    # C = cosh a cosh b, S = sinh a sinh b: cos(gd a + gd b) = (1 − S)/C and cos gd(a + b) = 1/(C + S).
    yield "totals", vanishes(1 / (c + s) - (1 - s) / c - s * (c + s - 1) / (c * (c + s)))
