"""Whether the checks turn red when code is altered, and which alterations are no change.

``python -m tests.theorems.mutation A1 [--module certify.geometry.orbits.pair_orbit] [--function NAME]`` prints, for the
statement of a theorem and the formulas that it imports, what survives.

An alteration is *seen* when a check that ran to its end has a verdict other than CERTIFIED. An exception is not: where
every check that reaches the altered line raises, the alteration is *ill-typed*, no wrong formula at all, and is counted
apart. What changes no value is listed with its reason in ``equivalents/MODULE.toml``.
"""

from __future__ import annotations

import argparse
import functools
import os
import resource
import sys
import tomllib
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import grimp

import theorems
from certify.verdict import Verdict
from tests.theorems.mutants import Alteration, alterations, altered_statement, planted, statement_alterations
from theorems.engine.check import Case, Profile, cases
from theorems.engine.theorem import Theorem
from theorems.library import module_name

__all__ = [
    "ENDLESS",
    "ILL_TYPED",
    "SEEN",
    "SURVIVED",
    "every",
    "formulas",
    "modules",
    "of_module",
    "outcome",
    "reason",
    "users",
]

SEEN, SURVIVED, ILL_TYPED, ENDLESS = "seen", "survived", "ill-typed", "does not end"
_EVIDENCE = ("averages", "proofs", "properties", "samples", "solutions")
"""Files of a statement that hold no claim; an altered proof that covers less claims nothing false."""
_NO_FORMULAS = {
    "certify.geometry.number": "conversions between number types, tested in tests/geometry",
    "certify.geometry.spectrum.approx_candidates": "float proposals, of which nothing is claimed",
}
"""Modules of ``certify.geometry`` that are not altered, and why."""
_KINDS = ("attained", "false", "needed", "instances", "exhaustive", "numeric", "property", "symbolic", "mutant")
_SECONDS = 90
"""Processor time after which an altered loop is taken for endless; it is then seen by nobody who waits."""
_EQUIVALENTS = Path(__file__).with_name("equivalents")


@functools.cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("theorems", "certify", cache_dir=None)


def statement_modules(theorem: Theorem) -> list[str]:
    """The files of a theorem's statement."""
    home = module_name(theorem)
    return [home, *sorted(m for m in _graph().modules if m.startswith(f"{home}."))]


def formulas(theorem: Theorem) -> list[str]:
    """The modules of ``certify.geometry`` that a statement imports, itself or through its subjects."""
    found: set[str] = set()
    for module in statement_modules(theorem):
        found |= {m for m in _graph().find_upstream_modules(module) if m.startswith("certify.geometry.")}
    return sorted(found - set(_NO_FORMULAS))


@functools.cache
def users(module: str) -> tuple[str, ...]:
    """The ids of the theorems that use a module of formulas; of the one theorem, for its statement."""
    if module.startswith("theorems.statements."):
        return tuple(t.id for t in theorems.all() if module in statement_modules(t))
    return tuple(t.id for t in theorems.all() if module in formulas(t))


@functools.cache
def _equivalents(module: str) -> tuple[tuple[str, str, str], ...]:
    file = _EQUIVALENTS / f"{module}.toml"
    if not file.exists():
        return ()
    rows = tomllib.loads(file.read_text(encoding="utf-8"))["equivalent"]
    return tuple((row["function"], row["altered"], row["why"]) for row in rows)


def reason(alteration: Alteration) -> str:
    """Why an alteration changes no value; empty when nobody says that it does not."""
    text = f"{alteration.what}: {alteration.where}"
    for function, altered, why in _equivalents(alteration.module):
        if function == alteration.function and altered in text:
            return why
    return ""


def every() -> Iterator[Alteration]:
    """Every alteration of every statement and of every formula that one imports."""
    for module in modules(theorems.all()):
        yield from of_module(module)


def modules(chosen: Iterable[Theorem]) -> list[str]:
    """Statements, without what is evidence in them, and formulas of some theorems."""
    found = list(chosen)
    claims = (m for t in found for m in statement_modules(t) if m.rpartition(".")[2] not in _EVIDENCE)
    return [*dict.fromkeys(claims), *sorted({m for t in found for m in formulas(t)})]


def of_module(module: str) -> Iterator[Alteration]:
    """Every alteration of one module."""
    return statement_alterations(module) if module.startswith("theorems.") else alterations(module)


def outcome(alteration: Alteration, ids: Iterable[str] | None = None) -> str:
    """What becomes of the checks, in a process of its own: of the theorems that use the module, or of those named."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
        found = ILL_TYPED
        try:
            found = _outcome(alteration, users(alteration.module) if ids is None else ids)
        finally:
            os.write(write, found.encode())
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        found = pipe.read().decode()
    os.waitpid(child, 0)
    return found or ENDLESS


def _outcome(alteration: Alteration, ids: Iterable[str]) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if alteration.module.startswith("theorems.statements."):
            try:
                with altered_statement(alteration) as theorem:
                    return _judged(_quick(theorem))
            except Exception:
                return ILL_TYPED
        with planted(alteration):
            return _judged(case for id in ids for case in _quick(theorems.get(id)))


def _quick(theorem: Theorem) -> list[Case]:
    """The checks that need no search, the quick kinds first."""
    found = [case for case in cases(theorem) if case.kind in _KINDS and not case.searches]
    return sorted(found, key=lambda case: _KINDS.index(case.kind))


def _judged(todo: Iterable[Case]) -> str:
    raised = False
    for case in todo:
        try:
            if case.run(Profile())[0] is not Verdict.CERTIFIED:
                return SEEN
        except Exception:
            raised = True
    return ILL_TYPED if raised else SURVIVED


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.theorems.mutation", description=__doc__)
    parser.add_argument("ids", nargs="*")
    parser.add_argument("--module", help="only this module")
    parser.add_argument("--function", help="only this function")
    parser.add_argument("--kind", help="only alterations of this kind, e.g. constant")
    options = parser.parse_args()
    chosen = [theorems.get(id) for id in options.ids] or theorems.all()
    counts: Counter[str] = Counter()
    for module in modules(chosen):
        if options.module not in (None, module):
            continue
        for alteration in of_module(module):
            if options.function not in (None, alteration.function) or options.kind not in (None, alteration.what):
                continue
            found = "equivalent" if reason(alteration) else outcome(alteration)
            counts[found] += 1
            if found in (SURVIVED, ENDLESS):
                print(f"{found}: {alteration}", flush=True)
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    sys.exit(1 if counts[SURVIVED] + counts[ENDLESS] else 0)


if __name__ == "__main__":
    main()
