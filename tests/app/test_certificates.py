"""A certificate that is opened in the app."""

from __future__ import annotations

from tests.certificate.digits import digits
from theorems.app.certificates import certificate_page, frame


def test_a_certificate_is_shown_and_what_is_none_is_refused(tmp_path):
    for name in ("a.json", "a.json.gz"):
        digits().save(tmp_path / name)
        text, wrong = certificate_page(name, (tmp_path / name).read_bytes())
        assert wrong == ""
        assert f"{len(digits().claims)} claims" in text
    text, wrong = certificate_page("<b>.json", b"{}")
    assert text == ""
    assert wrong.startswith("<b>.json: ")


def test_a_page_within_the_page_stays_text_of_an_attribute():
    assert frame('"><script>').count("<") == 2
    assert "allow-same-origin" not in frame("")
