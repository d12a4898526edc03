"""The JSON form of a head structure in the input of a certificate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from certify.certificate.exact_json import Reader, reject
from certify.heads import ROLES, Heads, misfit

__all__ = ["heads_json", "read_structures"]


def heads_json(heads: Heads) -> dict[str, Any]:
    """Plain JSON values; layers by their places among the tensors."""
    return {
        "name": heads.name, "count": heads.count, "size": heads.size, "kv": heads.kv, "layers": dict(heads.layers),
    }  # fmt: skip


def read_structures(reader: Reader, shapes: Sequence[tuple[int, int]]) -> tuple[Heads, ...]:
    """Strict inverse of :func:`heads_json` for all structures; they must fit tensors of these shapes."""
    found: list[Heads] = []
    for item in reader.items():
        heads = _read(item)
        if heads.name in {other.name for other in found}:
            reject("two head structures have the same name", item.place)
        for role, place in heads.layers:
            if place >= len(shapes):
                reject("a layer is named by its place among the tensors", item.place)
            if reason := misfit(heads, role, shapes[place]):
                reject(f"the {role} has {reason}", item.place)
        found.append(heads)
    if not found:
        reject("no head structures", reader.place)
    return tuple(found)


def _read(reader: Reader) -> Heads:
    f = reader.fields(("name", "count", "size", "kv", "layers"))
    count, size, kv = (f[key].integer(1) for key in ("count", "size", "kv"))
    if count % kv:
        reject("the groups of keys and values do not divide the heads", f["kv"].place)
    written = f["layers"].mapping()
    layers = f["layers"].fields(tuple(role for role in ROLES if role in written))
    if not layers:
        reject("heads without a layer", f["layers"].place)
    if not (name := f["name"].text(1024)):
        reject("heads without a name", f["name"].place)
    return Heads(name, count, size, kv, tuple((role, layers[role].integer(0)) for role in ROLES if role in layers))
