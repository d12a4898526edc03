"""Single faults in prover and checker, each one error term left out, and where injected errors show them.

``python -m tests.planted`` writes the table ``docs/injected_faults.md`` from what happens.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

TABLE = Path(__file__).parents[1] / "docs" / "injected_faults.md"


@dataclass(frozen=True)
class Planted:
    """In a function of a module of `certify`, ``old`` becomes ``new``."""

    module: str
    function: str
    old: str
    new: str

    @contextmanager
    def made(self) -> Iterator[None]:
        """The checker with this fault; undone on the way out."""
        module = importlib.import_module(f"certify.{self.module}")
        target = _plain(functools.reduce(getattr, self.function.split("."), module))
        source = textwrap.dedent(inspect.getsource(target))
        if self.old not in source:
            raise ValueError(f"{self.old!r} is not in {self.function}")
        names = dict(module.__dict__)
        exec(compile(source.replace(self.old, self.new), module.__file__ or "", "exec"), names)
        before = target.__code__
        target.__code__ = _plain(names[target.__name__]).__code__
        try:
            yield
        finally:
            target.__code__ = before

    def row(self, found: str) -> str:
        """The fault as a row of Markdown: function, what is left out, what becomes of it, what was found."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"| `{self.module.removeprefix('checker.')}.{self.function}` | `{old}` | `{new or '–'}` | {found} |"


def _plain(found: Any) -> FunctionType:
    """The function behind a property, a method or a decorator."""
    found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
    return inspect.unwrap(found)


HEAD = """# Injected errors against single faults

Each row leaves out one error term. Then every call site of the products gets an error of 0.9 of its bound enlarged 10⁷
times. *Red* says where an enclosure first missed what it must hold; *not seen* says that none did. Written by
`python -m tests.planted`; the tests plant every fault again at the place given here.

"""
CHECKER = """
## Checker

Fourteen small chains: square, tall, of low rank, graded, ill conditioned, singular, nearly tied, tied on top, narrow,
of two columns, cancelling, aligned, long and with a waist. What LAPACK proposes is wrong too where an error could hide
that (*hidden*).
One term is not planted: 2‖X‖x in the error of XᵀX in `small_commutation`, x the error of X. To first order the other
terms cover it wherever ‖G'XG − 2XXᵀX‖ ≤ ‖G'X‖‖G‖ in the Frobenius norm. A search by descent from 200 random pairs of
layers, up to 7 × 3, came up to equality and not beyond; no proof is known, and the term stays.
"""
PROVER = """
## Prover

Every product goes through `certify.linalg.kernels.times`, which hands out γ with it. Eight small chains, with products
of split matrices as for layers of up to 256 columns (*tight*) and with plain ones (*fast*), held against 60 digits by
everything that a certificate publishes; and three enclosures that small chains do not reach. The bound is enlarged 10⁷
times, 10¹⁵ for the small parts of split products, 10⁹ where an error enters squared.
*Known error*: a decomposition that is written down, of which one thing is off in one direction by exactly what it says;
there no rounding is needed (`tests/linalg/cores/known_errors.py`). *Drawn*: several things are off at once.
Left out one by one, these terms of `cores.balance` were seen by neither, in 3,000 drawn layers, and are not planted; no
proof is known that they are redundant, and they stay: `half_error * half_error` and `delta * delta_read` in
`_commutator`; what a deviation adds to `_tail` in each of its three terms, of which the other two are left; the errors
of both norms in `_outer`; those of tail and core in `_outer_formed`. So is the factor 1 + p beside the turn in
`cosines._rest`.
"""
COLUMNS = """
| function | left out | becomes | outcome |
|---|---|---|---|
"""


def recorded() -> dict[str, str]:
    """The outcomes in the table by the row without them."""
    found: dict[str, str] = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"(\| `.*` \| `.*` \| `.*` \|) (.*) \|", line):
            found[match[1]] = match[2]
    return found


def main() -> None:
    """Plant every fault, search and write."""
    from tests.checker import planted as checker
    from tests.prover import planted as prover

    text = HEAD
    for head, side in ((CHECKER, checker), (PROVER, prover)):
        text += head + COLUMNS
        for fault in side.FAULTS:
            row = fault.row(_outcome(side, fault))
            print(row, flush=True)
            text += row + "\n"
    TABLE.write_text(text, encoding="utf-8")


def _outcome(side: ModuleType, fault: Planted) -> str:
    # What was found before is tried first.
    said = recorded().get(fault.row("").removesuffix("  |"), "")
    return said if side.still_shown(fault, said) else side.outcome(side.shown(fault))


if __name__ == "__main__":
    main()
