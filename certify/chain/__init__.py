"""Weight chains and the readers of weight files."""

from certify.chain.limits import Limits
from certify.chain.loading import load
from certify.chain.model import Chain, Edge, Layer, LeftOut

__all__ = ["Chain", "Edge", "Layer", "LeftOut", "Limits", "load"]
