"""Shrinking stops at an instance that no single simplification keeps, and never leaves the counterexamples."""

from __future__ import annotations

from fractions import Fraction

import pytest

import theorems
from theorems.engine.hunt import refutes
from theorems.engine.instance import Instance
from theorems.engine.shrink import shrink

E1 = theorems.get("E1")
B3 = theorems.get("B3")
BIG = Instance.of(
    A=[[Fraction(7, 3), 2, 5], [1, Fraction(9, 4), 3], [0, 4, 1]],
    A_next=[[3, 1, 4], [1, 5, 9], [2, 6, 5]],
    r=2,
    r_next=2,
    j=2,
    window="coordinate",
)


def test_everything_goes_when_everything_may():
    small = shrink(E1, BIG, lambda x: True, 4000)
    assert small.matrix("A").tolist() == small.matrix("A_next").tolist() == [[0]]
    assert (small.integer("r"), small.integer("r_next"), small.choice("window")) == (0, 0, "leading")


def test_what_must_stay_stays():
    def still(x):
        return x.matrix("A").nrows() >= 2 and x.matrix("A")[0, 0] > 2 and x.choice("window") == "coordinate"

    small = shrink(E1, BIG, still, 4000)
    assert still(small)
    assert (small.matrix("A").nrows(), small.matrix("A")[0, 0]) == (2, 3)
    assert small.choice("window") == "coordinate"


def test_symmetric_matrices_stay_symmetric():
    start = Instance.of(K=[[2, Fraction(3, 5)], [Fraction(3, 5), 7]], H=[[1, 4], [4, 9]], k=1, window="leading")
    seen = []

    def still(x):
        seen.append(x)
        return x.matrix("K").nrows() == 2 and x.matrix("K")[0, 1] != 0

    small = shrink(B3, start, still, 4000)
    assert all(x.matrix(n) == x.matrix(n).transpose() for x in seen for n in ("K", "H"))
    assert small["K"] == ((0, 1), (1, 0))


def test_nothing_is_tried_without_steps():
    assert shrink(E1, BIG, lambda x: True, 0) == BIG


def test_a_smaller_size_may_need_another_number():
    theorem = theorems.get("D3")
    reading = theorem.reading("variance decreases")
    start = Instance.of(d=5, lo=0, hi=Fraction(2, 5))

    def still(x):
        return reading.judge(x, theorem.values()).verdict.value == "REFUTED" and x.rational("lo") < x.rational("hi")

    assert still(start)
    assert shrink(theorem, start, still, 4000).integer("d") == 3


DOZEN = [
    ("A1", {"drop": "same dimensions"}),
    ("A2", {"drop": "invertible"}),
    ("A3", {"reading": "limits keep the stratum"}),
    ("B3", {"drop": "semidefinite"}),
    ("C4", {"reading": "one half"}),
    ("D2", {"reading": "same spectrum"}),
    ("D3", {"reading": "variance decreases"}),
    ("D4", {"drop": "slack"}),
    ("D4", {"reading": "without normalization"}),
    ("D10", {"drop": "close"}),
    ("E1", {"drop": "leading"}),
    ("E4", {"reading": "spectral subadditivity"}),
]


@pytest.mark.parametrize(("id", "options"), DOZEN)
def test_witnesses_have_nothing_to_spare(id, options):
    """No index can go, no entry can be 0, no integer can be smaller: else the witness would be that."""
    theorem = theorems.get(id)
    witness = theorem.search(**options).witness
    values = theorem.values(witness.constants)

    def still(x):
        return refutes(theorem, witness.reading, x, values, witness.dropped)

    x = witness.instance
    assert still(x)
    assert shrink(theorem, x, still, 10**6) == x
    for p in theorem.parameters:
        if p.kind == "integer":
            assert not any(still(x.replace(**{p.name: k})) for k in range(int(p.low), x.integer(p.name)))
        elif p.kind == "matrix" and not p.symmetric:
            rows = x[p.name]
            for i, j in ((i, j) for i, row in enumerate(rows) for j, v in enumerate(row) if v):
                changed = [[0 if (k, l) == (i, j) else v for l, v in enumerate(row)] for k, row in enumerate(rows)]
                assert not still(x.replace(**{p.name: changed}))


def test_shrinking_counts_its_steps():
    asked = []
    shrink(E1, BIG, lambda x: asked.append(x) or False, 17)
    assert len(asked) == 17
