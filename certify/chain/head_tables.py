"""The tables ``[[heads]]`` of a chain file, and whether head structures fit the layers that they name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from certify.chain.limits import Limits
from certify.chain.refusals import check_name
from certify.errors import ChainError
from certify.heads import Heads, HeadsError, misfit, read_heads
from certify.reading import hint_of, shown

__all__ = ["check_heads", "read_head_tables"]


def read_head_tables(tables: object, names: Sequence[str], text: str, path: str, limits: Limits) -> tuple[Heads, ...]:
    """The structures that a chain file declares; ``text`` is that of the file, for the lines in messages.

    Raises
    ------
    ChainError : not tables, or one of them is wrong; with table, key and line.
    LimitError : more than ``max_layers``.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ChainError("heads are not tables", file=path, place="heads", hint="write [[heads]]")
    limits.check("max_layers", len(tables), "number of head structures", file=path)
    found: list[Heads] = []
    for place, table in enumerate(tables):
        try:
            found.append(read_heads(table, names))
        except HeadsError as error:
            line = _line(text, place, error.key)
            value = table.get(error.key)
            raise ChainError(
                shown(str(error)),
                file=path,
                place=f"heads[{place}].{shown(error.key)}" + (f", line {line}" if line else ""),
                hint=hint_of(value, names, error.hint) if isinstance(value, str) else error.hint,
            ) from None
    return tuple(found)


def _line(text: str, table: int, key: str) -> int:
    """The line of a key inside the ``table``-th ``[[heads]]``, else of its head; 0 where they are written otherwise."""
    wanted = re.compile(rf"""\s*(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')\s*=""")
    current, head, inside = -1, 0, False
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[", line):
            inside = bool(re.match(r"\s*\[\[\s*heads\s*\]\]", line))
            current += inside
            head = number if inside and current == table else head
        elif inside and current == table and wanted.match(line):
            return number
    return head


def check_heads(heads: Sequence[Heads], layers: Sequence[tuple[str, tuple[int, int]]], file: str | None) -> None:
    """Refuse structures that do not fit layers of these names and shapes.

    Raises
    ------
    ChainError : two of one name, a layer that does not exist, rows or columns that are not those of the heads.
    InputError : a name that cannot be printed.
    """
    names: set[str] = set()
    for place, item in enumerate(heads):
        check_name(item.name, file=file)
        if item.name in names:
            raise ChainError(
                f"two head structures are called {item.name!r}",
                file=file,
                place=f"heads[{place}].name",
                hint="give each a name of its own: name = ...",
            )
        names.add(item.name)
        for role, layer in item.layers:
            if not 0 <= layer < len(layers):
                raise ChainError(f"layer {layer} of {len(layers)}", file=file, place=f"heads[{place}].{role}")
            name, shape = layers[layer]
            if reason := misfit(item, role, shape):
                raise ChainError(
                    f"layer {shown(name)!r} does not hold the {role} of heads {shown(item.name)!r}: it has {reason}",
                    file=file,
                    place=f"heads[{place}].{role}",
                    hint="count and size are those of one head; kv is the number of key/value groups",
                )
