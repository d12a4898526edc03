"""Twice the input takes at most 2.5 times the processor time, and no more than ten times its size of memory."""

from __future__ import annotations

import gc
import io
import json
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Limits, load
from certify.chain.chain_file import read_chain_file
from certify.errors import PolystableError
from certify.options import read_thresholds
from certify.verdict import Enclosure
from tests.certificate.examples import small
from tests.fuzz.campaign import LEAST, TIMES
from theorems.verification import verify

TWICE = 2.5
# Less than this is too short to be measured, and short enough.
SECONDS = 0.02
LIMITS = Limits(max_tensors=10**6, max_layers=10**6, max_chain_file_bytes=10**7)

Made = tuple[str, bytes, Callable[[Path], object]]


def _safetensors(header: bytes, body: bytes = b"") -> Made:
    return "w.safetensors", len(header).to_bytes(8, "little") + header + body, lambda path: load(path, limits=LIMITS)


def _tensors(count: int) -> Made:
    header = {
        f"layers.{i}.weight": {"dtype": "F64", "shape": [4, 4], "data_offsets": [128 * i, 128 * i + 128]}
        for i in range(count)
    }
    return _safetensors(json.dumps(header).encode(), np.tile(np.eye(4), (count, 1)).tobytes())


def _npy(header: bytes, body: bytes = b"") -> Made:
    return "w.npy", b"\x93NUMPY\x02\x00" + len(header).to_bytes(4, "little") + header + body, load


def _array(n: int) -> Made:
    made = io.BytesIO()
    np.save(made, np.ones((n // 800, 100)))
    return "w.npy", made.getvalue(), load


def _npz(n: int, write: Callable[..., None]) -> Made:
    made = io.BytesIO()
    write(made, **{f"layers.{i}": np.eye(4) for i in range(n // 500)})
    return "w.npz", made.getvalue(), lambda path: load(path, limits=LIMITS)


def _index(n: int) -> Made:
    placed = {f"layers.{i}.weight": f"m{i}.safetensors" for i in range(n // 45)}
    return "w.safetensors.index.json", json.dumps({"weight_map": placed}).encode(), load


def _chain(text: bytes) -> Made:
    return "c.toml", text, lambda path: read_chain_file(str(path), LIMITS)


def _named(n: int) -> Made:
    """A chain file that names a tensor which the weights do not hold, among many like it."""
    weights = b"".join(b'[[layers]]\ntensor = "layers.%d"\n' % i for i in range(n // 32))
    return _chain(weights + b'[[layers]]\ntensor = "layers.0"\n')


def _certificate(values: int, count: int, number: float = 0.1) -> Made:
    base = small()
    claim = replace(base.claims[1], values=tuple(Enclosure(number * i, number * i) for i in range(values)))
    return "c.json", replace(base, claims=(claim,) * count).to_bytes(), Certificate.load


def _text(data: bytes) -> Made:
    return "c.json", data, Certificate.load


def _witness(data: bytes) -> Made:
    return "x.json", data, verify


def _instance(n: int) -> bytes:
    fields = b'"schema":"polystable-witness/1","theorem":"B3","reading":"no gap","dropped":null,"constants":{}'
    rows = b",".join([b'["1"]'] * (n // 6))
    return b'{%s,"hypotheses":{},"margin":["0x0p0","0x0p0"],"instance":{"K":[%s]}}' % (fields, rows)


MEGABYTE = 10**6
CASES: dict[str, tuple[Callable[[int], Made], int]] = {
    "safetensors: tensors": (lambda n: _tensors(n // 220), MEGABYTE),
    "safetensors: brackets": (lambda n: _safetensors(b'{"a":[' + b"[]," * (n // 3) + b"[]]}"), 4 * MEGABYTE),
    "safetensors: sizes": (lambda n: _safetensors(b'{"a":{"shape":[' + b"300," * (n // 4) + b"1]}}"), 4 * MEGABYTE),
    "safetensors: a long name": (lambda n: _safetensors(b'{"' + b"a" * n + b'":1}'), 8 * MEGABYTE),
    "safetensors: metadata": (
        lambda n: _safetensors(b'{"__metadata__":{' + b",".join(b'"%d":"x"' % i for i in range(n // 12)) + b"}}"),
        4 * MEGABYTE,
    ),
    "safetensors: an open text": (lambda n: _safetensors(b'{"' + b'\\"' * (n // 2)), 8 * MEGABYTE),
    "index": (_index, MEGABYTE),
    "npy: sizes": (lambda n: _npy(b"{'shape': (" + b"1," * (n // 2) + b"), }"), 8 * MEGABYTE),
    "npy: sizes below the limit": (lambda n: _npy(b"{'shape': (" + b"1," * (n // 2) + b"), }"), 60_000),
    "npy: blanks": (lambda n: _npy(b"{'descr': '<f8', " + b" " * n + b"}"), 60_000),
    "npy: numbers": (_array, 16 * MEGABYTE),
    "npz: members": (lambda n: _npz(n, np.savez), MEGABYTE),
    "npz: deflated members": (lambda n: _npz(n, np.savez_compressed), MEGABYTE),
    "chain file: layers": (_named, 200_000),
    "chain file: an open text": (lambda n: _chain(b'a = "' + b'\\"' * (n // 2)), MEGABYTE),
    "chain file: apostrophes": (lambda n: _chain(b"x'" * (n // 2)), MEGABYTE),
    "chain file: a key of many parts": (lambda n: _chain(b"a" + b".a" * (n // 2) + b" = 1"), MEGABYTE),
    "chain file: many parts after a text": (
        lambda n: _chain(b'a = {b = """\n""", a' + b".a" * (n // 2) + b" = 1}"),
        MEGABYTE,
    ),
    "chain file: a long key": (lambda n: _chain(b"layrs" * (n // 5) + b" = 1"), MEGABYTE // 2),
    "chain file: digits": (lambda n: _chain(b"a = " + b"9" * n), MEGABYTE),
    "chain file: edges": (
        lambda n: _chain(
            b"edges = [" + b'["l0","l1"],' * (n // 12) + b']\n[[layers]]\ntensor="l0"\n[[layers]]\ntensor="l1"\n'
        ),
        200_000,
    ),
    "thresholds: keys": (
        lambda n: ("t.toml", b"".join(b"k%d = 1\n" % i for i in range(n // 9)), read_thresholds),
        60_000,
    ),
    "certificate: values": (lambda n: _certificate(n // 48, 1), 2 * MEGABYTE),
    "certificate: zeros": (lambda n: _certificate(n // 24, 1, 0.0), 2 * MEGABYTE),
    "certificate: claims": (lambda n: _certificate(5, n // 480), 2 * MEGABYTE),
    "certificate: brackets": (
        lambda n: _text(small().to_bytes().replace(b'"input":{', b'"input":{"x":[' + b"[]," * (n // 3) + b"[]],")),
        4 * MEGABYTE,
    ),
    "certificate: an open text": (lambda n: _text(b'{\n"schema":"' + b'\\"' * (n // 2)), 8 * MEGABYTE),
    "certificate: deep": (lambda n: _text(b"[" * n), 8 * MEGABYTE),
    "witness: an open text": (lambda n: _witness(b'"' + b'\\"' * (n // 2)), 125_000),
    "witness: brackets": (lambda n: _witness(b'{"a":[' + b"[]," * (n // 3) + b"[]]}"), 125_000),
    "witness: digits": (lambda n: _witness(b'{"a":' + b"9" * n + b"}"), 125_000),
    "witness: rows": (lambda n: _witness(_instance(n)), 125_000),
}  # fmt: skip
# tomllib and the witness parser take more, of files that may not be large.
MORE = {"chain file: layers": 25, "chain file: edges": 25, "witness: digits": 100, "witness: brackets": 80,
        "witness: rows": 60}  # fmt: skip


def _seconds(read: Callable[[Path], object], path: Path) -> float:
    best = float("inf")
    # What other tests left in memory is not gone through again and again.
    gc.collect()
    gc.freeze()
    for _ in range(3):
        start = time.process_time()
        _read(read, path)
        best = min(best, time.process_time() - start)
    gc.unfreeze()
    return best


def _read(read: Callable[[Path], object], path: Path) -> None:
    said = None
    try:
        read(path)
    except PolystableError as error:
        said = error
    assert said is None or (said.exit_code in (1, 4) and len(str(said)) < 10**4)


def _ratio(make: Callable[[int], Made], size: int, folder: Path) -> float:
    times: list[float] = []
    for n in (size // 2, size):
        name, data, read = make(n)
        (folder / name).write_bytes(data)
        times.append(_seconds(read, folder / name))
    return times[1] / times[0] if times[1] > SECONDS else 0.0


@pytest.mark.parametrize("case", CASES)
def test_twice_the_input_takes_twice_the_time(case, tmp_path):
    make, size = CASES[case]
    # A machine that is busy with other things gets other tries.
    assert any(_ratio(make, size, tmp_path) <= TWICE for _ in range(5))


@pytest.mark.parametrize("case", CASES)
def test_memory_is_a_small_multiple_of_the_input(case, tmp_path):
    make, size = CASES[case]
    name, data, read = make(size)
    (tmp_path / name).write_bytes(data)
    _read(read, tmp_path / name)
    tracemalloc.start()
    _read(read, tmp_path / name)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= max(MORE.get(case, TIMES) * len(data), LEAST)


def test_quadratic_time_is_seen(tmp_path):
    def slow(path: Path) -> None:
        sum(i * j for i in range(len(path.read_bytes())) for j in range(len(path.read_bytes())))

    assert _ratio(lambda n: ("x", b"a" * n, slow), 1200, tmp_path) > TWICE
