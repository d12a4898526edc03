"""Incidence structures in certificates: the example network, constructed chains, forged structures."""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from fractions import Fraction

import networkx
import numpy as np
import pytest

import certify
from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check
from certify.claims import causes
from certify.claims import incidence as claims
from certify.claims.thresholds import Thresholds
from certify.errors import AmbiguousVerdictError, ChainError, UsageError
from certify.geometry.transport.graph import incidence_graph
from certify.prover import incidence
from certify.verdict import Enclosure, Verdict
from tests.certificate.digits import WEIGHTS

SCANNED = Thresholds(
    activity_threshold="largest",
    group_rows=12,
    noise_threshold="1.1x",
    incidence_levels=",".join(f"{98 + i / 10:g}" for i in range(20)),
)


@functools.cache
def network() -> Chain:
    return certify.load(WEIGHTS)


@functools.cache
def made(options: Thresholds) -> Certificate:
    return certify.certify(network(), thresholds=options, workers=1)


def conclusions(found: Certificate, edge: int) -> dict[tuple[int, int], tuple[float, float]]:
    """By windows, whether the block form holds and whether the structures agree; all of it certified."""
    subject = network().describe(network().edges[edge])
    chosen = [c for c in found.claims if c.subject == subject and c.id.startswith("E7.conclusion")]
    assert all(claim.verdict is Verdict.CERTIFIED for claim in chosen)
    ranks = [(int(c.parameters["ranks"]), int(c.parameters["ranks_next"])) for c in chosen]
    return {r: (c.values[0].lower, c.values[1].lower) for r, c in zip(ranks, chosen, strict=True)}


def test_the_first_interface_of_the_example_is_certified_from_48_and_61_ranks_on():
    found = conclusions(made(SCANNED), 0)
    assert (48, 61) in found
    assert all(block == same == 1.0 for (r, s), (block, same) in found.items() if r >= 48 and s >= 61)


@pytest.mark.parametrize("edge", [1, 2, 3])
def test_the_other_interfaces_are_certified_below_their_full_windows(edge):
    found = conclusions(made(SCANNED), edge)
    below = [ranks for ranks in found if ranks != max(found)]
    assert any(found[ranks] == (1.0, 1.0) for ranks in below)


def test_the_defaults_do_as_well():
    for edge in range(4):
        subject = network().describe(network().edges[edge])
        assert (
            made(Thresholds())[claims.level_id("E7.conclusion", "99.9"), subject].values == (Enclosure(1.0, 1.0),) * 2
        )


@pytest.mark.parametrize("seed", [66, 178])
def test_thresholds_withstand_all_truncations_above_their_level(seed, monkeypatch):
    """Errors of cells are not monotone in the windows: a gap that is open at a level may be closed above it."""
    rng = np.random.default_rng(seed)
    chain = Chain.from_arrays([rng.integers(-6, 7, size=(8, 8)).astype(float) for _ in range(2)])
    options, subject = Thresholds(group_rows=4), "edge W1 -> W2"
    found = certify.certify(chain, thresholds=options, workers=1)
    assert check(found, chain, expected=options, workers=1).reasons == ()
    level = Fraction(str(found[claims.THRESHOLDS, subject].parameters["level"]))
    later = [text for text, percent in options.incidence_percents() if percent >= level]
    assert all(found[claims.level_id("E7.margins", text), subject].values[0].lower > 0 for text in later)

    every = incidence._Incidence._gaps
    monkeypatch.setattr(incidence._Incidence, "_gaps", lambda self, windows, least: every(self, windows[:1], least))
    other = certify.certify(chain, thresholds=options, workers=1)
    assert other[claims.THRESHOLDS, subject].parameters != found[claims.THRESHOLDS, subject].parameters
    reasons = check(other, chain, expected=options, workers=1).reasons
    assert claims.THRESHOLDS in {reason.claim for reason in reasons}


def test_the_checker_accepts_the_other_rules():
    assert check(made(SCANNED), network(), expected=SCANNED, workers=1).reasons == ()


def chain(seed: int = 5) -> Chain:
    """Two layers with several groups, edges and labels."""
    rng = np.random.default_rng(seed)
    shares = rng.random((12, 4)) * (1 + 4 * (rng.random((12, 4)) < 0.5))
    return Chain.from_arrays([rng.standard_normal((4, 8)), shares])


OPTIONS = Thresholds(group_rows=3, edge_threshold="0.001", label_correlation=0.95)


@functools.cache
def certificate() -> Certificate:
    return certify.certify(chain(), thresholds=OPTIONS, workers=1)


def rejected(found: Certificate) -> set[str]:
    return {reason.claim for reason in check(found, chain(), expected=OPTIONS, workers=1).reasons}


def forged(id: str, **changes) -> Certificate:
    place = next(i for i, claim in enumerate(certificate().claims) if claim.id == id)
    items = list(certificate().claims)
    items[place] = replace(items[place], **changes)
    return replace(certificate(), claims=tuple(items))


def parameters(id: str, **changes):
    return {**certificate()[id, "edge W1 -> W2"].parameters, **changes}


def test_the_constructed_chain_has_edges_and_labels():
    assert rejected(certificate()) == set()
    assert {"C", "T"} <= set(str(parameters("E6.labels")["labels"]))
    assert certificate().verdict is not Verdict.REFUTED


@pytest.mark.parametrize(
    ("id", "name"),
    [
        ("E4.thresholds", "groups"), ("E4.thresholds", "level"), ("E4.thresholds", "exponent"),
        ("E4.supports", "active 0"), ("E4.supports", "noise_threshold"), ("E4.graph", "edges"),
        ("E4.graph", "edge_threshold"), ("E6.labels", "labels"), ("E7.columns[99]", "ranks"),
    ],
)  # fmt: skip
def test_altered_parameters_are_caught(id, name):
    value = parameters(id)[name]
    if isinstance(value, str):
        other = value.translate(str.maketrans("0123456789efCT", "1032547698feTC"))
    else:
        other = value + 1 if isinstance(value, int) else value * (1 + 2.0**-20)
    assert other != value
    assert id in rejected(forged(id, parameters=parameters(id, **{name: other})))


def test_thresholds_off_the_middle_or_in_another_gap_are_caught():
    values = certificate()["E4.thresholds", "edge W1 -> W2"].values
    for factor in (1.02, 0.5, 2.0, 0.0):
        moved = (Enclosure(values[0].lower * factor, values[0].lower * factor), *values[1:])
        assert rejected(forged("E4.thresholds", values=moved))


def test_false_counts_verdicts_and_levels_are_caught():
    for id in ("E4.supports", "E7.columns[90]", "E7.pairs[90]", "E7.conclusion[90]", "E7.smallest_level"):
        claim = certificate()[id, "edge W1 -> W2"]
        for step in (1.0, -1.0):
            values = (Enclosure(claim.values[0].lower + step, claim.values[0].upper + step), *claim.values[1:])
            assert id in rejected(forged(id, values=values))


def test_other_options_are_noticed():
    for name, value in (("edge_threshold", "0.002"), ("label_correlation", 0.9), ("label_ratio", 1.5)):
        assert rejected(replace(certificate(), thresholds={**certificate().thresholds, name: value}))


def reasons(found: Certificate) -> dict[str, str]:
    return {item.id: item.reason for item in found.not_asked if item.subject == "edge W1 -> W2"}


def of(*arrays, **options) -> Certificate:
    return certify.certify(Chain.from_arrays(arrays), thresholds=Thresholds(**options), workers=1)


def test_vacuous_lines_are_not_asked():
    rng = np.random.default_rng(2)
    narrow = of(rng.standard_normal((4, 3)), rng.standard_normal((4, 4)))
    assert reasons(narrow)[claims.THRESHOLDS] == causes.NO_THRESHOLD
    one = of(rng.standard_normal((4, 6)), rng.standard_normal((4, 4)))
    assert reasons(one)[claims.GRAPH] == causes.ONE_GROUP
    apart = np.kron(np.eye(2), rng.random((3, 5)) + 1.0)
    parted = of(np.diag([3.0, 5.0, 4.0, 2.5, 3.5, 4.5]) @ apart, np.eye(6), group_rows=3, activity_threshold="0.01")
    assert reasons(parted)[claims.GRAPH] == causes.NO_SHARED_COLUMN
    for found in (narrow, one, parted):
        assert not any(claim.id.startswith("E7.pairs") for claim in found.claims)


def test_a_tie_at_a_threshold_is_undecided():
    tied = of(np.diag([3.0, 5.0, 6.0, 7.0]), np.eye(4), activity_threshold="5")
    assert reasons(tied)[claims.SUPPORTS] == causes.SUPPORT_OPEN
    assert claims.SUPPORTS not in reasons(of(np.diag([3.0, 5.0, 6.0, 7.0]), np.eye(4), activity_threshold="4.999"))


def test_windows_in_a_cluster_are_undecided_with_the_cause():
    found = of(np.diag([2.0, 1.0, 1.0, 1.0]), np.diag([1.0, 2.0, 3.0, 4.0]), incidence_levels="70")
    claim = found["E7.columns[70]", "edge W1 -> W2"]
    assert (claim.verdict, claim.cause) == (Verdict.UNDECIDED, causes.no_window("70"))


def test_a_last_digit_across_a_threshold_changes_one_support():
    """In exact arithmetic, where a tie is decided."""
    rows = [[Fraction(3), 2, 7], [Fraction(4), 1, 0], [6, 9, 0]]
    least = Fraction(4) - Fraction(1, 2**51)
    before = incidence_graph(rows, [(0, 1), (2,)], [5, 5], 1)
    after = incidence_graph([rows[0], [least, 1, 0], rows[2]], [(0, 1), (2,)], [5, 5], 1)
    assert (before.nodes[0]["active"], after.nodes[0]["active"]) == ("0,2", "2")
    assert before.nodes[1] == after.nodes[1]


def test_the_graph_is_that_of_the_claims_and_can_be_exported(tmp_path):
    graph = certificate().incidence(("W1", "W2"))
    assert graph.number_of_edges() == len(str(parameters("E6.labels")["labels"]))
    x = np.asarray(chain().layers[1].matrix()) @ np.asarray(chain().layers[0].matrix())
    unit = 2.0 ** int(graph.graph["exponent"])
    theta = [graph.nodes[g]["threshold"] * unit for g in graph]
    groups = [range(3 * g, 3 * g + 3) for g in range(4)]
    other = incidence_graph(x.tolist(), groups, theta, graph.graph["edge_threshold"] * unit**2, correlation=0.95)
    assert {g: graph.nodes[g]["active"] for g in graph} == {g: other.nodes[g]["active"] for g in other}
    assert graph.graph["hubs"] == other.graph["hubs"]
    for a, b, attributes in graph.edges(data=True):
        twin = other.edges[a, b]
        assert (attributes["label"], attributes["shared"]) == (twin["label"], twin["shared"])
        assert abs(attributes["weight_lower"] * unit**2 - twin["weight_lower"]) < 1e-6 * twin["weight_lower"]
    networkx.write_graphml(graph, tmp_path / "graph.graphml")
    assert networkx.read_graphml(tmp_path / "graph.graphml").number_of_nodes() == 4
    json.dumps(networkx.node_link_data(graph, edges="links"))
    with pytest.raises(UsageError, match="no interface"):
        certificate().incidence("edge W1 -> W3")


def test_bad_input_is_refused_by_name():
    for name, value in (
        ("activity_threshold", "0"), ("edge_threshold", "-1"), ("noise_threshold", "0x"), ("label_correlation", 1.5),
        ("label_correlation", 0.0), ("label_ratio", 0.5), ("incidence_levels", "100"), ("incidence_levels", "0"),
        ("group_rows", -1), ("hub_groups", 1),
    ):  # fmt: skip
        with pytest.raises(UsageError) as caught:
            Thresholds(**{name: value})
        assert name in str(caught.value) or "level of incidence" in str(caught.value)
    layers = [np.eye(4), np.eye(4)]
    for groups in ([[0, 1]], [[0, 1], [1, 2, 3]], [[0, 1, 2, 3, 4]], [[], [0, 1, 2, 3]]):
        with pytest.raises(ChainError, match="partition"):
            Chain.from_arrays(layers, groups={"W2": groups})
    with pytest.raises(ChainError, match="no layer"):
        Chain.from_arrays(layers, groups={"W3": [[0, 1, 2, 3]]})
    with pytest.raises(UsageError, match="positive"):
        incidence_graph([[1]], [(0,)], [0], 1)
    with pytest.raises(UsageError, match="partition"):
        incidence_graph([[1]], [(0,), (0,)], [1, 1], 1)
    with pytest.raises(AmbiguousVerdictError):
        incidence_graph([[certify_ball()]], [(0,)], [1], 1)


def certify_ball():
    import flint

    return flint.arb(1, 1e-3)


def test_declared_groups_are_those_of_the_certificate():
    rng = np.random.default_rng(3)
    layers = [rng.standard_normal((6, 9)), rng.standard_normal((8, 6))]
    found = Chain.from_arrays(layers, groups={"W2": [[0, 1, 5], [2, 3, 4, 6, 7]]})
    written = certify.certify(found, workers=1)
    assert written.input.tensors[1].groups == "0:2,5:6;2:5,6:8"
    assert written["E4.thresholds", "edge W1 -> W2"].parameters["groups"] == "0:2,5:6;2:5,6:8"
    assert check(written, found, workers=1).reasons == ()
    assert check(written, Chain.from_arrays(layers), workers=1).reasons


def test_a_transport_that_is_too_large_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(claims, "MOST_CELLS", 35)
    given = Chain.from_arrays([np.eye(6), np.eye(6)])
    found = certify.certify(given, workers=1)
    why = causes.too_large_transport(6, 6, 35)
    assert why in {item.reason for item in found.not_asked}
    assert not check(found, given, workers=1).reasons


def test_a_level_without_gaps_of_which_something_is_said_is_refused():
    """At 90 % either layer would cut a cluster of equal singular values."""
    tied = Chain.from_arrays([np.eye(6) + 0.0, np.diag([3.0, 1, 1, 1, 1, 1])])
    options = Thresholds(group_rows=2, activity_threshold="0.5")
    found = certify.certify(tied, thresholds=options, workers=1)
    subject, id = "edge W1 -> W2", claims.level_id("E1.transport", "90")
    assert not found[id, subject].values[0].finite
    assert check(found, tied, expected=options, workers=1).reasons == ()
    items = [
        replace(claim, values=(Enclosure(0.0, 1.0), *claim.values[1:])) if claim.id == id else claim
        for claim in found.claims
    ]
    told = check(replace(found, claims=tuple(items)), tied, expected=options, workers=1).reasons
    assert any(reason.claim == id and "no certified gap" in reason.message for reason in told)
