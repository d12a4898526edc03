"""The pictures of a certificate, for its page and as files."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from certify.certificate import Certificate
from certify.certificate.incidence_graph import read_graph
from certify.claims import incidence, interface, layer, nulls
from certify.console import check_targets
from certify.errors import PolystableError, UsageError
from certify.report.barcode import pictured_barcodes
from certify.report.overview import short_names
from certify.report.pictures.bars import Balance, balance_picture, shares_picture
from certify.report.pictures.incidence import Edge, graph_picture, masks_picture
from certify.report.pictures.overlaps import Cell, overlaps_picture
from certify.report.pictures.spectrum import frame_of, spectrum_picture
from certify.report.pictures.svg import Picture, cut
from certify.verdict import Claim, Enclosure, Verdict
from certify.writing import write_whole

__all__ = ["Figures", "figures", "save_plots"]

_LETTERS = 20
_STRUCTURES = 8
"""Interfaces whose row groups are drawn."""
_COLUMNS = 16
"""Windows that a picture has a column for; of more, those that most interfaces share."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The spectra, one picture a layer, and the pictures of all interfaces and chains."""

    spectra: tuple[Picture, ...]
    others: tuple[Picture, ...]


def figures(certificate: Certificate) -> Figures:
    """Everything that can be drawn of a certificate."""
    claims = {(claim.subject, claim.id): claim for claim in certificate.claims}
    labels = _interfaces(certificate)
    others = [
        picture
        for picture in (_overlaps(claims, labels), _shares(certificate.claims), _balance(claims, labels))
        if picture is not None
    ]
    structures = tuple(_structures(certificate, claims, labels))
    return Figures(tuple(_spectra(certificate, claims)), (*others, *pictured_barcodes(certificate), *structures))


def save_plots(
    certificate: Certificate, folder: Path, others: Sequence[Path | None] = (), inputs: Sequence[Path | None] = ()
) -> list[Path]:
    """Write each picture as an SVG file in ``folder``, which is made if it is not there; each file as a whole or not.

    Parameters
    ----------
    others : what else is written, which no picture replaces.
    inputs : as for :func:`~certify.console.check_targets`.

    Raises
    ------
    UsageError : a picture would replace an input, another output, a link or a folder; then none is written.
    InputError : the folder cannot be written.
    """
    try:
        folder.mkdir(exist_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError("the folder of the pictures cannot be made", file=folder, place=str(error)) from error
    found = figures(certificate)
    pictures = {folder / f"{picture.name}.svg": picture for picture in (*found.spectra, *found.others)}
    check_targets(*pictures, *others, inputs=inputs)
    for path, picture in pictures.items():
        write_whole(path, picture.standalone().encode("utf-8"))
    return list(pictures)


_Claims = dict[tuple[str, str], Claim]


def _interfaces(certificate: Certificate) -> dict[str, str]:
    """What each interface is called in a picture, by its subject."""
    tensors = certificate.input.tensors
    plain = {name: cut(text, _LETTERS) for name, text in short_names([tensor.layer for tensor in tensors]).items()}
    pairs = [(tensors[lower].layer, tensors[upper].layer) for lower, upper in certificate.input.edges]
    return {interface.subject(a, b): f"{plain[a]} → {plain[b]}" for a, b in pairs}


def _spectra(certificate: Certificate, claims: _Claims) -> Iterator[Picture]:
    found = {
        tensor.layer: claims[layer.subject(tensor.layer), layer.SIGMA].values
        for tensor in certificate.input.tensors
        if (layer.subject(tensor.layer), layer.SIGMA) in claims
    }
    frame, plain = frame_of(list(found.values())), short_names(list(found))
    for place, (name, sigma) in enumerate(found.items(), 1):
        if frame is not None:
            ids = {chart: (layer.subject(name), layer.chart_id(chart, "alpha")) for chart in layer.CHARTS}
            alphas = {chart: claims[id].values[0] for chart, id in ids.items() if id in claims and claims[id].values}
            yield spectrum_picture(f"spectrum-{place:03d}", plain[name], sigma, alphas, frame)


def _structures(certificate: Certificate, claims: _Claims, labels: dict[str, str]) -> Iterator[Picture]:
    """Masks and graph of the first interfaces that have row groups."""
    found = [subject for subject in labels if (subject, incidence.SUPPORTS) in claims]
    for place, subject in enumerate(found[:_STRUCTURES], 1):
        thresholds = claims.get((subject, incidence.THRESHOLDS))
        if thresholds is None or len(thresholds.values) > incidence.MOST_GROUPS:
            continue
        try:
            graph = read_graph(certificate.claims, subject)
            columns = int(graph.graph["columns"])
            active = {node: _places(data["active"]) for node, data in graph.nodes(data=True) if data["active"]}
        except (LookupError, ValueError, TypeError, OverflowError, PolystableError):
            # What is recorded is no structure: its claims are in the table all the same.
            continue
        if columns < 1 or any(j >= columns for columns_of in active.values() for j in columns_of):
            continue
        rows = {node: str(data["rows"]) for node, data in graph.nodes(data=True)}
        edges = [
            Edge((left, right), len(_places(data["shared"])), data.get("weight_lower"), str(data.get("label", "")))
            for left, right, data in graph.edges(data=True)
        ]
        yield masks_picture(f"masks-{place:02d}", labels[subject], rows, active, columns)
        if (subject, incidence.GRAPH) in claims:
            yield graph_picture(f"incidence-{place:02d}", labels[subject], rows, edges)


def _places(text: str) -> set[int]:
    return {int(item) for item in text.split(",") if item}


def _columns(asked: Counter[int]) -> list[int]:
    """The windows that are drawn, increasing."""
    most = sorted(asked, key=lambda k: (-asked[k], k))[:_COLUMNS]
    return sorted(most)


def _window(claim: Claim) -> int | None:
    found = re.search(r"\[(\d{1,15})\]$", claim.id)
    return int(found[1]) if found else None


def _overlaps(claims: _Claims, labels: dict[str, str]) -> Picture | None:
    asked = {
        (subject, window): claim
        for (subject, id), claim in claims.items()
        if id.startswith("E.overlap[") and subject in labels and claim.values and (window := _window(claim)) is not None
    }
    counts = Counter(k for _, k in asked)
    windows = _columns(counts)
    if not windows:
        return None
    rows = [(label, [_cell(claims, asked, subject, k) for k in windows]) for subject, label in labels.items()]
    return overlaps_picture(windows, rows, len(counts) - len(windows))


def _cell(claims: _Claims, asked: dict[tuple[str, int], Claim], subject: str, k: int) -> Cell | None:
    if (subject, k) not in asked:
        return None
    claim, null = asked[subject, k], claims.get((subject, nulls.overlap_id(k)))
    chance, score = (null.values[0], null.values[2]) if null is not None and len(null.values) == 3 else (None, None)
    return Cell(claim.verdict, claim.values[0], chance, score)


def _shares(claims: Sequence[Claim]) -> Picture | None:
    counts: dict[int, Counter[Verdict]] = {}
    for claim in claims:
        # The windows of a level of energy differ from layer to layer.
        if (k := _window(claim)) is not None and "level" not in claim.parameters:
            counts.setdefault(k, Counter())[claim.verdict] += 1
    windows = _columns(Counter({k: sum(found.values()) for k, found in counts.items()}))
    return shares_picture(windows, counts) if windows else None


def _balance(claims: _Claims, labels: dict[str, str]) -> Picture | None:
    rows = [
        Balance(label, imbalance, commutator, _by_chance(commutator, _value(claims, subject, nulls.COMMUTATOR)))
        for subject, label in labels.items()
        if (imbalance := _value(claims, subject, "B3.imbalance.relative")) is not None
        and (commutator := _value(claims, subject, "C4.commutator")) is not None
    ]
    return balance_picture(rows) if rows else None


def _value(claims: _Claims, subject: str, id: str) -> Enclosure | None:
    claim = claims.get((subject, id))
    return claim.values[0] if claim is not None and claim.values else None


def _by_chance(commutator: Enclosure, ratio: Enclosure | None) -> float | None:
    """The root mean square: the commutator over its ratio to it."""
    if ratio is None or not (ratio.finite and commutator.finite and ratio.lower > 0):
        return None
    return (commutator.lower + commutator.upper) / (ratio.lower + ratio.upper)
