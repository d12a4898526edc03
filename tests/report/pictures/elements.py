"""Reading a picture again."""

from __future__ import annotations

import xml.etree.ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


def texts(root: ET.Element) -> list[str]:
    """Every line of text."""
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def told(element: ET.Element) -> str:
    """What is shown while the pointer rests on an element."""
    return element.findtext(f"{SVG}title") or ""


def rects(root: ET.Element) -> list[tuple[dict[str, str], str]]:
    """Every rectangle with what is told of it."""
    return [(element.attrib, told(element)) for element in root.iter(f"{SVG}rect")]
