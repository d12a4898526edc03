"""Head structures: which layers hold the queries, keys, values and outputs of attention heads, and where each one lies.

Queries, keys and values are cut by rows, outputs by columns, ``size`` at a time. With grouped queries there are fewer
keys and values than heads, and head i reads group i // (count/kv).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ROLES", "Heads", "HeadsError", "misfit", "read_heads"]

ROLES = ("query", "key", "value", "output")
_GROUPED = ("key", "value")
_KEYS = ("name", "count", "size", "kv", *ROLES)


class HeadsError(ValueError):
    """A table of heads that cannot be meant; ``key`` names the entry, ``hint`` says what to write."""

    def __init__(self, message: str, key: str, hint: str) -> None:
        self.key, self.hint = key, hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Heads:
    """``count`` heads of ``size`` rows (columns of the output) each, of which ``kv`` groups share keys and values.

    ``layers`` holds the declared roles with the places of their layers in the chain, in the order of :data:`ROLES`.
    """

    name: str
    count: int
    size: int
    kv: int
    layers: tuple[tuple[str, int], ...]

    def place(self, role: str) -> int | None:
        """The place of the layer that holds a role; None where none is declared."""
        return dict(self.layers).get(role)

    def units(self, role: str) -> int:
        """How many different blocks a role has: the heads, or the groups of keys and values."""
        return self.kv if role in _GROUPED else self.count

    def copies(self, role: str, shape: tuple[int, int]) -> int:
        """How many times a layer of this shape holds each block of a role, one copy after the other."""
        whole = role not in _GROUPED or _length(role, shape) == self.kv * self.size
        return 1 if whole else self.count // self.kv

    def starts(self, role: str, shape: tuple[int, int]) -> tuple[int, ...]:
        """The first row (column of the output) of the first copy of each block.

        >>> Heads("h", 4, 2, 2, (("key", 0),)).starts("key", (8, 5))
        (0, 4)
        """
        step = self.size * self.copies(role, shape)
        return tuple(range(0, self.units(role) * step, step))

    def dimension(self, role: str, shape: tuple[int, int]) -> int:
        """That of the space in which the subspaces of the heads lie."""
        return shape[0] if role == "output" else shape[1]


def misfit(heads: Heads, role: str, shape: tuple[int, int]) -> str:
    """Why a layer of this shape cannot hold a role, or nothing.

    >>> misfit(Heads("h", 4, 2, 2, ()), "key", (6, 5))
    '6 rows, and 2 groups of 2 are 4 rows, or 8 where the layer repeats them for 4 heads'
    """
    found, whole = _length(role, shape), heads.count * heads.size
    side = "columns" if role == "output" else "rows"
    own = heads.units(role) * heads.size
    if found in (own, whole):
        return ""
    if own == whole:
        return f"{found} {side}, and {heads.count} heads of {heads.size} are {whole} {side}"
    groups = f"{heads.kv} group{'s' if heads.kv > 1 else ''} of {heads.size} are {own} {side}"
    return f"{found} {side}, and {groups}, or {whole} where the layer repeats them for {heads.count} heads"


def _length(role: str, shape: tuple[int, int]) -> int:
    return shape[1] if role == "output" else shape[0]


def read_heads(table: Mapping[str, object], names: Sequence[str]) -> Heads:
    """A structure from the keys of a table; ``names`` are those of the layers of the chain.

    Raises
    ------
    HeadsError : an unknown key, a number or a name that is missing or wrong, no role, a layer that does not exist.

    >>> read_heads({"count": 2, "size": 1, "query": "q"}, ["q"])
    Heads(name='q', count=2, size=1, kv=2, layers=(('query', 0),))
    """
    for key in table:
        if key not in _KEYS:
            raise HeadsError(f"unknown key {key!r} of heads", key, f"the keys are {', '.join(_KEYS)}")
    count, size = _number(table, "count"), _number(table, "size")
    kv = _number(table, "kv") if "kv" in table else count
    if count % kv:
        raise HeadsError(
            f"{kv} groups of keys and values do not divide {count} heads", "kv", "a divisor of the number of heads"
        )
    places = {name: place for place, name in enumerate(names)}
    layers: list[tuple[str, int]] = []
    for role in ROLES:
        if role not in table:
            continue
        layer = table[role]
        if not isinstance(layer, str) or layer not in places:
            raise HeadsError(
                f"the {role} is no layer: {layer!r}"[:200], role, "use the names of the layers listed in this file"
            )
        layers.append((role, places[layer]))
    if not layers:
        raise HeadsError("heads without a layer", "query", f"say one of {', '.join(ROLES)}")
    name = table.get("name", names[layers[0][1]])
    if not isinstance(name, str) or not name:
        raise HeadsError("the name of heads is not text", "name", "give text, or leave it out")
    return Heads(name, count, size, kv, tuple(layers))


def _number(table: Mapping[str, object], key: str) -> int:
    value = table.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        what = "missing" if value is None else f"not a whole number of at least 1: {value!r}"[:80]
        raise HeadsError(f"{key} of heads is {what}", key, f"write {key} = ..., at least 1")
    return value
