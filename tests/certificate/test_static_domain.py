"""The static domain on chains built inside, on and outside every line, in whole certificates that are verified.

W1 = D H/2 with a Hadamard matrix H, W2 = (I, I, I/4)ᵀ in three groups of rows: all columns of a group have one
activity, x = ‖σ‖/2, and one error, e = ‖tail‖/2, a quarter of both in the third group, which is the noise.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.certificate.domains import Domain
from certify.chain import Chain
from certify.checker import check
from certify.claims import causes
from certify.claims.thresholds import Thresholds
from certify.execution import certify

H = np.array([[1.0, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]])
SIGMA = (8.0, 1.0, 0.5, 0.25)
LINES = ("rank", "gaps", "truncation", "columns", "pairs", "noise", "labels")


def chain_of(sigma: tuple[float, ...] = SIGMA) -> Chain:
    return Chain.from_arrays([np.diag(sigma) @ H / 2, np.vstack([np.eye(4), np.eye(4), np.eye(4) / 4])])


@functools.cache
def made(chain: Callable[[], Chain], options: Thresholds) -> tuple[Certificate, Chain]:
    given = chain()
    return certify(given, thresholds=options, workers=1), given


def domain_of(found: Certificate, subject: str = "edge W1 -> W2") -> Domain:
    return next(item for item in found.domain() if (item.subject, item.kind) == (subject, "static"))


X, E = math.hypot(*SIGMA) / 2, math.hypot(*SIGMA[1:]) / 2
WEIGHT, CHANGE = 4 * X * X, 4 * (2 * X * E + E * E)
TURN = math.asin(E / X)

BASE = Thresholds(
    group_rows=4, incidence_levels="97", activity_threshold=f"{X / 2:.17g}", edge_threshold=f"{WEIGHT / 2:.17g}",
    noise_threshold=f"{X:.17g}", label_correlation=0.5, label_ratio=4.0,
)  # fmt: skip


def with_(**changes: object) -> Thresholds:
    return replace(BASE, **changes)


def placed(line: str, part: float) -> Thresholds:
    """A threshold whose distance is so many times what the truncation moves."""
    text = {
        "columns": lambda: {"activity_threshold": f"{X - part * E:.17g}"},
        "pairs": lambda: {"edge_threshold": f"{WEIGHT - part * CHANGE:.17g}"},
        "noise": lambda: {"noise_threshold": f"{2 * X / 4 + part * 2 * E / 4:.17g}"},
        "labels": lambda: {"label_correlation": math.cos(part * 2 * TURN)},
    }[line]()
    return with_(**text)


def ratio(part: float) -> Thresholds:
    return with_(label_ratio=((1 + E / X) / (1 - E / X)) ** part)


def lines(found: Domain) -> dict[str, object]:
    return {name: found.lines[name] for name in LINES}


ALL_IN = dict.fromkeys(LINES, "IN")


def test_inside_every_line():
    found, chain = made(chain_of, BASE)
    assert check(found, chain, expected=BASE, workers=1).reasons == ()
    here = domain_of(found)
    assert (here.status, lines(here), here.lines["level"], here.factor) == ("IN", ALL_IN, "97", None)
    assert (here.lines["comparison"], here.lines["nearest_failing"]) == ("agrees", "none")
    assert domain_of(found, "chain").status == "IN"
    assert here.deciding["pairs"] == "E7.margins[97]"


@pytest.mark.parametrize(("part", "status"), [(2.0, "IN"), (1.0, "UNDECIDED"), (0.5, "OUT")])
@pytest.mark.parametrize("line", ["columns", "pairs", "noise", "labels", "ratio"])
def test_inside_on_and_outside_one_line(line: str, part: float, status: str):
    options = ratio(part) if line == "ratio" else placed(line, part)
    found, chain = made(chain_of, options)
    assert check(found, chain, expected=options, workers=1).reasons == ()
    here = domain_of(found)
    name = "labels" if line == "ratio" else line
    assert (here.status, lines(here)) == (status, {**ALL_IN, name: status})
    assert here.lines["nearest_failing"] == ("none" if status == "IN" else name)
    assert domain_of(found, "chain").status == status


def test_a_failing_line_tells_its_factor_and_that_the_structures_agree_all_the_same():
    here = domain_of(made(chain_of, placed("columns", 0.5))[0])
    moved = math.hypot(*SIGMA[1:]) * math.sqrt(2 + 1 / 16)
    assert here.factor == pytest.approx(moved / (E / 2), rel=1e-6)
    assert (here.lines["comparison"], here.smallest[0].lower) == ("agrees", 100)
    cells, columns = here.curve["97"]
    assert (cells.lower, columns.upper) == (pytest.approx(1 / 3), 0)
    assert "misses by the factor" in str(here)
    assert "none below the full windows" in str(here)


@pytest.mark.parametrize(("parts", "nearest"), [((0.5, 0.02), "columns"), ((0.01, 0.5), "noise")])
def test_of_two_failing_lines_the_one_of_the_least_factor_is_nearest(parts: tuple[float, float], nearest: str):
    options = replace(placed("columns", parts[0]), noise_threshold=placed("noise", parts[1]).noise_threshold)
    found, chain = made(chain_of, options)
    here = domain_of(found)
    assert (here.lines["columns"], here.lines["noise"], here.lines["nearest_failing"]) == ("OUT", "OUT", nearest)
    assert check(found, chain, workers=1).reasons == ()


def test_the_nearest_failing_label_has_a_distance():
    here = domain_of(made(chain_of, placed("labels", 0.5))[0])
    # Two profiles of length 2x at one place, turned by m: 4x²(1 − cos m).
    moved = math.hypot(*SIGMA[1:]) * math.sqrt(2 + 1 / 16)
    assert here.factor == pytest.approx(moved / math.sqrt(4 * X * X * (1 - math.cos(TURN))), rel=1e-3)


def test_without_thresholds_there_is_no_domain():
    found = made(lambda: Chain.from_arrays([np.diag([3.0, 2.0, 1.0]), np.eye(3)]), Thresholds())[0]
    assert domain_of(found).note == causes.NO_THRESHOLD


def test_a_lost_rank_is_outside():
    found, chain = made(lambda: chain_of((8.0, 1.0, 0.5, 0.0)), BASE)
    here = domain_of(found)
    assert (here.status, here.lines["rank"], here.lines["nearest_failing"]) == ("OUT", "OUT", "rank")
    assert here.factor == 4 / 3
    assert check(found, chain, workers=1).reasons == ()


def test_a_window_that_splits_equal_values_is_undecided():
    found, chain = made(lambda: chain_of((8.0, 4.0, 4.0, 1.0)), with_(incidence_levels="70"))
    here = domain_of(found)
    assert (here.status, here.lines["gaps"], here.lines["truncation"]) == ("UNDECIDED", "UNDECIDED", "UNDECIDED")
    assert (here.lines["columns"], here.lines["comparison"]) == ("UNDECIDED", "undecided")
    assert check(found, chain, workers=1).reasons == ()


def test_the_largest_level_decides_and_the_smallest_from_which_all_hold_is_told():
    """At 97 % one value is kept and all holds; at 90 % too; at 99.5 % the window splits equal values."""
    found, chain = made(chain_of, with_(incidence_levels="90,97"))
    here = domain_of(found)
    assert (here.status, here.lines["level"]) == ("IN", "90")
    assert check(found, chain, workers=1).reasons == ()
    tied = (8.0, 0.5, 0.5, 0.25)
    here = domain_of(made(lambda: chain_of(tied), with_(incidence_levels="99,99.5"))[0])
    assert (here.status, here.lines["level"], here.lines["gaps"]) == ("UNDECIDED", "99.5", "UNDECIDED")
    assert "largest level" in here.note


def test_vacuous_lines_do_not_apply():
    def reader(*parts: float) -> Callable[[], Chain]:
        return lambda: Chain.from_arrays([np.diag(SIGMA) @ H / 2, np.vstack([np.eye(4) * t for t in parts])])

    one = domain_of(made(reader(1), BASE)[0])
    assert (one.status, one.lines["pairs"], one.lines["noise"], one.lines["labels"]) == ("IN", *["NOT APPLICABLE"] * 3)
    assert one.deciding["pairs"] == causes.ONE_GROUP
    apart = domain_of(made(reader(1, 0.25), BASE)[0])
    assert (apart.lines["pairs"], apart.lines["noise"]) == ("NOT APPLICABLE", "IN")
    assert apart.deciding["pairs"] == causes.NO_SHARED_COLUMN
    quiet = domain_of(made(reader(0.25), BASE)[0])
    assert (quiet.status, quiet.note) == ("NOT APPLICABLE", causes.NO_ACTIVE_COLUMN)
    assert domain_of(made(reader(0.25), BASE)[0], "chain").status == "NOT APPLICABLE"
    whole = domain_of(made(reader(1), with_(incidence_levels="99.99"))[0])
    assert (whole.status, whole.note) == ("NOT APPLICABLE", causes.NO_SMALLER_WINDOW)
    loose = domain_of(made(reader(1, 1), with_(edge_threshold=f"{2 * WEIGHT:.17g}"))[0])
    assert (loose.lines["pairs"], loose.lines["labels"]) == ("IN", "NOT APPLICABLE")
    assert loose.deciding["labels"] == causes.NO_EDGE


def test_a_column_on_its_threshold_and_a_weight_on_that_of_edges_are_undecided():
    touched, chain = made(chain_of, placed("columns", 0.0))
    here = domain_of(touched)
    assert (here.status, here.lines["columns"], here.lines["level"]) == ("UNDECIDED", "UNDECIDED", "none")
    assert here.deciding["columns"] == causes.SUPPORT_OPEN
    assert check(touched, chain, expected=placed("columns", 0.0), workers=1).reasons == ()
    heavy, chain = made(chain_of, placed("pairs", 0.0))
    assert (domain_of(heavy).status, domain_of(heavy).lines["pairs"]) == ("UNDECIDED", "UNDECIDED")
    assert check(heavy, chain, expected=placed("pairs", 0.0), workers=1).reasons == ()


def test_nothing_is_asked_where_incidence_is_left_out():
    found = made(chain_of, with_(incidence_levels="none"))[0]
    assert not [item for item in found.domain() if item.kind == "static"]
