"""Formulas as browsers without a font for mathematics show them right: primes at their letters, functions apart."""

from __future__ import annotations

from xml.etree import ElementTree

__all__ = ["legible"]

_MATHML = "http://www.w3.org/1998/Math/MathML"
_PRIMES = {"′", "″"}


def legible(mathml: str) -> str:
    """The formula with primes that are not raised twice, and a thin space between a function and its argument.

    >>> legible('<math xmlns="http://www.w3.org/1998/Math/MathML"><msup><mi>A</mi><mo>′</mo></msup></math>')
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mrow><mi>A</mi><mo lspace="0" rspace="0">′</mo></mrow></math>'
    """
    ElementTree.register_namespace("", _MATHML)
    root = ElementTree.fromstring(mathml)
    for element in root.iter():
        _lower_prime(element)
        _part(element)
    return ElementTree.tostring(root, encoding="unicode")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _lower_prime(element: ElementTree.Element) -> None:
    """The glyph of a prime is high as it is; as a superscript it would be raised a second time."""
    parts = list(element)
    if len(parts) < 2 or _name(element) not in ("msup", "msubsup"):
        return
    script = parts[-1]
    inner = list(script) if _name(script) == "mrow" else [script]
    if not inner or (inner[0].text or "") not in _PRIMES or _name(inner[0]) not in ("mo", "mi"):
        return
    prime, rest = inner[0], inner[1:]
    prime.tag = f"{{{_MATHML}}}mo"
    prime.attrib.update(lspace="0", rspace="0")
    for part in parts:
        element.remove(part)
    base = parts[0]
    if _name(element) == "msubsup":
        base = _new("msub", parts[0], parts[1])
    whole = _new("mrow", base, prime)
    if rest:
        element.tag = f"{{{_MATHML}}}msup"
        element.extend([whole, _new("mrow", *rest)])
    else:
        element.tag = f"{{{_MATHML}}}mrow"
        element.extend(whole)


def _new(name: str, *parts: ElementTree.Element) -> ElementTree.Element:
    made = ElementTree.Element(f"{{{_MATHML}}}{name}")
    made.extend(parts)
    return made


def _part(element: ElementTree.Element) -> None:
    """A function whose argument stands beside it without parentheses."""
    parts = list(element) if _name(element) in ("mrow", "math", "mtd") else []
    for place in range(len(parts) - 2, -1, -1):
        head = parts[place]
        head = head[0] if _name(head) in ("msub", "msup", "munder") and len(head) else head
        word = _name(head) in ("mi", "mo") and len(head.text or "") > 1 and (head.text or "").isalpha()
        if word and _name(parts[place + 1]) in ("mi", "mn", "msub", "msup", "msubsup", "mfrac"):
            space = _new("mspace")
            space.set("width", "0.17em")
            element.insert(place + 1, space)
