"""Running checks: those of some theorems or of all, one after another or in several processes, in the same order."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from certify.errors import UsageError
from theorems.engine.check import Case, Profile, Report, Result, cases
from theorems.library import get, select

__all__ = ["check", "chosen", "profile_of", "results"]

_FEW = 40
"""Fewer checks than this are run in this process: another one takes longer to start."""


def profile_of(*, seed: int | None = None, thorough: bool = False) -> Profile:
    """How much is drawn: ten times as much when ``thorough``."""
    return Profile(examples=600 if thorough else 60, seed=seed)


def chosen(ids: str | Sequence[str] | None = None) -> list[Case]:
    """The checks of the theorem with that id, of those with these, or of all, in order."""
    wanted = [ids] if isinstance(ids, str) else ids
    return [case for theorem in select(wanted) for case in cases(theorem)]


def results(todo: Sequence[Case], profile: Profile, workers: int | None = None) -> Iterator[Result]:
    """The results of the checks as they come, in the order of the checks.

    Parameters
    ----------
    todo : checks of theorems of this package, see :func:`chosen`.
    workers : processes; one for each core when omitted. The results do not depend on it.

    Raises
    ------
    UsageError : fewer than one worker.
    """
    count = len(os.sched_getaffinity(0)) if workers is None and hasattr(os, "sched_getaffinity") else workers or 1
    if count < 1:
        raise UsageError(f"{count} workers", hint="at least one")
    if count == 1 or len(todo) < _FEW:
        for case in todo:
            yield case.result(profile)
        return
    places: dict[str, int] = {}
    tasks: list[tuple[str, int, Profile]] = []
    for case in todo:
        place = places.get(case.theorem, 0)
        tasks.append((case.theorem, place, profile))
        places[case.theorem] = place + 1
    # A fresh interpreter: a forked one would inherit the threads of the numerical libraries.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        yield from pool.map(_run, tasks, chunksize=1)


def _run(task: tuple[str, int, Profile]) -> Result:
    id, place, profile = task
    return cases(get(id))[place].result(profile)


def check(
    ids: str | Sequence[str] | None = None,
    *,
    seed: int | None = None,
    thorough: bool = False,
    workers: int | None = 1,
    progress: Callable[[Result], None] | None = None,
) -> Report:
    """Run the checks of the theorem with that id, of those with these, or of all; ``progress`` is told every result."""
    found: list[Result] = []
    for result in results(chosen(ids), profile_of(seed=seed, thorough=thorough), workers):
        if progress is not None:
            progress(result)
        found.append(result)
    return Report(tuple(found))
