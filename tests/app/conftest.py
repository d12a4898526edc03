"""The running app; tests that want it are skipped, with the reason, where it is absent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.browser import chromium

__all__ = ["app", "chromium"]

ROOT = Path(__file__).parents[2]
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
    """Where the app is served, the token in its address, and the file of its foreign connections."""

    address: str
    token: str
    log: Path

    def view(self, query: str = "") -> str:
        """The address of a view, with the token."""
        return f"{self.address}?token={self.token}&{query}"


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
            address, _, token = line.split()[2].partition("?token=")
            yield App(address, token, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(20)
