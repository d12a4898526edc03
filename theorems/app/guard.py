"""What stands between the app and the rest of the world: whoever was given its address, and no address but its own.

The address that the command prints ends in a token. Who opens it gets the token as a cookie of this host, and every
request and connection without it is refused, so that other users and programs of the machine see nothing.
"""

from __future__ import annotations

import hmac
import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, TypeAlias

__all__ = ["guarded", "policy"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


# Browsers ask for it without cookies, and it says nothing but the name of the program.
_OPEN = ("/manifest.json",)


def policy(host: str, port: int) -> str:
    """A content security policy under which a browser sends nothing to any other address."""
    return (
        "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self' data: blob: ws://{host}:{port}; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'self'"
    )


def guarded(
    app: Application, host: str, port: int, token: str, at_end: Callable[[], Awaitable[None]] | None = None
) -> Application:
    """The application, refusing requests for another host, from another page, or without the token.

    The policy stands on every answer. ``at_end`` is awaited when the server shuts down.
    """
    cookie = f"theorems-{port}"
    own = {f"{host}:{port}".encode(), f"localhost:{port}".encode()}
    origins = {b"http://" + name for name in own}

    def foreign(headers: dict[bytes, bytes]) -> bool:
        return headers.get(b"host") not in own or headers.get(b"origin", b"http://" + next(iter(own))) not in origins

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, _hearing_the_end(receive, at_end), send)
        elif foreign(dict(scope["headers"])):
            await _refuse(scope, send, "this app answers to its own page only")
        elif scope["type"] == "http" and _same(_given(scope), token):
            await _let_in(scope, send, cookie, token)
        elif scope.get("path") not in _OPEN and not _same(_held(scope, cookie), token):
            await _refuse(scope, send, "open the address that the command printed: it ends in a token")
        else:
            await app(scope, receive, _marked(send, policy(host, port)))

    return answer


def _hearing_the_end(receive: Receive, at_end: Callable[[], Awaitable[None]] | None) -> Receive:
    async def hearing() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown" and at_end is not None:
            await at_end()
        return message

    return hearing


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _query(scope: Message) -> list[tuple[str, str]]:
    return urllib.parse.parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)


def _given(scope: Message) -> str:
    return next((value for name, value in _query(scope) if name == "token"), "")


def _held(scope: Message, cookie: str) -> str:
    text = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
    try:
        held = SimpleCookie(text).get(cookie)
    except CookieError:
        return ""
    return held.value if held else ""


async def _let_in(scope: Message, send: Send, cookie: str, token: str) -> None:
    """To the same page without the token, which a browser would keep in its history."""
    rest = urllib.parse.urlencode([(name, value) for name, value in _query(scope) if name != "token"])
    # One slash: "//host" would be an address elsewhere.
    place = "/" + urllib.parse.quote(scope.get("path", "/").lstrip("/\\")) + (f"?{rest}" if rest else "")
    headers = [
        (b"location", place.encode("ascii")),
        (b"set-cookie", f"{cookie}={token}; Path=/; HttpOnly; SameSite=Lax".encode()),
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
    await send({"type": "http.response.body", "body": f"{why}\n".encode()})


def _marked(send: Send, text: str) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = (b"content-security-policy", text.encode())
            message = {**message, "headers": [*message.get("headers", []), extra]}
        await send(message)

    return marked
