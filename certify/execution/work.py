"""What a task does, as functions of what other tasks left, so that it can be done wherever that lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from certify.chain import Layer
from certify.chain.groups import Groups
from certify.claims.thresholds import Thresholds
from certify.execution.tasks import Entry
from certify.heads import Heads
from certify.linalg.chain_product import ProductSpectrum
from certify.linalg.cores import JoinedLine
from certify.prover.component import LayerSummary, measure_component, measure_product
from certify.prover.domain import Standing
from certify.prover.heads import measure_heads
from certify.prover.interface import EdgeFacts, known_edge, measure_edge
from certify.prover.layer import LayerFacts, known_layer, measure_layer
from certify.prover.ledger import Ledger

__all__ = [
    "PRECISION",
    "LayerTold",
    "ProductResult",
    "Result",
    "Told",
    "Work",
    "component",
    "edge",
    "heads",
    "layer",
    "product",
    "told_of",
]

PRECISION = 128
"""Working precision of scalar balls, in bits; the same for all threads, because flint has one for the process."""


@dataclass(frozen=True, slots=True)
class ProductResult:
    """The product of a component's layers as far as it goes: its lowest ``edges`` edges are in ``line``.

    line : None before the first edge, and from an edge without a core on.
    complete : all edges are in it, and ``spectrum`` is what the product's claims need, None where that overflowed.
    """

    edges: int = 0
    line: JoinedLine | None = None
    complete: bool = False
    spectrum: ProductSpectrum | None = None


Result: TypeAlias = LayerFacts | EdgeFacts | Ledger | ProductResult
"""What a task leaves: facts of a layer or an edge, claims about a component or heads, a product as far as it goes."""


@dataclass(frozen=True, slots=True)
class LayerTold:
    """The claims about a layer, the causes of its exponents by chart, and what the claims about its component need."""

    ledger: Ledger
    causes: Mapping[str, str]
    summary: LayerSummary


Told: TypeAlias = LayerTold | Ledger | ProductResult
"""What the schedule has to know of a result: no matrices but those of claims."""


@dataclass(frozen=True, slots=True)
class Work:
    """A function and what it is given; among that are results of other tasks, as the place of work holds them."""

    function: Callable[..., Result]
    given: tuple[object, ...]


def told_of(result: Result) -> Told:
    """The part of a result that leaves the place where it was worked out."""
    if isinstance(result, LayerFacts):
        return LayerTold(result.ledger, result.causes, LayerSummary.of(result))
    if isinstance(result, EdgeFacts):
        return result.ledger
    return replace(result, line=None) if isinstance(result, ProductResult) else result


def layer(item: Layer, entry: Entry | None, thresholds: Thresholds) -> LayerFacts:
    """The facts of a layer; of one whose claims were made before, without them."""
    halves = item.half_units() if thresholds.storage == "int8" else None
    if entry is not None:
        facts = known_layer(item.name, item.matrix(), entry.ledger, entry.causes)
        facts.half_units = halves
        return facts
    return measure_layer(item.name, item.matrix(), thresholds, halves)


def edge(
    lower: LayerFacts, upper: LayerFacts, entry: Entry | None, thresholds: Thresholds, groups: Groups | None
) -> EdgeFacts:
    """The facts of an interface; of one whose claims were made before, without them."""
    if entry is not None:
        return known_edge(entry.ledger, lower, upper)
    return measure_edge(lower, upper, thresholds, groups)


def product(
    before: ProductResult | None,
    facts: EdgeFacts | None,
    layers: tuple[Layer, ...],
    summaries: tuple[LayerSummary, ...],
    thresholds: Thresholds,
) -> ProductResult:
    """The product of a component with its next edge; with the last, its spectrum.

    Parameters
    ----------
    before : None at the first edge.
    facts : of the next edge; None for a component of one layer.
    layers, summaries : those of the whole component at the last edge, none before.
    """
    line, edges = None if before is None else before.line, 0 if before is None else before.edges
    if facts is not None:
        core = facts.core
        if core is not None and (before is None or line is not None):
            line = (line or JoinedLine.of(core.write)).extended(core)
        else:
            line = None
        edges += 1
    if not layers:
        return ProductResult(edges, line)
    factors = [item.matrix for item in layers]
    return ProductResult(edges, None, complete=True, spectrum=measure_product(summaries, factors, line, thresholds))


def component(
    subject: str,
    layers: tuple[Layer, ...],
    summaries: tuple[LayerSummary, ...],
    pairs: tuple[tuple[int, int], ...],
    spectrum: ProductSpectrum | None,
    domains: tuple[Standing, ...],
    thresholds: Thresholds,
) -> Ledger:
    """All claims about a component."""
    return measure_component(subject, summaries, [item.matrix for item in layers], pairs, spectrum, domains, thresholds)


def heads(structure: Heads, layers: tuple[Layer, ...], thresholds: Thresholds) -> Ledger:
    """All claims about a head structure; ``layers`` are its own, in their order."""
    return measure_heads(structure, [item.matrix for item in layers], thresholds)
