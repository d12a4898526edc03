r"""Exact averages over the orthogonal group, by pairings (Collins and Śniady, 2006).

The average of U⊗U⊗…⊗U (2m factors, U Haar on O(n)) projects onto the span of the tensors that pair the factors:
:math:`\mathbb E\prod_kU_{i_kj_k}=\sum_{p,q}\delta_p(i)\,\delta_q(j)\,W(p,q)`, W a generalized inverse of the Gram
matrix :math:`G(p,q)=n^{\text{number of cycles of }p\cup q}`.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence

import flint

__all__ = ["average", "contractions", "pairings"]

Pairing = tuple[tuple[int, int], ...]


@functools.cache
def pairings(count: int) -> tuple[Pairing, ...]:
    """All ways to pair 0, …, count − 1.

    >>> [len(pairings(m)) for m in (2, 4, 6, 8)]
    [1, 3, 15, 105]
    """
    return tuple(_pairings(tuple(range(count))))


def _pairings(items: tuple[int, ...]) -> Iterator[Pairing]:
    if not items:
        yield ()
        return
    first, rest = items[0], items[1:]
    for place, partner in enumerate(rest):
        for others in _pairings(rest[:place] + rest[place + 1 :]):
            yield ((first, partner), *others)


def _cycles(p: Pairing, q: Pairing) -> int:
    one, two = (dict(x) | {b: a for a, b in x} for x in (p, q))
    left, found = set(one), 0
    while left:
        start = here = left.pop()
        while True:
            here = one[here]
            left.discard(here)
            here = two[here]
            if here == start:
                break
            left.discard(here)
        found += 1
    return found


@functools.cache
def _gram(count: int, n: int) -> flint.fmpq_mat:
    ways = pairings(count)
    return flint.fmpq_mat([[n ** _cycles(p, q) for q in ways] for p in ways])


@functools.cache
def _independent(count: int, n: int) -> tuple[int, ...]:
    """Places of pairings whose tensors are a basis of the span: all of them for n ≥ count/2."""
    reduced, rank = _gram(count, n).rref()
    return tuple(next(j for j in range(reduced.ncols()) if reduced[i, j] != 0) for i in range(rank))


def average(n: int, left: Sequence[flint.fmpq], right: Sequence[flint.fmpq], count: int) -> flint.fmpq:
    """Σ_{p,q} left_p W(p, q) right_q: the average of a contraction of U⊗…⊗U (``count`` factors) with two tensors, of
    which the contractions with every pairing are given."""
    places = _independent(count, n)
    gram = _gram(count, n)
    core = flint.fmpq_mat([[gram[i, j] for j in places] for i in places])
    solved = core.solve(flint.fmpq_mat([[right[i]] for i in places]))
    return sum((left[i] * solved[row, 0] for row, i in enumerate(places)), flint.fmpq(0))


def contractions(labels: Sequence[str], weight: Callable[..., flint.fmpq], values: int) -> list[flint.fmpq]:
    """For every pairing of the places labelled by ``labels``, the sum of ``weight`` over values of the labels that
    agree wherever two places are paired."""
    names = sorted(set(labels))
    found: list[flint.fmpq] = []
    classes: dict[tuple[int, ...], flint.fmpq] = {}
    for pairing in pairings(len(labels)):
        parent = {name: name for name in names}

        def top(name: str, parent: dict[str, str] = parent) -> str:
            while parent[name] != name:
                name = parent[name]
            return name

        for a, b in pairing:
            parent[top(labels[a])] = top(labels[b])
        heads = sorted({top(name) for name in names})
        key = tuple(heads.index(top(name)) for name in names)
        if key not in classes:
            total = flint.fmpq(0)
            for choice in itertools.product(range(values), repeat=len(heads)):
                total += weight(*(choice[i] for i in key))
            classes[key] = total
        found.append(classes[key])
    return found
