"""An untouched certificate is accepted, whatever its verdicts."""

from __future__ import annotations

import numpy as np
import pytest

import certify
from certify.chain import Chain
from certify.checker import Outcome, RejectedError, check, verify
from certify.errors import AmbiguousVerdictError, CertificateError, InputError
from certify.verdict import Verdict
from tests.checker.networks import NAMES, arrays, certificate, chain


@pytest.mark.parametrize("name", NAMES)
def test_untouched_is_accepted(name):
    found = check(certificate(name), chain(name), workers=1)
    assert [str(reason) for reason in found.reasons] == []
    assert found.outcome is Outcome.ACCEPTED


def test_all_verdicts_occur():
    verdicts = {claim.verdict for name in NAMES for claim in certificate(name).claims}
    assert verdicts == set(Verdict)


@pytest.mark.parametrize("workers", [1, 2, 5, None])
def test_the_number_of_workers_does_not_matter(workers):
    good = check(certificate("laws"), chain("laws"), workers=workers)
    assert good.reasons == ()
    other = Chain.from_arrays([*arrays("laws")[:-1], arrays("laws")[-1] * 1.5])
    bad = check(certificate("laws"), other, workers=workers)
    assert bad.reasons == check(certificate("laws"), other, workers=1).reasons
    assert bad.outcome is Outcome.REJECTED


@pytest.fixture
def saved(tmp_path):
    weights = tmp_path / "net.npz"
    np.savez(weights, **{f"layers.{i}.weight": a for i, a in enumerate(arrays("laws"))})
    path = tmp_path / "c.json"
    certify.certify(certify.load(weights), workers=1).save(path)
    return path, weights


def test_verify_reads_both_files(saved):
    path, weights = saved
    seen = []
    found = verify(path, weights, progress=lambda *args: seen.append(args), workers=1)
    assert found.outcome is Outcome.ACCEPTED
    assert found.certificate == certify.Certificate.load(path)
    assert [done for done, _, _ in seen] == list(range(9))
    assert {total for _, total, _ in seen} == {8}
    assert {label for _, _, label in seen} >= {"layer layers.0.weight", "edge layers.2.weight -> layers.3.weight"}


def test_altered_weights_are_rejected_by_their_hash(saved):
    path, weights = saved
    changed = arrays("laws")
    changed[1] = changed[1].copy()
    changed[1][0, 0] = np.nextafter(changed[1][0, 0], 1)
    np.savez(weights, **{f"layers.{i}.weight": a for i, a in enumerate(changed)})
    with pytest.raises(RejectedError) as caught:
        verify(path, weights)
    (reason,) = caught.value.verification.reasons
    assert reason.place == "input.tensors[1].sha256"
    assert caught.value.exit_code == 1
    assert isinstance(caught.value, CertificateError)
    assert "sha256" in str(caught.value)


def test_missing_files_are_refused(saved, tmp_path):
    path, weights = saved
    with pytest.raises(InputError):
        verify(tmp_path / "none", weights)
    with pytest.raises(InputError):
        verify(path, tmp_path / "none.npz")


def test_a_renamed_weight_file_is_other_input(saved, tmp_path):
    path, weights = saved
    weights.rename(tmp_path / "other.npz")
    with pytest.raises(RejectedError, match="other\\.npz"):
        verify(path, tmp_path / "other.npz")


def test_an_outcome_is_no_truth_value():
    with pytest.raises(AmbiguousVerdictError):
        bool(Outcome.ACCEPTED)


def test_thresholds_other_than_the_defaults():
    thresholds = certify.Thresholds(windows="1,3", energy_levels="50,80", alpha_width=1e-13, exact_rank_seconds=0.0)
    found = certify.certify(chain("laws"), thresholds=thresholds, workers=1)
    assert found.verdict is Verdict.UNDECIDED
    assert check(found, chain("laws"), workers=1).reasons == ()
    found = certify.certify(chain("singular"), thresholds=thresholds, workers=1)
    assert check(found, chain("singular"), workers=1).reasons == ()


def test_edges_that_skip_layers(tmp_path):
    """Facts about a layer are kept until its last edge is done."""
    from certify.chain import Edge

    base = Chain.from_arrays([np.diag([3.0, 2.0, 1.0]) + i for i in range(4)])
    looped = Chain(base.layers, (Edge(0, 1), Edge(0, 3), Edge(1, 2), Edge(2, 3)))
    found = certify.certify(looped, workers=1)
    for workers in (1, 3):
        assert check(found, looped, workers=workers).reasons == ()
    assert check(found, base, workers=1).outcome is Outcome.REJECTED
