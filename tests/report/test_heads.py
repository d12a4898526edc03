"""The tables of heads, and the estimate that stands beside what is certified."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from rich.console import Console

from certify.certificate import Certificate
from certify.chain import Chain
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.report.heads import head_rows, heads_html, heads_table
from certify.report.page import page
from certify.report.same_spectrum import estimate, mean_overlap
from certify.report.screen import screen


@functools.cache
def written(name: str = "layer 3") -> Certificate:
    rng = np.random.default_rng(2)
    a = rng.standard_normal((8, 6)) * 10.0 ** -np.arange(6)
    heads = [{"name": name, "count": 4, "size": 2, "kv": 1, "query": "a", "key": "b"}]
    chain = Chain.from_arrays([a, rng.standard_normal((2, 8))], ["a", "b"], heads=heads)
    return certify(chain, thresholds=Thresholds(incidence_levels="none"), workers=1)


def shown(item, width: int = 120) -> str:
    console = Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(item)
    return captured.get()


def test_a_row_stands_beside_its_null_and_none_without():
    (row,) = head_rows(written())
    assert (row.name, row.role, row.count, row.size, row.ranks) == ("layer 3", "query", 4, 2, (2.0, 2.0))
    assert row.chance.lower <= 1 / 3 <= row.chance.upper
    # One group of keys has no pair, and no row.
    text = shown(heads_table(written()))
    assert "key" not in text
    assert "same spectrum" not in text.splitlines()[0]
    assert "layer 3 query" in text.splitlines()[1]


def test_screen_and_page_hold_the_table():
    assert "layer 3 query" in shown(screen(written(), width=120), 120)
    full = shown(heads_table(written(), estimates=True), 200)
    assert "not certified" in full
    assert "500 draws, seed 1" in full
    found = page(written("<i>"))
    assert heads_html(written("<i>")) in found
    assert "<td>&lt;i&gt;</td><td>query</td>" in found


def test_without_heads_nothing_is_shown():
    plain = certify(Chain.from_arrays([np.eye(2)]), workers=1)
    assert heads_table(plain) is None
    assert heads_html(plain) == ""


def test_overlaps_of_known_frames():
    flat = np.ones(4)
    assert mean_overlap(np.eye(4), flat, 2) == 0
    turned = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0.6, 0.8, 0], [0, 0, 0, 1]])
    assert mean_overlap(turned, flat, 2) == pytest.approx(0.18)
    # With the last two singular values 0 both heads fill what is left.
    assert mean_overlap(turned[[0, 1, 2, 1]][:, :2], np.array([2.0, 1.0]), 2) == pytest.approx(1)


def test_flat_spectra_have_what_orthonormal_rows_have():
    found = estimate([1.0] * 6, 3, 2)
    assert found is not None
    assert found.mean < 1e-25
    few = estimate([3.0, 2.0], 3, 2)
    assert few is not None
    assert few.mean == pytest.approx(1)


def test_the_interval_holds_what_many_draws_give():
    sigma = [2.0**-i for i in range(6)]
    many, few = estimate(sigma, 3, 2, draws=4000, seed=5), estimate(sigma, 3, 2)
    assert many is not None
    assert few is not None
    assert few == estimate(sigma, 3, 2)
    assert abs(few.mean - many.mean) <= few.radius + many.radius
    assert many.radius < few.radius < 0.06
    whole = np.random.default_rng(6)
    frames = [np.linalg.qr(whole.normal(size=(6, 6)))[0] for _ in range(400)]
    every = np.mean([mean_overlap(frame, np.array(sigma), 2) for frame in frames])
    assert abs(every - many.mean) < 0.02


def test_large_layers_are_not_estimated():
    assert estimate([1.0] * 4096, 32, 128) is None
    assert estimate([0.0], 2, 2) is None
