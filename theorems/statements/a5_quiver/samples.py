"""Chains of three rational layers, of every barcode with small sides, in random bases and in plain ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from flint import fmpq_mat

from certify.geometry.orbits.barcode import Barcode, normal_form, rank_array
from certify.geometry.orbits.barcode_order import barcodes, degenerations
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter

if TYPE_CHECKING:
    from random import Random

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "CHAINS",
    "LENGTH",
    "SIZES",
    "agree",
    "chain",
    "chains",
    "composes",
    "limits",
    "simple",
    "simple_chains",
    "threefold",
]

LENGTH = 3
_SHAPES = (("n1", "n0"), ("n2", "n1"), ("n3", "n2"))
CHAINS = tuple(
    Parameter.matrix(f"{name}{v}", rows, columns) for name in "WX" for v, (rows, columns) in enumerate(_SHAPES, 1)
)
SIZES = {"n0": (1, 1), "n1": (1, 2), "n2": (1, 2), "n3": (1, 1)}


def chain(x: Instance, name: str = "W") -> list[fmpq_mat]:
    """W₁, W₂, W₃, or the same with another letter."""
    return [x.matrix(f"{name}{v}") for v in range(1, LENGTH + 1)]


def composes(x: Instance) -> bool:
    """Whether both chains compose and have the same shapes."""
    first, second = chain(x), chain(x, "X")
    shapes = [[(w.nrows(), w.ncols()) for w in layers] for layers in (first, second)]
    return shapes[0] == shapes[1] and all(v.ncols() == u.nrows() for u, v in itertools.pairwise(first))


def agree(x: Instance, places: list[tuple[int, int]]) -> bool:
    """Whether the ranks of both chains agree at some places."""
    first, second = rank_array(chain(x)), rank_array(chain(x, "X"))
    return all(first[p] == second[p] for p in places)


def limits(x: Instance) -> list[Barcode]:
    """The barcodes that elementary degenerations reach from that of W, in any number."""
    found = [normal_form(chain(x)).bars]
    for bars in found:
        found += [low for low in degenerations(bars) if low not in found]
    return found


def _instance(found: dict[str, list[fmpq_mat]]) -> Instance:
    from theorems.subjects.orbit_samples import rows

    return Instance.of(**{f"{name}{v}": rows(w) for name in "WX" for v, w in enumerate(found[name], start=1)})


def _identity(n: int) -> fmpq_mat:
    return fmpq_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def chains() -> SearchStrategy[Instance]:
    """Two chains of one barcode in unrelated bases, sides from 1 to 3."""
    from theorems.subjects import orbit_samples as own

    def build(source: Random) -> Instance:
        dims = [source.randint(1, 3) for _ in range(LENGTH + 1)]
        bars = source.choice(list(barcodes(dims)))
        changed = {
            name: own.chain_of_barcode(bars, LENGTH, [own.change_of_basis(source, n) for n in dims]) for name in "WX"
        }
        return _instance(changed)

    return own.seeded(build)


def threefold() -> Iterable[Instance]:
    """Three equal bars, through all layers and through the first two."""
    through, two = [_identity(3)] * 3, [_identity(3), _identity(3), fmpq_mat(3, 3)]
    for layers in (through, two):
        yield _instance({"W": layers, "X": layers})


def simple(size: int, source: Random) -> Iterator[Instance]:
    """Two chains of 0/1 matrices with the same sides and any barcodes."""
    from theorems.subjects import orbit_samples as own

    while True:
        dims = [source.randint(1, min(size, 2)) for _ in range(LENGTH + 1)]
        listed = list(barcodes(dims))
        bases = list(map(_identity, dims))
        yield _instance({name: own.chain_of_barcode(source.choice(listed), LENGTH, bases) for name in "WX"})


def simple_chains() -> SearchStrategy[Instance]:
    """Draws of :func:`simple` with sides 1 and 2."""
    from theorems.subjects.orbit_samples import seeded

    return seeded(lambda source: next(simple(2, source)))
