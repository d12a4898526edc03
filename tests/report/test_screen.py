"""The first screen: at most forty lines of eighty columns, figures beside their nulls, nothing that is not known."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import certify
from certify.report.overview import flow, overview, short, short_names, sparkline
from certify.report.screen import screen
from certify.verdict import Enclosure
from tests.certificate.digits import digits


def shown(certificate, width: int = 80) -> list[str]:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(screen(certificate, width=width))
    return console.export_text().splitlines()


def of(*arrays):
    return certify.certify(certify.Chain.from_arrays(arrays), workers=1)


@pytest.mark.parametrize("width", [80, 140])
def test_the_example_fits_a_terminal(width):
    lines = shown(digits(), width)
    assert len(lines) <= 36
    assert max(map(len, lines)) <= width


def test_the_worst_aligned_interface_and_chance_are_told():
    text = "\n".join(shown(digits(), 400))
    worst = re.search(r"worst aligned: (\S+) -> (\S+), ([\d.]+) deviations above chance", text)
    assert worst
    assert worst.groups()[:2] == ("layers.0.weight", "layers.1.weight")
    assert "10 of the input reach the output, 54 of the input end before the last layer" in text
    assert "32 inside are neither driven by the input nor read by the output" in text


def test_figures_are_those_of_the_certificate():
    found = overview(digits())
    first = found.layers[0]
    assert (first.shape, first.full, first.rank.lower) == ((96, 64), 64, 64.0)
    edge = found.interfaces[0]
    assert edge.chance.lower <= edge.window / 96 <= edge.chance.upper
    assert edge.ratio.lower < 1.284010 < edge.ratio.upper + 1e-6
    assert edge.commutator_score.lower < 3.93643648 < edge.commutator_score.upper + 1e-4


def test_stable_rank_encloses():
    found = overview(of(np.diag([2.0, 1.0, 1.0]), np.eye(3)))
    assert found.layers[0].stable.lower <= 1.5 <= found.layers[0].stable.upper


def test_a_single_layer_has_no_interface():
    lines = shown(of(np.diag([3.0, 1.0])))
    assert not any("interface" in line for line in lines)
    assert any(line.startswith("verdict ") for line in lines)


def test_lost_ranks_and_undecided_claims_are_told():
    text = "\n".join(shown(of(np.diag([1.0, 0.0]), np.eye(2)), 140))
    assert "ranks lost: W1 1 of 2" in text
    assert "undecided: " in text


def test_many_layers_are_counted():
    rng = np.random.default_rng(3)
    lines = shown(of(*(rng.standard_normal((2, 2)) for _ in range(20))))
    assert any("and 9 more layers" in line for line in lines)
    assert any("and 8 more interfaces" in line for line in lines)
    assert len(lines) <= 40


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Enclosure(1.25, 1.25), "1.250"),
        (Enclosure(0.1, 0.2), "[0.1, 0.2]"),
        (Enclosure(-math.inf, math.inf), "unknown"),
        (Enclosure(1.0000001e-9, 1.0000002e-9), "1.000e-09"),
        (Enclosure(0.0, 1e-300), "[0, 1e-300]"),
        (Enclosure(-3.9363, -3.9362), "-3.936"),
        (Enclosure(1.7e308, 1.75e308), "[1.7e+308, 1.8e+308]"),
    ],
)
def test_short_numbers_show_what_is_known(value, text):
    assert short(value) == text


def test_sparklines():
    values = [Enclosure(x, x) for x in (8.0, 4.0, 2.0, 1.0)]
    assert sparkline(values) == "█▅▃▂"
    assert sparkline([Enclosure(0.0, 0.0)] * 3) == "▁▁▁"
    assert len(sparkline([Enclosure(1.0, 1.0)] * 50)) == 8


def test_names_lose_what_all_of_them_share():
    names = [f"model.layers.{i}.weight" for i in range(2)]
    assert list(short_names(names).values()) == ["layers.0", "layers.1"]
    assert short_names(["a.b.c"]) == {"a.b.c": "a.b.c"}
    assert list(short_names(["h.0.mlp.up", "h.0.mlp.down"]).values()) == ["mlp.up", "mlp.down"]
    assert list(short_names(["a.b", "a.b.c"]).values()) == ["a.b", "a.b.c"]


def test_only_a_barcode_has_a_flow():
    assert [flow(c) for c in digits().claims if c.id != "A5.barcode" and flow(c)] == []


def test_the_readme_shows_this_screen():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```text\n(layer .*?)\n```", readme, re.DOTALL)
    assert block
    assert block.group(1) == "\n".join(line.rstrip() for line in shown(digits())).rstrip()
