"""Fragments of the pages: prose, numbers, what a person types, the guard in front of the server."""

from __future__ import annotations

import html
import json
import re
import sys
from fractions import Fraction

import pytest

import theorems
from certify.errors import UsageError
from theorems.app import page
from theorems.app.guard import guarded, policy
from theorems.app.hunting import as_json, as_python, hunt, result_html
from theorems.app.near import line_points, sound_neighbour
from theorems.app.plot import state
from theorems.app.prose import prose, sections
from theorems.app.server import run
from theorems.app.shell import page_with_shell, shell
from theorems.app.typed import parse_constants, parse_fraction
from theorems.library import docstring


def tex(latex: str) -> str:
    return f"${latex}$"


@pytest.mark.parametrize("theorem", theorems.all(), ids=lambda t: t.id)
def test_statement_of_every_theorem(theorem):
    text = page.statement(theorem, tex)
    assert "Statement" in sections(docstring(theorem))
    assert ":math:" not in text
    assert ".. math" not in text
    for item in (*theorem.hypotheses, *theorem.readings):
        assert f"<b>{html.escape(item.name)}</b>" in text
    for tag in ("section", "ul", "li", "div", "p"):
        assert len(re.findall(rf"<{tag}[ >]", text)) == text.count(f"</{tag}>")


def test_prose_splits_formulas_and_escapes():
    text = "For *a* < **b**, ``x``:\n\n.. math:: x\\le 1,\\qquad y<2\\qquad(n\\ge2)\n\nend"
    assert prose(text, tex) == (
        "<p>For <em>a</em> &lt; <strong>b</strong>, <code>x</code>:</p>"
        '<div class="ps-display">$\\displaystyle x\\le 1,$</div>'
        '<div class="ps-display">$\\displaystyle y<2\\qquad(n\\ge2)$</div><p>end</p>'
    )


@pytest.mark.parametrize("low", [0.1, -1 / 3, 1e-300, -12345.678901234, 2.0**-1074, 0.0])
@pytest.mark.parametrize("width", [0.0, 1e-16, 1e-3, 2.0])
def test_decimals_contain_what_they_show(low, width):
    high = low + width
    text = page.enclosure(low, high).replace("−", "-")
    ends = [Fraction(x) for x in re.findall(r"-?\d[\d.e+-]*", text)]
    assert ends[0] <= Fraction(low)
    assert Fraction(high) <= ends[-1]


@pytest.mark.parametrize("text", ["3/0", "abc", "", "1e5", "nan", "inf", "1/2/3", "9" * 50, "1_0", "０x1"])
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="“"):
        parse_fraction(text)


def test_constants_that_are_wrong_or_unchanged():
    stated = {"a": Fraction(1), "b": Fraction(2)}
    assert parse_constants({"a": " 1.0 ", "b": "5/2"}, stated) == ({"b": Fraction(5, 2)}, [])
    changed, wrong = parse_constants({"a": "x", "b": ""}, stated)
    assert changed == {}
    assert wrong == ["a: “x” is not a number such as 3, 3/2 or 0.75"]


def test_search_from_the_app():
    d3 = theorems.get("D3")
    found, refused = hunt(d3, "ordered", constants={}, time=10, size=3, seed=0)
    assert refused == ""
    text = result_html(found, tex, ())
    assert 'data-result="witness"' in text
    assert "search(drop=" in text
    assert theorems.verify(json.loads(as_json(found))).instance == found.witness.instance
    exec(as_python(found).decode(), {"print": lambda text: None})
    assert as_python(found).count(b"\n") == 1


def test_search_that_cannot_be_asked():
    found, refused = hunt(theorems.get("D4"), "square", constants={}, time=1, size=2, seed=0)
    assert found is None
    assert "not defined" in refused


def test_line_to_a_witness_starts_sound_and_ends_refuted():
    witness = theorems.get("D3").search("ordered").witness
    points = line_points(witness, sound_neighbour(witness))
    states = {p.t: state(p.judged) for p in points}
    assert states[Fraction(0)] == "holds"
    assert states[Fraction(1)] == "fails"


def _answer(headers: dict[bytes, bytes], kind: str = "http", query: str = "", body: bytes = b"", **more) -> list[dict]:
    sent: list[dict] = []

    async def app(scope, receive, send):
        kind = [(b"content-type", b"text/html"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": body[:3], "more_body": True})
        await send({"type": "http.response.body", "body": body[3:]})

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "path": "/", "query_string": query.encode(), "headers": list(headers.items())}
    answering = guarded(app, "127.0.0.1", 80, "secret", **more)(scope, None, send)
    with pytest.raises(StopIteration):
        answering.send(None)
    return sent


OWN = {b"host": b"127.0.0.1:80", b"cookie": b"other=1; theorems-80=secret"}


def test_guard_answers_only_its_own_page():
    good = _answer(OWN)[0]
    assert good["status"] == 200
    assert (b"content-security-policy", policy("127.0.0.1", 80).encode()) in good["headers"]
    assert _answer({**OWN, b"origin": b"http://localhost:80"})[0]["status"] == 200
    assert _answer({**OWN, b"host": b"evil.example"})[0]["status"] == 403
    assert _answer({**OWN, b"origin": b"http://evil.example"})[0]["status"] == 403
    assert _answer({**OWN, b"origin": b"null"}, "websocket")[0] == {"type": "websocket.close", "code": 1008}
    assert "http://" not in policy("127.0.0.1", 80)


@pytest.mark.parametrize("cookie", [b"", b"theorems-80=", b"theorems-80=Secret", b"theorems-81=secret", b"=;;\xff"])
def test_without_the_token_nothing_is_answered(cookie):
    headers = {b"host": b"127.0.0.1:80", b"cookie": cookie}
    assert _answer(headers)[0]["status"] == 403
    assert _answer(headers, query="token=wrong")[0]["status"] == 403
    assert _answer(headers, query="token=")[0]["status"] == 403
    assert _answer(headers, "websocket", "token=secret")[0] == {"type": "websocket.close", "code": 1008}


def test_the_token_becomes_a_cookie_and_leaves_the_address():
    started = _answer({b"host": b"127.0.0.1:80"}, query="token=secret&theorem=D4&drop=a+b")[0]
    headers = dict(started["headers"])
    assert started["status"] == 303
    assert headers[b"location"] == b"/?theorem=D4&drop=a+b"
    assert headers[b"set-cookie"] == b"theorems-80=secret; Path=/; HttpOnly; SameSite=Strict"
    assert _answer({b"host": b"evil.example"}, query="token=secret")[0]["status"] == 403


def test_the_page_is_rewritten_as_a_whole():
    page = b"<html><body class=x>hello</body></html>"
    start, sent = _answer(OWN, query="theorem=C4", body=page, rewrite=page_with_shell)
    text = sent["body"].decode()
    assert dict(start["headers"])[b"content-length"] == str(len(sent["body"])).encode()
    assert text.startswith("<html><body class=x><style>")
    assert text.endswith("hello</body></html>")
    assert html.escape(theorems.get("C4").title) in text
    assert page_with_shell(b"no page", "") == b"no page"
    assert page_with_shell(b'<link rel="manifest" href="m">x', "") == b"x"


@pytest.mark.parametrize("query", ["", "theorem=nothing", "theorem=<script>", "theorem=%00"])
def test_the_shell_shows_a_theorem_whatever_the_address_says(query):
    assert ">D4. " in shell(query)
    assert shell(query).count("<script>") == 1


def test_without_marimo_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "marimo", None)
    with pytest.raises(UsageError, match="needs marimo") as refused:
        run(0, open_browser=False)
    assert "[app]" in str(refused.value)


def test_a_taken_port_is_a_usage_error():
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(UsageError, match="is taken"):
            run(other.getsockname()[1], open_browser=False)
