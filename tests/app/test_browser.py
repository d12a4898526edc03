"""The app in headless Chromium: it loads, stays on this machine, follows its sliders, searches, bears wrong input."""

from __future__ import annotations

import json

import pytest

import theorems
from tests.browser import Watched
from tests.certificate.digits import digits

pytestmark = pytest.mark.browser
SHOWN = ".ps-wide svg.ps-plot"
# What sticks out to the right of the window, apart from boxes that scroll on their own.
OVERFLOW = """() => {
  const limit = document.documentElement.clientWidth, app = document.querySelector('#App');
  const inside = e => { for (let p = e.parentElement; p && p !== app; p = p.parentElement)
    if (['auto', 'scroll', 'hidden'].includes(getComputedStyle(p).overflowX)) return true; return false; };
  const out = [...app.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > limit + 1 && !inside(e));
  if (app.scrollWidth > app.clientWidth) out.push(app);
  if (document.documentElement.scrollWidth > limit) out.push(document.documentElement);
  return out.map(e => e.tagName + '.' + (e.className.baseVal ?? e.className));
}"""


@pytest.fixture
def watched():
    return Watched()


@pytest.fixture
def opened(app, chromium, watched):
    """The view of theorems in a page of its own: a session of its own on the server."""
    page = chromium.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    watched.follow(page)
    page.goto(app.view("theorem=D4&reading=drift&family=spectra+and+angles"))
    page.wait_for_selector(SHOWN)
    page.wait_for_selector(".ps-card .ps-list .katex")
    yield page
    page.close()


def _choose(page, field: str, option: str) -> None:
    page.locator(".ps-field", has_text=field).first.locator("select").select_option(label=option)


def _drop(page, hypothesis: str) -> None:
    page.locator(".ps-drop label", has_text=hypothesis).first.click()


def _picture(page) -> str:
    """The picture, once it has stopped changing: the page may still be answering an earlier change."""
    last = ""
    while (now := page.locator(SHOWN).first.evaluate("e => e.outerHTML")) != last:
        last = now
        page.wait_for_timeout(700)
    return now


def _changed(page, before: str) -> str:
    page.wait_for_function("([s, b]) => document.querySelector(s)?.outerHTML !== b", arg=[SHOWN, before])
    return _picture(page)


def test_loads_with_every_theorem_and_typeset_formulas(opened, watched):
    offered = opened.locator(".ps-choose select option").all_inner_texts()
    assert {text.split(". ")[0] for text in offered} == {"S1", *(t.id for t in theorems.all())}
    assert opened.locator(".ps-card .katex").count() > 20
    assert opened.locator(".katex-error").count() == 0
    assert opened.locator("h2", has_text="D4. ").count() == 1
    assert watched.errors == []


def test_words_stand_there_before_any_script_and_make_room(app, chromium):
    page = chromium.new_page()
    page.goto(app.view("theorem=C4"), wait_until="commit")
    page.locator("#ps-shell h2", has_text="C4. The commutator").wait_for()
    assert "token" not in page.url
    page.wait_for_selector(".ps-card")
    page.locator("#ps-shell").wait_for(state="detached")
    page.close()


def test_without_the_token_nothing_is_shown(app, chromium):
    page = chromium.new_page()
    page.context.clear_cookies()
    assert page.goto(app.address).status == 403
    assert page.goto(app.address + "?token=guessed").status == 403
    page.close()


def test_nothing_leaves_the_machine(app, opened, watched):
    own = (app.address, app.address.replace("http://", "ws://"), "data:", "blob:")
    assert len(watched.requests) > 50
    assert [url for url in watched.requests if not url.startswith(own)] == []
    assert not app.log.exists(), app.log.read_text()
    blocked = opened.evaluate("fetch('http://127.0.0.2:9/').then(() => 'sent', e => 'refused')")
    assert blocked == "refused"
    # That attempt was ours, and the browser says so on the console.
    watched.errors.clear()
    watched.requests[:] = [url for url in watched.requests if "127.0.0.2" not in url]


def test_slider_changes_the_picture(opened):
    before, margin = _picture(opened), opened.locator("td[data-name=margin]").first.inner_text()
    handle = opened.locator(".ps-sliders .ps-field", has_text="lead of A").first.get_by_role("slider")
    handle.focus()
    handle.press("ArrowRight")
    after = _changed(opened, before)
    opened.wait_for_function("m => document.querySelector('td[data-name=margin]').innerText !== m", arg=margin)
    handle.press("ArrowLeft")
    assert _changed(opened, after) == before


def test_slider_can_be_dragged(opened):
    before = _picture(opened)
    handle = opened.locator(".ps-sliders .ps-field", has_text="angle").first.get_by_role("slider")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.mouse.move(x, y)
    opened.mouse.down()
    seen = before
    for step in range(1, 4):
        opened.mouse.move(x + 25 * step, y)
        seen = _changed(opened, seen)
    opened.mouse.move(x, y)
    opened.mouse.up()
    assert _changed(opened, seen) != seen


def test_wrong_input_shows_a_message_and_breaks_nothing(opened, watched):
    box = opened.locator(".ps-field", has_text="constant: factor").get_by_role("textbox")
    before = _picture(opened)
    for text, told in (("3/0", "divides by zero"), ("a half", "is not a number")):
        box.fill(text)
        box.press("Enter")
        opened.locator(".ps-messages .ps-message", has_text=told).wait_for()
        assert _picture(opened) == before
    box.fill("1/2")
    box.press("Enter")
    opened.locator(".ps-messages .ps-message").wait_for(state="detached")
    _changed(opened, before)
    box.fill("1")
    box.press("Enter")
    opened.wait_for_function("([s, b]) => document.querySelector(s).outerHTML === b", arg=[SHOWN, before])
    assert watched.errors == []


def test_search_ends_in_a_witness_to_take_home(opened, watched):
    _choose(opened, "reading", "exact drift")
    _drop(opened, "slack")
    opened.locator(".ps-search", has_text="without the hypothesis “slack”").wait_for()
    # On a busy machine the search gets a minute.
    opened.locator(".ps-search").get_by_role("slider").first.press("End")
    opened.locator(".ps-search", has_text="60").wait_for()
    opened.get_by_role("button", name="Search").click()
    result = opened.locator("[data-result]")
    result.wait_for(timeout=90_000)
    assert result.get_attribute("data-result") == "witness"
    assert result.locator(".ps-value .katex").count() >= 2
    assert result.locator(".ps-region.ps-fails").count() > 0
    with opened.expect_download() as saved:
        result.get_by_role("link", name="JSON").or_(result.get_by_role("button", name="JSON")).click()
    data = json.loads(saved.value.path().read_text(encoding="utf-8"))
    assert theorems.verify(data).dropped == "slack"
    assert opened.evaluate(OVERFLOW) == []
    _drop(opened, "nothing")
    result.wait_for(state="detached")
    assert watched.errors == []


@pytest.mark.parametrize("width", [1280, 400])
def test_fits_the_window(opened, width, tmp_path):
    opened.set_viewport_size({"width": width, "height": 900})
    opened.locator(".ps-wide" if width > 860 else ".ps-narrow").first.wait_for()
    assert opened.evaluate(OVERFLOW) == []
    assert len(opened.screenshot(path=tmp_path / f"{width}.png")) > 20_000
    opened.set_viewport_size({"width": 1280, "height": 900})


def test_opens_on_a_known_counterexample_and_the_address_shows_it_again(app, chromium):
    page = chromium.new_page()
    page.goto(app.view("theorem=C4"))
    page.locator(".ps-verdict[data-state=fails]").wait_for()
    assert page.locator(f"{SHOWN} .ps-region.ps-fails").count() > 0
    handle = page.locator(".ps-sliders .ps-field", has_text="position t").first.get_by_role("slider")
    handle.press("ArrowLeft")
    page.wait_for_url("**at=t%3D39*")
    shown, address = _picture(page), page.url
    again = chromium.new_page()
    again.goto(address)
    again.wait_for_selector(SHOWN)
    assert _picture(again) == shown
    again.locator("label", has_text="truth over bound").first.click()
    assert _changed(again, shown) != shown
    assert again.locator(".ps-shapes").count() >= 1
    again.close()
    page.close()


@pytest.mark.parametrize("width", [1280, 400])
def test_a_certificate_is_opened_and_explored(app, chromium, width, tmp_path):
    digits().save(tmp_path / "digits.json")
    page, watched = chromium.new_page(), Watched()
    watched.follow(page)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(app.view("view=certificate"))
    page.locator("input[type=file]").wait_for(state="attached")
    page.locator("input[type=file]").set_input_files(tmp_path / "digits.json")
    inside = page.frame_locator("iframe.ps-frame")
    assert inside.locator(".verdict").inner_text().startswith(digits().verdict.value)
    inside.locator("#search").fill("overlap chance")
    assert 0 < inside.locator(".claims tbody tr:visible").count() < len(digits().claims)
    assert page.evaluate(OVERFLOW) == []
    assert watched.errors == []
    page.close()


def test_theorem_added_by_one_file_has_working_sliders(app, chromium):
    page, watched = chromium.new_page(), Watched()
    watched.follow(page)
    page.goto(app.view("theorem=S1"))
    page.wait_for_selector(SHOWN)
    assert page.locator("h2", has_text="S1. The stable rank").count() == 1
    before = _picture(page)
    page.locator(".ps-sliders .ps-field").first.get_by_role("slider").press("ArrowLeft")
    _changed(page, before)
    assert watched.errors == []
    page.close()


def test_pairs_move_through_their_strata(app, chromium):
    page, watched = chromium.new_page(), Watched()
    watched.follow(page)
    page.goto(app.view("view=pairs"))
    scene = page.locator("svg.ps-scene")
    scene.wait_for()
    meet = page.locator(".ps-meet-dim")
    assert meet.inner_text() == "1"
    before = scene.evaluate("e => e.outerHTML")
    slider = page.locator(".ps-sliders").get_by_role("slider").first
    slider.focus()
    slider.press("Home")
    page.wait_for_function("document.querySelector('.ps-meet-dim')?.innerText === '2'")
    assert scene.evaluate("e => e.outerHTML") != before
    assert page.locator(".ps-here").inner_text().startswith("i = 2")
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OVERFLOW) == []
    assert watched.errors == []
    assert [
        url for url in watched.requests if "//127.0.0.1:" not in url and not url.startswith(("data:", "blob:"))
    ] == []
    page.close()
