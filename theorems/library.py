"""Finding theorems: every module of ``theorems.statements`` that declares one. There is no registry to edit."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
from collections.abc import Sequence
from types import ModuleType

import theorems.statements
from certify.errors import UsageError
from theorems.engine.declare import Declaration
from theorems.engine.explorable import Explorable
from theorems.engine.theorem import Theorem

__all__ = ["all_theorems", "docstring", "get", "module_name", "select"]


@functools.cache
def _modules() -> dict[str, tuple[Explorable, ModuleType]]:
    found: dict[str, tuple[Explorable, ModuleType]] = {}
    for info in pkgutil.iter_modules(theorems.statements.__path__):
        module = importlib.import_module(f"theorems.statements.{info.name}")
        theorem = _declared(module)
        if theorem is None:
            continue
        if theorem.id in found:
            raise UsageError(f"two modules declare {theorem.id}: {found[theorem.id][1].__name__} and {module.__name__}")
        found[theorem.id] = (theorem, module)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _declared(module: ModuleType) -> Explorable | None:
    declared = getattr(module, "theorem", None)
    return Explorable.of(declared.finished()) if isinstance(declared, Declaration) else None


def _order(id: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", id))


def all_theorems() -> list[Explorable]:
    """Every theorem of the package, ordered by id."""
    return [theorem for theorem, _ in _modules().values()]


def get(id: str) -> Explorable:
    """The theorem with that id, alias or module name, with or without the id in front; case does not matter.

    >>> get("d3").id
    'D3'
    """
    wanted = id.casefold()
    for theorem, module in _modules().values():
        file = module.__name__.rpartition(".")[2]
        names = (theorem.id, file, re.sub(r"^[a-z]\d+_", "", file), *theorem.aliases)
        if wanted in (name.casefold() for name in names):
            return theorem
    raise UsageError(f"there is no theorem {id!r}", hint="there are: " + ", ".join(_modules()))


def docstring(theorem: Theorem) -> str:
    """The statement in full, in its sections, as it is declared."""
    declared: Declaration = _modules()[theorem.id][1].theorem
    return declared.prose()


def module_name(theorem: Theorem) -> str:
    """The name of the module that defines a theorem."""
    return _modules()[theorem.id][1].__name__


def select(ids: Sequence[str] | None) -> list[Explorable]:
    """The theorems with those ids, all of them when none is given."""
    return [get(id) for id in ids] if ids else all_theorems()
