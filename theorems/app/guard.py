"""What stands between the app and the rest of the world: its own pages only, and no address but its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

__all__ = ["guarded", "policy"]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]


def policy(host: str, port: int) -> str:
    """A content security policy under which a browser sends nothing to any other address."""
    return (
        "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; "
        f"connect-src 'self' data: blob: ws://{host}:{port}; "
        "form-action 'none'; frame-ancestors 'none'; base-uri 'self'"
    )


def guarded(app: Application, host: str, port: int, at_end: Callable[[], Awaitable[None]] | None = None) -> Application:
    """The application, refusing requests for another host or from another page, with the policy on every answer.

    ``at_end`` is awaited when the server shuts down.
    """
    own = {f"{host}:{port}".encode(), f"localhost:{port}".encode()}
    origins = {b"http://" + name for name in own}

    def foreign(headers: dict[bytes, bytes]) -> bool:
        return headers.get(b"host") not in own or headers.get(b"origin", b"http://" + next(iter(own))) not in origins

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await app(scope, _hearing_the_end(receive, at_end), send)
        elif foreign(dict(scope["headers"])):
            await _refuse(scope, send)
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


async def _refuse(scope: Message, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"this app answers to its own page only\n"})


def _marked(send: Send, text: str) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            extra = (b"content-security-policy", text.encode())
            message = {**message, "headers": [*message.get("headers", []), extra]}
        await send(message)

    return marked
