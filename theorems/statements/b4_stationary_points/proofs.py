"""Why B4 holds: W_{l+1}ᵀN_{l+1} = N_lW_lᵀ, so that only the ridge is left of W_{l+1}ᵀR_{l+1} − R_lW_lᵀ."""

from __future__ import annotations

from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, vanishes

__all__ = ["everywhere"]


def everywhere() -> Facts:
    """The identity, and the one with own decays; with a bias W_2ᵀN_2 − N_1W_1ᵀ = N_b bᵀ, which is 0 or −λbbᵀ."""
    import sympy

    for widths in ((1, 2, 2, 1), (2, 1, 2), (2, 2, 1, 2)):
        count = len(widths) - 1
        w = [real_matrix(f"w{i}_", widths[i + 1], widths[i]) for i in range(count)]
        decay = sympy.symbols(f"l1:{count + 1}", real=True)
        g, b, up = (
            real_matrix("g", widths[-1], widths[0]),
            real_matrix("b", widths[1], 1),
            real_matrix("u", widths[-1], 1),
        )
        back = [sympy.eye(widths[-1])]
        for a in reversed(w[1:]):
            back.insert(0, back[0] * a)
        n, right = [back[0].T * g], g * w[0].T + up * b.T
        for i in range(1, count):
            n.append(back[i].T * right)
            right = right * w[i].T
        r = [a + v * c for a, v, c in zip(n, decay, w, strict=True)]
        trace = back[0].T * up * b.T
        for i in range(count - 1):
            rest = w[i + 1].T * r[i + 1] - r[i] * w[i].T
            rest -= decay[i + 1] * w[i + 1].T * w[i + 1] - decay[i] * w[i] * w[i].T
            rest -= trace if i == 0 else sympy.zeros(widths[i + 1], widths[i + 1])
            yield f"widths {widths}, interface {i + 1}", all(vanishes(v) for v in rest)
