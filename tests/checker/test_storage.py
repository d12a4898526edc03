"""Storage balls: what they hold, what every matrix in them has, and forged ones."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import mpmath
import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain, load
from certify.checker import check
from certify.checker import storage_structure as checker
from certify.checker.arithmetic.ranges import Range
from certify.checker.code_units import code_units
from certify.claims.storage_formats import STORAGE_NAMES
from certify.claims.thresholds import Thresholds
from certify.errors import UsageError
from certify.execution import certify
from certify.linalg.cell_norms import Grouping
from certify.prover import storage_structure as prover
from certify.prover.storage import half_units
from certify.verdict import Claim, Enclosure
from tests.checker.networks import arrays, law
from tests.checker.odd_chains import odd_chain


def certified(matrices: list[np.ndarray], format: str) -> tuple[Certificate, Chain]:
    chain = Chain.from_arrays(matrices)
    return certify(chain, thresholds=Thresholds(storage=format), workers=1), chain


def of_layer(found: Certificate, subject: str = "layer W1") -> dict[str, Claim]:
    return {claim.id: claim for claim in found.claims if claim.subject == subject and claim.id.startswith("storage.")}


@pytest.mark.parametrize("name", ["float32", "float16"])
def test_rounding_moves_no_entry_by_more_than_half_a_unit(name):
    rng = np.random.default_rng(1)
    w = rng.standard_normal((50, 40)) * 10.0 ** rng.integers(-9, 4, (50, 40))
    w[0, :4] = [0.0, 1.0, 2.0**-14, np.nextafter(1.0, 0.0)]
    halves = half_units(w, {"float32": "fp32", "float16": "fp16"}[name])
    assert halves is not None
    off = np.abs(w.astype(name).astype(np.float64) - w)
    assert (off <= halves).all()
    assert (off > 0.99 * halves).any()
    same = half_units(np.array([[1.0, 1.5, 2.0, 2.0**-30, 0.0]]), "fp16")
    assert same is not None
    assert same.tolist() == [[2.0**-11, 2.0**-11, 2.0**-10, 2.0**-25, 2.0**-25]]


def test_eight_bits():
    w = np.array([[448.0, 1.0], [2.0**-9, 0.0]])
    e4m3, e5m2, int8 = (half_units(w, format) for format in ("fp8_e4m3", "fp8_e5m2", "int8"))
    assert e4m3 is not None
    assert e5m2 is not None
    assert int8 is not None
    assert e4m3.tolist() == [[16.0, 2.0**-4], [2.0**-10, 2.0**-10]]
    assert e5m2.tolist() == [[32.0, 2.0**-3], [2.0**-12, 2.0**-17]]
    assert int8[0, 0] == int8[0, 1] >= 448 / 254 > int8[1, 0] >= 2.0**-9 / 254


@pytest.mark.parametrize("format", STORAGE_NAMES)
def test_every_matrix_of_the_ball_has_what_is_said(format):
    rng = np.random.default_rng(5)
    w = law(8, 6, 0.8, 3)
    said = of_layer(certified([w], format)[0])
    halves = half_units(w, format)
    assert halves is not None
    whole, spectral = said["storage.ball"].values
    least = int(said["storage.rank"].values[0].lower)
    windows = said["storage.gaps"].parameters["windows"]
    kept = [] if windows == "none" else [int(k) for k in str(windows).split(",")]
    sigma = np.linalg.svd(w, compute_uv=False)
    for _ in range(30):
        d = halves * rng.choice([-1.0, 1.0], w.shape)
        assert np.linalg.norm(d) <= whole.upper
        moved = np.linalg.svd(w + d, compute_uv=False)
        assert np.abs(moved - sigma).max() <= spectral.upper
        assert (moved[:least] > 0).all()
        assert all(moved[k - 1] > moved[k] for k in kept)


def test_coarser_formats_keep_less():
    counts = {}
    for format in ("fp32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2"):
        said = of_layer(certified([law(20, 20, 0.6, 3)], format)[0])
        counts[format] = tuple(int(said[id].values[0].lower) for id in ("storage.rank", "storage.gaps"))
    assert counts["fp32"] == (20, 19)
    assert list(counts.values()) == sorted(counts.values(), reverse=True)
    assert counts["fp8_e5m2"] < counts["fp16"]


def test_a_gap_closes_at_its_own_width():
    # Half a unit is 2^-11 or 2^-25, and ‖D‖₂ just above 2^-11: a gap of 2^-10 may close, one of 2^-9 may not.
    close, apart = np.diag([1.0 + 2.0**-10, 1.0]), np.diag([1.0 + 2.0**-9, 1.0])
    gaps = [of_layer(certified([w], "fp16")[0])["storage.gaps"].values[0] for w in (close, apart)]
    assert gaps == [Enclosure(0.0, 0.0), Enclosure(1.0, 1.0)]


def test_an_entry_beyond_the_format_is_not_asked_about():
    found, chain = certified([np.array([[65504.0, 1.0], [0.0, 1.0]]), np.array([[65536.0, 1.0]])], "fp16")
    assert set(of_layer(found)) == {"storage.ball", "storage.rank", "storage.gaps"}
    assert not of_layer(found, "layer W2")
    left = [item for item in found.not_asked if item.id.startswith("storage.")]
    assert {item.reason for item in left} == {"an entry is larger than the largest number of fp16"}
    assert not check(found, chain, workers=1).reasons


@pytest.mark.parametrize("name", ["float64", "fp64", "F64", "double"])
def test_there_is_no_ball_for_float64(name):
    with pytest.raises(UsageError, match=f"no storage ball for {name}"):
        Thresholds(storage=name)
    with pytest.raises(UsageError, match="no such storage format"):
        Thresholds(storage="fp17")


@pytest.mark.parametrize("format", STORAGE_NAMES)
def test_own_certificates_are_accepted(format):
    for seed in range(25):
        chain = odd_chain(seed)
        found = certify(chain, thresholds=Thresholds(storage=format), workers=1)
        assert [str(reason)[:200] for reason in check(found, chain, workers=1).reasons] == [], seed


def _forged(found: Certificate, id: str, **changes: object) -> Certificate:
    place = next(i for i, claim in enumerate(found.claims) if claim.id == id)
    claims = list(found.claims)
    claims[place] = replace(claims[place], **changes)
    return replace(found, claims=tuple(claims))


@pytest.mark.parametrize("format", ["fp16", "int8", "fp8_e5m2"])
def test_forged_balls_and_counts(format):
    found, chain = certified(arrays("laws"), format)
    said = of_layer(found)
    ball = said["storage.ball"].values
    for place in (0, 1):
        for factor in (0.5, 1 - 2.0**-20, 1 + 2.0**-20, 2.0):
            values = list(ball)
            values[place] = Enclosure(ball[place].lower * factor, ball[place].upper * factor)
            reasons = check(_forged(found, "storage.ball", values=tuple(values)), chain, workers=1).reasons
            assert any(reason.claim == "storage.ball" for reason in reasons), (place, factor)
    for id in ("storage.rank", "storage.gaps"):
        value = said[id].values[0].lower
        for other in (value + 1, value - 1):
            reasons = check(_forged(found, id, values=(Enclosure(other, other),)), chain, workers=1).reasons
            assert any(reason.claim == id and "counted" in reason.message for reason in reasons)
    gaps = said["storage.gaps"].parameters
    for change in ({"windows": "2"}, {"format": "fp32"}, {"gaps": 99}):
        reasons = check(_forged(found, "storage.gaps", parameters={**gaps, **change}), chain, workers=1).reasons
        assert any(reason.place.endswith(f"parameters.{next(iter(change))}") for reason in reasons)


def test_another_format_is_another_question():
    found, chain = certified(arrays("laws"), "fp16")
    result = check(found, chain, workers=1)
    assert [item.name for item in result.differences] == ["storage"]
    other = replace(found, thresholds={**found.thresholds, "storage": "bf16"})
    assert any("storage." in reason.claim for reason in check(other, chain, workers=1).reasons)
    unknown = replace(found, thresholds={**found.thresholds, "storage": "fp64"})
    assert check(unknown, chain, workers=1).reasons[0].place == "thresholds.storage"


def _row_chain() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.random((4, 9)), rng.random((24, 4))


def test_every_product_of_the_balls_keeps_what_survives():
    w, v = _row_chain()
    found, chain = certified([w, v], "fp8_e5m2")
    assert check(found, chain, expected=Thresholds(storage="fp8_e5m2"), workers=1).reasons == ()
    said = of_layer(found, "edge W1 -> W2")["storage.structure"]
    kept = np.unpackbits(np.frombuffer(bytes.fromhex(str(said.parameters["surviving"])), dtype=np.uint8))[:9]
    assert 0 < said.values[1].lower == kept.sum() < 9
    thresholds = found["E4.thresholds", "edge W1 -> W2"]
    theta = np.array([value.lower for value in thresholds.values]) * 2.0 ** int(thresholds.parameters["exponent"])

    def supports(x: np.ndarray) -> np.ndarray:
        return np.stack([np.linalg.norm(x[g : g + 8], axis=0) for g in (0, 8, 16)]) >= theta[:, None]

    halves = [half_units(a, "fp8_e5m2") for a in (w, v)]
    rng = np.random.default_rng(1)
    for trial in range(200):
        signs = [rng.choice([-1.0, 1.0], a.shape) if trial else np.ones(a.shape) for a in (w, v)]
        moved = [a + h * s for a, h, s in zip((w, v), halves, signs, strict=True) if h is not None]
        changed = (supports(moved[1] @ moved[0]) != supports(v @ w)).any(axis=0)
        assert not (changed & (kept == 1)).any()


def test_a_cell_survives_up_to_its_own_width():
    """X = W = D with a half unit of 2^-12 a cell: activities 2^-11 apart from θ survive, ones 2^-13 apart do not."""
    w, v = np.diag([1.0, 0.5 + 2.0**-13, 0.5 + 2.0**-9, 0.25]), np.eye(4)
    found, _ = certify_with([w, v], storage="fp16", activity_threshold="0.5", incidence_levels="90")
    said = of_layer(found, "edge W1 -> W2")["storage.structure"]
    assert (said.parameters["surviving"], said.values[1].lower) == ("b0", 3)


def certify_with(matrices: list[np.ndarray], **changes: object) -> tuple[Certificate, Chain]:
    chain = Chain.from_arrays(matrices)
    return certify(chain, thresholds=Thresholds(**changes), workers=1), chain


def test_coarser_formats_keep_less_of_a_structure():
    counts = [
        tuple(value.lower for value in of_layer(certified(list(_row_chain()), format)[0], "edge W1 -> W2")[
            "storage.structure"
        ].values)
        for format in ("fp32", "bf16", "fp8_e5m2")
    ]  # fmt: skip
    assert all(a >= b for one, other in itertools.pairwise(counts) for a, b in zip(one, other, strict=True))
    assert counts[0] == (27, 9, 3, 3)
    assert counts[2][1] < 9


def test_forged_structures():
    given = list(_row_chain())
    found, chain = certified(given, "fp8_e5m2")
    said = of_layer(found, "edge W1 -> W2")["storage.structure"]
    for place in range(4):
        for step in (1.0, -1.0):
            value = said.values[place].lower + step
            values = (*said.values[:place], Enclosure(value, value), *said.values[place + 1 :])
            reasons = check(_forged(found, "storage.structure", values=values), chain, workers=1).reasons
            assert any(reason.claim == "storage.structure" for reason in reasons), (place, step)
    for name, other in (("surviving", "ff80"), ("surviving", "zz"), ("cells", 26), ("edges", 0), ("format", "fp32")):
        changed = {**said.parameters, name: other}
        assert changed != said.parameters
        reasons = check(_forged(found, "storage.structure", parameters=changed), chain, workers=1).reasons
        assert any(reason.place.endswith(f"parameters.{name}") for reason in reasons), name


def test_where_nothing_is_asked_of_a_structure():
    small = np.diag([1.0, 0.9, 0.5, 0.3]) * 2.0**-40
    found, chain = certified([small, np.eye(4)], "fp16")
    assert {item.reason for item in found.not_asked if item.id == "storage.structure"} == {
        "half a unit of fp16 is larger than all of a layer"
    }
    assert not check(found, chain, workers=1).reasons
    large, chain = certified([np.diag([70000.0, 5.0, 4.0, 3.0]), np.eye(4)], "fp16")
    assert "storage.structure" in {item.id for item in large.not_asked}
    assert not check(large, chain, workers=1).reasons


_CODES = """
edges = [["q", "W2"]]

[[layers]]
tensor = "q"
scale = "s"
zero_point = "z"
axis = 0
rows = "1:9"
gain = "g"

[[layers]]
tensor = "W2"
"""


def _coded(folder: Path) -> tuple[Chain, np.ndarray, np.ndarray]:
    """A chain of codes with a scale a row, rows cut and columns weighed; its first matrix and that one's half units."""
    rng = np.random.default_rng(2)
    q, z = rng.integers(-90, 91, (9, 6)).astype(np.int8), rng.integers(-9, 9, 9).astype(np.int8)
    s, g = 2.0 ** rng.integers(-9, -5, 9), np.array([1.0, -0.5, 2.0, 1.0, 0.25, 1.0])
    np.savez(folder / "w.npz", q=q, z=z, s=s, g=g, W2=rng.random((16, 8)))
    (folder / "c.toml").write_text(_CODES)
    w = ((q.astype(float) - z[:, None]) * s[:, None])[1:] * g
    return load(folder / "w.npz", chain_file=folder / "c.toml"), w, np.abs(s[1:, None] * g[None, :]) / 2


def test_codes_have_the_scale_that_is_stored(tmp_path):
    chain, w, halves = _coded(tmp_path)
    assert np.array_equal(chain.layers[0].matrix(), w)
    found = chain.layers[0].half_units()
    assert found is not None
    assert np.array_equal(found, halves)
    again = code_units(chain.layers[0])
    assert again is not None
    assert np.array_equal(again, halves)
    assert chain.layers[1].half_units() is None
    made = certify(chain, thresholds=Thresholds(storage="int8"), workers=1)
    assert check(made, chain, expected=Thresholds(storage="int8"), workers=1).reasons == ()
    first, second, edge = (of_layer(made, subject) for subject in ("layer q", "layer W2", "edge q -> W2"))
    assert first["storage.ball"].values[0].contains(float(np.linalg.norm(halves)))
    assert first["storage.ball"].parameters["format"] == "int8_stored"
    assert "the scale that is stored" in first["storage.ball"].statement
    assert second["storage.ball"].parameters["format"] == "int8"
    assert edge["storage.structure"].parameters["format"] == "int8_stored"
    for claim in ("storage.ball", "storage.structure"):
        place = next(item for item in made.claims if item.id == claim)
        forged = _forged(made, claim, parameters={**place.parameters, "format": "int8"})
        assert any(reason.claim == claim for reason in check(forged, chain, workers=1).reasons)
    plain = certify(chain, thresholds=Thresholds(storage="bf16"), workers=1)
    assert of_layer(plain, "layer q")["storage.ball"].parameters["format"] == "bf16"


def test_signs_that_cancel_move_a_cell_less():
    """W'_G = (1, 1; 1, -1)/2 makes of (m, m) a cell of length m at most, and |W'_G| one of √2 m."""
    v, e = np.array([[1.0, 1.0], [1.0, -1.0]]) / 2, np.array([[2.0**-14, 2.0**-14], [0.0, 0.0]])
    w, d = np.array([[0.5, 0.0], [0.25, 0.5]]), np.array([[2.0**-12, 0.0], [2.0**-12, 2.0**-12]])
    grouping = Grouping.of([range(2)])
    heads = prover._group_norms(v, grouping)
    ours = prover.moved_cells((np.abs(w), d), (np.abs(v), e), grouping, heads)
    interface = SimpleNamespace(reader=SimpleNamespace(matrix=v * 8), exponents=(0, 3), groups=[range(2)])
    exact = [(Range(x, x), Range(y, y)) for x, y in ((np.abs(w), d), (np.abs(v), e))]
    theirs = checker._moved(exact[0], exact[1], [range(2)], checker._group_norms(interface))
    other = (e @ (np.abs(w) + d))[0]
    with mpmath.workdps(40):
        # The spectral bound in the first column, the entrywise one, √(a² + b²), in the second.
        first = mpmath.mpf(2) ** -12 + mpmath.mpf(float(other[0]))
        whole = np.abs(v) @ d + e @ (np.abs(w) + d)
        second = mpmath.sqrt(mpmath.fsum(mpmath.mpf(float(x)) ** 2 for x in whole[:, 1]))
        for found in (ours, theirs):
            for place, truth in enumerate((first, second)):
                low, high = float(found.lo[0, place]), float(found.hi[0, place])
                assert low <= truth <= high
                assert high - low < 1e-9 * truth
