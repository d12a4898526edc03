"""The names of the presets by which a chain file is drafted."""

from __future__ import annotations

__all__ = ["PRESETS"]

PRESETS = ("mlp", "attention", "heads", "residual", "conv", "recurrent", "lora", "graph", "all")
"""What may be drafted. ``all`` is everything but ``heads``, of which there are many; ``graph`` is for ONNX and HDF5."""
