"""Chains of every kind, and whether all that is published about one holds the truth.

``python -m tests.prover.containment --values N`` holds N published values against it.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from certify.chain import Chain
from certify.chain.components import components_of
from certify.claims.incidence import THRESHOLDS
from certify.claims.storage_formats import STORAGE_NAMES
from certify.claims.thresholds import Thresholds
from certify.execution import run_protocol
from certify.verdict import Claim, Kind, Verdict
from tests.geometry.oracle import mp
from tests.prover.flow_truth import Flow
from tests.prover.head_truth import Heads, blocks_of
from tests.prover.truth import Component, Edge, Layer
from tests.prover.truths import bounded, values

Subjects = dict[str, Layer | Edge | Component | Heads]


def subjects_of(chain: Chain, thresholds: Thresholds | None = None) -> Subjects:
    """All that claims speak of, by its name."""
    layers = [Layer(layer.matrix()) for layer in chain.layers]
    found: Subjects = {f"layer {x.name}": y for x, y in zip(chain.layers, layers, strict=True)}
    flow = Flow.of(thresholds or Thresholds(), layers)
    found |= {chain.describe(edge): Edge(layers[edge.lower], layers[edge.upper], flow) for edge in chain.edges}
    for part in components_of(chain):
        if part.straight:
            found[part.subject] = Component([layers[place] for place in part.layers])
    arrays = [np.asarray(layer.matrix(), dtype=np.float64) for layer in chain.layers]
    for heads in chain.heads:
        table = {"count": heads.count, "size": heads.size, "kv": heads.kv} | dict(heads.layers)
        found[f"heads {heads.name}"] = Heads(blocks_of(table, dict(enumerate(arrays))))
    return found


@dataclass(frozen=True)
class Missed:
    """A published value that does not hold the truth."""

    claim: Claim
    place: int
    truth: str


def missed(claim: Claim, subjects: Subjects) -> list[Missed]:
    """The finite values of a claim that the truth is not in, or that what they bound is above."""
    subject = subjects[claim.subject]
    if not any(value.finite for value in claim.values):
        return []
    truths = values(subject, claim.id, claim.parameters.get("format"))
    assert len(truths) == len(claim.values), claim.id
    # At 60 digits an exact zero comes out as 1e-60 times the largest value; sines and cosines are of unit vectors,
    # and logarithms of quotients of norms.
    size = max(abs(truth) for truth in truths)
    slack = mp.mpf(10) ** -50 * (max(size, 1) if claim.id.startswith(("E.", "D4.")) else size)
    found: list[Missed] = []
    for place, (value, truth) in enumerate(zip(claim.values, truths, strict=True)):
        if value.finite and not mp.mpf(value.lower) - slack <= truth <= mp.mpf(value.upper) + slack:
            found.append(Missed(claim, place, mp.nstr(truth, 20)))
    for place, (value, least) in enumerate(zip(claim.values, bounded(subject, claim.id), strict=False)):
        if value.finite and not least <= mp.mpf(value.upper) + slack:
            found.append(Missed(claim, place, f"at least {mp.nstr(least, 20)}"))
    return found


def check(arrays: list[np.ndarray], thresholds: Thresholds | None = None) -> list[Claim]:
    """Run the protocol and demand containment of every finite value; returns the claims."""
    chain = Chain.from_arrays(arrays)
    claims = list(run_protocol(chain, thresholds, workers=1).claims)
    subjects = subjects_of(chain, thresholds)
    for claim in claims:
        assert missed(claim, subjects) == []
        coherent(claim)
    return claims


def coherent(claim: Claim) -> None:
    """Margin and verdict follow from the published values alone."""
    if claim.kind is Kind.MEASUREMENT:
        limit = claim.parameters["width_limit"]
        finite = all(value.finite for value in claim.values)
        if finite:
            margin = Fraction(limit) - max(Fraction(v.upper) - Fraction(v.lower) for v in claim.values)
            assert Fraction(claim.margin.lower) <= margin <= Fraction(claim.margin.upper)
        certified = finite and claim.margin.lower >= 0
        assert claim.verdict is (Verdict.CERTIFIED if certified else Verdict.UNDECIDED)
    else:
        assert claim.verdict is Verdict.of_margin(claim.margin.lower, claim.margin.upper, strict=claim.strict)
    assert bool(claim.cause) == (claim.verdict is Verdict.UNDECIDED), claim


def _orthogonal(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def _with_values(rng: np.random.Generator, m: int, n: int, s: np.ndarray) -> np.ndarray:
    d = min(m, n)
    return (_orthogonal(rng, m)[:, :d] * s[:d]) @ _orthogonal(rng, n)[:d]


KINDS = ("tiny", "deficient", "graded", "tied", "half", "long", "scaled")


def arrays_of(kind: str, seed: int) -> list[np.ndarray]:
    """A chain of a kind: two or three layers of sides up to 5, or a long one of sides up to 3."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    top, count = (3, 2) if kind == "tiny" else (3, int(rng.integers(5, 9))) if kind == "long" else (5, 2)
    sides = [int(x) for x in rng.integers(1 if kind == "tiny" else 2, top + 1, count + 1)]
    if rng.random() < 0.3:
        sides = [sides[0]] * (count + 1)
    return [_layer(kind, rng, m, n) for n, m in itertools.pairwise(sides)]


def _layer(kind: str, rng: np.random.Generator, m: int, n: int) -> np.ndarray:
    d = min(m, n)
    if kind == "deficient":
        rank = int(rng.integers(1, d + 1))
        return rng.integers(-3, 4, (m, rank)) @ rng.integers(-3, 4, (rank, n)) + np.eye(m, n) * (rank == d)
    if kind == "graded":
        steep = float(rng.choice([3.0, 6.0, 9.0, 12.0]))
        s = 10.0 ** -np.linspace(0, steep, d) if d > 1 else np.ones(1)
        rows = 10.0 ** -np.linspace(0, steep, m)[:, None] if rng.random() < 0.5 else 1.0
        return _with_values(rng, m, n, s) if rng.random() < 0.5 else rows * rng.standard_normal((m, n))
    if kind == "tied":
        s = 1.0 - np.sort(rng.choice([0.0, 1e-12, 1e-10, 1e-8, 1e-6, 0.5], d))
        return _with_values(rng, m, n, s)
    if kind == "half":
        return rng.standard_normal((m, n)).astype(np.float16)
    if kind == "scaled":
        return rng.standard_normal((m, n)) * 2.0 ** rng.integers(-300, 300)
    if kind == "long" and rng.random() < 0.2:
        return rng.integers(-1, 2, (m, n)) + np.eye(m, n) * 0.0
    return rng.standard_normal((m, n))


ASKED = ("groups", "stored", "ridge", "heads")
"""Kinds of which something is asked that is not by default, or of which the row groups are several."""


def case_of(kind: str, seed: int) -> tuple[Chain, Thresholds] | None:
    """A chain of a kind and what is asked of it; None where a layer is zero."""
    if kind not in ASKED:
        arrays = arrays_of(kind, seed)
        return (Chain.from_arrays(arrays), Thresholds()) if all(np.any(a) for a in arrays) else None
    rng = np.random.default_rng([len(KINDS) + ASKED.index(kind), seed])
    of = str(rng.choice(["deficient", "graded", "tied", "half", "tiny"]))
    sides = [int(x) for x in rng.integers(2, 6, 3)]
    if kind == "groups":
        sides[2] = int(rng.integers(12, 30))
    if kind == "heads":
        count = int(rng.choice([2, 3, 4]))
        sides[1] = count * int(rng.integers(1, 3))
    arrays = [_layer(of, rng, m, n) for n, m in itertools.pairwise(sides)]
    if not all(np.any(a) for a in arrays):
        return None
    if kind == "heads":
        role, layer = ("query", "W1") if rng.random() < 0.5 else ("output", "W2")
        tables: list[dict[str, object]] = [{"name": "h", "count": count, "size": sides[1] // count, role: layer}]
        if rng.random() < 0.5:
            tables[0] |= {"output": "W2", "value": "W1"}
            tables[0].pop("query", None)
        return Chain.from_arrays(arrays, heads=tables), Thresholds()
    if kind == "stored":
        return Chain.from_arrays(arrays), Thresholds(storage=str(rng.choice(STORAGE_NAMES)))
    if kind == "ridge":
        number = {name: f"{10.0 ** rng.integers(-4, 3):.3g}" for name in ("ridge", "loss", "excess")}
        number.pop(str(rng.choice(["loss", "excess"])))
        return Chain.from_arrays(arrays), Thresholds(**number)
    return Chain.from_arrays(arrays), Thresholds()


def campaign(number: int, seed: int, kinds: Sequence[str] = KINDS) -> Iterator[tuple[str, int, list[Missed]]]:
    """Chains, kind after kind, until ``number`` values were held against the truth: kind, values, those missed."""
    done = 0
    while done < number:
        for kind in kinds:
            case = case_of(kind, seed)
            if case is None:
                continue
            chain, thresholds = case
            claims = list(run_protocol(chain, thresholds, workers=1).claims)
            subjects = subjects_of(chain, thresholds)
            for claim in claims:
                if claim.id == THRESHOLDS:
                    subjects[claim.subject].rows.adopt(claim.parameters["exponent"], [x.lower for x in claim.values])
            count = sum(value.finite for claim in claims for value in claim.values)
            done += count
            yield kind, count, [one for claim in claims for one in missed(claim, subjects)]
        seed += 1


def main() -> int:
    """Hold values against the truth; 1 where one was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.prover.containment", description=__doc__)
    parser.add_argument("--values", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=(*KINDS, *ASKED), default=(*KINDS, *ASKED))
    asked = parser.parse_args()
    counts = dict.fromkeys(asked.kinds, 0)
    wrong = 0
    for kind, count, found in campaign(asked.values, asked.seed, asked.kinds):
        counts[kind] += count
        wrong += len(found)
        for one in found:
            print(kind, one.claim.subject, one.claim.id, one.claim.values[one.place], one.truth, flush=True)
    print(f"{sum(counts.values())} values, {wrong} without the truth, {time.process_time():.0f} s: {counts}")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
