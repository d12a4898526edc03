"""The house stands: imports go one way. The contracts themselves are in pyproject.toml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
# Modules of `theorems` that are no theorem; names with a leading underscore are the shared machinery.
TOOLS = {"theorems.cli", "theorems.app"}


def test_import_contracts(capsys):
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert code == 0, capsys.readouterr().out


def _is_theorem(name: str) -> bool:
    return name.count(".") == 1 and not name.split(".")[1].startswith("_") and name not in TOOLS


def _breaches(imports: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Pairs (importer, imported): a theorem, or what theorems share, that names a theorem or a tool."""
    return [
        (importer, imported)
        for importer, found in imports.items()
        if importer not in TOOLS
        for imported in found
        if imported in TOOLS or _is_theorem(imported)
    ]


def test_theorems_do_not_know_each_other():
    graph = grimp.build_graph("theorems", cache_dir=None)
    assert _breaches({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}) == []


def test_a_planted_breach_is_seen():
    planted = {
        "theorems.chart": {"theorems._theorem"},
        "theorems.rigidity": {"theorems.chart"},
        "theorems._search": {"theorems.cli"},
        "theorems.cli": {"theorems.chart"},
    }
    assert _breaches(planted) == [("theorems.rigidity", "theorems.chart"), ("theorems._search", "theorems.cli")]
