"""Certified differences against exact constructions and 60-digit arithmetic, and what cannot be compared."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from safetensors.numpy import save_file

import certify
from certify import cli
from certify.claims import comparison as claims
from certify.comparison.side import adapted, changed_by, side, sum_of
from certify.errors import ChainError, InputError
from certify.linalg.subspace import Subspace, principal_sines
from certify.verdict import Verdict

WIDTHS = (9, 7, 8, 6)


def _weights(seed: int, dtype: type = np.float64) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {f"layers.{i}.weight": rng.normal(size=(WIDTHS[i + 1], WIDTHS[i])).astype(dtype) for i in range(3)}


def _saved(tmp_path: Path, name: str, tensors: dict[str, np.ndarray]) -> Path:
    path = tmp_path / f"{name}.safetensors"
    save_file(tensors, path)
    return path


@pytest.fixture
def models(tmp_path):
    a = _weights(1)
    b = {name: w + 1e-3 * np.random.default_rng(2).normal(size=w.shape) for name, w in a.items()}
    return a, b, _saved(tmp_path, "a", a), _saved(tmp_path, "b", b)


def _high(w: np.ndarray) -> tuple[mpmath.matrix, list, mpmath.matrix]:
    m = mpmath.matrix(w.tolist())
    transposed = m.rows < m.cols
    u, s, v = mpmath.svd_r(m.T if transposed else m, full_matrices=False, compute_uv=True)
    return (v.T, list(s), u.T) if transposed else (u, list(s), v)


def _inside(value, enclosure) -> bool:
    return mpmath.mpf(enclosure.lower) <= value <= mpmath.mpf(enclosure.upper)


def test_differences_hold_the_true_ones(models):
    a, b, path_a, path_b = models
    found = certify.compare(path_a, path_b)
    assert found.verdict is Verdict.CERTIFIED
    with mpmath.workdps(60):
        for name in a:
            about = f"layer {name}"
            (u, s, v), (u2, s2, v2) = _high(a[name]), _high(b[name])
            exact = mpmath.matrix(b[name].tolist()) - mpmath.matrix(a[name].tolist())
            change = found.claim(about, claims.CHANGE)
            assert _inside(mpmath.norm(exact, 2), change.values[0])
            assert _inside(max(mpmath.svd_r(exact.T * exact, compute_uv=False)) ** 0.5, change.values[1])
            sigma = found.claim(about, claims.SIGMA)
            assert all(_inside(y - x, e) for x, y, e in zip(s, s2, sigma.values, strict=True))
            assert _inside(
                max(abs(y - x) for x, y in zip(s, s2, strict=True)), found.claim(about, claims.LARGEST_MOVE).values[0]
            )
            stable = [mpmath.fsum(x * x for x in t) / t[0] ** 2 for t in (s, s2)]
            assert _inside(stable[1] - stable[0], found.claim(about, claims.STABLE).values[0])
            logs = [mpmath.log(k + 1) for k in range(len(s))]
            centre = mpmath.fsum(logs) / len(logs)
            slopes = [
                -mpmath.fsum((x - centre) * mpmath.log(y) for x, y in zip(logs, t, strict=True))
                / mpmath.fsum((x - centre) ** 2 for x in logs)
                for t in (s, s2)
            ]
            assert _inside(slopes[1] - slopes[0], found.claim(about, f"{claims.ALPHA}log_log").values[0])
            for side, one, two in (("left", u, u2), ("right", v.T, v2.T)):
                for k in (1, 2, 4):
                    x, y = one[:, :k], two[:, :k]
                    rest = y - x * (x.T * y)
                    sines = mpmath.svd_r(rest, compute_uv=False)
                    values = found.claim(about, claims.angles_id(side, k)).values
                    assert all(_inside(t, e) for t, e in zip(sines, values, strict=True))
                    assert values[0].upper - values[0].lower < 1e-9


def test_differences_of_equal_models_are_zero(models):
    _, _, path, _ = models
    found = certify.compare(path, path)
    assert found.verdict is Verdict.CERTIFIED
    for claim in found.claims:
        last = claim.values[-1]
        if claim.subject.startswith("layer"):
            assert all(value.lower == value.upper == 0.0 for value in claim.values), claim.id
        else:
            assert last.contains(0.0)
    assert {item.id for item in found.not_asked} == {f"compare.change_energy.{level}" for level in (90, 95, 99)}


def test_weyl_bounds_every_move_and_is_attained(tmp_path):
    a = np.diag([4.0, 2.0, 1.0])
    b = a + np.diag([0.0, 2.0**-40, 0.0])
    found = certify.compare(_saved(tmp_path, "a", {"w": a}), _saved(tmp_path, "b", {"w": b}))
    move, change = (found.claim("layer w", id) for id in (claims.LARGEST_MOVE, claims.CHANGE))
    assert move.values[0].contains(2.0**-40)
    assert change.values[1].contains(2.0**-40)
    # The enclosures of σ alone are a hundred times wider than this.
    assert move.values[0].upper <= change.values[1].upper
    assert found.claim("layer w", claims.CHANGE_RANK).values[0].lower == 1.0


def test_ranks_are_exact_where_spectra_do_not_tell(tmp_path):
    rng = np.random.default_rng(3)
    a = rng.integers(-9, 9, size=(6, 5)).astype(np.float64)
    b = a + rng.integers(-3, 4, size=(6, 2)) @ rng.integers(-3, 4, size=(2, 5))
    found = certify.compare(_saved(tmp_path, "a", {"w": a}), _saved(tmp_path, "b", {"w": b}))
    assert found.claim("layer w", claims.CHANGE_RANK).values[0] == certify.Enclosure(2.0, 2.0)
    assert found.claim("layer w", claims.RANK).verdict is Verdict.CERTIFIED


def test_the_threshold_of_numerical_ranks_is_recorded(tmp_path):
    a, b = np.diag([4.0, 2.0, 1.0]), np.diag([4.0, 2.0, 0.01])
    paths = _saved(tmp_path, "a", {"w": a}), _saved(tmp_path, "b", {"w": b})
    claim = certify.compare(*paths).claim("layer w", claims.NUMERICAL_RANK)
    assert claim.parameters["above"] == 0.04
    assert claim.values[0] == certify.Enclosure(-1.0, -1.0)
    claim = certify.compare(*paths, above=0.001).claim("layer w", claims.NUMERICAL_RANK)
    assert claim.values[0] == certify.Enclosure(0.0, 0.0)
    with pytest.raises(certify.PolystableError):
        certify.compare(*paths, above=float("nan"))


def test_a_change_that_rounds_carries_its_error():
    a, b = np.array([[1.0, 1.0]]), np.array([[2.0**-60, 0.5]])
    _, radius = changed_by(a, b)
    assert 2.0**-60 <= radius < 1e-15
    exact, none = changed_by(a, np.array([[1.5, 0.25]]))
    assert none == 0.0
    assert exact.tolist() == [[0.5, -0.75]]
    # A subnormal difference could be flushed to 0 on another machine.
    assert changed_by(np.array([[3 * 2.0**-1022]]), np.array([[2.5 * 2.0**-1022]]))[1] > 0
    assert changed_by(np.array([[1e308]]), np.array([[-1e308]]))[1] == np.inf


@pytest.mark.parametrize("angle", [1e-9, 1e-4, 0.3, np.pi / 2])
def test_small_angles_are_not_lost(angle):
    line = Subspace(np.array([[1.0], [0.0], [0.0]]), 0.0)
    other = Subspace(np.array([[np.cos(angle)], [np.sin(angle)], [0.0]]), 0.0)
    found = principal_sines(line, other)
    assert found.lo[0] <= np.sin(angle) <= found.hi[0]
    assert found.hi[0] - found.lo[0] < 1e-14


def test_bases_that_are_not_orthonormal_are_allowed_for():
    angle = 1e-3
    line = Subspace(np.array([[1.0 + 1e-2], [0.0]]), 0.0)
    other = Subspace((1.0 - 1e-4) * np.array([[np.cos(angle)], [np.sin(angle)]]), 0.0)
    found = principal_sines(line, other)
    assert found.lo[0] <= np.sin(angle) <= found.hi[0]
    turned = principal_sines(Subspace(np.eye(2)[:, :1], 0.1), Subspace(np.eye(2)[:, :1], 0.2))
    assert turned.hi[0] >= 0.3


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_radius_widens_the_spectrum_and_the_subspaces(sign):
    radius, matrix = 0.25, np.diag([4.0, 3.0, 1.0])
    known = side(matrix, radius, 10.0)
    for shift in (np.diag([1.0, 0.0, 0.0]), np.diag([0.0, 1.0, 0.0]), np.eye(3)[[1, 0, 2]] * [[1], [1], [0]] / 2**0.5):
        true = matrix + sign * radius * shift
        u, s, vt = np.linalg.svd(true)
        assert np.all((known.lower <= s * (1 + 1e-12)) & (s <= known.upper * (1 + 1e-12)))
        assert known.norm.contains(float(np.linalg.norm(true)))
        for k in (1, 2):
            assert np.linalg.norm(vt[k:, :k], 2) <= known.sin_theta(k, right=True) + 1e-12
            assert np.linalg.norm(u[k:, :k], 2) <= known.sin_theta(k, right=False) + 1e-12
    assert known.rank == (3, 3)
    assert side(matrix, 1.5, 10.0).rank == (2, 3)
    assert side(matrix, 1.5, 10.0).sin_theta(1, right=True) == np.inf


def _adapter(tmp_path: Path, tensors: dict[str, np.ndarray], config: dict) -> Path:
    folder = tmp_path / "adapter"
    folder.mkdir()
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def test_a_lora_adapter_is_the_base_with_its_product(tmp_path):
    base = _weights(4)
    rng = np.random.default_rng(5)
    up, down = rng.normal(size=(7, 3)), rng.normal(size=(3, 9))
    prefix = "base_model.model.layers"
    zero = rng.normal(size=(3, 7)), np.zeros((8, 3))
    factors = {f"{prefix}.0.lora_A.weight": down, f"{prefix}.0.lora_B.weight": up}
    factors |= {f"{prefix}.1.lora_A.weight": zero[0], f"{prefix}.1.lora_B.weight": zero[1]}
    folder = _adapter(tmp_path, factors, {"r": 3, "lora_alpha": 1})
    found = certify.compare(_saved(tmp_path, "base", base), folder)
    assert [item.name for item in found.left_out] == ["layers.2.weight"]
    assert "no factors" in found.left_out[0].why
    about = "layer layers.0.weight"
    assert found.claim(about, claims.CHANGE_RANK).values[0] == certify.Enclosure(3.0, 3.0)
    with mpmath.workdps(60):
        change = mpmath.matrix(up.tolist()) * mpmath.matrix(down.tolist()) / 3
        assert _inside(mpmath.norm(change, 2), found.claim(about, claims.CHANGE).values[0])
        before = mpmath.matrix(base["layers.0.weight"].tolist())
        s, t = (mpmath.svd_r(m.T, compute_uv=False) for m in (before, before + change))
        values = found.claim(about, claims.SIGMA).values
        assert all(_inside(y - x, e) for x, y, e in zip(s, t, values, strict=True))
        assert values[0].upper - values[0].lower < 1e-12
    untrained = found.claim("layer layers.1.weight", claims.CHANGE)
    assert [value.upper for value in untrained.values] == [0.0, 0.0]


def test_the_product_of_an_adapter_carries_its_error():
    rng = np.random.default_rng(6)
    up, down = rng.normal(size=(5, 3)), rng.normal(size=(3, 4))
    # What is large in the product cancels, and its rounding is left.
    up, down = np.hstack([up, up + 2.0**-20]), np.vstack([down, -down])
    base = rng.normal(size=(5, 4))
    for factor in (Fraction(1, 3), Fraction(2)):
        change, radius = adapted(up, down, factor)
        total, off = sum_of(base, change, radius)
        with mpmath.workdps(60):
            true = mpmath.matrix(up.tolist()) * mpmath.matrix(down.tolist()) * factor.numerator / factor.denominator
            far = mpmath.norm(true - mpmath.matrix(change.tolist()), 2)
            further = mpmath.norm(true + mpmath.matrix(base.tolist()) - mpmath.matrix(total.tolist()), 2)
        assert 0 < far <= radius < 1e-13
        assert further <= off
    large = np.full((5, 4), 1e308)
    assert sum_of(large, large, 0.0)[1] == np.inf
    assert sum_of(np.ones((1, 1)), np.full((1, 1), 2.0**-60), 0.0)[1] >= 2.0**-60


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"r": 2}, "α or r"),
        ({"r": 0, "lora_alpha": 1}, "α or r"),
        ({"r": 2, "lora_alpha": 2, "use_dora": True}, "use_dora"),
        ({"r": 2, "lora_alpha": 2, "init_lora_weights": "pissa_niter_4"}, "init_lora_weights"),
        ({"r": 4, "lora_alpha": 4}, "the factors have rank 2, and adapter_config.json says r = 4"),
    ],
)
def test_an_adapter_that_says_more_or_less_is_refused(config, word, tmp_path):
    rng = np.random.default_rng(7)
    factors = {"layers.0.lora_A.weight": rng.normal(size=(2, 9)), "layers.0.lora_B.weight": rng.normal(size=(7, 2))}
    with pytest.raises(InputError, match=word):
        certify.compare(_saved(tmp_path, "base", _weights(4)), _adapter(tmp_path, factors, config))


def test_what_is_not_compared_is_named(models, tmp_path, capsys):
    a, b, path_a, _ = models
    other = {**b, "layers.1.weight": b["layers.1.weight"][:, :5], "extra.weight": np.ones((2, 2))}
    del other["layers.2.weight"]
    path = _saved(tmp_path, "other", other)
    assert cli.run(["compare", str(path_a), str(path)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "not compared layers.1.weight: layers.1.weight has shape 8×7 in A and 8×5 in B" in shown
    assert "not compared layers.2.weight: B has no tensor layers.2.weight" in shown
    assert "not compared extra.weight: only in B" in shown
    assert "interface" not in shown
    codes = {name: np.ones(w.shape, dtype=np.int8) for name, w in a.items()}
    with pytest.raises(ChainError, match="no matrix in common") as refused:
        certify.compare(path_a, _saved(tmp_path, "codes", codes))
    assert "codes are no weights" in str(refused.value.place)


def test_expressions_are_the_same_in_both(models, tmp_path):
    a, b, path_a, path_b = models
    chain = tmp_path / "chain.toml"
    chain.write_text('edges = []\n[[layers]]\nname = "half"\ntensor = "layers.0.weight"\nrows = "0:3"\n')
    found = certify.compare(path_a, path_b, chain)
    change = found.claim("layer half", claims.CHANGE).values[0]
    with mpmath.workdps(60):
        rest = mpmath.matrix(b["layers.0.weight"][:3].tolist()) - mpmath.matrix(a["layers.0.weight"][:3].tolist())
        assert _inside(mpmath.norm(rest, 2), change)


def test_formats_of_one_network_are_compared(tmp_path):
    a = _weights(8)
    single = {name: w.astype(np.float32) for name, w in a.items()}
    found = certify.compare(_saved(tmp_path, "a", a), _saved(tmp_path, "b", single))
    for name, w in a.items():
        largest = found.claim(f"layer {name}", claims.CHANGE).values[1].upper
        assert 0 < largest <= 2.0**-24 * 2 * np.linalg.norm(w)


def test_command_writes_what_it_prints(models, tmp_path, capsys):
    _, _, path_a, path_b = models
    target = tmp_path / "out.json"
    assert cli.run(["compare", str(path_a), str(path_b), "-o", str(target), "--json"]) == 0
    printed = capsys.readouterr().out
    assert target.read_text() == printed
    document = json.loads(printed)
    assert document["verdict"] == "CERTIFIED"
    assert len(document["layers"][0]["a_sha256"][0]) == 64
    assert document["edges"] == [[f"layers.{i}.weight", f"layers.{i + 1}.weight"] for i in range(2)]
    assert cli.run(["compare", str(path_a), str(path_b), "--full"]) == 0
    assert "compare.overlap[4]" in capsys.readouterr().out


def test_a_limit_that_is_too_narrow_leaves_it_undecided(models, capsys):
    _, _, path_a, path_b = models
    assert cli.run(["compare", str(path_a), str(path_b), "--threshold", "cosine_width=0"]) == 3
    assert "undecided compare.left_angles" in capsys.readouterr().out
    assert cli.run(["compare", str(path_a), str(path_b), "-o", str(path_b)]) == 2
