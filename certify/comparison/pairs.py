"""Which matrices of two models are compared: those of A's chain that B has under the same name, or adapts.

A layer of A that is an expression of stored tensors (a head, a gate, a kernel) is the same expression in B.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from certify.chain.codes import Operand, check_layout
from certify.chain.dtypes import is_integer
from certify.chain.limits import Limits
from certify.chain.model import Chain, Layer, LeftOut
from certify.chain.refusals import parse_json
from certify.chain.stored import StoredTensor
from certify.errors import ChainError, InputError, UnsupportedError
from certify.reading import open_regular

__all__ = ["Adapter", "Pairs", "pair_up"]

_REBASED = ("pissa", "olora", "corda", "loftq")
"""Beginnings of LoRA that take their part out of the base."""
_ADAPTER = re.compile(r"(?:base_model\.model\.)?(.+)\.lora_(A|B)(?:\.[A-Za-z0-9_]+)?\.weight\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Adapter:
    """A LoRA adapter of one matrix: W + factor · up · down, transposed where the base is stored as (n_in, n_out)."""

    down: Layer
    up: Layer
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Pairs:
    """The layers of A with what B has in their place, by name, and what is not compared, with the reason."""

    layers: dict[str, Layer | Adapter]
    left_out: tuple[LeftOut, ...]
    adapters: bool


def pair_up(chain: Chain, tensors: Sequence[StoredTensor], source: str, limits: Limits) -> Pairs:
    """What B, whose ``tensors`` come from ``source``, has in the place of each layer of ``chain``.

    Raises
    ------
    ChainError : nothing can be compared.
    InputError : an adapter without its configuration, or with one that says more than α and r.
    """
    known = {stored.name: stored for stored in tensors}
    adapters = _adapters(known)
    factor, rank = _factor(source, limits) if adapters else (Fraction(1), 0)
    layers: dict[str, Layer | Adapter] = {}
    left_out: list[LeftOut] = []
    for layer in chain.layers:
        found, why = _adapted(layer, adapters, factor, rank) if adapters else _same(layer, known)
        if found is None:
            left_out.append(LeftOut(layer.name, why))
        else:
            layers[layer.name] = found
    if not layers:
        raise ChainError(
            "the models have no matrix in common",
            file=source,
            place="; ".join(f"{item.name}: {item.why}" for item in left_out[:4]),
            hint="compare two checkpoints of one network",
        )
    used = {item.name for layer in chain.layers for item in layer.tensors}
    for found in layers.values():
        used |= {found.down.tensor, found.up.tensor} if isinstance(found, Adapter) else set()
    left_out += [
        LeftOut(stored.name, "only in B, or no layer of the chain of A")
        for stored in tensors
        if stored.name not in used and len(stored.shape) >= 2
    ]
    return Pairs(layers, tuple(left_out), bool(adapters))


def _same(layer: Layer, known: Mapping[str, StoredTensor]) -> tuple[Layer | None, str]:
    missing = [item.name for item in layer.tensors if item.name not in known]
    if missing:
        return None, f"B has no tensor {missing[0]}"
    for item in layer.tensors:
        other = known[item.name]
        if other.shape != item.shape:
            return None, f"{item.name} has shape {_shape(item)} in A and {_shape(other)} in B"
        if is_integer(other.dtype) != is_integer(item.dtype):
            return None, f"{item.name} is stored as {item.dtype} in A and as {other.dtype} in B: codes are no weights"
    expression, stored = layer.expression, known[layer.stored.name]
    if expression is not None:
        operands = tuple(Operand(item.role, known[item.stored.name]) for item in expression.operands)
        expression = replace(expression, operands=operands)
        try:
            check_layout(stored, expression.roles, (expression.packed, expression.order), known)
        except ChainError as error:
            return None, f"in B: {error.message}"
    return Layer.of(stored, transposed=layer.transposed, name=layer.name, expression=expression), ""


def _shape(stored: StoredTensor) -> str:
    return "×".join(map(str, stored.shape))


def _adapters(known: Mapping[str, StoredTensor]) -> dict[str, dict[str, StoredTensor]]:
    """The factors of every adapter by the name of the tensor that it changes."""
    found: dict[str, dict[str, StoredTensor]] = {}
    for name, stored in known.items():
        if match := _ADAPTER.match(name):
            found.setdefault(f"{match[1]}.weight", {})[match[2]] = stored
    return {name: pair for name, pair in found.items() if pair.keys() == {"A", "B"}}


def _adapted(
    layer: Layer, adapters: Mapping[str, Mapping[str, StoredTensor]], factor: Fraction, rank: int
) -> tuple[Adapter | None, str]:
    pair = adapters.get(layer.tensor)
    if pair is None:
        return None, "unchanged: the adapter has no factors for it"
    if layer.expression is not None:
        return None, "the adapter changes the whole tensor, and the layer is formed of a part of it"
    down, up = pair["A"], pair["B"]
    shape = layer.shape
    plain = len(down.shape) == len(up.shape) == 2 and up.shape[1] == down.shape[0]
    if not plain or (up.shape[0], down.shape[1]) != shape:
        return None, f"the factors have shapes {_shape(up)} and {_shape(down)}, and the layer {shape[0]}×{shape[1]}"
    if rank != down.shape[0]:
        return None, f"the factors have rank {down.shape[0]}, and adapter_config.json says r = {rank}"
    return Adapter(Layer.of(down), Layer.of(up), factor), ""


def _factor(source: str, limits: Limits) -> tuple[Fraction, int]:
    """α/r of an adapter's configuration, exactly, and r."""
    folder = source if os.path.isdir(source) else os.path.dirname(source)
    path = os.path.join(folder, "adapter_config.json")
    if not os.path.isfile(path):
        raise InputError(
            "the adapter's scale α/r is not known", file=source, hint="adapter_config.json belongs beside its weights"
        )
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_chain_file_bytes", size, "size of adapter_config.json", file=path)
        said: Mapping[str, Any] = parse_json(opened.read(size), file=path, what="adapter_config.json")
    for name in ("use_dora", "use_rslora", "rank_pattern", "alpha_pattern"):
        if said.get(name):
            raise UnsupportedError(f"an adapter with {name} is not W + α/r·BA", file=path, place=name)
    start = said.get("init_lora_weights")
    if isinstance(start, str) and start.lower().startswith(_REBASED):
        raise UnsupportedError(
            f"an adapter with init_lora_weights = {start!a} changes the base as well, so it is not W + α/r·BA",
            file=path,
            place="init_lora_weights",
            hint="save the adapter converted to plain LoRA, or compare with the merged network",
        )
    alpha, r = said.get("lora_alpha"), said.get("r")
    if (
        not isinstance(alpha, int | float)
        or isinstance(alpha, bool)
        or type(r) is not int
        or not (0 < r < 2**31 and 0 < abs(alpha) < 2.0**40)
    ):
        raise InputError("α or r is missing or no number", file=path, place="lora_alpha, r", hint="repair it")
    return Fraction(alpha) / r, r
