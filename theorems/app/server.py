"""The app: theorems, instance families and the search in a browser, served on 127.0.0.1 and nowhere else."""

from __future__ import annotations

import contextlib
import secrets
import socket
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certify.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HOST", "application", "run"]

HOST = "127.0.0.1"
_NOTEBOOK = Path(__file__).with_name("notebook.py")


def application(port: int, token: str) -> Any:
    """The ASGI application, guarded for that port, for those who have the token.

    Raises :class:`UsageError` when the extra ``app`` is not installed.
    """
    try:
        import marimo  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError as error:
        raise UsageError("the app needs marimo", hint='install the extra: pip install "polystable[app]"') from error
    from theorems.app.guard import guarded
    from theorems.app.shell import with_shell

    served = marimo.create_asgi_app(quiet=True, include_code=False).with_app(path="", root=str(_NOTEBOOK)).build()
    return guarded(with_shell(served), HOST, port, token, lambda: _end_sessions(served))


async def _end_sessions(served: Any) -> None:
    """Mounted applications are not told that the server ends, and their sessions would keep the process alive."""
    for route in getattr(served, "routes", ()):
        manager = getattr(getattr(getattr(route, "app", None), "state", None), "session_manager", None)
        if manager is not None:
            await manager.shutdown()


def run(port: int = 0, open_browser: bool = True, announce: Callable[[str], None] = print) -> None:
    """Serve the app until it is interrupted.

    Parameters
    ----------
    port : 0 takes a free one.
    open_browser : whether to open the page.
    announce : is told where the page is.

    Raises
    ------
    UsageError
        When the port is taken, or marimo is not installed.
    """
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
        except OSError as error:
            raise UsageError(
                f"port {port} of {HOST} is taken", hint="choose another with --port, or leave it out"
            ) from error
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(24)
        served = application(port, token)
        import uvicorn  # pyright: ignore[reportMissingImports]

        address = f"http://{HOST}:{port}/?token={token}"
        announce(f"theorems app: {address} (Ctrl-C ends it)")
        if open_browser:
            webbrowser.open(address)
        config = uvicorn.Config(served, log_level="warning", timeout_graceful_shutdown=1)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])
