"""The words for what may lie between two layers of a network; chain files and certificates use no other."""

from __future__ import annotations

__all__ = ["BETWEEN", "is_between"]

BETWEEN = (
    "batchnorm",
    "bias",
    "conv",
    "dropout",
    "elu",
    "flatten",
    "gate",
    "gelu",
    "layernorm",
    "leaky_relu",
    "linear",
    "mean",
    "pad",
    "pool",
    "quick_gelu",
    "recurrence",
    "relu",
    "residual",
    "resize",
    "rmsnorm",
    "rope",
    "scale",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
)
"""Several are joined by ``+``, in the order in which the data passes them."""


def is_between(text: str) -> bool:
    """Whether ``text`` is words of :data:`BETWEEN` joined by ``+``.

    >>> is_between("layernorm+gelu"), is_between("magic"), is_between("")
    (True, False, False)
    """
    return len(text) <= 256 and all(word in BETWEEN for word in text.split("+"))
