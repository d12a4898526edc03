"""Which true numbers every claim speaks of: one line for each key of `certify.claims.catalogue`.

A claim that is added gets a line here; `tests.prover.test_truth` demands one for every key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from certify.claims.catalogue import key_of
from certify.claims.layer import CHARTS
from tests.geometry.oracle import mp
from tests.prover import flow_truth, storage_truth
from tests.prover.head_truth import Heads, product_ranks, product_sigma
from tests.prover.truth import Component, Edge, Layer, Real

Truth = Callable[[Any, str], list[Real]]
"""From the subject and what stands in the id for a window, a percentage or a chart, or the storage format of the claim,
to its values."""


def _of_full_rank(x: Edge | Component) -> Real:
    """Whether all layers of an interface, or of a line, have full rank: what the domain asks beside resolution."""
    layers = x.layers if isinstance(x, Component) else (x.lower, x.upper)
    return mp.mpf(all(layer.rank == layer.d for layer in layers))


LAYER: dict[str, Callable[[Layer, str], list[Real]]] = {
    "E7.finite": lambda x, _: [mp.mpf(float(np.max(np.abs(x.array))))],
    "E7.rank": lambda x, _: [mp.mpf(x.rank)],
    "E7.normalization": lambda x, _: [x.norm],
    "spectrum.sigma": lambda x, _: x.sigma,
    "spectrum.gap": lambda x, k: [x.gap(int(k))],
    "D4.top_radial": lambda x, _: [x.radial],
    "D10.effective_rank": lambda x, percent: [mp.mpf(x.effective_rank(int(percent)))],
    "storage.ball": lambda x, format: storage_truth.ball(x.array, format),
    "storage.rank": storage_truth.rank,
    "storage.gaps": storage_truth.gaps,
    **{f"D6.{chart}.alpha": lambda x, _, chart=chart: [x.alpha(chart)] for chart in CHARTS},
    **{f"D6.{chart}.residual": lambda x, _, chart=chart: [x.residual(chart)] for chart in CHARTS},
}

EDGE: dict[str, Callable[[Edge, str], list[Real]]] = {
    "E.cosines": lambda x, k: x.cosines(int(k)),
    "E.sines": lambda x, k: x.sines(int(k)),
    "E.overlap": lambda x, k: [x.overlap(int(k))],
    "N1.overlap": lambda x, k: x.overlap_null(int(k)),
    "N1.commutator": lambda x, _: x.commutator_null(),
    "B3.imbalance": lambda x, _: [x.imbalance()],
    "B3.imbalance.diagonal": lambda x, _: [x.diagonal_imbalance()],
    "C5.ranks": lambda x, _: [mp.mpf(x.lower.rank == x.upper.rank)],
    "B3.angle": lambda x, k: x.angle(int(k)),
    "C5.levels": lambda x, k: x.levels(int(k)),
    "B1.half_life": lambda x, _: [x.flow.half_life()],
    "B3.path": lambda x, k: [flow_truth.path(x, int(k))],
    "B3.horizon": lambda x, k: x.flow.horizon(x, int(k)),
    "B3.horizon.bound": lambda x, k: x.flow.bounds(x, int(k)),
    "B3.imbalance.relative": lambda x, _: [x.relative_imbalance()],
    "C4.commutator": lambda x, _: [x.commutator()],
    "D4.amplitude.transport": lambda x, _: list(x.transport()),
    "D4.slack.transport": lambda x, _: [x.lower.radial + x.transport()[0] - x.upper.radial],
    "D4.drift.transport": lambda x, chart: x.transport_drift(chart),
    "D4.amplitude.product": lambda x, _: [x.a_x()],
    "D4.slack.product": lambda x, _: [x.lower.radial + x.upper.radial - x.a_x()],
    "D4.drift.product": lambda x, chart: x.product_drift(chart),
    "E1.truncation": lambda x, k: x.truncation(int(k)),
    "A2.intersection": lambda x, _: x.lost(),
    "E4.thresholds": lambda x, _: x.rows.theta,
    "E4.supports": lambda x, _: x.rows.support_values(),
    "E4.graph": lambda x, _: x.rows.graph_values(),
    "E6.labels": lambda x, _: x.rows.label_values(),
    "E5.radius": lambda x, _: x.rows.radii(),
    "storage.structure": lambda x, format: storage_truth.structure(x.rows, format),
    "E1.transport": lambda x, level: x.rows.truncation(level),
    "E7.columns": lambda x, level: x.rows.kept(level)[0],
    "E7.pairs": lambda x, level: x.rows.kept(level)[1],
    "E7.margins": lambda x, level: x.rows.margins(level),
    "E7.conclusion": lambda x, level: x.rows.conclusion(level),
    "E7.smallest_level": lambda x, _: x.rows.smallest(),
    "E7.domain.spectral": lambda x, _: [_of_full_rank(x)],
    "E7.domain.static": lambda x, _: [x.static_domain() if isinstance(x, Component) else x.rows.static_domain()],
}


CHAIN: dict[str, Callable[[Component, str], list[Real]]] = {
    "A4.polystable": lambda x, _: [x.polystable()],
    "A4.product.sigma": lambda x, _: x.sigma,
    "A4.kempf_ness.gap": lambda x, _: [x.kempf_ness_gap()],
    "A4.kempf_ness.gap.relative": lambda x, _: [x.kempf_ness_gap() / x.mass()],
    "A5.ranks": lambda x, _: x.all_ranks(),
    "A5.barcode": lambda x, _: x.barcode(),
}

HEADS: dict[str, Callable[[Heads, str], list[Real]]] = {
    "C6.rank": lambda x, role: [mp.mpf(rank) for rank in x.ranks(role)],
    "C6.overlap": lambda x, role: x.overlaps(role),
    "C6.null": lambda x, role: x.null(role),
    "A4.heads.rank": lambda x, name: [mp.mpf(rank) for rank in product_ranks(x, name)],
    "A4.heads.sigma": product_sigma,
}

TRUTHS: dict[str, Truth] = {**LAYER, **EDGE, **CHAIN, **HEADS}

BOUNDED: dict[str, Truth] = {
    "E1.truncation": lambda x, k: x.truncation_errors(int(k)),
    "B3.angle": lambda x, k: [x.sine(int(k))] * 2,
    "B3.horizon.bound": lambda x, k: [x.sine(int(k))] * 2,
}
"""What the values of a claim bound from above, where they are bounds."""


def argument(id: str) -> str:
    """The window, percentage or chart in an id, or nothing."""
    found = re.search(r"\[([\w.]+)\]$|\.(\d+)$", id)
    return (found[1] or found[2]) if found else ""


def values(subject: Layer | Edge | Component | Heads, id: str, format: object = None) -> list[Real]:
    """The true values of the claim called ``id`` about a subject; ``format`` is that of a claim about storage."""
    return TRUTHS[key_of(id)](subject, str(format) if id.startswith("storage.") else argument(id))


def bounded(subject: Layer | Edge | Component | Heads, id: str) -> list[Real]:
    """What the upper ends of the values may not be below; nothing where the values are no bounds."""
    return BOUNDED[key_of(id)](subject, argument(id)) if key_of(id) in BOUNDED else []
