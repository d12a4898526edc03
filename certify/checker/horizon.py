"""The claims about gradient flow with weight decay, concluded again from others that are proved by themselves.

Every number increases or decreases in every end of what it follows from, so that it is evaluated at two ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from flint import arb

from certify.chain import Chain, Edge
from certify.checker.expected import Expected, Proof, enclosed
from certify.checker.lookup import Lookup
from certify.checker.recorded_thresholds import Recorded
from certify.claims import alignment, causes, interface, layer
from certify.claims import horizon as claims
from certify.claims.assertion import Assertion
from certify.claims.thresholds import NONE
from certify.subjects import edge_subject, layer_subject
from certify.verdict import Enclosure

__all__ = ["horizon_claims"]

_NO_SINE = Enclosure(0.0, 1.0)
_ROUGH = 2.0**-6
"""A rate that is known no better may leave the prover without a decision about its least bound."""


def horizon_claims(
    chain: Chain, edge: Edge, asked: Sequence[Expected], lookup: Lookup, thresholds: Recorded
) -> Iterator[Expected]:
    """The claims about one interface; none without a ridge. ``asked`` are all others about it."""
    if thresholds.ridge == NONE:
        return
    flow = claims.Flow(thresholds.ridge, thresholds.loss, thresholds.excess)
    subject = edge_subject(chain.layers[edge.lower].name, chain.layers[edge.upper].name)
    rivals = [e for e in chain.edges if (e.lower == edge.lower) != (e.upper == edge.upper)]
    if not claims.keeps_linearity(edge.between):
        lookup.skip(subject, flow.ids, causes.not_linear(edge.between))
    elif rivals:
        lookup.skip(subject, flow.ids, causes.NOT_ALONE)
    else:
        windows = claims.windows_of([item.asserted.id for item in asked])
        yield from _Horizon(chain, edge, subject, flow, lookup, thresholds).expected(windows)


class _Horizon:
    """An interface: what is published of its layers, of their angles, and of the norms of all layers."""

    def __init__(
        self, chain: Chain, edge: Edge, subject: str, flow: claims.Flow, lookup: Lookup, thresholds: Recorded
    ) -> None:
        self.subject, self.flow, self.lookup, self.thresholds = subject, flow, lookup, thresholds
        self.n = chain.layers[edge.lower].shape[0]
        self.decay = arb(flow.ridge)
        names = [layer_subject(item.name) for item in chain.layers]
        self.sigma = [
            lookup.values(names[i], layer.SIGMA, min(chain.layers[i].shape)) for i in (edge.lower, edge.upper)
        ]
        self.norms = [lookup.values(name, layer.NORMALIZATION, 1)[0] for name in names]

    def expected(self, windows: Sequence[int]) -> Iterator[Expected]:
        """All claims in order."""
        flow, relative, width = self.flow, self.thresholds["sigma_relative"], self.thresholds["cosine_width"]
        life = self.lookup.values(self.subject, claims.HALF_LIFE, 1)[0]
        yield Expected(
            claims.half_life(flow, relative, life.upper),
            lambda values: enclosed([arb.const_log2() / (2 * self.decay)], values, 0.0, nonnegative=True),
        )
        tops = sum(sigma[0].upper for sigma in self.sigma)
        for k in windows:
            sines = self.lookup.values(self.subject, interface.angle_ids(k)[1], k)
            cause = causes.no_gap(k, *self.sigma) if all(value == _NO_SINE for value in sines) else ""
            yield _proved(claims.path(k, relative, tops), cause, lambda values, k=k: self._path_fault(k, values))
            if flow.timed:
                last = self.lookup.values(self.subject, claims.horizon_id(k), 2)[0].upper
                times, bound = claims.horizon(k, flow, width, last), claims.bound(k, self.n, flow, width)
                yield _proved(times, cause, lambda values, k=k: self._times_fault(k, values))
                now = self.lookup.values(self.subject, alignment.angle_id(k), 2)
                yield _proved(bound, cause, lambda values, k=k, now=now: self._bound_fault(k, now, values), now)

    def _gap(self, k: int, side: int) -> tuple[arb, arb]:
        """The least or largest Σσ_k² − σ_{k+1}², and Σσ_k² + σ_{k+1}² at the same ends."""
        leading, following = arb(0), arb(0)
        for sigma in self.sigma:
            leading += _square(sigma[k - 1], side)
            following += _square(sigma[k], 1 - side) if k < len(sigma) else 0
        return leading - following, leading + following

    def _path(self, k: int, side: int) -> arb:
        """p* = γ/(2w) increases in σ_k and decreases in σ_{k+1}, because γ <= w²."""
        gap, square = self._gap(k, side)
        return gap.max(arb(0)) / (2 * square.sqrt())

    def _excess(self, side: int) -> arb:
        """The least or largest bound of F − inf F."""
        mass = sum((_square(norm, side) for norm in self.norms), arb(0))
        found = [arb(self.flow.excess)] if self.flow.excess != NONE else []
        found += [arb(self.flow.loss) + self.decay / 2 * mass] if self.flow.loss != NONE else []
        return found[0].min(found[-1])

    def _time(self, k: int, side: int) -> arb:
        return self._path(k, side) ** 2 / self._excess(1 - side)

    def _path_fault(self, k: int, values: tuple[Enclosure, ...]) -> str:
        return enclosed([self._path(k, 0).union(self._path(k, 1))], values, 0.0, nonnegative=True)

    def _times_fault(self, k: int, values: tuple[Enclosure, ...]) -> str:
        """The time of the least bound is 0 or u²T, and neither falls where T grows."""
        low, high = self._time(k, 0), self._time(k, 1)
        if fault := enclosed([low.union(high)], values[:1], 0.0, nonnegative=True):
            return fault
        best = [_least(2 * self.decay * time) for time in (low, high)]
        (share, factor), (share_most, factor_most) = best
        ends = [
            share**2 * low if factor < 1 else arb(0),
            arb(0) if factor_most >= 1 else share_most**2 * high,
        ]
        return enclosed([ends[0].union(ends[1])], values[1:], _room(low, high, best), nonnegative=True)

    def _bound_fault(self, k: int, now: tuple[Enclosure, ...], values: tuple[Enclosure, ...]) -> str:
        """√2 ‖Δ‖/γ times a factor that falls where T grows, and so where γ does."""
        if values[:2] != now:
            return "the angle and its bound are not those that stand alone"
        delta = self.lookup.values(self.subject, interface.IMBALANCE, 1)[0]
        most, times = arb(min(k, self.n - k)).sqrt(), [self._time(k, side) for side in (0, 1)]
        best, ends = [_least(2 * self.decay * time) for time in times], list[arb]()
        for side, (_, factor) in zip((1, 0), best, strict=True):
            gap = self._gap(k, 1 - side)[0]
            size = arb(delta.upper if side else max(delta.lower, 0.0))
            found = size * arb(2).sqrt() / gap * factor.min(arb(1))
            ends.append(most.min(found) if gap > 0 else most)
        return enclosed([ends[0].union(ends[1])], values[2:], _room(times[0], times[1], best), nonnegative=True)


def _square(value: Enclosure, side: int) -> arb:
    return arb(max(value.upper if side else value.lower, 0.0)) ** 2 if value.finite else arb.nan()


def _least(rate: arb) -> tuple[arb, arb]:
    """Where e^(−cu²)/(1 − u) is least but for 0, u = cos²φ with sin 2φ = √(2/c), and its value; (0, 1) for c <= 2."""
    if not rate > 2:
        return arb(0), arb(1)
    half = (2 / rate).sqrt().asin() / 2
    share = half.cos() ** 2
    return share, (-rate * share**2).exp() / half.sin() ** 2


def _room(low: arb, high: arb, best: Sequence[tuple[arb, arb]]) -> float:
    """No bound of a width where balls may not decide whether the least bound is that of now."""
    spread = (high - low) / low
    close = any(share > 0 and not abs(factor.log()) > 64 * spread + arb(2) ** -40 for share, factor in best)
    return math.inf if close or not spread < _ROUGH else 0.0


def _proved(asserted: Assertion, cause: str, proof: Proof, now: tuple[Enclosure, ...] = ()) -> Expected:
    """Where no gap is certified nothing is said but what is known ``now``."""

    def prove(values: tuple[Enclosure, ...]) -> str:
        if not cause:
            return proof(values)
        said = values[len(now) :]
        return "not proved: there is no gap" if values[: len(now)] != now or any(x.finite for x in said) else ""

    return Expected(asserted, prove, causes=lambda: [cause])
