"""Certified geometry of weight chains.

``certify.load(path)`` reads a chain of matrices, ``certify.certify(chain)`` certifies it, ``certify.verify`` checks a
certificate again. Names are imported when they are first used, so that ``import certify`` is quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certify.certificate import Certificate
    from certify.chain import Chain, Limits, load
    from certify.checker import verify
    from certify.claims.thresholds import Thresholds
    from certify.comparison import Comparison, compare
    from certify.errors import PolystableError
    from certify.execution import certify
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
    "load",
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
    "verify": "checker",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'certify' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"certify.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
