"""The tables of necessity and sharpness, decided afresh at every build of the documentation, for one seed."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import theorems
from theorems.engine.instance import Instance
from theorems.engine.tables import NecessityRow

SEED = 0
_NECESSITY = """# What every hypothesis is good for

For each true reading and each hypothesis that it has: an exact counterexample without that hypothesis; or how the
reading holds without it; or that a term of the reading is not defined without it; or *open*, which says that nothing
was found, and proves nothing. Every counterexample was decided again when this page was built: the hypothesis fails,
every other one holds, and the conclusion fails strictly, in exact or enclosed arithmetic. Where it says *found*, the
search found it then, from seed {seed}.
"""
_WORDS = {
    "witness": "fails without it",
    "stronger": "holds without it",
    "definition": "is not defined without it",
    "open": "open",
}
_SHARPNESS = """# How sharp every constant is

For each constant: the largest ratio of the two sides that was reached, proved from below, with the instance that
reaches it; and for a constant that is claimed to be sharp, a counterexample to the statement with the constant
strengthened by one percent. Searched when this page was built, from seed {seed}.
"""


def write_evidence(folder: Path) -> None:
    """Two pages in ``folder``, and their index."""
    (folder / "necessity.md").write_text(_necessity(), encoding="utf-8")
    (folder / "sharpness.md").write_text(_sharpness(), encoding="utf-8")
    (folder / "index.md").write_text(
        "# Necessity and sharpness\n\n```{toctree}\n:maxdepth: 1\n\nnecessity\nsharpness\n```\n", encoding="utf-8"
    )


def _instance(instance: Instance) -> str:
    return f"```text\n{instance.show()}\n```"


def _necessity() -> str:
    parts = [_NECESSITY.format(seed=SEED)]
    for theorem, of_theorem in groupby(theorems.necessity(seed=SEED), key=lambda row: row.theorem):
        parts.append(f"## {theorem}. {theorems.get(theorem).title}\n")
        for hypothesis, rows in groupby(of_theorem, key=lambda row: (row.hypothesis, row.text)):
            parts.append(f"### {hypothesis[0]}\n\n*{hypothesis[1]}*\n")
            parts += [_cell(row) for row in rows]
    return "\n".join(parts)


def _cell(row: NecessityRow) -> str:
    """What becomes of one reading without the hypothesis."""
    head = f"**{row.reading}** {_WORDS[row.status]}" + (", found" if row.found else "")
    if row.instance is not None:
        return f"{head}, at\n\n{_instance(row.instance)}\n"
    why = row.why or f"nothing among {row.tried} instances"
    return f"{head}: {why}.\n"


def _sharpness() -> str:
    parts = [_SHARPNESS.format(seed=SEED)]
    for theorem, rows in groupby(theorems.sharpness(seed=SEED), key=lambda row: row.theorem):
        parts.append(f"## {theorem}. {theorems.get(theorem).title}\n")
        for row in rows:
            parts.append(f"### {row.constant} = {row.value} in *{row.reading}*\n")
            if row.ratio is not None and row.instance is not None:
                reached = "1, attained" if row.ratio == 1 else f"at least {row.ratio:.6f}"
                parts.append(f"Ratio reached: {reached}, at\n\n{_instance(row.instance)}\n")
            if row.refuted is not None:
                parts.append(f"One percent stronger, it fails at\n\n{_instance(row.refuted.instance)}\n")
    return "\n".join(parts)
