"""Tables and pages: what they must say, and that a page loads nothing and lets no text through as markup."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
from html.parser import HTMLParser

import numpy as np
from rich.console import Console

from certify.chain import Chain
from certify.claims.catalogue import key_of
from certify.execution import certify
from certify.report.page import page, save_page, sentence
from certify.report.summary import left_out_lines, not_asked_lines, sections
from certify.report.table import claims_table, closest_table, summary
from certify.verdict import Verdict
from tests.certificate.digits import digits
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
    rows = [line for line in _text(closest_table(certificate, limit=3)).splitlines()[1:] if line[:1].strip()]
    assert len(rows) == 3


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
    assert not parser.tags & {"link", "img", "iframe", "d4"}
    assert not [name for name, _ in parser.attributes if name == "src" or name.startswith("on")]
    assert all(value.startswith("#") for name, value in parser.attributes if name == "href")
    assert not re.search(r"url\((?!#)|@import|https?:", text)
    assert "&lt;D4&gt; &amp; drift" in text
    assert Verdict.REFUTED.value in text


def test_the_policy_admits_the_script_of_the_page_alone():
    text = page(sample())
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hashed}'" in text


def test_every_id_is_told_and_every_link_leads_somewhere():
    text = page(digits())
    places = set(re.findall(r" id=\"?([^\s>\"]+)", text))
    assert set(re.findall(r"href=#([^\s>]+)", text)) <= places
    assert {key_of(claim.id) for claim in digits().claims} <= places


def test_the_verdict_comes_first_in_one_sentence():
    text = html.unescape(re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", "", page(sample()), flags=re.DOTALL))
    assert "REFUTED: of 12 claims about 2 layers and 1 interface the opposite of 1 is proved, 1 could not be" in text
    assert text.index("REFUTED") < text.index("Notable") < text.index("Layers")
    assert sentence(digits()) == f"all {len(digits().claims)} claims about 5 layers and 4 interfaces are proved"


def test_a_hundred_layers_stay_under_two_megabytes():
    rng = np.random.default_rng(0)
    names = [f"transformer_model.hidden_layers.{i}.projection_dense.weight" for i in range(100)]
    chain = Chain.from_arrays([rng.standard_normal((34, 34)) for _ in names], names=names)
    text = page(certify(chain, workers=1))
    assert len(text.encode()) < 2_000_000
    assert text.count("<tr>") > 3000


def test_page_is_written_whole(tmp_path):
    save_page(sample(), tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page(sample())
    assert [item.name for item in tmp_path.iterdir()] == ["page.html"]
