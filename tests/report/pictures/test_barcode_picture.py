"""Barcodes as text and as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from certify.report.pictures.barcode import barcode_picture, barcode_text
from tests.report.pictures.elements import rects, texts


def test_pictures_show_every_bar():
    bars = {(0, 0): 1, (0, 2): 4, (1, 2): 2}
    text = barcode_text(bars, ["input", "hidden", "out"])
    assert text.splitlines()[1].count("●") == 1
    assert text.splitlines()[2].count("●") == 3
    assert text.splitlines()[2].rstrip().endswith("4")
    assert len(text.splitlines()) == 4
    picture = barcode_picture(bars, ["a<b", "c&d", "e"], 1, "chain")
    root = ET.fromstring(picture.standalone())
    assert {"a<b", "c&d", "e", "1", "4", "2"} <= set(texts(root))
    told = [told for _, told in rects(root) if told]
    assert told == [
        "4 × [0, 2]: reaches the output from the input",
        "1 × [0, 0]: ends before the output",
        "2 × [1, 2]: not driven by the input",
    ]
    assert ET.fromstring(barcode_picture({}, ["x"], 1, "chain").standalone()).tag.endswith("svg")


def test_thickness_follows_the_multiplicity_and_many_kinds_are_counted():
    root = ET.fromstring(barcode_picture({(0, 1): 4, (1, 1): 2}, ["2", "3"], 1, "chain").standalone())
    thick = [float(shape["height"]) for shape, told in rects(root) if told]
    assert thick[0] > thick[1]
    bars = {(i, j): 1 for i in range(20) for j in range(i, 20)}
    assert "150 more kinds" in barcode_picture(bars, ["9"] * 20, 1, "chain").caption
