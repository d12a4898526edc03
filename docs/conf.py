"""Sphinx configuration; the pages of the reference and of the theorems are written from the modules at every build."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import shutil
import sys
import tomllib
from pathlib import Path

import click
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

import theorems
from theorems import library

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
write_evidence = importlib.import_module("evidence").write_evidence
catalogue = importlib.import_module("catalogue")
legible = importlib.import_module("formulas").legible

project = "Polystable"
author = "the Polystable authors"
release = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# The pages ask nobody for a typesetter: formulas are MathML, which browsers set themselves.
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "examples", "experiments/*/table.md"]
html_theme = "furo"
html_title = "Polystable"
html_show_copyright = False
html_static_path = ["static"]
html_css_files = ["formulas.css"]
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Fields named alike in several classes (shape, name) are looked up by napoleon and found twice.
suppress_warnings = ["ref.python"]

PACKAGES = ("certify", "theorems")
# Kept out of the reference: the command lines say what they do with --help.
UNLISTED = re.compile(r"\.(_|test_)|\.(cli|conftest)$|\.app\b")


def _public_modules(package: str) -> list[str]:
    root = importlib.import_module(package)
    found = [module.name for module in pkgutil.walk_packages(root.__path__, f"{package}.")]
    return [package, *(name for name in sorted(found) if not UNLISTED.search(name))]


def write_reference(folder: Path) -> None:
    """One page for each public module, and their index; what several modules export is described once."""
    modules = {name: importlib.import_module(name) for package in PACKAGES for name in _public_modules(package)}
    modules = {name: module for name, module in modules.items() if getattr(module, "__all__", None)}
    homes: dict[int, str] = {}
    for name, module in sorted(modules.items(), key=lambda item: item[0].count(".")):
        for export in module.__all__:
            thing = getattr(module, export, None)
            if homes.get(id(thing)) != getattr(thing, "__module__", None):
                homes[id(thing)] = name
    for name, module in modules.items():
        shared = [export for export in module.__all__ if hasattr(getattr(module, export, None), "__module__")]
        elsewhere = [export for export in shared if homes[id(getattr(module, export))] != name]
        # Outside the tree of contents, which is drawn anew on every page.
        text = f":orphan:\n\n{name}\n{'=' * len(name)}\n\n.. automodule:: {name}\n   :members:\n   :show-inheritance:\n"
        if elsewhere:
            text += f"   :exclude-members: {', '.join(elsewhere)}\n\nDescribed elsewhere:\n\n"
            text += "".join(f"* :py:obj:`~{homes[id(getattr(module, export))]}.{export}`\n" for export in elsewhere)
        (folder / f"{name}.rst").write_text(text, encoding="utf-8")
    rows = "\n".join(
        f"* {{doc}}`{name}`: {inspect.getdoc(module).partition(chr(10))[0]}" for name, module in modules.items()
    )
    (folder / "index.md").write_text(f"# Reference\n\nEvery public module.\n\n{rows}\n", encoding="utf-8")


def write_commands(folder: Path) -> None:
    """What the command lines say with --help."""
    pages = ["Command line\n============\n"]
    for package in PACKAGES:
        group = importlib.import_module(f"{package}.cli").command
        with click.Context(group, info_name=package, **group.context_settings) as parent:
            commands = [(package, parent)]
            for name, item in sorted(group.commands.items()):
                commands.append((f"{package} {name}", click.Context(item, parent=parent, info_name=name)))
            for title, context in commands:
                text = context.command.get_help(context).replace("\n", "\n   ")
                pages.append(f"{title}\n{'-' * len(title)}\n\n.. code-block:: text\n\n   {text}\n")
    (folder / "index.rst").write_text("\n".join(pages), encoding="utf-8")


def write_theorems(folder: Path) -> None:
    """One page for each theorem: its statement in sections, then what its checks consist of."""
    pages: list[str] = []
    for theorem in theorems.all():
        name = library.module_name(theorem)
        title, _, body = inspect.cleandoc(library.docstring(theorem)).partition("\n")
        title = title.rstrip(".")
        parts = [*_links(theorem, body), _bars_as_text(body), ""]
        parts += [*_readings(theorem), *_constants(theorem), *_mutants(theorem)]
        page = catalogue.page(theorem)
        text = "\n".join([title, "=" * len(title), *parts]) + f"\n\nModule :code:`{name}`.\n"
        (folder / f"{page}.rst").write_text(text, encoding="utf-8")
        pages.append(page)
    rows = "\n".join(pages)
    (folder / "index.md").write_text(
        "# Theorems\n\nWhat is claimed, under which hypotheses, and how each claim is checked.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{rows}\n```\n",
        encoding="utf-8",
    )


def _links(theorem, body: str) -> list[str]:
    """Where else a theorem is spoken of: the words that it uses, the lines of a certificate, the gallery."""
    terms = ", ".join(f":term:`{term}`" for term in catalogue.term_links(body))
    claims = ", ".join(
        f":ref:`{entry.heading} <{catalogue.target(entry)}>`" for entry in catalogue.claim_links(theorem)
    )
    shown = ", ".join(f":ref:`{title} <{name}>`" for name, title in catalogue.gallery_links(theorem))
    found = (("Words", terms), ("In a certificate", claims), ("Gallery", shown))
    return [f":{label}: {text}" for label, text in found if text] + [""]


def _table(title: str, rows: list[tuple[str, ...]]) -> list[str]:
    """A section with a list table; the first row is its head."""
    lines = [title, "-" * len(title), "", ".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        lines += [f"   {'*' if place == 0 else ' '} - {_bars_as_text(cell)}" for place, cell in enumerate(row)]
    return [*lines, ""] if len(rows) > 1 else []


def _readings(theorem) -> list[str]:
    rows = [("reading", "status", "claim")]
    rows += [
        (item.name, item.status.value, f":math:`{item.latex}`" if item.latex else item.text)
        for item in theorem.readings
    ]
    return _table("Readings checked", rows)


def _constants(theorem) -> list[str]:
    rows = [("constant", "value", "what it is")]
    rows += [(item.name, str(item.value), item.text + (" (sharp)" if item.sharp else "")) for item in theorem.constants]
    return _table("Constants", rows)


def _mutants(theorem) -> list[str]:
    rows = [("wrong version", "what is altered")]
    rows += [(item.name, item.text) for item in theorem.mutants]
    return _table("Wrong versions that the checks reject", rows)


def _bars_as_text(text: str) -> str:
    """Absolute values and norms in prose are no substitutions; literals, mathematics and examples stay as they are."""
    paragraphs = re.split(r"(\n[ ]*\n)", text)
    deeper_than = -1
    for place in range(0, len(paragraphs), 2):
        paragraph = paragraphs[place]
        indent = len(paragraph) - len(paragraph.lstrip(" "))
        if 0 <= deeper_than < indent or re.match(r"\s*(>>>|\.\. math::)", paragraph):
            continue
        deeper_than = indent if paragraph.rstrip().endswith("::") else -1
        pieces = re.split(r"(``.*?``|`[^`]*`)", paragraph, flags=re.DOTALL)
        paragraphs[place] = "".join(p if i % 2 else p.replace("|", r"\|") for i, p in enumerate(pieces))
    return "".join(paragraphs)


def _process_docstring(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    lines[:] = _bars_as_text("\n".join(lines)).split("\n")


def _generate(app: Sphinx) -> None:
    for name, write in (
        ("modules", write_reference),
        ("commands", write_commands),
        ("theorems", write_theorems),
        ("evidence", write_evidence),
        ("claims", catalogue.write_claims),
        ("map", catalogue.write_map),
    ):
        folder = HERE / "reference" / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write(folder)


def _mathml(tex: str, display: str) -> str:
    # Sphinx accepts bare line breaks in a displayed formula; the converter wants the environment they belong to.
    bare = r"\\" in tex and r"\begin" not in tex
    return legible(convert(rf"\begin{{aligned}}{tex}\end{{aligned}}" if bare else tex, display=display))


def _inline_math(translator: HTML5Translator, node: nodes.math) -> None:
    translator.body.append(_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def _display_math(translator: HTML5Translator, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{_mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (_inline_math, None), (_display_math, None))
    app.connect("builder-inited", _generate)
    app.connect("autodoc-process-docstring", _process_docstring)
