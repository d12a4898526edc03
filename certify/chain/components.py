"""The connected parts of a chain's graph, and which of them are straight."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from certify.chain.model import Chain

__all__ = ["Component", "components_of"]


@dataclass(frozen=True, slots=True)
class Component:
    """A connected part: the positions of its layers and edges from below, and how claims name it.

    ``straight`` when every layer has at most one reader and reads at most one layer, so that the layers compose.
    """

    subject: str
    layers: tuple[int, ...]
    edges: tuple[int, ...]
    straight: bool


def components_of(chain: Chain) -> tuple[Component, ...]:
    """The connected parts in the order of their lowest layers; a layer without edges is a component by itself.

    The only part is called ``chain``, one of several ``chain LOWEST -> HIGHEST``.

    >>> [part.subject for part in components_of(Chain.from_arrays([[[1.0]], [[2.0]]]))]
    ['chain']
    """
    home = list(range(len(chain.layers)))
    for edge in chain.edges:
        low, high = sorted((home[edge.lower], home[edge.upper]))
        home = [low if place == high else place for place in home]
    writes = Counter(edge.lower for edge in chain.edges)
    reads = Counter(edge.upper for edge in chain.edges)
    found: list[Component] = []
    for start in sorted(set(home)):
        layers = tuple(i for i, place in enumerate(home) if place == start)
        edges = tuple(e for e, edge in enumerate(chain.edges) if home[edge.lower] == start)
        straight = all(writes[i] <= 1 and reads[i] <= 1 for i in layers)
        names = [chain.layers[i].name for i in dict.fromkeys((layers[0], layers[-1]))]
        subject = "chain" if len(layers) == len(home) else f"chain {' -> '.join(names)}"
        found.append(Component(subject, layers, tuple(sorted(edges, key=lambda e: chain.edges[e].lower)), straight))
    return tuple(found)
