"""Networks that are no transformers, by the names of their tensors: residual and plain convolutions, recurrent
layers, plain perceptrons."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from certify.chain.drafts.plan import Part, Plan
from certify.chain.dtypes import is_integer
from certify.chain.edges import parts_of
from certify.chain.stored import StoredTensor

__all__ = ["plan_convolutions", "plan_lora", "plan_recurrent", "plan_sequences"]

_BLOCK_CONV = re.compile(r"(.*layer\d+\.\d+)\.conv(\d)\.weight\Z", re.ASCII)
_SEQUENCE = re.compile(r"((?:.*\.)?(?:features\.|conv))(\d+)(\.weight)\Z", re.ASCII)
_KERAS = re.compile(r"(.*)/(recurrent_)?kernel(?::0)?\Z", re.ASCII)
_MEMBER = re.compile(r"((?:.*\.)?([^.]*)\.)(\d{1,9})\.(.*)\Z", re.ASCII)
_NUMBER = re.compile(r"(?<![^.])\d{1,9}(?=\.|\Z)", re.ASCII)
_RECURRENT = re.compile(r"(.*)weight_(ih|hh)(?:_l(\d+))?\Z", re.ASCII)


def plan_convolutions(tensors: Mapping[str, StoredTensor]) -> Plan:
    """conv → conv inside the blocks of a ResNet, and along a numbered sequence (VGG) whose channels compose."""
    plan = Plan("convolutions: the lower kernel as a writer, the upper one as a reader")
    lines: dict[str, list[tuple[int, str]]] = {}
    for name, stored in tensors.items():
        if len(stored.shape) < 3:
            continue
        if match := _BLOCK_CONV.match(name):
            lines.setdefault(f"block {match[1]}", []).append((int(match[2]), name))
        elif match := _SEQUENCE.match(name):
            lines.setdefault(f"sequence {match[1]}", []).append((int(match[2]), name))
    for line in lines.values():
        names = [name for _, name in sorted(line)]
        pairs = list(pairwise(names))
        if all(tensors[lower].shape[0] == tensors[upper].shape[1] for lower, upper in pairs):
            for lower, upper in pairs:
                plan.edge(
                    Part(f"{lower} (writer)", lower, (("kernel", "writer"),)),
                    Part(f"{upper} (reader)", upper, (("kernel", "reader"),)),
                )
    return plan


def plan_sequences(tensors: Mapping[str, StoredTensor], taken: set[str], names: Iterable[str]) -> Plan:
    """Linear → linear inside an ``nn.Sequential``: ``P.0.weight`` and ``P.3.weight`` with at least one number between
    them that has no tensors, such as an activation.

    That gap tells a sequence from a list of matrices that lie side by side. Every number of P carries one matrix at
    most and nothing else of two dimensions, all shapes compose as (n_out, n_in), every bias has n_out entries, and P is
    no word for parts of a block; otherwise nothing is said of P. ``taken`` are tensors that another rule has placed.
    ``names`` are those of everything that is stored: what is a code, of a format that is not read or deeper in the tree
    (``P.1.0.weight``) fills its number too, and no edge leads past it.
    """
    plan = Plan("linear layers of a sequence with something without parameters between them")
    groups: dict[str, dict[int, dict[str, StoredTensor]]] = {}
    for name, stored in tensors.items():
        if (match := _MEMBER.match(name)) and not parts_of(match[2]):
            groups.setdefault(match[1], {}).setdefault(int(match[3]), {})[match[4]] = stored
    stored_at: dict[str, Counter[int]] = {}
    for name in names:
        for match in _NUMBER.finditer(name):
            if (prefix := name[: match.start()]) in groups:
                stored_at.setdefault(prefix, Counter())[int(match[0])] += 1
    for prefix, numbers in groups.items():
        there = stored_at.get(prefix, Counter())
        filled = sorted(numbers.keys() | there.keys())
        wide = {n: [key for key, x in own.items() if len(x.shape) >= 2] for n, own in numbers.items()}
        members = [(n, numbers[n]["weight"]) for n in sorted(numbers) if "weight" in wide[n]]
        if any(keys not in ([], ["weight"]) for keys in wide.values()) or taken & {x.name for _, x in members}:
            continue
        if not all(_linear(numbers[n], stored) for n, stored in members):
            continue
        pairs = list(pairwise(members))
        if all(lower.shape[0] == upper.shape[1] for (_, lower), (_, upper) in pairs):
            for (a, lower), (b, upper) in pairs:
                passed = filled[bisect_left(filled, a) : bisect_right(filled, b)]
                if len(passed) <= b - a and all(there[n] == len(numbers.get(n, ())) for n in passed):
                    plan.edge(Part(lower.name, lower.name), Part(upper.name, upper.name))
    return plan


def _linear(own: Mapping[str, StoredTensor], weight: StoredTensor) -> bool:
    bias = own.get("bias")
    fits = bias is None or bias.shape == weight.shape[:1]
    return len(weight.shape) == 2 and 0 not in weight.shape and not is_integer(weight.dtype) and fits


def plan_recurrent(tensors: Mapping[str, StoredTensor]) -> Plan:
    """What writes the state of an LSTM, GRU or plain recurrent layer, and what reads it: its own gates, and those of
    the layer above.

    Rows of PyTorch's matrices are the gates i, f, g, o of an LSTM and r, z, n of a GRU; g and n make the new state.
    """
    plan = Plan("recurrent layers: the candidate of the state, and the gates that read the state")
    layers: dict[str, dict[int, dict[str, str]]] = {}
    for name, stored in tensors.items():
        match = _RECURRENT.match(name)
        if match and len(stored.shape) == 2:
            layers.setdefault(match[1], {}).setdefault(int(match[3] or 0), {})[match[2]] = name
    for stack in layers.values():
        for number, pair in sorted(stack.items()):
            if pair.keys() != {"ih", "hh"}:
                continue
            rows, size = tensors[pair["hh"]].shape
            gates = {4: "ifgo", 3: "rzn", 1: "n"}.get(rows // size if rows % size == 0 else 0)
            if gates is None or tensors[pair["ih"]].shape[0] != rows:
                continue

            def gate(name: str, letter: str, size: int = size, gates: str = gates) -> Part:
                start = gates.index(letter) * size
                return Part(f"{name} {letter}", name, (("rows", f"{start}:{start + size}"),))

            candidate = gate(pair["ih"], "g" if "g" in gates else "n")
            for letter in gates:
                plan.edge(candidate, gate(pair["hh"], letter), "tanh+recurrence")
            above = stack.get(number + 1, {}).get("ih")
            if above is not None and tensors[above].shape == (rows, size):
                for letter in gates:
                    plan.edge(candidate, gate(above, letter), "tanh")
    _keras_recurrent(tensors, plan)
    return plan


def _keras_recurrent(tensors: Mapping[str, StoredTensor], plan: Plan) -> None:
    """The same in Keras, whose matrices are stored as (n_in, n_out): columns are the gates i, f, c, o or z, r, h."""
    cells: dict[str, dict[str, str]] = {}
    for name, stored in tensors.items():
        match = _KERAS.match(name)
        if match and len(stored.shape) == 2:
            cells.setdefault(match[1], {})["hh" if match[2] else "ih"] = name
    for pair in cells.values():
        if pair.keys() != {"ih", "hh"}:
            continue
        size, columns = tensors[pair["hh"]].shape
        gates = {4: "ifco", 3: "zrh", 1: "h"}.get(columns // size if columns % size == 0 else 0)
        if gates is None or tensors[pair["ih"]].shape[1] != columns:
            continue

        def gate(name: str, letter: str, size: int = size, gates: str = gates) -> Part:
            start = gates.index(letter) * size
            return Part(f"{name} {letter}", name, (("transpose", True), ("rows", f"{start}:{start + size}")))

        for letter in gates:
            plan.edge(gate(pair["ih"], "c" if "c" in gates else "h"), gate(pair["hh"], letter), "tanh+recurrence")


def plan_lora(tensors: Mapping[str, StoredTensor], zero: set[str]) -> Plan:
    """A → B of every adapter; those whose B is zero, as before training, are left out."""
    plan = Plan("LoRA adapters: B·A, each a chain of its own; the factor alpha/r multiplies every singular value")
    for name in tensors:
        if name.endswith("lora_A.weight"):
            other = name.removesuffix("lora_A.weight") + "lora_B.weight"
            flat = other in tensors and len(tensors[name].shape) == len(tensors[other].shape) == 2
            if flat and not {name, other} & zero:
                plan.edge(Part(name, name), Part(other, other), "linear")
    return plan
