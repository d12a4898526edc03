"""Overlaps of heads: exact cases, rational truths, groups of keys and values, and why something is not asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from certify.chain import Chain
from certify.checker import check
from certify.claims import causes
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.heads import read_heads
from certify.verdict import Enclosure, Verdict
from tests.geometry.oracle import mp
from tests.prover.head_truth import Heads, blocks_of
from tests.prover.truths import values

Array = np.ndarray
PLAIN = Thresholds(incidence_levels="none")


def asked(a: Array, thresholds: Thresholds = PLAIN, **table: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """Claims and reasons about the heads of one matrix; what is certified is accepted and holds the truth."""
    return asked_of({"w": a}, thresholds, **table)


def asked_of(
    matrices: dict[str, Array], thresholds: Thresholds = PLAIN, **table: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """The same of several matrices that are not joined."""
    layers = [Chain.from_arrays([a], [name]).layers[0] for name, a in matrices.items()]
    chain = Chain(tuple(layers), (), heads=(read_heads({"name": "w", **table}, list(matrices)),))
    found = certify(chain, thresholds=thresholds, workers=1)
    assert check(found, chain, workers=1).reasons == ()
    claims = {claim.id: claim for claim in found.claims if claim.subject == "heads w"}
    truth = Heads(blocks_of(table, {name: np.asarray(a, dtype=np.float64) for name, a in matrices.items()}))
    for claim in claims.values():
        true = values(truth, claim.id)
        assert len(true) == len(claim.values)
        for value, number in zip(claim.values, true, strict=True):
            assert not value.finite or mp.mpf(value.lower) <= number <= mp.mpf(value.upper), (claim.id, number)
    return claims, {item.id: item.reason for item in found.not_asked if item.subject == "heads w"}


def test_equal_orthogonal_and_nested_heads():
    a = np.array([[1.0, 1, 0, 0], [0, 1, 0, 0], [3, 5, 0, 0], [1, 0, 0, 0], [0, 0, 2, 0], [0, 0, 1, 1]])
    claims, reasons = asked(a, count=3, size=2, query="w")
    same, apart, other = claims["C6.overlap[query]"].values
    assert same.upper == 1.0
    assert same.lower > 1 - 1e-11
    assert apart.lower == other.lower == 0.0
    assert apart.upper < 1e-11
    assert reasons == {}
    nested, _ = asked(np.array([[1.0, 2, 2], [2, 4, 4], [1, 2, 2], [0, 1, 0]]), count=2, size=2, query="w")
    assert [value.lower for value in nested["C6.rank[query]"].values] == [1.0, 2.0]
    assert nested["C6.overlap[query]"].values[0].upper == 1.0
    assert nested["C6.null[query]"].values[1].lower <= 2 / 3 <= nested["C6.null[query]"].values[1].upper


def test_columns_of_an_output():
    rng = np.random.default_rng(1)
    a = rng.standard_normal((5, 6))
    columns, _ = asked(a, count=3, size=2, output="w")
    rows, _ = asked(a.T, count=3, size=2, query="w")
    assert columns["C6.overlap[output]"].values == rows["C6.overlap[query]"].values


@pytest.mark.parametrize("seed", range(4))
def test_random_heads_hold_the_truth(seed):
    rng = np.random.default_rng(seed)
    d, count, size = int(rng.integers(2, 6)), int(rng.integers(2, 5)), int(rng.integers(1, 4))
    a = rng.standard_normal((count * size, d)) * 10.0 ** -rng.integers(0, 6, (count * size, 1))
    a[0] = a[-1] if seed % 2 else a[0]
    claims, _ = asked(a, count=count, size=size, value="w")
    assert claims["C6.overlap[value]"].verdict is Verdict.CERTIFIED


def test_groups_of_keys_and_values():
    rng = np.random.default_rng(3)
    groups = rng.standard_normal((4, 5))
    alone, _ = asked(groups, count=4, size=2, kv=2, key="w")
    repeated = np.concatenate([groups[:2], groups[:2], groups[2:], groups[2:]])
    held, reasons = asked(repeated, count=4, size=2, kv=2, key="w")
    assert held["C6.overlap[key]"].values == alone["C6.overlap[key]"].values
    assert "2 copies" in held["C6.overlap[key]"].statement
    assert reasons == {}
    repeated[2, 0] += 1.0
    claims, reasons = asked(repeated, count=4, size=2, kv=2, key="w")
    assert claims == {}
    assert set(reasons.values()) == {causes.COPIES_DIFFER}


def test_what_is_not_asked():
    rng = np.random.default_rng(4)
    for table in ({"count": 1, "query": "w"}, {"count": 4, "kv": 1, "key": "w"}):
        claims, reasons = asked(rng.standard_normal((2, 3)), size=2, **table)
        assert [claim.values for claim in claims.values()] == [(Enclosure(2.0, 2.0),)]
        assert set(reasons.values()) == {causes.ONE_HEAD}
    claims, reasons = asked(np.diag([1.0, 1, 0, 0]), count=2, size=2, query="w")
    assert list(claims) == ["C6.rank[query]"]
    assert [value.lower for value in claims["C6.rank[query]"].values] == [2.0, 0.0]
    assert set(reasons.values()) == {causes.HEAD_ZERO}
    claims, reasons = asked(rng.standard_normal((4, 2)), count=2, size=2, query="w")
    assert claims["C6.overlap[query]"].values == (Enclosure(1.0, 1.0),)
    assert reasons == {"C6.null[query]": causes.HEADS_FILL}
    line, reasons = asked(rng.standard_normal((3, 1)), count=3, size=1, query="w")
    assert reasons == {"C6.null[query]": causes.HEADS_FILL}
    assert line["C6.overlap[query]"].verdict is Verdict.CERTIFIED


def test_an_open_rank_leaves_the_overlaps_undecided():
    a = np.array([[1.0, 2, 3], [2, 4, 6], [1, 0, 0], [0, 1, 0]])
    claims, _ = asked(a, Thresholds(exact_rank_seconds=0.0, incidence_levels="none"), count=2, size=2, query="w")
    assert claims["C6.rank[query]"].cause == causes.exact_work(0.0)
    assert claims["C6.overlap[query]"].values == (Enclosure(0.0, 1.0),)
    assert {claims[f"C6.{id}[query]"].cause for id in ("overlap", "null")} == {causes.HEAD_RANK_OPEN}


def test_a_head_that_is_nearly_deficient_is_not_guessed():
    a = np.array([[1.0, 1, 0], [1, 1, 2.0**-52], [0, 1, 0], [1, 0, 0]])
    claims, _ = asked(a * [1, 1, 2.0**-20], count=2, size=2, query="w")
    assert claims["C6.rank[query]"].verdict is Verdict.CERTIFIED
    assert claims["C6.overlap[query]"].cause == causes.HEAD_OPEN


GROUPED = {"count": 4, "size": 2, "kv": 2, "query": "q", "key": "k", "value": "v", "output": "o"}


def _attention(seed: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    shapes = {"q": (8, 4), "k": (4, 5), "v": (4, 3), "o": (4, 8)}
    return {name: rng.standard_normal(shape) for name, shape in shapes.items()}


def test_products_of_every_head_with_groups():
    matrices = _attention(5)
    claims, reasons = asked_of(matrices, **GROUPED)
    assert reasons == {}
    assert [claims[f"A4.heads.{kind}[{name}]"].verdict for kind in ("rank", "sigma") for name in ("qk", "ov")] == [
        Verdict.CERTIFIED
    ] * 4
    assert len(claims["A4.heads.sigma[qk]"].values) == 8
    # Head 1 reads group 0 and head 2 group 1.
    matrices["k"][2:] *= 0.0
    claims, _ = asked_of(matrices, **GROUPED)
    assert [value.upper for value in claims["A4.heads.rank[qk]"].values] == [2.0, 2.0, 0.0, 0.0]
    assert claims["A4.heads.sigma[qk]"].values[4:] == (Enclosure(0.0, 0.0),) * 4


def test_ranks_of_products_below_those_of_their_factors():
    matrices = _attention(6)
    matrices["q"][:2], matrices["k"][:2] = [[1, 2, 3, 4], [0, 0, 0, 0]], [[0, 0, 0, 0, 0], [1, 2, 0, 1, 3]]
    claims, _ = asked_of(matrices, **GROUPED)
    assert claims["A4.heads.rank[qk]"].values[0] == Enclosure(0.0, 0.0)
    limits = Thresholds(incidence_levels="none", exact_product_seconds=0.0)
    matrices["q"][:2], matrices["k"][:2] = [[1, 2, 3, 4], [1, 2, 3, 4]], [[1, 2, 0, 1, 3], [-1, -2, 0, -1, -3]]
    claims, _ = asked_of(matrices, limits, **GROUPED)
    assert claims["A4.heads.rank[qk]"].verdict is Verdict.UNDECIDED
    assert claims["A4.heads.rank[qk]"].values[0] == Enclosure(0.0, 1.0)


def test_copies_that_differ_leave_no_product():
    matrices = _attention(7)
    matrices["v"] = np.random.default_rng(8).standard_normal((8, 3))
    claims, reasons = asked_of(matrices, **GROUPED)
    assert {id for id, reason in reasons.items() if reason == causes.COPIES_DIFFER} == {
        "C6.rank[value]", "C6.overlap[value]", "C6.null[value]", "A4.heads.rank[ov]", "A4.heads.sigma[ov]",
    }  # fmt: skip
    assert "A4.heads.sigma[qk]" in claims
