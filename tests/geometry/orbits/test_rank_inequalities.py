"""Rank inequalities: true of every chain, and attained."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from certify.geometry.orbits.barcode import ranks_of_barcode
from certify.geometry.orbits.rank_inequalities import frobenius_lower, shorter_upper

LENGTH = 4
INTERVALS = [(i, j) for i in range(LENGTH + 1) for j in range(i, LENGTH + 1)]


@st.composite
def barcodes(draw: st.DrawFn) -> dict[tuple[int, int], int]:
    return {interval: draw(st.integers(0, 3)) for interval in INTERVALS}


def table(bars, slack=0):
    ranks = ranks_of_barcode(bars, LENGTH)
    return {(u, v): (max(r - (slack if u < v else 0), 0), r + (slack if u < v else 0)) for (u, v), r in ranks.items()}


@given(barcodes(), st.integers(0, 2))
def test_they_hold_for_every_chain(bars, slack):
    exact, known = table(bars), table(bars, slack)
    for (u, v), (rank, _) in exact.items():
        if v >= u + 2:
            without = {place: bounds for place, bounds in known.items() if place != (u, v)}
            assert frobenius_lower(without, u, v) <= rank <= shorter_upper(without, u, v)
            assert frobenius_lower(without, u, v, reach=1) <= frobenius_lower(without, u, v)


@given(barcodes())
def test_they_are_attained_when_no_bar_starts_and_ends_inside(bars):
    """R(a, v) + R(u, b) − R(a, b) misses R(u, v) by the bars over a..b that reach neither u nor v."""
    known = table(bars)
    inside = sum(m for (i, j), m in bars.items() if i > 0 and j < LENGTH and i <= 2 <= j)
    lower = frobenius_lower({p: x for p, x in known.items() if p != (0, LENGTH)}, 0, LENGTH)
    assert lower >= known[0, LENGTH][0] - inside


def test_sylvester_is_the_case_of_one_space():
    known = {(0, 0): (4, 4), (1, 1): (5, 5), (2, 2): (3, 3), (0, 1): (4, 4), (1, 2): (3, 3)}
    assert frobenius_lower(known, 0, 2) == 2
    assert shorter_upper(known, 0, 2) == 3
