"""The edges of a Keras model from the configuration that its HDF5 file or archive carries: which layer is called on
which.

Activations, normalizations, pools, sums and depthwise kernels are passed, since they keep the channels apart;
flattening, concatenation, activations that are not known and everything else end the way, as does a layer without a
kernel that is called several times: which call is read is not followed. A separable convolution is its pointwise
kernel, above its depthwise one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from typing import Any

from certify.chain.drafts.keras_kernels import kernels_by_layer
from certify.chain.drafts.plan import Part, Plan, Value
from certify.chain.dtypes import is_integer
from certify.chain.stored import StoredTensor

__all__ = ["plan_keras"]

_WORDS = {
    "relu": "relu",
    "relu6": "relu",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "sigmoid",
    "tanh": "tanh",
    "softmax": "softmax",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "swish": "silu",
    "silu": "silu",
    "softplus": "softplus",
    "leaky_relu": "leaky_relu",
}
_PASSED = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "leaky_relu",
    "ELU": "elu",
    "Softmax": "softmax",
    "BatchNormalization": "batchnorm",
    "LayerNormalization": "layernorm",
    "Add": "residual",
    "Subtract": "residual",
    "Multiply": "gate",
    "Dropout": "dropout",
    "SpatialDropout1D": "dropout",
    "SpatialDropout2D": "dropout",
    "GaussianNoise": "",
    "Masking": "",
}
_POOLS = ("MaxPooling", "AveragePooling", "GlobalMaxPooling", "GlobalAveragePooling")
_MOVED = {"Cropping": "", "ZeroPadding": "pad", "UpSampling": "resize"}
_MATRICES = ("Dense", "Conv1D", "Conv2D", "Conv3D", "SeparableConv1D", "SeparableConv2D")
_MOST_STEPS = 64


def plan_keras(config: Mapping[str, Any], tensors: Mapping[str, StoredTensor]) -> Plan:
    """All edges of the configuration whose channels compose; none where it is not of a shape that is known."""
    plan = Plan("the edges of the Keras configuration")
    layers = _layers(config)
    kernels = kernels_by_layer([(name, kind) for name, (kind, _, _) in layers.items()], tensors)
    matrices = {
        name: found
        for name, (kind, said, _) in layers.items()
        if kind in _MATRICES and (stored := kernels.get(name)) and (found := _matrix(name, kind, said, stored))
    }
    for name, (kind, _, inputs) in layers.items():
        if name not in matrices:
            continue
        upper = matrices[name]
        for source, between in _sources(inputs, ("conv",) if kind.startswith("Separable") else (), layers, matrices):
            lower = matrices[source]
            if lower[2] == upper[3] and lower[0].tensor != upper[1].tensor:
                plan.edge(lower[0], upper[1], between)
    return plan


_Layer = tuple[str, Mapping[str, Any], list[str]]
_Matrix = tuple[Part, Part, int, int]


def _layers(config: Mapping[str, Any]) -> dict[str, _Layer]:
    """Class, configuration and inputs of every layer, by name."""
    inner = config.get("config")
    items = inner.get("layers") if isinstance(inner, Mapping) else inner
    found: dict[str, _Layer] = {}
    before: list[str] = []
    for item in items if isinstance(items, list) else []:
        if not isinstance(item, Mapping):
            return {}
        said = item.get("config")
        kind, name = item.get("class_name"), item.get("name")
        if not isinstance(said, Mapping) or not isinstance(kind, str):
            return {}
        name = name if isinstance(name, str) else said.get("name")
        if not isinstance(name, str) or name in found:
            return {}
        # A layer that is called twice has a list of inputs for each call. A kernel reads all of them.
        calls = item.get("inbound_nodes")
        inputs = before if config.get("class_name") == "Sequential" else _names(calls)
        if kind not in _MATRICES and isinstance(calls, Sized) and len(calls) > 1:
            inputs = []
        found[name] = kind, said, inputs
        before = [name]
    return found


def _names(node: Any, depth: int = 0) -> list[str]:
    """The layers that are called: of Keras 2, lists that begin with a name and two numbers; of Keras 3, histories."""
    if depth > 12:
        return []
    if isinstance(node, Mapping):
        return [name for value in node.values() for name in _names(value, depth + 1)]
    if not isinstance(node, list):
        return []
    if len(node) >= 3 and isinstance(node[0], str) and type(node[1]) is type(node[2]) is int:
        return [node[0]]
    return [name for value in node for name in _names(value, depth + 1)]


def _matrix(name: str, kind: str, said: Mapping[str, Any], stored: StoredTensor) -> _Matrix | None:
    # The last axis is that of the channels only where they come last.
    if said.get("groups", 1) != 1 or said.get("data_format") == "channels_first" or is_integer(stored.dtype):
        return None
    shape = stored.shape
    if kind == "Dense":
        if len(shape) != 2 or said.get("units", shape[1]) != shape[1]:
            return None
        part = Part(name, stored.name, (("transpose", True),))
        return part, part, shape[1], shape[0]
    # A depthwise kernel that makes several channels of one mixes the order of what the pointwise kernel reads.
    if len(shape) < 3 or said.get("depth_multiplier", 1) != 1 or said.get("filters", shape[-1]) != shape[-1]:
        return None
    keys: tuple[tuple[str, Value], ...] = (("layout", "channels_last"),)
    return (
        Part(f"{name} (writer)", stored.name, (*keys, ("kernel", "writer"))),
        Part(f"{name} (reader)", stored.name, (*keys, ("kernel", "reader"))),
        shape[-1],
        shape[-2],
    )


def _sources(
    inputs: Sequence[str], last: tuple[str, ...], layers: Mapping[str, _Layer], matrices: Mapping[str, _Matrix]
) -> list[tuple[str, str]]:
    """The matrices that write what is read, and the words for what lies between, in the order of the data; ``last`` are
    those of the reader itself."""
    found: dict[str, str] = {}
    stack: list[tuple[str, tuple[str, ...]]] = [(name, last) for name in inputs]
    seen: set[str] = set()
    while stack:
        name, after = stack.pop()
        if name in seen or name not in layers or len(after) > _MOST_STEPS:
            continue
        seen.add(name)
        kind, said, before = layers[name]
        own = _words(kind, said)
        if own is None:
            continue
        words = (*own, *after)
        if name in matrices:
            # The activation that a layer of weights applies itself comes first.
            found.setdefault(name, "+".join(dict.fromkeys(words)))
        elif kind not in _MATRICES:
            stack += [(item, words) for item in before]
    return list(found.items())


def _words(kind: str, said: Mapping[str, Any]) -> tuple[str, ...] | None:
    """What a layer is between two others, of a layer of weights what follows its kernel; None where channels need not
    be the same after it."""
    activation = _activation(said.get("activation"))
    if kind == "Activation" or kind in _MATRICES:
        return activation
    if said.get("data_format") == "channels_first":
        return None
    if kind.startswith("DepthwiseConv"):
        return None if activation is None or said.get("depth_multiplier", 1) != 1 else ("conv", *activation)
    if kind.startswith(_POOLS):
        return ("pool",)
    word = next((x for start, x in _MOVED.items() if kind.startswith(start)), _PASSED.get(kind))
    return None if word is None else (word,) if word else ()


def _activation(said: Any) -> tuple[str, ...] | None:
    """The word of an activation; None where it has none, since a function that is not known may mix channels."""
    if said is None or said == "linear":
        return ()
    word = _WORDS.get(said) if isinstance(said, str) else None
    return None if word is None else (word,)
