"""What both commands share: exit codes, how errors and progress are shown, and text from files made harmless.

Modules that take long to import are imported where they are used, so that ``--help`` answers at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from certify.errors import InputError, PolystableError, UsageError
from certify.escaping import escaped
from certify.reading import remembered, was_read
from certify.verdict import Verdict
from certify.writing import check_writable, remove_temporary

if TYPE_CHECKING:
    import click
    from rich.console import Console

__all__ = [
    "EXIT_CODES",
    "INTERRUPTED",
    "READER_LEFT",
    "Progress",
    "check_targets",
    "escaped",
    "exit_codes",
    "main",
    "print_json",
    "progress",
    "run",
    "terminal",
]

Progress = Callable[[int, int, str], None]
"""Told how much is done, as ``progress(done, total, label)``."""

EXIT_CODES = {Verdict.CERTIFIED: 0, Verdict.REFUTED: 1, Verdict.UNDECIDED: 3}

# As a shell reports them: 128 plus the number of the signal.
INTERRUPTED, READER_LEFT = 130, 141

_KINDS = {1: "rejected", 2: "usage", 4: "refused", 5: "defect"}


def exit_codes(refuted: str = "refuted", rejected: str = "certificate rejected") -> str:
    """The meaning of the exit codes, for a command's help."""
    return (
        f"Exit codes: 0 everything asked is certified, 1 {refuted} or {rejected}, 2 usage, 3 undecided, "
        "4 input refused, 5 defect of this program."
    )


def terminal(*, stderr: bool = False) -> Console:
    """A console that prints everything :func:`escaped`, and keeps lines of 140 columns where there is no terminal."""
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Escaping(Console):
        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Generator[Segment]:
            for segment in super().render(renderable, options):
                plain = segment.control or segment.text.isprintable()
                yield segment if plain else Segment(escaped(segment.text, lines=True), segment.style)

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = Escaping(stderr=stderr)
    return console if console.is_terminal else Escaping(stderr=stderr, width=140)


def print_json(value: object) -> None:
    """Print a JSON value; what cannot be printed stands in it as an escape of JSON's own."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print(re.sub(r"[^\n -~]", lambda found: _json_character(found[0]), text))


def _json_character(c: str) -> str:
    return c if c.isprintable() else json.dumps(c)[1:-1]


@contextmanager
def progress(what: str) -> Generator[Progress]:
    """A bar on stderr with the count, the rate and the time left; silent off a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.3g}/s" if task.speed else "", style="dim")

    console = terminal(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:

        def advance(done: int, total: int, label: str) -> None:
            if not bar.tasks:
                bar.add_task(what, total=total)
            bar.update(bar.tasks[0].id, completed=done, total=total, description=f"{what} {escaped(label)}")

        yield advance


def check_targets(*targets: Path | None, inputs: Sequence[Path | None] = ()) -> None:
    """Refuse output paths before any work is done for them; to be called again once the inputs are read.

    Raises
    ------
    UsageError : no file in an existing folder, two outputs of one name, a link, a device, a pipe, a read-only file, or
        a file that is an input or was read.
    """
    seen: set[str] = set()
    for target in targets:
        if target is None:
            continue
        if not os.path.isdir(target.parent) or os.path.isdir(target):
            raise _no_target("the output is not a file in an existing folder", target)
        try:
            check_writable(target)
        except InputError as error:
            raise _no_target(error.message, target) from None
        name = os.path.join(os.path.realpath(target.parent), target.name)
        if name in seen:
            raise _no_target("two outputs have one name", target)
        seen.add(name)
        if was_read(target) or any(item is not None and _same(target, item) for item in inputs):
            raise _no_target("the output would replace an input", target)


def _same(target: Path, item: Path) -> bool:
    try:
        return os.path.samefile(target, item)
    except (OSError, ValueError):
        return False


def _no_target(message: str, target: Path) -> UsageError:
    return UsageError(message, file=target, hint="another output path")


@contextmanager
def _ended_cleanly() -> Generator[None]:
    """What ends this process removes first what is half written; a signal that is ignored stays so."""

    def end(number: int, frame: FrameType | None) -> None:
        remove_temporary()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    names = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    mine = threading.current_thread() is threading.main_thread()
    changed = [number for number in names if mine and signal.getsignal(number) is signal.SIG_DFL]
    for number in changed:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def run(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; every exception is shown and becomes a code.

    Parameters
    ----------
    command, name : what is run, and how it is called.
    arguments : the words after the name; those of this process when omitted.
    """

    words = list(sys.argv[1:] if arguments is None else arguments)
    with remembered(), _ended_cleanly():
        try:
            code = _outcome(command, name, words)
        except BrokenPipeError:
            code = READER_LEFT
        except OSError:
            # There is nowhere left to say what went wrong.
            code = InputError.exit_code
        if not _flushed() and code == 0:
            code = InputError.exit_code
    return code


def _outcome(command: click.Command, name: str, words: list[str]) -> int:
    import click

    try:
        code = command.main(words, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        click.echo(escaped(shown.getvalue(), lines=True), err=True, nl=False)
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; a file is written as a whole or not at all", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return READER_LEFT
    except Exception as error:
        return _failed(error, words)


def _flushed() -> bool:
    """Whether all that was printed is out; what has no reader and no room is dropped, so that nothing fails later."""
    done = True
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            done = False
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return done


def _failed(error: Exception, words: Sequence[str]) -> int:
    if "--debug" in words:
        import traceback

        print(escaped("".join(traceback.format_exception(error)), lines=True), end="", file=sys.stderr)
    known = error if isinstance(error, PolystableError) else _unexpected(error)
    if "--json" in words:
        place = {name: getattr(known, name) for name in ("file", "tensor", "place", "limit", "hint")}
        accepted: dict[str, Any] = {"accepted": False} if known.exit_code == 1 else {}
        rest = {"error": type(error).__name__, "message": known.message, **place, "exit_code": known.exit_code}
        print_json({**accepted, **rest})
    else:
        _show_error(known)
    return known.exit_code


def _show_error(error: PolystableError) -> None:
    from rich.text import Text

    first, *rest = error.render(escaped).split("\n")
    console = terminal(stderr=True)
    console.print(Text.assemble((f"{_KINDS.get(error.exit_code, 'error')}: ", "bold red"), first), soft_wrap=True)
    for line in rest:
        console.print(Text(f"  {line}"), soft_wrap=True)


def _unexpected(error: Exception) -> PolystableError:
    if isinstance(error, MemoryError):
        return UsageError("there is not enough memory", hint="fewer --workers, or fewer layers in a chain file")
    if isinstance(error, OSError) and error.strerror:
        return InputError(f"the system refused: {error.strerror}", file=error.filename, hint="another path or device")
    return PolystableError(
        f"{type(error).__name__}: {error}",
        hint="--debug shows where; please report it with that output and, if you can, the file",
    )


def main(run: Callable[[], int]) -> NoReturn:
    """Entry point of a script; characters that a stream cannot hold are replaced."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed by the shell; it stays open until the process ends.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]
    sys.exit(run())
