"""The tables of necessity and sharpness, decided afresh at every build of the documentation.

    python docs/evidence.py [ID...]

searches the instances of sharpness again, of all theorems in minutes, and writes them to evidence.json; a build decides
each of them anew, and searches only what is not there or no longer stands.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import theorems
from certify.errors import PolystableError
from theorems.engine.instance import Instance
from theorems.engine.tables import NecessityRow, SharpnessRow, sharpness_at
from theorems.engine.theorem import Constant, Reading, Status

SEED = 0
FILE = Path(__file__).with_name("evidence.json")
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
strengthened by one percent. The instances were searched from seed {seed}; each was decided again when this page was
built.
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
    for theorem in theorems.all():
        rows = kept(theorem)
        if rows:
            parts.append(f"## {theorem.id}. {theorem.title}\n")
        for row in rows:
            parts.append(f"### {row.constant} = {row.value} in *{row.reading}*\n")
            if row.ratio is not None and row.instance is not None:
                reached = "1, attained" if row.ratio == 1 else f"at least {row.ratio:.6f}"
                parts.append(f"Ratio reached: {reached}, at\n\n{_instance(row.instance)}\n")
            if row.refuted is not None:
                parts.append(f"One percent stronger, it fails at\n\n{_instance(row.refuted.instance)}\n")
    return "\n".join(parts)


@functools.cache
def _file() -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """The rows of the file by theorem, constant, its value, and reading."""
    rows = json.loads(FILE.read_text(encoding="utf-8"))
    return {(row["theorem"], row["constant"], row["value"], row["reading"]): row for row in rows}


def kept(theorem) -> list[SharpnessRow]:
    """The rows of a theorem from the instances in the file, each decided anew; searched where one is not there."""
    pairs = [
        (constant, reading)
        for constant in theorem.constants
        for reading in theorem.readings
        if constant.name in reading.constants and reading.status is not Status.FALSE
    ]
    found = [_file().get((theorem.id, c.name, str(c.value), r.name)) for c, r in pairs]
    rows = [_row(theorem, *pair, data) for pair, data in zip(pairs, found, strict=True) if data is not None]
    stands = all(data is not None and row.to_json() == data for row, data in zip(rows, found, strict=False))
    return rows if len(rows) == len(pairs) and stands else theorems.sharpness(theorem.id, seed=SEED)


def _row(theorem, constant: Constant, reading: Reading, data: dict[str, Any]) -> SharpnessRow:
    try:
        instance = None if data["instance"] is None else Instance.from_json(data["instance"])
        refuted = None if data["refuted"] is None else theorems.verify(data["refuted"])
    except PolystableError:
        instance = refuted = None
    return sharpness_at(theorem, constant, reading, instance, refuted)


def main(ids: Sequence[str] = ()) -> None:
    """Search the rows of some theorems again, of all when none is named, and write the file."""
    rows: list[dict[str, Any]] = []
    for theorem in theorems.all():
        if ids and theorem.id not in ids:
            rows += [row for row in _file().values() if row["theorem"] == theorem.id]
        else:
            rows += [row.to_json() for row in theorems.sharpness(theorem.id, seed=SEED)]
    FILE.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
