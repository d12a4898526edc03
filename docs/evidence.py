"""The tables of necessity and sharpness, searched afresh at every build of the documentation, for one seed."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import theorems
from theorems.engine.theorem import Instance

SEED = 0
SECONDS = 10.0
_NECESSITY = """# What every hypothesis is good for

For each hypothesis of each theorem: the smallest exact counterexample that the search found without it; or the stronger
theorem that does without it; or *open*, which says that nothing was found, and proves nothing. Every witness was found
when this page was built, from seed {seed} and without a stored answer, and its verdict is that of exact or enclosed
arithmetic: the dropped hypothesis fails, every other one holds, and the conclusion fails strictly.
"""
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
    for theorem, rows in groupby(theorems.necessity(time=SECONDS, seed=SEED), key=lambda row: row.theorem):
        parts.append(f"## {theorem}. {theorems.get(theorem).title}\n")
        for row in rows:
            parts.append(f"### {row.hypothesis}: {row.status}\n\n*{row.text}*. {row.why}\n")
            if row.witness is not None:
                parts.append(
                    f"Without it, *{row.witness.reading.name}* fails at\n\n{_instance(row.witness.instance)}\n"
                )
            elif row.status == "open":
                parts.append(f"Nothing among {row.tried} instances.\n")
    return "\n".join(parts)


def _sharpness() -> str:
    parts = [_SHARPNESS.format(seed=SEED)]
    for theorem, rows in groupby(theorems.sharpness(time=SECONDS, seed=SEED), key=lambda row: row.theorem):
        parts.append(f"## {theorem}. {theorems.get(theorem).title}\n")
        for row in rows:
            parts.append(f"### {row.constant} = {row.value} in *{row.reading}*\n")
            if row.ratio is not None and row.instance is not None:
                reached = "1, attained" if row.ratio == 1 else f"at least {row.ratio:.6f}"
                parts.append(f"Ratio reached: {reached}, at\n\n{_instance(row.instance)}\n")
            if row.refuted is not None:
                parts.append(f"One percent stronger, it fails at\n\n{_instance(row.refuted.instance)}\n")
    return "\n".join(parts)
