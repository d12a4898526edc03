"""No clock decides: the same search gives the same bytes under any hash seed, on an idle and on a loaded machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction

import pytest

import theorems
from theorems.engine.draw import draw
from theorems.engine.theorem import Need, Status

CODE = """
import json, sys, theorems
for id, options in json.loads(sys.argv[1]):
    print(json.dumps(theorems.get(id).search(**options).to_json(times=False)), flush=True)
"""
BUSY = "import os, time\nos.nice(17)\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"
HANDFUL = [
    ("D4", {"drop": "slack"}),
    ("D4", {"drop": "normalized", "reading": "converse"}),
    ("D3", {"constants": {"slope": "101/100"}}),
    ("D4", {"constants": {"factor": "2"}, "limit": 3650}),
]


def every_search():
    for t in theorems.all():
        yield from ((t.id, {"drop": h.name}) for h in t.hypotheses if h.need is Need.NEEDED)
        yield from ((t.id, {"reading": r.name}) for r in t.readings if r.status is Status.FALSE)


def lines(searches, seed, *before):
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [*before, sys.executable, "-c", CODE, json.dumps(searches)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()


def loaded(searches, seed):
    busy = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(2)]
    try:
        return lines(searches, seed, "nice", "-n", "19")
    finally:
        for process in busy:
            process.kill()
            process.wait()


def agree(searches):
    idle = lines(searches, "0")
    assert len(idle) == len(searches)
    for search, first, second in zip(searches, idle, loaded(searches, "4711"), strict=True):
        assert first == second, search
    return [json.loads(line) for line in idle]


def test_a_handful_of_searches_gives_equal_bytes():
    found = agree(HANDFUL)
    assert [f["verdict"] for f in found] == ["REFUTED"] * 3 + ["UNDECIDED"]
    assert sum(found[3]["tried"].values()) == 3650
    assert not any(f["stopped"] for f in found)


@pytest.mark.slow
def test_every_search_gives_equal_bytes():
    found = agree(list(every_search()))
    assert [f for f in found if f["verdict"] != "REFUTED"] == []


def test_what_is_drawn_does_not_depend_on_loaded_modules(monkeypatch):
    strategy = theorems.get("D3").strategy
    first, second = [], []
    draw(strategy(), first.append, examples=60, seed=3)
    # A local module full of numbers, which Hypothesis would mix into what it draws.
    odd = type(sys)("odd_numbers")
    odd.__file__ = __file__
    monkeypatch.setitem(sys.modules, "odd_numbers", odd)
    draw(strategy(), second.append, examples=60, seed=3)
    assert first == second


def test_the_cap_on_time_says_after_how_many():
    result = theorems.get("D4").search(constants={"factor": 2}, time=1e-9)
    assert result.stopped
    assert result.to_json()["stopped"]
    assert f"stopped by the time limit after {sum(result.tried.values())} of {result.limit} instances" in result.note
    assert "proves nothing" in result.note


def test_a_cap_that_bites_while_shrinking_is_said(monkeypatch):
    monkeypatch.setattr("theorems.engine.hunt.Hunt.out_of_time", lambda self: setattr(self, "stopped", True) or True)
    result = theorems.get("D4").search(drop="slack")
    assert result.witness is not None
    assert "while the witness was made smaller" in result.show()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, "factor = 1 is the stated value: nothing was changed"),
        (Fraction(3, 2), "3/2 is weaker than the stated 1: every instance that meets the claim meets it"),
    ],
)
def test_a_change_that_asks_nothing_new_is_said(value, said):
    result = theorems.get("D4").search(constants={"factor": value}, limit=50)
    assert said in result.notes
    assert said in result.show()


def test_repr_fits_twelve_lines():
    for id, options in (
        ("A4", {"reading": "a threshold decides"}),
        ("D4", {"drop": "slack"}),
        ("D6", {"reading": "twice at the fit"}),
    ):
        result = theorems.get(id).search(**options)
        for shown in (repr(result), repr(result.witness)):
            assert len(shown.splitlines()) <= 12
            assert max(map(len, shown.splitlines())) <= 120
