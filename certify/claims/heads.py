"""What is asserted of attention heads: what their subspaces have in common, beside what chance gives (THEORY C6)."""

from __future__ import annotations

from collections.abc import Sequence

from certify.claims.assertion import Assertion, limit_of, measured
from certify.heads import Heads
from certify.subjects import heads_subject
from certify.verdict import Enclosure

__all__ = [
    "MOST_HEADS",
    "PRODUCTS",
    "Role",
    "null",
    "overlap",
    "overlap_ids",
    "product_ids",
    "product_ranks",
    "product_sigma",
    "ranks",
    "role_ids",
    "subject",
]

PRODUCTS = {"qk": ("query", "key"), "ov": ("output", "value")}
"""The products of a head: of what stands on the left, turned where it is a query, and on the right."""
MOST_HEADS = 256
"""Of more heads the pairs are not asked for."""


def subject(heads: Heads) -> str:
    """How claims name a head structure."""
    return heads_subject(heads.name)


class Role:
    """A role of a head structure in a layer of some shape, and how sentences speak of it."""

    def __init__(self, heads: Heads, role: str, shape: tuple[int, int]) -> None:
        self.name = role
        self.size = heads.size
        self.count = heads.units(role)
        self.copies = heads.copies(role, shape)
        self.dimension = heads.dimension(role, shape)
        self.starts = heads.starts(role, shape)

    @property
    def pairs(self) -> int:
        """How many pairs of blocks there are."""
        return self.count * (self.count - 1) // 2

    @property
    def parameters(self) -> dict[str, int]:
        """What is recorded of it."""
        return {"heads": self.count, "size": self.size, "dimension": self.dimension, "copies": self.copies}

    def __str__(self) -> str:
        """The blocks, of what, and how many."""
        cut = "columns" if self.name == "output" else "rows"
        copied = f", of which the layer holds {self.copies} copies each" if self.copies > 1 else ""
        return f"the {self.count} blocks of {self.size} {cut} of the {self.name}{copied}"


def role_ids(role: str) -> tuple[str, ...]:
    """The ids of all claims about a role."""
    return f"C6.rank[{role}]", *overlap_ids(role)


def overlap_ids(role: str) -> tuple[str, ...]:
    """The ids of the claims that need a subspace of every head."""
    return f"C6.overlap[{role}]", f"C6.null[{role}]"


def ranks(role: Role) -> Assertion:
    """The dimensions of the subspaces."""
    return measured(
        f"C6.rank[{role.name}]",
        f"the exact ranks of {role}, in their order",
        0.0,
        count=role.count,
        parameters=role.parameters,
    )


def overlap(role: Role, width: float) -> Assertion:
    """The overlaps of all pairs."""
    what = "column spaces" if role.name == "output" else "row spaces"
    return measured(
        overlap_ids(role.name)[0],
        f"the overlaps ‖PP'‖_F²/min(rank, rank') of the {what} of {role}, for all pairs i < j in order; 0 is a right "
        "angle, 1 that one holds the other",
        width,
        count=role.pairs,
        parameters=role.parameters,
    )


def null(role: Role, width: float, deviation: Enclosure) -> Assertion:
    """The mean overlap beside its distribution for independent uniform subspaces of the same dimensions.

    The score may be as wide as an overlap may, twice, in deviations.
    """
    return measured(
        overlap_ids(role.name)[1],
        f"the mean overlap of {role}; for independent uniform subspaces of these dimensions in R^{role.dimension} it "
        "has a mean and a deviation: both, the deviations of the one that is there above the mean, and a bound of the "
        "chance to lie as far on that side",
        limit_of(2 * width, 1 / deviation.lower) if deviation.lower > 0 else 0.0,
        count=5,
        parameters=role.parameters,
    )


def product_ids(name: str) -> tuple[str, ...]:
    """The ids of the claims about a product of every head."""
    return f"A4.heads.rank[{name}]", f"A4.heads.sigma[{name}]"


_FORMS = {"qk": "W_QᵀW_K of query and key", "ov": "W_OW_V of output and value"}


def product_ranks(name: str, heads: Heads) -> Assertion:
    """The ranks of a product of every head."""
    return measured(
        product_ids(name)[0],
        f"the exact ranks of the products {_FORMS[name]} of each of the {heads.count} heads",
        0.0,
        count=heads.count,
        parameters={"heads": heads.count, "size": heads.size, "groups": heads.kv},
    )


def product_sigma(name: str, heads: Heads, each: int, relative: float, values: Sequence[Enclosure]) -> Assertion:
    """The ``each`` leading singular values of a product of every head, all of those that may not be 0.

    They are asked to ``relative`` of the largest of all heads, an upper end of the published ``values``.
    """
    return measured(
        product_ids(name)[1],
        f"the {each} leading singular values of the products {_FORMS[name]}, decreasing, head by head; all else is 0",
        limit_of(relative, max(value.upper for value in values)),
        count=each * heads.count,
        parameters={"heads": heads.count, "size": heads.size, "groups": heads.kv, "each": each},
    )
