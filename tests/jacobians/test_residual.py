"""Jacobians of residual perceptrons against rational arithmetic, what is refused, and the example on the digits."""

from __future__ import annotations

import hashlib
import json
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

import certify
from certify.errors import ChainError, InputError
from certify.jacobians import ResidualBlock, from_residual, save_chain
from certify.verdict import Verdict

EXAMPLES = Path(__file__).parents[2] / "docs/examples"


def _exact(blocks: list[ResidualBlock], x: np.ndarray) -> list[list[list[Fraction]]]:
    """I + V·D·W of every block, and the state, in rational numbers."""
    state = [Fraction(float(v)) for v in x]
    found = []
    for block in blocks:
        w, v = ([[Fraction(float(a)) for a in row] for row in m] for m in (block.inner, block.outer))
        b = [Fraction(float(a)) for a in (np.zeros(len(w)) if block.inner_bias is None else block.inner_bias)]
        c = [Fraction(float(a)) for a in (np.zeros(len(v)) if block.outer_bias is None else block.outer_bias)]
        z = [sum(a * h for a, h in zip(row, state, strict=True)) + s for row, s in zip(w, b, strict=True)]
        n, hidden = len(state), range(len(w))
        found.append(
            [[int(i == j) + sum(v[i][k] * w[k][j] for k in hidden if z[k] > 0) for j in range(n)] for i in range(n)]
        )
        state = [h + sum(v[i][k] * max(z[k], Fraction(0)) for k in hidden) + c[i] for i, h in enumerate(state)]
    return found


def _blocks(rng: np.random.Generator, count: int, n: int, hidden: int) -> list[ResidualBlock]:
    def grid(*shape: int) -> np.ndarray:
        return rng.integers(-(2**13), 2**13, size=shape) / 2.0**12

    return [ResidualBlock(grid(hidden, n), grid(hidden), grid(n, hidden), grid(n)) for _ in range(count)]


@pytest.mark.parametrize("seed", range(8))
def test_jacobians_are_those_of_rational_arithmetic(seed):
    rng = np.random.default_rng(seed)
    blocks = _blocks(rng, 3, 4, 3)
    x = rng.normal(size=4)
    chain = from_residual(blocks, x, readout=np.ones((2, 4)))
    for layer, wanted in zip(chain.layers, _exact(blocks, x), strict=False):
        assert [[Fraction(float(a)) for a in row] for row in layer.matrix()] == wanted
    assert chain.layers[-1].matrix().tolist() == [[1.0] * 4] * 2
    assert "units that are on" in chain.notes[-1]


def test_an_entry_that_float64_does_not_hold_is_refused():
    with pytest.raises(InputError, match=r"entry \(0, 0\) of the Jacobian of blocks\[0\] is no float64"):
        from_residual([ResidualBlock([[2.0**-60]], None, [[1.0]])], [1.0])
    with pytest.raises(InputError, match="is no float64"):
        from_residual([ResidualBlock([[1e300]], None, [[1e300]])], [1.0])
    # A unit that is off adds nothing.
    assert from_residual([ResidualBlock([[2.0**-60]], None, [[1.0]])], [-1.0]).layers[0].matrix() == [[1.0]]


def test_kinks_and_shapes_are_refused():
    with pytest.raises(InputError, match="unit 0 of blocks"):
        from_residual([ResidualBlock([[1.0, -1.0]], None, [[1.0], [1.0]])], [1.0, 1.0])
    with pytest.raises(ChainError, match="for a state of 2 numbers"):
        from_residual([ResidualBlock([[1.0]], None, [[1.0]])], [1.0, 1.0])
    with pytest.raises(ChainError, match="empty"):
        from_residual([], [1.0])
    with pytest.raises(ChainError, match="inner_bias has 2 numbers"):
        from_residual([ResidualBlock([[1.0]], [1.0, 2.0], [[1.0]])], [1.0])
    with pytest.raises(ChainError, match="readout"):
        from_residual([ResidualBlock([[1.0]], None, [[1.0]])], [1.0], readout=[[1.0, 2.0]])


def test_the_archive_says_where_it_comes_from(tmp_path):
    chain = from_residual(_blocks(np.random.default_rng(1), 2, 3, 3), np.array([1.0, 2.0, -3.0]))
    for name in ("one", "two"):
        save_chain(chain, tmp_path / f"{name}.npz", {"weights": "none"})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.npz") as archive:
        said = json.loads(archive.read("provenance.json"))
    assert said["weights"] == "none"
    assert "residual ReLU network" in said["notes"][-1]
    loaded = certify.load(tmp_path / "one.npz")
    assert [item.name for item in loaded.left_out] == ["provenance.json"]
    assert all(np.array_equal(a.matrix(), b.matrix()) for a, b in zip(chain.layers, loaded.layers, strict=True))


def test_the_example_is_what_its_archive_says():
    weights, archive = EXAMPLES / "digits_resnet.safetensors", EXAMPLES / "digits_resnet_jacobians.npz"
    tensors = load_file(weights)
    assert weights.stat().st_size < 2**21
    assert [tensors[f"blocks.{i}.{part}.weight"].shape for i in range(8) for part in ("inner", "outer")] == [
        (64, 64)
    ] * 16
    assert all(np.array_equal(value * 2**12, np.round(value * 2**12)) for value in tensors.values())
    with zipfile.ZipFile(archive) as opened:
        said = json.loads(opened.read("provenance.json"))
    assert said["weights_sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
    on = [int(item.split(" of ")[0]) for item in said["notes"][-1].partition("on: ")[2].split(", ")]
    layers = certify.load(archive).layers
    assert [layer.shape for layer in layers] == [(64, 64)] * 8 + [(10, 64)]
    for i, layer in enumerate(layers[:8]):
        change = layer.matrix() - np.eye(64)
        w, v = (tensors[f"blocks.{i}.{part}.weight"].astype(np.float64) for part in ("inner", "outer"))
        # One column of V and one row of W for each unit that is on: the change lies in the span of as many.
        assert np.linalg.matrix_rank(change) <= on[i] <= 64
        kept = [k for k in range(64) if abs(np.linalg.lstsq(w.T, change.T, rcond=None)[0][k]).max() > 1e-9]
        assert np.allclose(v[:, kept] @ w[kept], change, atol=1e-12)


def test_the_chain_of_the_example_is_rigid_and_verifies(tmp_path):
    path = EXAMPLES / "digits_resnet_jacobians.npz"
    # Units that are off leave singular values of exactly 1, many of them, and no window ends among these.
    asked = certify.Thresholds(windows="1,2,4,8")
    certificate = certify.certify(certify.load(path), thresholds=asked)
    assert certificate.verdict is Verdict.CERTIFIED
    drifts = [claim for claim in certificate.claims if claim.id.startswith("D4.drift.transport")]
    assert len(drifts) == 7 * 4
    assert all(claim.margin.lower > 0 for claim in drifts)
    certificate.save(tmp_path / "j.json")
    certify.verify(tmp_path / "j.json", path, expected=asked)


@pytest.mark.slow
def test_the_example_is_made_by_its_script(tmp_path, monkeypatch):
    pytest.importorskip("sklearn", reason="the digits come from scikit-learn")
    import runpy

    module = runpy.run_path(str(EXAMPLES / "make_digits_resnet.py"))
    parameters, seen, held_out = module["train"]()
    assert seen == 1.0
    assert held_out == pytest.approx(0.9749, abs=0.006)
    stored = load_file(EXAMPLES / "digits_resnet.safetensors")
    # Another BLAS rounds otherwise, and training amplifies it.
    assert all(stored[name].shape == value.shape for name, value in zip(module["names"](), parameters, strict=True))
    x, y = module["digits"]().split_digits(np.random.default_rng(module["SEED"]))[2:]
    kept = [stored[name].astype(np.float64) for name in module["names"]()]
    assert module["accuracy"](kept, x, y) == pytest.approx(0.97493, abs=1e-5)
