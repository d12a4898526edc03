"""A theorem that no module of the package defines: what the app must cope with when one file is added."""

from __future__ import annotations

from fractions import Fraction

from certify.verdict import Verdict
from theorems.engine.theorem import Constant, Hypothesis, Instance, Parameter, Reading, Status, Theorem
from theorems.exact.scalars import num
from theorems.exact.spectra import frobenius_squared, singular_values


def _sides(x: Instance, c: dict) -> tuple:
    """σ₁(A)² against c times the squared Frobenius norm."""
    a = x.matrix("A")
    return singular_values(a)[0] ** 2, num(c["share"]) * frobenius_squared(a)


def _rank_one(x: Instance) -> Verdict:
    return Verdict.CERTIFIED if x.matrix("A").rank() <= 1 else Verdict.REFUTED


def _strategy():
    from hypothesis import strategies as st

    entries = st.integers(-3, 3)
    row = st.lists(entries, min_size=2, max_size=2)
    return st.lists(row, min_size=2, max_size=2).map(lambda rows: Instance.of(A=rows, level=Fraction(1, 2), kind="p"))


FOURTH = Theorem(
    id="X9",
    title="A planted theorem",
    source="none",
    dimensions={"m": (1, 3), "n": (1, 2)},
    parameters=(
        Parameter.matrix("A", "m", "n"),
        Parameter.rational("level", 0, 1),
        Parameter.choice("kind", "p", "q"),
    ),
    hypotheses=(Hypothesis("rank one", "A has rank at most 1", r"\operatorname{rank}A\le1", _rank_one),),
    readings=(
        Reading("below", "σ₁² ≤ c‖A‖_F²", r"\sigma_1^2\le c\|A\|_F^2", (), sides=_sides, constants=("share",)),
        Reading(
            "half",
            "σ₁² ≤ ½‖A‖_F²",
            "",
            ("rank one",),
            Status.FALSE,
            sides=lambda x, c: (singular_values(x.matrix("A"))[0] ** 2, frobenius_squared(x.matrix("A")) / 2),
        ),
        Reading("decided", "rank A ≤ 1", "", (), Status.FALSE, decide=lambda x, c: _rank_one(x)),
    ),
    constants=(Constant("share", Fraction(1), "factor", sharp=True),),
    symbolic=(),
    strategy=_strategy,
    mutants=(),
)
