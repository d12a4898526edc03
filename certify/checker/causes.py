"""The sentences by which an undecided claim says why; a certificate with any other sentence was not written by this
program."""

from __future__ import annotations

import re

__all__ = ["known_cause"]

_SENTENCES = (
    "a layer is not certified to be invertible",
    "a singular value is not certainly positive and has no logarithm",
    "a singular value may be 0 and the exact rank was not computed",
    "all energy may lie in the last rank, which has no finite exponent",
    "no box of the search can hold the maximum",
    "no sign of the exponent's equation could be proved on one side of its candidate",
    "ranks that decide it are only bounded",
    "r is not certainly below ½ log d: rank one has no finite exponent",
    "the affinity has rival maxima that its enclosure cannot rank",
    "the equation of the exponent could not be evaluated near its candidate",
    "the maximum of the affinity is too flat to single out its exponent",
    "the product of the layers may be 0, or it overflowed",
    "the quotient of the layers could not be enclosed: one of them is too close to singular",
    "the second singular value is not certainly positive: rank one has no finite exponent",
    "with one rank the chart is constant and every exponent fits",
)
_PATTERNS = (
    r"a singular value may be 0 and [^\n]{1,200}",
    r"\d+ ranks are only bounded, and exact ranks were not asked for",
    r"\d+ ranks are only bounded: proving them exactly exceeds the work allowed, [0-9.e+-]{1,24} s",
    r"no gap between σ_\d+ and σ_\d+ is certified in one of the layers",
)
_KNOWN = re.compile("|".join([*map(re.escape, _SENTENCES), *_PATTERNS]))


def known_cause(cause: str) -> bool:
    """Whether a sentence is one of those that claims give."""
    return _KNOWN.fullmatch(cause) is not None
