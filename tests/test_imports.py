"""The house stands: imports go one way. The contracts themselves are in pyproject.toml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import grimp
import networkx as nx
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
# Commands: nothing of `theorems` is built on them, except what starts them.
TOOLS = {"theorems.__main__", "theorems.cli", "theorems.app.server"}


def test_import_contracts(capsys):
    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert code == 0, capsys.readouterr().out


def _claim(name: str) -> str:
    """The claim that a module belongs to; empty for one that belongs to none."""
    parts = name.split(".")
    return parts[2] if parts[:2] == ["theorems", "statements"] and len(parts) > 2 else ""


def _breaches(imports: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Pairs (importer, imported): a theorem, or what theorems share, that names a theorem or a tool."""
    return [
        (importer, imported)
        for importer, found in imports.items()
        if importer not in TOOLS
        for imported in found
        if imported in TOOLS or _claim(imported) not in ("", _claim(importer))
    ]


def test_theorems_do_not_know_each_other():
    graph = grimp.build_graph("theorems", cache_dir=None)
    assert _breaches({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}) == []


def test_a_planted_breach_is_seen():
    planted = {
        "theorems.statements.d3_chart": {"theorems.engine.theorem"},
        "theorems.statements.d4_rigidity": {"theorems.statements.d3_chart"},
        "theorems.engine.search": {"theorems.cli"},
        "theorems.cli": {"theorems.statements.d3_chart"},
        "theorems.statements.a4_stability": {"theorems.statements.a4_stability.samples"},
    }
    assert _breaches(planted) == [
        ("theorems.statements.d4_rigidity", "theorems.statements.d3_chart"),
        ("theorems.engine.search", "theorems.cli"),
    ]


def _circles(imports: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Files that reach themselves by imports, a package standing for its ``__init__.py``."""
    graph = nx.DiGraph((importer, imported) for importer, found in imports.items() for imported in found)
    return [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]


@pytest.mark.parametrize("package", ["certify", "theorems"])
def test_no_circle_of_files(package):
    graph = grimp.build_graph(package, cache_dir=None, exclude_type_checking_imports=False)
    assert _circles({name: graph.find_modules_directly_imported_by(name) for name in graph.modules}) == []


def test_a_planted_circle_is_seen():
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
