"""How claims name what they are about."""

from __future__ import annotations

__all__ = ["edge_subject", "heads_subject", "layer_subject"]


def layer_subject(name: str) -> str:
    """The subject of claims about the layer called ``name``."""
    return f"layer {name}"


def edge_subject(writer: str, reader: str) -> str:
    """The subject of claims about the interface between two layers."""
    return f"edge {writer} -> {reader}"


def heads_subject(name: str) -> str:
    """The subject of claims about a head structure."""
    return f"heads {name}"
