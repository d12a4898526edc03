"""The claims that must be made about a line of layers as a whole, and how each is proved again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import arb

from certify.certificate import Scalar
from certify.chain import Chain
from certify.checker.arithmetic.product_spectrum import product_sigma
from certify.checker.arithmetic.rounding import ball
from certify.checker.expected import Line, enclosed, measurement
from certify.checker.layer import UNKNOWN
from certify.checker.lookup import Book
from certify.checker.product_ranks import Bounds, rank_fault, reached_from_below, whole_numbers
from certify.checker.recorded_thresholds import Recorded
from certify.verdict import Enclosure

__all__ = ["Row", "rows_of", "whole_lines"]

_BARCODE = ("A5.ranks", "A5.barcode")
_IDS = ("A4.polystable", "A4.product.sigma", "A4.kempf_ness.gap", "A4.kempf_ness.gap.relative", *_BARCODE)
_BRANCHED = "its layers do not form one line: one of them has several readers or sources"
_NO_DEFECT = (
    "no defect of the network: layers of different ranks are never polystable, and the closed orbit to which the chain "
    "degenerates has the same product"
)


@dataclass(frozen=True, slots=True)
class Row:
    """Layers that are joined by edges, as places in the chain, and how claims name them."""

    subject: str
    layers: tuple[int, ...]
    straight: bool


def rows_of(chain: Chain) -> list[Row]:
    """The connected parts of the chain, each with its layers from below."""
    parts = [{place} for place in range(len(chain.layers))]
    for edge in chain.edges:
        touched = [part for part in parts if edge.lower in part or edge.upper in part]
        parts = [part for part in parts if part not in touched] + [set[int]().union(*touched)]
    found: list[Row] = []
    for part in sorted(parts, key=min):
        layers = tuple(sorted(part))
        inner = [edge for edge in chain.edges if edge.lower in part]
        steps = [(edge.lower, edge.upper) for edge in sorted(inner, key=lambda edge: edge.lower)]
        first, last = chain.layers[layers[0]].name, chain.layers[layers[-1]].name
        name = f"chain {first} -> {last}" if len(layers) > 1 else f"chain {first}"
        straight = steps == list(itertools.pairwise(layers))
        found.append(Row("chain" if len(parts) == 1 else name, layers, straight))
    return found


class _Whole:
    """What the certificate says of the layers of a row, and of their products."""

    def __init__(self, row: Row, chain: Chain, book: Book, thresholds: Recorded) -> None:
        layers = [chain.layers[place] for place in row.layers]
        self.subject = row.subject
        self.readers = [layer.matrix for layer in layers]
        self.dimensions = [layers[0].shape[1], *(layer.shape[0] for layer in layers)]
        self.length = len(layers)
        self.asked = self.length <= thresholds.barcode_layers
        self.sigma = [book.values(f"layer {x.name}", "spectrum.sigma", min(x.shape)) for x in layers]
        self.norms = [book.values(f"layer {x.name}", "E7.normalization", 1)[0] for x in layers]
        self.table: dict[tuple[int, int], Bounds] = {(v, v): (n, n) for v, n in enumerate(self.dimensions)}
        for l, layer in enumerate(layers):
            rank = book.values(f"layer {layer.name}", "E7.rank", 1)[0]
            self.table[l, l + 1] = whole_numbers(rank, min(layer.shape))
        for l, (lower, upper) in enumerate(itertools.pairwise(layers)):
            pair = book.values(f"edge {lower.name} -> {upper.name}", "A2.intersection", 2)[1]
            self.table[l, l + 2] = whole_numbers(pair, lower.shape[0])
        self.fault = ""
        if self.asked:
            self._read_ranks(book)
        elif self.length > 2:
            self._read_product(book)

    def _read_ranks(self, book: Book) -> None:
        places = [(u, v) for u in range(self.length) for v in range(u + 1, self.length + 1)]
        values = book.values(self.subject, "A5.ranks", len(places))
        read = {
            p: whole_numbers(x, min(self.dimensions[p[0]], self.dimensions[p[1]]))
            for p, x in zip(places, values, strict=True)
        }
        if any(read[p] != bounds for p, bounds in self.table.items() if p[0] < p[1]):
            self.fault = "the ranks of layers and interfaces are not those of their own claims"
        self.table = read | self.table

    def _read_product(self, book: Book) -> None:
        ends = [book.parameter(self.subject, "A4.polystable", f"product_rank_{end}") for end in ("low", "high")]
        low, high = (end if isinstance(end, int) and 0 <= end <= min(self.dimensions) else 0 for end in ends)
        self.table[0, self.length] = low, high

    @property
    def product(self) -> Bounds:
        """The rank of the product of all layers."""
        return self.table[0, self.length]


def whole_lines(row: Row, chain: Chain, book: Book, thresholds: Recorded) -> Iterator[Line]:
    """The claims about a row of layers in order, from what the certificate says of its layers and edges."""
    if not row.straight:
        book.skip(row.subject, _IDS, _BRANCHED)
        return
    whole = _Whole(row, chain, book, thresholds)
    yield _polystable(whole)
    yield from _kempf_ness(whole, book, thresholds)
    if not whole.asked:
        limit = thresholds.barcode_layers
        book.skip(row.subject, _BARCODE, f"the chain has {whole.length} layers, more than barcode_layers = {limit}")
        return
    parameters: dict[str, Scalar] = {"dimensions": ",".join(map(str, whole.dimensions))}
    ranks = [(u, v) for u in range(whole.length) for v in range(u + 1, whole.length + 1)]
    yield measurement(
        "A5.ranks",
        "the ranks of all products W_v⋯W_(u+1) for 0 <= u < v <= L, in the order of (u, v)",
        0.0,
        lambda values: _ranks_fault(whole, dict(zip(ranks, values, strict=True))),
        count=len(ranks),
        parameters=parameters,
    )
    bars = _barcode(whole)
    yield measurement(
        "A5.barcode",
        "the multiplicities of the intervals [i, j] of vertices 0 <= i <= j <= L, in the order of (i, j); vertex l is "
        "the space that W_l writes into",
        0.0,
        lambda values: "" if list(values) == bars else "the multiplicities do not follow from the ranks",
        count=len(bars),
        parameters=parameters,
        note="with both ends free they determine the chain up to bases of its spaces",
    )


def _polystable(whole: _Whole) -> Line:
    names = [f"rank W_{l}" for l in range(1, whole.length + 1)] + ["rank of the product"]
    ranks = [*(whole.table[l, l + 1] for l in range(whole.length)), whole.product]
    top = max(low for low, _ in ranks)
    least = min(high for _, high in ranks)
    if top > least:
        large = next(name for name, (low, _) in zip(names, ranks, strict=True) if low == top)
        small = next(name for name, (_, high) in zip(names, ranks, strict=True) if high == least)
        word, truth, reason = "no", (0.0, 0.0), f"{large} >= {top} > {least} >= {small}"
    elif all(low == high for low, high in ranks):
        word, truth, reason = "yes", (1.0, 1.0), f"all ranks are {top}"
    else:
        open_ranks = [
            f"{name} in [{low}, {high}]" for name, (low, high) in zip(names, ranks, strict=True) if low < high
        ]
        word, truth, reason = "unknown", (0.0, 1.0), "not certified: " + ", ".join(open_ranks)
    low, high = whole.product

    def prove(values: tuple[Enclosure, ...]) -> str:
        if values[0] != Enclosure(*truth):
            return f"not proved: {reason}"
        return "" if whole.asked or whole.length <= 2 else _long_product_fault(whole)

    return measurement(
        "A4.polystable",
        "whether the chain is polystable (1) or not (0): all layers have the rank of their product, so that the orbit "
        "under hidden reparameterization is closed",
        0.0,
        prove,
        parameters={"polystable": word, "reason": reason, "product_rank_low": low, "product_rank_high": high},
        note=_NO_DEFECT if word == "no" else "",
    )


def _long_product_fault(whole: _Whole) -> str:
    """The rank of a product of many layers, from prefixes that grow by one layer each."""
    length = whole.length
    table = {place: bounds for place, bounds in whole.table.items() if place != (0, length)}
    for v in range(3, length):
        high = min(table[0, v - 1][1], table[v - 1, v][1])
        inner = [(v - 2, v - 2), (v - 2, v - 1), (v - 1, v - 1)]
        table[0, v] = min(reached_from_below(table, 0, v, inner), high), high
    high = min(table[0, length - 1][1], table[length - 1, length][1], table[0, 1][1])
    return rank_fault(whole.product, reached_from_below(table, 0, length), high, whole.readers)


def _ranks_fault(whole: _Whole, values: dict[tuple[int, int], Enclosure]) -> str:
    if whole.fault:
        return whole.fault
    table = whole.table
    for (u, v), value in values.items():
        if value != Enclosure(*table[u, v]):
            return f"not proved: the rank from vertex {u} to {v} is no whole number of this range"
    for v in range(3, whole.length + 1):
        for u in range(v - 3, -1, -1):
            high = min(table[u, v - 1][1], table[u + 1, v][1])
            low = reached_from_below({p: x for p, x in table.items() if p != (u, v)}, u, v)
            if reason := rank_fault(table[u, v], low, high, whole.readers[u:v]):
                return f"{reason} (vertex {u} to {v})"
    return ""


def _barcode(whole: _Whole) -> list[Enclosure]:
    """Multiplicities by inclusion and exclusion: chains of bars that cover i..j, less those that reach further."""
    found: list[Enclosure] = []
    nothing = (0, 0)
    for i in range(whole.length + 1):
        for j in range(i, whole.length + 1):
            here, beyond = whole.table[i, j], whole.table.get((i - 1, j + 1), nothing)
            left, right = whole.table.get((i - 1, j), nothing), whole.table.get((i, j + 1), nothing)
            low = here[0] + beyond[0] - left[1] - right[1]
            found.append(Enclosure(max(low, 0), here[1] + beyond[1] - left[0] - right[0]))
    return found


def _kempf_ness(whole: _Whole, book: Book, thresholds: Recorded) -> Iterator[Line]:
    length, size = whole.length, min(whole.dimensions[0], whole.dimensions[-1])
    sigma = book.values(whole.subject, "A4.product.sigma", size)
    yield measurement(
        "A4.product.sigma",
        "the singular values of the product of all layers, decreasing; those beyond its rank are 0",
        thresholds["product_relative"] * _finite(math.prod(values[0].upper for values in whole.sigma)),
        lambda values: _sigma_fault(whole, values),
        count=size,
    )
    low, high = _gap_ends(whole.norms, sigma)
    mass_low, mass_high = (_mass(whole.norms, upper=upper) for upper in (False, True))
    mass = sum(norm.upper * norm.upper for norm in whole.norms)
    yield measurement(
        "A4.kempf_ness.gap",
        "the Kempf–Ness gap Σ‖W_l‖_F² − L Σσ_i(W_L⋯W_1)^(2/L), 0 exactly for balanced chains",
        thresholds["kempf_ness_relative"] * _finite(mass),
        lambda values: enclosed([low.union(high)], values, 0.0, nonnegative=True),
        parameters={"layers": length},
    )
    yield measurement(
        "A4.kempf_ness.gap.relative",
        "the Kempf–Ness gap relative to Σ‖W_l‖_F², between 0 (balanced) and 1 (the product vanishes)",
        thresholds["kempf_ness_relative"],
        lambda values: enclosed([(low / mass_low).union(high / mass_high)], values, 0.0, nonnegative=True),
        parameters={"layers": length},
    )


def _finite(limit: float) -> float:
    return limit if math.isfinite(limit) else 0.0


def _sigma_fault(whole: _Whole, values: tuple[Enclosure, ...]) -> str:
    rank = whole.product[1]
    zero = Enclosure(0.0, 0.0)
    if any(value != zero for value in values[rank:]):
        return "a singular value beyond the rank of the product is 0"
    if whole.length == 1:
        return "" if values[:rank] == whole.sigma[0][:rank] else "not the singular values of the layer"
    if rank == 0 or all(value == UNKNOWN for value in values[:rank]):
        return ""
    lower, upper = product_sigma(whole.readers, whole.dimensions, [values[0].upper for values in whole.sigma])
    for k in range(rank):
        value, low, high = values[k], float(lower[k]), float(upper[k])
        if value == UNKNOWN:
            continue
        if not ((value.lower <= low or value.lower == 0) and high <= value.upper):
            return f"not proved: σ_{k + 1} is enclosed by [{low.hex()}, {high.hex()}]"
    return ""


def _mass(norms: Sequence[Enclosure], *, upper: bool) -> arb:
    return sum((ball(norm.upper if upper else norm.lower) ** 2 for norm in norms), arb(0))


def _gap_ends(norms: Sequence[Enclosure], sigma: Sequence[Enclosure]) -> tuple[arb, arb]:
    """The least and the largest gap that the published norms and singular values admit."""
    if not all(value.finite for value in (*norms, *sigma)):
        return arb.nan(), arb.nan()
    length = len(norms)

    def root(x: float) -> arb:
        # σ^(2/L) = (σ²)^(1/L)
        return (ball(x) * ball(x)).root(length) if x > 0 else arb(0)

    most = sum((root(value.upper) for value in sigma), arb(0))
    least = sum((root(value.lower) for value in sigma), arb(0))
    return _mass(norms, upper=False) - length * most, _mass(norms, upper=True) - length * least
