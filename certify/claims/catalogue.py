"""Every claim that a certificate can hold: plain name, an example of the sentence, what it means, what chance gives.

The sentences are those of the assertions themselves; what else is said of a claim stands here alone.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from certify.claims import alignment, causes, component, interface, layer, nulls, rigidity
from certify.claims.assertion import Assertion
from certify.verdict import Enclosure, Kind, Verdict

__all__ = ["GENERAL", "PLACES", "Entry", "entries", "entry_of", "key_of"]

PLACES = {"layer": "of a layer", "edge": "of an interface", "chain": "of a chain of layers"}

_WIDE = causes.undecided(Kind.MEASUREMENT, 0.25, 0.125)
_OVERFLOW = causes.undecided(Kind.MEASUREMENT, None, 0.0)
_ZERO = causes.undecided(Kind.INEQUALITY, None, 0.0)
GENERAL = (_WIDE, _OVERFLOW, _ZERO)
"""Why any claim can be UNDECIDED, for one choice of numbers."""

_RANKS = (causes.ranks_bounded([(1, 2)], 10.0), causes.ranks_bounded([(1, 2)], 0))


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a claim before any matrix is.

    Parameters
    ----------
    name : in plain words; ``{}`` stands for the window, the percentage or the chart of an id.
    place : ``layer``, ``edge`` or ``chain``: what the claim is about.
    example : the assertion for one choice of sizes.
    meaning : what the value tells.
    null : what chance gives, or that nothing is compared.
    undecided : why it can be UNDECIDED, beside what every claim of its kind can be.
    not_asked : why it can be missing.
    """

    name: str
    place: str
    example: Assertion
    meaning: str
    null: str = "none"
    undecided: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The id without its window, percentage or chart."""
        return key_of(self.example.id)

    @property
    def pattern(self) -> str:
        """The id with a letter for what varies."""
        bracket = "[chart]" if "drift" in self.key else "[k]"
        percent = self.key + ".p" if self.key == "D10.effective_rank" else self.example.id
        return re.sub(r"\[\w+\]", bracket, percent)

    @property
    def causes(self) -> tuple[str, ...]:
        """Every sentence that can say why the claim is UNDECIDED, with numbers of an example."""
        every = (_ZERO,) if self.example.kind is Kind.INEQUALITY else (_WIDE, _OVERFLOW)
        return (*self.undecided, *every)

    def title(self, id: str) -> str:
        """The plain name of one claim."""
        found = re.search(r"\[(\w+)\]$|\.(\d+)$", id)
        varying = (found[1] or found[2]) if found else ""
        return self.name.format(layer.CHARTS.get(varying, varying))


def key_of(id: str) -> str:
    """An id without its window, percentage or chart.

    >>> key_of("E.overlap[16]"), key_of("D10.effective_rank.90"), key_of("D4.drift.product[kl]")
    ('E.overlap', 'D10.effective_rank', 'D4.drift.product')
    """
    return re.sub(r"\[\w+\]$|\.\d+$", "", id)


def entry_of(id: str) -> Entry | None:
    """What is known of the claim called ``id``; None for one of no version of this program."""
    return _by_key().get(key_of(id))


@functools.cache
def entries() -> tuple[Entry, ...]:
    """All of them, as a certificate orders them."""
    return (*_of_layers(), *_of_interfaces(), *_of_rigidity(), *_of_chains())


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
        "How many leading directions hold that share of ‖W‖_F².",
    )  # fmt: skip
    yield Entry(
        "gap after σ_{}", "layer", layer.gap(4),
        "The leading k directions are well defined. REFUTED says that two singular values are equal, so that they are "
        "not.",
    )  # fmt: skip


def _of_interfaces() -> Iterator[Entry]:
    yield Entry(
        "cosines of {} leading directions", "edge", interface.cosines(4, 1e-3),
        "The principal angles between what one layer mainly writes and what the next one mainly reads; 1 is the same "
        "direction, 0 a right angle.",
        "see the overlap", (causes.no_gap(4),),
    )  # fmt: skip
    yield Entry(
        "overlap of {} leading directions", "edge", interface.overlap(4, 1e-3),
        "The mean squared cosine, between 0 and 1: how much of what is mainly read is mainly written.",
        "k/n for windows of k directions in uniform position in the n dimensions of the interface", (causes.no_gap(4),),
    )  # fmt: skip
    yield Entry(
        "overlap of {} directions against chance", "edge", nulls.overlap_null(4, 64, 1e-3, Enclosure(0.1, 0.1)),
        "Mean and standard deviation of the overlap if the window were uniform, and how many deviations the overlap "
        "that is there lies above the mean.",
        "mean k/n with the exact variance of uniform windows", (causes.no_gap(4),),
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
        "see the overlap", (causes.no_gap(4),),
    )  # fmt: skip
    yield Entry(
        "levels of alignment at {} directions", "edge", alignment.levels(4),
        "1 if the leading directions span the same space (level 2), and if they are the same one by one (level 3); 0 "
        "if it is proved that they do not. The angle is the margin that decides.",
        "0 for layers in general position", (causes.no_gap(4), causes.LEVEL_OPEN),
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
