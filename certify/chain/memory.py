"""How much memory work on a chain takes, from its shapes; refused before the work where there is not so much."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from certify.chain.model import Chain, Edge
from certify.errors import LimitError

__all__ = ["CHECKER", "PROVER", "Need", "available", "estimate", "fitting_workers", "largest_task"]

_NUMBER = 8
_BASE = 2**27
"""Bytes that the interpreter and the libraries take, and those of a worker's buffers."""


@dataclass(frozen=True, slots=True)
class Need:
    """Float64 numbers in memory for each entry of a matrix, at the most.

    Parameters
    ----------
    work : while a layer is worked on, its matrix included.
    kept : of a layer that is done and has edges left.
    edge : while an edge is worked on, for the entries of both its layers, beyond what is kept of them.
    cell : while the row groups of an edge are worked on, for the entries of W'W.
    """

    work: int
    kept: int
    edge: int
    cell: int


PROVER = Need(work=13, kept=6, edge=5, cell=6)
CHECKER = Need(work=15, kept=8, edge=8, cell=11)


def _edge(chain: Chain, need: Need, edge: Edge, cells: int) -> int:
    """Numbers beyond what is kept of both layers."""
    (m, n), (rows, _) = (chain.layers[place].shape for place in (edge.lower, edge.upper))
    asked = need.cell * rows * n if rows * n <= cells else 0
    return need.edge * (m * n + rows * m) + asked


def estimate(chain: Chain, need: Need, workers: int, cells: int = 0) -> int:
    """Bytes that ``workers`` matrices at a time take at the most, layers in their order and edges as soon as they can.

    Parameters
    ----------
    workers : at least one.
    cells : the most entries of W'W at which row groups are worked on; 0 where they are not asked for.
    """
    sizes = [layer.shape[0] * layer.shape[1] for layer in chain.layers]
    last = list(range(len(sizes)))
    work = [need.work * size for size in sizes]
    for edge in chain.edges:
        last[edge.lower] = max(last[edge.lower], edge.upper)
        upper = need.kept * sizes[edge.upper] + _edge(chain, need, edge, cells)
        work[edge.upper] = max(work[edge.upper], upper)
    most = 0
    running, held = 0, 0
    leaving: dict[int, int] = {}
    for place in range(len(sizes)):
        running += work[place]
        done = place - workers
        if done >= 0:
            # It is kept while a layer that reads it may be at work.
            running -= work[done]
            held += need.kept * sizes[done]
            leaving[last[done]] = leaving.get(last[done], 0) + need.kept * sizes[done]
            held -= leaving.pop(done - 1, 0)
        most = max(most, running + held)
    return _NUMBER * most + _BASE * (1 + workers)


def largest_task(chain: Chain, need: Need, cells: int = 0) -> int:
    """Bytes that the largest layer or interface takes at the most while it is worked on, with a worker's own."""
    sizes = [layer.shape[0] * layer.shape[1] for layer in chain.layers]
    edges = [
        need.kept * (sizes[edge.lower] + sizes[edge.upper]) + _edge(chain, need, edge, cells) for edge in chain.edges
    ]
    return _NUMBER * max([need.work * size for size in sizes] + edges) + _BASE


def fitting_workers(chain: Chain, need: Need, asked: int | None, cores: int, cells: int = 0) -> int:
    """How many matrices at a time there is memory for: as many as were asked, or as fit, up to one for each core.

    ``cells`` is as for :func:`estimate`.

    Raises
    ------
    LimitError : not even one matrix at a time fits, or not as many as were asked; with the estimate.
    """
    free = available()
    counts = range(cores, 0, -1) if asked is None else (asked,)
    for count in counts:
        if free is None or estimate(chain, need, min(count, len(chain) + len(chain.edges)), cells) <= free:
            return count
    count = counts[-1]
    largest = max(chain.layers, key=lambda layer: layer.shape[0] * layer.shape[1])
    fewer = [k for k in range(1, count) if free is not None and estimate(chain, need, k, cells) <= free]
    without = free is not None and estimate(chain, need, count) <= free
    hint = "a machine with more memory, or a chain file without this layer"
    if fewer or without:
        hint = f"--workers {fewer[-1]}" if fewer else "leave row groups out: --threshold incidence_levels=none"
    raise LimitError(
        f"{count} {'matrix' if count == 1 else 'matrices'} at a time, the largest of {largest.shape[0]}x"
        f"{largest.shape[1]} entries, take about {_gigabytes(estimate(chain, need, count, cells))}",
        tensor=largest.tensor,
        limit=f"{_gigabytes(free or 0)} of memory are free",
        hint=hint,
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def available() -> int | None:
    """Bytes that this process may still take: of the machine, its control group and its own limit; None if unknown."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith(("MemAvailable:", "SwapFree:")):
                found.append(1024 * int(line.split()[1]))
        found = [sum(found)] if found else []
    for limit, used in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(limit).read_text("ascii")) - int(Path(used).read_text("ascii")))
    with contextlib.suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        most = resource.getrlimit(resource.RLIMIT_AS)[0]
        if most != resource.RLIM_INFINITY:
            pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
            found.append(most - pages * os.sysconf("SC_PAGE_SIZE"))
    return max(min(found), 0) if found else None
