r"""Unconstrained features with weight decay: what a stationary point says of weights, features and outputs (THEORY C5).

F = ℓ(WH) + ½λ‖W‖² + ½λ_H‖H‖², W of shape C × d, H of shape d × nC, n samples for each of C classes.
"""

from __future__ import annotations

from certify.geometry.number import Number, coerce
from certify.rigor.functions import sqrt

__all__ = ["collapse_scale", "self_duality_factor", "squared_loss_minimum"]


def self_duality_factor(decay: Number, feature_decay: Number, samples: int) -> Number:
    r""":math:`\kappa=\sqrt{\lambda/(n\lambda_H)}`, for which class means are κWᵀ where weights and means agree (NC3).

    >>> import sympy
    >>> self_duality_factor(sympy.Integer(1), sympy.Integer(1), 4)
    1/2
    """
    return sqrt(coerce(decay) / (samples * feature_decay))


def collapse_scale(decay: Number, feature_decay: Number, samples: int) -> Number:
    r""":math:`1-\sqrt{\lambda\lambda_H/n}`, the factor of the labels in the outputs of the squared loss's minimizer.

    It is for n >= λλ_H; with larger decays everything is 0.

    >>> import sympy
    >>> collapse_scale(sympy.Integer(1), sympy.Integer(1), 4)
    1/2
    """
    return 1 - sqrt(coerce(decay) * feature_decay / samples)


def squared_loss_minimum(decay: Number, feature_decay: Number, samples: int, classes: int) -> Number:
    r""":math:`C(\sqrt{n\lambda\lambda_H}-\tfrac12\lambda\lambda_H)`, at most F for ℓ = ½‖P − I ⊗ 1ᵀ‖², and attained
    for n >= λλ_H and d >= C.

    >>> import sympy
    >>> squared_loss_minimum(sympy.Integer(1), sympy.Integer(1), 4, 2)
    3
    """
    product = coerce(decay) * feature_decay
    return classes * (sqrt(samples * product) - product / 2)
