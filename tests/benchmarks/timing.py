"""Alternating timings, so that a change of the machine's speed falls on both sides of a ratio."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Seconds of every run, by name; the first name is the reference of the ratios."""

    title: str
    seconds: Mapping[str, list[float]]

    def median(self, name: str) -> float:
        return statistics.median(self.seconds[name])

    def ratio(self, name: str) -> float:
        return self.median(name) / self.median(next(iter(self.seconds)))

    def lines(self) -> list[str]:
        """Rows of a Markdown table: case, name, milliseconds, ratio of medians, spread of the ratios."""
        reference = self.seconds[next(iter(self.seconds))]
        rows: list[str] = []
        for name, values in self.seconds.items():
            single = sorted(value / base for value, base in zip(values, reference, strict=True))
            spread = "" if values is reference else f"{single[0]:.3g}–{single[-1]:.3g}"
            rows.append(
                f"| {self.title} | {name} | {1e3 * self.median(name):.1f} | {self.ratio(name):.3g} | {spread} |"
            )
        return rows


# Processor time keeps its meaning on a machine that others use; it counts every thread of this process.
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
clock = CLOCKS["wall"]

HEADER = "| case | | median, ms | ratio | single ratios |\n|---|---|---|---|---|"


def alternate(
    title: str, contestants: Mapping[str, Callable[[], object]], rounds: int, *, warm: bool = True
) -> Measured:
    """Run every contestant once untimed where ``warm``, then ``rounds`` times in turn, starting with another one each
    round."""
    for run in contestants.values() if warm else ():
        run()
    names = list(contestants)
    seconds: dict[str, list[float]] = {name: [0.0] * rounds for name in names}
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            start = clock()
            contestants[name]()
            seconds[name][turn] = clock() - start
    return Measured(title, seconds)


def machine() -> str:
    """Cores, the kernels that BLAS chose, its threads, and the versions that matter."""
    import flint
    import numpy as np

    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {blas['name']} {blas['version']} with {_kernels()} kernels "
        f"and {os.environ.get('OPENBLAS_NUM_THREADS', 'default')} thread(s), Python {platform.python_version()}, "
        f"NumPy {np.__version__}, python-flint {flint.__version__}"
    )


def _kernels() -> str:
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return "unstated"
    return ", ".join(sorted({str(item["architecture"]) for item in threadpool_info() if "architecture" in item}))
