"""Exact chains on a recorded number, and one ulp beside it: what cannot be told apart is undecided, nothing else.

W = I and W' = (diag u, diag v) with u = (3, 2, 1, 1, 1) and v = (1, 1, 1, 2, 3), and two columns of 1/16 behind both:
the activities are the entries, both profiles have the length 4, the weight of the pair is 11, the correlation 11/16 and
the norm of the noise 1/8, all without rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.certificate.domains import Domain
from certify.chain import Chain
from certify.checker import check
from certify.claims import causes
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.verdict import Verdict

U, V = np.array([3.0, 2.0, 1.0, 1.0, 1.0, 0.0625, 0.0625]), np.array([1.0, 1.0, 1.0, 2.0, 3.0, 0.0625, 0.0625])
KNOWN: dict[str, Any] = {
    "incidence_levels": "99", "group_rows": 7, "activity_threshold": "0.5", "edge_threshold": "6.0",
    "noise_threshold": "1.0", "label_correlation": 0.25, "label_ratio": 2.0,
}  # fmt: skip
TIES: dict[str, dict[str, Any]] = {
    "columns": {"activity_threshold": "1.0"},
    "pairs": {"edge_threshold": "11.0"},
    "noise": {"noise_threshold": "0.25"},
    "correlation": {"label_correlation": 0.6875},
    "ratio": {"label_ratio": 1.0},
}
"""Thresholds on which a cell, the weight of the pair, its correlation, its ratio, and the noise with its error lie."""


def _made(step: Callable[[float], float], **changes: Any) -> Certificate:
    """v_1 and v_6, or their neighbours; the activity, weight, noise, correlation and ratio move with them."""
    v = V.copy()
    v[[0, 5]] = step(v[0]), step(v[5])
    chain = Chain.from_arrays([np.eye(7), np.vstack([np.diag(U), np.diag(v)])])
    options = Thresholds(**{**KNOWN, **changes})
    found = certify(chain, thresholds=options, workers=1)
    assert check(found, chain, expected=options, workers=1).reasons == ()
    return found


def _verdicts(found: Certificate) -> dict[tuple[str, str], tuple[Verdict, str]]:
    return {(claim.subject, claim.id): (claim.verdict, claim.cause) for claim in found.claims}


def _static(found: Certificate) -> Domain:
    return next(item for item in found.domain() if (item.subject, item.kind) == ("edge W1 -> W2", "static"))


def _on(x: float) -> float:
    return x


def _above(x: float) -> float:
    return math.nextafter(x, 2.0)


def _below(x: float) -> float:
    return math.nextafter(x, 0.0)


@pytest.mark.parametrize("line", TIES)
def test_on_a_threshold_and_one_ulp_beside_it_the_same_is_undecided(line: str):
    on, above, below = (_made(step, **TIES[line]) for step in (_on, _above, _below))
    assert _verdicts(on) == _verdicts(above) == _verdicts(below)
    assert _static(on).lines == _static(above).lines == _static(below).lines


LINES = ("rank", "gaps", "truncation", "columns", "pairs", "noise", "labels")
LABELS = {
    "E6.labels",
    "E5.radius",
    *(f"E7.{name}[{level}]" for name in ("pairs", "margins", "conclusion") for level in (99, 100)),
}
HANGING = {
    "columns": None,
    "pairs": {"E4.graph", "E6.labels", "E7.pairs[99]", "E7.pairs[100]"},
    "noise": {"E7.conclusion[99]", "E7.smallest_level"},
    "correlation": LABELS | {"E7.smallest_level"},
    "ratio": LABELS | {"E7.smallest_level"},
}
"""Claims that a tie takes with it, beside the domain's; all that is asked of supports where one is not known."""
MOVED = {
    "columns": dict.fromkeys(LINES[1:], "NOT APPLICABLE") | {"columns": "UNDECIDED"},
    "pairs": {"pairs": "UNDECIDED", "labels": "NOT APPLICABLE"},
    "noise": {"noise": "UNDECIDED"},
    "correlation": {"labels": "UNDECIDED"},
    "ratio": {"labels": "UNDECIDED"},
}
CAUSES = {"columns": causes.SUPPORT_OPEN, "pairs": causes.NO_EDGE_GAP}
"""What decides a line that is not asked for; of others it is their margin."""


@pytest.mark.parametrize("line", TIES)
def test_a_tie_takes_nothing_from_what_does_not_hang_on_it(line: str):
    plain, tied = _made(_on), _made(_on, **TIES[line])
    before, after = ({name: _static(found).lines[name] for name in LINES} for found in (plain, tied))
    assert set(before.values()) == {"IN"}
    assert after == before | MOVED[line]
    open_ = next(name for name, status in after.items() if status == "UNDECIDED")
    assert _static(tied).deciding[open_] == CAUSES.get(line, "E7.margins[99]")
    old, new = _verdicts(plain), _verdicts(tied)
    changed = {id for subject, id in old if old[subject, id] != new.get((subject, id))}
    hanging = HANGING[line]
    if hanging is None:
        kept = {"E4.thresholds", "E7.rank", "E7.domain.spectral"}
        assert not changed & kept
        assert all(id.split(".")[0] in {"E1", "E4", "E5", "E6", "E7"} for id in changed)
    else:
        assert changed == hanging | {"E7.domain.static"}
    assert all(claim.cause for claim in tied.claims if claim.verdict is Verdict.UNDECIDED)
    assert not any(claim.verdict is Verdict.REFUTED for claim in tied.claims)
