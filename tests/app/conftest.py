"""The running app and a headless Chromium; tests that want them are skipped, with the reason, where one is absent."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Runs the app and writes down every address but 127.0.0.1 that its process connects to or looks up.
SERVER = """
import sys
from pathlib import Path
log, extra = Path(sys.argv[1]), sys.argv[2]
def watch(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple) and arguments[1][0] != "127.0.0.1":
        log.open("a").write(f"connect {arguments[1]}\\n")
    if event == "socket.getaddrinfo" and arguments[0] not in ("127.0.0.1", "localhost", None, b"127.0.0.1"):
        log.open("a").write(f"look up {arguments[0]}\\n")
sys.addaudithook(watch)
import theorems
import theorems.statements
theorems.statements.__path__.append(extra)
from theorems.app.server import run
run(0, False, announce=lambda text: print(text, flush=True))
"""


@dataclass
class App:
    """Where the app is served, and the file of its foreign connections."""

    address: str
    log: Path


@dataclass
class Watched:
    """What a page asked for and complained about."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def follow(self, page) -> None:
        page.on("request", lambda r: self.requests.append(r.url))
        page.on("websocket", lambda w: self.requests.append(w.url))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def app(tmp_path_factory) -> Iterator[App]:
    """The app in a process of its own, with one more theorem beside the package's."""
    if find_spec("marimo") is None:
        pytest.skip("needs marimo: the extra “app”")
    log = tmp_path_factory.mktemp("app") / "connections.txt"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SERVER, str(log), str(ROOT / "docs" / "examples")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=log.parent) as process:
        try:
            line = process.stdout.readline()
            assert line.startswith("theorems app: http://127.0.0.1:"), line
            yield App(line.split()[2], log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """A browser with a fresh profile; not for the whole session, since playwright keeps an event loop running."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    executable = _chromium()
    if executable is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as p:
        context = p.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("profile"), executable_path=executable, args=FLAGS, headless=True
        )
        context.set_default_timeout(90_000)
        yield context
        context.close()
