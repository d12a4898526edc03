"""What is asked of a chain, in which order, and what each claim's numbers mean (THEORY E7)."""

from __future__ import annotations

from certify.protocol.edge import measure_edge
from certify.protocol.layer import LayerFacts, measure_layer
from certify.protocol.thresholds import Thresholds

__all__ = ["LayerFacts", "Thresholds", "measure_edge", "measure_layer"]
