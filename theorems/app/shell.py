"""What the page shows while its engine starts: the theorem that was asked for, as text, at once."""

from __future__ import annotations

import html
import re
import threading
from urllib.parse import parse_qs

from certify.errors import UsageError

__all__ = ["page_with_shell", "shell", "warm"]

_DEFAULT = "D4"
_MANIFEST = re.compile(rb"<link[^>]*\brel=.manifest.[^>]*>")
_STYLE = (
    "#ps-shell{position:fixed;inset:0;z-index:50;overflow:auto;background:#fff;color:#1d2430;padding:2rem 1.5rem;"
    "font:16px/1.5 system-ui,sans-serif}#ps-shell>div{max-width:46rem;margin:0 auto}#ps-shell h1{font-size:1.4rem}"
    "#ps-shell pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere;color:#5b6676}"
    "@media(prefers-color-scheme:dark){#ps-shell{background:#111418;color:#e6eaf0}#ps-shell pre{color:#a9b3c1}}"
)
# The notebook's first element says that there is something to see.
_SCRIPT = (
    "(()=>{const gone=()=>{if(document.querySelector('.ps-header')){document.getElementById('ps-shell')?.remove();"
    "watch.disconnect()}};const watch=new MutationObserver(gone);"
    "watch.observe(document.documentElement,{childList:true,subtree:true});gone()})()"
)


def shell(query: str) -> str:
    """The element that covers the page until the notebook is there; ``query`` is that of the address."""
    from theorems.library import get

    try:
        theorem = get(parse_qs(query).get("theorem", [_DEFAULT])[0])
    except UsageError:
        theorem = get(_DEFAULT)
    stated = theorem.statement().partition("\n")[2].strip()
    return (
        f"<style>{_STYLE}</style>"
        f'<div id="ps-shell" role="status"><div><h1>{html.escape(theorem.id)}. {html.escape(theorem.title)}</h1>'
        f"<pre>{html.escape(stated)}</pre><p>The engine that decides instances is starting …</p></div></div>"
        f"<script>{_SCRIPT}</script>"
    )


def page_with_shell(body: bytes, query: str) -> bytes:
    """A page with the shell as the first element of its body; what has no body stays as it is."""
    # A browser asks for a manifest without cookies, and the app is not to be installed.
    body = _MANIFEST.sub(b"", body)
    start = body.find(b"<body")
    end = body.find(b">", start)
    if start < 0 or end < 0:
        return body
    return body[: end + 1] + shell(query).encode("utf-8") + body[end + 1 :]


def warm() -> None:
    """Import the theorems while the browser is still loading the page."""

    def imported() -> None:
        from theorems.library import all_theorems

        all_theorems()

    threading.Thread(target=imported, daemon=True).start()
