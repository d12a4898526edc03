"""The reader's own theorem, beside those of the package."""

from __future__ import annotations

from pathlib import Path

import pytest

import theorems
from theorems import _discover

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def extended(monkeypatch):
    """The package with the examples found in it, as if they were copied there."""
    monkeypatch.setattr(theorems, "__path__", [*theorems.__path__, str(EXAMPLES)])
    _discover._modules.cache_clear()
    yield
    _discover._modules.cache_clear()
