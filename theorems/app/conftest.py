"""The notebook and its widgets need marimo, which is an extra; without it they are not collected."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = ["notebook.py"] if find_spec("marimo") else ["notebook.py", "layout.py"]
