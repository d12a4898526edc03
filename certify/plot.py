"""Pictures of a certificate with matplotlib (extra ``plot``); every function draws on ``ax`` and returns it.

Enclosures are drawn from end to end: where a line is thin, the number is known.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Sequence
from typing import Any

from certify.certificate import Certificate
from certify.claims import layer, nulls
from certify.errors import UsageError
from certify.escaping import escaped
from certify.verdict import Enclosure

__all__ = ["commutators", "overlaps", "spectra"]

_WINDOW = re.compile(r"E\.overlap\[(\d+)\]")


def spectra(certificate: Certificate, ax: Any = None, *, names: Sequence[str] | None = None) -> Any:
    """Singular values of the layers (of those in ``names``) over their number, both axes logarithmic.

    Raises
    ------
    UsageError : matplotlib is not installed, or no layer has one of the names.
    """
    ax = _axes(ax)
    chosen = [item for item in certificate.layers() if names is None or item.name in names]
    if names is not None and len(chosen) < len(names):
        missing = sorted({*names} - {item.name for item in chosen})
        raise UsageError(f"no layer is called {missing[0]}", hint="certificate.layers() lists them")
    for item in chosen:
        sigma = [value for value in item[layer.SIGMA].values if value.finite] if layer.SIGMA in item else []
        _band(ax, [i + 1 for i in range(len(sigma))], sigma, escaped(item.name))
    ax.set(xscale="log", yscale="log", xlabel="k", ylabel="singular value σ_k")
    ax.legend()
    return ax


def overlaps(certificate: Certificate, ax: Any = None) -> Any:
    """Mean squared cosine of the windows at each interface, with what chance gives as a dotted line of its colour.

    Raises
    ------
    UsageError : matplotlib is not installed.
    """
    ax = _axes(ax)
    for item in certificate.interfaces():
        found = sorted((int(m[1]), claim.values[0]) for id, claim in item.items() if (m := _WINDOW.fullmatch(id)))
        windows = [k for k, value in found if value.finite]
        line = _band(
            ax, windows, [value for _, value in found if value.finite], escaped(f"{item.writer} → {item.reader}")
        )
        chance = [(k, item.value(nulls.overlap_id(k))) for k in windows if nulls.overlap_id(k) in item]
        ax.plot([k for k, _ in chance], [float(value) for _, value in chance], ":", color=line.get_color())
    ax.set(xscale="log", ylim=(0, 1.05), xlabel="window (directions)", ylabel="overlap; dotted: chance")
    ax.legend()
    return ax


def commutators(certificate: Certificate, ax: Any = None) -> Any:
    """‖[H, K]‖_F over the root of its mean square under a uniform rotation, a bar an interface; chance is 1.

    Raises
    ------
    UsageError : matplotlib is not installed.
    """
    ax = _axes(ax)
    known = [(item, item.value(nulls.COMMUTATOR)) for item in certificate.interfaces() if nulls.COMMUTATOR in item]
    finite = [(item, value) for item, value in known if value.finite]
    places = list(range(len(finite)))
    ax.bar(places, [float(v) for _, v in finite], yerr=[v.rad for _, v in finite])
    ax.set_xticks(places, [escaped(f"{item.writer} → {item.reader}") for item, _ in finite], rotation=30, ha="right")
    ax.axhline(1.0, linestyle=":", color="black")
    ax.set(ylabel="commutator over chance")
    return ax


def _axes(ax: Any) -> Any:
    if ax is not None:
        return ax
    try:
        pyplot = importlib.import_module("matplotlib.pyplot")
    except ImportError:
        raise UsageError("matplotlib is not installed", hint="pip install 'polystable[plot]'") from None
    return pyplot.subplots(layout="constrained")[1]


def _band(ax: Any, places: Sequence[int], values: Sequence[Enclosure], label: str) -> Any:
    """A line through the midpoints, and the enclosures as a band; returns the line."""
    lower, upper = [v.lower for v in values], [v.upper for v in values]
    (line,) = ax.plot(places, [v.mid if math.isfinite(v.mid) else math.nan for v in values], label=label)
    ax.fill_between(places, lower, upper, alpha=0.3, color=line.get_color())
    return line
