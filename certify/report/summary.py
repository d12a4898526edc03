"""A certificate as rows to show: one row a claim, or one row for a claim over many windows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from certify.certificate import Certificate, NotAsked
from certify.report.barcode import bars_text, polystable_text
from certify.report.numbers import enclosure_text, margin_text
from certify.verdict import Claim, Kind, Verdict, combine

__all__ = ["Row", "Section", "claim_name", "closeness", "left_out_lines", "not_asked_lines", "sections", "value_text"]


_TEXTS = {"A4.polystable": polystable_text, "A5.barcode": bars_text}


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the claims it stands for, how they are called, the texts of its columns, and what is said.

    ``statement`` is the sentence of the claim whose value and margin are shown, with its note.
    """

    name: str
    value: str
    margin: str
    verdict: Verdict
    statement: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The rows about one layer or one edge."""

    subject: str
    rows: tuple[Row, ...]


def claim_name(claim: Claim) -> str:
    """The claim's id without its window."""
    return re.sub(r"\[[\d.]+\]", "", claim.id)


def _window(claim: Claim) -> str:
    found = re.search(r"\[([\d.]+)\]", claim.id)
    return found.group(1) if found else ""


def value_text(claim: Claim) -> str:
    """The values of a claim: all of a few, the first and the last of many, and in words where numbers say little."""
    if not claim.values:
        return ""
    if claim.id in _TEXTS and (text := _TEXTS[claim.id](claim)):
        return text
    if len(claim.values) <= 2:
        return ", ".join(map(enclosure_text, claim.values))
    first, last = enclosure_text(claim.values[0]), enclosure_text(claim.values[-1])
    return f"{first} … {last} ({len(claim.values)} values)"


def closeness(claim: Claim) -> float:
    """How far the deciding end of the margin is from turning the verdict; 0 if undecided.

    Of an inequality it is the distance from zero. Of a measurement it is the part of the width limit that is left, from
    0 to 1; where the limit is 0 the enclosure is one exact number, and nothing is nearer than 1.
    """
    if claim.verdict is Verdict.CERTIFIED:
        if claim.kind is Kind.MEASUREMENT:
            limit = float(claim.parameters.get("width_limit", 0.0))
            return claim.margin.lower / limit if limit > 0 else 1.0
        return max(claim.margin.lower, 0.0)
    if claim.verdict is Verdict.REFUTED:
        return max(-claim.margin.upper, 0.0)
    return 0.0


def _said(claim: Claim) -> str:
    return f"{claim.statement} ({claim.note})" if claim.note else claim.statement


def _row(claims: tuple[Claim, ...]) -> Row:
    if len(claims) == 1:
        claim = claims[0]
        return Row(claim.id, value_text(claim), margin_text(claim), claim.verdict, _said(claim), claims)
    verdict = combine(claim.verdict for claim in claims)
    tightest = min((claim for claim in claims if claim.verdict is verdict), key=closeness)
    windows = f"{_window(claims[0])}…{_window(claims[-1])}"
    at = f"at {_window(tightest)}: {value_text(tightest)}"
    return Row(f"{claim_name(claims[0])}[{windows}]", at, margin_text(tightest), verdict, _said(tightest), claims)


def sections(claims: Iterable[Claim], *, fold: bool = True) -> list[Section]:
    """Rows grouped by subject, in the order of the certificate.

    With ``fold``, claims that differ only in their window share a row, which shows the window with the smallest
    margin among those with the row's verdict.
    """
    found: dict[str, dict[str, list[Claim]]] = {}
    for claim in claims:
        name = claim_name(claim) if fold else claim.id
        found.setdefault(claim.subject, {}).setdefault(name, []).append(claim)
    return [
        Section(subject, tuple(_row(tuple(group)) for group in groups.values())) for subject, groups in found.items()
    ]


def left_out_lines(certificate: Certificate) -> list[str]:
    """What was not certified, one line for each reason."""
    reasons: dict[str, list[str]] = {}
    for item in certificate.input.left_out:
        reasons.setdefault(item.reason, []).append(item.tensor)
    return [f"{_names(tensors)}: {reason}" for reason, tensors in reasons.items()]


def not_asked_lines(certificate: Certificate) -> list[str]:
    """Claims that do not apply, one line for each reason."""
    reasons: dict[str, list[NotAsked]] = {}
    for item in certificate.not_asked:
        reasons.setdefault(item.reason, []).append(item)
    return [
        f"{_names(sorted({item.id.partition('[')[0] for item in items}))} "
        f"of {_names(sorted({item.subject for item in items}), 2)}: {reason}"
        for reason, items in reasons.items()
    ]


def _names(names: list[str], shown: int = 4) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
