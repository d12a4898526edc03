"""The Kempf–Ness gap of deep chains: width, truth, what is rejected, and that the noise of the product is counted."""

from __future__ import annotations

from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check
from certify.checker.arithmetic import relative_product as checked
from certify.execution import certify
from certify.linalg.relative_product import relative_product
from certify.verdict import Enclosure, Verdict

SIGMA, GAP = "A4.product.sigma", "A4.kempf_ness.gap.relative"


def deep(length: int, n: int) -> list[np.ndarray]:
    rng = np.random.default_rng([length, n])
    return [rng.standard_normal((n, n)) / np.sqrt(n) for _ in range(length)]


def _truth(layers: list[np.ndarray]) -> tuple[list[mp.mpf], mp.mpf]:
    """Singular values of the product and the relative gap; to be called with many digits."""
    product = mp.matrix(layers[0].tolist())
    for a in layers[1:]:
        product = mp.matrix(a.tolist()) * product
    sigma = sorted(mp.svd_r(product, compute_uv=False), reverse=True)
    mass = mp.fsum(mp.mpf(float(x)) ** 2 for a in layers for x in a.flat)
    return sigma, 1 - len(layers) * mp.fsum(s ** (mp.mpf(2) / len(layers)) for s in sigma) / mass


def _claim(found: Certificate, id: str):
    return next(claim for claim in found.claims if claim.id == id)


@pytest.mark.parametrize(("length", "n", "width"), [(60, 3, 3e-5), pytest.param(300, 8, 1e-5, marks=pytest.mark.slow)])
def test_the_relative_gap_is_known_and_proved_again(length, n, width):
    layers = deep(length, n)
    chain = Chain.from_arrays(layers)
    found = certify(chain, workers=1)
    assert [str(reason) for reason in check(found, chain, workers=1).reasons] == []
    with mp.workdps(20 + 3 * length):
        sigma, gap = _truth(layers)
        (value,) = _claim(found, GAP).values
        assert value.lower <= gap <= value.upper
        assert value.upper - value.lower < width
        assert all(x.lower <= s <= x.upper for x, s in zip(_claim(found, SIGMA).values, sigma, strict=True))
    assert _claim(found, GAP).verdict is Verdict.CERTIFIED
    claims = list(found.claims)
    place = next(i for i, claim in enumerate(claims) if claim.id == SIGMA)
    last = claims[place].values[-1]
    moved = Enclosure(last.upper * 1.001, last.upper * 1.002)
    claims[place] = replace(claims[place], values=(*claims[place].values[:-1], moved))
    attacked = Certificate.from_json(replace(found, claims=tuple(claims)).to_json())
    assert any("lies between" in str(reason) for reason in check(attacked, chain, workers=1).reasons)


@pytest.mark.parametrize("compute", [relative_product, checked.relative_product], ids=["prover", "checker"])
def test_both_computations_hold_the_truth(compute):
    layers = deep(40, 3)
    found = compute([lambda a=a: a for a in layers], [float(np.linalg.norm(a)) for a in layers], 400)
    ends = found if isinstance(found, list) else [(x.lower(), x.upper()) for x in found.leading]
    with mp.workdps(200):
        sigma, _ = _truth(layers)
        for (low, high), s in zip(ends, sigma, strict=True):
            assert mp.mpf(low.lower().str(60, radius=False)) < s < mp.mpf(high.upper().str(60, radius=False))
            assert (high - low) < low * 1e-6


def test_the_noise_of_the_product_is_counted(monkeypatch):
    """With eight bits products of numbers are missed once the bits that were left out are forgotten."""
    monkeypatch.setattr(checked, "SPARE", 0)

    def misses() -> int:
        count = 0
        for length in range(20, 40):
            layers = deep(length, 1)
            ((low, high),) = checked.relative_product(
                [lambda a=a: a for a in layers], [abs(float(a[0, 0])) for a in layers], 8
            )
            with mp.workdps(60):
                count += not low <= checked.arb(float(_truth(layers)[0][0])) <= high
        return count

    assert misses() == 0
    trimmed = checked._trimmed
    monkeypatch.setattr(
        checked, "_trimmed", lambda m, x, noise, bits: (*trimmed(m, x, noise, bits)[:2], checked.arb(0))
    )
    assert misses() > 0
