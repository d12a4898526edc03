"""The page on Python: its scripts run as printed, in order, and print what stands below them."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "howto" / "python.md"
SCRIPT = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_scripts_print_what_the_page_shows(monkeypatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    scripts = SCRIPT.findall(PAGE.read_text(encoding="utf-8"))
    assert len(scripts) == 3
    for code, expected in scripts:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, str(PAGE), "exec"), names)
        assert printed.getvalue() == expected
