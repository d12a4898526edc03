"""What weight decay leaves of the alignment at linear interfaces, from what is published alone (THEORY B1, B3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import flint

from certify.chain import Chain
from certify.claims import alignment, causes, interface, layer
from certify.claims import horizon as claims
from certify.claims.thresholds import NONE, Thresholds
from certify.geometry.interface import ridge as formulas
from certify.geometry.interface.alignment import alignment_bound
from certify.prover.alignment import square_gap
from certify.prover.angles import NO_COSINE
from certify.prover.ledger import Ledger, ball_of, publish_ball
from certify.verdict import Claim, Enclosure

__all__ = ["measure_horizons"]

_Values = Mapping[str, tuple[Enclosure, ...]]


def measure_horizons(chain: Chain, layers: Sequence[Ledger], edges: Sequence[Ledger], thresholds: Thresholds) -> None:
    """Add to the claims about every edge of a chain those for which all layers are needed; none without a ridge.

    Parameters
    ----------
    layers, edges : all other claims about them, by their places in the chain.
    """
    if thresholds.ridge == NONE:
        return
    flow = claims.Flow(thresholds.ridge, thresholds.loss, thresholds.excess)
    known = [_values(ledger.claims) for ledger in layers]
    norms = [ball_of(values[layer.NORMALIZATION][0]) for values in known]
    mass = sum((norm * norm for norm in norms), flint.arb(0))
    readers, sources = Counter(edge.lower for edge in chain.edges), Counter(edge.upper for edge in chain.edges)
    for edge, ledger in zip(chain.edges, edges, strict=True):
        if not claims.keeps_linearity(edge.between):
            ledger.skip(flow.ids, causes.not_linear(edge.between))
        elif readers[edge.lower] > 1 or sources[edge.upper] > 1:
            ledger.skip(flow.ids, causes.NOT_ALONE)
        else:
            n = chain.layers[edge.lower].shape[0]
            _Flow(ledger, known[edge.lower], known[edge.upper], n, mass, flow, thresholds).measure()


def _values(made: Sequence[Claim]) -> dict[str, tuple[Enclosure, ...]]:
    return {claim.id: claim.values for claim in made}


@dataclass(frozen=True, slots=True)
class _Flow:
    """An interface, the published values of its layers, and ``mass``, Σ‖W‖_F² over the chain."""

    ledger: Ledger
    writer: _Values
    reader: _Values
    n: int
    mass: flint.arb
    flow: claims.Flow
    thresholds: Thresholds

    def measure(self) -> None:
        """Add the claims to the ledger."""
        asked, own = self.thresholds, _values(self.ledger.claims)
        life = publish_ball(formulas.half_life(self.decay), nonnegative=True)
        self.ledger.measure(claims.half_life(self.flow, asked.sigma_relative, life.upper), [life])
        tops = sum(values[layer.SIGMA][0].upper for values in (self.writer, self.reader))
        for k in claims.windows_of(list(own)):
            known = any(value != NO_COSINE for value in own[interface.angle_ids(k)[1]])
            cause = "" if known else causes.no_gap(k, self.writer[layer.SIGMA], self.reader[layer.SIGMA])
            path = self._path(k) if known else flint.arb.nan()
            self.ledger.measure(
                claims.path(k, asked.sigma_relative, tops), [publish_ball(path, nonnegative=True)], cause
            )
            if self.flow.timed:
                gaps = [square_gap(*pair) for pair in self._pairs(k)]
                now = alignment_bound(ball_of(own[interface.IMBALANCE][0]), *gaps)
                self._within(k, own[alignment.angle_id(k)], path, now, cause)

    def _pairs(self, k: int) -> list[tuple[Enclosure, Enclosure]]:
        """σ_k and σ_{k+1} of both layers; σ is 0 beyond the last."""
        both = self.writer[layer.SIGMA], self.reader[layer.SIGMA]
        return [(sigma[k - 1], sigma[k] if k < len(sigma) else Enclosure(0.0, 0.0)) for sigma in both]

    def _path(self, k: int) -> flint.arb:
        """p* = γ/(2w), γ = Σσ_k² − σ_{k+1}² and w² = Σσ_k² + σ_{k+1}², end by end.

        By x = σ_k² its derivative is (2w² − γ)/(4w³) > 0, as γ <= w², and by σ_{k+1}² it is negative.
        """
        if not all(value.finite for pair in self._pairs(k) for value in pair):
            return flint.arb.nan()
        ends: list[flint.arb] = []
        for side in (0, 1):
            gap = square = flint.arb(0)
            for value, following in self._pairs(k):
                x = flint.arb(value.upper if side else value.lower)
                y = flint.arb(following.lower if side else following.upper)
                gap += (x - y) * (x + y)
                square += x * x + y * y
            ends.append(formulas.critical_path(gap, square.sqrt()))
        return ends[0].union(ends[1])

    @property
    def decay(self) -> flint.arb:
        """λ."""
        return flint.arb(self.flow.ridge)

    def _excess(self) -> flint.arb:
        """The lesser of the bounds of F − inf F that follow from what is given."""
        found = flint.arb("inf") if self.flow.excess == NONE else flint.arb(self.flow.excess)
        if self.flow.loss == NONE:
            return found
        return found.min(formulas.excess_bound(self.decay, flint.arb(self.flow.loss), self.mass))

    def _within(self, k: int, angle: Sequence[Enclosure], path: flint.arb, now: flint.arb, cause: str) -> None:
        """``angle`` are the published sine and its bound, ``now`` the same bound, which may exceed √min(k, n − k)."""
        width = self.thresholds.cosine_width
        time = formulas.horizon(path, self._excess())
        share, factor = _best(2 * self.decay * time)
        values = [publish_ball(x, nonnegative=True) for x in (time, share * share * time)]
        self.ledger.measure(claims.horizon(k, self.flow, width, values[0].upper), values, cause)
        most, found = flint.arb(min(k, self.n - k)).sqrt(), now * factor
        # End by end: the radius of a bound that is hardly known would swallow the cut.
        ends = [x.max(flint.arb(0)).min(most) for x in (found.lower(), found.upper())]
        least = publish_ball(ends[0].union(ends[1]), nonnegative=True)
        self.ledger.measure(claims.bound(k, self.n, self.flow, width), [*angle, least], cause)


def _best(rate: flint.arb) -> tuple[flint.arb, flint.arb]:
    """The share of p* at which the bound is least, and the part of today's bound, which falls as c = 2λT grows."""
    if rate < 2:
        return flint.arb(0), flint.arb(1)
    certain = rate if rate >= 2 else rate.upper()
    share = formulas.best_share(certain)
    factor = formulas.best_factor(certain)
    if rate >= 2 and factor < 1:
        return share, factor
    if factor > 1:
        return flint.arb(0), flint.arb(1)
    return share.union(flint.arb(0)), factor.min(flint.arb(1)).union(flint.arb(1))
