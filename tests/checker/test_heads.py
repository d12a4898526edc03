"""Certificates of heads from a prover with a wrong formula, and with claims that a weaker null would allow."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from certify.chain import Chain
from certify.checker import check
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.prover import head_products, heads
from certify.verdict import Enclosure

PLAIN = Thresholds(incidence_levels="none", storage="none")


def chain() -> Chain:
    rng = np.random.default_rng(12)
    tables = [{"name": "both", "count": 3, "size": 2, "query": "W1", "key": "W1"}]
    return Chain.from_arrays([rng.standard_normal((6, 5))], heads=tables)


FORMULAS = [
    (heads, "head_overlap", lambda f: lambda *a: f(*a) * (1 + 2.0**-20), "C6.overlap"),
    (heads, "head_null", lambda f: lambda *a: (f(*a)[0], 2 * f(*a)[1]), "C6.null"),
    (heads, "head_null", lambda f: lambda *a: (f(*a)[0] * (1 + 2.0**-20), f(*a)[1]), "C6.null"),
    (heads, "cantelli", lambda f: lambda v, d: f(v, 2 * d), "C6.null"),
    (head_products, "_turned", lambda f: lambda x: replace(f(x), s=f(x).s[::-1].copy()), "A4.heads.sigma"),
    (head_products, "bound_product", lambda f: lambda *a: (1, 1), "A4.heads.rank"),
]


@pytest.mark.parametrize(("home", "name", "spoil", "claim"), FORMULAS, ids=[f"{n} {c}" for _, n, _, c in FORMULAS])
def test_a_wrong_formula_is_noticed(home, name, spoil, claim, monkeypatch):
    monkeypatch.setattr(home, name, spoil(getattr(home, name)))
    found = check(certify(chain(), thresholds=PLAIN, workers=1), chain(), workers=1)
    assert any(reason.claim.startswith(claim) for reason in found.reasons), [str(x) for x in found.reasons]


def test_heads_of_another_pair_are_not_taken():
    """Overlaps in another order, and those of other heads, are rejected; the certificate itself is accepted."""
    written = certify(chain(), thresholds=PLAIN, workers=1)
    assert check(written, chain(), workers=1).reasons == ()
    place = next(i for i, claim in enumerate(written.claims) if claim.id == "C6.overlap[query]")
    claim = written.claims[place]
    for values in (claim.values[::-1], (claim.values[0],) * 3, (Enclosure(0.0, 1.0),) * 3):
        changed = [*written.claims[:place], replace(claim, values=tuple(values)), *written.claims[place + 1 :]]
        reasons = check(replace(written, claims=tuple(changed)), chain(), workers=1).reasons
        assert reasons
        assert reasons[0].claim.startswith(("C6.overlap", "C6.null"))
