r"""C2. Each neuron balances for homogeneous activations.

Statement
    At a hidden layer without bias, for φ positively homogeneous of degree 1, the diagonal of Δ = W'ᵀW' − WWᵀ obeys the
    law of linear networks, whatever the loss and the data:

    .. math:: \tfrac{d}{dt}\operatorname{diag}\Delta=-2\lambda\operatorname{diag}\Delta .

    Conversely, if it does so for all data, φ(z) = zφ'(z), and φ is positively homogeneous of degree 1. For degree p the
    law holds for :math:`p\,\|W'e_i\|^2-\|e_i^TW\|^2`. At a stationary point with λ > 0 the norms of what a neuron reads
    and of what reads it are therefore equal (p = 1).

Reference
    FLAG (arXiv 2605.09861); Euler's theorem on homogeneous functions.
"""

from __future__ import annotations

from typing import Any

import flint

from theorems.engine.declare import Declaration, Facts, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.algebra import real_matrix, vanishes
from theorems.subjects import hidden_units as units
from theorems.subjects.hidden_units import HIDDEN, SIZES, composable, hidden, hidden_layers, one_hidden_neuron

theorem = Declaration(
    __doc__, parameters=HIDDEN, dimensions=SIZES, strategy=lambda: hidden_layers("relu", "leaky", "identity")
)

homogeneous = units.homogeneous.because("the square of ReLU decays with weight 2 on what reads the neuron")
no_bias = units.no_bias.because("the bias drives what reads the neuron, and not W")


@hypothesis(r"\varphi(cz)=c^2\varphi(z)\ (c\ge0)", needed="ReLU has degree 1")
def degree_two(x: Instance) -> bool:
    """φ is positively homogeneous of degree 2 (the square of ReLU)"""
    return x.choice("activation") == "squared"


def _weighted(a: flint.fmpq_mat, b: flint.fmpq_mat, weight: int) -> list[flint.fmpq]:
    return [weight * a[i, i] - b[i, i] for i in range(a.nrows())]


def _decays(x: Instance, weight: int, weight_write: int = 1) -> bool:
    """(p H_ii − K_ii)˙ = −2λ(p H_ii − K_ii) for every neuron."""
    u = hidden(x)
    read, write = u.gram_velocities
    gram_read, gram_write = u.w_next.transpose() * u.w_next, u.w * u.w.transpose()
    moved = _weighted(read, weight_write * write, weight)
    return moved == [-2 * u.decay * v for v in _weighted(gram_read, weight_write * gram_write, weight)]


@theorem.fact(
    r"\tfrac{d}{dt}\operatorname{diag}\Delta=-2\lambda\operatorname{diag}\Delta", composable, homogeneous, no_bias
)
def diagonal(x: Instance) -> bool:
    """(diag Δ)˙ = −2λ diag Δ"""
    return _decays(x, 1)


@theorem.fact(
    r"\tfrac{d}{dt}(2\|W'e_i\|^2-\|e_i^TW\|^2)=-2\lambda(2\|W'e_i\|^2-\|e_i^TW\|^2)",
    *(composable, degree_two, no_bias),
    strategy=lambda: hidden_layers("squared"),
)
def degree_two_law(x: Instance) -> bool:
    """(2‖W'e_i‖² − ‖e_iᵀW‖²)˙ = −2λ(2‖W'e_i‖² − ‖e_iᵀW‖²)"""
    return _decays(x, 2)


@theorem.fact(r"\dot\Delta=-2\lambda\Delta", composable, homogeneous, no_bias, false=True)
def whole(x: Instance) -> bool:
    """Δ̇ = −2λΔ, off the diagonal too"""
    u = hidden(x)
    return u.delta_velocity == -2 * u.decay * u.delta


@theorem.fact(r"p=1\ \text{for}\ \varphi(z)=\max(z,0)^2", composable, degree_two, no_bias, false=True)
def weight_one(x: Instance) -> bool:
    """(diag Δ)˙ = −2λ diag Δ for the square of ReLU"""
    return _decays(x, 1)


@theorem.fact(r"\tfrac{d}{dt}(\|W'e_i\|^2-2\|e_i^TW\|^2)=-2\lambda(\dots)", composable, degree_two, no_bias, false=True)
def wrong_side(x: Instance) -> bool:
    """the weight 2 stands with what the neuron reads"""
    return _decays(x, 1, 2)


theorem.witness(diagonal, homogeneous, one_hidden_neuron(activation="squared"))
theorem.witness(diagonal, no_bias, one_hidden_neuron(b=[1]))
theorem.witness(degree_two_law, degree_two, one_hidden_neuron())
theorem.witness(degree_two_law, no_bias, one_hidden_neuron(b=[1], activation="squared"))
theorem.witness(whole, None, one_hidden_neuron(W=[[1], [-1]], W_next=[[1, 2]], b=[0, 0]))
theorem.witness(weight_one, None, one_hidden_neuron(activation="squared"))
theorem.witness(wrong_side, None, one_hidden_neuron(activation="squared"))
theorem.mutant("whole", "Δ for diag Δ", diagonal, whole)
theorem.mutant("weight one", "p = 1 for the square of ReLU", degree_two_law, weight_one)
theorem.mutant("wrong side", "p on the wrong side", degree_two_law, wrong_side)


@theorem.stratum
def driven(x: Instance) -> bool:
    """both norms of a neuron move by more than decay alone"""
    u = hidden(x)
    read, gram = u.gram_velocities[0], u.w_next.transpose() * u.w_next
    return any(read[i, i] != -2 * u.decay * gram[i, i] for i in range(u.n))


@theorem.stratum
def decaying(x: Instance) -> bool:
    """λ > 0 and a neuron out of balance"""
    u = hidden(x)
    return u.decay > 0 and any(u.delta[i, i] != 0 for i in range(u.n))


@theorem.proof("symbolic", "all real q, z and every φ, one neuron; φ on a half-line by its differential equation")
def converse() -> Facts:
    """Δ̇_ii + 2λΔ_ii = −2q(φ(z) − zφ'(z)), which vanishes for all q only if φ = zφ'; on a half-line φ is then linear."""
    import sympy

    z, q, c = sympy.symbols("z q c", real=True)
    phi = sympy.Function("phi")
    m = q * phi(z) - phi(z).diff(z) * q * z
    yield "M_ii = q(φ − zφ')", vanishes(m - q * (phi(z) - z * phi(z).diff(z)))
    solved: Any = sympy.dsolve(phi(z) - z * phi(z).diff(z), phi(z))
    constants = solved.rhs.free_symbols - {z}
    yield "φ = zφ' has the solutions cz alone", len(constants) == 1 and vanishes(solved.rhs - constants.pop() * z)
    yield "and cz is one", vanishes(c * z - z * sympy.diff(c * z, z))


@theorem.proof("symbolic", "all real q and z, degrees p = 1, …, 4, n = 1, 2, 3 neurons")
def euler() -> Facts:
    """zφ' = pφ makes p(Ḣ_ii + 2λH_ii) − (K̇_ii + 2λK_ii) = −2Σ q_i(pφ − zφ') vanish, and diag [qzᵀ, D] = 0."""
    import sympy

    for p in range(1, 5):
        q, z, c = sympy.symbols("q z c", positive=True)
        phi = c * z**p
        yield f"p = {p}", vanishes(p * q * phi - q * z * sympy.diff(phi, z))
    for n in (1, 2, 3):
        q, z, d = real_matrix("q", n, 1), real_matrix("z", n, 1), sympy.diag(*real_matrix("d", n, 1))
        bracket = q * z.T * d - d * q * z.T
        yield f"n = {n}: the diagonal of a commutator with D", all(vanishes(bracket[i, i]) for i in range(n))


@theorem.proof("instances", "tanh at z = 1, by an enclosure")
def tanh() -> Facts:
    """For tanh φ(z) − zφ'(z) does not vanish: the diagonal does not decay at the rate 2λ."""
    from certify.rigor.ball import precision

    with precision(64):
        value = flint.arb(1).tanh()
        rest = value - (1 - value * value)
        yield "tanh 1 − tanh' 1 > 0", bool(rest > 0)
