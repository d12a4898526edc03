"""The tail of a spectrum as a power law: an estimate with its standard error, beside the certified figures.

What is fitted is the density of the eigenvalues λ = σ² of WWᵀ, p(λ) ∝ λ^(−α) above a smallest one, as it is customary
for weight matrices. It is the maximum-likelihood (Hill) estimate α = 1 + k/Σ log(λ_i/λ_k) from the k largest, k chosen
by the least Kolmogorov–Smirnov distance; the standard error is (α − 1)/√k. Source: A. Clauset, C. R. Shalizi,
M. E. J. Newman, *Power-law distributions in empirical data*, SIAM Review 51 (2009), §3. Eigenvalues are not
independent draws: the error says how well k numbers fix α, and nothing about the network. No claim is made of it.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from certify.certificate import Certificate
from certify.escaping import escaped, quoted
from certify.report.overview import LayerRow, overview, short

__all__ = ["Tail", "fit_tail", "tail_html", "tail_table"]

_LEAST = 8
_CANDIDATES = 512
_SAID = (
    "estimates, not certified: the exponent of a power law fitted to the largest eigenvalues σ², its standard error, "
    "how many of them it is fitted to, and the Kolmogorov–Smirnov distance of the fit"
)


@dataclass(frozen=True, slots=True)
class Tail:
    """A fitted tail: its ``exponent``, the standard ``error``, the ``count`` of eigenvalues that it is fitted to, and
    the Kolmogorov–Smirnov ``distance``."""

    exponent: float
    error: float
    count: int
    distance: float


def fit_tail(sigma: Sequence[float]) -> Tail | None:
    """The tail of a spectrum of singular values, in floats; None with fewer than eight that are positive and differ.

    >>> fit_tail([1.0] * 20) is None
    True
    """
    positive = np.sort(np.array([x for x in sigma if x > 0 and math.isfinite(x)]))[::-1]
    if positive.size < _LEAST:
        return None
    logs = 2 * (np.log(positive) - math.log(positive[0]))
    sums = np.cumsum(logs)
    best: Tail | None = None
    for k in np.unique(np.linspace(_LEAST, positive.size, _CANDIDATES).astype(int)):
        total = float(sums[k - 1] - k * logs[k - 1])
        if not total > 0:
            continue
        exponent = 1 + k / total
        # Of the k values, decreasing: the share of the fitted law below each, against the steps of the sample.
        share = 1 - np.exp(-(exponent - 1) * (logs[:k] - logs[k - 1]))
        steps = np.arange(k, 0, -1)
        distance = float(np.max(np.maximum(np.abs(steps / k - share), np.abs((steps - 1) / k - share))))
        if best is None or distance < best.distance:
            best = Tail(exponent, (exponent - 1) / math.sqrt(k), int(k), distance)
    return best


def _rows(rows: Sequence[LayerRow]) -> list[tuple[LayerRow, Tail | None]]:
    return [(row, fit_tail([(x.lower + x.upper) / 2 for x in row.sigma if x.finite])) for row in rows]


def _cells(row: LayerRow, tail: Tail | None) -> list[str]:
    if tail is None:
        return [short(row.stable), "–", "–", "–"]
    known = f"{tail.exponent:.2f} ± {tail.error:.2f}"
    return [short(row.stable), known, f"{tail.count} of {len(row.sigma)}", f"{tail.distance:.3f}"]


_HEAD = ("layer", "stable rank", "tail exponent", "from", "distance")


def tail_table(certificate: Certificate) -> RenderableType:
    """Stable ranks and estimated tails, a row a layer."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, title in enumerate(_HEAD):
        table.add_column(title, justify="right" if place else "left", no_wrap=bool(place))
    for row, tail in _rows(overview(certificate).layers):
        table.add_row(Text(escaped(row.name)), *_cells(row, tail))
    return Group(table, Text(_SAID, style="dim"))


def tail_html(layers: Sequence[LayerRow]) -> str:
    """The same as a part of a page, for the layers of an overview."""
    rows = "".join(
        f"<tr><td>{quoted(row.name)}</td>" + "".join(f"<td>{cell}</td>" for cell in _cells(row, tail))
        for row, tail in _rows(layers)
    )
    head = "".join(f"<th>{title}" for title in _HEAD)
    return (
        f"<details><summary>Stable ranks and tail exponents: estimates</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{html.escape(_SAID)}</p></details>"
    )
