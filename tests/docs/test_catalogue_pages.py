"""The pages that are written from the modules: every id has its place, every link leads to one, and evidence stands."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

import theorems
from certify.claims.catalogue import entries, entry_of
from tests.certificate.digits import digits

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module", autouse=True)
def _docs_are_importable():
    sys.path.insert(0, str(DOCS))
    yield
    sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def pages():
    return importlib.import_module("catalogue")


@pytest.fixture(scope="module")
def evidence():
    return importlib.import_module("evidence")


@pytest.fixture
def claims_page(pages, tmp_path) -> str:
    pages.write_claims(tmp_path)
    return (tmp_path / "index.md").read_text(encoding="utf-8")


def test_every_claim_of_a_certificate_has_a_target(pages, claims_page):
    targets = re.findall(r"^\(([\w-]+)\)=$", claims_page, re.MULTILINE)
    assert len(targets) == len(set(targets)) == len(entries())
    assert {pages.target(entry_of(claim.id)) for claim in digits().claims} <= set(targets)


def test_the_page_says_what_the_catalogue_says(pages, claims_page):
    plain = re.sub(r"\\(.)", r"\1", claims_page)
    for entry in entries():
        for text in (entry.meaning, entry.pattern, *entry.undecided, *entry.not_asked):
            assert text in plain, (entry.key, text)


def test_the_map_names_every_theorem_and_leads_to_files_and_claims(pages, claims_page, tmp_path):
    pages.write_map(tmp_path)
    text = (tmp_path / "index.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| (FLAG|GSA)", line)]
    assert len(rows) == len(theorems.all())
    for file in re.findall(r"`(theorems/[^`]+)`", text):
        assert (DOCS.parent / file).exists()
    gallery = (DOCS / "gallery" / "index.md").read_text(encoding="utf-8")
    for name in re.findall(r"\]\(#([\w-]+)\)", text):
        assert f"({name})=" in (claims_page if name.startswith("claim-") else gallery)
    assert {f"`{entry.pattern}`" for entry in entries()} <= set(re.findall(r"\[(`[^`]+`)\]\(#claim", text))


def test_gallery_and_theorems_link_both_ways(pages):
    gallery = (DOCS / "gallery" / "index.md").read_text(encoding="utf-8")
    found = [name for theorem in theorems.all() for name, _ in pages.gallery_links(theorem)]
    assert sorted(found) == sorted(re.findall(r"^\((gallery-[\w-]+)\)=$", gallery, re.MULTILINE))


def test_terms_are_found_in_statements(pages):
    assert "shared response support" in pages.term_links("the SRS of an edge")
    assert "slack" in pages.term_links("with slack s")
    assert pages.term_links("nothing") == []


@pytest.mark.parametrize("id", ["B3", "C4", "E1"])
def test_evidence_is_what_a_search_finds(evidence, id):
    rows = [row for row in json.loads(evidence.FILE.read_text(encoding="utf-8")) if row["theorem"] == id]
    assert rows
    assert rows == [row.to_json() for row in theorems.sharpness(id, seed=evidence.SEED)]


@pytest.mark.slow
def test_all_evidence_is_what_a_search_finds(evidence, tmp_path, monkeypatch):
    before = json.loads(evidence.FILE.read_text(encoding="utf-8"))
    monkeypatch.setattr(evidence, "FILE", tmp_path / "evidence.json")
    evidence.main()
    assert json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8")) == before


def test_evidence_that_no_longer_stands_is_searched_again(evidence, tmp_path, monkeypatch):
    rows = json.loads(evidence.FILE.read_text(encoding="utf-8"))
    fresh = [row for row in rows if row["theorem"] == "C4"]
    changed = [row | {"ratio": 0.5} for row in fresh]
    (tmp_path / "evidence.json").write_text(json.dumps(changed), encoding="utf-8")
    monkeypatch.setattr(evidence, "FILE", tmp_path / "evidence.json")
    evidence._file.cache_clear()
    try:
        assert [row.to_json() for row in evidence.kept(theorems.get("C4"))] == fresh
    finally:
        evidence._file.cache_clear()


MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">{}</math>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<mi>log</mi><mi>σ</mi>", '<mi>log</mi><mspace width="0.17em" /><mi>σ</mi>'),
        ("<mi>log</mi><mo>(</mo>", "<mi>log</mi><mo>(</mo>"),
        ("<msub><mo>max</mo><mi>k</mi></msub>", "<msub><mo>max</mo><mi>k</mi></msub>"),
        ("<msup><mi>r</mi><mi>′</mi></msup>", '<mrow><mi>r</mi><mo lspace="0" rspace="0">′</mo></mrow>'),
        ("<msup><mi>a</mi><mo>+</mo></msup>", "<msup><mi>a</mi><mo>+</mo></msup>"),
        (
            "<msup><mi>A</mi><mrow><mo>′</mo><mi>T</mi></mrow></msup>",
            '<msup><mrow><mi>A</mi><mo lspace="0" rspace="0">′</mo></mrow><mrow><mi>T</mi></mrow></msup>',
        ),
        (
            "<msubsup><mi>σ</mi><mn>1</mn><mo>′</mo></msubsup>",
            '<mrow><msub><mi>σ</mi><mn>1</mn></msub><mo lspace="0" rspace="0">′</mo></mrow>',
        ),
    ],
)
def test_formulas_are_legible(before, after):
    legible = importlib.import_module("formulas").legible
    assert legible(MATH.format(before)) == MATH.format(after)
