"""Wrong formulas that once passed every check, each planted again: the checks of the theorem must turn red."""

from __future__ import annotations

import pytest

from tests.theorems.mutants import patched
from tests.theorems.mutation import SEEN, SURVIVED, outcome

_ORBITS, _SPECTRUM = "certify.geometry.orbits.", "certify.geometry.spectrum."
_STATEMENTS = "theorems.statements."

# What is wrong, where, the text as the syntax tree prints it, and what stands there instead.
NAMED = [
    (
        "balance of the first interface only",
        f"{_ORBITS}kempf_ness",
        "is_balanced",
        "imbalances(chain)",
        "imbalances(chain)[:1]",
    ),
    (
        "Δ with the other sign",
        f"{_ORBITS}kempf_ness",
        "imbalances",
        "upper.transpose() * upper - lower * lower.transpose()",
        "lower * lower.transpose() - upper.transpose() * upper",
    ),
    ("no third singular value", f"{_ORBITS}kempf_ness", "schatten_sum", "for s in sigma", "for s in list(sigma)[:2]"),
    (
        "four layers counted as three",
        f"{_ORBITS}kempf_ness",
        "kempf_ness_gap",
        "layers = len(squared_norms)",
        "layers = min(3, len(squared_norms))",
    ),
    ("no invertible g", f"{_ORBITS}pair_orbit", "OrbitWitness.proves", "is_invertible(self.g) and ", ""),
    ("any two numbers differ", f"{_ORBITS}pair_orbit", "OrbitWitness.proves", "self.first != self.second and ", ""),
    (
        "singular bases",
        f"{_ORBITS}stability",
        "Destabilizer.proves",
        "all((is_invertible(b) for b in self.bases))",
        "True",
    ),
    ("any limit", f"{_ORBITS}stability", "Destabilizer.proves", " or tuple(limit) != self.limit", ""),
    (
        "ranks that stay",
        f"{_ORBITS}stability",
        "Destabilizer.proves",
        "rank_array(chain) != rank_array(self.limit)",
        "True",
    ),
    (
        "four vertices at most",
        f"{_ORBITS}barcode",
        "multiplicity",
        "ranks.get((i - 1, j + 1), 0)",
        "(ranks.get((i - 1, j + 1), 0) if i < 3 else 0)",
    ),
    ("two equal bars at most", f"{_ORBITS}barcode", "barcode", "interval: m for", "interval: min(m, 2) for"),
    (
        "two equal bars at most in the normal form",
        f"{_ORBITS}barcode",
        "barcode_chain",
        "range(bars[interval])",
        "range(min(bars[interval], 2))",
    ),
    (
        "singular bases of a normal form",
        f"{_ORBITS}barcode",
        "NormalForm.proves",
        "all((is_invertible(b) for b in self.bases))",
        "True",
    ),
    (
        "no sign on the left",
        f"{_SPECTRUM}roots",
        "_side",
        "found >= 0 if step < 0 else found <= 0",
        "True if step < 0 else found <= 0",
    ),
    (
        "no sign on the right",
        f"{_SPECTRUM}roots",
        "_side",
        "found >= 0 if step < 0 else found <= 0",
        "found >= 0 if step < 0 else True",
    ),
    (
        "one side is enough",
        f"{_SPECTRUM}roots",
        "bracket",
        "lower is None or upper is None",
        "lower is None and upper is None",
    ),
    (
        "no rivals",
        f"{_SPECTRUM}hellinger",
        "maximize_affinity",
        "search.leftover(0.0, box[0], reached) + search.leftover(box[1], right, reached)",
        "[]",
    ),
    (
        "rivals on one side only",
        f"{_SPECTRUM}hellinger",
        "maximize_affinity",
        " + search.leftover(box[1], right, reached)",
        "",
    ),
    ("no radius of a root", f"{_ORBITS}positive_root", "positive_root", "radius = arb(0, bound)", "radius = arb(0)"),
    (
        "three shared columns at most",
        "certify.geometry.transport.incidence",
        "pairwise_overlap",
        "sorted(shared)",
        "sorted(shared)[:3]",
    ),
    ("three layers always", f"{_SPECTRUM}rigidity", "exact_drift_bound", "layers * mean_log_rank", "3 * mean_log_rank"),
    ("twice the range", f"{_STATEMENTS}d4_rigidity", "range_above", "num(d)", "num(2 * d)"),
    ("half the range", f"{_STATEMENTS}d4_rigidity", "range_below", "num(1)", "num(1) / 2"),
    ("a step of 1/50 less", f"{_STATEMENTS}d4_rigidity", "forward", "e.radial[1], ", "e.radial[1] - num(1) / 50, "),
    (
        "a step back of 1/50 less",
        f"{_STATEMENTS}d4_rigidity",
        "backward",
        "e.radial[0], ",
        "e.radial[0] - num(1) / 50, ",
    ),
    (
        "the identity times 0",
        f"{_SPECTRUM}rigidity",
        "identity_gap",
        "chart(d, alpha_next) - chart(d, alpha) - (a_plus - slack - residual_step)",
        "0 * (chart(d, alpha_next) - chart(d, alpha) - (a_plus - slack - residual_step))",
    ),
    (
        "the absolute slack",
        f"{_SPECTRUM}rigidity",
        "slack_transport",
        "return r + a_plus - r_next",
        "return absolute(r + a_plus - r_next)",
    ),
    ("three times the remainder", f"{_STATEMENTS}d3_chart", "_taylor", "9 * root", "3 * root"),
    (
        "twice the tangent",
        f"{_STATEMENTS}d3_chart",
        "tangent",
        "mean_log_rank(d, 2 * lo)",
        "2 * mean_log_rank(d, 2 * lo)",
    ),
    (
        "one side of the triangle twice",
        f"{_STATEMENTS}d2_fisher",
        "triangle",
        "first * _hellinger",
        "2 * first * _hellinger",
    ),
    (
        "the last side of the triangle twice",
        f"{_STATEMENTS}d2_fisher",
        "triangle",
        "last * _hellinger",
        "2 * last * _hellinger",
    ),
    ("twice the bound below", f"{_STATEMENTS}d6_chart_fits", "below", "-_extreme(s, -1)", "-2 * _extreme(s, -1)"),
    (
        "an affinity 1/100 too large",
        f"{_STATEMENTS}d6_chart_fits",
        "best_affinity",
        "num(_TINY)",
        "num(_TINY) + num(1) / 100",
    ),
    (
        "no upper half of the transfer",
        f"{_STATEMENTS}d10_effective_rank",
        "transfer_above",
        "effective_rank(q, eta)[1] <= ",
        "0 <= ",
    ),
    (
        "limits of all chains",
        f"{_STATEMENTS}a4_stability.chain_readings",
        "limits",
        "limit is not None and ",
        "True or ",
    ),
    ("closure of everything", f"{_ORBITS}pair_orbit", "closure_holds", "return ", "return True or "),
    ("the farthest pair", "theorems.subjects.row_splits", "Split.closest", "min(", "max("),
    (
        "nineteen twentieths of the mixed gap",
        f"{_STATEMENTS}b3_imbalance",
        "mixed",
        "/ _mixed_gap(p, x.integer('k'))",
        "* 19 / 20 / _mixed_gap(p, x.integer('k'))",
    ),
    ("no radius of a commutator", "certify.linalg.gram_pair", "gram_pair_norms", "2 * error", "0.0"),
    ("sums of projectors", "certify.geometry.interface.alignment", "overlap", "c * c", "(c + c) / 2"),
]


USERS = {"theorems.subjects.row_splits": ("E4",), "certify.linalg.gram_pair": ("B3",)}
"""Of modules that are neither a statement nor a formula."""


def _red(row) -> bool:
    return outcome(patched(*row[1:]), USERS.get(row[1])) == SEEN


@pytest.mark.parametrize("row", NAMED[::3], ids=lambda row: row[0])
def test_named_mutants_turn_red(row):
    assert _red(row)


@pytest.mark.slow
@pytest.mark.parametrize("row", NAMED, ids=lambda row: row[0])
def test_every_named_mutant_turns_red(row):
    assert _red(row)


def test_a_text_that_is_not_there_is_no_mutant():
    with pytest.raises(ValueError, match="occurs 0 times"):
        patched("certify.geometry.orbits.barcode", "multiplicity", "absent", "")


@pytest.mark.slow
def test_a_harmless_patch_survives():
    harmless = patched(
        "certify.geometry.orbits.barcode", "multiplicity", "ranks.get((i, j), 0)", "ranks.get((i, j), 0) + 0"
    )
    assert outcome(harmless) == SURVIVED
