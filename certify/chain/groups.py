"""Row groups of a layer: declared ones, or contiguous blocks; and their one spelling in words."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

__all__ = ["Groups", "GroupsError", "blocks", "groups_text", "partition", "read_groups"]

Groups = tuple[tuple[int, ...], ...]
"""Row indices, increasing in each group; the groups partition the rows."""

_SMALLEST, _LARGEST = 8, 32
_RANGE = re.compile(r"([0-9]{1,9})(?::([0-9]{1,9}))?", re.ASCII)


class GroupsError(ValueError):
    """Groups that do not partition the rows of a layer."""


def blocks(rows: int, size: int = 0) -> Groups:
    """Contiguous blocks of ``size`` rows; 0 for ⌈√rows⌉, at least 8 and at most 32.

    A remainder of less than half a block joins the block before it.

    >>> [len(block) for block in blocks(96)], [len(block) for block in blocks(10, 8)]
    ([10, 10, 10, 10, 10, 10, 10, 10, 10, 6], [10])
    """
    step = size or min(max(math.isqrt(rows - 1) + 1, _SMALLEST), _LARGEST)
    starts = list(range(0, rows, step))
    if len(starts) > 1 and 2 * (rows - starts[-1]) < step:
        starts.pop()
    return tuple(tuple(range(low, high)) for low, high in pairwise([*starts, rows]))


def partition(groups: Iterable[Sequence[int]], rows: int) -> Groups:
    """The groups with their rows in order, in the order of the first row of each.

    Raises
    ------
    GroupsError : a group is empty, or a row is in no group, in several, or does not exist.
    """
    found = tuple(sorted(tuple(sorted(group)) for group in groups))
    seen = [row for group in found for row in group]
    if not found or not all(found):
        raise GroupsError("a group without rows")
    if outside := [row for row in seen if not 0 <= row < rows]:
        raise GroupsError(f"row {outside[0]} does not exist: there are {rows}")
    if len(set(seen)) != len(seen):
        twice = next(row for row in seen if seen.count(row) > 1)
        raise GroupsError(f"row {twice} is in two groups")
    if len(seen) != rows:
        raise GroupsError(f"row {next(iter(set(range(rows)) - set(seen)))} is in no group")
    return found


def groups_text(groups: Sequence[Sequence[int]]) -> str:
    """The one spelling: half-open ranges joined by commas, groups by semicolons.

    >>> groups_text(((0, 1, 4), (2, 3)))
    '0:2,4:5;2:4'
    """
    return ";".join(",".join(f"{low}:{high}" for low, high in _runs(group)) for group in groups)


def read_groups(text: str, rows: int) -> Groups:
    """Groups from a spelling: rows and half-open ranges joined by commas, groups joined by semicolons.

    Raises
    ------
    GroupsError : it cannot be read, or the groups do not partition the rows.

    >>> read_groups("0:2,4;2:4", 5)
    ((0, 1, 4), (2, 3))
    """
    found: list[list[int]] = []
    for part in text.split(";"):
        group: list[int] = []
        for item in part.split(","):
            match = _RANGE.fullmatch(item.strip())
            if match is None:
                raise GroupsError(f"not a row or a range of rows: {item.strip()[:40]!r}")
            low, high = int(match.group(1)), int(match.group(2) or int(match.group(1)) + 1)
            if not low < high <= rows:
                raise GroupsError(f"the range {item.strip()} holds no rows, or rows beyond the last, {rows - 1}")
            group += range(low, high)
        found.append(group)
    return partition(found, rows)


def _runs(group: Sequence[int]) -> list[tuple[int, int]]:
    cuts = [0, *(i for i in range(1, len(group)) if group[i] != group[i - 1] + 1), len(group)]
    return [(group[low], group[high - 1] + 1) for low, high in pairwise(cuts)]
