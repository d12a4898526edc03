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
from theorems.app.shell import FIRST, shell_html, with_shell
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


def _answer(headers: dict[bytes, bytes], kind: str = "http", query: bytes = b"", path: str = "/") -> list[dict]:
    sent: list[dict] = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})

    async def send(message):
        sent.append(message)

    scope = {"type": kind, "headers": list(headers.items()), "query_string": query, "path": path}
    answering = guarded(app, "127.0.0.1", 80, "secret")(scope, None, send)
    with pytest.raises(StopIteration):
        answering.send(None)
    return sent


HOST = {b"host": b"127.0.0.1:80"}
OWN = {**HOST, b"cookie": b"other=1; theorems-80=secret"}


def test_guard_answers_only_its_own_page():
    good = _answer(OWN)[0]
    assert good["status"] == 200
    assert (b"content-security-policy", policy("127.0.0.1", 80).encode()) in good["headers"]
    assert _answer({**OWN, b"origin": b"http://localhost:80"})[0]["status"] == 200
    assert _answer({**OWN, b"host": b"evil.example"})[0]["status"] == 403
    assert _answer({**OWN, b"origin": b"http://evil.example"})[0]["status"] == 403
    assert _answer({**OWN, b"origin": b"null"}, "websocket")[0] == {"type": "websocket.close", "code": 1008}
    assert "http://" not in policy("127.0.0.1", 80)


def test_guard_lets_in_who_has_the_token_and_nobody_else():
    for cookie in (b"", b"theorems-80=wrong", b"theorems-81=secret", b"secret", b'theorems-80="', b"\xff"):
        assert _answer({**HOST, b"cookie": cookie})[0]["status"] == 403
        assert _answer({**HOST, b"cookie": cookie}, "websocket")[0]["type"] == "websocket.close"
    assert _answer(HOST, query=b"token=wrong")[0]["status"] == 403
    assert _answer(HOST, "websocket", b"token=secret")[0]["type"] == "websocket.close"
    entered = _answer(HOST, query=b"theorem=D4&token=secret&drop=a%20b")[0]
    headers = dict(entered["headers"])
    assert entered["status"] == 303
    assert headers[b"location"] == b"/?theorem=D4&drop=a+b"
    assert headers[b"set-cookie"].startswith(b"theorems-80=secret; ")
    assert b"HttpOnly" in headers[b"set-cookie"]
    assert _answer(HOST, path="/manifest.json")[0]["status"] == 200
    assert _answer({b"host": b"evil.example"}, path="/manifest.json")[0]["status"] == 403
    assert _answer(OWN, "websocket")[0] == {"type": "http.response.start", "status": 200, "headers": ANY_HEADERS}


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "///evil.example"])
def test_the_way_in_leads_nowhere_else(path):
    headers = dict(_answer(HOST, query=b"token=secret", path=path)[0]["headers"])
    assert headers[b"location"].startswith(b"/evil.example")


class _Anything:
    def __eq__(self, other: object) -> bool:
        return True


ANY_HEADERS = _Anything()


def test_shell_has_the_theorem_of_the_address():
    assert "C4. The commutator" in shell_html("theorem=C4&drop=x")
    assert f"{FIRST}. " in shell_html("theorem=%3Cscript%3E")
    assert "<script>alert" not in shell_html("theorem=%3Cscript%3Ealert")


def test_shell_stands_first_in_the_page_and_only_there():
    def answered(path: str, kind: bytes, pieces: list[bytes]) -> tuple[dict, bytes]:
        sent: list[dict] = []

        async def app(scope, receive, send):
            assert b"accept-encoding" not in dict(scope["headers"]) or path != "/"
            start = {"type": "http.response.start", "status": 200}
            await send({**start, "headers": [(b"content-type", kind), (b"content-length", b"9")]})
            for place, piece in enumerate(pieces):
                more = place + 1 < len(pieces)
                await send({"type": "http.response.body", "body": piece, "more_body": more})

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"accept-encoding", b"gzip")]}
        with pytest.raises(StopIteration):
            with_shell(app)(scope, None, send).send(None)
        return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent)

    headers, body = answered("/", b"text/html; charset=utf-8", [b"<html><bo", b"dy class=x><div></div></body>"])
    assert body.startswith(b"<html><body class=x><style>")
    assert body.endswith(b"<div></div></body>")
    assert b"id=ps-shell" in body
    assert int(headers[b"content-length"]) == len(body)
    for path, kind in (("/", b"application/json"), ("/asset.html", b"text/html")):
        assert answered(path, kind, [b"<body>"])[1] == b"<body>"


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
