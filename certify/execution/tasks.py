"""The tasks of a run, what each that makes claims makes them about, and what it leaves."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from certify.chain import Chain
from certify.chain.components import components_of
from certify.claims import heads, layer
from certify.prover.ledger import Ledger

__all__ = ["Entry", "Place", "Task", "TaskKind", "subjects_of"]


class TaskKind(enum.IntEnum):
    """What a task works on."""

    LAYER = 0
    EDGE = 1
    PRODUCT = 2
    COMPONENT = 3
    HEADS = 4


Task: TypeAlias = tuple[TaskKind, int]
"""What is done, and the place of its layer, edge, component or head structure in the chain."""

Place: TypeAlias = tuple[int, int]
"""A task as plain numbers; equal to it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The claims about one subject; ``causes`` are those of a layer's exponents, by chart."""

    ledger: Ledger
    causes: Mapping[str, str] = field(default_factory=dict[str, str])


def subjects_of(chain: Chain) -> dict[Place, str]:
    """What each task that makes claims makes them about."""
    found: dict[Place, str] = {(TaskKind.LAYER, i): layer.subject(item.name) for i, item in enumerate(chain.layers)}
    found |= {(TaskKind.EDGE, number): chain.describe(edge) for number, edge in enumerate(chain.edges)}
    components = enumerate(components_of(chain))
    found |= {(TaskKind.COMPONENT, place): part.subject for place, part in components if part.straight}
    return found | {(TaskKind.HEADS, place): heads.subject(item) for place, item in enumerate(chain.heads)}
