"""What certificates say in words is pinned, and they say nothing else."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

from certify.claims import causes, component, domain, heads, horizon, interface, layer, rigidity, robustness, storage
from certify.claims.assertion import Assertion
from certify.geometry.spectrum import fits, hellinger, roots
from certify.verdict import Verdict
from tests.certificate.digits import digits
from tests.certificate.sentences import ASSERTIONS, GOLDEN, sentences


def test_no_word_has_changed():
    """After a deliberate change: ``python -m tests.certificate.sentences``."""
    assert sentences() == GOLDEN.read_text(encoding="utf-8")


_MODULES = [layer, interface, rigidity, component, domain, horizon, robustness, storage, heads]


@pytest.mark.parametrize("module", _MODULES, ids=lambda module: module.__name__)
def test_every_assertion_is_pinned(module):
    found = [getattr(module, name) for name in module.__all__]
    makers = [f for f in found if inspect.isroutine(f) and inspect.signature(f).return_annotation == "Assertion"]
    assert [f.__name__ for f in makers if f not in ASSERTIONS] == []


def test_ids_of_what_is_skipped_are_those_of_claims():
    ids = {function(*arguments).id for function, samples in ASSERTIONS.items() for arguments in samples}
    assert {*layer.chart_ids(), *rigidity.TRANSPORT_IDS, *rigidity.PRODUCT_DRIFT_IDS, *component.IDS} <= ids
    assert interface.INTERSECTION in ids


def _form(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def test_every_sentence_of_a_certificate_is_pinned():
    golden = {_form(line.strip()) for line in GOLDEN.read_text(encoding="utf-8").split("\n")}
    said = {claim.statement for claim in digits().claims}
    said |= {f"note: {claim.note}" for claim in digits().claims if claim.note}
    assert {_form(text) for text in said} - golden == set()
    reasons = {item.reason for item in digits().not_asked}
    reasons |= {claim.cause for claim in digits().claims if claim.verdict is Verdict.UNDECIDED}
    golden = {line.partition(": ")[2] for line in golden}
    number = r"[0-9.]+(e[+-]?[0-9]+)?"
    assert {re.sub(number, "0", text) for text in reasons} - {re.sub(number, "0", text) for text in golden} == set()


def test_the_causes_of_fits_are_those_that_the_fits_give():
    """The searches for exponents live in geometry and name their causes there."""
    texts: set[str] = set()
    for module in (fits, roots, hellinger):
        tree = ast.parse(inspect.getsource(module))
        constants = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            if isinstance(call.func, ast.Name) and call.func.id in ("no_fit", "Fit"):
                told = call.args[-1]
                told = constants.get(told.id, told) if isinstance(told, ast.Name) else told
                if isinstance(told, ast.Constant):
                    texts.add(told.value)
    assert texts == {causes.ONE_RANK, *(cause for found in causes.FIT.values() for cause in found)}


def test_an_assertion_lists_its_limit():
    asserted = layer.sigma(3, 0.5, 2.0)
    assert isinstance(asserted, Assertion)
    assert asserted.parameters == {"width_limit": 1.0}
