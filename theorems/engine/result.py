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
from theorems.engine.witness import Witness, shortened

__all__ = ["Progress", "SearchResult"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What the search is doing: for a progress line."""

    stage: str
    tried: int
    best: float
    elapsed: float


@dataclass(frozen=True, slots=True, repr=False)
class SearchResult:
    """A witness, or an honest account of what was tried.

    ``verdict`` is REFUTED with a witness and UNDECIDED without one: finding nothing proves nothing. ``limit`` is the
    number of instances that were to be tried; ``stopped`` tells that a cap on time cut the search short, so that the
    same search without the cap may end otherwise. ``notes`` says what else the reader must know.
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
    limit: int
    stopped: bool = False
    notes: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def verdict(self) -> Verdict:
        """REFUTED or UNDECIDED."""
        return Verdict.UNDECIDED if self.witness is None else Verdict.REFUTED

    @property
    def note(self) -> str:
        """The notes on one line."""
        return "; ".join(self.notes)

    @property
    def python(self) -> str:
        """One line of Python that repeats the search."""
        parts = [f"drop={self.drop!r}"] if self.drop else []
        parts += [f"{name}={value!r}" for name, value in self.options.items() if value is not None]
        if self.constants:
            parts.append(f"constants={{{', '.join(f'{k!r}: {str(v)!r}' for k, v in self.constants.items())}}}")
        parts += [f"seed={self.seed}"] if self.seed else []
        return f'import theorems; theorems.get("{self.theorem.id}").search({", ".join(parts)})'

    def to_json(self, *, times: bool = True) -> dict[str, Any]:
        """Plain data: verdict, what was tried, the witness; without ``times`` the same on every machine."""
        return {
            "theorem": self.theorem.id,
            "readings": list(self.readings),
            "dropped": self.drop,
            "constants": {k: str(v) for k, v in self.constants.items()},
            "verdict": self.verdict.value,
            "witness": None if self.witness is None else self.witness.to_json(),
            "tried": dict(self.tried),
            "limit": self.limit,
            "stopped": self.stopped,
            "best_margin": self.best if math.isfinite(self.best) else None,
            "closest": None if self.closest is None else self.closest.to_json(),
            **({"seconds": round(self.seconds, 3)} if times else {}),
            "seed": self.seed,
            "size": self.size,
            "note": self.note,
            "python": self.python,
        }

    def show(self) -> str:
        """The witness, or what was tried, and the line that repeats the search."""
        tried = ", ".join(f"{k} {v}" for k, v in self.tried.items() if v)
        body = self.witness.show() if self.witness is not None else self._nothing()
        notes = "".join(f"\nnote: {note}" for note in self.notes) if self.witness is not None else ""
        return f"{body}{notes}\ntried: {tried} ({self.seconds:.1f} s)\nagain: {self.python}"

    def __repr__(self) -> str:
        told = f"{self.verdict.value} after {sum(self.tried.values())} of {self.limit} instances"
        asked = "".join(
            [f", without {self.drop!r}" if self.drop else "", *(f", {k} = {v}" for k, v in self.constants.items())]
        )
        lines = [f"SearchResult: {self.theorem.id}{asked}: {told}"]
        lines += [shortened(self.note)] if self.notes else []
        return "\n".join(lines if self.witness is None else [*lines, repr(self.witness)])

    def _repr_html_(self) -> str:
        tried = ", ".join(f"{html.escape(k)}: {v}" for k, v in self.tried.items())
        foot = f"<p><small>tried {tried}; {self.seconds:.1f} s</small></p><pre>{html.escape(self.python)}</pre>"
        if self.witness is None:
            return f"<p>{html.escape(self._nothing())}</p>{foot}"
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return self.witness.html() + notes + foot

    def _nothing(self) -> str:
        lines = [f"{self.theorem.id}, {', '.join(self.readings)}: UNDECIDED; {self.note}"]
        if self.closest is not None and math.isfinite(self.best):
            lines.append(f"closest call: margin {self.best:.6g} at\n{self.closest.show()}")
        return "\n".join(lines)
