"""Chains of Jacobians: the linear maps that a network is at one input, layer by layer or block by block.

:func:`from_relu` and :func:`from_residual` decide in integers which units are on, and give the exact Jacobians;
:func:`from_torch` takes those that PyTorch computes, for any network whose blocks keep the shape of their state.
:func:`save_chain` writes a chain with its provenance, to be certified like any other.
"""

from __future__ import annotations

from certify.jacobians.archive import save_chain
from certify.jacobians.pytorch import from_torch
from certify.jacobians.relu import active_units, from_relu
from certify.jacobians.residual import ResidualBlock, from_residual

__all__ = ["ResidualBlock", "active_units", "from_relu", "from_residual", "from_torch", "save_chain"]
