"""Witnesses in other languages: the same instance, the same inequality, and the script runs."""

from __future__ import annotations

import json
import os
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import sympy
from latex2mathml.converter import convert

from certify.errors import InputError
from theorems.cli import run
from theorems.engine.instance import kind_of
from theorems.export import FORMATS, export
from theorems.verification import verify

GALLERY = sorted((Path(__file__).parents[2] / "docs" / "gallery").glob("*.json"))
NUMBER = r"\(?(-?\d+)(?: / (\d+))?\)?"


@pytest.fixture(scope="module", params=GALLERY, ids=[path.stem for path in GALLERY])
def witness(request):
    return verify(request.param)


def expected(witness) -> dict[str, Any]:
    """The numbers of the instance by the names that exports give them, as lists of rows."""
    found: dict[str, Any] = {}
    for name, value in witness.instance.items:
        kind = kind_of(value)
        if kind == "chain":
            found.update({f"{name}_{k}": [list(row) for row in m] for k, m in enumerate(value, start=1)})
        elif kind == "matrix":
            found[name] = [list(row) for row in value]
        elif kind == "vector":
            found[name] = [[x] for x in value]
        elif kind != "choice":
            found[name] = [[Fraction(value)]]
    return found


def test_the_script_has_the_instance_and_its_inequality_holds(witness, capsys) -> None:
    names: dict[str, Any] = {}
    exec(export(witness, "sympy"), names)
    for name, rows in expected(witness).items():
        value = names[name]
        shown = value.tolist() if isinstance(value, sympy.MatrixBase) else [[value]]
        assert [[Fraction(int(x.p), int(x.q)) for x in map(sympy.Rational, row)] for row in shown] == rows
    if witness.reading.sides is not None:
        value, bound = witness.reading.sides(witness.instance, witness.theorem.values(witness.constants))
        for side, name in ((value, "value"), (bound, "bound")):
            ends = sympy.N(names[f"{name}_low"], 30), sympy.N(names[f"{name}_high"], 30)
            assert ends[0] - 1e-12 <= float(side) <= ends[1] + 1e-12
        assert " > " in capsys.readouterr().out


def test_the_lean_file_has_the_instance_and_an_inequality_of_rationals(witness) -> None:
    if witness.reading.sides is None:
        with pytest.raises(InputError, match="decided, not compared"):
            export(witness, "lean")
        return
    text = export(witness, "lean")
    matrices = re.findall(r"def «(\w+)» : Matrix \(Fin (\d+)\) \(Fin (\d+)\) ℚ := !!\[(.*)\]", text)
    found = {name: [[_number(x) for x in row.split(", ")] for row in body.split("; ")] for name, *_, body in matrices}
    for (name, rows, columns, _), value in zip(matrices, found.values(), strict=True):
        assert (len(value), {len(row) for row in value}) == (int(rows), {int(columns)}), name
    scalars = re.findall(rf"def «(\w+)» : [ℚℤ] := ({NUMBER})$", text, re.MULTILINE)
    assert found | {name: [[_number(number)]] for name, number, *_ in scalars} == expected(witness)
    left, right = (_number(re.search(rf"def {side} : ℚ := (.*)", text)[1]) for side in ("leftSide", "rightSide"))
    assert right <= left if witness.reading.strict else right < left
    value, bound = witness.reading.sides(witness.instance, witness.theorem.values(witness.constants))
    assert abs(float(left) - float(value)) < 1e-9 * max(1.0, abs(float(value)))
    assert abs(float(right) - float(bound)) < 1e-9 * max(1.0, abs(float(bound)))


def _number(text: str) -> Fraction:
    top, bottom = re.fullmatch(NUMBER, text).groups()
    return Fraction(int(top), int(bottom or 1))


def test_latex_is_balanced_and_sets(witness) -> None:
    text = export(witness, "latex")
    for begin, name in re.findall(r"\\(begin|end)\{([a-z*]+)\}", text):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}"), begin
    for formula in re.findall(r"\$([^$]+)\$", text):
        assert convert(formula)
    assert re.sub(r"\\[{}]", "", text).count("{") == re.sub(r"\\[{}]", "", text).count("}")


def test_command_prints_and_writes(tmp_path, capsys) -> None:
    assert run(["export", str(GALLERY[0]), "--format", "sympy", "-o", str(tmp_path / "w.py")]) == 0
    capsys.readouterr()
    assert run(["export", str(GALLERY[0]), "--format", "sympy"]) == 0
    assert capsys.readouterr().out == (tmp_path / "w.py").read_text(encoding="utf-8")
    assert run(["export", str(GALLERY[0]), "--format", "coq"]) == 2
    assert run(["export", str(tmp_path / "missing.json")]) == 4
    with pytest.raises(InputError, match="one of latex, sympy, lean"):
        export(verify(GALLERY[0]), "coq")
    assert list(FORMATS) == ["latex", "sympy", "lean"]


def test_a_false_witness_is_not_exported(tmp_path, capsys) -> None:
    data = json.loads((GALLERY[0].parent / "c4-half.json").read_text(encoding="utf-8"))
    data["instance"]["H"] = data["instance"]["K"]
    (tmp_path / "w.json").write_text(json.dumps(data), encoding="utf-8")
    assert run(["export", str(tmp_path / "w.json")]) in (1, 4)
    assert not capsys.readouterr().out


def test_the_witness_is_not_replaced_by_its_export(tmp_path) -> None:
    kept = GALLERY[0].read_bytes()
    (tmp_path / "w.json").write_bytes(kept)
    os.link(tmp_path / "w.json", tmp_path / "other.json")
    for name in ("w.json", "other.json"):
        assert run(["export", str(tmp_path / "w.json"), "-o", str(tmp_path / name)]) == 2
    assert (tmp_path / "w.json").read_bytes() == kept
