"""A certificate of which any field was altered is rejected, and the reason names the claim and the field.

The attacker always makes the digest fit (the digest itself is tested with the certificate), and in the second half
also recomputes margins, verdicts and causes, so that only the mathematics can tell.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from certify.certificate import Certificate, LeftOutRecord, NotAsked
from certify.checker import Outcome, check
from certify.claims.catalogue import entry_of
from certify.claims.causes import effective_rank_open, undecided
from certify.verdict import Claim, Enclosure, Kind, Verdict
from tests.checker.networks import certificate, chain

BASE = "small"


def with_claims(claims):
    return replace(certificate(BASE), claims=tuple(claims))


def attacked(target, **changes):
    """The certificate with one claim changed."""
    claims = list(certificate(BASE).claims)
    place = next(i for i, claim in enumerate(claims) if claim.id == target)
    claims[place] = replace(claims[place], **changes)
    return with_claims(claims), place


def rejected(found: Certificate, place=None, message=None, claim=None):
    """The reasons of a rejection, one of which has this place, text and claim."""
    # An attacker writes bytes: what the schema itself refuses is not the checker's business here.
    found = Certificate.from_json(found.to_json())
    result = check(found, chain(BASE), workers=1)
    assert result.outcome is Outcome.REJECTED
    fitting = [
        reason
        for reason in result.reasons
        if (place is None or reason.place == place)
        and (message is None or message in str(reason))
        and (claim is None or reason.claim == claim)
    ]
    assert fitting, [str(reason) for reason in result.reasons]
    return result.reasons


def by_id(id) -> Claim:
    return next(claim for claim in certificate(BASE).claims if claim.id == id)


IDS = sorted({claim.id for claim in certificate(BASE).claims})


def other_scalar(value):
    return value + 1 if isinstance(value, int) else (value * 1.5 + 1e-9 if isinstance(value, float) else value + "x")


@pytest.mark.parametrize("id", IDS)
def test_statement_note_kind_strict_parameters_margin(id):
    claim = by_id(id)
    changes = {
        "statement": {"statement": claim.statement + "."},
        "note": {"note": claim.note + "sure"},
        "kind": {"kind": Kind.INEQUALITY if claim.kind is Kind.MEASUREMENT else Kind.MEASUREMENT},
        "strict": {"strict": not claim.strict},
        "margin": {"margin": Enclosure(claim.margin.lower, math.nextafter(claim.margin.upper, math.inf))},
        "parameters.extra": {"parameters": {**claim.parameters, "extra": 1}},
    }
    for name, value in claim.parameters.items():
        changes[f"parameters.{name}"] = {"parameters": {**claim.parameters, name: other_scalar(value)}}
    found, place = None, 0
    for field, change in changes.items():
        found, place = attacked(id, **change)
        # How far a perturbation goes beyond its facet may be chosen; the values must fit the choice.
        told = "values" if field == "parameters.beyond" else field
        rejected(found, f"claims[{place}].{told}", claim=id)


def test_verdict():
    for id in IDS:
        for verdict in set(Verdict) - {by_id(id).verdict}:
            found, place = attacked(id, verdict=verdict)
            rejected(found, f"claims[{place}].verdict", claim=id)


def test_cause():
    found, place = attacked("E7.rank", cause="because")
    rejected(found, f"claims[{place}].cause", claim="E7.rank")


def test_a_cause_of_an_undecided_claim_is_one_of_the_known():
    from certify.execution import certify

    base = certify(chain("rank one"), workers=1)
    place = next(i for i, claim in enumerate(base.claims) if claim.verdict is Verdict.UNDECIDED)
    for cause in ("", "the computer was tired", base.claims[place].cause + " "):
        claims = list(base.claims)
        claims[place] = replace(claims[place], cause=cause)
        result = check(replace(base, claims=tuple(claims)), chain("rank one"), workers=1)
        assert result.reasons[0].place == f"claims[{place}].cause"


def test_dropped_claims():
    claims = certificate(BASE).claims
    for place, claim in enumerate(claims):
        reasons = rejected(with_claims(claims[:place] + claims[place + 1 :]), message="missing")
        assert claim.id in {reason.claim for reason in reasons}


def test_extra_repeated_and_reordered_claims():
    claims = certificate(BASE).claims
    rejected(with_claims([*claims, claims[0]]), f"claims[{len(claims)}]", "twice")
    rejected(with_claims([claims[0], *claims]), "claims[1]", "twice")
    rejected(with_claims([*claims, replace(claims[0], id="E7.luck")]), f"claims[{len(claims)}].id", "no such claim")
    rejected(with_claims([*claims, replace(claims[0], subject="layer W9")]), message="no such claim")
    swapped = list(claims)
    swapped[0], swapped[1] = swapped[1], swapped[0]
    rejected(with_claims(swapped), "claims[0]", "another place")
    rejected(with_claims(()), message="missing")


def test_renamed_claims():
    found, place = attacked("E7.rank", id="E7.ranks")
    rejected(found, message="missing", claim="E7.rank")
    found, place = attacked("E7.finite", id="E7.finiteness")
    rejected(found, f"claims[{place}].id", claim="E7.finiteness")
    found, place = attacked("E7.rank", subject="layer W2")
    rejected(found, message="twice")


def test_not_asked():
    base = certificate(BASE)
    assert base.not_asked
    rejected(replace(base, not_asked=()), "not_asked[0]")
    rejected(replace(base, not_asked=(*base.not_asked, NotAsked("E7.rank", "layer W1", "x"))))
    rejected(replace(base, not_asked=base.not_asked[::-1]), "not_asked[0]")
    for field in ("id", "subject", "reason"):
        changed = (replace(base.not_asked[0], **{field: "x"}), *base.not_asked[1:])
        rejected(replace(base, not_asked=changed), "not_asked[0]")


def test_a_claim_moved_to_not_asked():
    base = certificate(BASE)
    place = next(i for i, claim in enumerate(base.claims) if claim.id == "C4.commutator")
    claim = base.claims[place]
    skipped = (*base.not_asked, NotAsked(claim.id, claim.subject, "not needed"))
    rejected(replace(base, claims=base.claims[:place] + base.claims[place + 1 :], not_asked=skipped), claim=claim.id)


TENSOR = {
    "layer": ("W9", "layer"),
    "tensor": ("W9", "tensor"),
    "file": ("other.npz", "file"),
    "dtype": ("F32", "dtype"),
    "transposed": (True, "transposed"),
    "sha256": ("0" * 64, "sha256"),
}


@pytest.mark.parametrize("field", TENSOR)
def test_tensor_fields(field):
    base = certificate(BASE)
    value, place = TENSOR[field]
    tensors = (replace(base.input.tensors[0], **{field: value}), *base.input.tensors[1:])
    rejected(replace(base, input=replace(base.input, tensors=tensors)), f"input.tensors[0].{place}")


def test_input_fields():
    base = certificate(BASE)

    def changed(**changes):
        return replace(base, input=replace(base.input, **changes))

    rejected(changed(format="npz"), "input.format")
    rejected(changed(edges=base.input.edges[:-1]), "input.edges.length")
    rejected(changed(edges=base.input.edges[::-1]), "input.edges[0][0]")
    rejected(changed(edges=((0, 1), (0, 2))), "input.edges[1][0]")
    rejected(changed(left_out=(LeftOutRecord("bias", "forgotten"),)), "input.left_out[0].tensor")
    first = base.input.tensors[0]
    tensors = (replace(first, shape=(4, 5)), *base.input.tensors[1:])
    rejected(changed(tensors=tensors), "input.tensors[0].shape[1]")
    fewer = {"tensors": base.input.tensors[:-1], "edges": base.input.edges[:-1], "heads": ()}
    rejected(changed(**fewer), "input.tensors.length")
    rejected(changed(heads=()), "input.heads[0].name")
    rejected(changed(heads=(replace(base.input.heads[0], kv=1, layers=(("query", 1),)),)), "input.heads[0].kv")


def test_thresholds():
    base = certificate(BASE)
    for name, value in base.thresholds.items():
        if name in {"exact_rank_seconds", "exact_product_seconds"}:
            continue  # says how long to try, and no claim depends on it here
        if name in {"edge_threshold", "label_correlation", "label_ratio"}:
            continue  # there is one row group, and nothing is said of pairs; see test_incidence.py
        others = {
            "windows": "1", "energy_levels": "90", "barcode_layers": 2, "incidence_levels": "90", "group_rows": 1,
            "hub_groups": 3, "activity_threshold": "largest", "noise_threshold": "0.5", "storage": "fp16",
            "ridge": "1", "loss": "1", "excess": "1",
        }  # fmt: skip
        other = others.get(name, 1e-20)
        assert other != value
        rejected(replace(base, thresholds={**base.thresholds, name: other}))
    for name, value in (
        ("alpha_width", 1), ("alpha_width", -1.0), ("alpha_width", "wide"), ("windows", 3), ("windows", "0"),
        ("windows", "1,x"), ("energy_levels", "0"), ("energy_levels", ""), ("barcode_layers", -1),
        ("barcode_layers", 2.0), ("extra", 1), ("incidence_levels", "0"), ("incidence_levels", "100"),
        ("incidence_levels", "99.999"), ("group_rows", -1), ("hub_groups", 1), ("label_correlation", 1.5),
        ("label_ratio", 0.5), ("activity_threshold", "0"), ("edge_threshold", "-1"), ("noise_threshold", "nanx"),
        ("storage", "fp64"), ("storage", 16), ("ridge", "0"), ("ridge", 0.5), ("loss", "nan"), ("excess", "-1"),
    ):  # fmt: skip
        rejected(replace(base, thresholds={**base.thresholds, name: value}), f"thresholds.{name}")
    missing = {name: value for name, value in base.thresholds.items() if name != "alpha_width"}
    rejected(replace(base, thresholds=missing), "thresholds.alpha_width")


def _widest(claim: Claim, values) -> str:
    """The name of the widest value, where values have names."""
    named = entry_of(claim.id).example.named
    widths = [value.upper - value.lower for value in values]
    place = widths.index(max(widths))
    if not named or isinstance(named, str):
        return named.format(place + 1) if named else ""
    if lines := claim.parameters.get("lines"):
        first = [name for name in named if not name.endswith(("cells", "columns", "pairs", "noise", "labels"))]
        of = "margin" if claim.id.startswith("E7.margins") else "distance"
        return [*first, *(f"the {of} of {line}" for line in lines.split(","))][place]
    return named[place] if place < len(named) else named[1 + (place - 1) % (len(named) - 1)]


def resigned(claim: Claim, values) -> Claim:
    """The claim with these values and everything that follows from them, as the program itself would write it."""
    values = tuple(values)
    if claim.id == "spectrum.sigma":
        limit = certificate(BASE).thresholds["sigma_relative"] * values[0].upper
        claim = replace(claim, parameters={**claim.parameters, "width_limit": limit})
    if claim.id.startswith("A4.heads.sigma"):
        limit = certificate(BASE).thresholds["product_relative"] * max(value.upper for value in values)
        claim = replace(claim, parameters={**claim.parameters, "width_limit": limit})
    if claim.kind is Kind.MEASUREMENT:
        width = max(Fraction(v.upper) - Fraction(v.lower) for v in values)
        exact = Fraction(claim.parameters["width_limit"]) - width
        margin = around(exact, exact)
        verdict = Verdict.CERTIFIED if margin.lower >= 0 else Verdict.UNDECIDED
        limit = claim.parameters["width_limit"]
        cause = undecided(claim.kind, float(width), limit, _widest(claim, values))
        if claim.id.startswith("D10.effective_rank"):
            cause = effective_rank_open(claim.parameters["percent"], values[0].lower, values[0].upper)
    else:
        if claim.id == "E7.rank":
            d = claim.parameters["full"]
            margin = Enclosure(values[0].lower - d + 1, values[0].upper - d + 1)
        elif len(values) == 2:
            margin = around(
                Fraction(values[1].lower) - Fraction(values[0].upper),
                Fraction(values[1].upper) - Fraction(values[0].lower),
            )
        else:
            margin = values[0]
        verdict = Verdict.of_margin(margin.lower, margin.upper, strict=claim.strict)
        cause = "the enclosure of the margin contains 0"
    cause = cause if verdict is Verdict.UNDECIDED else ""
    return replace(claim, values=values, margin=margin, verdict=verdict, cause=cause)


def around(lower: Fraction, upper: Fraction) -> Enclosure:
    low, high = float(lower), float(upper)
    low = low if Fraction(low) <= lower else math.nextafter(low, -math.inf)
    return Enclosure(low, high if Fraction(high) >= upper else math.nextafter(high, math.inf))


def test_resigning_reproduces_the_protocol():
    """Otherwise the attacks below would be caught for the wrong reason."""
    for name in (BASE, "laws", "rank one"):
        for claim in certificate(name).claims:
            if all(value.finite for value in claim.values) and claim.verdict is Verdict.CERTIFIED:
                assert resigned(claim, claim.values) == claim


def coarse(value: Enclosure, low: float, high: float) -> Enclosure:
    """End points on the published grid, so that only their truth is wrong."""
    size = max(abs(low), abs(high), 2.0**-1000)
    quantum = 2.0 ** (math.frexp(size)[1] - 40)
    return Enclosure(math.floor(low / quantum) * quantum, math.ceil(high / quantum) * quantum)


def forgeries(value: Enclosure):
    """Enclosures beside the true one, and ones cut so close that they cannot hold what is known."""
    low, high, width = value.lower, value.upper, value.upper - value.lower
    step = max(width, abs(high) * 2.0**-36, 2.0**-60)
    yield "above", coarse(value, high + step, high + 2 * step)
    yield "below", coarse(value, low - 2 * step, low - step)
    yield "cut from below", Enclosure(high, high)
    yield "cut from above", Enclosure(low, low)
    yield "wide", coarse(value, low - 1000 * step, high + 1000 * step)


COUNTED = (
    "E7.finite",
    "E7.rank",
    "E7.domain.",
    "D10.",
    "A2.",
    "A4.polystable",
    "A5.",
    "C5.",
    "C6.rank",
    "A4.heads.rank",
)
EXACT = {id for id in IDS if id.startswith(COUNTED)}

MEASURED = ("spectrum.sigma", "E.cosines", "D4.amplitude", "A4.product.sigma")


@pytest.mark.parametrize("id", [id for id in IDS if id not in EXACT])
def test_false_enclosures_are_caught_though_all_else_fits(id):
    """Shifted, cut and widened, with margin, verdict and digest recomputed."""
    claim = by_id(id)
    places = sorted({0, len(claim.values) - 1})
    for place in places:
        for name, forged in forgeries(claim.values[place]):
            # 0 is no news of a number that cannot be negative.
            if forged.lower == forged.upper == claim.values[place].lower == 0:
                continue
            # The mean of an overlap by chance may be a float, and is published as it is.
            if forged == claim.values[place]:
                continue
            if name == "below" and claim.values[place].lower == 0 and id.startswith("D4.drift"):
                continue
            values = list(claim.values)
            values[place] = forged
            found, index = attacked(id)
            claims = list(found.claims)
            claims[index] = resigned(claim, values)
            if name == "wide" and id.startswith(MEASURED):
                # Still true, and as narrow as the claim says; but what follows from it does not follow any more.
                rejected(with_claims(claims), message="not proved")
                continue
            reasons = rejected(with_claims(claims), claim=id)
            mine = [reason for reason in reasons if reason.place.startswith(f"claims[{index}].")]
            assert {reason.place for reason in mine} <= {
                f"claims[{index}].values",
                f"claims[{index}].parameters.width_limit",
                # What is not decided is named by what is published of it.
                *([f"claims[{index}].cause"] if id.startswith(("E7.conclusion", "E7.smallest")) else []),
            }, name


@pytest.mark.parametrize("id", sorted(EXACT))
def test_false_integers_are_caught(id):
    claim = by_id(id)
    for place, value in enumerate(claim.values):
        for forged in (value.upper + 1, value.lower - 1, value.lower + 0.5):
            found, index = attacked(id)
            claims = list(found.claims)
            values = list(claim.values)
            values[place] = Enclosure(forged, forged)
            claims[index] = resigned(claim, values)
            rejected(with_claims(claims), f"claims[{index}].values", claim=id)


def test_end_points_off_the_grid_are_noticed():
    """A single unit in the last place, still true, was not written by this program."""
    claim = by_id("spectrum.sigma")
    values = list(claim.values)
    values[0] = Enclosure(math.nextafter(values[0].lower, 0.0), math.nextafter(values[0].upper, math.inf))
    found, index = attacked("spectrum.sigma")
    claims = list(found.claims)
    claims[index] = resigned(claim, values)
    rejected(with_claims(claims), f"claims[{index}].values", "finer", claim="spectrum.sigma")


def test_unbounded_on_one_side():
    for id in ("D4.top_radial", "D6.kl.alpha", "D4.drift.product[kl]"):
        claim = by_id(id)
        found, _ = attacked(id, values=(Enclosure(-math.inf, claim.values[0].upper), *claim.values[1:]))
        rejected(found, claim=id)


def test_another_number_of_values():
    for id in IDS:
        claim = by_id(id)
        for values in (claim.values[:-1], (*claim.values, claim.values[0])):
            found, _ = attacked(id, values=values)
            rejected(found, claim=id)


def test_the_right_certificate_of_other_weights():
    other = certificate("same")
    result = check(other, chain(BASE), workers=1)
    assert result.outcome is Outcome.REJECTED
    assert any("sha256" in reason.place for reason in result.reasons)


def test_exact_rank_is_recomputed():
    base = certificate("singular")
    place = next(i for i, claim in enumerate(base.claims) if claim.id == "E7.rank")
    claim = base.claims[place]
    assert claim.parameters["method"] == "exact"
    assert claim.verdict is Verdict.REFUTED
    forged = resigned(claim, [Enclosure(3.0, 3.0)])
    claims = list(base.claims)
    claims[place] = forged
    result = check(replace(base, claims=tuple(claims)), chain("singular"), workers=1)
    assert f"claims[{place}].values" in {reason.place for reason in result.reasons}
    claims[place] = replace(claim, parameters={**claim.parameters, "method": "guess"})
    result = check(replace(base, claims=tuple(claims)), chain("singular"), workers=1)
    assert f"claims[{place}].values" in {reason.place for reason in result.reasons}


def test_a_proof_that_breaks_down_is_a_rejection(monkeypatch):
    from certify.checker import layer

    def broken(*_):
        raise np.linalg.LinAlgError("no convergence")

    monkeypatch.setattr(layer, "near_svd", broken)
    rejected(certificate(BASE), message="not proved: no convergence", claim="spectrum.sigma")
