r"""C1. What a nonlinearity does to the imbalance: the commutator obstruction.

Statement
    At a hidden layer z = Wx, h = φ(z), read by W', let δ' be the gradient of the loss with respect to W'h,
    :math:`q=W'^T\delta'` and :math:`D=\operatorname{diag}\varphi'(z)`, for each sample. Under gradient flow with weight
    decay λ the imbalance :math:`\Delta=W'^TW'-WW^T` obeys

    .. math:: \dot\Delta=-2\lambda\Delta-(M+M^T),\qquad M=\sum_x\bigl(q\,h^T-Dq\,z^T\bigr),

    for every loss. If φ is positively homogeneous of degree 1 then h = Dz, and :math:`M=\sum_x[q z^T,D]` is a sum of
    commutators, whatever element of the subdifferential D_i is at a kink z_i = 0; it vanishes for the identity. With a
    bias, z − b stands in place of z in the second term of M. The obstruction is not the commutator [H, K] of the Grams.

Reference
    FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

import flint

from theorems.engine.declare import Declaration, Facts
from theorems.engine.instance import Instance
from theorems.exact.algebra import real_matrix, vanishes
from theorems.exact.scalars import Scalar
from theorems.subjects import hidden_units as units
from theorems.subjects.hidden_units import (
    HIDDEN,
    SIZES,
    away_from_kinks,
    composable,
    hidden,
    hidden_layers,
    one_hidden_neuron,
)

theorem = Declaration(__doc__, parameters=HIDDEN, dimensions=SIZES, strategy=lambda: hidden_layers(bias=True))

homogeneous = units.homogeneous.because("the square of ReLU has h = ½Dz")
no_bias = units.no_bias.because("a bias adds to h and not to what W writes")


def _symmetric(a: flint.fmpq_mat) -> flint.fmpq_mat:
    return a + a.transpose()


@theorem.fact(r"\dot\Delta=-2\lambda\Delta-(M+M^T)", composable)
def flow(x: Instance, rate: Scalar = 2) -> bool:
    """Δ̇ = −2λΔ − (M + Mᵀ), M = Σ (q hᵀ − Dq (z − b)ᵀ)"""
    u = hidden(x)
    return u.delta_velocity == -rate * u.decay * u.delta - _symmetric(u.obstruction)


@theorem.fact(
    r"M=\sum_x[qz^T,D]",
    *(composable, homogeneous, no_bias),
    strategy=lambda: hidden_layers("relu", "leaky", "identity"),
)
def commutator(x: Instance) -> bool:
    """M = Σ [q zᵀ, D]"""
    u = hidden(x)
    return u.obstruction == u.commutators


@theorem.fact(
    r"\dot\Delta=-2\lambda\Delta-\sum_x([qz^T,D]+[qz^T,D]^T)",
    *(composable, homogeneous, no_bias),
    strategy=lambda: hidden_layers("relu", "leaky", "identity"),
)
def homogeneous_flow(x: Instance, rate: Scalar = 2) -> bool:
    """Δ̇ = −2λΔ − Σ ([q zᵀ, D] + [q zᵀ, D]ᵀ)"""
    u = hidden(x)
    return u.delta_velocity == -rate * u.decay * u.delta - _symmetric(u.commutators)


@theorem.fact(r"\dot\Delta=-2\lambda\Delta", *(composable, homogeneous, no_bias), false=True)
def balanced_law(x: Instance) -> bool:
    """Δ̇ = −2λΔ for networks with ReLU, as for linear ones"""
    u = hidden(x)
    return u.delta_velocity == -2 * u.decay * u.delta


@theorem.fact(r"M+M^T\ne0\Rightarrow[H,K]\ne0", *(composable, homogeneous, no_bias), false=True)
def seen_by_grams(x: Instance) -> bool:
    """where the obstruction does not vanish the Grams H and K do not commute"""
    u = hidden(x)
    read, write = u.w_next.transpose() * u.w_next, u.w * u.w.transpose()
    found = _symmetric(u.obstruction)
    return found == 0 * found or read * write != write * read


GLOBAL_MINIMIZER = Instance.of(
    W=[[1], [-1]], W_next=[[1, 1]], b=[0, 0], inputs=[[1, -1]], upstream=[[-1, -1]], decay=1, kink=0, activation="relu"
)
"""Of ½Σ(f(x) − 2)² + ½(‖W‖² + ‖W'‖²) over x = ±1: f = 1 at both, δ' = −1."""

theorem.constant("rate", "the rate of decay of Δ in units of λ", sharp=True)
theorem.witness(commutator, homogeneous, one_hidden_neuron(activation="squared"))
theorem.witness(commutator, no_bias, one_hidden_neuron(b=[1]))
theorem.witness(homogeneous_flow, homogeneous, one_hidden_neuron(activation="squared"))
theorem.witness(homogeneous_flow, no_bias, one_hidden_neuron(b=[1]))
theorem.witness(balanced_law, None, one_hidden_neuron(W=[[1], [-1]], W_next=[[1, 2]], b=[0, 0]))
theorem.witness(seen_by_grams, None, GLOBAL_MINIMIZER)


@theorem.fact(r"\dot\Delta=-2\lambda\Delta+(M+M^T)", composable, false=True)
def opposite_sign(x: Instance) -> bool:
    """Δ̇ = −2λΔ + (M + Mᵀ)"""
    u = hidden(x)
    return u.delta_velocity == -2 * u.decay * u.delta + _symmetric(u.obstruction)


@theorem.fact(r"M=\sum_x[qz^T,D]\ \text{without}\ D\ \text{in one term}", composable, no_bias, false=True)
def missing_slope(x: Instance) -> bool:
    """Δ̇ = −2λΔ − (M' + M'ᵀ), M' = Σ (q hᵀ − q zᵀ): D is left out"""
    u = hidden(x)
    other = u.q * (u.h - u.z).transpose()
    return u.delta_velocity == -2 * u.decay * u.delta - _symmetric(other)


@theorem.fact(r"M=\sum_x(qh^T-Dqz^T),\ z=Wx+b", composable, false=True)
def bias_kept(x: Instance) -> bool:
    """Δ̇ = −2λΔ − (M + Mᵀ) with z = Wx + b in both terms of M"""
    u = hidden(x)
    back = flint.fmpq_mat([[u.slopes[i, s] * u.q[i, s] for s in range(u.samples)] for i in range(u.n)])
    return u.delta_velocity == -2 * u.decay * u.delta - _symmetric(u.q * u.h.transpose() - back * u.z.transpose())


theorem.witness(opposite_sign, None, one_hidden_neuron(W=[[1], [-1]], W_next=[[1, 2]], b=[0, 0]))
theorem.witness(missing_slope, None, one_hidden_neuron(W=[[1], [-1]], W_next=[[1, 2]], b=[0, 0]))
theorem.witness(bias_kept, None, one_hidden_neuron(b=[1]))
theorem.mutant("sign", "the obstruction with the opposite sign", flow, opposite_sign)
theorem.mutant("missing slope", "D is left out", flow, missing_slope)
theorem.mutant("bias kept", "z for z − b", flow, bias_kept)


@theorem.stratum
def at_a_kink(x: Instance) -> bool:
    """a preactivation is 0 and its slope lies inside the subdifferential"""
    u = hidden(x)
    return x.choice("activation") == "relu" and 0 < u.kink < 1 and any(v == 0 for v in u.z.entries())


@theorem.stratum
def several_patterns(x: Instance) -> bool:
    """ReLU with different neurons on for different samples, and an obstruction"""
    u = hidden(x)
    columns = {tuple(u.slopes[i, s] for i in range(u.n)) for s in range(u.samples)}
    found = _symmetric(u.obstruction)
    return x.choice("activation") == "relu" and len(columns) > 1 and found != 0 * found


@theorem.property(strategy=lambda: hidden_layers("identity"))
def linear(x: Instance) -> bool:
    """for the identity M vanishes, and the balance law of linear networks returns"""
    u = hidden(x)
    return u.obstruction == 0 * u.obstruction


@theorem.property(strategy=lambda: hidden_layers("relu", "leaky", "identity", least=2).filter(away_from_kinks))
def gradient(x: Instance) -> bool:
    """the velocities are those of a loss: its central difference along W and W', exact where no neuron changes sides"""
    # ½‖W'φ(Wx) − y‖² with y = W'h − δ'; along a direction it is a polynomial of degree at most 2 in each of W, W'.
    u = hidden(x)
    step = flint.fmpq(1, 1000)
    target = u.w_next * u.h - u.upstream

    def loss(w: flint.fmpq_mat, w_next: flint.fmpq_mat) -> flint.fmpq:
        z = w * u.inputs
        h = flint.fmpq_mat([[u.phi(v) for v in row] for row in z.tolist()])
        return sum((v * v for v in (w_next * h - target).entries()), flint.fmpq(0)) / 2

    one = flint.fmpq_mat([[int(i == 0 and j == 0) for j in range(u.w.ncols())] for i in range(u.n)])
    one_next = flint.fmpq_mat([[int(i == 0 and j == 0) for j in range(u.n)] for i in range(u.w_next.nrows())])
    along = (loss(u.w + step * one, u.w_next) - loss(u.w - step * one, u.w_next)) / (2 * step)
    along_next = (loss(u.w, u.w_next + step * one_next) - loss(u.w, u.w_next - step * one_next)) / (2 * step)
    slopes = sum((u.slopes[0, s] * u.q[0, s] * u.inputs[0, s] for s in range(u.samples)), flint.fmpq(0))
    upstream = sum((u.upstream[0, s] * u.h[0, s] for s in range(u.samples)), flint.fmpq(0))
    return along == slopes and along_next == upstream


@theorem.proof("symbolic", "every φ and φ' as free symbols, widths 1-2-1 and 2-2-2, two samples, with a bias")
def any_activation() -> Facts:
    """Ẇ and Ẇ' inserted into Δ̇ leave −2λΔ − (M + Mᵀ)."""
    import sympy

    decay = sympy.Symbol("lambda", real=True)
    for inner, outer in ((1, 1), (2, 2)):
        w, w_next, b = real_matrix("w", 2, inner), real_matrix("v", outer, 2), real_matrix("b", 2, 1)
        total, moved, moved_next = sympy.zeros(2, 2), -decay * w, -decay * w_next
        for s in (1, 2):
            x, up = real_matrix(f"x{s}_", inner, 1), real_matrix(f"u{s}_", outer, 1)
            h, d = real_matrix(f"h{s}_", 2, 1), sympy.diag(*real_matrix(f"d{s}_", 2, 1))
            q, z = w_next.T * up, w * x + b
            moved, moved_next = moved - d * q * x.T, moved_next - up * h.T
            total += q * h.T - d * q * (z - b).T
        delta = w_next.T * w_next - w * w.T
        velocity = moved_next.T * w_next + w_next.T * moved_next - moved * w.T - w * moved.T
        rest = velocity + 2 * decay * delta + total + total.T
        yield f"widths {inner}-2-{outer}", all(vanishes(v) for v in rest)


@theorem.proof("symbolic", "all real q and z, all activation patterns of n ≤ 3 neurons, any slopes of leaky ReLU")
def patterns() -> Facts:
    """q(Dz)ᵀ − Dq zᵀ = [q zᵀ, D] for every diagonal D: on each of the 2ⁿ linear pieces, and for any D at a kink."""
    import itertools

    import sympy

    for n in (1, 2, 3):
        q, z, a = real_matrix("q", n, 1), real_matrix("z", n, 1), sympy.Symbol("a", real=True)
        for pattern in itertools.product((a, 1), repeat=n):
            d = sympy.diag(*pattern)
            rest = q * (d * z).T - d * q * z.T - (q * z.T * d - d * q * z.T)
            yield f"n = {n}, {pattern}", all(vanishes(v) for v in rest)


@theorem.proof("symbolic", "all real weights (u, v) of width 1-2-1 on x = ±1, y = 2, λ = 1")
def global_minimum() -> Facts:
    """The instance with commuting Grams and an obstruction minimizes globally: F ≥ Σ(½(f − 2)² + f) ≥ 3, attained."""
    import sympy

    f, u, v = sympy.symbols("f u v", real=True)
    # ½(u² + v²) ≥ uv = f on the side where the neuron is on, and each neuron is on for one of x = ±1.
    yield "½(u² + v²) − uv is a square", vanishes((u**2 + v**2) / 2 - u * v - (u - v) ** 2 / 2)
    yield "½(f − 2)² + f − 3/2 is a square", vanishes((f - 2) ** 2 / 2 + f - sympy.Rational(3, 2) - (f - 1) ** 2 / 2)
    x = hidden(GLOBAL_MINIMIZER)
    loss = sum((v * v for v in x.upstream.entries()), flint.fmpq(0)) / 2
    sizes = sum((v * v for m in (x.w, x.w_next) for v in m.entries()), flint.fmpq(0)) / 2
    yield "attained", loss + sizes == 3
    yield "f = 1 where y = 2", all(v == 1 for v in (x.w_next * x.h).entries())
    yield "stationary: 2λΔ = −(M + Mᵀ)", 2 * x.decay * x.delta == -1 * _symmetric(x.obstruction)
