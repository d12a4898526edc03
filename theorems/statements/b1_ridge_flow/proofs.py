"""Why B1 holds: the velocities inserted into that of Δ."""

from __future__ import annotations

from theorems.engine.declare import Facts
from theorems.exact.algebra import real_matrix, vanishes

__all__ = ["insertion"]


def insertion() -> Facts:
    """Ẇ inserted into Δ̇ leaves −2λΔ: W_{l+1}ᵀN_{l+1} = N_lW_lᵀ. With a bias, N_{l+1} gains what N_b bᵀ takes back."""
    import sympy

    decay = sympy.Symbol("lambda", real=True)
    for widths in ((1, 2, 2, 1), (2, 1, 2), (2, 2, 1, 2)):
        layers = [real_matrix(f"w{i}_", widths[i + 1], widths[i]) for i in range(len(widths) - 1)]
        g, up = real_matrix("g", widths[-1], widths[0]), real_matrix("u", widths[-1], 1)
        b = real_matrix("b", widths[1], 1)
        for name, bias, source in (("", 0 * b, 0 * up), (" and a bias", b, up)):
            after = g * layers[0].T + source * bias.T
            gradients, left = [], []
            for i in range(len(layers)):
                left = sympy.eye(widths[-1])
                for a in reversed(layers[i + 1 :]):
                    left = left * a
                right = g if i == 0 else after
                for a in layers[1:i]:
                    right = right * a.T
                gradients.append(left.T * right)
            back = sympy.eye(widths[-1])
            for a in reversed(layers[1:]):
                back = back * a
            moved_bias = -(back.T * source) - decay * bias
            moved = [-n - decay * w for n, w in zip(gradients, layers, strict=True)]
            for i in range(len(layers) - 1):
                first, second = layers[i], layers[i + 1]
                outer = bias * bias.T if i == 0 else sympy.zeros(widths[i + 1], widths[i + 1])
                outer_moved = moved_bias * bias.T + bias * moved_bias.T if i == 0 else 0 * outer
                delta = second.T * second - first * first.T - outer
                velocity = moved[i + 1].T * second + second.T * moved[i + 1]
                velocity -= moved[i] * first.T + first * moved[i].T + outer_moved
                yield (
                    f"widths {widths}{name}, interface {i + 1}",
                    all(vanishes(v) for v in velocity + 2 * decay * delta),
                )
