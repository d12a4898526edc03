"""What is asserted of all matrices that a storage format may have rounded to the one that is stored (THEORY-2 §2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from certify.claims.assertion import Assertion, limit_of, measured
from certify.claims.storage_formats import storage_text
from certify.verdict import Parameter

__all__ = ["BALL", "FORMATS", "GAPS", "RANK", "STRUCTURE", "Format", "ball", "gaps", "ids", "rank", "structure"]

BALL, RANK, GAPS, STRUCTURE = "storage.ball", "storage.rank", "storage.gaps", "storage.structure"


class Format(NamedTuple):
    """A binary format: bits of the significand with the hidden one, the least normal exponent, the largest number."""

    precision: int
    least: int
    largest: float


FORMATS = {
    "fp32": Format(24, -126, (2 - 2.0**-23) * 2.0**127),
    "fp16": Format(11, -14, 65504.0),
    "bf16": Format(8, -126, (2 - 2.0**-7) * 2.0**127),
    "fp8_e4m3": Format(4, -6, 448.0),
    "fp8_e5m2": Format(3, -14, 57344.0),
}
"""Half a unit of w is 2^(max(⌊log2 |w|⌋, least) − precision). In ``int8`` it is half the scale of the codes where the
file has them, otherwise max|row|/254: each row has the scale max|row|/127."""


def ids(d: int) -> tuple[str, ...]:
    """The ids of the claims about a layer of d ranks; one rank has no gaps."""
    return (BALL, RANK, GAPS) if d > 1 else (BALL, RANK)


def ball(format: str, relative: float, largest: float) -> Assertion:
    """How far a matrix may lie whose entries are off by half a unit each, to ``relative`` of the ``largest`` σ."""
    return measured(
        BALL,
        f"a matrix within half a unit of {storage_text(format)} in every entry lies within the first value in the "
        "Frobenius norm, and within the second in the spectral norm",
        limit_of(relative, largest),
        count=2,
        parameters={"format": format},
    )


def rank(format: str, d: int) -> Assertion:
    """The rank that all these matrices have at least."""
    statement = f"every matrix within half a unit of {storage_text(format)} has at least this rank"
    return measured(RANK, statement, 0.0, parameters={"format": format, "full": d})


def gaps(format: str, d: int, windows: Sequence[int]) -> Assertion:
    """How many gaps all these matrices have, and which of the windows asked for end at one."""
    return measured(
        GAPS,
        f"so many k of {d - 1} have σ_k > σ_(k+1) in every matrix within half a unit of {storage_text(format)}",
        0.0,
        parameters={"format": format, "gaps": d - 1, "windows": ",".join(map(str, windows)) or "none"},
    )


def structure(
    format: str, sizes: tuple[int, int], pairs: tuple[int, int] | None, columns: str, share: float
) -> Assertion:
    """What of an incidence structure all products of such matrices have.

    Parameters
    ----------
    sizes : the numbers of cells and of columns.
    pairs : the numbers of pairs that share a column, and of edges; None where no pairs are asked for.
    columns : those that surely survive, as bits in hexadecimal.
    share : the part of the columns that may be undecided.
    """
    known: dict[str, Parameter] = {"format": format, "cells": sizes[0], "columns": sizes[1]}
    if pairs is not None:
        known |= {"pairs": pairs[0], "edges": pairs[1]}
    return measured(
        STRUCTURE,
        "the number of cells (G, j) whose activity is farther from θ_G than ‖(|W'|D + D'|W| + D'D)_{G,j}‖ or than "
        "‖W'_G‖₂‖De_j‖ + ‖(D'|W| + D'D)_{G,j}‖, for half "
        f"units D, D' of {storage_text(format)}, and of columns all of whose cells are such; then of pairs of groups "
        "whose shared columns stay the same by such cells, and that keep their edge or its absence under changes of "
        "these lengths, and of edges among them that keep their label",
        share * sizes[1],
        count=2 if pairs is None else 4,
        parameters={**known, "surviving": columns},
        counted=("cells", "columns") if pairs is None else ("cells", "columns", "pairs", "labels"),
    )
