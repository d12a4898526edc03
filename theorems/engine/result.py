"""What a search reports while it runs, and what it found."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.theorem import Theorem
from theorems.engine.witness import Witness

__all__ = ["Progress", "SearchResult"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What the search is doing: for a progress line."""

    stage: str
    tried: int
    best: float
    elapsed: float


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A witness, or an honest account of what was tried.

    ``verdict`` is REFUTED with a witness and UNDECIDED without one: finding nothing proves nothing.
    """

    theorem: Theorem
    readings: tuple[str, ...]
    drop: str | None
    constants: Mapping[str, Fraction]
    witness: Witness | None
    tried: Mapping[str, int]
    best: float
    closest: Instance | None
    seconds: float
    seed: int
    size: int
    note: str = ""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def verdict(self) -> Verdict:
        """REFUTED or UNDECIDED."""
        return Verdict.UNDECIDED if self.witness is None else Verdict.REFUTED

    @property
    def python(self) -> str:
        """One line of Python that repeats the search."""
        parts = [f"drop={self.drop!r}"] if self.drop else []
        parts += [f"{name}={value!r}" for name, value in self.options.items() if value is not None]
        if self.constants:
            parts.append(f"constants={{{', '.join(f'{k!r}: {str(v)!r}' for k, v in self.constants.items())}}}")
        parts += [f"seed={self.seed}"] if self.seed else []
        return f'import theorems; theorems.get("{self.theorem.id}").search({", ".join(parts)})'

    def to_json(self) -> dict[str, Any]:
        """Plain data: verdict, what was tried, the witness."""
        return {
            "theorem": self.theorem.id,
            "readings": list(self.readings),
            "dropped": self.drop,
            "constants": {k: str(v) for k, v in self.constants.items()},
            "verdict": self.verdict.value,
            "witness": None if self.witness is None else self.witness.to_json(),
            "tried": dict(self.tried),
            "best_margin": self.best if math.isfinite(self.best) else None,
            "closest": None if self.closest is None else self.closest.to_json(),
            "seconds": round(self.seconds, 3),
            "seed": self.seed,
            "size": self.size,
            "note": self.note,
            "python": self.python,
        }

    def show(self) -> str:
        """The witness, or what was tried, and the line that repeats the search."""
        tried = ", ".join(f"{k} {v}" for k, v in self.tried.items())
        body = self.witness.show() if self.witness is not None else self._nothing()
        return f"{body}\ntried: {tried} ({self.seconds:.1f} s)\nagain: {self.python}"

    def _repr_html_(self) -> str:
        tried = ", ".join(f"{html.escape(k)}: {v}" for k, v in self.tried.items())
        foot = f"<p><small>tried {tried}; {self.seconds:.1f} s</small></p><pre>{html.escape(self.python)}</pre>"
        body = f"<p>{html.escape(self._nothing())}</p>" if self.witness is None else self.witness.html()
        return body + foot

    def _nothing(self) -> str:
        lines = [f"{self.theorem.id}, {', '.join(self.readings)}: UNDECIDED; {self.note}"]
        if self.closest is not None and math.isfinite(self.best):
            lines.append(f"closest call: margin {self.best:.6g} at\n{self.closest.show()}")
        return "\n".join(lines)
