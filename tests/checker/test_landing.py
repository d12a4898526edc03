"""Which windows keep the incidence structure of networks that were trained, and one ulp across a recorded number."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from certify.certificate import Certificate
from certify.certificate.domains import Domain
from certify.chain import Chain
from certify.checker import check
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from tests.certificate.test_static_domain import BASE, CHANGE, TURN, WEIGHT, E, X, chain_of, domain_of, lines
from tests.chain.acasxu import FOLDER, networks, read_nnet

LARGEST = Thresholds(
    activity_threshold="largest", group_rows=10, noise_threshold="1.1x", incidence_levels="98.7,99.9,99.99"
)


@functools.cache
def acas(name: str, options: Thresholds) -> Certificate:
    return certify(Chain.from_arrays(read_nnet(FOLDER / name)[0]), thresholds=options, workers=1)


def _margins(found: Certificate, level: str) -> list[tuple[bool, dict[str, bool], bool]]:
    """Of every interface whether windows are below the full ones, which lines hold, and whether structures agree."""
    said: list[tuple[bool, dict[str, bool], bool]] = []
    for item in found.interfaces():
        margins, full = item[f"E7.margins[{level}]"], item["E7.margins[100]"]
        below = margins.parameters["ranks_next"] != full.parameters["ranks_next"]
        below |= margins.parameters["ranks"] != full.parameters["ranks"]
        names = str(margins.parameters["lines"]).split(",")
        holds = {name: value.lower > 0 for name, value in zip(names, margins.values, strict=True)}
        said.append((below, holds, item[f"E7.conclusion[{level}]"].values[1].lower == 1.0))
    return said


@pytest.mark.reference
@pytest.mark.skipif(not networks(), reason=f"no ACAS Xu networks in {FOLDER}")
@pytest.mark.parametrize("name", [path.name for path in networks()])
def test_networks_for_collision_avoidance_keep_their_structure_below_the_full_windows(name: str):
    """Columns, pairs and noise at all 18 interfaces from 99.9 % of the energy; what fails are margins of labels."""
    found = acas(name, LARGEST)
    assert check(found, Chain.from_arrays(read_nnet(FOLDER / name)[0]), expected=LARGEST, workers=1).reasons == ()
    for below, holds, agrees in _margins(found, "99.9"):
        assert below
        assert all(holds[line] for line in holds if line != "labels")
        assert agrees or not holds["labels"]
    static = [item for item in found.domain() if item.kind == "static" and item.subject.startswith("edge")]
    assert all(item.status == "IN" or item.lines["nearest_failing"] == "labels" for item in static)
    assert sum(item.status == "IN" for item in static) >= 5


@pytest.mark.reference
@pytest.mark.skipif(not networks(), reason=f"no ACAS Xu networks in {FOLDER}")
@pytest.mark.parametrize("name", [path.name for path in networks()])
def test_so_they_do_with_the_thresholds_that_are_chosen_for_them(name: str):
    """In the same blocks of rows; in smaller ones no threshold leaves two columns on either side of each group."""
    found = acas(name, Thresholds(group_rows=10))
    for below, holds, agrees in _margins(found, "99.9"):
        assert below
        assert agrees
        assert all(holds[line] for line in holds if line != "labels")
    assert all(below and agrees for below, _, agrees in _margins(acas(name, Thresholds()), "99.9"))


def _placed(line: str) -> Callable[[float], Thresholds]:
    """The thresholds with one number in them."""
    return {
        "columns": lambda v: replace(BASE, activity_threshold=f"{v:.17g}"),
        "pairs": lambda v: replace(BASE, edge_threshold=f"{v:.17g}"),
        "noise": lambda v: replace(BASE, noise_threshold=f"{v:.17g}"),
        "labels": lambda v: replace(BASE, label_correlation=v),
    }[line]


_EDGES = {
    "columns": (X - E * (1 + 1e-8), X - E),
    "pairs": (WEIGHT - CHANGE * (1 + 1e-8), WEIGHT - CHANGE),
    "noise": (X / 2 + E / 2 * (1 + 1e-8), X / 2 + E / 2),
    "labels": (math.cos(2 * TURN * (1 + 1e-3)), math.cos(2 * TURN)),
}
"""A number that is certainly inside, and one on the edge."""


def _one_ulp(line: str) -> tuple[Domain, Domain]:
    """The domains on both sides of the last float at which a line holds."""
    place, (inside, outside) = _placed(line), _EDGES[line]

    def stands(value: float) -> Domain:
        return domain_of(certify(chain_of(), thresholds=place(value), workers=1))

    before, after = stands(inside), stands(outside)
    assert (before.lines[line], after.lines[line]) == ("IN", "UNDECIDED")
    while math.nextafter(inside, outside) != outside:
        middle = inside + (outside - inside) / 2
        middle = middle if middle not in (inside, outside) else math.nextafter(inside, outside)
        found = stands(middle)
        if found.lines[line] == "IN":
            inside, before = middle, found
        else:
            outside, after = middle, found
    return before, after


@pytest.mark.parametrize(
    "line", ["pairs", *(pytest.param(line, marks=pytest.mark.slow) for line in ("columns", "noise", "labels"))]
)
def test_one_ulp_across_a_recorded_number_changes_exactly_one_line(line: str):
    before, after = _one_ulp(line)
    changed = {name for name, status in lines(before).items() if lines(after)[name] != status}
    assert (before.status, after.status, changed) == ("IN", "UNDECIDED", {line})


def test_one_ulp_across_the_width_that_is_allowed_changes_the_truncation_alone():
    found = certify(chain_of(), thresholds=BASE, workers=1)
    values = found["E1.transport[97]", "edge W1 -> W2"].values
    width = max(value.upper - value.lower for value in values)
    at, below = (
        domain_of(certify(chain_of(), thresholds=replace(BASE, incidence_relative=limit), workers=1))
        for limit in (width, math.nextafter(width, 0.0))
    )
    changed = {name for name, status in lines(at).items() if lines(below)[name] != status}
    assert (at.status, below.status, changed) == ("IN", "UNDECIDED", {"truncation"})
    assert below.factor is not None
    assert 1 < below.factor < 1 + 1e-9
