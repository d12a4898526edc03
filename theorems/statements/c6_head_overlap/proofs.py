"""Why C6 holds: traces of products of projectors, and the mean over a group that turns a head irreducibly."""

from __future__ import annotations

import itertools

import flint

from theorems.engine.declare import Facts
from theorems.exact.algebra import square, symmetric_matrix, vanishes

__all__ = ["one_factor_suffices", "traces"]


def traces() -> Facts:
    """‖(I − P)(I − P')‖² = d − a − b + ‖PP'‖² ≥ 0 and ‖P(I − P')‖² = a − ‖PP'‖² ≥ 0, by traces; likewise with b."""
    import sympy

    for d in (2, 3):
        p, q, one = symmetric_matrix("p", d), symmetric_matrix("q", d), sympy.eye(d)
        both = (p * q).trace()
        outside = ((one - p) * (one - q)).trace() - (d - p.trace() - q.trace() + both)
        yield f"d = {d}: below", vanishes(outside)
        yield f"d = {d}: above", vanishes((p * (one - q)).trace() - (p.trace() - both))
        squared = square(p * q) - (p**2 * q**2).trace()
        yield f"d = {d}: ‖PP'‖² is tr P²P'²", vanishes(squared)


def one_factor_suffices() -> Facts:
    """The mean over a group that turns P irreducibly is ab/d for every fixed P': it does not depend on the other head,
    which makes the overlaps of pairs that share a head uncorrelated."""
    for d in (2, 3, 4):
        for oblique in ([flint.fmpq(1)] * d, [flint.fmpq(k + 1) for k in range(d)]):
            size = sum((v * v for v in oblique), flint.fmpq(0))
            for a in range(1, d):
                total, count = flint.fmpq(0), 0
                for order in itertools.permutations(range(d)):
                    total += sum((oblique[i] ** 2 / size for i in order[:a]), flint.fmpq(0))
                    count += 1
                yield f"d = {d}, a = {a}", total / count == flint.fmpq(a, d)
