"""The checks turn red when a formula of ``certify.geometry`` is altered: each operator, constant, sign, term in turn.

A sample runs always, every alteration with ``--slow``. What only proposes (the float candidates of the fits) is tested
in ``tests/geometry``.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Iterable, Iterator

import pytest

import theorems
from certify.verdict import Verdict
from tests.theorems.mutants import Alteration, alterations, planted
from theorems.engine.check import Profile, cases

FORMULAS = {
    "spectrum.chart": (None, ("D3", "D10", "D6", "B3")),
    "spectrum.fits": (
        {"residual", "log_log_slope", "fit_top_radial", "fit_log_log", "fit_kl", "fit_chart"},
        ("D6", "D4"),
    ),
    "spectrum.hellinger": ({"log_affinity", "affinity_slope"}, ("D6",)),
    "spectrum.rigidity": (None, ("D4", "D4.product")),
    "interface.alignment": ({"overlap", "relative_imbalance", "commutator_magnitude", "alignment_bound"}, ("B3", "C4")),
    "transport.truncation": (None, ("E1",)),
    "transport.fitted_tail": (None, ("E2",)),
    "transport.source_modes": (None, ("E3",)),
}
# Alterations that change no value, as (function, altered line contains): why.
SAME = {
    ("mean_log_rank", "[s * 0 - 1] * d"): "a common factor of all weights cancels",
    ("mean_log_rank", "[s * 0 + 2] * d"): "a common factor of all weights cancels",
    ("variance_log_rank", "(x + mean)"): "E(x − m)(x + m) = E(x − m)², m being the mean",
    ("variance_log_rank", "(x * 1)"): "E(x − m)x = E(x − m)², m being the mean",
    ("log_log_slope", "(x + centre)"): "Σ(x − x̄)(x + x̄) = Σ(x − x̄)²",
    ("log_log_slope", "(x * 1"): "Σ(x − x̄)x = Σ(x − x̄)²",
    ("log_log_slope", "values[1]"): "only the number type of this value is looked at",
    ("fit_kl", "2 / float(variance_lo"): "the slope only guides Newton's steps",
    ("fit_kl", "3 * float(variance_lo"): "the slope only guides Newton's steps",
    ("fit_top_radial", "mean_log_rank(d, 3 * alpha)"): "the slope only guides Newton's steps",
}
KINDS = ("attained", "symbolic", "numeric", "property")


def every() -> list[tuple[Alteration, tuple[str, ...]]]:
    found: list[tuple[Alteration, tuple[str, ...]]] = []
    for module, (functions, ids) in FORMULAS.items():
        for alteration in alterations(f"certify.geometry.{module}", functions):
            if not any(alteration.function == f and text in alteration.where for f, text in SAME):
                found.append((alteration, ids))
    return found


EVERY = every()
SAMPLE = random.Random(3).sample(EVERY, 16)


def turns_red(alteration: Alteration, ids: tuple[str, ...]) -> bool:
    with planted(alteration), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return not all(green(ids))
        except Exception:
            # A formula that cannot be evaluated ends `theorems check` with exit code 5.
            return True


def green(ids: Iterable[str]) -> Iterator[bool]:
    """The verdicts of the cases that need no search, the quick kinds first."""
    for kind in KINDS:
        for id in ids:
            for case in cases(theorems.get(id)):
                if case.kind == kind:
                    yield case.run(Profile(examples=20))[0] is Verdict.CERTIFIED


@pytest.fixture(scope="module", autouse=True)
def unaltered_is_green() -> None:
    """Without this an error in a theorem would let every alteration pass for seen."""
    assert all(green({id for _, ids in FORMULAS.values() for id in ids}))


@pytest.mark.parametrize(("alteration", "ids"), SAMPLE, ids=str)
def test_sampled_alterations_turn_red(alteration: Alteration, ids: tuple[str, ...]) -> None:
    assert turns_red(alteration, ids)


@pytest.mark.slow
@pytest.mark.parametrize(("alteration", "ids"), EVERY, ids=str)
def test_every_alteration_turns_red(alteration: Alteration, ids: tuple[str, ...]) -> None:
    assert turns_red(alteration, ids)


def test_the_list_covers_every_formula() -> None:
    """Every exported function of these modules is altered somewhere, or is named here as no formula."""
    import importlib

    altered = {(a.module, a.function) for a, _ in EVERY}
    no_formula = {"fit_hellinger", "maximize_affinity", "Fit", "CHARTS"}
    for name in FORMULAS:
        module = importlib.import_module(f"certify.geometry.{name}")
        for exported in module.__all__:
            known = exported in no_formula or (module.__name__, exported) in altered
            assert known, f"{module.__name__}.{exported} is not altered"


def test_nothing_stays_planted() -> None:
    alteration = next(a for a, _ in EVERY if a.function == "slack_transport")
    from certify.geometry.spectrum import rigidity

    original = rigidity.slack_transport
    with planted(alteration):
        assert rigidity.slack_transport is not original
        assert theorems.get("D4") is theorems.get("rigidity")
    assert rigidity.slack_transport is original
