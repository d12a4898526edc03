"""What stands between the app and the rest of the world: its own pages, its own address, and whoever has the token."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

__all__ = ["guarded", "policy"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]
Rewrite: TypeAlias = Callable[[bytes, str], bytes]

_FOREIGN = "this app answers to its own page only\n"
_UNKNOWN = "open the address that the command printed, with its token\n"


def policy(host: str, port: int) -> str:
    """A content security policy under which a browser sends nothing to any other address."""
    return (
        "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self' data: blob: ws://{host}:{port}; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'self'"
    )


def guarded(
    app: Application,
    host: str,
    port: int,
    token: str,
    *,
    rewrite: Rewrite | None = None,
    at_end: Callable[[], Awaitable[None]] | None = None,
) -> Application:
    """The application, refusing requests for another host, from another page or without the token.

    The token stands in the first address; the answer moves it to a cookie and leads to the address without it, which
    may then be passed on.

    Parameters
    ----------
    token : not empty.
    rewrite : changes the pages of the root, given their bytes and the query of the address.
    at_end : awaited when the server shuts down.
    """
    own = {f"{host}:{port}".encode(), f"localhost:{port}".encode()}
    origins = {b"http://" + name for name in own}
    cookie = f"theorems-{port}"

    def foreign(headers: dict[bytes, bytes]) -> bool:
        return headers.get(b"host") not in own or headers.get(b"origin", b"http://" + next(iter(own))) not in origins

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, _hearing_the_end(receive, at_end), send)
            return
        headers, query = dict(scope["headers"]), scope.get("query_string", b"").decode("latin-1")
        words = parse_qsl(query, keep_blank_values=True)
        if foreign(headers):
            await _refuse(scope, send, _FOREIGN)
        elif scope["type"] == "http" and any(name == "token" and _same(value, token) for name, value in words):
            rest = urlencode([(name, value) for name, value in words if name != "token"])
            await _admit(send, scope["path"] + (f"?{rest}" if rest else ""), f"{cookie}={token}")
        elif not _same(_cookie(headers, cookie), token):
            await _refuse(scope, send, _UNKNOWN)
        elif rewrite is not None and scope["type"] == "http" and scope["path"] == "/":
            await app(scope, receive, _rewritten(_marked(send, policy(host, port)), rewrite, query))
        else:
            await app(scope, receive, _marked(send, policy(host, port)))

    return answer


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _cookie(headers: dict[bytes, bytes], name: str) -> str:
    try:
        found = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _hearing_the_end(receive: Receive, at_end: Callable[[], Awaitable[None]] | None) -> Receive:
    async def hearing() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown" and at_end is not None:
            await at_end()
        return message

    return hearing


async def _admit(send: Send, path: str, cookie: str) -> None:
    # Two slashes would name another host.
    place = "/" + path.lstrip("/")
    headers = [
        (b"location", place.encode("latin-1", "replace")),
        (b"set-cookie", f"{cookie}; Path=/; HttpOnly; SameSite=Strict".encode()),
        (b"cache-control", b"no-store"),
        (b"referrer-policy", b"no-referrer"),
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Message, send: Send, why: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": why.encode()})


def _marked(send: Send, text: str) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = (b"content-security-policy", text.encode())
            message = {**message, "headers": [*message.get("headers", []), extra]}
        await send(message)

    return marked


def _rewritten(send: Send, change: Rewrite, query: str) -> Send:
    """Hold a page back until it is whole, and send it changed, with its new length; other answers go as they come."""
    start: list[Message] = []
    pieces: list[bytes] = []

    async def held(message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = dict(message.get("headers", [])).get(b"content-type", b"")
            if message.get("status") == 200 and kind.startswith(b"text/html"):
                start.append(message)
            else:
                await send(message)
        elif message["type"] == "http.response.body" and start:
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                body = change(b"".join(pieces), query)
                kept = [item for item in start[0].get("headers", []) if item[0].lower() != b"content-length"]
                await send({**start[0], "headers": [*kept, (b"content-length", str(len(body)).encode())]})
                await send({"type": "http.response.body", "body": body})
        else:
            await send(message)

    return held
