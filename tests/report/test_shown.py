"""Tables and pages: what they must say, and that a page loads nothing and lets no text through as markup."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

from rich.console import Console

from certify.report.page import page, save_page
from certify.report.summary import closeness, left_out_lines, not_asked_lines, sections
from certify.report.table import claims_table, closest_table, summary
from certify.verdict import Verdict
from tests.report.sample import sample


def _text(renderable) -> str:
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(renderable)
    return console.export_text()


def test_folded_row_shows_its_tightest_window():
    first = sections(sample().claims)[0]
    folded = first.rows[-1]
    assert folded.name == "spectrum.gap[1…3]"
    assert folded.value.startswith("at 3: ")
    assert folded.margin == "≥ 0.333"
    assert len(sections(sample().claims, fold=False)[0].rows) == len(first.rows) + 2


def test_every_claim_is_in_the_table():
    certificate = sample()
    shown = _text(claims_table(certificate, fold=False))
    for claim in certificate.claims:
        assert claim.id in shown
        assert claim.subject in shown
    assert shown.count("CERTIFIED") == 10
    assert shown.count("UNDECIDED") == shown.count("REFUTED") == 1


def test_summary_says_what_is_refuted_undecided_left_out_and_not_asked():
    shown = _text(summary(sample()))
    assert "12 claims: 10 certified, 1 refuted, 1 undecided" in shown
    assert "the margin's enclosure contains 0" in shown
    assert "<D4> & drift > 0." in shown
    assert left_out_lines(sample()) == [
        "layers.0.bias, layers.1.bias, layers.2.bias, layers.3.bias and 2 more: not a matrix: shape (4,)"
    ]
    assert not_asked_lines(sample()) == [
        "E1.truncation of edge layers.0.weight -> layers.1.weight: the window is the whole rank"
    ]


def test_closest_first():
    certificate = sample()
    shown = _text(closest_table(certificate))
    assert shown.splitlines()[1].startswith("UNDECIDED")
    order = sorted(map(closeness, certificate.claims))
    assert order[0] == 0.0
    assert len(_text(closest_table(certificate, limit=3)).splitlines()) == 4


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs


def test_page_loads_nothing_and_escapes():
    text = page(sample())
    parser = _Tags()
    parser.feed(text)
    assert not parser.tags & {"script", "link", "img", "iframe", "d4"}
    assert not [name for name, _ in parser.attributes if name in {"src", "href"} or name.startswith("on")]
    assert not re.search(r"url\(|@import|https?:", text)
    assert "&lt;D4&gt; &amp; drift" in text
    assert Verdict.REFUTED.value in text


def test_page_is_written_whole(tmp_path):
    save_page(sample(), tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page(sample())
    assert [item.name for item in tmp_path.iterdir()] == ["page.html"]
