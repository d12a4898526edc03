"""The barcode of a chain, as a certificate states it, in one line, as text and as a picture."""

from __future__ import annotations

from certify.certificate import Certificate
from certify.console import escaped
from certify.report.pictures.barcode import barcode_picture, barcode_text
from certify.report.pictures.svg import Picture
from certify.verdict import Claim, Verdict

__all__ = ["bars_of", "bars_text", "drawn_barcodes", "pictured_barcodes", "polystable_text"]

_SHOWN = 8


def bars_text(claim: Claim) -> str:
    """The intervals that occur, with their multiplicities: those that reach furthest first, the rest counted.

    Empty for a claim whose parameters or values are not those of a barcode.
    """
    found = [(interval, low, high) for interval, (low, high) in _bounds(claim).items() if high]
    found.sort(key=lambda bar: (bar[0][0] - bar[0][1], bar[0]))
    texts = [f"[{i},{j}]×{low if low == high else f'{low}…{high}'}" for (i, j), low, high in found]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return " ".join(texts[:_SHOWN]) + more


def polystable_text(claim: Claim) -> str:
    """``yes``, ``no`` or ``unknown``, with the ranks that decide it; empty where these are not recorded."""
    found = [str(claim.parameters[name]) for name in ("polystable", "reason") if name in claim.parameters]
    return ": ".join(found)


def drawn_barcodes(certificate: Certificate) -> list[str]:
    """A title and the barcode as text, for every line of layers whose barcode is certified."""
    return [
        f"barcode of {escaped(claim.subject)}, by the dimensions of its spaces\n"
        f"{barcode_text(bars_of(claim), _names(claim))}"
        for claim in _certified(certificate)
    ]


def pictured_barcodes(certificate: Certificate) -> list[Picture]:
    """The same as pictures."""
    return [
        barcode_picture(bars_of(claim), _names(claim), place, claim.subject)
        for place, claim in enumerate(_certified(certificate), 1)
    ]


def _certified(certificate: Certificate) -> list[Claim]:
    return [x for x in certificate.claims if x.id == "A5.barcode" and x.verdict is Verdict.CERTIFIED and bars_of(x)]


def _names(claim: Claim) -> list[str]:
    return escaped(claim.parameters.get("dimensions", "")).split(",")


def _bounds(claim: Claim) -> dict[tuple[int, int], tuple[int, int]]:
    count = len(_names(claim))
    if count * (count + 1) // 2 != len(claim.values):
        return {}
    places = [(i, j) for i in range(count) for j in range(i, count)]
    if not all(x.finite for x in claim.values):
        return {}
    return {place: (int(x.lower), int(x.upper)) for place, x in zip(places, claim.values, strict=True)}


def bars_of(claim: Claim) -> dict[tuple[int, int], int]:
    """The intervals of a barcode with their multiplicities from below; empty for another claim."""
    return {interval: low for interval, (low, _) in _bounds(claim).items() if low}
