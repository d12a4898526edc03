"""A writer with two of its singular value decompositions, a reader, a row group with a threshold, and a cluster."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import flint

from certify.geometry.transport.source_modes import cluster_gram, source_activity_squared
from certify.verdict import Verdict
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar
from theorems.exact.spectra import spectrum

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = ["MODES", "SIZES", "Modes", "case", "edges", "highest", "lowest", "modes", "plain", "svds"]

MODES = (
    Parameter.matrix("A", "n", "m"),
    Parameter.matrix("A_next", "q", "n"),
    Parameter.matrix("V", "m", "m"),
    Parameter.matrix("other", "m", "m"),
    Parameter.vector("group", "q", 0, 1),
    Parameter.rational("theta", -1, 4),
    Parameter.integer("first", 1, "m"),
    Parameter.integer("last", 1, "m"),
    Parameter.integer("j", 1, "m"),
)
SIZES = {"m": (1, 3), "n": (1, 3), "q": (1, 2)}


class Modes:
    """X, its group, both bases, and the cluster C from the first to the last mode; exact."""

    def __init__(self, x: Instance) -> None:
        a, b = x.matrix("A"), x.matrix("A_next")
        self.whole = b * a
        self.group = [i for i, v in enumerate(x.vector("group")) if v != 0]
        self.v, self.other = x.matrix("V"), x.matrix("other")
        self.theta, self.j = x.rational("theta"), x.integer("j") - 1
        self.cluster = range(x.integer("first") - 1, x.integer("last"))
        self.square = a.transpose() * a

    @property
    def squares(self) -> list[flint.fmpq]:
        """The squared singular values of the writer, one for every mode."""
        diagonal = self.v.transpose() * self.square * self.v
        return [diagonal[i, i] for i in range(diagonal.nrows())]

    def is_basis(self, v: flint.fmpq_mat) -> bool:
        """Whether the columns are right singular vectors of the writer, in decreasing order."""
        diagonal, m = v.transpose() * self.square * v, v.nrows()
        places = list(itertools.product(range(m), repeat=2))
        orthonormal = all((v.transpose() * v)[i, k] == int(i == k) for i, k in places)
        return (
            orthonormal
            and all(diagonal[i, k] == 0 for i, k in places if i != k)
            and all(diagonal[i, i] >= diagonal[i + 1, i + 1] for i in range(m - 1))
        )

    def vectors(self, v: flint.fmpq_mat, places: Iterable[int]) -> list[list[flint.fmpq]]:
        """Columns of a basis."""
        return [[v[i, k] for i in range(v.nrows())] for k in places]

    def activity(self, v: flint.fmpq_mat) -> Scalar:
        """The squared activity of mode j in a basis."""
        return source_activity_squared(self.whole.tolist(), self.group, self.vectors(v, [self.j])[0])

    def extremes(self) -> tuple[Scalar, Scalar]:
        """The least and the largest squared singular value of X_G V_C."""
        gram = cluster_gram(self.whole.tolist(), self.group, self.vectors(self.v, self.cluster))
        values = spectrum(flint.fmpq_mat(gram))
        return values[-1], values[0]

    def projected(self) -> flint.fmpq:
        """‖(X P_C)_G‖_F², with the projector onto the span of the cluster."""
        m = self.v.nrows()
        columns = flint.fmpq_mat(m, len(self.cluster), [self.v[i, k] for i in range(m) for k in self.cluster])
        part = self.whole * columns * columns.transpose()
        return sum((part[i, k] ** 2 for i in self.group for k in range(m)), flint.fmpq(0))

    @property
    def equals(self) -> list[int]:
        """The modes whose singular value is that of mode j."""
        squares = self.squares
        return [k for k, v in enumerate(squares) if v == squares[self.j]]

    def truth(self) -> Verdict:
        """CERTIFIED, REFUTED: mode j is active in every decomposition, in none; UNDECIDED: in some.

        Mode j may be any unit vector of its eigenspace. All are active iff a form is positive semidefinite, none is iff
        its negative is positive definite; both are decided by minors.
        """
        if self.theta <= 0:
            return Verdict.CERTIFIED
        v = self.v
        k = len(self.equals)
        basis = flint.fmpq_mat(v.nrows(), k, [v[i, e] for i in range(v.nrows()) for e in self.equals])
        rows = flint.fmpq_mat([[self.whole[i, c] for c in range(v.nrows())] for i in self.group] or [[0] * v.nrows()])
        images = rows * basis
        form = images.transpose() * images - self.theta**2 * _identity(k)
        if all(_minor(form, some) >= 0 for size in range(1, k + 1) for some in itertools.combinations(range(k), size)):
            return Verdict.CERTIFIED
        if all(_minor(-1 * form, range(size)) > 0 for size in range(1, k + 1)):
            return Verdict.REFUTED
        return Verdict.UNDECIDED


def _identity(n: int) -> flint.fmpq_mat:
    return flint.fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def _minor(a: flint.fmpq_mat, places: Sequence[int]) -> flint.fmpq:
    return flint.fmpq_mat([[a[i, j] for j in places] for i in places]).det()


@functools.lru_cache(maxsize=512)
def modes(x: Instance) -> Modes:
    """The modes of an instance."""
    return Modes(x)


def case(
    a: Any, b: Any, c: tuple[int, int, int], theta: object = 1, *, v: Any = None, other: Any = None, group: Any = None
) -> Instance:
    """An instance; ``c`` is (first, last, j), the bases are the identity and the group is all rows where not given."""
    one = [[int(i == j) for j in range(len(a[0]))] for i in range(len(a[0]))]
    first, last, j = c
    changed = {"V": v or one, "other": other or v or one, "group": group or [1] * len(b)}
    return Instance.of(A=a, A_next=b, theta=theta, first=first, last=last, j=j, **changed)


_ONE, _SWAP = [[1, 0], [0, 1]], [[0, 1], [1, 0]]
_LOOK = [[3, 0], [0, 1]]
_ROTATED = [[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]]


def _simple_modes() -> Iterable[Instance]:
    for j in (1, 2):
        yield case([[2, 0], [0, 1]], [[1, 0], [0, 1]], (j, j, j), 2)
        yield case([[2, 0], [0, 1]], [[3, 0], [4, 1]], (j, j, j), 2, group=[0, 1])


def highest() -> Iterable[Instance]:
    """The mode of the other decomposition is the direction that the group reads most, of three rows too."""
    yield case(_ONE, _LOOK, (1, 2, 1), 2)
    yield case(_ONE, _LOOK, (1, 2, 2), 2, other=_SWAP)
    yield case(_ONE, [[3, 4], [6, 8], [0, 0]], (1, 2, 1), 2, other=_ROTATED)
    yield from _simple_modes()


def lowest() -> Iterable[Instance]:
    """The mode of the other decomposition is the direction that the group reads least."""
    yield case(_ONE, _LOOK, (1, 2, 2), 2)
    yield case(_ONE, _LOOK, (1, 2, 1), 2, other=_SWAP)
    yield from _simple_modes()


def edges() -> Iterable[Instance]:
    """Thresholds below, at, between and above the extremes 1 and 3 of a cluster; modes that W kills."""
    for theta in (Fraction(1, 2), 1, 2, 3, 4):
        yield case(_ONE, _LOOK, (1, 2, 1), theta, other=_SWAP)
    yield case([[1, 0, 0]], [[1]], (2, 3, 2), 1)
    yield case([[1, 0, 0]], [[1]], (2, 3, 2), 0)


def svds(kind: str = "any") -> SearchStrategy[Instance]:
    """Writers with repeated singular values and a rational basis, turned inside every cluster for the other.

    ``kind``: the cluster is one simple mode ("single"), all modes of one value ("equal"), or runs from a gap to a gap.
    """
    from theorems.subjects import orbit_samples as own
    from theorems.subjects.random_exact import random_orthogonal

    def orthogonal(source: Random, n: int) -> flint.fmpq_mat:
        if source.random() < 0.3:
            order = source.sample(range(n), n)
            return flint.fmpq_mat(n, n, [int(order[i] == k) for i in range(n) for k in range(n)])
        return random_orthogonal(n, source.randrange(2**32), height=2)

    def build(source: Random) -> Instance:
        m, n, q = source.randint(1, 4), source.randint(1, 3), source.randint(1, 3)
        values = sorted((source.choice((0, 1, 1, 2, 3)) for _ in range(min(m, n))), reverse=True)
        padded = values + [0] * (m - len(values))
        runs = [[k for k in range(m) if padded[k] == value] for value in sorted(set(padded), reverse=True)]
        chosen = _cluster(source, runs, kind)
        u, v, turn = orthogonal(source, n), orthogonal(source, m), flint.fmpq_mat(m, m)
        for run in runs:
            block = orthogonal(source, len(run))
            for (r, i), (c, k) in itertools.product(enumerate(run), repeat=2):
                turn[i, k] = block[r, c]
        a = u * _diagonal(values, n, m) * v.transpose()
        if source.random() < 0.5:  # seen along the singular vectors: extremes and thresholds are rational
            seen = [source.randint(0, 3) for _ in range(min(q, n))]
            b = orthogonal(source, q) * _diagonal(seen, q, n) * u.transpose()
        else:
            b = flint.fmpq_mat(q, n, [source.randint(-3, 3) for _ in range(q * n)])
        group = [int(source.random() < 0.7) for _ in range(q - 1)]
        matrices = {name: own.rows(x) for name, x in (("A", a), ("A_next", b), ("V", v), ("other", v * turn))}
        where = {"first": chosen[0] + 1, "last": chosen[-1] + 1, "j": source.choice(chosen) + 1}
        theta = source.choice((Fraction(1, 2), 1, 2, 3, 4, 6))
        return Instance.of(**matrices, group=[*group, 1], theta=theta, **where)

    return own.seeded(build)


def _cluster(source: Random, runs: list[list[int]], kind: str) -> list[int]:
    if kind == "single":
        return source.choice([run for run in runs if len(run) == 1] or runs)
    start = source.randrange(len(runs))
    stop = start if kind == "equal" else source.randrange(start, len(runs))
    return [k for run in runs[start : stop + 1] for k in run]


def _diagonal(values: list[int], rows: int, columns: int) -> flint.fmpq_mat:
    entries = [values[i] if i == k < len(values) else 0 for i in range(rows) for k in range(columns)]
    return flint.fmpq_mat(rows, columns, entries)


def plain(size: int, rng: Random) -> Iterator[Instance]:
    """Diagonal writers of small integers, and signed permutations for the other decomposition."""
    while True:
        m = rng.randint(1, size)
        values = sorted((rng.randint(0, 2) for _ in range(m)), reverse=True)
        order = rng.sample(range(m), m)
        first = rng.randint(1, m)
        last = rng.randint(first, m)
        yield case(
            [[v if i == j else 0 for j in range(m)] for i, v in enumerate(values)],
            [[rng.randint(0, 2) for _ in range(m)] for _ in range(rng.randint(1, 2))],
            (first, last, rng.randint(first, last)),
            rng.randint(1, 3),
            other=[[int(order[i] == j) for j in range(m)] for i in range(m)],
        )
