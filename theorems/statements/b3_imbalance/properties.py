"""The verified norms of an interface against exact ones."""

from __future__ import annotations

import flint

from certify.linalg.gram_pair import gram_pair_norms
from certify.rigor.ball import ball
from theorems.engine.declare import Facts
from theorems.engine.instance import Instance
from theorems.exact.scalars import root
from theorems.exact.spectra import frobenius_squared
from theorems.subjects.symmetric_pairs import commuting_layers, float_array

__all__ = ["commuting", "enclosed"]


def enclosed(x: Instance) -> bool:
    """the verified norms of an interface enclose the exact ones"""
    # Integer layers W = K and W' = H.
    w, w_next = x.matrix("K"), x.matrix("H")
    read, write = w_next.transpose() * w_next, w * w.transpose()
    product = read * write
    found = gram_pair_norms(float_array(w), float_array(w_next))
    sizes = [ball(root(frobenius_squared(a))) for a in (read, write)]
    expected = (
        (found.imbalance, read - write, sizes[0] + sizes[1]),
        (found.commutator, product - product.transpose(), sizes[0] * sizes[1]),
        (found.read, read, sizes[0]),
        (found.write, write, sizes[1]),
    )
    return all(_narrow(norm, ball(root(frobenius_squared(a))), size) for norm, a, size in expected)


def commuting() -> Facts:
    """Where [H, K] = 0 and its float product is not 0, the error bound of the norm is all that saves the enclosure."""
    for number, x in enumerate(commuting_layers(), start=1):
        yield f"pair {number}", enclosed(x)


def _narrow(enclosure: flint.arb, exact: flint.arb, size: flint.arb) -> bool:
    return bool(enclosure.overlaps(exact)) and bool(enclosure.rad() < 1e-12 * (1 + size))
