r"""B2. What a gradient step does to the imbalance, exactly, and how much all steps together can produce.

Statement
    A step :math:`W_l^+=(1-\eta\lambda)W_l-\eta N_l=W_l-\eta R_l` gives, for every gradient G of the end-to-end map,

    .. math::
        \Delta_l^+=(1-\eta\lambda)^2\Delta_l+\eta^2(N_{l+1}^TN_{l+1}-N_lN_l^T)
        =(1-2\eta\lambda)\Delta_l+\eta^2(R_{l+1}^TR_{l+1}-R_lR_l^T).

    Hence (i) for 0 < ηλ < 2, q = (1 − ηλ)² and productions bounded by P in any norm,
    :math:`\|\Delta_t\|\le q^t\|\Delta_0\|+\eta P(1-q^t)/(\lambda(2-\eta\lambda))`; for the spectral norm P is at most
    the largest ‖N‖₂². (ii) If ηλ ≤ 1 and every step descends, :math:`F_{s+1}\le F_s-c\,\eta\|\nabla F_s\|^2` with c > 0
    (c = 1 − ηM/2 where M bounds the curvature on the segments between iterates), then in the nuclear norm

    .. math:: \|\Delta_t\|_*\le|1-2\eta\lambda|^t\|\Delta_0\|_*+\frac\eta c(F_0-F_t).

    (iii) For scalar input and output :math:`\Delta^+=((1-\eta\lambda)^2-\eta^2G^2)\Delta`, and balance is kept; in
    general it is not. An instance is a run of gradient descent for ½‖W₂W₁ − Y‖² + ridge in rational numbers.

Reference
    FLAG (arXiv 2605.09861); the flow is B1.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import flint

from certify.geometry.interface.ridge import imbalance_floor, production_bound, step_factor
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, num, root
from theorems.exact.spectra import frobenius_squared, singular_squares, singular_values
from theorems.statements.b2_gradient_steps import proofs
from theorems.subjects.descents import DESCENT, SIZES, composable, descent, descents
from theorems.subjects.linear_chains import gram_difference

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def runs() -> SearchStrategy[Instance]:
    """Runs of one to three steps; what is asked of a step is that it descends by a quarter or a half of its slope."""
    from hypothesis import strategies as st

    return descents(fraction=st.sampled_from((Fraction(1, 4), Fraction(1, 2))))


theorem = Declaration(
    __doc__, parameters=(*DESCENT, Parameter.rational("fraction", 0, 1)), dimensions=SIZES, strategy=runs
)


@hypothesis(r"1\le t", defines="there is no step")
def moving(x: Instance) -> bool:
    """the run has a step"""
    return x.integer("steps") >= 1


@hypothesis(r"0<\eta\lambda<2", defines="the bound divides by λ(2 − ηλ)")
def contracting(x: Instance) -> bool:
    """0 < ηλ < 2"""
    return 0 < x.rational("eta") * x.rational("decay") < 2 and x.rational("decay") > 0


@hypothesis(r"\eta,c>0", defines="the bound divides by c, and there is no step for η = 0")
def positive(x: Instance) -> bool:
    """η > 0 and c > 0"""
    return x.rational("eta") > 0 and x.rational("fraction") > 0


@hypothesis(r"0\le\eta\lambda\le1")
def short(x: Instance) -> bool:
    """0 ≤ ηλ ≤ 1"""
    return 0 <= x.rational("eta") * x.rational("decay") <= 1


@hypothesis(r"F_{s+1}\le F_s-c\,\eta\|\nabla F_s\|^2", needed="a step that ascends produces what no descent pays for")
def descending(x: Instance) -> bool:
    """every step descends by at least cη‖∇F‖²"""
    run = descent(x)
    rate = x.rational("fraction") * run.eta
    return all(run.value(t + 1) <= run.value(t) - rate * run.slope_squared(t) for t in range(run.steps))


@hypothesis(r"n_0=n_2=1", needed="a gradient that is no scalar produces another imbalance at each layer")
def scalar_ends(x: Instance) -> bool:
    """input and output have one coordinate"""
    return x.matrix("W1").ncols() == x.matrix("W2").nrows() == 1


def _nuclear(a: flint.fmpq_mat) -> Scalar:
    return sum(singular_values(a), num(0))


_OFF = [[1, -1], [0, 1]]


def nilpotent() -> Iterable[Instance]:
    """W₁ = W₂ = I and a nilpotent gradient: Δ₀ = 0, and no two terms of the production cancel."""
    for eta in (Fraction(1, 4), Fraction(1, 8)):
        yield _run([[1, 0], [0, 1]], [[1, 0], [0, 1]], _OFF, eta, 0, 1, 1 - eta)


def balanced_start() -> Iterable[Instance]:
    """The same with decay; and from a stationary loss, where nothing is produced."""
    yield _run([[1, 0], [0, 1]], [[1, 0], [0, 1]], _OFF, Fraction(1, 2), Fraction(1, 2), 1)
    yield _run([[1]], [[2]], [[2]], Fraction(1, 2), 1, 1)


def resting() -> Iterable[Instance]:
    """Nothing moves but by decay, up to c = 1: Δ = 0 except for one layer that is 0, so that nothing is descended."""
    yield from nilpotent()
    yield _run([[0]], [[3]], [[0]], Fraction(1, 4), 0, 2, 1)


def _run(
    w: object, v: object, y: object, eta: Fraction, decay: Fraction | int, steps: int, fraction: Fraction | int = 1
) -> Instance:
    return Instance.of(W1=w, W2=v, Y=y, eta=eta, decay=decay, steps=steps, fraction=fraction)


@theorem.fact(r"\Delta^+=(1-\eta\lambda)^2\Delta+\eta^2(N_2^TN_2-N_1N_1^T)", composable, moving)
def loss_form(x: Instance, square: Scalar = 1) -> bool:
    """Δ⁺ = (1 − ηλ)²Δ + η²(N₂ᵀN₂ − N₁N₁ᵀ) at every step"""
    run = descent(x)
    q, e = step_factor(run.decay, run.eta), square * run.eta * run.eta
    return all(
        run.delta(t + 1) == q * run.delta(t) + e * gram_difference(*run.loss_gradient(t)) for t in range(run.steps)
    )


@theorem.fact(r"\Delta^+=(1-2\eta\lambda)\Delta+\eta^2(R_2^TR_2-R_1R_1^T)", composable, moving)
def whole_form(x: Instance, double: Scalar = 2) -> bool:
    """Δ⁺ = (1 − 2ηλ)Δ + η²(R₂ᵀR₂ − R₁R₁ᵀ) at every step"""
    run = descent(x)
    q, e = 1 - double * run.eta * run.decay, run.eta * run.eta
    return all(run.delta(t + 1) == q * run.delta(t) + e * gram_difference(*run.gradient(t)) for t in range(run.steps))


def _production(x: Instance) -> Scalar:
    """The largest Frobenius norm of N₂ᵀN₂ − N₁N₁ᵀ along the run."""
    run = descent(x)
    return root(max(frobenius_squared(gram_difference(*run.loss_gradient(t))) for t in range(run.steps)))


@theorem.bound(
    r"\|\Delta_t\|_F\le q^t\|\Delta_0\|_F+\eta P(1-q^t)/(\lambda(2-\eta\lambda))",
    *(composable, moving, contracting),
    attained_at=balanced_start,
    strategy=lambda: runs().filter(contracting.met),
)
def floor(x: Instance, start: Scalar = 1, produced: Scalar = 1) -> Sides:
    """‖Δ_t‖_F ≤ q^t ‖Δ₀‖_F + η P (1 − q^t)/(λ(2 − ηλ))"""
    run = descent(x)
    norms = [root(frobenius_squared(run.delta(t))) for t in (0, run.steps)]
    bound = imbalance_floor(num(run.decay), num(run.eta), start * norms[0], produced * _production(x), run.steps)
    return norms[1], bound


@theorem.bound(r"\|N_2^TN_2-N_1N_1^T\|_2\le\max(\|N_1\|_2,\|N_2\|_2)^2", composable, attained_at=nilpotent)
def spectral_production(x: Instance) -> Sides:
    """‖N₂ᵀN₂ − N₁N₁ᵀ‖₂ ≤ max(‖N₁‖₂, ‖N₂‖₂)²"""
    first, second = descent(x).loss_gradient(0)
    squares = [singular_squares(a)[0] for a in (first, second)]
    larger = squares[0] if squares[0] >= squares[1] else squares[1]
    return singular_values(gram_difference(first, second))[0], num(larger)


@theorem.bound(
    r"\|\Delta_t\|_*\le|1-2\eta\lambda|^t\|\Delta_0\|_*+(\eta/c)(F_0-F_t)",
    *(composable, moving, positive, short, descending),
    attained_at=resting,
    strategy=lambda: runs().filter(descending.met),
)
def total_production(x: Instance, start: Scalar = 1, produced: Scalar = 1) -> Sides:
    """‖Δ_t‖_* ≤ |1 − 2ηλ|^t ‖Δ₀‖_* + (η/c)(F₀ − F_t)"""
    run = descent(x)
    descended = produced * num(run.value(0) - run.value(run.steps))
    bound = production_bound(
        num(run.decay), num(run.eta), start * _nuclear(run.delta(0)), descended, num(x.rational("fraction")), run.steps
    )
    return _nuclear(run.delta(run.steps)), bound


@theorem.fact(
    r"\Delta^+=((1-\eta\lambda)^2-\eta^2G^2)\Delta",
    *(composable, moving, scalar_ends),
    strategy=lambda: runs().filter(scalar_ends.met),
)
def scalar_law(x: Instance) -> bool:
    """for scalar input and output Δ⁺ = ((1 − ηλ)² − η²G²)Δ, G = W₂W₁ − Y, so that balance is kept"""
    run = descent(x)
    w, v = run.weights[0]
    g = (v * w - run.target)[0, 0] if scalar_ends.met(x) else frobenius_squared(v * w - run.target)
    q = step_factor(run.decay, run.eta) - run.eta * run.eta * g * g
    return run.delta(1) == q * run.delta(0)


@theorem.fact(r"\Delta_0=0\Rightarrow\Delta_1=0", composable, moving, false=True)
def balance_kept(x: Instance) -> bool:
    """gradient descent keeps Δ = 0"""
    run = descent(x)
    return run.delta(0) != 0 * run.delta(0) or run.delta(1) == 0 * run.delta(1)


@theorem.fact(r"\Delta^+=(1-2\eta\lambda)\Delta+\eta^2(N_2^TN_2-N_1N_1^T)", composable, moving, false=True)
def mixed_form(x: Instance) -> bool:
    """Δ⁺ = (1 − 2ηλ)Δ + η²(N₂ᵀN₂ − N₁N₁ᵀ): the second form with the gradient of the loss alone"""
    run = descent(x)
    q, e = 1 - 2 * run.eta * run.decay, run.eta * run.eta
    return run.delta(1) == q * run.delta(0) + e * gram_difference(*run.loss_gradient(0))


@theorem.fact(r"\Delta^+=(1-\eta\lambda)^2\Delta", composable, moving, false=True)
def flow_law(x: Instance) -> bool:
    """Δ⁺ = (1 − ηλ)²Δ: the law of the flow, step by step"""
    run = descent(x)
    return run.delta(1) == step_factor(run.decay, run.eta) * run.delta(0)


theorem.constant("square", "factor of η² in the production", sharp=True)
theorem.constant("double", "factor of ηλ in the second form", sharp=True)
theorem.constant("start", "factor of the imbalance at the start", sharp=True)
theorem.constant("produced", "factor of what the steps produce", sharp=True)
_EYE = [[1, 0], [0, 1]]
theorem.undecided(total_production, short, "it holds for one step; later steps multiply by more than 1")
theorem.witness(total_production, descending, _run(_EYE, _EYE, _OFF, Fraction(4), 0, 1, Fraction(1, 2)))
theorem.witness(scalar_law, scalar_ends, _run(_EYE, _EYE, _OFF, Fraction(1, 2), 0, 1))
theorem.witness(balance_kept, None, _run(_EYE, _EYE, _OFF, Fraction(1), 0, 1))
theorem.witness(mixed_form, None, _run([[1]], [[2]], [[2]], Fraction(1), Fraction(1, 2), 1))
theorem.witness(flow_law, None, _run([[1]], [[2]], [[1]], Fraction(1), 0, 1))
theorem.mutant("flow", "no η² term", loss_form, flow_law)
theorem.mutant("mixed", "(1 − 2ηλ) with N", whole_form, mixed_form)
theorem.mutant("sign", "the production with the opposite sign", loss_form, lambda x: loss_form(x, square=-1))


@theorem.stratum
def several_steps(x: Instance) -> bool:
    """three steps that descend, with decay and an imbalance that is not 0"""
    run = descent(x)
    return run.steps == 3 and descending.met(x) and run.decay > 0 and run.delta(3) != 0 * run.delta(3)


@theorem.property
def gradient(x: Instance) -> bool:
    """R is the gradient of F, which along W₁ and along W₂ has degree 2, so that its central difference is exact"""
    run = descent(x)
    w, r = run.weights[0], run.gradient(0)
    step = flint.fmpq(1, 8)

    def value(a: flint.fmpq_mat, b: flint.fmpq_mat) -> flint.fmpq:
        sizes = frobenius_squared(a) + frobenius_squared(b)
        return (frobenius_squared(b * a - run.target) + run.decay * sizes) / 2

    along = (value(w[0] + step * r[0], w[1]) - value(w[0] - step * r[0], w[1])) / (2 * step)
    beside = (value(w[0], w[1] + step * r[1]) - value(w[0], w[1] - step * r[1])) / (2 * step)
    return along == frobenius_squared(r[0]) and beside == frobenius_squared(r[1])


theorem.proof("symbolic", "every real G, η and λ, widths 1-2-2-1, 2-1-2 and 2-2-1-2")(proofs.both_forms)
theorem.proof("symbolic", "all real η, λ, ‖Δ₀‖, P, F; t = 1, …, 5, and the step from t to t + 1")(proofs.sums)
