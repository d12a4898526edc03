"""The claims about the row groups of an interface, and how each is proved again (THEORY E1, E4–E7).

Activities, errors and all that follows are enclosed twice: as narrowly as the checker knows them, which must lie inside
what is published, and widened by a multiple of the floors that publication adds, which what is published must not exceed.
Recorded thresholds are chosen numbers; that they were chosen by the rule is checked to that accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

import numpy as np
from flint import arb, fmpq

from certify.chain.groups import Groups, blocks, groups_text
from certify.checker.arithmetic.ranges import Mask, Range, norm
from certify.checker.arithmetic.rounding import Array
from certify.checker.arithmetic.row_structure import Structure, cut_at, widest
from certify.checker.arithmetic.truncated import Transport
from certify.checker.expected import Expected, enclosed
from certify.checker.layer import UNKNOWN, LayerFacts
from certify.checker.lookup import Lookup, MissingClaimError
from certify.checker.recorded_thresholds import Recorded
from certify.checker.row_levels import Level, Pair, levels_of
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.assertion import Assertion
from certify.verdict import Enclosure

__all__ = ["incidence_claims"]


def incidence_claims(
    writer: LayerFacts, reader: LayerFacts, groups: Groups | None, subject: str, lookup: Lookup, options: Recorded
) -> Iterator[Expected]:
    """The claims about the row groups of ``reader``; ``groups`` are those that the chain names."""
    if not options.incidence_percents:
        return
    chosen = groups or blocks(reader.matrix.shape[0], options.group_rows)
    if len(chosen) > claims.MOST_GROUPS:
        lookup.skip(subject, [claims.THRESHOLDS], causes.too_many_groups(len(chosen), claims.MOST_GROUPS))
        return
    if not all(math.isfinite(facts.frobenius.upper) for facts in (writer, reader)):
        lookup.skip(subject, [claims.THRESHOLDS], causes.NO_THRESHOLD)
        return
    found = _Interface(writer, reader, chosen, subject, lookup, options)
    if lookup.place(subject, claims.THRESHOLDS) is None and found.may_lack_thresholds():
        lookup.skip(subject, [claims.THRESHOLDS], causes.NO_THRESHOLD)
        return
    yield from found.demanded()


class _Interface:
    """What is computed once for all claims about an interface."""

    def __init__(
        self, writer: LayerFacts, reader: LayerFacts, groups: Groups, subject: str, lookup: Lookup, options: Recorded
    ) -> None:
        self.writer, self.reader, self.groups = writer, reader, groups
        self.subject, self.lookup, self.options = subject, lookup, options
        self.exponents = math.frexp(writer.frobenius.upper)[1], math.frexp(reader.frobenius.upper)[1]
        self.transport = Transport(
            (writer.matrix, reader.matrix), (writer.near, reader.near), self.exponents, groups
        )
        self.levels = levels_of(self.transport, writer, reader, groups, self.exponents, options)
        self.full = self.levels[-1]

    def silent(self, level: Level) -> bool:
        """Whether the certificate says nothing about a level."""
        id = claims.level_id("E1.transport", level.text)
        place = self.lookup.place(self.subject, id)
        return place is None or self.lookup.values(self.subject, id, 2)[0] == UNKNOWN

    def may_lack_thresholds(self) -> bool:
        """Whether no group surely has a gap for its threshold."""
        if self.options.activity_threshold not in ("adapted", "largest"):
            return not _scaled(self.options.activity_threshold, -sum(self.exponents)) > 0
        return not any(width > 0 for width in self._widths(self.full))

    def _least(self) -> int:
        return 2 if self.options.activity_threshold == "adapted" else 1

    def _widths(self, level: Level) -> list[float]:
        """The widest gap of each group, as far as what is published must know it."""
        assert level.moved is not None
        spread = level.x.wide.plus(Range(-level.moved.wide.hi, level.moved.wide.hi))
        least = self._least()
        return [widest(spread.at(group), least, least) for group in range(len(self.groups))]

    def demanded(self) -> Iterator[Expected]:
        """All claims in their order."""
        options, lookup, subject = self.options, self.lookup, self.subject
        theta = np.array([value.lower for value in lookup.values(subject, claims.THRESHOLDS, len(self.groups))])
        at = str(lookup.parameter(subject, claims.THRESHOLDS, "level"))
        rule = options.activity_threshold if options.activity_threshold in ("adapted", "largest") else "given"
        yield Expected(
            claims.thresholds(groups_text(self.groups), len(self.groups), rule, at, sum(self.exponents)),
            lambda values: self._threshold_fault(values, theta, at, rule),
        )
        rows = np.flatnonzero(theta > 0)
        if not rows.size:
            raise MissingClaimError(subject, claims.THRESHOLDS, "no group has a threshold")
        if lookup.place(subject, claims.SUPPORTS) is None and self._open(rows, theta):
            lookup.skip(subject, [claims.SUPPORTS], causes.SUPPORT_OPEN)
            return
        active = self._recorded_supports(rows)
        texts = {f"active {group}": _bits(active[place]) for place, group in enumerate(rows)}
        yield Expected(
            claims.supports(active.shape[1], options.hub_groups, texts),
            lambda values: self._support_fault(values, rows, theta, active),
        )
        yield from _Structured(self, rows, theta[rows], active).demanded()

    def _open(self, rows: Array, theta: Array) -> bool:
        wide = self.full.x.wide.at(rows)
        levels = theta[rows][:, None]
        return not bool(np.all((wide.lo >= levels) | (wide.hi < levels)))

    def _recorded_supports(self, rows: Array) -> Mask:
        columns = self.writer.matrix.shape[1]
        found: list[Mask] = []
        for group in rows:
            text = str(self.lookup.parameter(self.subject, claims.SUPPORTS, f"active {group}"))
            try:
                bits = np.unpackbits(np.frombuffer(bytes.fromhex(text), dtype=np.uint8))
            except ValueError:
                bits = np.zeros(0, dtype=np.uint8)
            if bits.size < columns or bits.size >= columns + 8:
                raise MissingClaimError(self.subject, claims.SUPPORTS, "the columns of a group cannot be read")
            found.append(bits[:columns].astype(bool))
        return np.stack(found)

    def _threshold_fault(self, values: Sequence[Enclosure], theta: Array, at: str, rule: str) -> str:
        if not all(value.lower == value.upper and value.lower >= 0 for value in values):
            return "a threshold is one number that is not negative"
        if rule == "given":
            wanted = _scaled(self.options.activity_threshold, -sum(self.exponents))
            return "" if at == claims.FULL and np.all(theta == wanted) else f"the threshold that is given is {wanted}"
        level = next((level for level in self.levels if level.text == at), None)
        if level is None or level.moved is None or (rule == "largest" and at != claims.FULL):
            return "no such level"
        for group in range(len(self.groups)):
            if theta[group] > 0:
                if fault := self._gap_fault(level, group, float(theta[group])):
                    return f"threshold of group {group}: {fault}"
        lacking = np.asarray(self._widths(self.full)) > 0
        if np.any(lacking & (theta == 0)):
            return f"group {int(np.flatnonzero(lacking & (theta == 0))[0])} has a gap and no threshold"
        for lower in self.levels[:-1] if rule == "adapted" else ():
            if lower.text == at:
                break
            if lower.percent >= 99 and lower.moved is not None and not self.silent(lower):
                if np.all(np.asarray(self._widths(lower))[theta > 0] > 0):
                    return f"at the level {lower.text} every group has a gap"
        return ""

    def _gap_fault(self, level: Level, group: int, theta: float) -> str:
        """Whether θ is in the middle of the widest gap, as far as both are known."""
        assert level.moved is not None
        moved = level.moved
        narrow, wide = (
            x.at(group).plus(Range(-e.hi[group], e.hi[group]))
            for x, e in ((level.x.narrow, moved.narrow), (level.x.wide, moved.wide))
        )
        cut, least = cut_at(narrow, theta), self._least()
        if cut is None or not least <= cut.above <= narrow.lo.size - least:
            return "not in a gap with enough columns on either side"
        width = cut.high - cut.low
        if widest(wide, least, least) > width:
            return "another gap is wider"
        below = narrow.hi <= cut.low
        slack = float(np.max(wide.hi[below]) - cut.low) + cut.high - float(np.min(wide.lo[~below]))
        near = abs(theta - (cut.low / 2 + cut.high / 2)) <= width / 256 + slack + abs(theta) * 2.0**-50
        return "" if near else f"the middle of the gap is {cut.low / 2 + cut.high / 2!r}"

    def _support_fault(self, values: Sequence[Enclosure], rows: Array, theta: Array, active: Mask) -> str:
        own, levels = self.full.x.narrow.at(rows), theta[rows][:, None]
        if np.any(np.where(active, own.lo < levels, own.hi >= levels)):
            return "not proved: a column is on the other side of a threshold"
        counts = active.sum(axis=0)
        wanted = [int(counts.sum()), int(np.sum(counts == 1)), int(np.sum(counts >= self.options.hub_groups))]
        same = all(value == Enclosure(float(w), float(w)) for value, w in zip(values, wanted, strict=True))
        return "" if same else f"the numbers are {wanted}"


class _Structured:
    """The claims that follow from supports."""

    def __init__(self, interface: _Interface, rows: Array, theta: Array, active: Mask) -> None:
        self.interface, self.rows = interface, rows
        self.subject, self.lookup, self.options = interface.subject, interface.lookup, interface.options
        options = self.options
        full = interface.full.x
        make: Callable[[Range], Structure] = lambda x: Structure(  # noqa: E731
            x.at(rows), active, theta, options["label_correlation"], options["label_ratio"]
        )
        self.own: Pair[Structure] = Pair(make(full.narrow), make(full.wide))
        self.active, self.theta = active, theta
        self.pairs = self.own.narrow.pairs()
        self.omega: float | None = None
        self.nu = self._noise_level()
        none = np.zeros(0, dtype=np.intp)
        self.edges, self.letters = (none, none), ""

    def _noise_level(self) -> float | None:
        """The recorded ν, or the one of the rule where no graph records it; None where no cell is noise."""
        if np.all(self.active):
            return None
        rule = self.options.noise_threshold
        if rule not in ("cells",) and not rule.endswith("x"):
            return _scaled(rule, -sum(self.interface.exponents))
        recorded = None
        for level in self.interface.levels:
            recorded = self.lookup.parameter(
                self.subject, claims.level_id("E7.margins", level.text), "noise_threshold"
            )
        if not isinstance(recorded, float) or not math.isfinite(recorded):
            raise MissingClaimError(self.subject, claims.level_id("E7.margins", claims.FULL), "no level of the noise")
        return recorded

    def _noise_fault(self) -> str:
        """Whether ν follows from its rule."""
        rule = self.options.noise_threshold
        if self.nu is None or (rule != "cells" and not rule.endswith("x")):
            return ""
        if rule == "cells":
            counts = np.count_nonzero(~self.active, axis=1)
            square = sum(int(n) * Fraction(float(t)) ** 2 for n, t in zip(counts, self.theta, strict=True))
            low = high = arb(fmpq(*square.as_integer_ratio())).sqrt()
        else:
            times = arb(float(rule[:-1]))
            low, high = (times * arb(float(end)) for end in (self.own.narrow.noise().hi, self.own.wide.noise().hi))
        fits = bool(arb(self.nu) >= low.lower()) and bool(arb(self.nu) <= high.upper() * (1 + arb(2) ** -16))
        return "" if fits else "the level of the noise does not follow from its rule"

    def demanded(self) -> Iterator[Expected]:
        """All claims from the graph on."""
        if self.active.shape[0] < 2:
            self.lookup.skip(self.subject, claims.PAIR_IDS, causes.ONE_GROUP)
        elif not self.pairs[0].size:
            self.lookup.skip(self.subject, claims.PAIR_IDS, causes.NO_SHARED_COLUMN)
        elif self.lookup.place(self.subject, claims.GRAPH) is None and self._edges_open():
            self.lookup.skip(self.subject, claims.PAIR_IDS, causes.NO_EDGE_GAP)
        else:
            yield from self._graph()
        for level in self.interface.levels:
            yield from self._level(level)
        yield self._smallest()

    def _weights(self) -> Pair[Range]:
        return Pair(self.own.narrow.weights(self.pairs), self.own.wide.weights(self.pairs))

    def _edges_open(self) -> bool:
        wide = self._weights().wide
        if self.options.edge_threshold == "gap":
            return not widest(_with_zero(wide), 1, 1) > 0
        omega = _scaled(self.options.edge_threshold, -2 * sum(self.interface.exponents))
        return not bool(np.all((wide.lo >= omega) | (wide.hi < omega)))

    def _graph(self) -> Iterator[Expected]:
        lookup, subject, options = self.lookup, self.subject, self.options
        omega = lookup.parameter(subject, claims.GRAPH, "edge_threshold")
        if not isinstance(omega, float) or not math.isfinite(omega):
            raise MissingClaimError(subject, claims.GRAPH, "no least weight of an edge")
        self.omega = omega
        weights, groups = self._weights(), self.active.shape[0]
        joined = weights.narrow.lo >= omega
        self.edges = self.pairs[0][joined], self.pairs[1][joined]
        number = int(np.count_nonzero(joined))
        listed = number if number <= claims.MOST_EDGES else 0
        square = np.zeros((groups, groups), dtype=bool)
        square[self.edges] = True
        bits = _bits(square[np.triu_indices(groups, 1)])

        def prove(values: tuple[Enclosure, ...]) -> str:
            if not np.all(joined | (weights.narrow.hi < omega)):
                return "not proved: a weight is on the other side of the least one of an edge"
            own = [self.own.narrow.noise(), *(weights.narrow.at(joined).at(place) for place in range(listed))]
            most = [self.own.wide.noise(), *(weights.wide.at(joined).at(place) for place in range(listed))]
            return self._omega_fault(omega, weights) or _between(own, most, values)

        yield Expected(claims.graph(bits, listed, omega, self.nu or 0.0, options["incidence_relative"]), prove)
        if not number:
            lookup.skip(subject, [claims.LABELS], causes.NO_EDGE)
            return
        self.letters = str(lookup.parameter(subject, claims.LABELS, "labels"))
        if len(self.letters) != number or not set(self.letters) <= set("CAT?"):
            raise MissingClaimError(subject, claims.LABELS, "not a label for each edge")
        yield Expected(
            claims.labels(
                self.letters, listed, options["label_correlation"], options["label_ratio"], options["overlap_width"]
            ),
            lambda values: self._label_fault(values, listed),
        )

    def _omega_fault(self, omega: float, weights: Pair[Range]) -> str:
        if self.options.edge_threshold != "gap":
            wanted = _scaled(self.options.edge_threshold, -2 * sum(self.interface.exponents))
            return "" if omega == wanted else f"the least weight that is given is {wanted}"
        narrow, wide = _with_zero(weights.narrow), _with_zero(weights.wide)
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
        columns = [
            (side.cosines(self.edges), *side.chance(self.edges)) for side in (self.own.narrow, self.own.wide)
        ]
        told = [[column.at(place) for place in range(listed) for column in side] for side in columns]
        # No correlation and no mean of some is above 1, however widely it is published.
        known = [x if place % 3 == 2 else x.smaller(1.0) for place, x in enumerate(told[0])]
        return _between(known, told[1], values[1:])

    def _level(self, level: Level) -> Iterator[Expected]:
        options, ranks, subject = self.options, level.ranks, self.subject
        number, edges = self.pairs[0].size, self.edges[0].size
        lines = ["cells", *(["pairs"] if self.omega is not None else []), *([] if self.nu is None else ["noise"])]
        lines += ["labels"] if edges else []
        cause = causes.no_window(level.text) if self.interface.silent(level) else ""
        relative, shape = options["incidence_relative"], self.active.shape

        def expected(asserted: Assertion, prove: Callable[[tuple[Enclosure, ...]], str]) -> Expected:
            return Expected(asserted, lambda values: self._silence(level, values) or prove(values), causes=lambda: [cause])

        yield expected(
            claims.truncation(level.text, ranks, relative), lambda values: self._truncation_fault(level, values)
        )
        share = options["undecided_share"]
        yield expected(
            claims.columns(level.text, ranks, shape[0] * shape[1], shape[1], share),
            lambda values: _between_counts([self._counts(level, side) for side in (0, 1)], values),
        )
        if self.omega is not None:
            yield expected(
                claims.pairs(level.text, ranks, number, edges),
                lambda values: _between_counts([self._kept(level, side) for side in (0, 1)], values),
            )
        margins = claims.margins(level.text, ranks, ",".join(lines), len(lines), self.nu or 0.0, relative)
        published = self.lookup.values(subject, margins.id, len(lines))
        yield expected(
            margins,
            lambda values: self._noise_fault()
            or _between(self._margins(level, 0), self._margins(level, 1), values),
        )
        yield expected(
            claims.conclusion(level.text, ranks), lambda values: self._conclusion_fault(level, published, values)
        )

    def _silence(self, level: Level, values: tuple[Enclosure, ...]) -> str:
        """Nothing can be proved of a level without gaps."""
        if level.moved is None and any(value.finite for value in values[:1]) and not self.interface.silent(level):
            return "not proved: the windows have no certified gap"
        return ""

    def _parts(self, level: Level, side: int) -> tuple[Structure, Range, Range]:
        assert level.moved is not None and level.kept is not None
        return self.own[side], level.moved[side].at(self.rows), level.kept[side].at(self.rows)

    def _truncation_fault(self, level: Level, values: tuple[Enclosure, ...]) -> str:
        bound = level.bound(self.interface.writer, self.interface.reader)
        if fault := enclosed([bound], values[1:], 2.0**-34 * float(abs(bound.mid())), nonnegative=True):
            return fault
        if self.interface.silent(level) or level.moved is None:
            return ""
        everything = np.ones(self.interface.full.x.narrow.lo.shape, dtype=bool)
        own, most = (norm(level.moved[side], everything) for side in (0, 1))
        return _between([own], [most], values[:1])

    def _counts(self, level: Level, side: int) -> list[Enclosure]:
        if self.interface.silent(level):
            return []
        structure, moved, _ = self._parts(level, side)
        margins = structure.cell_margins(moved)
        yes, no = margins.lo > 0, margins.hi <= 0
        return [_count(yes, no), _count(np.all(yes, axis=0), np.any(no, axis=0))]

    def _kept(self, level: Level, side: int) -> list[Enclosure]:
        if self.interface.silent(level):
            return []
        structure, moved, _ = self._parts(level, side)
        found = [structure.pair_margins(moved, self.omega or 0.0, self.pairs)]
        if self.letters:
            found.append(structure.label_margins(moved, self.edges, self.letters))
        counts = [_count(margins.lo > 0, margins.hi <= 0) for margins in found]
        return [*counts, Enclosure(0.0, 0.0)][:2]

    def _margins(self, level: Level, side: int) -> list[Range]:
        if self.interface.silent(level):
            return []
        structure, moved, _ = self._parts(level, side)
        found = [structure.cell_margins(moved)]
        if self.omega is not None:
            found.append(structure.pair_margins(moved, self.omega, self.pairs))
        if self.nu is not None:
            found.append(structure.noise_margin(moved, self.nu))
        if self.letters:
            found.append(structure.label_margins(moved, self.edges, self.letters))
        return [Range(np.min(margins.lo), np.min(margins.hi)) for margins in found]

    def _conclusion_fault(
        self, level: Level, margins: Sequence[Enclosure], values: tuple[Enclosure, ...]
    ) -> str:
        if self.interface.silent(level):
            return "" if all(value == Enclosure(0.0, 1.0) for value in values) else "nothing is known of these windows"
        low = 1.0 if all(margin.lower > 0 for margin in margins) else 0.0
        high = 0.0 if any(margin.upper <= 0 for margin in margins) else 1.0
        if values[0] != Enclosure(low, high):
            return f"the margins make the block form [{low}, {high}]"
        return _between_counts([[self._agreement(level, side)] for side in (0, 1)], values[1:])

    def _agreement(self, level: Level, side: int) -> Enclosure:
        """Whether both transports have one structure, between 0 and 1."""
        structure, _, kept = self._parts(level, side)
        levels = self.theta[:, None]
        inside, outside = kept.lo >= levels, kept.hi < levels
        if np.any(inside & ~self.active) or np.any(outside & self.active):
            return Enclosure(0.0, 0.0)
        if not np.all(inside | outside):
            return Enclosure(0.0, 1.0)
        other = Structure(kept, self.active, self.theta, structure.kappa, structure.ratio)
        sure = True
        if self.omega is not None:
            weights = other.weights(self.pairs)
            edge = np.isin(
                self.pairs[0] * self.active.shape[0] + self.pairs[1],
                self.edges[0] * self.active.shape[0] + self.edges[1],
            )
            joined, apart = weights.lo >= self.omega, weights.hi < self.omega
            if np.any(joined & ~edge) or np.any(apart & edge):
                return Enclosure(0.0, 0.0)
            sure = bool(np.all(joined | apart))
            for letter, may in zip(self.letters, other.letters(self.edges), strict=True):
                if letter != "?" and letter not in may:
                    return Enclosure(0.0, 0.0)
                sure = sure and may == {letter}
        if self.nu is not None:
            quiet = [(bool(x.hi <= self.nu), bool(x.lo > self.nu)) for x in (structure.noise(), other.noise())]
            if (quiet[0][0] and quiet[1][1]) or (quiet[0][1] and quiet[1][0]):
                return Enclosure(0.0, 0.0)
            sure = sure and ((quiet[0][0] and quiet[1][0]) or (quiet[0][1] and quiet[1][1]))
        return Enclosure(1.0 if sure else 0.0, 1.0)

    def _smallest(self) -> Expected:
        levels = self.interface.levels
        verdicts = [
            self.lookup.values(self.subject, claims.level_id("E7.conclusion", level.text), 2) for level in levels
        ]

        def prove(values: tuple[Enclosure, ...]) -> str:
            wanted = tuple(_from(levels, [pair[place] for pair in verdicts]) for place in (0, 1))
            return "" if values == wanted else f"the levels are {wanted}"

        return Expected(claims.smallest_level(), prove)


def _from(levels: Sequence[Level], verdicts: Sequence[Enclosure]) -> Enclosure:
    """The level from which on all are 1."""
    if not verdicts[-1].lower == 1:
        return UNKNOWN
    last_open = max((i for i, verdict in enumerate(verdicts) if verdict.lower < 1), default=-1)
    last_false = max((i for i, verdict in enumerate(verdicts) if verdict.upper < 1), default=-1)
    low, high = float(levels[last_false + 1].text), float(levels[last_open + 1].text)
    return Enclosure(low, high) if low == high else Enclosure(float(math.floor(low)), float(math.ceil(high)))


def _with_zero(x: Range) -> Range:
    return Range(np.concatenate([[0.0], x.lo]), np.concatenate([[0.0], x.hi]))


def _count(yes: Mask, no: Mask) -> Enclosure:
    return Enclosure(float(np.count_nonzero(yes)), float(no.size - np.count_nonzero(no)))


def _between(own: Sequence[Range], most: Sequence[Range], published: Sequence[Enclosure]) -> str:
    """Whether what is published lies between what is known and what publication may make of it."""
    if not own and all(value == UNKNOWN for value in published):
        return ""
    for place, (narrow, wide, value) in enumerate(zip(own, most, published, strict=True)):
        low, high = float(narrow.lo), float(narrow.hi)
        if not ((value.lower <= low or value.lower == 0 >= low) and high <= value.upper):
            return f"not proved: value {place} lies between {low.hex()} and {high.hex()}"
        # Publication widens by the width on either side, also where one end is sharp, and rounds to a grid.
        tiny = 2.0**-38 * max(abs(value.lower), abs(value.upper)) + 2.0**-800 + float(wide.hi) - float(wide.lo)
        if not (float(wide.lo) - tiny <= value.lower and value.upper <= float(wide.hi) + tiny):
            return f"value {place} is wider than what is published"
    return ""


def _between_counts(sides: Sequence[Sequence[Enclosure]], published: Sequence[Enclosure]) -> str:
    if not sides[0]:
        return "" if all(value == UNKNOWN for value in published) else "nothing is known of these windows"
    for narrow, wide, value in zip(*sides, published, strict=True):
        if not (value.lower <= narrow.lower and narrow.upper <= value.upper):
            return f"not proved: between {narrow.lower:g} and {narrow.upper:g}"
        if not (wide.lower <= value.lower and value.upper <= wide.upper):
            return f"wider than what is published: between {narrow.lower:g} and {narrow.upper:g}"
    return ""


def _bits(mask: Mask) -> str:
    return np.packbits(mask).tobytes().hex()


def _scaled(text: str, exponent: int) -> float:
    """A given number in units, cut far above all that is compared with it."""
    with np.errstate(over="ignore"):
        return min(float(np.ldexp(float(text), exponent)), 2.0**500)
