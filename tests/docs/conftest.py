"""The reader's own theorem, beside those of the package."""

from __future__ import annotations

from pathlib import Path

import pytest

import theorems
import theorems.statements
from theorems import library

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture
def extended(monkeypatch):
    """The package with the examples found in it, as if they were copied there."""
    monkeypatch.setattr(theorems.statements, "__path__", [*theorems.statements.__path__, str(EXAMPLES)])
    library._modules.cache_clear()
    yield
    library._modules.cache_clear()
