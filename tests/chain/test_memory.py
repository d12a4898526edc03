"""The estimate of memory is above what is used and not far above; what does not fit is refused before the work."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import certify
from certify import cli
from certify.chain import Chain, memory
from certify.chain.memory import CHECKER, PROVER, estimate, fitting_workers
from certify.checker import check
from certify.claims.thresholds import Thresholds
from certify.errors import LimitError

SHAPES = [
    [(200, 200), (200, 200)],
    [(64, 600), (600, 64)],
    [(600, 64), (64, 600), (600, 64)],
    [(150, 150)] * 5,
    [(300, 100)],
    [(8, 900), (900, 8)],
]
ENOUGH = 10**12
SMALL = 2**22
"""Bytes of claims, which the base covers."""


def chain_of(shapes, edges=None):
    rng = np.random.default_rng(5)
    chain = Chain.from_arrays([rng.normal(size=shape) for shape in shapes])
    return chain if edges is None else Chain(chain.layers, edges)


def peak_of(work):
    work()  # what is imported and cached stands for the base
    tracemalloc.start()
    found = work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found, peak


@pytest.mark.slow
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("workers", [1, 2])
def test_the_estimate_holds_and_is_no_guess(shapes, workers):
    chain = chain_of(shapes)
    base, cells = memory._BASE * (1 + workers), Thresholds().incidence_cells
    certificate, used = peak_of(lambda: certify.certify(chain, workers=workers))
    most = estimate(chain, PROVER, workers, cells) - base
    assert used - SMALL <= most <= 4 * used
    _, used = peak_of(lambda: check(certificate, chain, workers=workers))
    most = estimate(chain, CHECKER, workers, cells) - base
    assert used - SMALL <= most <= 4 * used


def test_more_workers_and_longer_edges_take_more():
    chain = chain_of([(20, 20)] * 6)
    counts = [estimate(chain, PROVER, workers) for workers in (1, 2, 3, 6)]
    assert counts == sorted(set(counts))
    alone = estimate(chain_of([(20, 20)] * 6, ()), PROVER, 1)
    skipping = estimate(chain_of([(20, 20)] * 6, (*chain.edges[1:], certify.chain.Edge(0, 5))), PROVER, 1)
    assert alone < estimate(chain, PROVER, 1) < skipping


def test_as_many_workers_as_fit(monkeypatch):
    chain = chain_of([(20, 20)] * 6)
    for most in (1, 2, 3):
        monkeypatch.setattr(memory, "available", lambda most=most: estimate(chain, PROVER, most))
        assert fitting_workers(chain, PROVER, None, 8) == most
        assert fitting_workers(chain, PROVER, most, 8) == most
        with pytest.raises(LimitError, match=f"--workers {most}"):
            fitting_workers(chain, PROVER, most + 1, 8)
    monkeypatch.setattr(memory, "available", lambda: 1000)
    with pytest.raises(LimitError, match="20x20 entries"):
        fitting_workers(chain, PROVER, None, 8)
    monkeypatch.setattr(memory, "available", lambda: None)
    assert fitting_workers(chain, PROVER, None, 8) == 8


class Large:
    """A chain of shapes alone."""

    def __init__(self, *sides):
        class Layer:
            def __init__(self, side):
                self.shape, self.tensor = (side, side), "w"

        self.layers, self.edges = [Layer(side) for side in sides], []

    def __len__(self):
        return len(self.layers)


def test_a_layer_of_16384_squared_does_not_fit_24_gigabytes(monkeypatch):
    monkeypatch.setattr(memory, "available", lambda: 24 * 10**9)
    with pytest.raises(LimitError, match=r"16384x16384 entries, take about [23]\d\.\d GB"):
        fitting_workers(Large(16384), PROVER, None, 2)
    assert fitting_workers(Large(8192, 8192), PROVER, None, 2) == 2
    assert fitting_workers(Large(12000, 12000), PROVER, None, 2) == 1


def test_row_groups_of_a_narrow_interface_take_the_most(monkeypatch):
    chain = chain_of([(2, 1000), (1000, 2)])
    cells = Thresholds().incidence_cells
    assert estimate(chain, PROVER, 1, cells) - estimate(chain, PROVER, 1) == 8 * PROVER.cell * 1000 * 1000
    assert estimate(chain, PROVER, 1, 10**6 - 1) == estimate(chain, PROVER, 1)
    assert Thresholds(incidence_levels="none").incidence_cells == 0
    monkeypatch.setattr(memory, "available", lambda: estimate(chain, PROVER, 1))
    assert fitting_workers(chain, PROVER, 1, 1) == 1
    with pytest.raises(LimitError, match="--threshold incidence_levels=none"):
        fitting_workers(chain, PROVER, 1, 1, cells)


def test_the_machine_is_asked():
    found = memory.available()
    assert found is None or 10**7 < found < ENOUGH


@pytest.mark.parametrize("command", ["chain", "verify"])
def test_both_commands_refuse_before_the_work(command, tmp_path, capsys, monkeypatch):
    weights, saved, output = tmp_path / "w.npz", tmp_path / "c.json", tmp_path / "out.json"
    np.savez(weights, **{"layers.0": np.diag([2.0, 1.0]), "layers.1": np.eye(2) + 1})
    assert cli.run(["chain", str(weights), "-o", str(saved)]) == 3
    capsys.readouterr()
    monkeypatch.setattr(memory, "available", lambda: 10**6)
    words = {"chain": ["chain", str(weights), "-o", str(output)], "verify": ["verify", str(saved), str(weights)]}
    assert cli.run(words[command]) == 4
    shown = capsys.readouterr().err
    assert shown.startswith("refused: 1 matrix at a time")
    assert "0.0 GB of memory are free" in shown
    assert not output.exists()
