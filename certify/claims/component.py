"""What is asserted of layers W_1, ..., W_L, of which each reads what the one before writes (THEORY A4, A5)."""

from __future__ import annotations

from collections.abc import Sequence

from certify.claims.assertion import Assertion, limit_of, measured
from certify.claims.domain import SPECTRAL, STATIC
from certify.verdict import Verdict

__all__ = [
    "BARCODE_IDS",
    "IDS",
    "barcode",
    "kempf_ness_gap",
    "polystable",
    "product_sigma",
    "ranks",
    "relative_kempf_ness_gap",
]

BARCODE_IDS = ("A5.ranks", "A5.barcode")
IDS = (
    "A4.polystable",
    "A4.product.sigma",
    "A4.kempf_ness.gap",
    "A4.kempf_ness.gap.relative",
    *BARCODE_IDS,
    SPECTRAL,
    STATIC,
)

Bounds = tuple[int, int]

_WORDS = {Verdict.CERTIFIED: "yes", Verdict.REFUTED: "no", Verdict.UNDECIDED: "unknown"}


def polystable(found: Verdict, layers: Sequence[Bounds], product: Bounds) -> Assertion:
    """Whether the orbit under hidden reparameterization is closed, from bounds of all ranks and of their product's."""
    return measured(
        "A4.polystable",
        "whether the chain is polystable (1) or not (0): all layers have the rank of their product, so that the orbit "
        "under hidden reparameterization is closed",
        0.0,
        parameters={
            "polystable": _WORDS[found],
            "reason": _reason(found, layers, product),
            "product_rank_low": product[0],
            "product_rank_high": product[1],
        },
        note="no defect of the network: layers of different ranks are never polystable, and the closed orbit to which "
        "the chain degenerates has the same product"
        if found is Verdict.REFUTED
        else "",
    )


def _reason(found: Verdict, layers: Sequence[Bounds], product: Bounds) -> str:
    names = [*(f"rank W_{l}" for l in range(1, len(layers) + 1)), "rank of the product"]
    every = [*layers, product]
    low, high = max(x for x, _ in every), min(y for _, y in every)
    if found is Verdict.CERTIFIED:
        return f"all ranks are {low}"
    if found is Verdict.REFUTED:
        largest = next(name for name, (x, _) in zip(names, every, strict=True) if x == low)
        smallest = next(name for name, (_, y) in zip(names, every, strict=True) if y == high)
        return f"{largest} >= {low} > {high} >= {smallest}"
    parts = [f"{name} in [{x}, {y}]" for name, (x, y) in zip(names, every, strict=True) if x != y]
    return f"not certified: {', '.join(parts)}"


def product_sigma(count: int, relative: float, scale: float) -> Assertion:
    """The singular values of the product, to ``relative`` of ``scale``, which is the product of all σ_1."""
    return measured(
        "A4.product.sigma",
        "the singular values of the product of all layers, decreasing; those beyond its rank are 0",
        limit_of(relative, scale),
        count=count,
    )


def kempf_ness_gap(length: int, relative: float, mass: float) -> Assertion:
    """The distance from balance, to ``relative`` of ``mass``, which is Σ‖W_l‖_F²."""
    return measured(
        "A4.kempf_ness.gap",
        "the Kempf–Ness gap Σ‖W_l‖_F² − L Σσ_i(W_L⋯W_1)^(2/L), 0 exactly for balanced chains",
        limit_of(relative, mass),
        parameters={"layers": length},
    )


def relative_kempf_ness_gap(length: int, width: float) -> Assertion:
    """The distance from balance, free of the layers' scales."""
    return measured(
        "A4.kempf_ness.gap.relative",
        "the Kempf–Ness gap relative to Σ‖W_l‖_F², between 0 (balanced) and 1 (the product vanishes)",
        width,
        parameters={"layers": length},
    )


def ranks(dimensions: Sequence[int]) -> Assertion:
    """The ranks of all products, from the dimensions of all L + 1 spaces."""
    length = len(dimensions) - 1
    return measured(
        "A5.ranks",
        "the ranks of all products W_v⋯W_(u+1) for 0 <= u < v <= L, in the order of (u, v)",
        0.0,
        count=length * (length + 1) // 2,
        parameters={"dimensions": ",".join(map(str, dimensions))},
    )


def barcode(dimensions: Sequence[int]) -> Assertion:
    """The multiplicities of all intervals."""
    length = len(dimensions)
    return measured(
        "A5.barcode",
        "the multiplicities of the intervals [i, j] of vertices 0 <= i <= j <= L, in the order of (i, j); vertex l is "
        "the space that W_l writes into",
        0.0,
        count=length * (length + 1) // 2,
        parameters={"dimensions": ",".join(map(str, dimensions))},
        note="with both ends free they determine the chain up to bases of its spaces",
    )
