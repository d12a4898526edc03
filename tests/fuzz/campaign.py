"""Mutants from first to last: what came of each, and whether it took long or much."""

from __future__ import annotations

import contextlib
import random
import resource
import time
import traceback
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from certify.errors import PolystableError
from tests.fuzz.targets import Target, targets

SECONDS = 2.0
TIMES, LEAST = 10, 2**22
"""The most memory: so many times the size of the file, and no less than this many bytes."""
_MEASURED = 40


@dataclass
class Campaign:
    """The outcomes of mutants, by reader; ``faults`` tell what none of them may do."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    largest: int = 0

    def table(self) -> str:
        """Reader by reader, how many of each outcome, as rows of Markdown."""
        kinds = sorted({kind for _, kind in self.outcomes})
        rows = [f"| reader | {' | '.join(kinds)} |", "|---" * (len(kinds) + 1) + "|"]
        for name in dict.fromkeys(name for name, _ in sorted(self.outcomes)):
            rows.append(f"| {name} | {' | '.join(str(self.outcomes[name, kind]) for kind in kinds)} |")
        return "\n".join(rows)


def run(folder: Path, seed: int, first: int, count: int, *, keep: Path | None = None) -> Campaign:
    """Read ``count`` mutants; number n of a seed is the same in every run.

    Parameters
    ----------
    folder : where the mutants are written, one after another.
    keep : a folder for those that show a fault.
    """
    found = Campaign()
    known = targets(folder)
    for target in known.values():
        _warm(target, folder)
    names, shares = list(known), [target.share for target in known.values()]
    for number in range(first, first + count):
        rng = random.Random(f"{seed}/{number}")
        name = rng.choices(names, shares)[0]
        data = known[name].mutant(rng)
        before = len(found.faults)
        _one(found, known[name], name, data, folder, number, measured=number % _MEASURED == 0)
        if keep is not None and len(found.faults) > before:
            keep.mkdir(exist_ok=True)
            (keep / f"{number}-{known[name].file}").write_bytes(data)
    return found


def _warm(target: Target, folder: Path) -> None:
    """Read the good files once: what is imported or kept from then on is not taken for the memory of a mutant."""
    for seed in target.seeds:
        (folder / target.file).write_bytes(seed)
        with contextlib.suppress(Exception):
            target.read(folder / target.file)


def _one(found: Campaign, target: Target, name: str, data: bytes, folder: Path, number: int, *, measured: bool) -> None:
    path = folder / target.file
    path.write_bytes(data)
    if measured:
        tracemalloc.start()
    start = time.process_time()
    said = ""
    try:
        target.read(path)
        outcome = "result"
    except PolystableError as error:
        outcome = f"refusal {error.exit_code}"
        if error.exit_code not in target.codes:
            said = f"exit code {error.exit_code}: {error.message[:200]}"
        error.render()
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        outcome = "fault"
        said = "".join(traceback.format_exception(error))[-1500:]
    seconds = time.process_time() - start
    if measured:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        found.largest = max(found.largest, peak)
        if peak > max(TIMES * len(data), LEAST):
            said = said or f"{peak} bytes of memory for {len(data)} bytes"
    else:
        found.slowest = max(found.slowest, seconds)
        if seconds > SECONDS:
            said = said or f"{seconds:.1f} s for {len(data)} bytes"
    found.outcomes[name, outcome] += 1
    if said:
        found.faults.append(f"{number} {name}: {said}")


def resident() -> int:
    """The most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
