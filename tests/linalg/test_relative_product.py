"""Products of many layers in whole numbers: what the units hold, and how many passes there are."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from certify.linalg import relative_product as product
from certify.linalg.relative_svd import fixed


def rational(x) -> list[Fraction]:
    unit = Fraction(2) ** (x.exponent - x.bits)
    return [int(y) * unit for y in x.matrix.entries()]


@pytest.mark.parametrize("scale", [1.0, 2.0**-1060, 2.0**900])
def test_short_units_hold_what_all_bits_hold(scale):
    rng = np.random.default_rng(4)
    a = rng.standard_normal((4, 5)) * scale
    a[1, 2] = 0.0
    exact = [Fraction(v) for v in a.ravel().tolist()]
    for bits in (40, 120, 1300):
        short, long = product._short(a, bits), fixed(a, bits)
        assert short.exponent == long.exponent
        for x in (short, long):
            off = Fraction(float(x.off.upper())) * Fraction(2) ** (x.exponent - x.bits)
            assert sum((v - w) ** 2 for v, w in zip(rational(x), exact, strict=True)) <= off**2
    assert rational(product._short(a, 1300)) == exact


def test_the_loss_is_foreseen_and_not_trusted(monkeypatch):
    rng = np.random.default_rng(5)
    matrices = rng.standard_normal((60, 6, 6))
    layers = [lambda a=a: a for a in matrices]
    norms = [float(np.linalg.norm(read(), 2)) * 1.01 for read in layers]
    bits: list[int] = []
    own = product._product
    monkeypatch.setattr(product, "_product", lambda *given: bits.append(given[-1]) or own(*given))
    known = product.relative_product(layers, norms, 700)
    assert len(bits) == 1
    for guess in (0, 10**6):
        monkeypatch.setattr(product, "_likely_loss", lambda layers, norms, guess=guess: guess)
        again = product.relative_product(layers, norms, 700)
        assert len(again.leading) == len(known.leading) == 6
        assert all(x.overlaps(y) for x, y in zip(known.leading, again.leading, strict=True))


@pytest.mark.parametrize("huge", [1e300, 1e-300])
def test_layers_of_any_scale(huge):
    known = product.relative_product([lambda: np.array([[huge]])] * 5, [huge] * 5, 64)
    assert known is not None
    assert known.leading[0].overlaps(product.arb(huge) ** 5)
