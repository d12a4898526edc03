"""Chains of three layers for the stability theorem: every orbit, balanced chains, flags; import this lazily."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from random import Random

import flint
from hypothesis.strategies import SearchStrategy

from certify.geometry.orbits.barcode import Barcode
from certify.geometry.orbits.barcode_order import barcodes
from certify.geometry.orbits.kempf_ness import is_balanced
from certify.geometry.orbits.stability import destabilizer
from theorems.engine.instance import Instance
from theorems.subjects import orbit_samples as own
from theorems.subjects.random_exact import random_orthogonal

__all__ = [
    "any_chain",
    "at_the_minimum",
    "balanced",
    "balanced_list",
    "destabilizing_f",
    "flagged",
    "near_minimum",
    "polystable_chain",
    "proper_pair",
    "simple",
    "simple_chain",
    "unbalanced",
]

LENGTH = 3


def _instance(source: Random, chain: list[flint.fmpq_mat], **more: object) -> Instance:
    n, k = chain[0].nrows(), chain[1].nrows()
    values: dict[str, object] = {f"W{l}": own.rows(w) for l, w in enumerate(chain, start=1)}
    values["p"], values["q"] = source.randint(1, 3), source.randint(1, 3)
    values["g"] = own.rows(own.change_of_basis(source, n))
    values["h"] = own.rows(own.change_of_basis(source, k))
    values["weights"] = [source.randint(-2, 2) for _ in range(n)]
    values["threshold"] = Fraction(1, 2 ** source.randint(1, 20))
    return Instance.of(**(values | more))


def _equal_ranks(bars: Barcode, length: int) -> bool:
    return all((i, j) == (0, length) or i == j for i, j in bars)


def _chain(source: Random, equal: bool | None) -> list[flint.fmpq_mat]:
    while True:
        dims = [source.randint(1, 3) for _ in range(LENGTH + 1)]
        listed = [b for b in barcodes(dims) if equal is None or _equal_ranks(b, LENGTH) == equal]
        if listed:
            changes = [own.change_of_basis(source, n) for n in dims]
            return own.chain_of_barcode(source.choice(listed), LENGTH, changes)


def any_chain() -> SearchStrategy[Instance]:
    """Chains from every orbit with sides up to 3, half of them polystable."""
    return own.seeded(lambda source: _instance(source, _chain(source, source.choice((True, None)))))


def polystable_chain() -> SearchStrategy[Instance]:
    """Polystable chains with one-parameter subgroups in the bases g, h whose limits mostly exist."""

    def build(source: Random) -> Instance:
        chain = _chain(source, True)
        found = destabilizer(chain)
        weights = [w if w == 0 else source.randint(-2, 2) for w in found.weights[0]]
        if source.random() < 0.3:
            weights = [source.randint(-1, 1) for _ in weights]
        g, h = (own.rows(b) for b in found.bases)
        return _instance(source, chain, g=g, h=h, weights=weights)

    return own.seeded(build)


def _balanced(source: Random, values: list[Fraction], dims: list[int]) -> list[flint.fmpq_mat]:
    # Q_l D Q_{l-1}^T with rational orthogonal Q_l: balanced, with rational singular values and flags.
    turns = [random_orthogonal(n, source.randrange(2**32), height=2) for n in dims]
    chain: list[flint.fmpq_mat] = []
    for lower, upper in itertools.pairwise(turns):
        d = flint.fmpq_mat(upper.nrows(), lower.nrows())
        for i, v in enumerate(values):
            d[i, i] = flint.fmpq(v.numerator, v.denominator)
        chain.append(upper * d * lower.transpose())
    return chain


def _spectrum(source: Random, r: int) -> list[Fraction]:
    listed = [Fraction(1), Fraction(2), Fraction(3), Fraction(1, 2), Fraction(5, 3)]
    return sorted((source.choice(listed) for _ in range(r)), reverse=True)


def balanced_instance(source: Random) -> Instance:
    """One balanced chain with rational singular values, sides up to 3."""
    dims = [source.choice((1, 2, 3, 3)) for _ in range(LENGTH + 1)]
    r = source.randint(1, min(dims)) if source.random() < 0.95 else 0
    return _instance(source, _balanced(source, _spectrum(source, r), dims))


def balanced() -> SearchStrategy[Instance]:
    """Balanced chains."""
    return own.seeded(balanced_instance)


def balanced_list() -> Iterator[Instance]:
    """A dozen balanced chains."""
    source = Random(4)
    return (balanced_instance(source) for _ in range(12))


def flagged() -> SearchStrategy[Instance]:
    """Chains in the orbit of a balanced one, so that their canonical flags are rational."""

    def build(source: Random) -> Instance:
        x = balanced_instance(source)
        chain = [x.matrix(f"W{l}") for l in (1, 2, 3)]
        g, h = own.change_of_basis(source, chain[0].nrows()), own.change_of_basis(source, chain[1].nrows())
        moved = [g * chain[0], h * chain[1] * g.inv(), chain[2] * h.inv()]
        return _instance(source, moved)

    return own.seeded(build)


def near_minimum() -> SearchStrategy[Instance]:
    """Chains moved away from a balanced one, with g and h that move them back, or nearly: the whole orbit, from afar to
    its minimum."""

    def build(source: Random) -> Instance:
        x = balanced_instance(source)
        chain = [x.matrix(f"W{l}") for l in (1, 2, 3)]
        g, h = own.change_of_basis(source, chain[0].nrows()), own.change_of_basis(source, chain[1].nrows())
        moved = [g * chain[0], h * chain[1] * g.inv(), chain[2] * h.inv()]
        near = 1 + flint.fmpq(source.choice((0, 1)), 2 ** source.randint(0, 20))
        return _instance(source, moved, g=own.rows(near * g.inv()), h=own.rows(h.inv()))

    return own.seeded(build)


def at_the_minimum() -> Iterator[Instance]:
    """A dozen balanced chains that stay as they are."""
    for x in balanced_list():
        one = {"g": _identity(x.matrix("W1").nrows()), "h": _identity(x.matrix("W2").nrows())}
        yield x.replace(**{name: own.rows(m) for name, m in one.items()})


def destabilizing_f() -> Iterator[Instance]:
    """Nested pairs, and F = U∩V, where the weight is largest."""
    source = Random(5)
    for n, a, b in ((2, 1, 1), (3, 1, 2), (3, 2, 1)):
        u, v = own.normal_pair(n, a, b, min(a, b))
        reads, meet = v.annihilator.matrix.transpose(), (u & v).matrix
        filled = [[meet[i, j] if j < meet.ncols() else 0 for j in range(n)] for i in range(n)]
        chain = [u.matrix, reads, _identity(reads.nrows())]
        yield _instance(source, chain, p=1, q=1, g=own.rows(flint.fmpq_mat(filled)))


def unbalanced() -> SearchStrategy[Instance]:
    """Chains that are not balanced: some not polystable, some in the orbit of a balanced one, at any distance."""

    def build(source: Random) -> Instance:
        while True:
            if source.random() < 0.5:
                chain = _chain(source, False)
            else:
                x = balanced_instance(source)
                chain = [x.matrix(f"W{l}") for l in (1, 2, 3)]
                near = flint.fmpq(1) + flint.fmpq(1, 2 ** source.randint(0, 20))
                chain = [chain[0] * near, chain[1] * (1 / near), chain[2]]
            if not is_balanced(chain):
                return _instance(source, chain)

    return own.seeded(build)


def proper_pair(*, nested: bool = False, complementary: bool | None = None) -> SearchStrategy[Instance]:
    """Two layers with U = im W₁, V = ker W₂ of dimensions 0 < a, b < n from every such stratum; W₃ is the identity."""
    listed = [
        (n, a, b, i)
        for n, a, b, i in own.all_strata(4)
        if 0 < a < n and 0 < b < n and (not nested or i == min(a, b))
        if complementary is None or (a + b == n and i == 0) == complementary
    ]

    def build(source: Random) -> Instance:
        stratum = source.choice(listed)
        x = Instance.of(**own.pair(source, ("U", "V"), stratum))
        reads = own.space(x, "V").annihilator.matrix.transpose()
        one = _identity(reads.nrows())
        changes: dict[str, object] = {}
        if source.random() < 0.5:  # an F that sees U and V
            u, v = own.space(x, "U"), own.space(x, "V")
            f = source.choice([u, v, u & v, u + v]).matrix
            filled = [[f[i, j] if j < f.ncols() else 0 for j in range(f.nrows())] for i in range(f.nrows())]
            changes["g"] = own.rows(flint.fmpq_mat(filled))
        p = source.randint(1, 3)
        q = p if source.random() < 0.5 else source.randint(1, 3)
        return _instance(source, [x.matrix("U"), reads, one], p=p, q=q, **changes)

    return own.seeded(build)


def simple(size: int, source: Random) -> Iterator[Instance]:
    """For the search: normal forms of chains and coordinate pairs, moved by nothing."""
    strata = [s for s in own.all_strata(min(size, 3)) if 0 < s[1] < s[0] and 0 < s[2] < s[0]]
    while True:
        dims = [source.randint(1, min(size, 2)) for _ in range(LENGTH + 1)]
        one = [_identity(n) for n in dims]
        chain = own.chain_of_barcode(source.choice(list(barcodes(dims))), LENGTH, one)
        if strata and source.random() < 0.5:
            u, v = own.normal_pair(*source.choice(strata))
            reads = v.annihilator.matrix.transpose()
            chain = [u.matrix, reads, _identity(reads.nrows())]
        ones = {"g": own.rows(_identity(chain[0].nrows())), "h": own.rows(_identity(chain[1].nrows()))}
        yield _instance(source, chain, **ones)


def simple_chain() -> SearchStrategy[Instance]:
    """The instances of :func:`simple` with sides up to 3."""
    return own.seeded(lambda source: next(simple(3, source)))


def _identity(n: int) -> flint.fmpq_mat:
    return flint.fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
