"""Transformers by the names of their tensors: BERT, GPT-2, LLaMA and its kin, Mixtral, ViT.

Only edges that data take: up → down and gate → down through the activation; V → O of each head (attention mixes
positions between them, not channels);
K → Qᵀ of each head, whose product is the bilinear form of the scores; and the residual stream, from what writes into
it to what reads it next, with the
normalization's gain folded into the reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from certify.chain.drafts.plan import Part, Plan, Value
from certify.chain.stored import StoredTensor
from certify.heads import ROLES

__all__ = ["Block", "Heads", "blocks_of", "plan_transformer"]


@dataclass(frozen=True)
class Heads:
    """Attention heads, their size, and heads of keys and values."""

    count: int
    size: int
    kv: int


@dataclass
class Block:
    """One block: its matrices by role, its gains, and what lies between."""

    label: str
    parts: dict[str, Part] = field(default_factory=dict)
    experts: list[dict[str, Part]] = field(default_factory=list)
    norms: dict[str, str] = field(default_factory=dict)
    activation: str = "gelu"
    norm: str = "layernorm"
    rope: bool = False
    sandwiched: bool = False
    """What is written is normalized before it enters the stream."""


# Role -> names below the block's own, the first that is there counts. A fused matrix is cut in equal thirds.
_ROLES: dict[str, tuple[str, ...]] = {
    "q": (
        "attention.self.query",
        "attention.attention.query",
        "self_attn.q_proj",
        "attention.q_lin",
        "attention.wq",
        "attn_q",
    ),
    "k": (
        "attention.self.key",
        "attention.attention.key",
        "self_attn.k_proj",
        "attention.k_lin",
        "attention.wk",
        "attn_k",
    ),
    "v": (
        "attention.self.value",
        "attention.attention.value",
        "self_attn.v_proj",
        "attention.v_lin",
        "attention.wv",
        "attn_v",
    ),
    "o": (
        "attention.output.dense",
        "self_attn.o_proj",
        "self_attn.out_proj",
        "attention.out_lin",
        "attention.wo",
        "attn.c_proj",
        "attn.proj",
        "attn_output",
    ),
    "qkv": ("attn.c_attn", "attn.qkv", "attn_qkv"),
    "up": ("intermediate.dense", "mlp.up_proj", "mlp.c_fc", "mlp.fc1", "fc1", "ffn.lin1", "feed_forward.w3", "ffn_up"),
    "gate": ("mlp.gate_proj", "feed_forward.w1", "ffn_gate"),
    "down": (
        "output.dense",
        "mlp.down_proj",
        "mlp.c_proj",
        "mlp.fc2",
        "fc2",
        "ffn.lin2",
        "feed_forward.w2",
        "ffn_down",
    ),
}
_EXPERTS: dict[str, tuple[str, ...]] = {
    "gate": ("block_sparse_moe.experts.{}.w1", "mlp.experts.{}.gate_proj"),
    "up": ("block_sparse_moe.experts.{}.w3", "mlp.experts.{}.up_proj"),
    "down": ("block_sparse_moe.experts.{}.w2", "mlp.experts.{}.down_proj"),
}
# Where the normalization stands: before what it feeds, or after what it follows.
_BEFORE = {
    "attention": ("input_layernorm", "ln_1", "norm1", "layernorm_before", "layer_norm1", "attention_norm", "attn_norm"),
    "mlp": ("post_attention_layernorm", "ln_2", "norm2", "layernorm_after", "layer_norm2", "ffn_norm"),
}
_AFTER = {
    "attention": ("attention.output.LayerNorm", "sa_layer_norm"),
    "mlp": ("output.LayerNorm", "output_layer_norm"),
}
_BLOCK = re.compile(r"((?:.*\.)?(?:layers?|h|blocks?|blk)\.(\d+))\.(.+)\Z", re.ASCII)
_SUFFIX = ".weight"


def blocks_of(tensors: Mapping[str, StoredTensor], activation: str) -> list[Block]:
    """The blocks that the names describe, in the order of their numbers; empty when these are not transformers'
    names."""
    inside: dict[str, dict[str, StoredTensor]] = {}
    for name, stored in tensors.items():
        if match := _BLOCK.match(name):
            inside.setdefault(match[1], {})[match[3]] = stored
    found: list[tuple[tuple[str, int], Block]] = []
    for prefix, own in inside.items():
        block = _block(prefix, own, activation)
        if "down" in block.parts or "o" in block.parts or block.experts:
            stem, _, number = prefix.rpartition(".")
            found.append(((stem, int(number)), block))
    return [block for _, block in sorted(found, key=lambda item: item[0])]


def _block(prefix: str, own: dict[str, StoredTensor], activation: str) -> Block:
    block = Block(prefix, activation=activation)

    def full(name: str) -> str:
        return f"{prefix}.{name}"

    chosen: dict[str, str] = {}
    for role, names in _ROLES.items():
        for name in names:
            stored = own.get(name + _SUFFIX)
            if stored is not None and len(stored.shape) == 2:
                chosen[role] = name
                break
    for role, name in chosen.items():
        turned: tuple[tuple[str, Value], ...] = (("transpose", True),) if _turned(name, chosen, own) else ()
        block.parts[role] = Part(full(role), full(name + _SUFFIX), turned)
    if "qkv" in block.parts:
        part = block.parts.pop("qkv")
        stored = own[part.tensor.removeprefix(f"{prefix}.")]
        size, width = stored.shape[1 if part.keys else 0] // 3, stored.shape[0 if part.keys else 1]
        # Thirds are equal where keys and values have as many heads as queries: then each is as wide as the stream.
        if stored.shape[1 if part.keys else 0] == 3 * size == 3 * width:
            for i, role in enumerate("qkv"):
                block.parts[role] = part.with_keys(full(role), rows=f"{i * size}:{(i + 1) * size}")
    number = 0
    while True:
        expert: dict[str, Part] = {}
        for role, names in _EXPERTS.items():
            for name in names:
                if (key := name.format(number) + _SUFFIX) in own:
                    expert[role] = Part(full(f"expert {number}.{role}"), full(key))
        if "down" not in expert:
            break
        block.experts.append(expert)
        number += 1
    if not block.experts and "mlp.experts.down_proj" in own and len(own["mlp.experts.down_proj"].shape) == 3:
        both, down = own.get("mlp.experts.gate_up_proj"), own["mlp.experts.down_proj"]
        if both is not None and both.shape[1] == 2 * down.shape[2]:
            size = down.shape[2]
            for i in range(down.shape[0]):
                stack = Part("", full("mlp.experts.gate_up_proj"), (("index", i),))
                block.experts.append({
                    "gate": stack.with_keys(full(f"expert {i}.gate"), rows=f"0:{size}"),
                    "up": stack.with_keys(full(f"expert {i}.up"), rows=f"{size}:{2 * size}"),
                    "down": Part(full(f"expert {i}.down"), full("mlp.experts.down_proj"), (("index", i),)),
                })  # fmt: skip
    for place, table in (("before", _BEFORE), ("after", _AFTER)):
        for role, names in table.items():
            for name in names:
                if name + _SUFFIX in own:
                    block.norms[f"{place} {role}"] = full(name + _SUFFIX)
                    if name + ".bias" not in own:
                        block.norm = "rmsnorm"
    block.sandwiched = any(f"{x}_feedforward_layernorm{_SUFFIX}" in own for x in ("pre", "post"))
    block.rope = "gate" in block.parts or any("gate" in expert for expert in block.experts)
    if block.rope and activation == "gelu":
        block.activation = "silu"
    return block


def _turned(name: str, chosen: Mapping[str, str], own: Mapping[str, StoredTensor]) -> bool:
    """Whether a matrix is stored as (n_in, n_out).

    Those of one naming (``c_…`` of GPT-2, or all others) are stored alike. A bias has n_out entries, and the gain of a
    normalization has as many as the stream is wide, which queries and up-projections read and the others write; where
    neither tells, the names of GPT-2 mean its Conv1D, which stores (n_in, n_out).
    """
    convolved = name.startswith(("attn.c_", "mlp.c_"))
    norms = (norm for table in (*_BEFORE.values(), *_AFTER.values()) for norm in table)
    gain = next((own[norm + _SUFFIX] for norm in norms if norm + _SUFFIX in own), None)
    votes: set[bool] = set()
    for role, other in chosen.items():
        rows, columns = own[other + _SUFFIX].shape
        if other.startswith(("attn.c_", "mlp.c_")) != convolved or rows == columns:
            continue
        bias = own.get(other + ".bias")
        if bias is not None and bias.shape in ((rows,), (columns,)):
            votes.add(bias.shape == (columns,))
        elif gain is not None and gain.shape in ((rows,), (columns,)):
            votes.add((gain.shape == (columns,)) == (role in ("down", "o")))
    return votes == {True} if len(votes) == 1 else convolved


def plan_transformer(
    blocks: list[Block], tensors: Mapping[str, StoredTensor], heads: Heads | None, presets: set[str]
) -> Plan:
    """The plan of the presets asked for."""
    plan = Plan(f"a transformer of {len(blocks)} blocks: {', '.join(sorted(presets))}")
    for place, block in enumerate(blocks):
        if "mlp" in presets:
            for parts in (block.parts, *block.experts):
                for role in ("up", "gate"):
                    if role in parts and "down" in parts:
                        between = block.activation
                        if "gate" in parts:
                            between = "gate" if role == "up" else f"{block.activation}+gate"
                        plan.edge(parts[role], parts["down"], between)
        if "attention" in presets:
            _attention(plan, block, heads, tensors)
        if "heads" in presets and heads is not None:
            _heads(plan, block, heads)
        if presets & {"attention", "heads"} and heads is not None:
            _table(plan, block, heads, tensors)
        if "residual" in presets:
            _residual(plan, block, blocks[place + 1] if place + 1 < len(blocks) else None)
    return plan


def _attention(plan: Plan, block: Block, heads: Heads | None, tensors: Mapping[str, StoredTensor]) -> None:
    if not {"v", "o"} <= block.parts.keys():
        return
    value, out = block.parts["v"], block.parts["o"]
    if heads is not None and heads.kv < heads.count:
        value = value.with_keys(
            f"{value.name} (repeated)", heads={"count": heads.count, "size": heads.size, "kv": heads.kv}
        )
    elif heads is None and _rows(value, tensors) != _columns(out, tensors):
        # Grouped queries of unknown number: which rows are repeated is not said by the file.
        return
    plan.edge(value, out, "softmax")


def _table(plan: Plan, block: Block, heads: Heads, tensors: Mapping[str, StoredTensor]) -> None:
    """A table of what the heads of a block have in common, with the whole layers that hold them."""
    repeated = f"{block.parts['v'].name} (repeated)" if "v" in block.parts else ""
    declared: dict[str, Value] = {"name": block.label, "count": heads.count, "size": heads.size, "kv": heads.kv}
    for role, place in zip(ROLES, "qkvo", strict=True):
        part = block.parts.get(place)
        if part is None:
            continue
        found = _columns(part, tensors) if role == "output" else _rows(part, tensors)
        if found != heads.size * (heads.kv if role in ("key", "value") else heads.count):
            continue
        # The value may be there already with its rows repeated, which says the same.
        part = plan.layers.get(repeated, part) if role == "value" else part
        plan.add(part)
        declared[role] = part.name
    if declared.keys() & set(ROLES):
        plan.heads.append(declared)


def _columns(part: Part, tensors: Mapping[str, StoredTensor]) -> int:
    """Of a part that is not cut by columns."""
    return tensors[part.tensor].shape[0 if ("transpose", True) in part.keys else 1]


def _rows(part: Part, tensors: Mapping[str, StoredTensor]) -> int:
    keys = dict(part.keys)
    if isinstance(cut := keys.get("rows"), str):
        start, _, stop = cut.partition(":")
        return int(stop) - int(start)
    return tensors[part.tensor].shape[1 if keys.get("transpose") else 0]


def _heads(plan: Plan, block: Block, heads: Heads) -> None:
    parts = block.parts
    for head in range(heads.count):
        narrow: dict[str, int] = {"count": heads.count, "size": heads.size, "kv": heads.kv, "take": head}
        whole: dict[str, int] = {"count": heads.count, "size": heads.size, "take": head}
        if {"v", "o"} <= parts.keys():
            value = parts["v"].with_keys(f"{parts['v'].name} head {head}", heads=narrow)
            start = head * heads.size
            out = parts["o"].with_keys(f"{parts['o'].name} head {head}", columns=f"{start}:{start + heads.size}")
            plan.edge(value, out, "softmax")
        if {"q", "k"} <= parts.keys():
            key = parts["k"].with_keys(f"{parts['k'].name} head {head}", heads=narrow)
            query = _turned_head(parts["q"], head, whole)
            plan.edge(key, query, "rope" if block.rope else "")


def _turned_head(query: Part, head: int, whole: dict[str, int]) -> Part:
    """Qᵀ of one head: slices act on the turned matrix, so the rows become columns."""
    keys = dict(query.keys)
    turned = not keys.pop("transpose", False)
    cut = keys.pop("rows", None)
    first = int(cut.partition(":")[0]) if isinstance(cut, str) else 0
    start = first + head * whole["size"]
    columns = f"{start}:{start + whole['size']}"
    made: tuple[tuple[str, Value], ...] = (*keys.items(), ("columns", columns))
    return Part(f"{query.name} head {head} (turned)", query.tensor, (*made, ("transpose", True)) if turned else made)


def _residual(plan: Plan, block: Block, above: Block | None) -> None:
    if block.sandwiched:
        return
    mlp = [parts[role] for parts in (block.parts, *block.experts) for role in ("up", "gate") if role in parts]
    if "o" in block.parts and {"before mlp", "after attention"} & block.norms.keys():
        # Without a normalization between them attention and perceptron may stand side by side.
        gain = block.norms.get("before mlp") or block.norms.get("after attention")
        for reader in mlp:
            plan.edge(block.parts["o"], _read(reader, gain), f"residual+{block.norm}")
    if above is None:
        return
    writers = [parts["down"] for parts in (block.parts, *block.experts) if "down" in parts]
    gain = above.norms.get("before attention") or block.norms.get("after mlp")
    for writer in writers:
        for role in "qkv":
            if role in above.parts:
                plan.edge(writer, _read(above.parts[role], gain), f"residual+{block.norm}")


def _read(reader: Part, gain: str | None) -> Part:
    return reader if gain is None else reader.with_keys(f"{reader.name} (gain)", gain=gain)
