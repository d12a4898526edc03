"""A model split over several files by an index: safetensors (``*.safetensors.index.json``) or PyTorch
(``*.bin.index.json``). The shards of an index are all of its own format."""

from __future__ import annotations

import os

from certify.chain.limits import Limits
from certify.chain.model import LeftOut
from certify.chain.readers.pytorch import read_pytorch
from certify.chain.readers.safetensors import read_safetensors
from certify.chain.refusals import TORCH_SUFFIXES, check_name, parse_json
from certify.chain.stored import StoredTensor
from certify.errors import InputError
from certify.reading import open_regular

__all__ = ["INDEX_SUFFIXES", "PYTORCH_INDEX_SUFFIXES", "read_sharded"]

PYTORCH_INDEX_SUFFIXES = (".bin.index.json", ".pt.index.json", ".pth.index.json")
"""Ends of the names of indices whose shards PyTorch wrote."""

INDEX_SUFFIXES = (".safetensors.index.json", *PYTORCH_INDEX_SUFFIXES)
"""Ends of the names of indices."""

_REWRITE = "write the index and its shards again, or give one shard alone"


def read_sharded(path: str, limits: Limits) -> tuple[list[StoredTensor], list[LeftOut]]:
    """Tensors of all shards named by the index at ``path``, sorted by name, and those the index does not list.

    Shards are plain file names in the folder of the index: a path that leads elsewhere and a symbolic link are
    refused. ``metadata`` of the index is not used.

    Raises
    ------
    InputError : the index is not strict JSON, names a shard elsewhere or one that is missing, lists a tensor that its
        shard lacks, or two shards hold one name; and as :func:`read_safetensors` or :func:`read_pytorch` for each
        shard.
    """
    pickles = path.endswith(PYTORCH_INDEX_SUFFIXES)
    shards: dict[str, list[str]] = {}
    placed = _weight_map(path, limits)
    for tensor, shard in placed.items():
        shards.setdefault(shard, []).append(tensor)
    folder = os.path.dirname(path)
    found: dict[str, StoredTensor] = {}
    holder: dict[str, str] = {}
    left_out: list[LeftOut] = []
    for shard in sorted(shards):
        inside, unread = _read_shard(os.path.join(folder, shard), shard, limits, pickles)
        names = {stored.name for stored in inside} | {out.name for out in unread}
        if missing := sorted(set(shards[shard]) - names):
            raise InputError(
                f"the index places this tensor in {shard}, which does not hold it",
                file=path,
                tensor=missing[0],
                hint=_REWRITE,
            )
        for stored in inside:
            if stored.name in holder:
                raise _twice(path, stored.name, holder[stored.name], shard)
            holder[stored.name] = shard
            if stored.name in placed:
                found[stored.name] = stored
            else:
                left_out.append(LeftOut(stored.name, f"in {shard}, but not listed by the index"))
        for out in unread:
            if out.name in holder:
                raise _twice(path, out.name, holder[out.name], shard)
            holder[out.name] = shard
            left_out.append(out)
    return [found[name] for name in sorted(found)], left_out


def _read_shard(path: str, shard: str, limits: Limits, pickles: bool) -> tuple[list[StoredTensor], list[LeftOut]]:
    if pickles:
        return read_pytorch(path, limits, file=shard, follow_links=False)
    return read_safetensors(path, limits, file=shard, follow_links=False), []


def _twice(path: str, tensor: str, first: str, second: str) -> InputError:
    return InputError(f"two shards hold this name: {first} and {second}", file=path, tensor=tensor, hint=_REWRITE)


def _weight_map(path: str, limits: Limits) -> dict[str, str]:
    with open_regular(path) as opened:
        size = os.fstat(opened.fileno()).st_size
        limits.check("max_header_bytes", size, "length of the index in bytes", file=path)
        data = opened.read(size + 1)
    if len(data) != size:
        raise InputError("the index changed while it was read", file=path, hint="load it again")
    placed: object = parse_json(data, file=path, what="the index").get("weight_map")
    if not isinstance(placed, dict) or not placed:
        raise InputError("the index has no weight_map", file=path, hint=_REWRITE)
    limits.check("max_tensors", len(placed), "number of tensors", file=path)
    checked: dict[str, str] = {}
    for tensor, shard in placed.items():
        check_name(tensor, file=path)
        if not isinstance(shard, str) or not shard:
            raise InputError("weight_map gives no file name for this tensor", file=path, tensor=tensor, hint=_REWRITE)
        _check_shard(shard, path, tensor)
        checked[tensor] = shard
    return checked


def _check_shard(shard: str, path: str, tensor: str) -> None:
    if not shard.isprintable() or shard in (".", "..") or any(mark in shard for mark in "/\\:"):
        raise InputError(
            f"the shard {shard!a} is not a plain file name, so it may lead out of the folder of the index",
            file=path,
            tensor=tensor,
            hint="put the shards beside the index and name them without folders",
        )
    wanted = TORCH_SUFFIXES if path.endswith(PYTORCH_INDEX_SUFFIXES) else (".safetensors",)
    if not shard.endswith(wanted):
        raise InputError(
            f"the shard {shard} is no {' or '.join(wanted)} file",
            file=path,
            tensor=tensor,
            hint=f"{_REWRITE}; an index of PyTorch files is called *.bin.index.json, one of safetensors "
            "*.safetensors.index.json",
        )
