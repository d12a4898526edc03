r"""B1. Under gradient flow with weight decay the imbalance of linear layers decays at one rate.

Statement
    Let :math:`\dot W_l=-c_lN_l-\mu_lW_l` in a deep linear network, :math:`N_l=(W_L\cdots W_{l+1})^TG(W_{l-1}\cdots
    W_1)^T` with **any** G, which may depend on time (minibatches). With one rate c_l = c, one decay μ_l = cλ = μ, no
    momentum and no bias, :math:`\Delta_l=W_{l+1}^TW_{l+1}-W_lW_l^T` obeys

    .. math:: \dot\Delta_l=-2\mu\Delta_l,\qquad\Delta_l(t)=e^{-2\mu t}\Delta_l(0),

    as :math:`W_{l+1}^TN_{l+1}=N_lW_l^T`. With rates of their own and one decay, :math:`W_{l+1}^TW_{l+1}/c_{l+1}-
    W_lW_l^T/c_l` obeys it. With a bias b of layer l, Δ − bbᵀ does where b is decayed alike, and has the derivative −2μΔ
    where b is not decayed. Weight decay alone aligns nothing: for G = 0 all weights shrink alike.
    An instance is a network of three layers at one moment.

Reference
    FLAG (arXiv 2605.09861); for λ = 0 the conservation law of Arora, Cohen and Hazan (2018).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.geometry.interface.ridge import flow_factor
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter, small
from theorems.exact.scalars import Scalar, num
from theorems.statements.b1_ridge_flow import proofs, solutions
from theorems.subjects.linear_chains import LAYERS, SIZES, composable, example, linear_chain, linear_chains

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def _drawn(*, bias: bool = False, rates: bool = False) -> SearchStrategy[Instance]:
    from hypothesis import strategies as st

    decay = st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(3)]).map(lambda v: [v] * 3)
    speeds = [[1, 1, 1], [2, 2, 2]] + ([[1, 2, 3], [Fraction(1, 2), 4, 1]] if rates else [])
    return linear_chains(
        bias=bias,
        c=st.sampled_from(speeds),
        mu=decay,
        bias_decay=st.sampled_from(("like the weights", "none")),
        motion=st.just("flow"),
    )


def _partly_biased() -> SearchStrategy[Instance]:
    from hypothesis import strategies as st

    return st.one_of(_drawn(), _drawn(), _drawn(bias=True))


theorem = Declaration(
    __doc__,
    parameters=(
        *LAYERS,
        Parameter.vector("c", "layers", 1, 3),
        Parameter.vector("mu", "layers", 0, 3),
        Parameter.choice("bias_decay", "like the weights", "none"),
        Parameter.choice("motion", "flow", "momentum at rest"),
    ),
    dimensions={**SIZES, "layers": (3, 3)},
    strategy=lambda: _drawn(bias=True),
)


@hypothesis(r"c_l>0\ (l\le3)", defines="there are three layers, and rates to divide by")
def three_rates(x: Instance) -> bool:
    """each of the three layers has a positive rate and a decay"""
    return len(x.vector("c")) == len(x.vector("mu")) == 3 and min(x.vector("c")) > 0


@hypothesis(r"c_1=c_2=c_3", needed="with two rates the loss does not cancel")
def one_rate(x: Instance) -> bool:
    """all layers learn at one rate"""
    return len(set(map(str, x.vector("c")))) == 1


@hypothesis(r"\mu_1=\mu_2=\mu_3", needed="H and K decay at rates of their own")
def one_decay(x: Instance) -> bool:
    """all layers decay at one rate"""
    return len(set(map(str, x.vector("mu")))) == 1


@hypothesis(r"b=0", needed="the bias drives the layer that reads, and not the one that writes")
def no_bias(x: Instance) -> bool:
    """there is no bias"""
    return all(v == 0 for v in x.vector("b"))


@hypothesis(r"\dot W_l=-c_lN_l-\mu_lW_l", needed="heavy balls that start from rest do not move at first")
def no_momentum(x: Instance) -> bool:
    """the velocity is that of the flow, without momentum"""
    return x.choice("motion") == "flow"


@hypothesis(r"\dot b=-c_1N_b-\mu_1b", needed="a bias that is not decayed keeps its part of K")
def bias_decayed(x: Instance) -> bool:
    """the bias is decayed like the weights"""
    return x.choice("bias_decay") == "like the weights"


@hypothesis(r"\dot b=-c_1N_b", needed="a bias that is decayed takes its part of K along")
def bias_kept(x: Instance) -> bool:
    """the bias is not decayed"""
    return x.choice("bias_decay") == "none"


def _velocities(x: Instance) -> list[flint.fmpq_mat]:
    chain, moving = linear_chain(x), no_momentum.met(x)
    parts = zip(x.vector("c"), x.vector("mu"), chain.n, chain.w, strict=True)
    return [-1 * (c * n) - m * w if moving else 0 * w for c, m, n, w in parts]


def _outer(x: Instance) -> tuple[flint.fmpq_mat, flint.fmpq_mat]:
    """bbᵀ and its derivative."""
    chain = linear_chain(x)
    c, mu = x.vector("c")[0], x.vector("mu")[0]
    velocity = -1 * (c * chain.n_bias) - (mu if bias_decayed.met(x) else flint.fmpq(0)) * chain.bias
    moved = velocity * chain.bias.transpose()
    return chain.bias * chain.bias.transpose(), moved + moved.transpose()


_OWN: dict[str, Any] = {"c": [1, 1, 1], "mu": [1, 1, 1], "bias_decay": "like the weights", "motion": "flow"}
_FLOW = (composable, three_rates, one_decay, no_momentum)


@theorem.fact(
    r"\dot\Delta_l=-2\mu\Delta_l",
    *(*_FLOW, one_rate, no_bias),
    tight=lambda: [example(**_OWN)],
    strategy=lambda: _partly_biased(),
)
def law(x: Instance, rate: Scalar = 2) -> bool:
    """Δ̇_l = −2μΔ_l at both interfaces"""
    chain, mu = linear_chain(x), x.vector("mu")[0]
    pairs = zip(chain.rates(_velocities(x)), chain.deltas, strict=True)
    return all(read - write == -rate * mu * delta for (read, write), delta in pairs)


@theorem.fact(
    r"(H_l/c_{l+1}-K_l/c_l)^{\textstyle\cdot}=-2\mu(H_l/c_{l+1}-K_l/c_l)",
    *(*_FLOW, no_bias),
    strategy=lambda: _drawn(rates=True),
)
def own_rates(x: Instance) -> bool:
    """with rates of their own, H_l/c_{l+1} − K_l/c_l decays at the rate 2μ"""
    chain, mu, c = linear_chain(x), x.vector("mu")[0], x.vector("c")
    for i, (read, write) in enumerate(chain.rates(_velocities(x))):
        h, k = chain.w[i + 1].transpose() * chain.w[i + 1], chain.w[i] * chain.w[i].transpose()
        if read / c[i + 1] - write / c[i] != -2 * mu * (h / c[i + 1] - k / c[i]):
            return False
    return True


@theorem.fact(
    r"(\Delta_1-bb^T)^{\textstyle\cdot}=-2\mu(\Delta_1-bb^T)",
    *(*_FLOW, one_rate, bias_decayed),
    strategy=lambda: _drawn(bias=True).map(lambda x: x.replace(bias_decay="like the weights")),
)
def decayed_bias(x: Instance) -> bool:
    """with a bias that is decayed alike, Δ₁ − bbᵀ decays at the rate 2μ"""
    chain, (square, moved) = linear_chain(x), _outer(x)
    read, write = chain.rates(_velocities(x))[0]
    return read - write - moved == -2 * x.vector("mu")[0] * (chain.deltas[0] - square)


@theorem.fact(
    r"(\Delta_1-bb^T)^{\textstyle\cdot}=-2\mu\Delta_1",
    *(*_FLOW, one_rate, bias_kept),
    strategy=lambda: _drawn(bias=True).map(lambda x: x.replace(bias_decay="none")),
)
def kept_bias(x: Instance) -> bool:
    """with a bias that is not decayed, Δ₁ − bbᵀ has the derivative −2μΔ₁"""
    chain, (_, moved) = linear_chain(x), _outer(x)
    read, write = chain.rates(_velocities(x))[0]
    return read - write - moved == -2 * x.vector("mu")[0] * chain.deltas[0]


def _relative(x: Instance) -> flint.fmpq:
    """The derivative of ‖Δ₁‖²/(‖H₁‖² + ‖K₁‖²), times the square of the denominator and ½."""
    chain = linear_chain(x)
    read, write = chain.rates(_velocities(x))[0]
    h, k = chain.w[1].transpose() * chain.w[1], chain.w[0] * chain.w[0].transpose()
    size = _inner(h, h) + _inner(k, k)
    return _inner(h - k, read - write) * size - _inner(h - k, h - k) * (_inner(h, read) + _inner(k, write))


def _inner(a: flint.fmpq_mat, b: flint.fmpq_mat) -> flint.fmpq:
    return sum((u * v for u, v in zip(a.entries(), b.entries(), strict=True)), flint.fmpq(0))


@theorem.fact(r"\mu>0,\ \Delta_1\ne0\Rightarrow\|\Delta_1\|/\sqrt{\|H\|^2+\|K\|^2}\ \text{falls}", *_FLOW, false=True)
def ridge_aligns(x: Instance) -> bool:
    """ridge alone aligns: with decay the relative imbalance falls while it is not 0"""
    delta = linear_chain(x).deltas[0]
    return x.vector("mu")[0] == 0 or delta == 0 * delta or _relative(x) < 0


theorem.constant("rate", "the rate of decay of Δ in units of μ", sharp=True)
for reading in (law, own_rates, decayed_bias, kept_bias):
    own: dict[str, Any] = {**_OWN, "bias_decay": "none"} if reading is kept_bias else _OWN
    later = reading in (law, own_rates)
    theorem.witness(reading, one_decay, example((1, 1, 1), **{**own, "mu": [1, 1, 2] if later else [1, 2, 2]}))
    theorem.witness(reading, no_momentum, example((1, 2, 1), **{**own, "motion": "momentum at rest"}))
    if reading is not own_rates:
        # Both interfaces count for the law, the first one for a bias of its layer.
        theorem.witness(
            reading, one_rate, example((1, 1, 1), **{**own, "c": [1, 1, 2] if reading is law else [1, 2, 2]})
        )
for reading in (law, own_rates):
    theorem.witness(reading, no_bias, example(b=[1], **_OWN))
theorem.witness(decayed_bias, bias_decayed, example((1, 1, 1), b=[1], **{**_OWN, "bias_decay": "none"}))
theorem.witness(kept_bias, bias_kept, example(b=[1], **_OWN))
theorem.witness(ridge_aligns, None, example((1, 2, 1), G=[[0]], **_OWN))
theorem.mutant("rate one", "Δ̇ = −μΔ", law, lambda x: law(x, rate=1))
theorem.mutant("plain bias", "Δ for Δ − bbᵀ", decayed_bias, lambda x: law(x))
theorem.mutant("plain imbalance", "Δ for H/c_{l+1} − K/c_l", own_rates, lambda x: law(x))


@theorem.stratum
def driven(x: Instance) -> bool:
    """large gradients, decay, and an imbalance at both interfaces"""
    chain = linear_chain(x)
    return max(map(abs, chain.n[1].entries())) > 20 and all(d != 0 * d for d in chain.deltas) and x.vector("mu")[0] > 0


@theorem.stratum
def without_decay(x: Instance) -> bool:
    """no decay, where the imbalance is conserved"""
    return not any(x.vector("mu"))


@theorem.property
def at_rest(x: Instance) -> bool:
    """with momentum, nothing moves at first"""
    return all(v == 0 * v for v in _velocities(x.replace(motion="momentum at rest")))


@theorem.property
def doubling(x: Instance) -> Verdict:
    """the factor of a time is the square of that of half of it, and its slope at 0 is the rate of the law"""
    mu = num(x.vector("mu")[0])
    step = Fraction(1, 2**30)
    whole, half = flow_factor(mu, num(1)), flow_factor(mu, num(Fraction(1, 2)))
    slope = small(lambda: (flow_factor(mu, num(step)) - 1) / num(step) + 2 * mu, Fraction(1, 2**20))
    return combine((small(lambda: whole - half * half), slope))


theorem.proof("symbolic", "every real G, W, λ and bias, widths 1-2-2-1, 2-1-2 and 2-2-1-2")(proofs.insertion)
along = theorem.proof("instances", "three networks from rational weights, to t = 1, enclosed in balls")(solutions.law)
held = theorem.proof("instances", "the balls themselves, on two equations with solutions in closed form")(
    solutions.closed_forms
)
theorem.proof("instances", "two networks to which the law does not apply")(solutions.bent)
theorem.mutant("rate one, at t = 1", "e^{−λt} along solutions", proof=lambda: along(1, solutions.EVEN, 1))
theorem.mutant("a layer without ridge", "λ₂ = 0 along solutions", proof=lambda: along(2, solutions.UNEVEN, 1))
theorem.mutant("no remainder", "Taylor polynomials alone for a solution", proof=lambda: held(False))
