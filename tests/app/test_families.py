"""Families of instances: every theorem has sliders, and every slider gives exact instances."""

from __future__ import annotations

from fractions import Fraction

import pytest

import theorems
from certify.verdict import Verdict
from tests.app.fourth import FOURTH
from theorems.app.between import between, blend, signature
from theorems.app.building import rotation
from theorems.app.families import spectral
from theorems.app.family import Control, nearest
from theorems.app.samples import samples
from theorems.app.sweep import judge
from theorems.engine.instance import Instance
from theorems.subjects.rational_matrices import product, transpose

IDS = [t.id for t in theorems.all()]


@pytest.mark.parametrize("id", IDS)
def test_every_theorem_has_a_family_with_sliders(id):
    theorem = theorems.get(id)
    family = spectral(theorem, theorem.readings[0], ())
    start = family.start()
    instance = family.build(start)
    assert set(instance.names) == {p.name for p in theorem.parameters}
    moved = set()
    for control in family.controls:
        ends = control.options or (control.low, control.high)
        assert control.first in (*control.options, *control.grid(49))
        moved |= {family.build({**start, control.name: end}) for end in ends}
    assert len(moved) > 1


@pytest.mark.parametrize("theorem", [theorems.get("D4"), theorems.get("E1"), FOURTH], ids=lambda t: t.id)
def test_lines_start_at_samples_that_meet_the_hypotheses(theorem, monkeypatch):
    if theorem is FOURTH:
        monkeypatch.setattr("theorems.library.get", lambda id: FOURTH)
    reading = theorem.readings[0]
    found = samples(theorem, reading)
    family = between(found)
    for number in range(1, len(found) + 1):
        try:
            x = family.build({**family.start(), "from": Fraction(number)})
        except IndexError:
            break
        assert x in found
        assert judge(theorem, reading, x, theorem.values()).assumed is Verdict.CERTIFIED
    assert number >= 4


def test_blend_is_exact_and_keeps_choices():
    x = Instance.of(A=[[1, 0], [0, 1]], r=1, s=Fraction(0), chart="kl")
    y = Instance.of(A=[[0, 3], [2, 1]], r=1, s=Fraction(1, 3), chart="kl")
    assert signature(x) == signature(y)
    expected = Instance.of(
        A=[[Fraction(3, 4), Fraction(3, 4)], [Fraction(1, 2), 1]], r=1, s=Fraction(1, 12), chart="kl"
    )
    assert blend(x, y, Fraction(1, 4)) == expected
    assert signature(x) != signature(y.replace(r=2))


@pytest.mark.parametrize("degrees", [0, 1, 20, 45, 90])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_rotations_are_orthogonal_exactly(n, degrees):
    q = rotation(n, Fraction(degrees))
    one = tuple(tuple(Fraction(int(i == j)) for j in range(n)) for i in range(n))
    assert product(q, transpose(q)) == one
    assert (q == one) == (degrees == 0 or n == 1)


def test_steps_are_exact():
    control = Control("x", "x", Fraction(0), Fraction(3), Fraction(1, 8), Fraction(1))
    assert control.at(0.3749999999) == Fraction(3, 8)
    assert nearest(control, Fraction(99)) == 3
    assert control.grid(49)[1] == Fraction(1, 16)
    assert Control("n", "n", Fraction(1), Fraction(4)).grid(49) == [1, 2, 3, 4]
    assert len(Control("y", "y", Fraction(0), Fraction(1), Fraction(1, 1000)).grid(49)) <= 50
