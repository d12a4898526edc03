"""The radius of an incidence structure: nothing below it changes anything, its facet's perturbation does.

Structures are computed here from the product of the matrices in float64, far more coarsely than any margin used.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace

import numpy as np
import pytest

from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check
from certify.claims.robustness import RADIUS, read_facet
from certify.claims.thresholds import Thresholds
from certify.execution import certify
from certify.geometry.transport.robustness import Facet, flipped_activities
from certify.prover.robustness import near_multipliers
from certify.verdict import Claim, Enclosure

FEW, MANY = 300, 10_000


@dataclass
class Structured:
    """X = W'W in the units of a certificate, its groups and recorded thresholds."""

    found: Certificate
    chain: Chain
    x: np.ndarray
    groups: list[list[int]]
    theta: np.ndarray
    omega: float | None
    nu: float | None
    kappa: float
    beta: float

    def claim(self, id: str = RADIUS) -> Claim:
        return next(claim for claim in self.found.claims if claim.id == id)

    @property
    def facet(self) -> Facet:
        facet = read_facet(str(self.claim().parameters["facet"]))
        assert facet is not None
        return Facet(*facet)

    def activities(self, x: np.ndarray) -> np.ndarray:
        return np.stack([np.linalg.norm(x[rows], axis=0) for rows in self.groups])

    def structure(self, x: np.ndarray) -> tuple[bytes, bytes, bool, str]:
        a = self.activities(x)
        active = a >= self.theta[:, None]
        w = np.where(active, a, 0.0) @ np.where(active, a, 0.0).T
        edges = np.triu(w >= self.omega, 1) if self.omega is not None else np.zeros(0)
        quiet = self.nu is None or bool(np.linalg.norm(a[~active]) <= self.nu)
        letters = [self.letter(a, active, g, h) for g, h in np.argwhere(edges)] if self.omega is not None else []
        return active.tobytes(), edges.tobytes(), quiet, "".join(letters)

    def letter(self, a: np.ndarray, active: np.ndarray, g: int, h: int) -> str:
        shared = active[g] & active[h]
        left, right = a[g, shared], a[h, shared]
        lengths = np.linalg.norm(left), np.linalg.norm(right)
        if shared.sum() > 1 and left @ right < self.kappa * lengths[0] * lengths[1]:
            return "T"
        return "C" if max(lengths) <= self.beta * min(lengths) else "A"

    def error(self, facet: Facet, beyond: float) -> np.ndarray:
        """The perturbation of a facet."""
        a = self.activities(self.x)
        supports = [frozenset(np.flatnonzero(row >= t).tolist()) for row, t in zip(a, self.theta, strict=True)]
        levels = {"pair": self.omega, "noise": self.nu, "angle": self.kappa, "ratio": self.beta}
        level = levels.get(facet.kind) if facet.kind != "column" else float(self.theta[facet.place[0]])
        assert level is not None
        e = np.zeros_like(self.x)
        for (g, j), target in flipped_activities(a.tolist(), supports, facet, level, beyond).items():
            rows = self.groups[g]
            e[rows, j] = self.x[rows, j] * (float(target) / a[g, j] - 1)
        return e


def structured(matrices: list[np.ndarray], **changes: object) -> Structured:
    chain = Chain.from_arrays(matrices)
    found = certify(chain, thresholds=Thresholds(**changes), workers=1)
    by_id = {claim.id: claim for claim in found.claims}
    recorded = by_id["E4.thresholds"]
    unit = int(recorded.parameters["exponent"])
    size = int(changes["group_rows"])  # pyright: ignore[reportArgumentType]
    x = np.ldexp(matrices[1] @ matrices[0], -unit)
    groups = [list(range(start, min(start + size, len(x)))) for start in range(0, len(x), size)]
    assert len(groups) == len(recorded.values)
    graph = by_id.get("E4.graph")
    omega = None if graph is None else float(graph.parameters["edge_threshold"])
    nu = float(by_id["E4.supports"].parameters["noise_threshold"]) or None
    theta = np.array([value.lower for value in recorded.values])
    options = Thresholds(**changes)
    return Structured(found, chain, x, groups, theta, omega, nu, options.label_correlation, options.label_ratio)


_RNG = np.random.default_rng(4)
_LAYERS = [_RNG.standard_normal((12, 16)), _RNG.standard_normal((15, 12))]
_POSITIVE = [np.abs(_RNG.standard_normal((6, 5))) + 1, np.abs(_RNG.standard_normal((6, 6))) + 1]


def _near_a_pair(part: float) -> Structured:
    """All columns active, ω close to the weight of the lightest pair."""
    x = _POSITIVE[1] @ _POSITIVE[0]
    a = np.stack([np.linalg.norm(x[rows], axis=0) for rows in ([0, 1], [2, 3], [4, 5])])
    weight = min(float(a[g] @ a[h]) for g, h in ((0, 1), (0, 2), (1, 2)))
    return structured(_POSITIVE, group_rows=2, activity_threshold="1.0", edge_threshold=f"{weight * (1 + part):.17f}")


def _near_the_noise() -> Structured:
    return structured(_LAYERS, group_rows=3, activity_threshold="largest", noise_threshold="1.00001x")


def _near_a_label(kind: str, part: float) -> Structured:
    """All columns active, all pairs edges, κ or β* close to the number of one of them."""
    x = _POSITIVE[1] @ _POSITIVE[0]
    a = np.stack([np.linalg.norm(x[rows], axis=0) for rows in ([0, 1], [2, 3], [4, 5])])
    pairs = [(a[g], a[h]) for g, h in ((0, 1), (0, 2), (1, 2))]
    cosines = [float(u @ v / np.linalg.norm(u) / np.linalg.norm(v)) for u, v in pairs]
    ratios = [float(max(r, 1 / r)) for r in (np.linalg.norm(u) / np.linalg.norm(v) for u, v in pairs)]
    near = {"angle": {"label_correlation": min(cosines) * (1 + part), "label_ratio": 9.0}}
    near["ratio"] = {"label_correlation": 0.1, "label_ratio": max(ratios) * (1 + part)}
    return structured(_POSITIVE, group_rows=2, activity_threshold="1.0", edge_threshold="0.01", **near[kind])


CASES = {
    "column": lambda: structured(_LAYERS, group_rows=3, label_correlation=0.1, label_ratio=9.0),
    "edge": lambda: _near_a_pair(-0.01),
    "no edge": lambda: _near_a_pair(0.01),
    "noise": _near_the_noise,
    "alike": lambda: _near_a_label("angle", -1e-4),
    "unlike": lambda: _near_a_label("angle", 1e-4),
    "close": lambda: _near_a_label("ratio", 1e-3),
    "far": lambda: _near_a_label("ratio", -1e-3),
}


made = functools.cache(lambda name: CASES[name]())


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Structured:
    return made(request.param)


@pytest.fixture(params=["edge", "noise", "unlike", "far"])
def attacked(request: pytest.FixtureRequest) -> Structured:
    return made(request.param)


def test_the_cases_have_the_facets_that_they_are_for():
    assert [made(name).facet.kind for name in CASES] == [
        *("column", "pair", "pair", "noise", "angle", "angle", "ratio", "ratio")
    ]


def test_it_is_accepted(case: Structured):
    assert check(case.found, case.chain, workers=1).reasons == ()


def _perturbed(case: Structured, tries: int) -> None:
    radius = case.claim().values[0].lower
    whole = case.structure(case.x)
    rng = np.random.default_rng(8)
    kind = case.facet.kind
    own = case.error(case.facet, 1e-9)
    for trial in range(tries):
        e = rng.standard_normal(case.x.shape)
        if trial % 3 == 0:
            e *= rng.random(case.x.shape) < 0.1
        if trial % 3 == 1:
            # Close to the one direction that reaches the nearest facet.
            e = own / np.linalg.norm(own) + 0.01 * rng.random() * e / np.linalg.norm(e)
        if not e.any():
            continue
        e *= radius * (1 - 1e-6) / np.linalg.norm(e)
        assert case.structure(case.x + e) == whole, (kind, trial)


def test_no_perturbation_below_the_radius_changes_anything(case: Structured):
    _perturbed(case, FEW)


@pytest.mark.slow
def test_no_perturbation_of_many_does(case: Structured):
    _perturbed(case, MANY)


def test_the_perturbation_of_the_facet_flips_it(case: Structured):
    claim = case.claim()
    e = case.error(case.facet, float(claim.parameters["beyond"]))
    radius, flip = claim.values[:2]
    assert np.linalg.norm(e) <= radius.upper * (1 + 1e-6)
    assert np.linalg.norm(e) == pytest.approx(flip.upper, rel=1e-5)
    assert case.structure(case.x + e) != case.structure(case.x)
    assert case.structure(case.x + e * (1 - 1e-5)) == case.structure(case.x)


def test_an_exact_pair():
    # Activities 4 and 1, ω = 2600/1089: the multiplier is 1/10, the distance √173/33.
    found = structured(
        [np.array([[1.0]]), np.array([[4.0], [1.0]])],
        group_rows=1, activity_threshold="0.25", edge_threshold=f"{2600 / 1089:.17f}",
    )  # fmt: skip
    unit = 2.0 ** int(found.claim("E4.thresholds").parameters["exponent"])
    columns, pairs = (value.lower * unit for value in found.claim().values[2:4])
    assert columns == pytest.approx(0.75, rel=1e-9)
    assert pairs == pytest.approx(173**0.5 / 33, rel=1e-9)


def test_there_is_no_noise_to_move_where_all_is_active():
    found = structured([np.array([[2.0]]), np.array([[1.0]])], group_rows=1, activity_threshold="1.0")
    assert found.claim().parameters["lines"] == "columns"


def test_multipliers_lie_inside():
    mu = near_multipliers(np.array([8.0, 8.0, 8.0]), np.array([0.0, 1e-20, 3.0]), np.array([0.5, 0.5, 1e9]))
    assert ((mu > -1) & (mu < 1)).all()


def _forged(case: Structured, **changes: object) -> list[str]:
    claims = list(case.found.claims)
    place = claims.index(case.claim())
    claims[place] = replace(claims[place], **changes)
    found = check(replace(case.found, claims=tuple(claims)), case.chain, workers=1)
    return [reason.claim for reason in found.reasons]


def test_forged_radii(attacked: Structured):
    values = attacked.claim().values
    for place in range(len(values)):
        for factor in (1 - 2.0**-20, 1 + 2.0**-20):
            other = list(values)
            other[place] = Enclosure(values[place].lower * factor, values[place].upper * factor)
            assert RADIUS in _forged(attacked, values=tuple(other)), (place, factor)


def test_forged_facets(attacked: Structured):
    parameters = attacked.claim().parameters
    for text in (
        "column 0 3",
        "column 1 1",
        "pair 0 1",
        "pair 1 2",
        "pair 2 1",
        "noise",
        "column 0 99",
        "pair 0",
        "luck",
        "angle 0 1",
        "ratio 0 2",
        "angle 1 1",
    ):
        if text != parameters["facet"]:
            assert RADIUS in _forged(attacked, parameters={**parameters, "facet": text}), text
    for beyond in (0.0, -1.0, float(parameters["beyond"]) * 1e4):
        assert RADIUS in _forged(attacked, parameters={**parameters, "beyond": beyond}), beyond
    assert RADIUS in _forged(
        attacked, parameters={**parameters, "lines": "columns"} if attacked.nu else {"lines": "noise"}
    )
