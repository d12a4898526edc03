"""Which draft fits a model."""

from __future__ import annotations

import os
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from certify.chain.chain_file import draft_chain_file
from certify.chain.codes import is_code
from certify.chain.drafts.graph import plan_graph
from certify.chain.drafts.keras_graph import plan_keras
from certify.chain.drafts.others import plan_convolutions, plan_lora, plan_recurrent, plan_sequences
from certify.chain.drafts.plan import Part, Plan
from certify.chain.drafts.transformers import Heads, blocks_of, plan_transformer
from certify.chain.edges import chain_of_numbered_names
from certify.chain.limits import Limits
from certify.chain.model import LeftOut
from certify.chain.readers.keras import read_keras_config
from certify.chain.readers.onnx import read_onnx_graph
from certify.chain.refusals import parse_json
from certify.chain.stored import StoredTensor
from certify.errors import InputError
from certify.heads import ROLES
from certify.reading import open_regular

__all__ = ["Draft", "draft"]

_ACTIVATIONS = {
    "relu": "relu",
    "gelu": "gelu",
    "gelu_new": "gelu",
    "gelu_pytorch_tanh": "gelu",
    "gelu_fast": "gelu",
    "quick_gelu": "quick_gelu",
    "silu": "silu",
    "swish": "silu",
    "tanh": "tanh",
}
_SHIFTED = ("gemma", "recurrent_gemma", "nemotron", "qwen3_next")
"""Families whose normalizations multiply by 1 + weight."""
_DIGITS = re.compile(r"(\d+)", re.ASCII)
_TRANSFORMER = {"mlp", "attention", "heads", "residual"}


@dataclass(frozen=True, slots=True)
class Draft:
    """Text of a chain file. ``fits`` is False when no preset describes the model: then it lists all matrices without
    edges."""

    text: str
    fits: bool
    why: str = ""


def draft(
    source: str, tensors: Sequence[StoredTensor], preset: str, limits: Limits, left_out: Sequence[LeftOut] = ()
) -> Draft:
    """The chain file of a preset for the model at ``source``, whose tensors are given, and what its reader left out.

    Raises
    ------
    InputError : a configuration that is no JSON.
    """
    names = {stored.name for stored in tensors}
    readable = [stored for stored in tensors if stored.readable]
    known = {stored.name: stored for stored in readable if not is_code(stored, names)}
    # A counter of batches is an integer and no code: one number is no matrix.
    counters = {stored.name for stored in tensors if stored.elements == 1 and stored.name not in known}
    there = (names - counters) | {item.name for item in left_out}
    asked = {"mlp", "attention", "residual", "conv", "recurrent", "lora", "graph"} if preset == "all" else {preset}
    config = _config(source, limits)
    plan = Plan(f"drafted from {os.path.basename(source.rstrip('/'))!a}, preset {preset}")
    why: list[str] = []
    if asked & _TRANSFORMER and (blocks := blocks_of(known, _activation(config))):
        heads = _heads(config)
        if "heads" in asked and heads is None:
            why.append("the number of attention heads is not known: no config.json beside the weights says it")
        presets = asked & _TRANSFORMER
        if "residual" in presets and str(config.get("model_type", "")).startswith(_SHIFTED):
            presets = presets - {"residual"}
            why.append("the gains of this model's normalizations are 1 + weight, which are no stored vectors")
        _join(plan, plan_transformer(blocks, known, heads, presets))
    if "conv" in asked:
        _join(plan, plan_convolutions(known))
    if "recurrent" in asked:
        _join(plan, plan_recurrent(known))
    if "lora" in asked and any(name.endswith("lora_A.weight") for name in known):
        zero = {name for name, stored in known.items() if ".lora_" in name and not stored.read()[0].any()}
        _join(plan, plan_lora(known, zero))
    if "graph" in asked and source.endswith(".onnx"):
        _join(plan, plan_graph(read_onnx_graph(source, limits)))
    if "graph" in asked and source.endswith((".h5", ".hdf5", ".keras")):
        _join(plan, plan_keras(read_keras_config(source, limits), known))
    if "mlp" in asked and not source.endswith((".onnx", ".keras", ".h5", ".hdf5")):
        taken = {part.tensor for part in plan.layers.values()}
        _join(plan, plan_sequences(known, taken, there))
    if "mlp" in asked and not plan.edges:
        flat = {name for name, stored in known.items() if len(stored.shape) < 2}
        _join(plan, _perceptron(tensors, source, there - flat))
    if plan.edges:
        try:
            return Draft(plan.text(), True)
        except ValueError as error:
            # One tensor at two places of the network may read itself.
            why.append(f"the edges are no chain: {error}")
    matrices = [stored for stored in readable if len(stored.shape) >= 2 and 0 not in stored.shape]
    why.append(f"the preset {preset} finds no edges in the graph or the names of {len(readable)} tensors")
    return Draft(draft_chain_file(matrices, names) if matrices else "", False, "; ".join(why))


def _perceptron(tensors: Sequence[StoredTensor], source: str, others: set[str]) -> Plan:
    """The chain of numbered names, where there is one. No edge leads past a number that one of ``others`` has, which
    may be a layer that is not read or has another name."""
    plan = Plan("a plain perceptron")
    try:
        chain = chain_of_numbered_names(tensors, [], source)
    except InputError:
        return plan
    parts = [Part(x.name, x.tensor, (("transpose", True),) if x.transposed else ()) for x in chain.layers]
    names = [_DIGITS.split(part.tensor) for part in parts]
    varying = next((i for i, pieces in enumerate(zip(*names, strict=True)) if len(set(pieces)) > 1), 0)
    start = "".join(names[0][:varying])
    cut = [_DIGITS.split(name[len(start) :]) for name in others if name.startswith(start)]
    filled = sorted({int(pieces[1]) for pieces in cut if len(pieces) > 1 and not pieces[0]})
    for edge in chain.edges:
        a, b = (int(names[place][varying]) for place in (edge.lower, edge.upper))
        if bisect_right(filled, a) == bisect_left(filled, b):
            plan.edge(parts[edge.lower], parts[edge.upper])
    return plan


def _join(plan: Plan, more: Plan) -> None:
    for (lower, upper), between in more.edges.items():
        plan.edge(more.layers[lower], more.layers[upper], between)
    for table in more.heads:
        plan.add(*(more.layers[str(table[role])] for role in ROLES if role in table))
        plan.heads.append(table)


def _config(source: str, limits: Limits) -> Mapping[str, Any]:
    folder = source if os.path.isdir(source) else os.path.dirname(source)
    path = os.path.join(folder, "config.json")
    if not os.path.isfile(path):
        return {}
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_chain_file_bytes", size, "size of config.json", file=path)
        data = opened.read(size)
    found = parse_json(data, file=path, what="config.json")
    inner = found.get("text_config")
    return {**found, **inner} if isinstance(inner, dict) else found


def _heads(config: Mapping[str, Any]) -> Heads | None:
    def whole(*names: str) -> int:
        return next((config[n] for n in names if type(config.get(n)) is int and 0 < config[n] < 2**31), 0)

    count = whole("num_attention_heads", "n_head", "n_heads")
    width = whole("hidden_size", "n_embd", "dim")
    if not count or not (width or whole("head_dim")):
        return None
    size = whole("head_dim") or width // count
    kv = whole("num_key_value_heads") or count
    if not size or count % kv:
        raise InputError(
            f"config.json says {count} heads, {kv} of keys and values, width {width}", hint="correct config.json"
        )
    return Heads(count, size, kv)


def _activation(config: Mapping[str, Any]) -> str:
    for name in ("hidden_act", "activation_function", "activation", "hidden_activation"):
        if isinstance(said := config.get(name), str):
            return _ACTIVATIONS.get(said, "gelu")
    return "gelu"
