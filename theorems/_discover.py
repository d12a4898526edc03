"""Finding theorems: every public module of the package with a ``THEOREM`` is one. There is no registry to edit."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Sequence

import theorems
from certify.errors import UsageError
from theorems._theorem import Theorem

__all__ = ["all_theorems", "docstring", "get"]

_NOT_THEOREMS = {"app", "cli", "conftest"}


@functools.cache
def _modules() -> dict[str, tuple[Theorem, str]]:
    found: dict[str, tuple[Theorem, str]] = {}
    for info in pkgutil.iter_modules(theorems.__path__):
        if info.name.startswith("_") or info.name in _NOT_THEOREMS or info.ispkg:
            continue
        module = importlib.import_module(f"theorems.{info.name}")
        theorem = getattr(module, "THEOREM", None)
        if not isinstance(theorem, Theorem):
            continue
        if theorem.id in found:
            raise UsageError(f"two modules define {theorem.id}: {found[theorem.id][1]} and {module.__name__}")
        found[theorem.id] = (theorem, module.__name__)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _order(id: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", id))


def all_theorems() -> list[Theorem]:
    """Every theorem of the package, ordered by id."""
    return [theorem for theorem, _ in _modules().values()]


def get(id: str) -> Theorem:
    """The theorem with that id, alias or module name; case does not matter.

    >>> get("d3").id
    'D3'
    """
    wanted = id.casefold()
    for theorem, module in _modules().values():
        names = (theorem.id, module.rpartition(".")[2], *theorem.aliases)
        if wanted in (name.casefold() for name in names):
            return theorem
    raise UsageError(f"there is no theorem {id!r}", hint="there are: " + ", ".join(_modules()))


def docstring(theorem: Theorem) -> str:
    """The docstring of the module that defines a theorem."""
    return importlib.import_module(_modules()[theorem.id][1]).__doc__ or ""


def module_name(theorem: Theorem) -> str:
    """The name of the module that defines a theorem."""
    return _modules()[theorem.id][1]


def select(ids: Sequence[str] | None) -> list[Theorem]:
    """The theorems with those ids, all of them when none is given."""
    return [get(id) for id in ids] if ids else all_theorems()
