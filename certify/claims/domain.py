"""What is asserted of both domains: whether the lines from rank to drift, or to labels, all hold (THEORY D4, E7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from certify.claims import rigidity
from certify.claims.assertion import Assertion, measured
from certify.claims.layer import NORMALIZATION, RANK, SIGMA, chart_ids
from certify.verdict import Verdict, combine

__all__ = [
    "EDGE_LINES",
    "LAYER_LINES",
    "LOOSE",
    "MARGIN_LINES",
    "SPECTRAL",
    "STATIC",
    "STATIC_LINES",
    "WORDS",
    "chain_spectral",
    "chain_static",
    "line_verdict",
    "spectral",
    "static",
]

SPECTRAL, STATIC = "E7.domain.spectral", "E7.domain.static"
LAYER_LINES = {"full rank": (RANK,), "normalization": (NORMALIZATION,), "chart and residual": tuple(chart_ids())}
"""The lines that the claims of both layers decide, in order."""

EDGE_LINES = {
    "amplitude": ("D4.amplitude.transport",),
    "slack": ("D4.slack.transport",),
    "drift": rigidity.TRANSPORT_DRIFT_IDS,
}
"""The lines that the claims of the interface decide, in order."""

MARGIN_LINES = {"columns": "cells", "pairs": "pairs", "noise": "noise", "labels": "labels"}
"""The lines of the static domain that margins of the block form decide, with their names there."""

STATIC_LINES = {
    "rank": (RANK,),
    "gaps": (SIGMA,),
    "truncation": ("E1.transport",),
    **dict.fromkeys(MARGIN_LINES, ("E7.margins",)),
}
"""The lines of the static domain in order, each with the claims that decide it."""

LOOSE = 10
"""A bound of the drift that exceeds it more than so many times is called vacuous."""

WORDS = {
    Verdict.CERTIFIED: "IN",
    Verdict.REFUTED: "OUT",
    Verdict.UNDECIDED: "UNDECIDED",
    None: "NOT APPLICABLE",
}


def line_verdict(found: Sequence[Verdict]) -> Verdict | None:
    """The verdict of a line from those of its claims; None where none of them was asked."""
    return combine(found) if found else None


def spectral(lines: Mapping[str, Verdict | None], nearest: tuple[str, str], vacuous: Sequence[str]) -> Assertion:
    """Whether an interface lies in the spectral domain.

    Parameters
    ----------
    lines : the verdict of every line, None where it does not apply.
    nearest : subject and id of the failing claim that misses by the least factor; two empty texts if none fails.
    vacuous : the charts in which the bound of the drift is vacuous.
    """
    subject, id = nearest
    charts = ", ".join(vacuous)
    note = (
        f"in the charts named the bound of the drift exceeds the drift more than {LOOSE} times: it is vacuous on these "
        "weights, a diagnostic and no constraint"
    )
    return measured(
        SPECTRAL,
        "whether the interface lies in the spectral domain (1) or not (0): both layers have full rank, a norm, "
        "exponents and residuals, and the amplitude, slack and drift between them are established",
        0.0,
        parameters={
            "domain": WORDS[combine(verdict for verdict in lines.values() if verdict is not None)],
            **{name: WORDS[verdict] for name, verdict in lines.items()},
            "nearest_failing": f"{id} of {subject}" if id else "none",
            "vacuous": charts or "none",
        },
        note=note if vacuous else "",
    )


def static(
    lines: Mapping[str, Verdict | None], level: str, smallest: bool, comparison: Verdict | None, nearest: str
) -> Assertion:
    """Whether an interface lies in the static domain.

    Parameters
    ----------
    lines : the verdict of every line at a level, None where it does not apply.
    level : the smallest level from which on all lines hold, otherwise the largest whose windows are not full; empty
        where none is known.
    smallest : whether it is the first of these.
    comparison : whether both structures agree at that level when they are compared; None where that is not known.
    nearest : the failing line that misses by the least factor; empty if none fails.
    """
    return measured(
        STATIC,
        "whether the interface lies in the static domain (1) or not (0): both layers have full rank, and from a level "
        "below the full windows on the windows have gaps, the truncation is enclosed, and columns, pairs, noise and "
        "labels are farther from their thresholds than it moves them",
        0.0,
        parameters={
            "domain": WORDS[combine(verdict for verdict in lines.values() if verdict is not None)],
            **{name: WORDS[verdict] for name, verdict in lines.items()},
            "level": level or "none",
            "comparison": "not compared" if comparison is None else _COMPARED[comparison],
            "nearest_failing": nearest or "none",
        },
        note="" if smallest else "the lines are those of the largest level whose windows are not full",
    )


_COMPARED = {Verdict.CERTIFIED: "agrees", Verdict.REFUTED: "differs", Verdict.UNDECIDED: "undecided"}


def chain_static(found: Sequence[Verdict], subjects: Sequence[str]) -> Assertion:
    """Whether all interfaces of a chain lie in the static domain, from the verdicts of their own claims."""
    return _chain(STATIC, "static", found, subjects)


def chain_spectral(found: Sequence[Verdict], subjects: Sequence[str]) -> Assertion:
    """Whether all interfaces of a chain lie in the spectral domain, from the verdicts of their own claims."""
    return _chain(SPECTRAL, "spectral", found, subjects)


def _chain(id: str, kind: str, found: Sequence[Verdict], subjects: Sequence[str]) -> Assertion:
    whole = combine(found)
    failing = next((name for name, verdict in zip(subjects, found, strict=True) if verdict is whole), "none")
    return measured(
        id,
        f"whether the chain lies in the {kind} domain (1) or not (0): all its interfaces do",
        0.0,
        parameters={
            "domain": WORDS[whole],
            **{WORDS[kind].lower(): sum(verdict is kind for verdict in found) for kind in Verdict},
            "first_failing": "none" if whole is Verdict.CERTIFIED else failing,
        },
    )
