"""A headless Chromium, and what its pages ask for; without one, tests are skipped and say so."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

import pytest

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
