"""A real controller, 5 → 50 × 6 → 5, read from its text format and certified from an ``.npz`` archive."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from certify import cli
from certify.certificate import Certificate

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "acasxu"


def read_nnet(path: Path) -> list[np.ndarray]:
    """The weight matrices of an ``.nnet`` file: a head of seven lines, then the rows of each layer."""
    lines = [line.rstrip(",\n ") for line in path.read_text().splitlines() if not line.startswith("//")]
    sizes = [int(item) for item in lines[1].split(",")]
    rows = lines[7:]
    weights: list[np.ndarray] = []
    for columns, count in pairwise(sizes):
        weights.append(np.array([[float(item) for item in row.split(",")] for row in rows[:count]]))
        assert weights[-1].shape == (count, columns)
        rows = rows[2 * count :]
    assert rows == []
    return weights


@pytest.mark.reference
@pytest.mark.skipif(not FOLDER.is_dir(), reason="the ACAS Xu networks are not beside the repository")
def test_a_network_certifies_and_verifies(tmp_path, capsys):
    name = sorted(FOLDER.glob("*.nnet"))[0]
    weights = read_nnet(name)
    assert [w.shape for w in weights] == [(50, 5), *[(50, 50)] * 5, (5, 50)]
    np.savez(tmp_path / "net.npz", **{f"layers.{i}": w for i, w in enumerate(weights)})
    saved = tmp_path / "net.json"
    assert cli.run(["chain", str(tmp_path / "net.npz"), "--full", "-o", str(saved)]) in (0, 3)
    assert "D4.drift.transport" in capsys.readouterr().out
    assert len(Certificate.load(saved).claims) > 100
    assert cli.run(["verify", str(saved), str(tmp_path / "net.npz")]) == 0
