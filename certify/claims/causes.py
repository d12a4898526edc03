"""Why a claim is undecided or was not asked: every sentence that can stand there."""

from __future__ import annotations

import math
from collections.abc import Sequence

from certify.verdict import Enclosure, Kind

__all__ = [
    "BRANCHED",
    "COPIES_DIFFER",
    "DIVISOR_SINGULAR",
    "DOMAIN_OPEN",
    "FIT",
    "HEADS_FILL",
    "HEAD_OPEN",
    "HEAD_RANK_OPEN",
    "HEAD_ZERO",
    "LEVEL_OPEN",
    "NOT_ALL_SQUARE",
    "NOT_ALL_STATIC",
    "NOT_ALONE",
    "NOT_INVERTIBLE",
    "NO_ACTIVE_COLUMN",
    "NO_EDGE",
    "NO_EDGE_GAP",
    "NO_INTERFACE",
    "NO_LOGARITHM",
    "NO_ROTATION",
    "NO_SHARED_COLUMN",
    "NO_SMALLER_WINDOW",
    "NO_THRESHOLD",
    "NULL_UNRESOLVED",
    "ONE_GROUP",
    "ONE_HEAD",
    "ONE_RANK",
    "POLYSTABLE_OPEN",
    "PRODUCT_VANISHES",
    "QUOTIENT_OPEN",
    "RADIAL_LIMIT",
    "RANK_ONE",
    "RANK_OPEN",
    "SEVERAL",
    "SUPPORT_OPEN",
    "UNEQUAL_SHAPES",
    "effective_rank_open",
    "exact_memory",
    "exact_work",
    "format_overflows",
    "format_swamps",
    "moved",
    "no_gap",
    "no_window",
    "not_decided",
    "not_linear",
    "ranks_bounded",
    "too_large_transport",
    "too_many_groups",
    "too_many_heads",
    "too_many_layers",
    "undecided",
    "windows_beyond",
]

ONE_RANK = "with one rank the chart is constant and every exponent fits"
BRANCHED = "its layers do not form one line: one of them has several readers or sources"
UNEQUAL_SHAPES = "the transport form needs two square layers of one size"
DIVISOR_SINGULAR = "the transport form needs invertible layers, and a layer is singular"

DOMAIN_OPEN = "a line of the domain is undecided"
NO_INTERFACE = "the chain has one layer and no interface"
NOT_ALL_SQUARE = "an interface of the chain is not between square layers of one size"
NOT_ALL_STATIC = "an interface of the chain has no structure or no smaller windows, and so no static domain"
NO_ACTIVE_COLUMN = "no column is active in any group, so that there is no structure to keep"
NO_SMALLER_WINDOW = "the windows of every level are full, so that nothing is truncated"

NO_ROTATION = "a space of one dimension has no rotations"
NULL_UNRESOLVED = "the commutator and its mean under a rotation are not known well enough to tell one from the other"

RANK_OPEN = "the rank of a layer is only bounded"
LEVEL_OPEN = (
    "the leading directions agree as far as they are known, which proves neither that they are the same nor not"
)

NOT_ALONE = (
    "one of the layers has several readers or sources, and the imbalance of two layers alone obeys the flow's law"
)

ONE_GROUP = "fewer than two row groups have a threshold, and pairs need two"
NO_THRESHOLD = "no row group has a gap between its activities in which a threshold could lie"
NO_SHARED_COLUMN = "no column is active in two groups"
NO_EDGE = "no pair has an edge"
NO_EDGE_GAP = "whether pairs have an edge is undecided"
SUPPORT_OPEN = "whether a column is active is undecided"

ONE_HEAD = "there is one head, or one group of keys and values, and no pair"
HEAD_ZERO = "a head is zero and has no subspace"
HEAD_RANK_OPEN = "the rank of a head is only bounded"
HEAD_OPEN = "the subspace of a head is not known: its smallest singular value is too close to 0"
HEADS_FILL = "in every pair a head fills the space, so that the overlap is 1 whatever the other one is"
COPIES_DIFFER = "the layer has as many blocks as there are heads, and those of one group are not equal"

NOT_INVERTIBLE = "a layer is not certified to be invertible"
QUOTIENT_OPEN = "the quotient of the layers could not be enclosed: one of them is too close to singular"
PRODUCT_VANISHES = "the product of the layers is too small against them to be told from 0, or it overflowed"
POLYSTABLE_OPEN = "ranks that decide it are only bounded"

NO_LOGARITHM = "a singular value is not certainly positive and has no logarithm"
_SEARCH = (
    "the equation of the exponent could not be evaluated near its candidate",
    "no sign of the exponent's equation could be proved on one side of its candidate",
)
RADIAL_LIMIT = "r is not certainly below ½ log d: rank one has no finite exponent"
RANK_ONE = "the second singular value is not certainly positive: rank one has no finite exponent"
SEVERAL = (
    "the affinity has rival maxima that its enclosure cannot rank",
    "the maximum of the affinity is too flat to single out its exponent",
)
"""Why an exponent is enclosed together with others that may be as good."""

FIT = {
    "top_radial": (RADIAL_LIMIT, *_SEARCH),
    "log_log": (NO_LOGARITHM,),
    "kl": (RANK_ONE, "all energy may lie in the last rank, which has no finite exponent", *_SEARCH),
    "hellinger": (
        RANK_ONE,
        "no box of the search can hold the maximum",
        *SEVERAL,
    ),
}
"""Why a spectrum was not given an exponent, by chart."""


def undecided(kind: Kind, width: float | None, limit: float, name: str = "") -> str:
    """Why a claim without a cause of its own is undecided; ``width`` is the largest of its values, None if unbounded.

    ``name`` is that of the value with the largest width, where the claim names its values.

    >>> undecided(Kind.MEASUREMENT, 0.25, 0.125)
    'the enclosure is 0.25 wide, above its limit 0.125'
    >>> undecided(Kind.MEASUREMENT, 2.0, 0.0, "the margin of labels")
    'the enclosure of the margin of labels is 2 wide, above its limit 0'
    """
    if kind is Kind.INEQUALITY:
        return "the enclosure of the margin contains 0"
    if width is None:
        return "the computation overflowed or could not be enclosed"
    of = f" of {name}" if name else ""
    return f"the enclosure{of} is {width:.3g} wide, above its limit {limit:.3g}"


def not_decided(names: Sequence[str], widths: Sequence[float]) -> str:
    """What a claim that counts, or that answers questions, leaves open.

    >>> not_decided(["cells", "columns"], [3.0, 0.0]), not_decided(["whether it holds"], [1.0])
    ('not decided: 3 cells', 'not decided: whether it holds')
    """
    found = [
        name if name.startswith(("whether", "the")) else f"{width:g} {name}" if width < math.inf else name
        for name, width in zip(names, widths, strict=True)
        if width > 0
    ]
    return f"not decided: {', '.join(found)}"


def format_overflows(format: str) -> str:
    """Why nothing is asked of the matrices within half a unit of a storage format."""
    return f"an entry is larger than the largest number of {format}"


def format_swamps(format: str) -> str:
    """Why nothing is asked of the products of such matrices."""
    return f"half a unit of {format} is larger than all of a layer"


def no_gap(k: int, sigma: Sequence[Enclosure] = (), sigma_next: Sequence[Enclosure] = ()) -> str:
    """Why the windows of k ranks have no angles, by the published singular values of both layers where these are given.

    >>> apart, close = [Enclosure(1.0, 1.0), Enclosure(0.5, 0.5)], [Enclosure(0.5, 1.0)] * 2
    >>> no_gap(1, apart, close)
    'no gap between σ_1 and σ_2 is certified in the layer that reads'
    >>> no_gap(1, apart, apart)
    'σ_1 > σ_2 is certified in both layers, but the gaps are too small for the leading directions to be known'
    """
    if not (sigma and sigma_next):
        return (
            f"the gap between σ_{k} and σ_{k + 1} of one of the layers is not certified, or too small for its leading "
            "directions to be known"
        )
    sides = (("writes", sigma), ("reads", sigma_next))
    closed = [name for name, s in sides if not s[k - 1].lower > (s[k].upper if k < len(s) else 0.0)]
    if not closed:
        apart = f"σ_{k} > σ_{k + 1} is certified in both layers"
        return f"{apart}, but the gaps are too small for the leading directions to be known"
    where = f"the layer that {closed[0]}" if len(closed) == 1 else "either layer"
    return f"no gap between σ_{k} and σ_{k + 1} is certified in {where}"


def effective_rank_open(percent: int, lower: float, upper: float) -> str:
    """Why an effective rank is not one number.

    >>> effective_rank_open(90, 1.0, 2.0)
    '90 % of the energy needs at least 1 and at most 2 ranks, and the singular values are not known well enough to say'
    """
    return (
        f"{percent} % of the energy needs at least {lower:g} and at most {upper:g} ranks, and the singular values are "
        "not known well enough to say"
    )


def moved(k: int, edges: Sequence[int]) -> str:
    """Why the windows of k ranks are not asked where some are at the edges of the ranks that are not told apart.

    >>> moved(3, [2, 5]).partition("; ")[2]
    'the window is moved to the edges of the cluster: 2, 5'
    """
    where = "edge" if len(edges) == 1 else "edges"
    apart = f"σ_{k} and σ_{k + 1} of one of the layers are not told apart as singular vectors would need it"
    return f"{apart}; the window is moved to the {where} of the cluster: {', '.join(map(str, edges))}"


def windows_beyond(most: int) -> str:
    """Why windows that were given are not asked at an interface."""
    if most == 0:
        return "windows were given, and between layers that share one dimension there is none"
    return f"windows of more than {most} ranks were given, and there are none between these layers"


def not_linear(between: str) -> str:
    """Why nothing is said of the flow at an interface with these words between its layers."""
    return f"between the layers lies {between}, and the imbalance obeys the flow's law where nothing does"


def no_window(level: str) -> str:
    """Why nothing is said of the windows at a level of energy."""
    return (
        f"the gap at the window of {level} % of the energy of one of the layers is not certified, or too small for its "
        "leading directions to be known"
    )


def too_many_groups(count: int, limit: int) -> str:
    """Why so many groups are not asked for."""
    return f"there are {count} row groups, more than {limit}; group_rows makes them larger"


def too_many_heads(count: int, limit: int) -> str:
    """Why the pairs of so many heads are not asked for."""
    return f"there are {count} heads, more than {limit}, and too many pairs"


def too_large_transport(rows: int, columns: int, limit: int) -> str:
    """Why the row groups of a product of so many entries are not asked for."""
    return f"the product of the layers has {rows} x {columns} entries, more than {limit} in all"


def exact_work(allowed: float) -> str:
    """Why a rank that singular values leave open was not computed exactly; ``allowed`` is in seconds."""
    if allowed == 0:
        return "a singular value may be 0 and the exact rank was not computed"
    return f"a singular value may be 0 and an exact rank exceeds the work allowed, {allowed:g} s"


def exact_memory(m: int, n: int) -> str:
    """Why the rank of a large m × n matrix was not computed exactly."""
    return f"a singular value may be 0 and exact arithmetic on a {m}x{n} matrix takes too much memory"


def ranks_bounded(bounds: Sequence[tuple[int, int]], allowed: float) -> str:
    """Why ranks of products are only bounded; ``allowed`` is the work allowed for exact ones, in seconds."""
    count = sum(low != high for low, high in bounds)
    if allowed == 0:
        return f"{count} ranks are only bounded, and exact ranks were not asked for"
    return f"{count} ranks are only bounded: proving them exactly exceeds the work allowed, {allowed:g} s"


def too_many_layers(length: int, limit: int) -> str:
    """Why a chain of so many layers was not asked for its ranks."""
    return f"the chain has {length} layers, more than barcode_layers = {limit}"
