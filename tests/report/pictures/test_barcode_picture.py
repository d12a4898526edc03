"""Barcodes as text and as SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from certify.report.pictures.barcode import barcode_svg, barcode_text


def test_pictures_show_every_bar():
    bars = {(0, 0): 1, (0, 2): 4, (1, 2): 2}
    text = barcode_text(bars, ["input", "hidden", "out"])
    assert text.splitlines()[1].count("●") == 1
    assert text.splitlines()[2].count("●") == 3
    assert text.splitlines()[2].rstrip().endswith("4")
    assert len(text.splitlines()) == 4
    root = ET.fromstring(barcode_svg(bars, ["a<b", "c&d", "e"]))
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a<b", "c&d", "e", "1", "4", "2"} <= set(texts)
    thick = [e for e in root.iter("{http://www.w3.org/2000/svg}line") if e.get("stroke-width")]
    assert len(thick) == 3
    assert ET.fromstring(barcode_svg({}, ["x"])).tag.endswith("svg")
