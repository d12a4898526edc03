"""The page in headless Chromium: wide, narrow, dark, printed; it asks for nothing; its table is searched and sorted."""

from __future__ import annotations

import pytest

from certify.report.page import save_page
from tests.browser import Watched
from tests.certificate.digits import digits
from tests.report.sample import sample

pytestmark = pytest.mark.browser
SHOWN = "() => [...document.querySelectorAll('.claims tbody tr')].filter(e => e.offsetHeight > 0).length"


@pytest.fixture
def opened(chromium, tmp_path):
    """The page of the example, and what it asked for."""
    save_page(digits(), tmp_path / "page.html")
    page, watched = chromium.new_page(), Watched()
    watched.follow(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((tmp_path / "page.html").as_uri())
    yield page, watched
    page.close()


def first(page, column: int) -> str:
    return page.locator(f".claims tbody tr:visible td:nth-child({column})").first.inner_text()


def test_it_asks_for_nothing_and_shows_the_verdict_first(opened):
    page, watched = opened
    assert watched.requests == [page.url]
    assert watched.errors == []
    assert page.locator(".verdict").bounding_box()["y"] < 200
    assert page.locator(".many svg").count() == 5
    for name in (
        "overlap-against-chance",
        "certified-by-window",
        "imbalance-and-commutator",
        "barcode-1",
        "masks-01",
        "incidence-01",
    ):
        assert page.locator(f"#{name} svg").bounding_box()["height"] > 40


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_sticks_out(opened, width):
    page, _ = opened
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert (
        page.evaluate(
            "Math.min(...[...document.querySelectorAll('main, h1, .verdict, .list')].map(e => e.offsetWidth))"
        )
        > 0
    )


def test_the_table_is_searched_and_sorted(opened):
    page, _ = opened
    every = page.evaluate(SHOWN)
    assert every == len(digits().claims)
    page.fill("#search", "overlap chance layers.3")
    assert 0 < page.evaluate(SHOWN) < every
    assert "against chance" in first(page, 1)
    page.fill("#search", "")
    page.select_option("#verdict", "UNDECIDED")
    assert page.evaluate(SHOWN) == 0
    page.select_option("#verdict", "")
    page.fill("#search", "singular values")
    page.fill("#search", "E.overlap")
    page.click(".claims th:nth-child(4) button")
    least = float(first(page, 4).split()[0])
    page.click(".claims th:nth-child(4) button")
    most = float(first(page, 4).split()[0])
    values = [claim.values[0].lower for claim in digits().claims if claim.id.startswith("E.overlap")]
    assert abs(least - min(values)) < 1e-6
    assert abs(most - max(values)) < 1e-6


def test_an_id_leads_to_what_it_says(opened):
    page, _ = opened
    page.click(".claims a[href='#E7.rank'] >> nth=0")
    assert "exact rank" in page.locator("dt:target + dd").inner_text()


def test_print_shows_every_claim_on_a_light_ground(opened):
    page, _ = opened
    page.fill("#search", "nothing that is there")
    assert page.evaluate(SHOWN) == 0
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(SHOWN) == len(digits().claims)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tall = page.evaluate(
        "[document.querySelector('.list').clientHeight, document.querySelector('.claims').clientHeight]"
    )
    assert tall[0] >= tall[1]


def test_dark_mode(opened):
    page, _ = opened
    page.emulate_media(color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 27)"


def test_what_is_undecided_is_hatched_and_markup_stays_text(chromium, tmp_path):
    save_page(sample(), tmp_path / "page.html")
    page, watched = chromium.new_page(), Watched()
    watched.follow(page)
    page.goto((tmp_path / "page.html").as_uri())
    assert "<D4> & drift" in page.locator(".claims").inner_text()
    assert page.locator("D4").count() == 0
    assert watched.errors == []
    page.close()
