"""Every step of an expression, against rational numbers computed entry by entry from its definition; and the
checker's matrix beside it."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import certify
from certify.chain import load
from certify.chain.evaluate import exact_product
from certify.checker.expression import _times, matrix_of
from certify.errors import CertificateError, ChainError, InputError
from tests.chain.weight_files import refused

RANDOM = np.random.default_rng(5)
TENSORS = {
    "w": RANDOM.integers(-9, 9, (6, 8)).astype(np.float32),
    "g": np.array([0.5, -3, 1.25, 7, 0, 2, 0.1, 9], np.float32),
    "r": np.array([1.5, 2, -1, 0.3, 8, 5], np.float32),
    "codes": RANDOM.integers(-128, 128, (6, 8)).astype(np.int8),
    "scale": np.array([0.1, 0.3, 7, 2, 1e-3, 5], np.float32),
    "zero": np.array([3, -4, 0, 1, 9, 2], np.int8),
    "blocks": np.array([[0.1, 0.7], [3, 11], [0.9, 1.1]], np.float16),
    "conv": RANDOM.integers(-9, 9, (4, 3, 2, 2)).astype(np.float32),
    "grouped": RANDOM.integers(1, 9, (4, 2, 3)).astype(np.float32),
    "stack": RANDOM.integers(-9, 9, (2, 3, 4)).astype(np.float32),
    "packed": RANDOM.integers(-(2**31), 2**31, (2, 5)).astype(np.int32),
    "qzeros": np.array([[0x12345678], [0x0BADCAFE]], np.int32),
    "qscales": RANDOM.uniform(0.1, 1, (2, 5)).astype(np.float16),
    "narrow": np.array([[1.0 + 2.0**-52, 3.0]]),
}


@pytest.fixture
def layer_of(tmp_path):
    np.savez(tmp_path / "m.npz", **TENSORS)

    def make(text: str, tensor: str = "w"):
        (tmp_path / "c.toml").write_text(f'[[layers]]\nname = "layer"\ntensor = "{tensor}"\n{text}\n')
        return load(tmp_path / "m.npz", tmp_path / "c.toml").layers[0]

    return make


def exact(values) -> list[list[Fraction]]:
    return [[Fraction(float(x)) for x in row] for row in values]


def demand(layer, wanted: list[list[Fraction]]) -> None:
    assert layer.shape == (len(wanted), len(wanted[0]))
    for matrix in (layer.matrix(), matrix_of(layer)):
        assert exact(matrix) == wanted


def of(name: str) -> np.ndarray:
    return TENSORS[name].astype(np.float64)


def F(x) -> Fraction:
    return Fraction(float(x))


def test_slices_act_on_the_turned_matrix(layer_of):
    demand(layer_of('rows = "1:4"\ncolumns = "2:7"'), exact(of("w")[1:4, 2:7]))
    demand(layer_of('transpose = true\nrows = "5:8"'), exact(of("w").T[5:8]))


def test_gains_are_sliced_like_the_matrix(layer_of):
    w, g, r = of("w"), of("g"), of("r")
    wanted = [[F(w[i, j]) * F(g[j]) * F(r[i]) for j in range(3, 8)] for i in range(1, 5)]
    demand(layer_of('gain = "g"\nrow_gain = "r"\nrows = "1:5"\ncolumns = "3:8"'), wanted)


def test_scales_zero_points_and_axes(layer_of):
    q, s, z = of("codes"), of("scale"), of("zero")
    wanted = [[F(s[i]) * (F(q[i, j]) - F(z[i])) for j in range(8)] for i in range(6)]
    demand(layer_of('scale = "scale"\nzero_point = "zero"\naxis = 0', "codes"), wanted)
    wanted = [[Fraction(0.375) * (F(x) - 5) for x in row] for row in q]
    demand(layer_of("scale = 0.375\nzero_offset = 5", "codes"), wanted)
    b = of("blocks")
    wanted = [[F(b[i // 2, j // 4]) * F(q[i, j]) for j in range(8)] for i in range(6)]
    demand(layer_of('scale = "blocks"', "codes"), wanted)


def test_packed_codes_with_packed_zero_points(layer_of):
    def nibble(word: int, k: int) -> int:
        return ((int(word) % 2**32) >> (4 * k)) & 15

    text = 'bits = 4\npacked = 0\nscale = "qscales"\nzero_offset = 1'
    s, p = of("qscales"), TENSORS["packed"]
    wanted = [[F(s[i // 8, j]) * (nibble(p[i // 8, j], i % 8) - 1) for j in range(5)] for i in range(16)]
    demand(layer_of(text, "packed"), wanted)


def test_kernels(layer_of):
    c = of("conv")
    taps = list(itertools.product(range(2), range(2)))
    writer = [[F(c[(o, i, *t)]) for i in range(3) for t in taps] for o in range(4)]
    reader = [[F(c[(o, i, *t)]) for i in range(3)] for o in range(4) for t in taps]
    demand(layer_of('kernel = "writer"', "conv"), writer)
    demand(layer_of('kernel = "reader"', "conv"), reader)


@pytest.mark.parametrize("layout", ["channels_last", "transposed"])
def test_kernels_of_other_layouts(layer_of, layout):
    c = of("conv")
    if layout == "channels_last":
        wanted = [[F(c[a, b, i, o]) for i in range(2)] for o in range(2) for a in range(4) for b in range(3)]
    else:
        wanted = [[F(c[i, o, a, b]) for i in range(4)] for o in range(3) for a in range(2) for b in range(2)]
    demand(layer_of(f'kernel = "reader"\nlayout = "{layout}"', "conv"), wanted)


def test_grouped_kernels_are_blocks(layer_of):
    c = of("grouped")
    entry = lambda o, i, t: F(c[o, i - 2 * (o // 2), t]) if i // 2 == o // 2 else Fraction(0)  # noqa: E731
    demand(
        layer_of('kernel = "writer"\ngroups = 2', "grouped"),
        [[entry(o, i, t) for i in range(4) for t in range(3)] for o in range(4)],
    )
    demand(
        layer_of('kernel = "reader"\ngroups = 2', "grouped"),
        [[entry(o, i, t) for i in range(4)] for o in range(4) for t in range(3)],
    )


def test_stacks_and_heads(layer_of):
    demand(layer_of("index = 1\ntranspose = true", "stack"), exact(of("stack")[1].T))
    w = of("w")
    demand(layer_of("heads = {count = 3, size = 2, take = 1}"), exact(w[2:4]))
    demand(layer_of('heads = {count = 4, size = 2, take = 3, of = "columns"}'), exact(w[:, 6:8]))
    demand(layer_of("heads = {count = 6, size = 2, kv = 3, take = 5}"), exact(w[4:6]))
    rows = [r for head in range(6) for r in (2 * (head // 2), 2 * (head // 2) + 1)]
    demand(layer_of("heads = {count = 6, size = 2, kv = 3}"), exact(w[rows]))
    demand(
        layer_of('repeat = {block = 2, times = 2}\nrow_gain = "r"'),
        [[F(of("r")[i]) * F(x) for x in w[i]] for i in rows],
    )


def test_what_is_not_exact_is_refused(layer_of):
    refused(lambda: layer_of("scale = 0.1", "narrow"), "a scale for numbers of format F64", kind=ChainError)


def test_an_inexact_gain_is_refused(tmp_path):
    np.savez(tmp_path / "m.npz", w=TENSORS["narrow"], g=np.array([1.0 + 2.0**-52, 1.0]))
    (tmp_path / "c.toml").write_text('[[layers]]\ntensor = "w"\ngain = "g"')
    message = refused(
        lambda: load(tmp_path / "m.npz", tmp_path / "c.toml"), "not a binary64 number", "index [0, 0] of 1"
    )
    assert "store the product" in message


@pytest.mark.parametrize(
    ("text", "tensor", "parts"),
    [
        ('rows = "3:9"', "w", ('rows = "3:9" of a matrix with 6 rows',)),
        ('rows = "4:4"', "w", ("give a part that is there",)),
        ("", "conv", ("this tensor has shape (4, 3, 2, 2)", 'kernel = "writer"')),
        ("index = 2", "stack", ("leads out of shape",)),
        ("kernel = 'writer'\ngroups = 3", "conv", ("3 groups of 4 channels",)),
        ("heads = {count = 3, size = 4}", "w", ("3 heads of size 4 are 12 rows",)),
        ("repeat = {block = 4, times = 2}", "w", ("blocks of 4 rows",)),
        ('scale = "scale"', "codes", ("name the axis",)),
        ('gain = "nowhere"', "w", ("does not hold",)),
        ("", "codes", ("codes of a quantized matrix are not its weights", "codes = true")),
        ("bits = 5\npacked = 0\nscale = 1", "packed", ("5 bits packed",)),
    ],
)
def test_steps_that_do_not_apply(layer_of, text, tensor, parts):
    refused(lambda: layer_of(text, tensor), *parts, kind=ChainError)


@pytest.mark.parametrize(
    "text",
    [
        'rows = "1-2"',
        "rows = 3",
        "kernel = 'both'",
        "groups = 2",
        "codes = false",
        "codes = true\nscale = 2",
        "scale = 0",
        "scale = nan",
        "scale = 0.0",
        "axis = -1",
        "bits = 4",
        "index = []",
        "heads = {count = 3}",
        "gain = 3",
        "repeat = [1, 2]",
        "heads = {count = 4, size = 2, kv = 3}",
        "heads = {count = 2, size = 3, take = 2}",
        "zero_point = 3",
    ],
)
def test_values_that_a_key_does_not_take(layer_of, text):
    refused(lambda: layer_of(text), "layers[0].", "line ", kind=ChainError)


FLOATS = st.floats(allow_nan=False, allow_infinity=False) | st.floats(width=16, allow_nan=False, allow_infinity=False)


@given(FLOATS, FLOATS)
def test_exact_products_are_told_from_rounded_ones(a, b):
    value, told = exact_product(np.array([a]), np.array([b]))
    product = Fraction(a) * Fraction(b)
    fits = bool(np.isfinite(value[0])) and Fraction(float(value[0])) == product
    assert bool(told[0]) == fits
    stored = load_free()
    if fits:
        assert Fraction(float(_times(np.array([a]), np.array([b]), stored)[0])) == product
    else:
        with pytest.raises(InputError):
            _times(np.array([a]), np.array([b]), stored)


def load_free():
    return certify.Chain.from_arrays([[[1.0]]]).layers[0].stored


def test_the_checker_does_not_believe_the_prover(layer_of, tmp_path, monkeypatch):
    layer_of('gain = "g"\n')
    from certify.chain import layer

    true = layer.evaluate
    monkeypatch.setattr(layer, "evaluate", lambda *given: true(*given) + 2.0**-10)
    certificate = certify.certify(load(tmp_path / "m.npz", tmp_path / "c.toml"))
    certificate.save(tmp_path / "c.json")
    with pytest.raises(CertificateError):
        certify.verify(tmp_path / "c.json", tmp_path / "m.npz", tmp_path / "c.toml")


def test_the_certificate_records_the_expression(layer_of, tmp_path):
    layer_of('scale = "scale"\nzero_point = "zero"\naxis = 0', "codes")
    certificate = certify.certify(load(tmp_path / "m.npz", tmp_path / "c.toml"))
    certificate.save(tmp_path / "c.json")
    found = certify.Certificate.load(tmp_path / "c.json").input.tensors[0].expression
    assert found is not None
    assert found["axis"] == 0
    assert [item["tensor"] for item in found["operands"]] == ["scale", "zero"]
    certify.verify(tmp_path / "c.json", tmp_path / "m.npz", tmp_path / "c.toml")
    np.savez(tmp_path / "m.npz", **{**TENSORS, "scale": TENSORS["scale"] * np.float32(2)})
    with pytest.raises(CertificateError, match="other input"):
        certify.verify(tmp_path / "c.json", tmp_path / "m.npz", tmp_path / "c.toml")


def test_between_is_recorded(tmp_path):
    np.savez(tmp_path / "m.npz", a=np.eye(2), b=np.eye(2))
    (tmp_path / "c.toml").write_text(
        'edges = [["a", "b", "layernorm+gelu"]]\n[[layers]]\ntensor = "a"\n[[layers]]\ntensor = "b"'
    )
    certificate = certify.certify(load(tmp_path / "m.npz", tmp_path / "c.toml"))
    certificate.save(tmp_path / "c.json")
    assert certify.Certificate.load(tmp_path / "c.json").input.between == {0: "layernorm+gelu"}
    certify.verify(tmp_path / "c.json", tmp_path / "m.npz", tmp_path / "c.toml")


@pytest.mark.parametrize(("a", "b"), [(2.0**27 - 1, 2.0**27 - 1), (2.0**1000, 2.0**25), (3 * 2.0**-600, 2.0**-475)])
def test_products_just_beyond_a_float_are_refused(a, b):
    assert not exact_product(np.array([a]), np.array([b]))[1][0]
    with pytest.raises(InputError, match="not a binary64 number"):
        _times(np.array([a]), np.array([b]), load_free())
