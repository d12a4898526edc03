"""What is asked of an interface, what is not asked and why, and causes where nothing could be enclosed."""

from __future__ import annotations

import numpy as np

from certify.chain import Chain
from certify.claims import incidence
from certify.claims.thresholds import Thresholds
from certify.execution import Measured, run_protocol
from certify.verdict import Claim, Verdict

CHARTS = ("top_radial", "log_log", "kl", "hellinger")


def outcome(*arrays: np.ndarray, thresholds: Thresholds | None = None) -> Measured:
    return run_protocol(Chain.from_arrays(arrays), thresholds, workers=1)


def edge_claims(found: Measured) -> dict[str, Claim]:
    return {claim.id: claim for claim in found.claims if claim.subject.startswith("edge")}


def random(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def test_the_claims_of_a_square_interface() -> None:
    ids = list(edge_claims(outcome(random(5, 5), random(5, 5))))
    windows = [int(id[len("E.cosines[") : -1]) for id in ids if id.startswith("E.cosines[")]
    assert set(windows) >= {1, 2, 4}
    rows = [id for id in ids if id.startswith(("E4.", "E5.", "E6.", "E7.", "E1.transport"))]
    levels = ("90", "95", "99", "99.5", "99.9", "99.99", "100")
    assert rows == [
        incidence.THRESHOLDS,
        incidence.SUPPORTS,
        "E5.radius",
        *(id for level in levels for id in incidence.level_ids(level) if not id.startswith("E7.pairs")),
        incidence.WINDOW,
        "E7.domain.spectral",
        "E7.domain.static",
    ]
    assert [id for id in ids if id not in rows] == [
        *(id for k in windows for id in (f"E.cosines[{k}]", f"E.sines[{k}]", f"E.overlap[{k}]", f"N1.overlap[{k}]")),
        "B3.imbalance",
        "B3.imbalance.diagonal",
        "B3.imbalance.relative",
        "C4.commutator",
        "N1.commutator",
        "C5.ranks",
        *(id for k in windows for id in (f"B3.angle[{k}]", f"C5.levels[{k}]")),
        "D4.amplitude.transport",
        "D4.slack.transport",
        *(f"D4.drift.transport[{chart}]" for chart in CHARTS),
        "D4.amplitude.product",
        "D4.slack.product",
        *(f"D4.drift.product[{chart}]" for chart in CHARTS),
        *(f"E1.truncation[{k}]" for k in windows),
        "A2.intersection",
    ]


def test_the_transport_form_is_not_asked_between_other_shapes() -> None:
    found = outcome(random(5, 4), random(5, 5))
    reasons = {item.id: item.reason for item in found.not_asked}
    assert set(reasons) == {
        "E7.domain.spectral",
        "D4.amplitude.transport",
        "D4.slack.transport",
        *(f"D4.drift.transport[{chart}]" for chart in CHARTS),
        *incidence.PAIR_IDS,
    }
    assert all("square" in reason for id, reason in reasons.items() if id not in incidence.PAIR_IDS)
    assert "D4.drift.product[kl]" in edge_claims(found)


def test_the_transport_form_is_not_asked_of_singular_layers() -> None:
    found = outcome(np.ones((3, 3)), random(3, 3))
    assert any("singular" in item.reason for item in found.not_asked)
    assert "D4.amplitude.transport" not in edge_claims(found)


def test_an_undecided_rank_leaves_the_transport_form_undecided() -> None:
    found = edge_claims(outcome(np.ones((3, 3)), random(3, 3), thresholds=Thresholds(exact_rank_seconds=0.0)))
    for id in ("D4.amplitude.transport", "D4.slack.transport", "D4.drift.transport[kl]"):
        assert found[id].verdict is Verdict.UNDECIDED
        assert found[id].cause == "a layer is not certified to be invertible"


def test_one_rank_has_no_drift() -> None:
    found = outcome(random(1, 1), random(1, 1))
    skipped = {item.id for item in found.not_asked if item.subject.startswith("edge")}
    drifts = {f"D4.drift.{form}[{chart}]" for form in ("transport", "product") for chart in CHARTS}
    assert skipped == drifts | {"N1.commutator", "E4.thresholds", "E7.domain.static"}


def test_equal_singular_values_leave_nothing_to_tell_from_chance() -> None:
    found = outcome(np.eye(4), random(4, 4))
    reasons = {item.id: item.reason for item in found.not_asked if item.subject.startswith("edge")}
    assert "not known well enough" in reasons["N1.commutator"]
    # Layers whose Grams differ from a multiple of the identity by less than the commutator is known to.
    near = np.eye(64) + 1e-9 * random(64, 64)
    assert any(item.id == "N1.commutator" for item in outcome(near, near[::-1]).not_asked)


def test_the_commutator_of_aligned_layers_is_less_than_chance() -> None:
    found = edge_claims(outcome(np.diag([3.0, 2.0, 1.0, 1.0]), np.diag([1.0, 1.0, 2.0, 3.0])))
    ratio, score, chance = found["N1.commutator"].values
    assert ratio.lower == 0.0
    assert score.upper < 0.0
    assert chance.upper < 1.0


def test_a_vanishing_product_has_no_amplitude() -> None:
    found = edge_claims(outcome(np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[0.0, 1.0], [0.0, 3.0]])))
    for id in ("D4.amplitude.product", "D4.slack.product", "D4.drift.product[kl]"):
        assert found[id].verdict is Verdict.UNDECIDED, id
        assert "told from 0" in found[id].cause


def test_an_overflowing_norm_is_undecided_with_its_cause() -> None:
    found = outcome(np.full((2, 2), 1.7e308))
    sigma = next(claim for claim in found.claims if claim.id == "spectrum.sigma")
    assert sigma.verdict is Verdict.UNDECIDED
    assert "overflowed" in sigma.cause
    assert not any("nan" in str(value) for claim in found.claims for value in (*claim.values, claim.margin))


def test_the_product_form_says_that_it_is_empty() -> None:
    found = edge_claims(outcome(random(3, 3), random(3, 3)))
    assert all("empty" in found[f"D4.drift.product[{chart}]"].note for chart in CHARTS)


def test_given_windows_are_used_for_every_claim_with_a_window() -> None:
    found = outcome(random(6, 6), random(6, 6), thresholds=Thresholds(windows="3"))
    assert {c.parameters["window"] for c in found.claims if "window" in c.parameters} == {3}


def test_identical_layers_are_the_case_of_equality() -> None:
    """Drift, amplitude and residual step vanish: enclosures cannot decide an inequality between two zeros."""
    w = random(4, 4)
    found = edge_claims(outcome(w, w))
    drift = found["D4.drift.transport[kl]"]
    assert drift.verdict is Verdict.UNDECIDED
    assert drift.margin.lower < 0 < drift.margin.upper
    assert found["D4.slack.transport"].verdict is Verdict.CERTIFIED
