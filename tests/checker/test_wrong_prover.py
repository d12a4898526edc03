"""Certificates of a prover with a wrong formula or a missing error term are rejected by the claim that it spoils."""

from __future__ import annotations

import importlib

import pytest

from certify.checker import check
from certify.execution import certify
from certify.verdict import Enclosure
from tests.checker.networks import chain


def _less(x: Enclosure) -> Enclosure:
    return Enclosure(x.lower * (1 - 2.0**-20), x.upper * (1 - 2.0**-20))


FORMULAS = [
    ("layer", "top_radial", lambda f: lambda *a: f(*a) + 2.0**-20, "D4.top_radial"),
    ("layer", "residual", lambda f: lambda *a: -f(*a), "D6."),
    ("layer", "gaps", lambda f: lambda sigma: [2 * x for x in f(sigma)], "spectrum.gap"),
    ("layer", "effective_rank", lambda f: lambda p, eta: tuple(min(x + 1, len(p)) for x in f(p, eta)), "D10."),
    ("layer", "publish", lambda f: lambda low, high, **o: f((low + high) / 2, (low + high) / 2), ("spectrum", "E7")),
    ("angles", "overlap", lambda f: lambda c: f(c) * (1 + 2.0**-20), "E.overlap"),
    ("angles", "_sines", lambda f: lambda *a: [_less(x) for x in f(*a)], "E.sines"),
    ("interface", "relative_imbalance", lambda f: lambda *a: f(*a) / 2, "B3.imbalance.relative"),
    ("interface", "truncation_bound_frobenius", lambda f: lambda *a: f(*a) * (1 - 2.0**-20), "E1."),
    ("interface", "truncation_bound_spectral", lambda f: lambda *a: f(*a) * (1 + 2.0**-20), "E1."),
    ("rigidity", "amplitude", lambda f: lambda a, b: f(a, b) * 0.5, "D4.drift.transport"),
    ("rigidity", "drift_bound", lambda f: lambda *a: f(*a) * 0.5, "D4.drift.transport"),
    ("rigidity", "product_bound", lambda f: lambda *a: f(*a) * 2, "D4.drift.product"),
    ("rigidity", "slack_transport", lambda f: lambda r, a, s: f(s, a, r), "D4.slack.transport"),
    ("rigidity", "slack_product", lambda f: lambda *a: f(*a) + 2.0**-20, "D4.slack.product"),
    ("rigidity", "transport_amplitude", lambda f: lambda x, a, b: f(x, b, a), "D4.amplitude.transport"),
    ("rigidity", "product_amplitude", lambda f: lambda *a: f(*a) * (1 + 2.0**-20), "D4.amplitude.product"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "name", "spoil", "claim"), FORMULAS, ids=[f"{m}.{n}" for m, n, _, _ in FORMULAS])
def test_a_wrong_formula_is_noticed(module, name, spoil, claim, monkeypatch):
    home = importlib.import_module(f"certify.prover.{module}")
    monkeypatch.setattr(home, name, spoil(getattr(home, name)))
    found = check(certify(chain("laws"), workers=1), chain("laws"), workers=1)
    assert any(reason.claim.startswith(claim) for reason in found.reasons), [str(x) for x in found.reasons]


@pytest.mark.parametrize("chart", ["top_radial", "log_log", "kl", "hellinger"])
@pytest.mark.parametrize("shift", [2.0**-25, -(2.0**-25)])
def test_a_wrong_fit_is_noticed(chart, shift, monkeypatch):
    home = importlib.import_module("certify.prover.layer")
    fit = home.fit_chart

    def shifted(name, *rest):
        found = fit(name, *rest)
        return type(found)(found.alpha + shift, found.cause) if name == chart else found

    monkeypatch.setattr(home, "fit_chart", shifted)
    found = check(certify(chain("laws"), workers=1), chain("laws"), workers=1)
    assert {reason.claim for reason in found.reasons} == {f"D6.{chart}.alpha"}


def test_unchanged_formulas_pass():
    assert check(certify(chain("laws"), workers=1), chain("laws"), workers=1).reasons == ()
