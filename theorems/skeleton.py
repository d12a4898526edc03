"""A statement to start from: a module that checks green and says what is to be put into it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from certify.errors import InputError, UsageError
from certify.writing import write_whole

__all__ = ["write_skeleton"]

_NAME = re.compile(r"[a-z]\d+_[a-z0-9]+(?:_[a-z0-9]+)*")
_TEXT = '''r"""{id}. {title}.

Statement
    TODO state the claim in words and formulas. Here: the largest entry of a vector is at most its Euclidean norm,

    .. math:: \\max_i v_i\\le\\|v\\|_2 .

Reference
    TODO name the source of the claim, and what is cited and not proved here.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.algebra import is_sum_of_squares
from theorems.exact.scalars import Scalar, num, root

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def vectors() -> SearchStrategy[Instance]:
    """TODO draw exact instances that meet the hypotheses tightly; independent random ones keep far from equality."""
    from hypothesis import strategies as st

    entry = st.fractions(0, 3, max_denominator=4)
    return st.lists(entry, min_size=1, max_size=3).map(lambda v: Instance.of(v=v))


# TODO name what an instance consists of; sides are named dimensions, which the search varies.
theorem = Declaration(
    __doc__, parameters=(Parameter.vector("v", "n", -3, 3),), dimensions={{"n": (1, 3)}}, strategy=vectors
)


@hypothesis(r"v\\ge0", needed="TODO say what happens without it")
def nonnegative(x: Instance) -> bool:
    """TODO the hypothesis in words: no entry is negative"""
    return all(v >= 0 for v in x.vector("v"))


def one_direction() -> Iterable[Instance]:
    """TODO instances that attain the bound, which shows that it is best possible."""
    yield Instance.of(v=[2, 0, 0])
    yield Instance.of(v=[0, Fraction(1, 3)])


# TODO the claim as "value ≤ bound", both sides computed independently; or @theorem.fact for what has no margin.
@theorem.bound(r"\\max_iv_i\\le\\|v\\|_2", attained_at=one_direction)
def largest(x: Instance, factor: Scalar = 1) -> Sides:
    """max v_i ≤ ‖v‖"""
    v = x.vector("v")
    return num(max(v)), factor * root(num(sum(a * a for a in v)))


@theorem.bound(r"\\|v\\|_2\\le\\sum_iv_i", nonnegative, attained_at=one_direction)
def sum_bound(x: Instance) -> Sides:
    """‖v‖ ≤ Σ v_i"""
    v = x.vector("v")
    return root(num(sum(a * a for a in v))), num(sum(v))


# TODO a false reading: what one might believe, with the instance that refutes it.
@theorem.bound(r"\\|v\\|_2\\le\\max_iv_i", nonnegative, false=True)
def reversed_bound(x: Instance) -> Sides:
    """‖v‖ ≤ max v_i"""
    return largest(x)[::-1]


theorem.constant("factor", "TODO what the constant is: the factor of the norm", sharp=True)
theorem.witness(sum_bound, nonnegative, Instance.of(v=[-1]))
theorem.witness(reversed_bound, None, Instance.of(v=[1, 1]))
theorem.mutant("reversed", "TODO a wrong version that the checks must reject", largest, reversed_bound)
theorem.mutant("halved", "TODO another one", largest, lambda x: (largest(x)[0], largest(x)[1] / 2))


@theorem.stratum
def several_entries(x: Instance) -> bool:
    """TODO a kind of instance that the strategy must produce: two entries that are not 0"""
    return sum(v != 0 for v in x.vector("v")) > 1


@theorem.property
def order(x: Instance) -> bool:
    """TODO an invariance: the order of the entries does not matter"""
    v = x.vector("v")
    return largest(x.replace(v=v[::-1]))[0] == largest(x)[0]


@theorem.proof("symbolic", "TODO for which inputs: all real v of length 2 and 3")
def squares() -> Facts:
    """TODO why the claim holds: ‖v‖² − v_i² is a sum of squares."""
    import sympy

    for n in (2, 3):
        v = sympy.symbols(f"v1:{{n + 1}}", real=True)
        yield f"n = {{n}}", all(is_sum_of_squares(sum(a**2 for a in v) - b**2) for b in v)
'''


def write_skeleton(name: str, folder: Path | None = None) -> tuple[Path, list[str]]:
    """Write ``NAME.py`` and return its path and the lines that say what is to be done.

    Parameters
    ----------
    name : id and name as a module, ``b1_ridge_flow``.
    folder : where to write it; the folder of the package's statements when omitted.

    Raises
    ------
    UsageError : the name is not of that form, a theorem has that id already, or the file exists.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} does not name a statement", hint="an id, an underscore and words: b1_ridge_flow")
    import theorems.statements
    from theorems.library import all_theorems

    id = name.split("_")[0].upper()
    if id in {t.id for t in all_theorems()}:
        raise UsageError(f"there is a theorem {id} already", hint=f"theorems show {id}")
    target = (folder or Path(theorems.statements.__path__[0])) / f"{name}.py"
    title = " ".join(name.split("_")[1:]).capitalize()
    text = _TEXT.format(id=id, title=title)
    if os.path.lexists(target):
        raise UsageError("the file exists", file=target, hint="another name")
    try:
        write_whole(target, text.encode())
    except InputError as error:
        raise UsageError(error.message, file=target, hint="--folder DIR") from None
    return target, [f"{number}: {line.strip()}" for number, line in enumerate(text.split("\n"), 1) if "TODO" in line]
