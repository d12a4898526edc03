"""Spectra, overlaps and bars as SVG: each shows the values that it was given, and what is not known as not known."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest

from certify.report.pictures.bars import Balance, balance_picture, shares_picture
from certify.report.pictures.incidence import Edge, graph_picture, masks_picture
from certify.report.pictures.overlaps import Cell, overlaps_picture, strength
from certify.report.pictures.spectrum import frame_of, spectrum_picture
from certify.report.pictures.svg import Picture, decades, level, words
from certify.verdict import Enclosure, Verdict
from tests.report.pictures.elements import SVG, rects, texts, told

UNKNOWN = Enclosure(-math.inf, math.inf)


def at(x: float) -> Enclosure:
    return Enclosure(x, x)


def read(picture: Picture) -> ET.Element:
    return ET.fromstring(picture.standalone())


def dots(root: ET.Element) -> list[tuple[float, float]]:
    return [(float(e.get("cx")), float(e.get("cy"))) for e in root.iter(f"{SVG}circle")]


def lines(root: ET.Element) -> list[list[tuple[float, float]]]:
    return [
        [tuple(map(float, point.split(","))) for point in e.get("points").split()] for e in root.iter(f"{SVG}polyline")
    ]


@pytest.mark.parametrize("chart", ["log_log", "kl", "hellinger", "top_radial"])
def test_an_exact_power_law_lies_on_its_line(chart):
    sigma = [at(3.0 * k**-0.75) for k in range(1, 13)]
    root = read(spectrum_picture("s", "W", sigma, {chart: at(0.75)}, frame_of([sigma])))
    ((x0, y0), (x1, y1)) = lines(root)[0]
    for x, y in dots(root):
        assert abs(y0 + (y1 - y0) * (x - x0) / (x1 - x0) - y) < 0.2
    assert abs(dots(root)[-1][0] - x1) < 0.2


def test_wide_unknown_and_vanishing_values_are_drawn_as_such():
    sigma = [at(4.0), Enclosure(0.5, 2.0), Enclosure(0.0, 0.0), UNKNOWN]
    frame = frame_of([sigma])
    root = read(spectrum_picture("s", "W<1>", sigma, {"kl": UNKNOWN}, frame))
    assert lines(root) == []
    assert [label for shape, label in rects(root) if label and shape["class"] == "fa"] == ["σ_2: 1.25 ± 0.75"]
    assert any("σ_4" in label for shape, label in rects(root) if shape["class"] == "none")
    circles = list(root.iter(f"{SVG}circle"))
    assert [told(e) for e in circles] == ["σ_1: 4", "σ_3: 0"]
    assert float(circles[1].get("cy")) == frame.y(0.0)
    assert "W<1>" in texts(root)


def test_of_many_values_the_ends_are_drawn_and_nothing_positive_has_no_axes():
    sigma = [at(1.0 / k) for k in range(1, 3001)]
    root = read(spectrum_picture("s", "W", sigma, {}, frame_of([sigma])))
    shown = [told(e) for e in root.iter(f"{SVG}circle")]
    assert len(shown) <= 20
    assert shown[0].startswith("σ_1:")
    assert shown[-1].startswith("σ_3000:")
    assert frame_of([[at(0.0)], []]) is None
    assert frame_of([[at(1e-300), at(1e300)]]).low >= 290


def test_cells_show_the_overlap_and_hatch_what_is_undecided():
    good = Cell(Verdict.CERTIFIED, at(0.625), at(0.25), at(7.5))
    bad = Cell(Verdict.UNDECIDED, Enclosure(0.0, 1.0), None, None)
    root = read(overlaps_picture([1, 2], [("a → b", [good, bad]), ("c → d", [None, good])], 0))
    cells = [(shape, label) for shape, label in rects(root) if label]
    assert len(cells) == 3
    assert cells[0][1] == "k = 1: overlap 0.625, chance 0.25, 7.5 deviations above it"
    assert cells[0][0]["fill-opacity"] == "0.38"
    assert cells[1][0]["fill"] == "url(#hatch-overlap-against-chance)"
    assert "UNDECIDED" in cells[1][1]
    assert texts(root).count(".62") == 2
    near = Cell(Verdict.CERTIFIED, at(0.001), at(0.25), at(-1.5))
    assert [
        shape["fill-opacity"] for shape, label in rects(read(overlaps_picture([1], [("a", [near])], 0))) if label
    ] == ["0.00"]
    assert root.find(f".//{SVG}pattern").get("id") == "hatch-overlap-against-chance"
    assert "3 windows" in overlaps_picture([1], [("a", [good])], 3).caption


@pytest.mark.parametrize(
    ("there", "mean", "part"), [(1.0, 0.5, 1.0), (0.5, 0.5, 0.0), (0.25, 0.5, -0.5), (1.0, 1.0, 0.0)]
)
def test_strength(there, mean, part):
    assert strength(at(there), at(mean)) == part


def test_bars_are_as_long_as_their_values():
    rows = [Balance("a → b", at(0.5), at(0.25), 0.5), Balance("c → d", Enclosure(0.25, 0.75), UNKNOWN, None)]
    root = read(balance_picture(rows))
    wide = [(float(shape["width"]), label) for shape, label in rects(root) if label]
    assert wide[0] == (75.0, "a → b: 0.5")
    assert wide[1][0] == 37.5
    assert wide[2][0] == 75.0
    assert abs(wide[3][0] - 150 * 0.25 * math.sqrt(2)) < 0.1
    assert wide[4] == (150.0, "c → d: [-∞, ∞]")
    assert len([e for e in root.iter(f"{SVG}line") if e.get("class") == "ink"]) == 1


def test_masks_tell_core_overlap_and_noise():
    root = read(masks_picture("m", "a → b", {0: "0:2", 1: "2:4", 2: "4:6"}, {0: {0, 1}, 1: {1, 3}}, 4))
    paths = [(e.get("class"), e.get("d")) for e in root.iter(f"{SVG}path")]
    assert [kind for kind, _ in paths] == ["fa", "fb", "fa", "fb"]
    assert [d.count("M") for _, d in paths] == [1, 1, 1, 1]
    assert paths[0][1].startswith("M78 30h100")
    assert paths[1][1].startswith("M178 30h100")
    assert paths[2][1].startswith("M378 41h100")
    assert sum(shape["class"] == "none" for shape, _ in rects(root)) == 1


def test_many_columns_share_places_and_overlap_is_seen():
    active = {0: set(range(0, 4000, 2)), 1: {3998}}
    root = read(masks_picture("m", "a", {0: "a", 1: "b"}, active, 4000))
    kinds = [e.get("class") for e in root.iter(f"{SVG}path")]
    assert kinds == ["fa", "fb", "fb"]
    many = {group: str(group) for group in range(50)}
    assert "10 more groups" in masks_picture("m", "a", many, {}, 3).caption


def test_the_graph_joins_groups_by_weight_and_label():
    edges = [Edge((0, 2), 3, 4.0, "SC"), Edge((1, 2), 1, 1.0, "ST"), Edge((0, 1), 2)]
    picture = graph_picture("g", "a → b", {0: "a<", 1: "b", 2: "c"}, edges)
    root = read(picture)
    drawn = [e for e in root.iter(f"{SVG}line") if told(e)]
    assert [e.get("class") for e in drawn] == ["a", "d", "axis"]
    assert [e.get("style") for e in drawn] == ["stroke-width:5", "stroke-width:2", "stroke-width:1"]
    assert told(drawn[0]) == "a< – c: 3 shared columns, weight 4, SC"
    assert "3 of 3 pairs" in picture.caption
    assert any("SC: shared, congruent" in text for text in texts(root))


def test_shares_add_up():
    counts = {1: {Verdict.CERTIFIED: 3, Verdict.UNDECIDED: 1}, 4: {Verdict.REFUTED: 2}}
    root = read(shares_picture([1, 4], counts))
    parts = {label: float(shape["height"]) for shape, label in rects(root) if label}
    assert parts == {
        "k = 1: 3 of 4 CERTIFIED": 82.5,
        "k = 1: 1 of 4 UNDECIDED": 27.5,
        "k = 4: 2 of 2 REFUTED": 110.0,
    }


def test_text_is_never_markup():
    assert words(0, 0, "<a>\u202e") == '<text x="0" y="0">&lt;a&gt;\\u202e</text>'


def test_labels_of_axes():
    assert [level(e) for e in (-3, -2, 0, 3, 5)] == ["10⁻³", "0.01", "1", "1000", "10⁵"]
    assert decades(-0.5, 0.5) == [0]
