"""Pairs in R³: the dimension of the intersection stays along the motion and grows in the limit, exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from certify.geometry.orbits.pair_orbit import invariant, orbit_witness
from theorems.app.motion_page import PATH, exact_time, motion_html
from theorems.app.scene import good_turn, scene
from theorems.app.strata import KINDS, diagonal_motion, motion, starting_pair, starting_strata

CASES = [(kind, i, which) for kind in KINDS for i in starting_strata(kind) for which in (1, 7)]


@pytest.mark.parametrize(("kind", "i", "which"), CASES)
def test_only_the_limit_leaves_the_orbit(kind, i, which):
    pair = starting_pair(kind, i, which)
    assert (pair[0].dim, pair[1].dim, invariant(*pair)) == (*KINDS[kind], i)
    moving = motion(pair)
    path = [moving.at(t) for t in PATH]
    assert {p.meet for p in path[1:]} == {i}
    closed = i == max(starting_strata(kind))
    assert path[0].meet == (i if closed else i + 1)
    assert orbit_witness(path[-1].pair, path[1].pair).same_orbit
    assert orbit_witness(path[-1].pair, path[0].pair).same_orbit == closed
    if not closed:
        # The overlap moves although the orbit does not, and is continuous up to the limit.
        assert len({p.overlap for p in path}) > 2
        near = moving.at(Fraction(1, 10**6)).overlap
        assert abs(near - path[0].overlap) < Fraction(1, 10**4)


def test_diagonal_subgroups_may_keep_the_stratum():
    pair = starting_pair("two lines", 0, 3)
    assert diagonal_motion(pair, (0, 0, 0)).at(Fraction(0)).pair == pair
    meets = {diagonal_motion(pair, (a, b, 0)).at(Fraction(0)).meet for a in range(-2, 3) for b in range(-2, 3)}
    assert meets <= {0, 1}


@pytest.mark.parametrize(("kind", "i", "which"), CASES)
def test_page_of_a_pair(kind, i, which):
    moving = motion(starting_pair(kind, i, which))
    text = motion_html(moving, Fraction(0), 35, ["", ""], lambda latex: latex)
    assert f'<b class="ps-meet-dim">{moving.at(Fraction(0)).meet}</b>' in text
    assert text.count('class="ps-here"') == 1
    assert "nan" not in text


def test_scene_shows_each_part():
    u, v = starting_pair("two planes", 1, 1)
    svg = scene((u, v), good_turn((u, v)), "two planes")
    assert svg.count("ps-plane ps-first") == svg.count("ps-plane ps-second") == 2
    assert svg.count('class="ps-meet"') == 1
    assert scene((u, u), 10, "equal planes").count('class="ps-meet"') == 0


def test_slider_positions_are_exact():
    assert exact_time(0) == 0
    assert exact_time(0.5) == Fraction(1, 2)
    assert exact_time(0.968750000001) == Fraction(31, 32)
