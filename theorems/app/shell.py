"""What the page shows while the notebook starts: the theorem in words, at once, without any script of the notebook."""

from __future__ import annotations

import urllib.parse
from typing import Any

from certify.errors import UsageError
from certify.escaping import quoted
from theorems.app.guard import Application, Message, Receive, Send
from theorems.engine.plain import plain_math, plain_text
from theorems.engine.theorem import Status, Theorem
from theorems.library import docstring, get

__all__ = ["FIRST", "shell_html", "with_shell"]

FIRST = "D4"
"""The theorem that is shown when the address names none."""

_STYLE = """
#ps-shell{position:fixed;inset:0;overflow:auto;z-index:40;background:#fff;color:#1d2430;
font:16px/1.5 system-ui,sans-serif}
#ps-shell main{max-width:69rem;margin:0 auto;padding:2.6rem 1.5rem}
#ps-shell h1{font-size:1.65rem;line-height:1.2;margin:0 0 .3rem}#ps-shell h2{font-size:1.25rem;margin:1.4rem 0 .4rem}
#ps-shell p{max-width:72ch;margin:.5rem 0}#ps-shell .soft{color:#5b6676}
#ps-shell pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;max-width:72ch}
#ps-shell li{margin:.3rem 0}
@media(prefers-color-scheme:dark){#ps-shell{background:#111418;color:#e6eaf0}#ps-shell .soft{color:#a9b3c1}}
"""
# The notebook's first card stands in the page when there is something better to look at.
_SCRIPT = """
new MutationObserver((_, o) => { if (document.querySelector('.ps-card')) {
  document.getElementById('ps-shell')?.remove(); o.disconnect(); }
}).observe(document, {childList: true, subtree: true});
"""


def shell_html(query: str) -> str:
    """The waiting page for the query of an address, as a fragment that removes itself."""
    asked = dict(urllib.parse.parse_qsl(query))
    try:
        theorem = get(asked.get("theorem", FIRST))
    except UsageError:
        theorem = get(FIRST)
    return (
        f"<style>{_STYLE}</style><div id=ps-shell><main><h1>Theorems and their counterexamples</h1>"
        "<p class=soft role=status>Every number is an enclosure, every verdict is proved, every witness is exact. "
        f"The pictures are on their way.</p>{_stated(theorem)}</main></div><script>{_SCRIPT}</script>"
    )


def _stated(theorem: Theorem) -> str:
    true = [r for r in theorem.readings if r.status is Status.TRUE]
    readings = "".join(f"<li><b>{quoted(r.name)}</b>: {quoted(plain_math(r.latex) or r.text)}</li>" for r in true)
    # The first paragraph is the title again.
    _, _, stated = plain_text(docstring(theorem)).partition("\n\n")
    return (
        f"<h2>{quoted(theorem.id)}. {quoted(theorem.title)}</h2><p class=soft>{quoted(theorem.source)}</p>"
        f"<pre>{quoted(stated, lines=True)}</pre><ul>{readings}</ul>"
    )


def with_shell(app: Application) -> Application:
    """The application with :func:`shell_html` in its first page."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in ("", "/") and scope["method"] == "GET":
            shell = shell_html(scope.get("query_string", b"").decode("latin-1"))
            # A compressed page could not be added to.
            headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
            await app({**scope, "headers": headers}, receive, _Inserting(send, shell.encode()))
        else:
            await app(scope, receive, send)

    return answer


class _Inserting:
    """Holds an HTML answer back until it is whole, and puts a fragment at the beginning of its body."""

    def __init__(self, send: Send, fragment: bytes) -> None:
        self.send, self.fragment = send, fragment
        self.start: dict[str, Any] | None = None
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kinds = [value for name, value in message.get("headers", []) if name.lower() == b"content-type"]
            if message["status"] == 200 and any(kind.startswith(b"text/html") for kind in kinds):
                self.start = dict(message)
                return
        if self.start is None:
            await self.send(message)
            return
        self.body += message.get("body", b"")
        if message.get("more_body", False):
            return
        head, body, rest = self.body.partition(b"<body")
        inside, close, after = rest.partition(b">")
        whole = head + body + inside + close + self.fragment + after if body and close else self.body
        kept = [(name, value) for name, value in self.start["headers"] if name.lower() != b"content-length"]
        await self.send({**self.start, "headers": [*kept, (b"content-length", str(len(whole)).encode())]})
        await self.send({**message, "body": whole})
