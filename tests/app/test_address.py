"""The state in the address, the opening of every theorem, the ratio, and certificates that are opened."""

from __future__ import annotations

from fractions import Fraction

import pytest

import theorems
from certify.verdict import Verdict
from tests.certificate.digits import digits
from theorems.app.address import asked, keep
from theorems.app.certificates import certificate_page, frame
from theorems.app.families import families
from theorems.app.opening import known, opening_html
from theorems.app.ratio import ratio_of, ratio_plot
from theorems.app.sweep import Judged, Point


class Query(dict):
    def set(self, name, text):
        self[name] = text

    def remove(self, name):
        del self[name]


def test_what_is_kept_is_asked_again():
    d4, query = theorems.get("D4"), Query(drop="slack", at="x:1")
    reading = d4.reading("exact drift")
    family = families(d4, reading)[0]
    start = family.start()
    moving = next(control for control in family.controls if control.continuous)
    moved = start | {moving.name: moving.low + moving.step}
    keep(query, d4, reading, None, family, moved)
    assert "drop" not in query
    found = asked(query, d4)
    assert (found.reading, found.drop) == ("exact drift", None)
    assert family.started(found.at).start() == moved
    keep(query, d4, d4.readings[0], None, family, start)
    assert dict(query) == {"theorem": "D4"}


@pytest.mark.parametrize("text", ["a:b", ":::", "angle:1/0", "angle:" + "9" * 4000, "<b>:1", "angle"])
def test_what_an_address_says_wrong_is_passed_over(text):
    found = asked({"theorem": "D4", "reading": "nothing", "drop": "nothing", "at": text}, theorems.get("D4"))
    assert (found.reading, found.drop) == ("drift", None)
    assert "angle" not in found.at
    assert asked({"theorem": "C4", "drop": "slack"}, theorems.get("D4")).drop is None


@pytest.mark.parametrize("theorem", theorems.all(), ids=lambda t: t.id)
def test_every_theorem_opens_on_a_counterexample_that_stands(theorem):
    witness = known(theorem)
    assert witness is not None
    assert witness.finding.refutes(witness.dropped)
    text = opening_html(theorem, lambda latex: f"${latex.replace('<', '')}$")
    assert 'data-state="fails"' in text


def _judged(value: float, bound: float, verdict: Verdict = Verdict.CERTIFIED) -> Judged:
    return Judged((), Verdict.CERTIFIED, verdict, (value, value), (bound, bound), (bound - value,) * 2)


def test_the_ratio_is_truth_over_bound_and_the_line_stands_at_one():
    points = [Point(Fraction(t), None, _judged(t, 2.0)) for t in range(3)]
    points.append(Point(Fraction(3), None, _judged(3.0, 2.0, Verdict.REFUTED)))
    text = ratio_plot(points, (Fraction(1), points[1].judged))
    assert ratio_of(points[1].judged) == 0.5
    assert text.count("ps-ratio ps-holds") == 3
    assert text.count("ps-ratio ps-fails") == 1
    line = text.partition('class="ps-one"')[2].partition('y1="')[2].partition('"')[0]
    dot = text.partition("ps-ratio ps-holds")[2].partition("<title>1<")[0].rpartition('cy="')[2].partition('"')[0]
    assert line == dot
    assert ratio_of(_judged(1.0, 0.0)) is None
    assert ratio_of(None) is None
    assert ratio_plot([Point(Fraction(0), None, None)], (Fraction(0), None)) == ""


def test_a_certificate_is_shown_and_what_is_none_is_refused(tmp_path):
    for name in ("a.json", "a.json.gz"):
        digits().save(tmp_path / name)
        text, wrong = certificate_page(name, (tmp_path / name).read_bytes())
        assert wrong == ""
        assert "294 claims" in text
    text, wrong = certificate_page("<b>.json", b"{}")
    assert text == ""
    assert wrong.startswith("<b>.json: ")
    assert frame('"><script>').count("<") == 2
