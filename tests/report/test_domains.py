"""The line of each domain on the first screen and on the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

import certify
from certify.report.domains import domain_lines
from certify.report.overview import overview
from certify.report.page import page
from certify.report.screen import screen
from tests.certificate.digits import digits
from tests.report.test_screen import shown


def test_the_example():
    spectral, static = domain_lines(digits())
    assert spectral == "spectral domain: 2 of 4 interfaces in, 2 not applicable"
    assert static == "static domain: 4 of 4 interfaces in, from 99 % of the energy on"
    assert overview(digits()).domains == (spectral, static)
    for line in (spectral, static):
        assert line in shown(digits(), 200)
        assert line in page(digits())


def test_the_nearest_failing_line_and_its_factor():
    chain = certify.Chain.from_arrays([np.diag([3.0, 2.0, 1.0, 1.0, 0.0]), np.diag([5.0, 4.0, 3.0, 2.0, 1.0])])
    spectral, static = domain_lines(certify.certify(chain, workers=1))
    assert spectral.endswith("; nearest failing: E7.rank of layer W1 by the factor 1.25")
    assert static.startswith("static domain: 0 of 1 interfaces in, 1 ")


def test_what_is_recorded_may_be_anything():
    claims = [
        replace(claim, values=(), parameters={"domain": "IN", "level": "x" * 9, "nearest_failing": "pairs"})
        if claim.id.startswith(("E7.domain", "E7.columns", "E5.radius", "E1.transport"))
        else claim
        for claim in digits().claims
    ]
    found = replace(digits(), claims=tuple(claims))
    assert domain_lines(found)[1] == "static domain: 4 of 4 interfaces in; nearest failing: pairs of edge " + (
        "layers.0.weight -> layers.1.weight"
    )
    assert screen(found, width=80)
    assert all(str(item) for item in found.domain())
