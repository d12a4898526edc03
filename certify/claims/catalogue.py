"""Every claim that a certificate can hold: plain name, an example of the sentence, what it means, what chance gives.

The sentences are those of the assertions themselves; what else is said of a claim stands here alone.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from certify.claims import (
    alignment,
    causes,
    component,
    domain,
    heads,
    horizon,
    incidence,
    interface,
    layer,
    nulls,
    rigidity,
    robustness,
    storage,
)
from certify.claims.entry import GENERAL, PLACES, Entry, key_of
from certify.heads import Heads
from certify.verdict import Enclosure, Verdict

__all__ = ["GENERAL", "PLACES", "Entry", "entries", "entry_of", "key_of"]

_RANKS = (causes.ranks_bounded([(1, 2)], 10.0), causes.ranks_bounded([(1, 2)], 0))


_NO_FORMAT = "no storage format is given"


def entry_of(id: str) -> Entry | None:
    """What is known of the claim called ``id``; None for one of no version of this program."""
    return _by_key().get(key_of(id))


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All of them, as a certificate orders them."""
    parts = _of_layers(), _of_interfaces(), _of_incidence(), _of_rigidity(), _of_flow(), _of_chains(), _of_heads()
    return tuple(entry for part in parts for entry in part)


@functools.cache
def _by_key() -> dict[str, Entry]:
    return {entry.key: entry for entry in entries()}


def _of_layers() -> Iterator[Entry]:
    yield Entry("finite entries", "layer", layer.finite(), "No entry is infinite or NaN; every other claim needs it.")
    yield Entry(
        "full rank", "layer", layer.rank(64, "enclosure"),
        "The exact rank of the stored matrix. REFUTED says that rank is lost, as by pruning or by a low-rank factor; "
        "it is a fact about the layer, not a defect of the certificate.",
        "a matrix with independent continuous entries has full rank with probability 1",
        (causes.exact_work(10.0), causes.exact_work(0), causes.exact_memory(4096, 4096)),
    )  # fmt: skip
    yield Entry(
        "Frobenius norm", "layer", layer.normalization(), "The layer is not zero and can be divided by its norm."
    )
    yield Entry(
        "singular values", "layer", layer.sigma(64, 1e-6, 1.0),
        "How strongly the layer passes on each of its directions. Everything that is said of its spectrum follows from "
        "these enclosures.",
    )  # fmt: skip
    yield Entry(
        "top-radial coordinate r", "layer", layer.top_radial(64, 1e-6),
        "How far the largest singular value stands out: 0 if all are equal, ½ log d if there is only one.",
    )  # fmt: skip
    for chart, words in layer.CHARTS.items():
        yield Entry(
            f"exponent α, {words}", "layer", layer.alpha(chart, 64, 1e-3),
            f"The exponent α of the power law k^(−α) that the {words} gives the singular values: 0 is a flat spectrum.",
            undecided=causes.FIT[chart], not_asked=(causes.ONE_RANK,),
        )  # fmt: skip
        yield Entry(
            f"residual ρ, {words}", "layer", layer.residual(chart, 64, 1e-3),
            "How far the largest singular value lies above (ρ > 0) or below that power law, as a logarithm.",
            undecided=causes.FIT[chart], not_asked=(causes.ONE_RANK,),
        )  # fmt: skip
    yield Entry(
        "effective rank at {} % of the energy", "layer", layer.effective_rank(90),
        "How many leading directions hold that share of ‖W‖_F².", undecided=(causes.effective_rank_open(90, 1, 2),),
    )  # fmt: skip
    yield Entry(
        "gap after σ_{}", "layer", layer.gap(4),
        "The leading k directions are well defined. REFUTED says that two singular values are equal, so that they are "
        "not.",
    )  # fmt: skip
    asked = (_NO_FORMAT, causes.format_overflows("fp16"))
    yield Entry(
        "storage ball", "layer", storage.ball("fp16", 1e-6, 1.0),
        "How far the matrix may lie from this one that was rounded to it when it was stored.", not_asked=asked,
    )  # fmt: skip
    yield Entry(
        "rank that storage leaves", "layer", storage.rank("fp16", 64),
        "The rank that every matrix has which may have been rounded to this one.", not_asked=asked,
    )  # fmt: skip
    yield Entry(
        "gaps that storage leaves", "layer", storage.gaps("fp16", 64, (4, 16)),
        "After how many singular values there is a gap in every matrix that may have been rounded to this one.",
        not_asked=(*asked, "there is one rank and no gap"),
    )  # fmt: skip


_FAR, _NEAR = ([Enclosure(float(5 - k), float(5 - k + width)) for k in range(5)] for width in (0, 1))
_NO_GAP = tuple(causes.no_gap(4, *pair) for pair in ((_NEAR, _FAR), (_FAR, _NEAR), (_NEAR, _NEAR), (_FAR, _FAR)))
_MOVED = (causes.moved(4, [2, 5]), causes.moved(4, [2]))


def _of_interfaces() -> Iterator[Entry]:
    yield Entry(
        "cosines of {} leading directions", "edge", interface.cosines(4, 1e-3),
        "The principal angles between what one layer mainly writes and what the next one mainly reads; 1 is the same "
        "direction, 0 a right angle.",
        "see the overlap", _NO_GAP, (*_MOVED, causes.windows_beyond(2), causes.windows_beyond(0)),
    )  # fmt: skip
    yield Entry(
        "sines of {} leading directions", "edge", interface.sines(4, 1e-3),
        "The same principal angles by their sines, which tell a small angle from none: 0 is the same direction.",
        "see the overlap", _NO_GAP, _MOVED,
    )  # fmt: skip
    yield Entry(
        "overlap of {} leading directions", "edge", interface.overlap(4, 1e-3),
        "The mean squared cosine, between 0 and 1: how much of what is mainly read is mainly written.",
        "k/n for windows of k directions in uniform position in the n dimensions of the interface", _NO_GAP,
        _MOVED,
    )  # fmt: skip
    yield Entry(
        "overlap of {} directions against chance", "edge", nulls.overlap_null(4, 64, 1e-3, Enclosure(0.1, 0.1)),
        "Mean and standard deviation of the overlap if the window were uniform, and how many deviations the overlap "
        "that is there lies above the mean.",
        "mean k/n with the exact variance of uniform windows", _NO_GAP, _MOVED,
    )  # fmt: skip
    yield Entry(
        "imbalance", "edge", interface.imbalance(1e-6, 1.0),
        "0 exactly if both layers carry the same strength in the same directions, as gradient flow preserves it.",
    )  # fmt: skip
    yield Entry(
        "relative imbalance", "edge", interface.relative_imbalance(1e-6),
        "The same without the scales of the layers: 0 is balanced, 1 that nothing written is read.",
    )  # fmt: skip
    yield Entry(
        "commutator", "edge", interface.commutator(1e-6),
        "0 exactly if read-in and write-out Gram matrices have common eigenvectors, as training drives them to.",
        "see the commutator against chance",
    )  # fmt: skip
    yield Entry(
        "commutator against chance", "edge", nulls.commutator_null(64, Enclosure(1.0, 1.0)),
        "Below 1: the eigenvectors agree better than by chance; above 1: worse. The third value bounds the chance of a "
        "deviation as large.",
        "the exact mean square and variance under a uniform rotation of one layer",
        not_asked=(causes.NO_ROTATION, causes.NULL_UNRESOLVED),
    )  # fmt: skip
    yield from _of_alignment()
    yield Entry(
        "truncation to {} ranks", "edge", interface.truncation(4, 1e-6, 1.0),
        "How much the product of two layers can change if only the leading directions of each are kept.",
    )  # fmt: skip
    yield Entry(
        "written but not read", "edge", interface.intersection(64, "modular", 2),
        "How many independent directions one layer writes that the next one maps to 0, as an exact integer.",
        "0 for layers in general position, if what is written has room in what is read", _RANKS,
    )  # fmt: skip


def _of_alignment() -> Iterator[Entry]:
    yield Entry(
        "diagonal of the imbalance", "edge", alignment.diagonal(1e-6, 1.0),
        "What is left of the balance between the weights into and out of each neuron; of the imbalance, this part "
        "decays in networks of rectifiers too, under weight decay.",
    )  # fmt: skip
    yield Entry(
        "same rank", "edge", alignment.ranks(),
        "1 if both layers have the same rank, 0 if not: the first level of alignment.",
        "layers of one size have the same, full rank with probability 1", (causes.RANK_OPEN,),
    )  # fmt: skip
    yield Entry(
        "angle of {} directions and its bound", "edge", alignment.angle(4, 64, 1e-3),
        "How far the leading directions are turned, and how far the imbalance and the gaps allow them to be; a bound "
        "of √min(k, n − k) says nothing.",
        "see the overlap", _NO_GAP,
    )  # fmt: skip
    yield Entry(
        "levels of alignment at {} directions", "edge", alignment.levels(4),
        "1 if the leading directions span the same space (level 2), and if they are the same one by one (level 3); 0 "
        "if it is proved that they do not. The angle is the margin that decides.",
        "0 for layers in general position", (*_NO_GAP, causes.LEVEL_OPEN),
    )  # fmt: skip


def _of_incidence() -> Iterator[Entry]:
    windows, open_ = (3, 4), (causes.no_window("99"),)
    paired = (causes.ONE_GROUP, causes.NO_SHARED_COLUMN, causes.NO_EDGE_GAP)
    yield Entry(
        "thresholds of row groups", "edge", incidence.thresholds("0:8;8:16", 2, "adapted", "99", 0),
        "The numbers against which the activities of groups of rows are held; they are chosen, recorded, and derived "
        "again when the certificate is checked.",
        not_asked=(
            causes.NO_THRESHOLD,
            causes.too_many_groups(300, 256),
            causes.too_large_transport(8192, 65536, 2**26),
        ),
    )  # fmt: skip
    yield Entry(
        "active columns", "edge", incidence.supports(4, 2, 0.5, {}),
        "Which inputs act on which groups of outputs, through both layers; a hub acts on several groups.",
        not_asked=(causes.SUPPORT_OPEN,),
    )  # fmt: skip
    yield Entry(
        "incidence graph", "edge", incidence.graph("80", 1, 0.25, 1e-3),
        "Which groups of outputs are joined by inputs that act on both.", not_asked=paired,
    )  # fmt: skip
    yield Entry(
        "labels of edges", "edge", incidence.labels("C", 1, 0.9, 2.0, 1e-3),
        "Whether two joined groups answer to their common inputs alike (C), alike but more strongly (A) or otherwise "
        "(T).",
        "exact mean and deviation of the correlation when the columns of one profile are permuted",
        not_asked=(*paired, causes.NO_EDGE),
    )  # fmt: skip
    yield Entry(
        "radius of the structure", "edge", robustness.radius("pair 0 1", "columns,pairs,noise,labels", 1e-9, 1e-3),
        "How far the product of both layers may move before any of this changes, what changes first, and how long a "
        "perturbation is that changes it.",
    )  # fmt: skip
    yield Entry(
        "structure that storage leaves", "edge", storage.structure("fp16", (8, 4), (1, 1), "f0", 0.05),
        "Which inputs act on which groups, which groups are joined and how, whatever the layers were before they were "
        "rounded to these.",
        not_asked=(_NO_FORMAT, causes.format_overflows("fp16"), causes.format_swamps("fp16")),
    )  # fmt: skip
    yield Entry(
        "error of the windows at {} % of the energy", "edge", incidence.truncation("99", windows, 1e-3),
        "How far the product of both layers is from that of their leading directions, beside the bound that singular "
        "values alone give.",
        undecided=open_,
    )  # fmt: skip
    yield Entry(
        "cells and columns kept at {} % of the energy", "edge", incidence.columns("99", windows, 8, 4, 0.05),
        "How much of the incidence the leading directions certainly keep, cell by cell.", undecided=open_,
    )  # fmt: skip
    yield Entry(
        "pairs and labels kept at {} % of the energy", "edge", incidence.pairs("99", windows, 1, 1),
        "How many edges, missing edges and labels the leading directions certainly keep.", undecided=open_,
    )  # fmt: skip
    yield Entry(
        "margins of the block form at {} % of the energy", "edge",
        incidence.margins("99", windows, "cells,pairs,noise,labels", 4, 1e-3),
        "By how much each line of the block form holds or fails; the smallest one decides.", undecided=open_,
    )  # fmt: skip
    yield Entry(
        "structure at {} % of the energy", "edge", incidence.conclusion("99", windows),
        "Whether the leading directions have the incidence structure of the whole: by margins, and by comparison.",
        undecided=open_,
    )  # fmt: skip
    yield Entry(
        "smallest level that keeps the structure", "edge", incidence.smallest_level(),
        "How much energy who acts on whom needs: by margins, and by comparison.",
    )  # fmt: skip


def _of_rigidity() -> Iterator[Entry]:
    open_ = (causes.NOT_INVERTIBLE, causes.QUOTIENT_OPEN)
    square = (causes.UNEQUAL_SHAPES, causes.DIVISOR_SINGULAR)
    fits = tuple(dict.fromkeys(cause for chart in layer.CHARTS for cause in causes.FIT[chart]))
    yield Entry(
        "amplitudes, transport form", "edge", rigidity.transport_amplitudes(1e-3),
        "The largest stretch of the map that carries one normalized layer to the next, and of its inverse.",
        undecided=open_, not_asked=square,
    )  # fmt: skip
    yield Entry(
        "slack, transport form", "edge", rigidity.transport_slack(1e-3),
        "0 if the largest stretch acts along the leading direction; what is wasted otherwise.",
        undecided=open_, not_asked=square,
    )  # fmt: skip
    yield Entry(
        "drift of the exponent, {}, transport form", "edge", rigidity.transport_drift("kl", 64),
        "How far the exponent moves from one layer to the next, against the bound that the amplitude sets.",
        undecided=(*open_, *fits), not_asked=(*square, causes.ONE_RANK),
    )  # fmt: skip
    yield Entry(
        "amplitude, product form", "edge", rigidity.product_amplitude(1e-3),
        "The largest stretch of the product of both normalized layers, as a logarithm.",
        undecided=(causes.PRODUCT_VANISHES,),
    )  # fmt: skip
    yield Entry(
        "slack, product form", "edge", rigidity.product_slack(1e-3),
        "0 if the leading direction that is written is the leading one that is read.",
        undecided=(causes.PRODUCT_VANISHES,),
    )  # fmt: skip
    yield Entry(
        "drift of the chart, {}, product form", "edge", rigidity.product_drift("kl", 64, 64),
        "How far the chart moves, against its bound; it constrains nothing, and stands here because it is claimed.",
        undecided=(causes.PRODUCT_VANISHES, *fits), not_asked=(causes.ONE_RANK,),
    )  # fmt: skip
    yield Entry(
        "spectral domain", "edge",
        domain.spectral(dict.fromkeys((*domain.LAYER_LINES, *domain.EDGE_LINES), Verdict.CERTIFIED), ("", ""), ()),
        "Whether every line from the rank to the drift is established, so that rigidity says something here; of a "
        "chain, whether it is so at all its interfaces.",
        undecided=(causes.DOMAIN_OPEN,),
        not_asked=(causes.UNEQUAL_SHAPES, causes.NO_INTERFACE, causes.NOT_ALL_SQUARE, causes.BRANCHED),
        also="chain",
    )  # fmt: skip
    yield Entry(
        "static domain", "edge",
        domain.static(dict.fromkeys(domain.STATIC_LINES, Verdict.CERTIFIED), "99", True, Verdict.CERTIFIED, ""),
        "Whether windows that are not full keep who acts on whom, line by line: both layers have full rank, and at a "
        "level of energy and all higher ones no line of the block form fails; of a chain, whether it is so at all its "
        "interfaces. What is vacuous does not apply, and is never counted as kept.",
        undecided=(causes.DOMAIN_OPEN,),
        not_asked=(
            causes.NO_THRESHOLD,
            causes.NO_ACTIVE_COLUMN,
            causes.NO_SMALLER_WINDOW,
            causes.too_many_groups(300, 256),
            causes.too_large_transport(8192, 65536, 2**26),
            causes.NO_INTERFACE,
            causes.NOT_ALL_STATIC,
            causes.BRANCHED,
        ),
        also="chain",
    )  # fmt: skip


def _of_flow() -> Iterator[Entry]:
    flow, not_asked = horizon.Flow("0.001", "0.5"), (causes.not_linear("relu"), causes.NOT_ALONE)
    yield Entry(
        "half-life of the imbalance", "edge", horizon.half_life(flow, 1e-6, 347.0),
        "Asked with --ridge: how long weight decay takes to halve the imbalance, whatever the loss does.",
        not_asked=not_asked,
    )  # fmt: skip
    yield Entry(
        "path that keeps the sum of gaps after {} directions", "edge", horizon.path(4, 1e-6, 2.0),
        "Asked with --ridge: how far training may move both layers before the imbalance no longer bounds the angle of "
        "their leading directions.",
        undecided=_NO_GAP, not_asked=not_asked,
    )  # fmt: skip
    yield Entry(
        "horizon of {} directions", "edge", horizon.horizon(4, flow, 1e-3, 1.0),
        "Asked with --ridge and --loss or --excess: for how long one snapshot bounds the angle of the leading "
        "directions under gradient flow, and when best. A time of 0 says that the bound is least now; so it is where "
        "the loss alone is given, for weight decay could then close the gap faster than the imbalance falls.",
        undecided=_NO_GAP, not_asked=not_asked,
    )  # fmt: skip
    yield Entry(
        "angle of {} directions now and within the horizon", "edge", horizon.bound(4, 64, flow, 1e-3),
        "How far the leading directions are turned now, how far they can be, and the least of what they can be at one "
        "time later; a bound of √min(k, n − k) says nothing.",
        "see the overlap", _NO_GAP, not_asked,
    )  # fmt: skip


def _of_chains() -> Iterator[Entry]:
    branched = (causes.BRANCHED,)
    yield Entry(
        "polystable", "chain", component.polystable(Verdict.CERTIFIED, [(2, 2)], (2, 2)),
        "Whether changes of basis of the hidden spaces alone can not degenerate the chain any further.",
        "layers of different widths are never polystable", (causes.POLYSTABLE_OPEN,), branched,
    )  # fmt: skip
    yield Entry(
        "singular values of the product", "chain", component.product_sigma(10, 1e-6, 1.0),
        "What the layers do together, if nothing lay between them.", not_asked=branched,
    )  # fmt: skip
    yield Entry(
        "Kempf–Ness gap", "chain", component.kempf_ness_gap(3, 0.1, 1.0),
        "How far the chain is from the balanced one with the same product.", not_asked=branched,
    )  # fmt: skip
    yield Entry(
        "relative Kempf–Ness gap", "chain", component.relative_kempf_ness_gap(3, 0.1),
        "The same without the scales of the layers: 0 is balanced, 1 a product that vanishes.", not_asked=branched,
    )  # fmt: skip
    not_asked = (*branched, causes.too_many_layers(30, 24))
    yield Entry(
        "ranks of all products", "chain", component.ranks([2, 2]),
        "How many directions survive from any space to any later one, as exact integers.",
        "the smallest width between the two spaces, for layers in general position", _RANKS, not_asked,
    )  # fmt: skip
    yield Entry(
        "barcode", "chain", component.barcode([2, 2]),
        "Where directions begin and where they end on their way through the layers.",
        "the bars of layers in general position have the ranks of the narrowest widths", _RANKS, not_asked,
    )  # fmt: skip


def _of_heads() -> Iterator[Entry]:
    role = heads.Role(Heads("", 12, 64, 12, ()), "query", (768, 768))
    copies = (causes.COPIES_DIFFER,)
    alone = (causes.ONE_HEAD, causes.too_many_heads(300, heads.MOST_HEADS), *copies)
    open_ = (causes.HEAD_RANK_OPEN, causes.HEAD_OPEN)
    yield Entry(
        "ranks of the heads, {}", "heads", heads.ranks(role),
        "How many directions each head reads, or writes for the output.", "the number of its rows or columns",
        (causes.exact_work(10.0), causes.exact_work(0), causes.exact_memory(4096, 4096)), copies,
    )  # fmt: skip
    yield Entry(
        "overlaps of the heads, {}", "heads", heads.overlap(role, 1e-3),
        "How much of what one head reads or writes another one does, for every pair.", "see the mean overlap", open_,
        (*alone, causes.HEAD_ZERO),
    )  # fmt: skip
    yield Entry(
        "mean overlap of the heads against chance, {}", "heads", heads.null(role, 1e-3, Enclosure(0.1, 0.1)),
        "Whether the heads share directions more than subspaces in uniform position do. Heads that are cut of one "
        "matrix have a spectrum in common too, which this null knows nothing of.",
        "the exact mean and variance for independent uniform subspaces of the same dimensions", open_,
        (*alone, causes.HEAD_ZERO, causes.HEADS_FILL),
    )  # fmt: skip
    structure = Heads("", 12, 64, 12, ())
    yield Entry(
        "ranks of products of every head, {}", "heads", heads.product_ranks("qk", structure),
        "In how many directions a head compares (qk), or what it passes on (ov).", "the size of a head",
        _RANKS, copies,
    )  # fmt: skip
    yield Entry(
        "singular values of products of every head, {}", "heads",
        heads.product_sigma("qk", structure, 64, 1e-6, [Enclosure(1.0, 1.0)]),
        "How strongly each head compares (qk) or passes on (ov), direction by direction: its query and its key matter "
        "through this product alone, and so do its value and its output.", not_asked=copies,
    )  # fmt: skip
