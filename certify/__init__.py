"""Certified geometry of weight chains.

``certify.certify(path)`` certifies a chain of matrices (a path, arrays, or what ``certify.load`` read),
``certify.verify`` checks a certificate again, ``certify.svd`` is one certified decomposition. ``certify.geometry`` has
the formulas on arrays and balls, ``certify.jacobians`` the chains of Jacobians, ``certify.plot`` pictures (extra
``plot``). Names are imported when they are first used, so that ``import certify`` is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certify import geometry, jacobians, plot
    from certify.certificate import Certificate
    from certify.chain import Chain, Limits, load
    from certify.checker import verify
    from certify.claims.thresholds import Thresholds
    from certify.comparison import Comparison, compare
    from certify.errors import PolystableError
    from certify.execution import certify
    from certify.linalg import svd
    from certify.verdict import Claim, Enclosure, Verdict

__all__ = [
    "Certificate",
    "Chain",
    "Claim",
    "Comparison",
    "Enclosure",
    "Limits",
    "PolystableError",
    "Thresholds",
    "Verdict",
    "certify",
    "compare",
    "geometry",
    "jacobians",
    "load",
    "plot",
    "svd",
    "verify",
]

_HOMES = {
    "Certificate": "certificate",
    "Chain": "chain",
    "Claim": "verdict",
    "Comparison": "comparison",
    "Enclosure": "verdict",
    "Limits": "chain",
    "PolystableError": "errors",
    "Thresholds": "claims.thresholds",
    "Verdict": "verdict",
    "certify": "execution",
    "compare": "comparison",
    "load": "chain",
    "svd": "linalg",
    "verify": "checker",
}
_MODULES = ("geometry", "jacobians", "plot")


def __getattr__(name: str) -> Any:
    if name not in _HOMES and name not in _MODULES:
        raise AttributeError(f"module 'certify' has no attribute {name!r}")
    import importlib

    if name in _MODULES:
        return importlib.import_module(f"certify.{name}")
    value = getattr(importlib.import_module(f"certify.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
