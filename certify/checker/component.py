"""The claims that must be made about a line of layers as a whole, and how each is proved again."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import partial

from flint import arb

from certify.chain import Chain
from certify.chain.components import Component
from certify.checker.arithmetic.product_spectrum import product_sigma
from certify.checker.arithmetic.relative_product import relative_product
from certify.checker.arithmetic.relative_values import Bounds as Values
from certify.checker.arithmetic.rounding import Array, ball
from certify.checker.domain import chain_domain_claims
from certify.checker.expected import Expected, enclosed
from certify.checker.expression import matrix_of
from certify.checker.layer import UNKNOWN
from certify.checker.lookup import Lookup
from certify.checker.product_ranks import Bounds, rank_fault, reached_from_below, whole_numbers
from certify.checker.recorded_thresholds import Recorded
from certify.claims import causes, interface, layer
from certify.claims import component as claims
from certify.claims.small_values import affordable_line, line_reach
from certify.verdict import Enclosure, Verdict

__all__ = ["component_claims"]


class _Component:
    """What the certificate says of the layers of a component, and of their products."""

    def __init__(self, component: Component, chain: Chain, lookup: Lookup, thresholds: Recorded) -> None:
        layers = [chain.layers[place] for place in component.layers]
        self.subject = component.subject
        self.factors = [partial(matrix_of, item) for item in layers]
        self.dimensions = [layers[0].shape[1], *(item.shape[0] for item in layers)]
        self.length = len(layers)
        self.asked = self.length <= thresholds.barcode_layers
        self.sigma = [lookup.values(layer.subject(x.name), "spectrum.sigma", min(x.shape)) for x in layers]
        self.norms = [lookup.values(layer.subject(x.name), "E7.normalization", 1)[0] for x in layers]
        self.table: dict[tuple[int, int], Bounds] = {(v, v): (n, n) for v, n in enumerate(self.dimensions)}
        for l, item in enumerate(layers):
            rank = lookup.values(layer.subject(item.name), "E7.rank", 1)[0]
            self.table[l, l + 1] = whole_numbers(rank, min(item.shape))
        for l, (writer, reader) in enumerate(itertools.pairwise(layers)):
            pair = lookup.values(interface.subject(writer.name, reader.name), interface.INTERSECTION, 2)[1]
            self.table[l, l + 2] = whole_numbers(pair, writer.shape[0])
        self.fault = ""
        if self.asked:
            self._read_ranks(lookup)
        elif self.length > 2:
            self._read_product(lookup)

    def _read_ranks(self, lookup: Lookup) -> None:
        places = [(u, v) for u in range(self.length) for v in range(u + 1, self.length + 1)]
        values = lookup.values(self.subject, "A5.ranks", len(places))
        read = {
            p: whole_numbers(x, min(self.dimensions[p[0]], self.dimensions[p[1]]))
            for p, x in zip(places, values, strict=True)
        }
        if any(read[p] != bounds for p, bounds in self.table.items() if p[0] < p[1]):
            self.fault = "the ranks of layers and interfaces are not those of their own claims"
        self.table = read | self.table

    def _read_product(self, lookup: Lookup) -> None:
        ends = [lookup.parameter(self.subject, "A4.polystable", f"product_rank_{end}") for end in ("low", "high")]
        low, high = (end if isinstance(end, int) and 0 <= end <= min(self.dimensions) else 0 for end in ends)
        self.table[0, self.length] = low, high

    @property
    def product(self) -> Bounds:
        """The rank of the product of all layers."""
        return self.table[0, self.length]


def component_claims(component: Component, chain: Chain, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    """The claims about the layers of a component in order, from what the certificate says of its layers and edges."""
    if not component.straight:
        lookup.skip(component.subject, claims.IDS, causes.BRANCHED)
        return
    whole = _Component(component, chain, lookup, thresholds)
    yield _polystable(whole)
    yield from _kempf_ness(whole, lookup, thresholds)
    yield from _barcode_claims(whole, lookup, thresholds)
    edges = [chain.describe(chain.edges[place]) for place in component.edges]
    yield from chain_domain_claims(component.subject, edges, lookup, incidence=bool(thresholds.incidence_percents))


def _barcode_claims(whole: _Component, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    if not whole.asked:
        lookup.skip(whole.subject, claims.BARCODE_IDS, causes.too_many_layers(whole.length, thresholds.barcode_layers))
        return
    places = [(u, v) for u in range(whole.length) for v in range(u + 1, whole.length + 1)]
    cause = causes.ranks_bounded([whole.table[place] for place in places], thresholds["exact_product_seconds"])
    yield Expected(
        claims.ranks(whole.dimensions),
        lambda values: _ranks_fault(whole, dict(zip(places, values, strict=True))),
        causes=lambda: [cause],
    )
    bars = _barcode(whole)
    yield Expected(
        claims.barcode(whole.dimensions),
        lambda values: "" if list(values) == bars else "the multiplicities do not follow from the ranks",
        causes=lambda: [cause],
    )


def _polystable(whole: _Component) -> Expected:
    layers = [whole.table[l, l + 1] for l in range(whole.length)]
    ranks = [*layers, whole.product]
    if max(low for low, _ in ranks) > min(high for _, high in ranks):
        found, truth = Verdict.REFUTED, Enclosure(0.0, 0.0)
    elif all(low == high for low, high in ranks):
        found, truth = Verdict.CERTIFIED, Enclosure(1.0, 1.0)
    else:
        found, truth = Verdict.UNDECIDED, Enclosure(0.0, 1.0)
    asserted = claims.polystable(found, layers, whole.product)

    def prove(values: tuple[Enclosure, ...]) -> str:
        if values[0] != truth:
            return f"not proved: {asserted.parameters['reason']}"
        return "" if whole.asked or whole.length <= 2 else _long_product_fault(whole)

    return Expected(asserted, prove, causes=lambda: [causes.POLYSTABLE_OPEN])


def _long_product_fault(whole: _Component) -> str:
    """The rank of a product of many layers, from prefixes that grow by one layer each."""
    length = whole.length
    table = {place: bounds for place, bounds in whole.table.items() if place != (0, length)}
    for v in range(3, length):
        high = min(table[0, v - 1][1], table[v - 1, v][1])
        inner = [(v - 2, v - 2), (v - 2, v - 1), (v - 1, v - 1)]
        table[0, v] = min(reached_from_below(table, 0, v, inner), high), high
    high = min(table[0, length - 1][1], table[length - 1, length][1], table[0, 1][1])
    return rank_fault(whole.product, reached_from_below(table, 0, length), high, whole.factors)


def _ranks_fault(whole: _Component, values: dict[tuple[int, int], Enclosure]) -> str:
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
            if reason := rank_fault(table[u, v], low, high, whole.factors[u:v]):
                return f"{reason} (vertex {u} to {v})"
    return ""


def _barcode(whole: _Component) -> list[Enclosure]:
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


def _kempf_ness(whole: _Component, lookup: Lookup, thresholds: Recorded) -> Iterator[Expected]:
    length, size = whole.length, min(whole.dimensions[0], whole.dimensions[-1])
    scale = math.prod(values[0].upper for values in whole.sigma)
    asserted = claims.product_sigma(size, thresholds["product_relative"], scale)
    sigma = lookup.values(whole.subject, asserted.id, size)
    yield Expected(asserted, lambda values: _sigma_fault(whole, values))
    masses = [_mass(whole.norms, upper=upper) for upper in (False, True)]
    # Least with small norms and large singular values; the relative gap is exactly 1 where these are 0.
    sums = [length * total for total in _root_sums(length, sigma)]
    gaps = [own - total for own, total in zip(masses, sums, strict=True)]
    relative = [1 - total / own for own, total in zip(masses, sums, strict=True)]
    mass = sum(norm.upper * norm.upper for norm in whole.norms)
    yield Expected(
        claims.kempf_ness_gap(length, thresholds["kempf_ness_relative"], mass),
        lambda values: enclosed([gaps[0].union(gaps[1])], values, 0.0, nonnegative=True),
    )
    yield Expected(
        claims.relative_kempf_ness_gap(length, thresholds["kempf_ness_relative"]),
        lambda values: enclosed([relative[0].union(relative[1])], values, 0.0, within=(0.0, 1.0)),
    )


def _sigma_fault(whole: _Component, values: tuple[Enclosure, ...]) -> str:
    rank = whole.product[1]
    zero = Enclosure(0.0, 0.0)
    if any(value != zero for value in values[rank:]):
        return "a singular value beyond the rank of the product is 0"
    if whole.length == 1:
        return "" if values[:rank] == whole.sigma[0][:rank] else "not the singular values of the layer"
    if rank == 0 or all(value == UNKNOWN for value in values[:rank]):
        return ""
    given = [value for value in values[:rank] if value != UNKNOWN]
    finest = min(value.upper - value.lower for value in given)
    # Of the width of what is published a part is enough.
    room = min(max(finest / 16 / given[0].upper, 0.0), 2.0**-20) if 0 < given[0].upper < math.inf else 0.0
    norms = [value[0].upper for value in whole.sigma]
    lower, upper = product_sigma(
        whole.factors, whole.dimensions, norms, room, lambda lower, upper: not _narrower(values[:rank], lower, upper)
    )
    narrow = _narrower(values[:rank], lower, upper)
    own: Values | None = None
    if narrow and affordable_line(whole.dimensions) and all(map(math.isfinite, norms)):
        own = relative_product(whole.factors, norms, line_reach(whole.length))
    for k in narrow:
        if own is None:
            return f"not proved: σ_{k + 1} is enclosed by [{float(lower[k]).hex()}, {float(upper[k]).hex()}]"
        if not _holds(values[k], *own[k]):
            return f"not proved: σ_{k + 1} lies between {own[k][0].str(17)} and {own[k][1].str(17)}"
    return ""


def _narrower(values: Sequence[Enclosure], lower: Array, upper: Array) -> list[int]:
    """Of which values more is said than that they lie between these bounds."""
    return [
        k
        for k, value in enumerate(values)
        if value != UNKNOWN and not _holds(value, arb(float(lower[k])), arb(float(upper[k])))
    ]


def _holds(value: Enclosure, low: arb, high: arb) -> bool:
    return (value.lower <= 0 or arb(value.lower) <= low) and high <= arb(value.upper)


def _mass(norms: Sequence[Enclosure], *, upper: bool) -> arb:
    if not all(value.finite for value in norms):
        return arb.nan()
    return sum((ball(norm.upper if upper else norm.lower) ** 2 for norm in norms), arb(0))


def _root_sums(length: int, sigma: Sequence[Enclosure]) -> tuple[arb, arb]:
    """The largest and the least Σ_i σ_i^(2/L) that the published singular values admit."""
    if not all(value.finite for value in sigma):
        return arb.nan(), arb.nan()

    def root(x: float) -> arb:
        # σ^(2/L) = (σ²)^(1/L)
        return (ball(x) * ball(x)).root(length) if x > 0 else arb(0)

    most = sum((root(value.upper) for value in sigma), arb(0))
    return most, sum((root(value.lower) for value in sigma), arb(0))
