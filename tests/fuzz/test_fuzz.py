"""A campaign of mutants; and that it notices what it is there for."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from certify.errors import InternalError
from tests.fuzz import campaign
from tests.fuzz.campaign import run
from tests.fuzz.targets import targets

SHORT, LONG = 40_000, 10**6


def test_mutants_are_read_or_refused(tmp_path, request):
    thorough = request.config.getoption("--thorough")
    seed = random.SystemRandom().randrange(2**32) if thorough else 0
    found = run(tmp_path, seed, 0, LONG if thorough else SHORT, keep=tmp_path / "faults")
    assert not found.faults, f"seed {seed}: " + "\n".join(found.faults[:20])
    # Every reader accepted some and refused many.
    for name in targets(tmp_path):
        refused = sum(count for (other, kind), count in found.outcomes.items() if other == name and kind != "result")
        assert refused > 50, name
        assert found.outcomes[name, "result"] or name == "certificate against weights", name


def test_a_mutant_is_the_same_in_every_run(tmp_path):
    for target in targets(tmp_path).values():
        assert target.mutant(random.Random("0/7")) == target.mutant(random.Random("0/7"))


@pytest.mark.parametrize(
    "file", ["safetensors", "npz", "onnx", "gguf", "torch", "torch before 1.6", "chain file", "certificate", "witness"]
)
def test_the_seeds_are_accepted(file, tmp_path):
    target = targets(tmp_path)[file]
    for seed in target.seeds:
        (tmp_path / target.file).write_bytes(seed)
        target.read(tmp_path / target.file)


def _slow(path):
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass


def _greedy(path):
    bytearray(2**23)


def _broken(path):
    raise KeyError(path)


def _defect(path):
    raise InternalError("planted")


@pytest.mark.parametrize(
    ("read", "said"), [(_slow, " s for "), (_greedy, "of memory"), (_broken, "KeyError"), (_defect, "exit code 5")]
)
def test_a_planted_fault_is_seen(read, said, tmp_path, monkeypatch):
    monkeypatch.setattr(campaign, "SECONDS", 0.2)
    planted = {"npy": replace(targets(tmp_path)["npy"], read=read)}
    monkeypatch.setattr(campaign, "targets", lambda folder: planted)
    found = run(tmp_path, 0, 0, 2)
    assert said in "".join(found.faults)
