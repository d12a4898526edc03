"""The tables of necessity and of sharpness say what stands in the module, search the rest, and look at no clock."""

from __future__ import annotations

import dataclasses
import json

import theorems
from theorems.engine import tables
from theorems.engine.instance import Instance
from theorems.engine.theorem import Cell, Need

D3, E1 = theorems.get("D3"), theorems.get("E1")


def _row(theorem, reading, hypothesis):
    rows = tables.necessity(theorem)
    return next(r for r in rows if (r.reading, r.hypothesis) == (reading, hypothesis))


def test_necessity_of_a_model_has_a_row_for_every_cell():
    rows = theorems.necessity("D3")
    wanted = {(r.name, h) for r in D3.readings if r.status.value != "false" for h in r.hypotheses}
    assert {(r.reading, r.hypothesis) for r in rows} == wanted
    assert {r.status for r in rows} <= {"witness", "stronger"}
    assert all((r.instance is not None) == (r.status == "witness") and not r.found for r in rows)
    assert json.loads(json.dumps([r.to_json() for r in rows]))


def test_a_witness_that_does_not_stand_leaves_the_cell_open():
    cell = next(c for c in D3.cells if c.hypothesis and c.witness is not None)
    inside = dataclasses.replace(cell, witness=Instance.of(d=2, lo=0, hi=1))
    broken = dataclasses.replace(D3, cells=(inside,))
    assert _row(broken, cell.reading, cell.hypothesis).status == "open"


def test_what_the_module_does_not_decide_is_searched():
    cell = next(c for c in D3.cells if c.hypothesis and c.witness is not None)
    row = _row(dataclasses.replace(D3, cells=()), cell.reading, cell.hypothesis)
    assert (row.status, row.found) == ("witness", True)
    assert row.tried > 0


def test_other_cells_give_their_reasons():
    cell = next(c for c in D3.cells if c.hypothesis)
    said = {
        "stronger": Cell(cell.reading, cell.hypothesis, stronger="the other case is a reflection"),
        "open": Cell(cell.reading, cell.hypothesis, open="nothing is known"),
    }
    for status, other in said.items():
        row = _row(dataclasses.replace(D3, cells=(other,)), cell.reading, cell.hypothesis)
        assert (row.status, row.why, row.instance) == (status, other.stronger or other.open, None)
    needs = tuple(dataclasses.replace(h, need=Need.DEFINITION) for h in D3.hypotheses)
    assert _row(dataclasses.replace(D3, hypotheses=needs, cells=()), *_names(cell)).status == "definition"


def _names(cell):
    return cell.reading, cell.hypothesis


def test_sharpness_of_models():
    rows = {(r.constant, r.reading): r for r in theorems.sharpness(["E1", "D3"])}
    assert rows["writer", "Frobenius"].ratio == rows["reader", "Frobenius"].ratio == 1.0
    assert 0.999 < rows["slope", "margin"].ratio < 1.0
    assert all(r.refuted is not None for r in rows.values())
    assert json.loads(json.dumps([r.to_json() for r in rows.values()]))
    again = theorems.sharpness("D3")
    assert [r.to_json() for r in again] == [r.to_json() for r in rows.values() if r.theorem == "D3"]
