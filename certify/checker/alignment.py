"""The claims about how two layers are aligned, concluded again from others that are proved by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from flint import arb, fmpz_mat

from certify.checker.arithmetic.rounding import ETA, Array, above, ball, gamma
from certify.checker.arithmetic.scaled_matrix import Unit, error_ball, frobenius_of_difference
from certify.checker.expected import Expected, enclosed
from certify.checker.layer import LayerFacts
from certify.checker.lookup import Lookup
from certify.checker.recorded_thresholds import Recorded
from certify.claims import alignment as claims
from certify.claims import causes
from certify.verdict import Enclosure

__all__ = ["alignment_claims", "diagonal_imbalance"]

_EXACT_ENTRIES = 2**12
_NOTHING = Enclosure(0.0, 1.0)
"""What is said of a sine where no gap is certified."""


def alignment_claims(
    writer: LayerFacts, reader: LayerFacts, windows: Sequence[int], subject: str, lookup: Lookup, thresholds: Recorded
) -> Iterator[Expected]:
    """Angles beside their bounds and levels at every window, and level 1."""
    n = writer.matrix.shape[0]
    agree = claims.ranks_agree(writer.rank, reader.rank)
    yield _truths(claims.ranks(), [agree], causes.RANK_OPEN)
    imbalance = lookup.values(subject, "B3.imbalance", 1)[0]
    balanced = imbalance.lower <= 0 and _same_grams(writer.matrix, reader.matrix)
    sines = {k: lookup.values(subject, f"E.sines[{k}]", k) for k in windows}
    for k, found in sines.items():
        cause = causes.no_gap(k, writer.sigma, reader.sigma) if all(value == _NOTHING for value in found) else ""
        yield Expected(
            claims.angle(k, n, thresholds["cosine_width"]),
            lambda values, k=k, cause=cause: _angle_fault(writer, reader, k, sines[k], imbalance, values, cause),
            causes=lambda cause=cause: [cause],
        )
        space = False if _turned(found) else (True if balanced and not cause else None)
        turned = any(_turned(sines[j]) for j in windows if j <= k)
        lines = False if turned else (True if balanced else None)
        yield _truths(claims.levels(k), [space, lines], cause or causes.LEVEL_OPEN)


def _turned(sines: Sequence[Enclosure]) -> bool:
    return max(value.lower for value in sines) > 0


def _truths(asserted: claims.Assertion, known: Sequence[bool | None], cause: str) -> Expected:
    wanted = tuple(claims.TRUTHS[truth] for truth in known)
    return Expected(
        asserted,
        lambda values: "" if values == wanted else "not proved: what is published of the layers says otherwise",
        causes=lambda: [cause],
    )


def _angle_fault(
    writer: LayerFacts,
    reader: LayerFacts,
    k: int,
    sines: Sequence[Enclosure],
    imbalance: Enclosure,
    values: tuple[Enclosure, ...],
    cause: str,
) -> str:
    """The root of Σ sin²; and 2‖Δ‖² over the square of the gaps, of which each end is a bound."""
    low, high = (
        sum((arb(end) * arb(end) for end in ends), arb(0)).sqrt() for ends in zip(*map(_ends, sines), strict=True)
    )
    if fault := enclosed([low.union(high)], values[:1], 0.0, nonnegative=True):
        return fault
    if cause:
        return "" if not values[1].finite else "not proved: there are no gaps for a bound"
    gaps = [s.balls[k - 1] ** 2 - (s.balls[k] ** 2 if k < s.d else 0) for s in (writer, reader)]
    delta = ball(imbalance.lower, imbalance.upper)
    ratio = delta * arb(2).sqrt() / (gaps[0] + gaps[1])
    largest = arb(min(k, writer.matrix.shape[0] - k)).sqrt()
    return enclosed([ratio.min(largest)], values[1:], 0.0, nonnegative=True)


def _ends(value: Enclosure) -> tuple[float, float]:
    return value.lower, value.upper


def diagonal_imbalance(w: Unit, w_next: Unit) -> arb:
    """A ball around ‖diag(H − K)‖: the differences of squared norms of rows of W and columns of W'."""
    top = max(w.exponent, w_next.exponent)
    (k, k_slip), (h, h_slip) = (
        _squared_rows(x) for x in (w, Unit(w_next.matrix.T, w_next.exponent, w_next.lost, w_next.mass))
    )
    down, down_next = 2 * (w.exponent - top), 2 * (w_next.exponent - top)
    gap = frobenius_of_difference(np.ldexp(h, down_next), np.ldexp(k, down))
    slip = k_slip * arb(2) ** down + h_slip * arb(2) ** down_next + ball(2 * k.size * ETA)
    return (gap + error_ball(slip)).max(arb(0)) * arb(4) ** top


def _squared_rows(x: Unit) -> tuple[Array, arb]:
    """Squared norms of the rows, and a bound of their error as a vector; what scaling lost moves them by 3 ‖lost‖."""
    n, terms = x.matrix.shape
    squares = np.einsum("ij,ij->i", x.matrix, x.matrix)
    return squares, ball(gamma(terms)) * above(x.mass) + ball(8 * terms * n * ETA) + 3 * ball(x.lost)


def _same_grams(w: Array, w_next: Array) -> bool:
    """Whether W'ᵀW' = WWᵀ in integers; not tried for large layers."""
    if max(w.size, w_next.size) > _EXACT_ENTRIES:
        return False
    ratios = [[[float(x).as_integer_ratio() for x in row] for row in a] for a in (w.T, w_next)]
    unit = max(denominator for a in ratios for row in a for _, denominator in row)
    write, read = (fmpz_mat([[m * (unit // d) for m, d in row] for row in a]) for a in ratios)
    return bool(write.transpose() * write == read.transpose() * read)
