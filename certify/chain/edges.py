"""The chain that numbered tensor names describe, when they describe exactly one.

The rule. Replace every number in the name of a two-dimensional tensor by ``*``; names that agree then form a group. A
chain is read off only if there is exactly one group of two or more matrices (or one matrix in all), exactly one number
varies in it, no tensor of another shape with three or more dimensions stands between its members, and the shapes
compose consecutively in the order of that number. Nothing may contradict it: a number that carries a second matrix is a
block of a network, not a layer of a chain; queries, keys, values, gates and experts are parts that lie beside each
other,
not above; and integers may be codes of a quantized matrix. Everything else is a :class:`ChainError` that shows the
candidates
and the text of a chain file to edit. The order of tensors in the file is never used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from certify.chain.chain_file import draft_chain_file
from certify.chain.codes import is_code
from certify.chain.dtypes import is_integer, refusal_of
from certify.chain.model import Chain, Layer, LeftOut, consecutive_edges
from certify.chain.stored import StoredTensor
from certify.errors import ChainError
from certify.escaping import escaped

__all__ = ["chain_of_numbered_names", "natural_key", "parts_of"]

_NUMBER = re.compile(r"(\d+)", re.ASCII)
_SHOWN = 12
# Words for parts of a block that read the same input, or are read together.
_PARTS = frozenset(
    [
        "q",
        "k",
        "v",
        "qkv",
        "query",
        "key",
        "value",
        "wq",
        "wk",
        "wv",
        "wo",
        "wqkv",
        "wi",
        "attn",
        "attention",
        "mha",
        "gate",
        "gating",
        "up",
        "down",
        "router",
        "expert",
        "experts",
        "branch",
        "branches",
        "head",
        "heads",
        "parallel",
        "ensemble",
        "tower",
        "towers",
        "lora",
        "hh",
        "ih",
    ]
)
_WORD = re.compile(r"[a-z]+")


class _Group(NamedTuple):
    pattern: str
    members: list[StoredTensor]
    varying: list[int]

    def sort_key(self, stored: StoredTensor) -> int:
        return _numbers(stored.name)[self.varying[0]]


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key under which ``layer2`` stands before ``layer10``."""
    pieces = _NUMBER.split(name)
    return tuple((0, int(piece), "") if i % 2 else (1, 0, piece) for i, piece in enumerate(pieces))


def chain_of_numbered_names(tensors: Sequence[StoredTensor], left_out: Sequence[LeftOut], source: str) -> Chain:
    """The chain that the names of ``tensors`` describe.

    Parameters
    ----------
    tensors : all tensors of the input, in any order.
    left_out : what the reader left out already.

    Raises
    ------
    ChainError : no group, several groups, or a group that is no chain; the hint holds a chain file to edit.
    UnsupportedError : a layer has a number format that is not read.
    """
    matrices = sorted((t for t in tensors if len(t.shape) == 2), key=lambda t: natural_key(t.name))
    groups = _groups(matrices)
    refuse = _Refusal(source, matrices, groups)
    if len(matrices) == 1:
        group = groups[0]
        notes = ["the only matrix of the input: a chain of one layer, without edges"]
    else:
        several = [group for group in groups if len(group.members) > 1]
        # Masks and the like cannot be layers; a group of them alone is refused for its format.
        chains = [group for group in several if any(stored.readable for stored in group.members)] or several
        if len(chains) != 1:
            what = "no two matrices have names that differ in a number" if not chains else "several groups of names"
            raise refuse(f"the layers cannot be told from the names: {what}" if matrices else "there is no matrix")
        group = _ordered(chains[0], tensors, refuse)
        notes = [f"edges from the number in the names {group.pattern}, {len(group.members)} layers"]
    names = {stored.name for stored in tensors}
    for stored in group.members:
        if is_code(stored, names):
            raise refuse(
                f"{stored.name} holds {'integers' if is_integer(stored.dtype) else 'scaled numbers'} of format "
                f"{stored.dtype}: codes of a quantized matrix are not its weights"
            )
    transposed, said = _orientation(group, _turned_by_biases(group, tensors), refuse)
    layers = tuple(Layer.of(stored, transposed=transposed) for stored in group.members)
    taken = {stored.name for stored in group.members}
    others = [LeftOut(t.name, _why(t, group, transposed)) for t in tensors if t.name not in taken]
    return Chain(
        layers,
        consecutive_edges(len(layers)),
        tuple(sorted([*others, *left_out], key=lambda out: natural_key(out.name))),
        source,
        (*notes, said),
    )


def _numbers(name: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(name)]


def _pattern(name: str) -> str:
    # A name may hold any character that can be printed, a star too.
    return _NUMBER.sub("\0", name)


def _groups(matrices: list[StoredTensor]) -> list[_Group]:
    found: dict[str, list[StoredTensor]] = {}
    for stored in matrices:
        found.setdefault(_pattern(stored.name), []).append(stored)
    groups: list[_Group] = []
    for members in found.values():
        columns = list(zip(*(_numbers(stored.name) for stored in members), strict=True))
        varying = [i for i, column in enumerate(columns) if len(set(column)) > 1]
        pieces = _NUMBER.split(members[0].name)
        for i in range(len(columns)):
            if i in varying or len(members) == 1:
                pieces[2 * i + 1] = "*"
        groups.append(_Group("".join(pieces), members, varying))
    return groups


class _Refusal:
    """Builds the error that shows every candidate and a chain file to edit."""

    def __init__(self, source: str, matrices: list[StoredTensor], groups: list[_Group]) -> None:
        self._source = source
        self._matrices = matrices
        self._groups = groups

    def __call__(self, message: str, *, place: str | None = None) -> ChainError:
        rows = [
            f"  {escaped(group.pattern)}: {len(group.members)} of shape "
            + ", ".join(str(stored.shape) for stored in group.members[:_SHOWN])
            + (", ..." if len(group.members) > _SHOWN else "")
            for group in self._groups[:_SHOWN]
        ]
        if len(self._groups) > _SHOWN:
            rows.append(f"  ... and {len(self._groups) - _SHOWN} more")
        if not rows:
            return ChainError(message, file=self._source, place=place, hint="give a file with two-dimensional tensors")
        shown = "\n".join(rows)
        return ChainError(
            message,
            file=self._source,
            place=place,
            hint="name the layers in a chain file; edit the one below and give it with --chain FILE "
            "(chain_file=... in Python)",
            shown=f"matrices by name:\n{shown}\nchain file:\n{draft_chain_file(self._matrices)}",
        )


def _ordered(group: _Group, tensors: Sequence[StoredTensor], refuse: _Refusal) -> _Group:
    if not group.varying:
        raise refuse(f"the names {group.members[0].name} and {group.members[1].name} hold the same number")
    if len(group.varying) > 1:
        raise refuse(f"the layers cannot be told from the names: {len(group.varying)} numbers vary in {group.pattern}")
    members = sorted(group.members, key=group.sort_key)
    for below, above in pairwise(members):
        if group.sort_key(below) == group.sort_key(above):
            raise refuse(f"the names {below.name} and {above.name} hold the same number")
    pattern = _pattern(members[0].name)
    first, last = group.sort_key(members[0]), group.sort_key(members[-1])
    fixed = _numbers(members[0].name)
    for stored in tensors:
        if len(stored.shape) < 3 or _pattern(stored.name) != pattern:
            continue
        numbers = _numbers(stored.name)
        same = all(a == b for i, (a, b) in enumerate(zip(numbers, fixed, strict=True)) if i != group.varying[0])
        if same and first < numbers[group.varying[0]] < last:
            raise refuse(f"{stored.name} of shape {stored.shape} stands between matrices of {group.pattern}")
    _refuse_blocks(group, members, tensors, refuse)
    lone = _first_without_number(members[0].name, group.varying[0])
    for stored in tensors:
        if len(stored.shape) == 2 and stored.name in lone:
            raise refuse(f"{stored.name} may belong to {group.pattern}, but has no number")
    return group._replace(members=members)


def _refuse_blocks(
    group: _Group, members: list[StoredTensor], tensors: Sequence[StoredTensor], refuse: _Refusal
) -> None:
    """Refuse numbers that carry more than the one matrix, and matrices that are one part of a block."""
    place = 2 * group.varying[0] + 2
    heads = {"".join(_NUMBER.split(stored.name)[:place]): stored for stored in members}
    for stored in tensors:
        pieces = _NUMBER.split(stored.name)
        member = heads.get("".join(pieces[:place])) if len(pieces) >= place else None
        if member is None or stored.name == member.name:
            continue
        if len(stored.shape) >= 2 and stored.readable:
            raise refuse(
                f"{member.name} and {stored.name} bear the same number: {group.pattern} is a part of a block, "
                "not a chain"
            )
        if parts := parts_of(stored.name):
            raise refuse(
                f"{stored.name} stands beside {member.name}: a block with a part called {parts[0]}, not a chain"
            )
    if parts := parts_of(group.pattern):
        raise refuse(
            f"{group.pattern} names parts called {parts[0]}, which lie beside each other in a network, not above"
        )


def parts_of(name: str) -> list[str]:
    """The words of a name that tell of parts which lie beside each other in a network, not above."""
    return [word for word in _WORD.findall(name.lower().replace("_proj", "")) if word in _PARTS]


def _first_without_number(name: str, position: int) -> set[str]:
    """Names that a writer may have given to the first of a group: ``dense`` before ``dense_1``."""
    pieces = _NUMBER.split(name)
    before, after = "".join(pieces[: 2 * position + 1]), "".join(pieces[2 * position + 2 :])
    return {before + after, before[:-1] + after} if before[-1:] in ("_", "-", ".", ":") else {before + after}


def _turned_by_biases(group: _Group, tensors: Sequence[StoredTensor]) -> dict[bool, str]:
    """For either orientation, True for (n_in, n_out), the first member whose bias, of n_out numbers, tells of it."""
    known = {stored.name: stored.shape for stored in tensors if len(stored.shape) == 1}
    found: dict[bool, str] = {}
    for stored in group.members:
        stem = stored.name.removesuffix("weight").removesuffix("kernel")
        bias = known.get(f"{stem}bias") if stem != stored.name else None
        rows, columns = stored.shape
        if rows != columns and bias in ((rows,), (columns,)):
            found.setdefault(bias == (columns,), stored.name)
    return found


def _orientation(group: _Group, biases: dict[bool, str], refuse: _Refusal) -> tuple[bool, str]:
    """Whether the tensors are stored as (n_in, n_out), and the sentence that records the decision."""
    pairs = list(pairwise(group.members))
    as_stored = [below.shape[0] == above.shape[1] for below, above in pairs]
    turned = [below.shape[1] == above.shape[0] for below, above in pairs]
    if len(biases) == 2:
        raise refuse(f"the biases of {biases[False]} and {biases[True]} tell of two orientations")
    if all(as_stored) and all(turned) and biases:
        way = "(n_in, n_out); every layer is transposed" if True in biases else "(n_out, n_in)"
        return True in biases, f"orientation: the biases have n_out numbers, so the layers are stored as {way}"
    for composes, way in ((as_stored, False), (turned, True)):
        other = turned if composes is as_stored else as_stored
        if all(composes) and not all(other) and (not way) in biases:
            raise refuse(
                f"the shapes compose only {'transposed' if way else 'as they are stored'}, and then the bias of "
                f"{biases[not way]} has another number of entries than its rows"
            )
    if all(as_stored) and all(turned):
        return False, (
            "orientation: the shapes compose as (n_out, n_in) and as (n_in, n_out); (n_out, n_in) is taken, "
            "and a chain file with `transpose = true` says otherwise"
        )
    if all(as_stored):
        return False, "orientation: stored as (n_out, n_in)"
    if all(turned):
        return True, "orientation: the shapes compose only as (n_in, n_out); every layer is transposed"
    below, above = pairs[as_stored.index(False)]
    other_below, other_above = pairs[turned.index(False)]
    raise refuse(
        f"shapes do not compose: read as (n_out, n_in), {below.name} has shape {below.shape} and writes "
        f"{below.shape[0]} values, {above.name} has shape {above.shape} and reads {above.shape[1]}; "
        f"read as (n_in, n_out), {other_below.name} of shape {other_below.shape} and {other_above.name} of shape "
        f"{other_above.shape} do not compose either",
        place=f"edge {below.name} -> {above.name}",
    )


def _why(stored: StoredTensor, group: _Group, transposed: bool) -> str:
    dimensions = len(stored.shape)
    if dimensions == 0:
        return "a scalar, not a matrix"
    if dimensions == 1:
        return "one-dimensional (a bias or a scale), not a matrix"
    if not stored.readable:
        return f"number format {stored.dtype}: {refusal_of(stored.dtype)}"
    if dimensions > 2:
        return f"{dimensions} dimensions, shape {stored.shape}, not a matrix"
    if not _numbers(stored.name):
        why = f"a matrix of shape {stored.shape} without a number in its name"
    else:
        why = f"a matrix of shape {stored.shape} whose name does not belong to {group.pattern}"
    first, last = group.members[0], group.members[-1]
    side = 1 if transposed else 0
    if stored.shape[1 - side] == last.shape[side]:
        return f"{why}; it would compose above {last.name}, if a chain file said so"
    if stored.shape[side] == first.shape[1 - side]:
        return f"{why}; it would compose below {first.name}, if a chain file said so"
    return why
