"""What is asked of a chain, in which order, and what each claim's numbers mean (THEORY E7)."""

from __future__ import annotations

from certify.claims.thresholds import Thresholds
from certify.prover.interface import measure_edge
from certify.prover.layer import LayerFacts, measure_layer

__all__ = ["LayerFacts", "Thresholds", "measure_edge", "measure_layer"]
