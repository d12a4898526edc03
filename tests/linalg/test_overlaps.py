"""Overlaps of subspaces that bases give only nearly: every error term is needed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from flint import arb

from certify.errors import UsageError
from certify.linalg import overlaps
from certify.linalg.overlaps import inner_products
from certify.linalg.subspace import Subspace
from tests.planted import Planted

_ANGLE = 1e-3


def turned(x: float) -> np.ndarray:
    """A direction of the plane of the first two axes of R^3."""
    return np.array([[math.cos(x)], [math.sin(x)], [0.0]])


def holds() -> bool:
    """Whether balls hold what is meant: bases too long, too short and turned away by the angle that is said of them."""
    found: list[bool] = []
    axis = np.eye(3)[:, :1]
    for stretch in (1 - 1e-3, 1 + 1e-3):
        (long,) = inner_products([Subspace(stretch * axis, 0.0), Subspace(axis, 0.0)])
        (other,) = inner_products([Subspace(axis, 0.0), Subspace(stretch * axis, 0.0)])
        found += [long.contains(1), other.contains(1)]
        # A right angle but for 1e-3, where the square is that of a small number.
        (half,) = inner_products([Subspace(stretch * axis, 0.0), Subspace(stretch * turned(1.0), 0.0)])
        found.append(half.overlaps(_ball(math.cos(1.0) ** 2)))
    sine = math.sin(_ANGLE) * (1 + 1e-12)
    for sign in (-1, 1):
        moved = Subspace(turned(1.0 + sign * _ANGLE), sine)
        (first,) = inner_products([moved, Subspace(axis, 0.0)])
        (second,) = inner_products([Subspace(axis, 0.0), moved])
        found += [x.overlaps(_ball(math.cos(1.0) ** 2)) for x in (first, second)]
    return all(found)


def _ball(x: float) -> arb:
    return arb(x, 1e-14)


def test_what_is_meant_is_held():
    assert holds()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("flint.arb(one.sin_theta)", "flint.arb(0)"),
        ("flint.arb(other.sin_theta)", "flint.arb(0)"),
        ("((1 + b) * (1 + b_next)).sqrt()", "(1 + b_next).sqrt()"),
        ("((1 + b) * (1 + b_next)).sqrt()", "(1 + b).sqrt()"),
        ("((1 - b) * (1 - b_next)).sqrt()", "(1 - b_next).sqrt()"),
        ("((1 - b) * (1 - b_next)).sqrt()", "(1 - b).sqrt()"),
    ],
)
def test_every_error_term_is_needed(old, new):
    with Planted("linalg.overlaps", "_squared", old, new).made():
        assert not holds()


def test_the_rounding_of_the_product_is_counted(monkeypatch):
    def rough(x, y):
        found = product(x, y)
        return type(found)(found.mid * (1 + 1e-6), found.rad + 1e-6 * np.abs(found.mid) * (1 + 1e-12))

    product = overlaps.gemm
    monkeypatch.setattr(overlaps, "gemm", rough)
    spaces, truth = [Subspace(np.eye(3)[:, :1], 0.0), Subspace(turned(1.0), 0.0)], _ball(math.cos(1.0) ** 2)
    assert inner_products(spaces)[0].overlaps(truth)
    with Planted("linalg.overlaps", "inner_products", "float(norm_up(cross.rad[:, columns]))", "0.0").made():
        assert not inner_products(spaces)[0].overlaps(truth)


def test_unknown_subspaces_and_other_spaces():
    axes = np.eye(3)
    assert inner_products([]) == inner_products([Subspace(axes, 0.0)]) == []
    assert inner_products([Subspace(axes[:, :1], math.inf), Subspace(axes[:, :1], 0.0)])[0].is_nan()
    assert inner_products([Subspace(axes[:, :1], 0.0), Subspace(0.1 * axes[:, :1], 0.0)])[0].is_nan()
    with pytest.raises(UsageError, match="different spaces"):
        inner_products([Subspace(axes, 0.0), Subspace(np.eye(2), 0.0)])
