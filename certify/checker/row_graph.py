"""The claims about the graph of row groups: edges, labels and radius (THEORY E4–E6)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

import numpy as np
from flint import arb

from certify.checker.arithmetic.ranges import Mask, Range
from certify.checker.arithmetic.rounding import Array
from certify.checker.arithmetic.row_structure import Structure, cut_at, widest
from certify.checker.expected import Expected
from certify.checker.label_radii import LabelRadii
from certify.checker.published import between, bits, in_units, least_root, with_zero
from certify.checker.robustness import Radius
from certify.checker.row_groups import RowGroups, Rows
from certify.checker.row_levels import Pair
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.robustness import RADIUS, radius, read_facet
from certify.verdict import Enclosure

__all__ = ["RowGraph"]


class RowGraph:
    """The structure that follows from supports."""

    def __init__(self, interface: RowGroups, rows: Rows, theta: Array, active: Mask) -> None:
        self.interface, self.rows = interface, rows
        self.subject, self.lookup, self.options = interface.subject, interface.lookup, interface.options
        options = self.options
        full = interface.full.x
        levels = options["label_correlation"], options["label_ratio"]
        self.own: Pair[Structure] = Pair(*(Structure(x.at(rows), active, theta, *levels) for x in full))
        self.active, self.theta = active, theta
        self.pairs = self.own.narrow.pairs()
        self.omega: float | None = None
        self.nu = self._noise_level()
        none = np.zeros(0, dtype=np.intp)
        self.edges, self.letters = (none, none), ""

    def _noise_level(self) -> float | None:
        """The recorded ν where it follows from its rule, otherwise one that does; None where no cell is noise."""
        if np.all(self.active):
            return None
        rule = self.options.noise_threshold
        if rule != "cells" and not rule.endswith("x"):
            return in_units(rule, -sum(self.interface.exponents))
        if rule == "cells":
            counts = np.count_nonzero(~self.active, axis=1)
            squares = (int(n) * Fraction(float(t)) ** 2 for n, t in zip(counts, self.theta, strict=True))
            return min(least_root(sum(squares, Fraction(0))), 2.0**500)
        times = arb(float(rule[:-1]))
        low, high = (times * arb(float(end)) for end in (self.own.narrow.noise().hi, self.own.wide.noise().hi))
        low, high = low.min(arb(2) ** 500), high.min(arb(2) ** 500)
        recorded = self.lookup.parameter(self.subject, claims.SUPPORTS, "noise_threshold")
        nu = recorded if isinstance(recorded, float) and math.isfinite(recorded) else -1.0
        return nu if arb(nu) >= low and arb(nu) <= high * (1 + arb(2) ** -50) else float(low)

    def radius(self) -> Expected:
        """The claim about the radius of the structure."""
        recorded = [self.lookup.parameter(self.subject, RADIUS, name) for name in ("facet", "beyond")]
        # What is no facet or no step is compared with one that is, and so refused by its name.
        named, beyond = str(recorded[0]), recorded[1]
        facet = read_facet(named)
        if facet is None:
            named, facet = "noise", ("noise", ())
        if not isinstance(beyond, float) or not 0 < beyond < math.inf:
            beyond = 1.0
        sides = [
            Radius(
                side, self.pairs, self.omega, self.nu,
                LabelRadii(side, self.edges, self.letters) if self.letters else None,
            )
            for side in self.own
        ]  # fmt: skip
        lines = [side.lines() for side in sides]

        def prove(values: tuple[Enclosure, ...]) -> str:
            first, second = (side.facet(facet, self.rows.tolist(), beyond) for side in sides)
            if first is None or second is None:
                return "not proved: the structure has no such facet"
            if not (float(first[0].hi) <= values[0].upper):
                return "not proved: another facet is nearer"
            # A step of the level itself is never too long.
            level = sides[0].level(facet[0])
            if not (
                values[1].lower <= values[0].upper * (1 + 2.0**-19) + 2.0**-90
                or beyond <= math.nextafter(level, math.inf) - level
            ):
                return "the perturbation goes further beyond its facet than it has to"
            if level and level in (level - beyond, level + beyond):
                return "the perturbation goes nowhere"
            found = zip(lines, (first, second), strict=True)
            own, most = ([_radius(line, item[0]), item[1], *line.values()] for line, item in found)
            return between(own, most, values)

        relative = self.options["incidence_relative"]
        return Expected(radius(named, ",".join(lines[0]), beyond, relative), prove)

    def _weights(self) -> Pair[Range]:
        return Pair(self.own.narrow.weights(self.pairs), self.own.wide.weights(self.pairs))

    def _edges_open(self) -> bool:
        wide = self._weights().wide
        if self.options.edge_threshold == "gap":
            return not widest(with_zero(wide), 1, 1) > 0
        omega = in_units(self.options.edge_threshold, -2 * sum(self.interface.exponents))
        return not bool(np.all((wide.lo >= omega) | (wide.hi < omega)))

    def graph(self) -> Iterator[Expected]:
        """The claims about edges and labels."""
        lookup, subject, options = self.lookup, self.subject, self.options
        omega = lookup.parameter(subject, claims.GRAPH, "edge_threshold")
        weights, groups = self._weights(), self.active.shape[0]
        if not isinstance(omega, float) or not math.isfinite(omega) or self._omega_fault(omega, weights):
            omega = self._own_omega(weights.narrow)
        self.omega = omega
        joined = weights.narrow.lo >= omega
        self.edges = self.pairs[0][joined], self.pairs[1][joined]
        number = int(np.count_nonzero(joined))
        listed = number if number <= claims.MOST_EDGES else 0
        square = np.zeros((groups, groups), dtype=bool)
        square[self.edges] = True
        joins = bits(square[np.triu_indices(groups, 1)])

        def prove(values: tuple[Enclosure, ...]) -> str:
            if not np.all(joined | (weights.narrow.hi < omega)):
                return "not proved: a weight is on the other side of the least one of an edge"
            own = [self.own.narrow.noise(), *(weights.narrow.at(joined).at(place) for place in range(listed))]
            most = [self.own.wide.noise(), *(weights.wide.at(joined).at(place) for place in range(listed))]
            return between(own, most, values)

        yield Expected(claims.graph(joins, listed, omega, options["incidence_relative"]), prove)
        if not number:
            lookup.skip(subject, [claims.LABELS], causes.NO_EDGE)
            return
        self.letters = str(lookup.parameter(subject, claims.LABELS, "labels"))
        if len(self.letters) != number or not set(self.letters) <= set("CAT?"):
            self.letters = "".join(min(may) if len(may) == 1 else "?" for may in self.own.narrow.letters(self.edges))
        yield Expected(
            claims.labels(
                self.letters, listed, options["label_correlation"], options["label_ratio"], options["overlap_width"]
            ),
            lambda values: self._label_fault(values, listed),
        )

    def _own_omega(self, weights: Range) -> float:
        """A least weight by the rule."""
        if self.options.edge_threshold != "gap":
            return in_units(self.options.edge_threshold, -2 * sum(self.interface.exponents))
        middles = np.sort(np.concatenate([[0.0], weights.lo / 2 + weights.hi / 2]))
        place = int(np.argmax(np.diff(middles)))
        return float(middles[place] / 2 + middles[place + 1] / 2)

    def _omega_fault(self, omega: float, weights: Pair[Range]) -> str:
        if self.options.edge_threshold != "gap":
            wanted = in_units(self.options.edge_threshold, -2 * sum(self.interface.exponents))
            return "" if omega == wanted else f"the least weight that is given is {wanted}"
        narrow, wide = with_zero(weights.narrow), with_zero(weights.wide)
        cut = cut_at(narrow, omega)
        if cut is None or not 1 <= cut.above < narrow.lo.size:
            return "the least weight of an edge is not in a gap"
        width = cut.high - cut.low
        below = narrow.hi <= cut.low
        slack = float(np.max(wide.hi[below]) - cut.low) + cut.high - float(np.min(wide.lo[~below]))
        if widest(wide, 1, 1) > width:
            return "another gap between weights is wider"
        near = abs(omega - (cut.low / 2 + cut.high / 2)) <= width / 256 + slack + abs(omega) * 2.0**-50
        return "" if near else "the least weight of an edge is not in the middle of the gap"

    def _label_fault(self, values: tuple[Enclosure, ...], listed: int) -> str:
        own, most = (side.letters(self.edges) for side in (self.own.narrow, self.own.wide))
        for place, letter in enumerate(self.letters):
            if (letter == "?" and len(most[place]) < 2) or (letter != "?" and own[place] != {letter}):
                return f"not proved: the label of edge {place} is one of {sorted(own[place])}"
        agreed = self.letters.count("C")
        if values[0] != Enclosure(float(agreed), float(agreed + self.letters.count("?"))):
            return "not the number of labels C"
        if not listed:
            return ""
        columns = [(side.cosines(self.edges), *side.chance(self.edges)) for side in (self.own.narrow, self.own.wide)]
        told = [[column.at(place) for place in range(listed) for column in side] for side in columns]
        # No correlation and no mean of some is above 1, however widely it is published.
        known = [x if place % 3 == 2 else x.smaller(1.0) for place, x in enumerate(told[0])]
        return between(known, told[1], values[1:])


def _radius(lines: Mapping[str, Range], facet: Range) -> Range:
    """No line is nearer than the radius, and its facet is not farther."""
    return Range(np.asarray(min(float(x.lo) for x in lines.values())), facet.hi)
