"""Proposals of the later search stages: strategies with values exchanged, and global optimisation of the margin."""

from __future__ import annotations

import contextlib
import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from theorems.engine.draw import Enough, draw
from theorems.engine.families import integer_range, random_value, shapes
from theorems.engine.instance import Instance, Matrix, Value
from theorems.engine.theorem import Parameter, Reading

if TYPE_CHECKING:
    from theorems.engine.hunt import Hit, Hunt

__all__ = ["from_optimisation", "from_strategies"]

_BATCH = 25
# Batch k of a seed is drawn with that seed plus k times this prime: no two seeds in use share a batch.
_SEEDS = 1_000_003
_GRID = 32
_RANGE = (0.1, 4.0)
_CHOICES = 24
_GENERATIONS = 80
_EVALUATIONS = 2000
_SAMPLES = 12
_EXCLUDED = 1e6


def from_strategies(hunt: Hunt, size: int, seed: int) -> Iterator[Hit | None]:
    """Draw from the theorem's own strategies, also with one value exchanged: that is how a hypothesis gets violated."""
    rng = random.Random(seed)
    strategies = list(dict.fromkeys(r.strategy or hunt.theorem.strategy for r in hunt.targets))
    for batch in itertools.count():
        tried = hunt.total
        for strategy in strategies:
            drawn: list[Instance] = []
            draw(strategy(), drawn.append, examples=_BATCH, seed=seed + batch * _SEEDS)
            for x in drawn:
                for candidate in (x, *(_exchanged(hunt.theorem.parameters, x, rng) for _ in range(3))):
                    if _side(candidate) <= size:
                        yield hunt.attempt(candidate)
        if hunt.total == tried:
            return


def _side(x: Instance) -> int:
    return max(
        (max(len(v), len(v[0])) for _, v in x.items if isinstance(v, tuple) and isinstance(v[0], tuple)), default=0
    )


def _exchanged(parameters: tuple[Parameter, ...], x: Instance, rng: random.Random) -> Instance:
    p = rng.choice(parameters)
    shape: dict[str, int] = {}
    for q in parameters:
        value = x[q.name]
        if q.kind == "matrix":
            shape |= {q.rows: len(cast(Matrix, value)), q.columns: len(cast(Matrix, value)[0])}
        elif q.kind == "vector":
            shape[q.rows] = len(cast(Matrix, value))
    return x if p.kind == "chain" else x.replace(**{p.name: random_value(p, shape, rng.choice((2, 3, 6)), rng)})


def from_optimisation(hunt: Hunt, size: int, seed: int) -> Iterator[Hit | None]:
    """Differential evolution on the certified margin, over diagonal and over full matrices with entries on a grid."""
    plans = [
        (reading, _Space(hunt.theorem.parameters, shape, fixed, diagonal=diagonal))
        for shape in reversed(shapes(hunt.theorem, size))
        for diagonal in (True, False)
        for reading in hunt.targets
        for fixed in itertools.islice(_discrete(hunt.theorem.parameters, shape), _CHOICES)
        if reading.sides is not None
    ]
    plans = [(reading, space) for reading, space in plans if space.bounds]
    for again in itertools.count() if plans else ():
        for reading, space in plans:
            yield _evolve(hunt, reading, space, seed + again * _SEEDS)


def _discrete(parameters: tuple[Parameter, ...], shape: Mapping[str, int]) -> list[dict[str, Value]]:
    names = [p.name for p in parameters if p.kind in ("choice", "integer")]
    values: list[list[Value]] = []
    for p in parameters:
        if p.kind == "choice":
            values.append(list(p.options))
        elif p.kind == "integer":
            low, high = integer_range(p, shape)
            values.append(list(range(low, high + 1)))
    return [dict(zip(names, combination, strict=True)) for combination in itertools.product(*values)]


class _Space:
    """A box of real parameters and the exact instance at each of its points."""

    def __init__(
        self, parameters: tuple[Parameter, ...], shape: Mapping[str, int], fixed: Mapping[str, Value], *, diagonal: bool
    ) -> None:
        self.parameters, self.shape, self.fixed, self.diagonal = parameters, shape, fixed, diagonal
        chain = any(p.kind == "chain" for p in parameters)
        self.bounds = [] if chain else [bound for p in parameters for bound in self._bounds(p)]

    def _bounds(self, p: Parameter) -> list[tuple[float, float]]:
        if p.kind == "matrix":
            m, n = self.shape[p.rows], self.shape[p.columns]
            return [_RANGE] * min(m, n) if self.diagonal else [(-_RANGE[1], _RANGE[1])] * (m * n)
        if p.kind in ("rational", "vector"):
            count = 1 if p.kind == "rational" else self.shape[p.rows]
            return [(float(p.low), float(cast(Fraction, p.high)))] * count
        return []

    def instance(self, point: npt.NDArray[np.float64]) -> Instance:
        numbers = iter([Fraction(round(float(v) * _GRID), _GRID) for v in point])
        values: dict[str, Any] = {}
        for p in self.parameters:
            if p.kind == "matrix":
                values[p.name] = self._matrix(p, lambda: next(numbers))
            elif p.kind == "vector":
                values[p.name] = [next(numbers) for _ in range(self.shape[p.rows])]
            elif p.kind == "rational":
                values[p.name] = next(numbers)
            else:
                values[p.name] = self.fixed[p.name]
        return Instance.of(**values)

    def _matrix(self, p: Parameter, take: Callable[[], Fraction]) -> list[list[Fraction]]:
        m, n = self.shape[p.rows], self.shape[p.columns]
        if self.diagonal:
            return [[take() if i == j else Fraction(0) for j in range(n)] for i in range(m)]
        rows = [[take() for _ in range(n)] for _ in range(m)]
        return [[rows[min(i, j)][max(i, j)] for j in range(n)] for i in range(m)] if p.symmetric else rows


def _evolve(hunt: Hunt, reading: Reading, space: _Space, seed: int) -> Hit | None:
    from scipy.optimize import differential_evolution

    found: list[Hit] = []
    last = hunt.total + _EVALUATIONS

    def objective(point: npt.NDArray[np.float64]) -> float:
        margin, hit = hunt.score(reading, space.instance(point))
        found.extend([hit] if hit is not None else [])
        if found or hunt.over or hunt.total >= last:
            raise Enough
        # An instance that violates a hypothesis is worse than any that does not.
        return margin if math.isfinite(margin) else _EXCLUDED

    rng = np.random.default_rng(seed)
    low, high = np.array(space.bounds).T
    with contextlib.suppress(Enough):
        samples = [objective(low + (high - low) * rng.random(len(space.bounds))) for _ in range(_SAMPLES)]
        if min(samples) < _EXCLUDED:
            differential_evolution(
                objective, space.bounds, rng=seed, maxiter=_GENERATIONS, popsize=6, polish=False, tol=1e-12
            )
    return found[0] if found else None
