r"""B4. At a stationary point with weight decay a deep linear network is balanced.

Statement
    With R_l = N_l + λW_l, the gradient of loss and ridge, at **every** point and for every G

    .. math:: \lambda\Delta_l=W_{l+1}^TR_{l+1}-R_lW_l^T,

    so that the right-hand side is symmetric. Hence for λ > 0

    .. math:: \|\Delta_l\|_F\le\frac{\|W_{l+1}\|_2\|R_{l+1}\|_F+\|W_l\|_2\|R_l\|_F}\lambda,

    and Δ_l = 0 where R = 0. With a bias b of layer l that is stationary as well: if b is not decayed Δ_l = 0 still, and
    if it is decayed with the same λ then Δ_l = bbᵀ. With decays λ_l a stationary point has λ_{l+1}H_l = λ_lK_l.
    An instance is a network of three layers at a point, with its gradient in the end-to-end map.

Reference
    FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import flint

from certify.geometry.interface.ridge import stationarity_bound
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, num, root
from theorems.exact.spectra import frobenius_squared, singular_values
from theorems.statements.b4_stationary_points import proofs, samples
from theorems.subjects.linear_chains import LAYERS, SIZES, composable, example, linear_chain

theorem = Declaration(
    __doc__,
    parameters=(
        *LAYERS,
        Parameter.vector("decay", "layers", 0, 3),
        Parameter.choice("bias_decay", "none", "like the weights"),
    ),
    dimensions={**SIZES, "layers": (3, 3)},
    strategy=samples.points,
    families=samples.one_neuron,
)


@hypothesis(r"\lambda_l\ (l\le3)", defines="there are three layers, and a decay for each")
def three_decays(x: Instance) -> bool:
    """each of the three layers has a decay"""
    return len(x.vector("decay")) == 3


@hypothesis(r"\lambda_1=\lambda_2=\lambda_3", needed="λ_{l+1}H = λ_lK at a stationary point")
def one_decay(x: Instance) -> bool:
    """all layers are decayed alike"""
    return len(set(map(str, x.vector("decay")))) == 1


@hypothesis(r"\lambda>0", needed="without decay every minimizer of the loss is stationary")
def decayed(x: Instance) -> bool:
    """λ > 0"""
    return min(x.vector("decay")) > 0


@hypothesis(r"\lambda>0", defines="the bound divides by λ")
def dividing(x: Instance) -> bool:
    """the decays are positive, to be divided by"""
    return min(x.vector("decay")) > 0


@hypothesis(r"R_l=0", needed="any two layers are a point")
def stationary(x: Instance) -> bool:
    """the gradient of loss and ridge vanishes, in the bias too"""
    chain, decay = linear_chain(x), x.vector("decay")
    rest = chain.n_bias + (decay[0] if bias_decayed.met(x) else flint.fmpq(0)) * chain.bias
    return all(r == 0 * r for r in (*_gradients(x), rest))


@hypothesis(r"b=0", needed="a bias that is decayed keeps its part of K")
def no_bias(x: Instance) -> bool:
    """there is no bias"""
    return not any(x.vector("b"))


@hypothesis(r"N_b=0", needed="a bias that is decayed keeps its part of K")
def bias_kept(x: Instance) -> bool:
    """the bias is not decayed"""
    return x.choice("bias_decay") == "none"


@hypothesis(r"N_b+\lambda b=0", needed="a bias that is not decayed leaves no trace")
def bias_decayed(x: Instance) -> bool:
    """the bias is decayed like the weights"""
    return x.choice("bias_decay") == "like the weights"


def _gradients(x: Instance) -> list[flint.fmpq_mat]:
    chain = linear_chain(x)
    return [n + v * w for n, v, w in zip(chain.n, x.vector("decay"), chain.w, strict=True)]


_POINT = (composable, three_decays, one_decay)


@theorem.fact(r"\lambda\Delta_l=W_{l+1}^TR_{l+1}-R_lW_l^T", *_POINT, no_bias)
def identity(x: Instance, decays: Scalar = 1) -> bool:
    """λΔ_l = W_{l+1}ᵀR_{l+1} − R_lW_lᵀ"""
    chain, r, decay = linear_chain(x), _gradients(x), decays * x.vector("decay")[0]
    w = chain.w
    return all(
        decay * d == w[i + 1].transpose() * r[i + 1] - r[i] * w[i].transpose() for i, d in enumerate(chain.deltas)
    )


@theorem.fact(r"R=0\Rightarrow\Delta_l=0", *_POINT, decayed, stationary, no_bias, strategy=samples.stationary_points)
def balanced(x: Instance) -> bool:
    """Δ_l = 0"""
    return all(d == 0 * d for d in linear_chain(x).deltas)


@theorem.fact(
    r"b\ne0\text{ not decayed}\Rightarrow\Delta_1=0",
    *(*_POINT, decayed, stationary, bias_kept),
    strategy=lambda: samples.stationary_points("none"),
)
def kept_bias(x: Instance) -> bool:
    """with a bias that is not decayed Δ₁ = 0 still"""
    delta = linear_chain(x).deltas[0]
    return delta == 0 * delta


@theorem.fact(
    r"b\text{ decayed}\Rightarrow\Delta_1=bb^T",
    *(*_POINT, decayed, stationary, bias_decayed),
    strategy=lambda: samples.stationary_points("like the weights"),
)
def decayed_bias(x: Instance) -> bool:
    """with a bias that is decayed alike Δ₁ = bbᵀ"""
    chain = linear_chain(x)
    return chain.deltas[0] == chain.bias * chain.bias.transpose()


@theorem.fact(
    r"R=0\Rightarrow\lambda_{l+1}H_l=\lambda_lK_l",
    *(composable, three_decays, stationary, no_bias),
    strategy=lambda: samples.stationary_points(own_decays=True),
)
def own_decays(x: Instance) -> bool:
    """with decays of their own, λ_{l+1}H_l = λ_lK_l"""
    w, decay = linear_chain(x).w, x.vector("decay")
    return all(decay[i + 1] * (w[i + 1].transpose() * w[i + 1]) == decay[i] * (w[i] * w[i].transpose()) for i in (0, 1))


def one_side() -> Iterable[Instance]:
    """One of the two layers is 0, and the loss has no gradient."""
    yield example((0, 2, 0), G=[[0]], decay=[1, 1, 1], bias_decay="none")
    yield example((3, 0, 0), G=[[0]], decay=[2, 2, 2], bias_decay="none")


def _norms(x: Instance) -> tuple[list[Scalar], list[Scalar]]:
    chain = linear_chain(x)
    return [singular_values(w)[0] for w in chain.w], [root(frobenius_squared(r)) for r in _gradients(x)]


@theorem.bound(
    r"\|\Delta_l\|_F\le(\|W_{l+1}\|_2\|R_{l+1}\|_F+\|W_l\|_2\|R_l\|_F)/\lambda",
    *(*_POINT, dividing, no_bias),
    attained_at=one_side,
    strategy=lambda: samples.points().filter(dividing.met),
)
def a_posteriori(x: Instance) -> Sides:
    """‖Δ₁‖_F ≤ (‖W₂‖₂‖R₂‖_F + ‖W₁‖₂‖R₁‖_F)/λ"""
    sizes, slopes = _norms(x)
    bound = stationarity_bound(num(x.vector("decay")[0]), sizes[0], sizes[1], slopes[0], slopes[1])
    return root(frobenius_squared(linear_chain(x).deltas[0])), bound


@theorem.bound(r"\|\Delta_l\|_F\le(\|R_{l+1}\|_F+\|R_l\|_F)/\lambda", *_POINT, dividing, no_bias, false=True)
def without_norms(x: Instance) -> Sides:
    """‖Δ₁‖_F ≤ (‖R₂‖_F + ‖R₁‖_F)/λ: the gradient alone bounds the imbalance"""
    _, slopes = _norms(x)
    bound = stationarity_bound(num(x.vector("decay")[0]), num(1), num(1), slopes[0], slopes[1])
    return root(frobenius_squared(linear_chain(x).deltas[0])), bound


@theorem.fact(r"R=0,\ \lambda=0\Rightarrow\Delta_l=0", *_POINT, stationary, no_bias, false=True)
def without_decay(x: Instance) -> bool:
    """stationary points of the loss alone are balanced"""
    return balanced(x)


_PLAIN = {"decay": [1, 1, 1], "bias_decay": "none"}
_OWN = example((2, 1, 1), G=[[-2]], g=[0], decay=[1, 4, 4], bias_decay="none")
_FLAT = example((1, 2, 1), G=[[0]], g=[0], decay=[0, 0, 0], bias_decay="none")
_BIASED = example(
    (3, 5, 5), G=[[Fraction(-3, 25)]], b=[4], g=[Fraction(-4, 25)], decay=[1, 1, 1], bias_decay="like the weights"
)
_MOVING = example((1, 2, 1), G=[[0]], g=[0], **_PLAIN)
theorem.constant("decays", "factor of λΔ in the identity", sharp=True)
for reading in (identity, a_posteriori, balanced, kept_bias):
    theorem.witness(reading, one_decay, _OWN)
theorem.witness(decayed_bias, one_decay, _OWN.replace(bias_decay="like the weights"))
for reading in (balanced, kept_bias):
    theorem.witness(reading, decayed, _FLAT)
    theorem.witness(reading, stationary, _MOVING)
theorem.witness(decayed_bias, decayed, _FLAT.replace(bias_decay="like the weights"))
theorem.witness(decayed_bias, stationary, _MOVING.replace(bias_decay="like the weights"))
theorem.witness(own_decays, stationary, _MOVING)
for reading in (a_posteriori, balanced, own_decays):
    theorem.witness(reading, no_bias, _BIASED)
theorem.witness(identity, no_bias, example(b=[1], **_PLAIN))
theorem.witness(kept_bias, bias_kept, _BIASED)
theorem.witness(decayed_bias, bias_decayed, example(G=[[-1]], b=[1], g=[0], **_PLAIN))
theorem.witness(without_norms, None, example((10, 20, 1), G=[[0]], **_PLAIN))
theorem.witness(without_decay, None, _FLAT)
theorem.mutant("without norms", "‖R‖/λ without the norms of the layers", a_posteriori, without_norms)
theorem.mutant("bias forgotten", "Δ₁ = 0 with a bias that is decayed", decayed_bias, kept_bias)


@theorem.stratum
def biased(x: Instance) -> bool:
    """a stationary point with a bias that is decayed and not 0"""
    return not no_bias.met(x) and bias_decayed.met(x) and stationary.met(x)


@theorem.stratum
def rank_deficient(x: Instance) -> bool:
    """a stationary point that does not use a direction, and is not 0"""
    w = linear_chain(x).w[1]
    return stationary.met(x) and 0 < w.rank() < w.nrows()


@theorem.property
def symmetric(x: Instance) -> bool | None:
    """W_{l+1}ᵀR_{l+1} − R_lW_lᵀ is symmetric where the identity holds"""
    if not (one_decay.met(x) and no_bias.met(x)):
        return None
    w, r = linear_chain(x).w, _gradients(x)
    rest = w[1].transpose() * r[1] - r[0] * w[0].transpose()
    return rest == rest.transpose()


theorem.proof("symbolic", "every real G, λ and bias, widths 1-2-2-1, 2-1-2 and 2-2-1-2")(proofs.everywhere)
