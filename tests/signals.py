"""Signals as at a terminal for programs that tests start: a shell in the background has some of them ignored."""

from __future__ import annotations

import signal

__all__ = ["usual"]


def usual() -> None:
    """For ``preexec_fn`` of :class:`subprocess.Popen`."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
