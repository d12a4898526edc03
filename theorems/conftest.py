"""Lets ``pytest --pyargs theorems`` find the sweep wherever the package is installed, whatever the local settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def pytest_collect_file(file_path: Path, parent: Any) -> Any:
    """Collect ``_sweep.py`` unless ``python_files`` already does."""
    import fnmatch

    import pytest

    patterns = parent.config.getini("python_files")
    if file_path.name != "_sweep.py" or any(fnmatch.fnmatch(file_path.name, p) for p in patterns):
        return None
    return pytest.Module.from_parent(parent, path=file_path)
