"""Two models, matrix by matrix and interface by interface: certified differences.

``certify.compare(a, b)`` reads the chain of A, takes from B what has the same names, or applies B when it is a LoRA
adapter of A, and encloses what differs: singular values, exponents, ranks, subspaces, overlaps, the change itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from certify.chain import Limits, load
from certify.chain.limits import DEFAULT_LIMITS
from certify.chain.loading import read_tensors
from certify.chain.model import Layer
from certify.claims.thresholds import Thresholds
from certify.comparison.document import Comparison
from certify.comparison.interfaces import compare_interface
from certify.comparison.layers import compare_layer
from certify.comparison.pairs import Adapter, pair_up
from certify.comparison.side import Side, adapted, changed_by, side, sum_of
from certify.errors import UsageError
from certify.prover.ledger import Ledger
from certify.rigor.rounding import FloatArray

__all__ = ["Comparison", "compare"]

Progress = Callable[[int, int, str], None]
Path = str | os.PathLike[str]


def compare(
    a: Path,
    b: Path,
    chain_file: Path | None = None,
    *,
    preset: str = "",
    thresholds: Thresholds | None = None,
    above: float | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress | None = None,
) -> Comparison:
    """Enclose the differences between two models, B less A.

    Parameters
    ----------
    a, b : what :func:`certify.load` reads; ``b`` may be a folder with a LoRA adapter of ``a``.
    chain_file, preset : the layers and edges of A, as for :func:`certify.load`; B has the same ones.
    thresholds : limits of widths and the windows; the defaults when omitted.
    above : numerical ranks count singular values above it; a hundredth of σ_1 in A when omitted.
    progress : told how many layers and interfaces are done.

    Raises
    ------
    InputError : an input is refused, or the models have no matrix in common.
    """
    asked = Thresholds() if thresholds is None else thresholds
    if above is not None and not (np.isfinite(above) and above >= 0.0):
        raise UsageError(f"a threshold of {above}", hint="singular values are compared with a finite number >= 0")
    chain = load(a, chain_file, limits, preset=preset)
    source = os.fspath(b)
    pairs = pair_up(chain, read_tensors(source, limits)[0], source, limits)
    edges = [
        (chain.layers[edge.lower], chain.layers[edge.upper])
        for edge in chain.edges
        if chain.layers[edge.lower].name in pairs.layers and chain.layers[edge.upper].name in pairs.layers
    ]
    total, done = len(pairs.layers) + len(edges), 0
    sides: dict[str, tuple[Side, Side]] = {}
    ledgers: list[Ledger] = []
    hashes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for layer in chain.layers:
        other = pairs.layers.get(layer.name)
        if other is None:
            continue
        if progress is not None:
            progress(done, total, f"layer {layer.name}")
        first, second, change = _sides(layer, other, asked.exact_rank_seconds)
        ledgers.append(compare_layer(layer.name, first, second, change, asked, above))
        sides[layer.name] = first, second
        others = (other.down, other.up) if isinstance(other, Adapter) else (other,)
        hashes[layer.name] = _hashes([layer]), _hashes(others)
        done += 1
    for lower, upper in edges:
        subject = f"edge {lower.name} -> {upper.name}"
        if progress is not None:
            progress(done, total, subject)
        below, over = sides[lower.name], sides[upper.name]
        ledgers.append(compare_interface(subject, (below[0], over[0]), (below[1], over[1]), asked))
        done += 1
    return Comparison(
        os.path.basename(os.fspath(a).rstrip("/")),
        os.path.basename(source.rstrip("/")),
        hashes,
        tuple((lower.name, upper.name) for lower, upper in edges),
        tuple(claim for ledger in ledgers for claim in ledger.claims),
        tuple(item for ledger in ledgers for item in ledger.not_asked),
        pairs.left_out,
        asked,
    )


def _hashes(layers: Sequence[Layer]) -> tuple[str, ...]:
    found: list[str] = []
    for layer in layers:
        operands = layer.expression.operands if layer.expression else ()
        found += [layer.sha256, *(item.sha256 for item in operands)]
    return tuple(found)


def _sides(layer: Layer, other: Layer | Adapter, seconds: float) -> tuple[Side, Side, Side]:
    """W_A, W_B and W_B − W_A."""
    matrix = layer.matrix()
    first = side(matrix, 0.0, seconds)
    if isinstance(other, Layer):
        b = other.matrix()
        change, radius = changed_by(matrix, b)
        return first, side(b, 0.0, seconds), side(change, radius, seconds)
    change, radius = _adapter_change(other)
    total, off = sum_of(matrix, change, radius)
    rank = other.down.shape[0]
    return first, side(total, off, seconds), side(change, radius, seconds, most=rank)


def _adapter_change(adapter: Adapter) -> tuple[FloatArray, float]:
    # A factor that is zero, as before training, is no layer of its own and changes nothing.
    parts = [_stored(layer) for layer in (adapter.up, adapter.down)]
    if not all(part.any() for part in parts):
        return np.zeros((adapter.up.shape[0], adapter.down.shape[1])), 0.0
    return adapted(parts[0], parts[1], Fraction(adapter.factor))


def _stored(layer: Layer) -> FloatArray:
    array, _ = layer.stored.read()
    return layer.matrix() if array.any() else np.zeros(layer.shape)
