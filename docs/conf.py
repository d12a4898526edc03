"""Sphinx configuration; the pages of the reference and of the theorems are written from the modules at every build."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
from importlib import metadata
from pathlib import Path

from sphinx.application import Sphinx

project = "Polystable"
author = "the Polystable authors"
release = metadata.version("polystable")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.viewcode"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "examples"]
html_theme = "furo"
html_title = "Polystable"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
nitpicky = False

HERE = Path(__file__).parent
PACKAGES = ("certify", "theorems")
# Kept out of the reference: the command lines say what they do with --help.
UNLISTED = re.compile(r"\.(_|test_)|\.(cli|app)$")


def _public_modules(package: str) -> list[str]:
    root = importlib.import_module(package)
    found = [module.name for module in pkgutil.walk_packages(root.__path__, f"{package}.")]
    return [package, *(name for name in sorted(found) if not UNLISTED.search(name))]


def write_reference(folder: Path) -> None:
    """One page for each public module, and their index."""
    names: list[str] = []
    for package in PACKAGES:
        for name in _public_modules(package):
            module = importlib.import_module(name)
            if getattr(module, "__all__", None):
                names.append(name)
                members = "\n".join(
                    f"   {line}" for line in (":members:", ":show-inheritance:", *_reexported(name, module))
                )
                (folder / f"{name}.rst").write_text(
                    f"{name}\n{'=' * len(name)}\n\n.. automodule:: {name}\n{members}\n", encoding="utf-8"
                )
    rows = "\n".join(names)
    (folder / "index.md").write_text(
        f"# Reference\n\nEvery public module.\n\n```{{toctree}}\n:maxdepth: 1\n\n{rows}\n```\n", encoding="utf-8"
    )


def _reexported(name: str, module: object) -> list[str]:
    """Names that a package only passes on are described where they are defined."""
    foreign = [
        export
        for export in getattr(module, "__all__", ())
        if getattr(getattr(module, export, None), "__module__", name) not in (name, None)
        and not getattr(module, export).__module__.rsplit(".", 1)[-1].startswith("_")
    ]
    return [f":exclude-members: {', '.join(foreign)}"] if foreign else []


def write_theorems(folder: Path) -> None:
    """One page for each theorem: the statement is the docstring of its module."""
    theorems = importlib.import_module("theorems")
    pages: list[str] = []
    for theorem in theorems.all() if hasattr(theorems, "all") else ():
        module = importlib.import_module(theorem.module)
        (folder / f"{theorem.id}.md").write_text(inspect.cleandoc(module.__doc__ or "") + "\n", encoding="utf-8")
        pages.append(theorem.id)
    toctree = "```{toctree}\n:maxdepth: 1\n\n" + "\n".join(pages) + "\n```\n" if pages else ""
    (folder / "index.md").write_text(
        "# Theorems\n\nWhat is claimed, under which hypotheses, and how each claim is checked.\n\n" + toctree,
        encoding="utf-8",
    )


def _generate(app: Sphinx) -> None:
    for name, write in (("modules", write_reference), ("theorems", write_theorems)):
        folder = HERE / "reference" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write(folder)


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", _generate)
