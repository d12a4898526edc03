"""A run that was ended is continued, and what it left is not believed further than it goes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from certify import cli
from certify.chain import Chain, load
from certify.claims.thresholds import Thresholds
from certify.errors import InputError
from certify.execution import certify
from certify.execution.journal import opened
from certify.execution.schedule import Schedule
from certify.execution.tasks import Entry, TaskKind
from certify.prover.layer import LayerFacts
from tests.signals import usual


class EndedError(Exception):
    """Stands for whatever ended a run."""


def weights(seed: int = 5, count: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    found = [rng.standard_normal((6, 6)) for _ in range(count)]
    found[1] = np.outer(np.arange(1.0, 7.0), np.arange(2.0, 8.0))
    found[2] = np.round(4 * found[2])
    return found


def stopped(path: Path, chain: Chain, subjects: int, thresholds: Thresholds | None = None) -> None:
    """Leave a journal of a run that ended after so many subjects."""

    def ends(done: int, total: int, label: str) -> None:
        if done >= subjects:
            raise EndedError

    with opened(path, chain, thresholds or Thresholds()) as journal, pytest.raises(EndedError):
        certify(chain, thresholds=thresholds, workers=1, progress=ends, journal=journal)


def resumed(path: Path, chain: Chain) -> tuple[bytes, int]:
    """The certificate of the continued run, and how many subjects it did not ask again."""
    with opened(path, chain, Thresholds()) as journal:
        return certify(chain, workers=1, journal=journal).to_bytes(), len(journal.known)


@pytest.mark.parametrize("edges", ["line", "branched", "none", "heads"])
def test_a_run_that_ends_anywhere_continues_to_the_same_bytes(tmp_path, edges) -> None:
    chain = Chain.from_arrays(weights())
    if edges == "heads":
        table = {"count": 3, "size": 2, "query": "W1"}
        tables = [table, {**table, "name": "other", "output": "W3"}]
        chain = Chain.from_arrays(weights(count=3), heads=tables)
    elif edges != "line":
        chain = Chain(chain.layers, chain.edges[:1] if edges == "none" else (*chain.edges, type(chain.edges[0])(0, 3)))
    whole = certify(chain, workers=1).to_bytes()
    total = Schedule(chain, Thresholds()).total
    for subjects in range(1, total + 1):
        path = tmp_path / f"{subjects}"
        stopped(path, chain, subjects)
        assert resumed(path, chain) == (whole, subjects)
        # All of it is written down now, and nothing is asked again.
        assert resumed(path, chain) == (whole, total)


def test_known_subjects_are_not_asked_again(tmp_path, monkeypatch) -> None:
    chain = Chain.from_arrays(weights())
    stopped(tmp_path / "j", chain, 5)
    asked: list[str] = []
    for name in ("measure_layer", "measure_edge"):
        module = sys.modules["certify.execution.work"]
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, real=real, name=name: (asked.append(name), real(*a))[1])
    resumed(tmp_path / "j", chain)
    assert len(asked) == len(chain.layers) + len(chain.edges) - 5


def test_a_tail_that_is_torn_at_any_byte_is_left_out(tmp_path, monkeypatch, request) -> None:
    step = 1 if request.config.getoption("--slow") else 17
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    chain = Chain.from_arrays([np.diag([3.0, 1.0]), np.array([[1.0, 2.0], [0.0, 1.0]])])
    whole = certify(chain).to_bytes()
    path = tmp_path / "j"
    stopped(path, chain, 2)
    data = path.read_bytes()
    last = data.rindex(b"\n", 0, -1) + 1
    for end in (*range(last, len(data) - 1, step), len(data) - 1):
        path.write_bytes(data[:end])
        with opened(path, chain, Thresholds()) as journal:
            assert len(journal.known) == 1
        assert path.read_bytes() == data[:last]
    for tail in (b"\0" * 70, data[last:-1] + b"\0", b"x" * 64 + data[last + 64 :], b"\xff\xfe\n" + data[last:]):
        path.write_bytes(data[:last] + tail)
        assert resumed(path, chain) == (whole, 1)
    # The first line torn: a run that had done nothing.
    first = data.index(b"\n") + 1
    for end in range(0, first, 7 * step):
        path.write_bytes(data[:end])
        assert resumed(path, chain) == (whole, 0)


def test_a_journal_of_another_run_is_refused_with_the_reason(tmp_path, monkeypatch) -> None:
    chain = Chain.from_arrays(weights())
    path = tmp_path / "j"
    stopped(path, chain, 3)
    before = path.read_bytes()

    def refused(other: Chain, thresholds: Thresholds, reason: str) -> None:
        with pytest.raises(InputError, match=reason) as error, opened(path, other, thresholds):
            pass
        assert "--fresh" in str(error.value)
        assert path.read_bytes() == before

    changed = weights()
    changed[3][5, 5] = np.nextafter(changed[3][5, 5], 9.0)
    refused(Chain.from_arrays(changed), Thresholds(), "other weights")
    refused(Chain(chain.layers, chain.edges[:2]), Thresholds(), "other weights")
    refused(chain, Thresholds(cosine_width=0.01), "other thresholds")
    with monkeypatch.context() as patched:
        patched.setattr("certify.certificate.document.metadata.version", lambda name: "9.9")
        refused(chain, Thresholds(), "another version")
    with opened(path, chain, Thresholds(cosine_width=0.01), fresh=True) as journal:
        assert not journal.known
    for other in (b"my notes\n", b"", before.replace(b"polystable-journal/1", b"polystable-journal/2")):
        path.write_bytes(other)
        if other:
            with pytest.raises(InputError, match="not a journal"), opened(path, chain, Thresholds()):
                pass
            assert path.read_bytes() == other
    path.write_bytes(b"my notes\n")
    with pytest.raises(InputError, match="not a journal"), opened(path, chain, Thresholds(), fresh=True):
        pass
    assert path.read_bytes() == b"my notes\n"


def test_links_pipes_and_two_runs_are_refused(tmp_path) -> None:
    chain = Chain.from_arrays(weights())
    own = tmp_path / "own"
    own.write_bytes(b"")
    (tmp_path / "link").symlink_to(own)
    os.link(own, tmp_path / "hard")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "hard", "pipe"):
        with pytest.raises(InputError), opened(tmp_path / name, chain, Thresholds(), fresh=True):
            pass
    with (
        opened(tmp_path / "j", chain, Thresholds()),
        pytest.raises(InputError, match="another run"),
        opened(tmp_path / "j", chain, Thresholds()),
    ):
        pass


def resealed(data: bytes, lines: list[bytes]) -> bytes:
    """What someone writes who knows the checksums."""
    digest, out = "", b""
    for line in lines:
        digest = hashlib.sha256(digest.encode() + line).hexdigest()
        out += digest.encode() + b" " + line + b"\n"
    return out


def test_records_that_no_run_writes_are_refused(tmp_path) -> None:
    chain = Chain.from_arrays(weights())
    path = tmp_path / "j"
    stopped(path, chain, 3)
    data = path.read_bytes()
    head, *rest = [line[65:] for line in data.splitlines()]
    assert resealed(data, [head, *rest]) == data
    for line in (
        b"[" * 100000,
        b"{}",
        b'{"place":[0,0],"place":[0,0]}',
        rest[0].replace(b'"place":[0,0]', b'"place":[0,99]'),
        rest[0].replace(b'"place":[0,0]', b'"place":[2,0]'),
        rest[0].replace(b'"place":[0,0]', b'"place":[0]'),
        rest[0].replace(b'"place":[0,0]', b'"place":[0,-1]'),
        rest[0].replace(b'"subject":"layer W1","kind"', b'"subject":"layer W3","kind"'),
        rest[1],
    ):
        path.write_bytes(resealed(data, [head, *rest[1:], line]))
        with pytest.raises(InputError, match="line"), opened(path, chain, Thresholds()):
            pass
    # A layer without its claims is noticed where they are needed.
    bare = b'{"place":[0,0],"subject":"layer W1","claims":[],"not_asked":[],"causes":{}}'
    path.write_bytes(resealed(data, [head, bare]))
    with pytest.raises(InputError, match="not all"):
        resumed(path, chain)


@pytest.fixture
def saved(tmp_path) -> Path:
    path = tmp_path / "w.npz"
    np.savez(path, **{f"layers.{i}": matrix for i, matrix in enumerate(weights())})
    return path


@pytest.mark.parametrize(("id", "value", "margin"), [("E7.rank", 6.0, 1.0), ("D6.kl.alpha", 0.125, 2.0**-10)])
def test_a_forged_result_gives_no_certificate(saved, tmp_path, capsys, id, value, margin) -> None:
    output, path = tmp_path / "c.json", tmp_path / "c.json.journal"
    chain = load(saved)
    whole = certify(chain)
    stopped(path, chain, 3)
    data = path.read_bytes()
    head, *rest = [line[65:] for line in data.splitlines()]
    place = next(i for i, line in enumerate(rest) if line.startswith(b'{"place":[0,1]'))
    # The second layer has rank 1; the forger says 6, or another exponent, in all that the claim holds.
    record = json.loads(rest[place])
    claim = next(item for item in record["claims"] if item["id"] == id)
    claim |= {"values": [[value.hex()] * 2], "margin": [margin.hex()] * 2, "verdict": "CERTIFIED", "cause": ""}
    forged = json.dumps(record, separators=(",", ":")).encode()
    path.write_bytes(resealed(data, [head, *rest[:place], forged, *rest[place + 1 :]]))
    assert cli.run(["chain", str(saved), "-o", str(output)]) == InputError.exit_code
    assert "not proved" in capsys.readouterr().err
    assert not output.exists()
    assert path.exists()
    assert cli.run(["chain", str(saved), "-o", str(output), "--fresh"]) == 1
    assert output.read_bytes() == whole.to_bytes()
    assert not path.exists()


def test_the_command_continues_and_removes_the_journal(saved, tmp_path, capsys) -> None:
    output, path = tmp_path / "c.json", tmp_path / "c.json.journal"
    chain = load(saved)
    stopped(path, chain, 4)
    assert cli.run(["chain", str(saved), "-o", str(output)]) == 1
    assert "4 subjects are done" in capsys.readouterr().err
    assert output.read_bytes() == certify(chain).to_bytes()
    assert not path.exists()
    path.write_text("mine")
    output.unlink()
    assert cli.run(["chain", str(saved), "-o", str(output)]) == InputError.exit_code
    assert path.read_text() == "mine"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_that_is_killed_at_random_moments_is_continued(tmp_path, number) -> None:
    rng = np.random.default_rng(11)
    source = tmp_path / "w.npz"
    np.savez(source, **{f"layers.{i}": rng.standard_normal((24, 24)) for i in range(6)})
    output, path = tmp_path / "c.json", tmp_path / "c.json.journal"
    command = [sys.executable, "-m", "certify", "chain", str(source), "-o", str(output), "--workers", "1"]
    moments = random.Random(number)
    kills, subjects = 0, 0
    for _ in range(60):
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=usual)
        deadline = time.monotonic() + 60
        # Not before it has begun to write.
        while run.poll() is None and not path.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(moments.uniform(0.0, 0.05))
        run.send_signal(number)
        run.wait(60)
        if output.exists():
            break
        kills += 1
        now = path.read_bytes().count(b"\n") if path.exists() else 0
        assert now >= subjects
        subjects = now
    else:
        assert subprocess.call(command, stdout=subprocess.DEVNULL) in (0, 3)
    assert kills
    assert output.read_bytes() == certify(load(source), workers=1).to_bytes()
    assert not path.exists()


def done(schedule: Schedule) -> LayerFacts:
    """The facts of the second layer."""
    work = schedule.work((TaskKind.LAYER, 1))
    return work.function(*work.given)


def test_layers_keep_the_causes_of_their_exponents(tmp_path) -> None:
    chain = Chain.from_arrays(weights())
    schedule = Schedule(chain, Thresholds(), {})
    facts = done(schedule)
    with opened(tmp_path / "j", chain, Thresholds()) as journal:
        journal.add((TaskKind.LAYER, 1), Entry(facts.ledger, facts.causes))
    with opened(tmp_path / "j", chain, Thresholds()) as journal:
        again = done(Schedule(chain, Thresholds(), journal.known))
    for name in ("sigma", "frobenius", "rank", "radial", "alpha", "residual", "causes", "energy_rank", "ledger"):
        assert getattr(again, name) == getattr(facts, name), name
    assert any(facts.causes.values())
