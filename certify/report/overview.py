"""A certificate on one screen: a row a layer, a row an interface, what stands out, in four digits.

A figure is shown to the digits that its enclosure fixes; where that is less than two, both ends are shown.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from certify.certificate import Certificate
from certify.claims import incidence, nulls
from certify.claims import interface as interface_claims
from certify.claims import layer as layer_claims
from certify.report.barcode import bars_of
from certify.report.domains import domain_lines
from certify.report.horizon import horizon_text
from certify.rigor.ball import hull_ball, interval
from certify.verdict import Claim, Enclosure, Kind, Verdict

__all__ = [
    "InterfaceRow",
    "LayerRow",
    "Overview",
    "flow",
    "overview",
    "plain_subjects",
    "short",
    "short_names",
    "sparkline",
]

_DIGITS = 4
_BLOCKS = "▁▂▃▄▅▆▇█"


def short(value: Enclosure | None, digits: int = _DIGITS) -> str:
    """A number in the digits that its enclosure fixes, at most ``digits``; its ends where that is less than two.

    >>> short(Enclosure(2.25324, 2.25325)), short(Enclosure(0.0, 0.25)), short(Enclosure(27.0, 27.0)), short(None)
    ('2.253', '[0, 0.25]', '27', '–')
    """
    if value is None:
        return "–"
    if not value.finite:
        return "unknown"
    low, high = value.lower, value.upper
    if low == high and low == int(low) and abs(low) < 1e6:
        return str(int(low))
    size = max(abs(low), abs(high))
    if high - low == 0 or size == 0:
        sure = digits
    else:
        sure = min(digits, math.floor(math.log10(size) - math.log10(high - low)))
    if sure < 2:
        return f"[{low:.2g}, {high:.2g}]"
    return _plain((low + high) / 2 if math.isfinite(low + high) else low, sure)


def _plain(x: float, digits: int) -> str:
    """Without an exponent where that is no longer."""
    if 1e-3 <= abs(x) < 1e5:
        places = max(0, digits - 1 - math.floor(math.log10(abs(x))))
        return f"{x:.{places}f}"
    return f"{x:.{digits - 1}e}"


def sparkline(sigma: Sequence[Enclosure], width: int = 8) -> str:
    """The singular values over their number, in blocks, the largest one full."""
    known = [value.upper if value.finite else 0.0 for value in sigma]
    top = max([*known, 0.0])
    if not top:
        return _BLOCKS[0] * min(width, max(1, len(known)))
    count = min(width, len(known))
    picked = [known[i * (len(known) - 1) // max(1, count - 1)] for i in range(count)]
    return "".join(_BLOCKS[min(7, int(8 * x / top))] for x in picked)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """The names without the last parts that all of them share, such as ``.weight``, and the first but one.

    >>> short_names(["model.layers.0.weight", "model.layers.1.weight"])["model.layers.1.weight"]
    'layers.1'
    """
    parts = [name.split(".") for name in names]
    shared = 0
    while len(parts) > 1 and all(len(p) > shared + 1 and p[-1 - shared] == parts[0][-1 - shared] for p in parts):
        shared += 1
    before = 0
    while len(parts) > 1 and all(len(p) > before + shared + 1 and p[before] == parts[0][before] for p in parts):
        before += 1
    first = max(0, before - 1)
    return {name: ".".join(p[first : len(p) - shared]) for name, p in zip(names, parts, strict=True)}


def plain_subjects(certificate: Certificate) -> dict[str, str]:
    """What layers and interfaces are called in a row of a table, by their subjects."""
    tensors = certificate.input.tensors
    plain = short_names([tensor.layer for tensor in tensors])
    layers = {layer_claims.subject(name): f"layer {text}" for name, text in plain.items()}
    pairs = [(tensors[lower].layer, tensors[upper].layer) for lower, upper in certificate.input.edges]
    return layers | {interface_claims.subject(a, b): f"{plain[a]} → {plain[b]}" for a, b in pairs}


@dataclass(frozen=True, slots=True)
class LayerRow:
    """The figures of a layer; stable rank is ‖W‖_F²/σ₁², α the exponent of a power law fitted to the logarithms."""

    name: str
    shape: tuple[int, int]
    rank: Enclosure
    full: int
    effective: tuple[Enclosure | None, Enclosure | None]
    largest: Enclosure
    smallest: Enclosure
    stable: Enclosure
    alpha: Enclosure | None
    sigma: tuple[Enclosure, ...]


@dataclass(frozen=True, slots=True)
class InterfaceRow:
    """The figures of an interface at one window of k directions, each beside what chance gives.

    ``overlap`` is the mean squared cosine, ``chance`` its mean under uniform windows, ``score`` the standard
    deviations between them; ``ratio`` is the commutator over the root of its mean square under a uniform rotation.
    ``levels`` are the percentages of energy from which on truncation leaves the incidence structure as it is, by the
    margins of the block form and by comparison.
    """

    writer: str
    reader: str
    dimension: int
    window: int | None
    overlap: Enclosure | None
    chance: Enclosure | None
    score: Enclosure | None
    imbalance: Enclosure | None
    ratio: Enclosure | None
    commutator_score: Enclosure | None
    levels: tuple[Enclosure, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The rows, the sentences on the flow through each line of layers, on the domains, and what stands out."""

    layers: tuple[LayerRow, ...]
    interfaces: tuple[InterfaceRow, ...]
    flows: tuple[str, ...]
    notable: tuple[str, ...]
    domains: tuple[str, ...] = ()


class _Claims:
    def __init__(self, certificate: Certificate) -> None:
        self._claims = {(claim.subject, claim.id): claim for claim in certificate.claims}
        self._windows: dict[str, list[int]] = {}
        for (subject, id), claim in self._claims.items():
            match = re.fullmatch(r"E\.overlap\[(\d+)\]", id)
            if match and claim.verdict is Verdict.CERTIFIED:
                self._windows.setdefault(subject, []).append(int(match.group(1)))

    def values(self, subject: str, id: str) -> tuple[Enclosure, ...]:
        claim = self._claims.get((subject, id))
        return claim.values if claim is not None else ()

    def value(self, subject: str, id: str, place: int = 0) -> Enclosure | None:
        found = self.values(subject, id)
        return found[place] if place < len(found) else None

    def windows(self, subject: str) -> list[int]:
        """Those whose overlap is certified, increasing."""
        return sorted(self._windows.get(subject, ()))


def overview(certificate: Certificate) -> Overview:
    """What the first screen shows of a certificate."""
    claims, tensors = _Claims(certificate), certificate.input.tensors
    layers = tuple(_layer(claims, tensor.layer, tensor.shape) for tensor in tensors)
    edges = [(tensors[lower], tensors[upper]) for lower, upper in certificate.input.edges]
    subjects = [interface_claims.subject(lower.layer, upper.layer) for lower, upper in edges]
    common = _common([claims.windows(subject) for subject in subjects])
    interfaces = tuple(
        _interface(claims, subject, lower.layer, upper.layer, lower.shape[0], common)
        for subject, (lower, upper) in zip(subjects, edges, strict=True)
    )
    flows = tuple(filter(None, map(flow, certificate.claims)))
    notable = tuple(_notable(certificate, layers, interfaces))
    return Overview(layers, interfaces, flows, notable, tuple(domain_lines(certificate)))


def _common(windows: Sequence[Sequence[int]]) -> int | None:
    """The largest window that every interface has; none where they share none."""
    shared = set(windows[0]).intersection(*windows[1:]) if windows else set[int]()
    return max(shared, default=None)


def _layer(claims: _Claims, name: str, shape: tuple[int, int]) -> LayerRow:
    subject = layer_claims.subject(name)
    sigma = claims.values(subject, layer_claims.SIGMA)
    norm = claims.value(subject, layer_claims.NORMALIZATION)
    unknown = Enclosure(-math.inf, math.inf)
    stable = unknown
    if norm is not None and norm.finite and sigma and sigma[0].finite and sigma[0].lower > 0:
        top = hull_ball(sigma[0].lower, sigma[0].upper)
        ratio = hull_ball(norm.lower, norm.upper) / top
        stable = Enclosure(*interval(ratio * ratio))
    return LayerRow(
        name,
        shape,
        claims.value(subject, layer_claims.RANK) or unknown,
        min(shape),
        (
            claims.value(subject, f"{layer_claims.EFFECTIVE_RANK}90"),
            claims.value(subject, f"{layer_claims.EFFECTIVE_RANK}99"),
        ),
        sigma[0] if sigma else unknown,
        sigma[-1] if sigma else unknown,
        stable,
        claims.value(subject, layer_claims.chart_id("log_log", "alpha")),
        sigma,
    )


def _interface(
    claims: _Claims, subject: str, writer: str, reader: str, dimension: int, common: int | None
) -> InterfaceRow:
    windows = claims.windows(subject)
    k = common if common is not None else max(windows, default=None)
    null = claims.values(subject, nulls.overlap_id(k)) if k is not None else ()
    commutator = claims.values(subject, nulls.COMMUTATOR)
    return InterfaceRow(
        writer,
        reader,
        dimension,
        k,
        None if k is None else claims.value(subject, f"E.overlap[{k}]"),
        null[0] if null else None,
        null[2] if null else None,
        claims.value(subject, "B3.imbalance.relative"),
        commutator[0] if commutator else None,
        commutator[1] if commutator else None,
        claims.values(subject, incidence.WINDOW),
    )


def flow(claim: Claim) -> str:
    """What becomes of the directions of a line of layers, from its certified barcode; empty where it is none.

    Intervals that begin at the first space are driven by the input; those that end at the last reach the output.
    """
    bars = bars_of(claim)
    if claim.id != "A5.barcode" or claim.verdict is not Verdict.CERTIFIED or not bars:
        return ""
    last = max(j for _, j in bars)
    counts = {
        "{} of the input reach the output": sum(m for (i, j), m in bars.items() if i == 0 and j == last),
        "{} of the input end before the last layer": sum(m for (i, j), m in bars.items() if i == 0 and j < last),
        "{} reach the output but are not driven by the input": sum(
            m for (i, j), m in bars.items() if i > 0 and j == last
        ),
        "{} inside are neither driven by the input nor read by the output": sum(
            m for (i, j), m in bars.items() if i > 0 and j < last
        ),
    }
    return "directions: " + ", ".join(text.format(count) for text, count in counts.items() if count)


def _notable(certificate: Certificate, layers: Sequence[LayerRow], interfaces: Sequence[InterfaceRow]) -> Iterator[str]:
    scored = [row for row in interfaces if row.score is not None and row.score.finite]
    if scored:
        worst = min(scored, key=lambda row: row.score.upper if row.score else math.inf)
        assert worst.score is not None
        yield f"worst aligned: {worst.writer} -> {worst.reader}, {_against_chance(worst.score)}"
    lost = [row for row in layers if row.rank.finite and row.rank.upper < row.full]
    if lost:
        shown = ", ".join(f"{row.name} {short(row.rank)} of {row.full}" for row in lost[:3])
        yield f"ranks lost: {shown}" + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    windows = {interface_claims.subject(row.writer, row.reader): row.window for row in interfaces}
    yield from filter(None, (_smallest_gap(certificate, layers), _nearest(certificate)))
    yield from filter(None, (horizon_text(certificate, windows, short),))
    open_ = [claim for claim in certificate.claims if claim.verdict is Verdict.UNDECIDED]
    causes: dict[str, list[Claim]] = {}
    for claim in open_:
        # Causes that differ in their numbers are one.
        causes.setdefault(re.sub(r"\d[\d.e+-]*", "", claim.cause), []).append(claim)
    for found in list(causes.values())[:4]:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        yield f"undecided: {found[0].id} of {found[0].subject}{more}: {found[0].cause or 'no cause recorded'}"
    if len(causes) > 4:
        yield f"undecided: {len(causes) - 4} more causes"
    for claim in [c for c in certificate.claims if c.verdict is Verdict.REFUTED][:4]:
        yield f"refuted: {claim.subject}: {claim.statement}"


def _against_chance(score: Enclosure) -> str:
    """In words: the standard deviations above or below what chance gives."""
    if score.lower > 0:
        return f"{short(score, 3)} deviations above chance"
    if score.upper < 0:
        return f"{short(Enclosure(-score.upper, -score.lower), 3)} deviations below chance"
    return f"as chance gives, within {max(-score.lower, score.upper):.2g} deviations"


def _nearest(certificate: Certificate) -> str:
    """The comparison whose margin is the smallest part of its bound."""
    found: list[tuple[float, Claim]] = []
    for claim in certificate.claims:
        counted = claim.kind is Kind.INEQUALITY and claim.verdict is Verdict.CERTIFIED and len(claim.values) == 2
        bound = claim.values[1].upper if counted else 0.0
        if 0 < bound < math.inf:
            found.append((claim.margin.lower / bound, claim))
    if not found:
        return ""
    part, claim = min(found, key=lambda item: item[0])
    return f"nearest to turning: {claim.id} of {claim.subject}, {100 * part:.2g} % of its bound to spare"


def _smallest_gap(certificate: Certificate, layers: Sequence[LayerRow]) -> str:
    """The gap between neighbouring singular values that is the smallest part of σ₁, of those that were asked."""
    tops = {layer_claims.subject(row.name): row.largest.upper for row in layers}
    found: list[tuple[float, str, str]] = []
    for claim in certificate.claims:
        top = tops.get(claim.subject, 0.0)
        if claim.id.startswith("spectrum.gap[") and claim.values[0].finite and 0 < top < math.inf:
            found.append((claim.values[0].lower / top, claim.id[len("spectrum.gap[") : -1], claim.subject))
    if not found:
        return ""
    part, k, subject = min(found)
    return f"smallest gap: after σ_{k} of {subject}, {part:.2g} of σ₁"
