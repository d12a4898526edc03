"""Theorem checks for the geometry of weight chains.

``theorems.all()`` lists the theorems, ``theorems.get("D4")`` is one of them, ``theorems.check()`` runs their checks,
``theorems.get("D4").search(drop="slack")`` looks for a counterexample, ``theorems.necessity()`` and
``theorems.sharpness()`` tabulate what every hypothesis and every constant is good for.
"""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from theorems.engine.explorable import Explorable
    from theorems.engine.report import Report
    from theorems.engine.tables import NecessityRow, SharpnessRow

__all__ = ["all", "check", "get", "necessity", "sharpness", "verify"]


def all() -> list[Explorable]:
    """Every theorem of the package, ordered by id."""
    from theorems.library import all_theorems

    return all_theorems()


def get(id: str) -> Explorable:
    """The theorem with that id, alias or module name; raises :class:`certify.errors.UsageError` if there is none."""
    from theorems.library import get

    return get(id)


def check(
    ids: str | Sequence[str] | None = None, *, seed: int | None = None, thorough: bool = False, workers: int | None = 1
) -> Report:
    """Run the checks of some theorems (all by default) and return the report; ``report.verdict`` is three-valued.

    ``check("D3")`` is one theorem, ``check(["D3", "D4"])`` are two.
    """
    from theorems.checking import check

    return check(ids, seed=seed, thorough=thorough, workers=workers)


def necessity(ids: str | Sequence[str] | None = None, *, seed: int = 0) -> builtins.list[NecessityRow]:
    """What happens to each true reading without each of its hypotheses: a witness, a stronger theorem, or open."""
    from theorems.engine.tables import necessity
    from theorems.library import select

    return [row for theorem in select(_several(ids)) for row in necessity(theorem, seed=seed)]


def sharpness(ids: str | Sequence[str] | None = None, *, seed: int = 0) -> builtins.list[SharpnessRow]:
    """The largest certified ratio value/bound reached for each constant, with the instance that reaches it."""
    from theorems.engine.tables import sharpness
    from theorems.library import select

    return [row for theorem in select(_several(ids)) for row in sharpness(theorem, seed=seed)]


def _several(ids: str | Sequence[str] | None) -> Sequence[str] | None:
    return [ids] if isinstance(ids, str) else ids


def verify(witness: Any) -> Any:
    """Re-check a witness (a path or its JSON data) from scratch; see :func:`theorems.verification.verify`."""
    from theorems.verification import verify

    return verify(witness)


def __dir__() -> builtins.list[str]:
    return sorted(__all__)
