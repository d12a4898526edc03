"""What ``theorems.get`` hands out: a theorem that can look for its own counterexamples."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from theorems.engine.theorem import Theorem

if TYPE_CHECKING:
    from theorems.engine.result import SearchResult

__all__ = ["Explorable"]


@dataclass(frozen=True, slots=True)
class Explorable(Theorem):
    """A theorem with the search beside it; the search is loaded when it is used."""

    @classmethod
    def of(cls, theorem: Theorem) -> Explorable:
        """The same theorem."""
        return cls(**{field.name: getattr(theorem, field.name) for field in fields(theorem)})

    def search(self, drop: str | None = None, **options: Any) -> SearchResult:
        """Look for a counterexample, shrink it, certify it exactly; see :func:`theorems.engine.search.search`."""
        from theorems.engine.search import search

        return search(self, drop, **options)
