"""The local runner: the same outcome for every number of workers, in order, with progress and clean failure."""

from __future__ import annotations

import flint
import numpy as np
import pytest

from certify.chain import Chain
from certify.chain.model import Edge, Layer
from certify.errors import InputError, UsageError
from certify.execution import certify, run_protocol
from certify.execution.schedule import Schedule
from certify.verdict import Verdict, combine


def chain(count: int = 4, n: int = 6) -> Chain:
    rng = np.random.default_rng(3)
    return Chain.from_arrays([rng.standard_normal((n, n)) for _ in range(count)])


def test_workers_do_not_change_the_outcome() -> None:
    given = chain()
    first = run_protocol(given, workers=1)
    assert first == run_protocol(given, workers=2) == run_protocol(given, workers=7)


def test_claims_come_in_protocol_order() -> None:
    given = chain(3)
    subjects = list(dict.fromkeys(claim.subject for claim in run_protocol(given, workers=3).claims))
    assert subjects == ["layer W1", "layer W2", "layer W3", "edge W1 -> W2", "edge W2 -> W3", "chain"]


def test_edges_that_skip_and_branch() -> None:
    given = chain(4)
    branched = Chain(given.layers, (Edge(0, 1), Edge(0, 3), Edge(2, 3)))
    outcome = run_protocol(branched, workers=2)
    subjects = {claim.subject for claim in outcome.claims if claim.subject.startswith("edge")}
    assert subjects == {"edge W1 -> W2", "edge W1 -> W4", "edge W3 -> W4"}
    assert {item.reason for item in outcome.not_asked if item.subject == "chain"} == {
        "its layers do not form one line: one of them has several readers or sources"
    }


def test_components_that_are_not_joined_are_asked_one_by_one() -> None:
    given = chain(5)
    parts = Chain(given.layers, (Edge(0, 3), Edge(1, 2)))
    outcome = run_protocol(parts, workers=2)
    subjects = [claim.subject for claim in outcome.claims if claim.id == "A4.polystable"]
    assert subjects == ["chain W1 -> W4", "chain W2 -> W3", "chain W5"]
    assert outcome == run_protocol(parts, workers=1)


def test_progress_counts_every_layer_edge_and_line_once() -> None:
    seen: list[tuple[int, int, str]] = []
    run_protocol(chain(3), workers=2, progress=lambda *step: seen.append(step))
    assert [done for done, _, _ in seen] == [0, 1, 2, 3, 4, 5, 6]
    assert {total for _, total, _ in seen} == {6}
    assert len({label for _, _, label in seen}) == 7


def test_facts_are_dropped_with_their_last_edge(monkeypatch: pytest.MonkeyPatch) -> None:
    most = 0
    finish = Schedule.finish

    def counted(self: Schedule, *args: object) -> str:
        nonlocal most
        subject = finish(self, *args)  # type: ignore[arg-type]
        most = max(most, len(self.facts))
        return subject

    monkeypatch.setattr(Schedule, "finish", counted)
    run_protocol(chain(8, 3), workers=1)
    assert most <= 2


def test_a_layer_that_cannot_be_read_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    given = chain(5, 3)
    read = Layer.matrix

    def fail(self: Layer) -> np.ndarray:
        if self.name == "W3":
            raise InputError("gone", tensor=self.name)
        return read(self)

    monkeypatch.setattr(Layer, "matrix", fail)
    before = flint.ctx.prec
    with pytest.raises(InputError, match="gone"):
        run_protocol(given, workers=2)
    assert flint.ctx.prec == before


def test_no_workers_are_refused() -> None:
    with pytest.raises(UsageError):
        run_protocol(chain(2, 2), workers=0)


def test_the_certificate_combines_the_claims_and_records_the_thresholds() -> None:
    certificate = certify(chain(2, 3), workers=1)
    assert certificate.verdict is combine(claim.verdict for claim in certificate.claims)
    assert certificate.thresholds["windows"] == "auto"
    assert certificate.to_bytes() == certify(chain(2, 3), workers=2).to_bytes()


def test_a_refuted_layer_refutes_the_chain() -> None:
    certificate = certify(Chain.from_arrays([np.ones((2, 2)), np.eye(2)]))
    assert certificate.verdict is Verdict.REFUTED
