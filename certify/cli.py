"""The ``certify`` command. Heavy modules are imported inside the commands, so that ``--help`` answers at once."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from certify.errors import PolystableError, UsageError
from certify.verdict import Verdict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.console import Console

    from certify.certificate import Certificate

__all__ = ["main", "run"]

EXIT_CODES = {Verdict.CERTIFIED: 0, Verdict.REFUTED: 1, Verdict.UNDECIDED: 3}
# As a shell reports them: 128 plus the number of the signal.
INTERRUPTED, READER_LEFT = 130, 141
_EPILOG = (
    "Exit codes: 0 everything asked is certified, 1 refuted or certificate rejected, 2 usage, 3 undecided, "
    "4 input refused, 5 defect of this program."
)
_REASONS_SHOWN = 20
_PATH = click.Path(path_type=Path)
_Options = TypeVar("_Options", bound="DataclassInstance")


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib import metadata

        click.echo(f"certify {metadata.version('polystable')}")
        context.exit()


def _common(function: Callable[..., int]) -> Callable[..., int]:
    """Options of every command. ``--debug`` acts where errors are shown, in :func:`run`."""
    function = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")(
        function
    )
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")(function)


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
def command() -> None:
    """Certify weight chains: rigorous enclosures, three-valued verdicts, certificates that can be checked again."""


@command.command(epilog=_EPILOG)
@click.argument("path", type=_PATH)
@click.option(
    "--chain", "chain_file", type=_PATH, metavar="FILE", help="TOML file that names the layers and the edges."
)
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="Write the certificate.")
@click.option("--html", "page", type=_PATH, metavar="FILE", help="Write a page for a browser; it loads nothing.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Matrices at a time; all cores by default.")
@click.option("--threshold", "thresholds", multiple=True, metavar="NAME=VALUE", help="Change a recorded threshold.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Change a size limit of the readers.")
@click.option("--all", "every", is_flag=True, help="One row for each window, instead of one for all.")
@_common
def chain(
    path: Path,
    chain_file: Path | None,
    output: Path | None,
    page: Path | None,
    workers: int | None,
    thresholds: tuple[str, ...],
    limits: tuple[str, ...],
    every: bool,
    as_json: bool,
) -> int:
    """Certify the weight matrices in PATH: a safetensors file or folder, an .npz file, or a folder of .npy files."""
    for target in (output, page):
        _check_target(target, path, chain_file)
    import certify
    from certify.chain import Limits

    loaded = certify.load(path, chain_file, limits=_changed(Limits(), limits, "--limit"))
    chosen = _changed(certify.Thresholds(), thresholds, "--threshold")
    with _progress("certifying") as progress:
        certificate = certify.certify(loaded, thresholds=chosen, workers=workers, progress=progress)
    if output is not None:
        certificate.save(output)
    if page is not None:
        from certify.report.page import save_page

        save_page(certificate, page)
    if as_json:
        sys.stdout.write(certificate.to_bytes().decode("ascii"))
    else:
        _show_certificate(certificate, fold=not every)
        console = _console()
        for note in loaded.notes:
            console.print(f"note {note}", style="dim", markup=False, highlight=False)
        for label, target in (("certificate", output), ("page", page)):
            if target is not None:
                console.print(f"{label} {target}", markup=False, highlight=False)
    return EXIT_CODES[certificate.verdict]


@command.command(epilog=_EPILOG)
@click.argument("cert", type=_PATH)
@click.argument("path", type=_PATH)
@click.option("--chain", "chain_file", type=_PATH, metavar="FILE", help="The chain file that CERT was made with.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Change a size limit of the readers.")
@_common
def verify(cert: Path, path: Path, chain_file: Path | None, limits: tuple[str, ...], as_json: bool) -> int:
    """Check the certificate CERT again, from the weights in PATH, with code that shares nothing with the prover."""
    import certify
    from certify.chain import Limits
    from certify.checker import RejectedError

    changed = _changed(Limits(), limits, "--limit")
    try:
        with _progress("checking") as progress:
            certificate = certify.verify(cert, path, chain_file, limits=changed, progress=progress).certificate
    except RejectedError as error:
        _show_rejection([asdict(reason) for reason in error.verification.reasons], cert, as_json)
        return error.exit_code
    if as_json:
        found = {"verdict": certificate.verdict.value, "claims": len(certificate.claims), "digest": certificate.digest}
        _print_json({"accepted": True, **found})
    else:
        from certify.report.table import summary

        console = _console()
        console.print("accepted: every claim was proved again from the weights", style="green")
        console.print(summary(certificate))
    return 0


def _show_rejection(reasons: list[dict[str, str]], cert: Path, as_json: bool) -> None:
    if as_json:
        _print_json({"accepted": False, "reasons": reasons})
        return
    from rich.text import Text

    console = _console(stderr=True)
    console.print(Text.assemble(("rejected: ", "bold red"), f"{cert} is not proved by these weights"), soft_wrap=True)
    for reason in reasons[:_REASONS_SHOWN]:
        about = f"{reason['claim']} of {reason['subject']}: " if reason["claim"] else ""
        console.print(Text(f"  {reason['place']}: {about}{reason['message']}"), soft_wrap=True)
        for name in ("recorded", "recomputed"):
            if reason[name]:
                console.print(Text(f"    {name} {reason[name]}", style="dim"), soft_wrap=True)
    if len(reasons) > _REASONS_SHOWN:
        console.print(Text(f"  and {len(reasons) - _REASONS_SHOWN} more; --json lists all"))


@command.command(epilog=_EPILOG)
@click.argument("cert", type=_PATH)
@click.option("-n", "--first", type=click.IntRange(min=1), metavar="N", help="Only the N closest.")
@_common
def explore(cert: Path, first: int | None, as_json: bool) -> int:
    """Show, verdict by verdict, the margin that decides it in CERT, sorted by how close it is to turning."""
    from certify.certificate import Certificate
    from certify.report.summary import closeness
    from certify.report.table import closest_table

    certificate = Certificate.load(cert)
    if as_json:
        _print_json(
            [
                {"id": claim.id, "subject": claim.subject, "verdict": claim.verdict.value,
                 "margin": [claim.margin.lower.hex(), claim.margin.upper.hex()], "cause": claim.cause}
                for claim in sorted(certificate.claims, key=closeness)[:first]
            ]
        )  # fmt: skip
    else:
        _console().print(closest_table(certificate, limit=first))
    return 0


def _check_target(target: Path | None, *inputs: Path | None) -> None:
    """Refuse an output path before any work is done for it."""
    if target is None:
        return
    if target.is_dir() or not target.parent.is_dir():
        raise UsageError("the output is not a file in an existing folder", file=target, hint="another output path")
    if any(item is not None and item.exists() and target.exists() and target.samefile(item) for item in inputs):
        raise UsageError("the output would replace an input", file=target, hint="another output path")


def _changed(options: _Options, changes: Sequence[str], flag: str) -> _Options:
    """A frozen dataclass of numbers with NAME=VALUE applied to it."""
    known = {field.name: getattr(options, field.name) for field in fields(options)}
    given: dict[str, Any] = {}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in known:
            raise UsageError(f"{flag} {change}: no such name", hint=f"one of {', '.join(known)}")
        try:
            given[name] = type(known[name])(text)
        except ValueError:
            kind = type(known[name]).__name__
            raise UsageError(f"{flag} {change}: not a number of type {kind}", hint=f"{name}={known[name]}") from None
    return replace(options, **given)


def _console(*, stderr: bool = False) -> Console:
    """A console that keeps lines of 140 columns whole where there is no terminal to fit."""
    from rich.console import Console

    class Plain(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    console = Plain(stderr=stderr)
    return console if console.is_terminal else Plain(stderr=stderr, width=140)


def _show_certificate(certificate: Certificate, *, fold: bool) -> None:
    from certify.report.barcode import drawn_barcodes
    from certify.report.table import claims_table, summary

    console = _console()
    console.print(claims_table(certificate, fold=fold))
    console.print()
    for barcode in drawn_barcodes(certificate):
        console.print(f"{barcode}\n", markup=False, highlight=False, soft_wrap=True)
    console.print(summary(certificate))


@contextmanager
def _progress(what: str) -> Generator[Callable[[int, int, str], None]]:
    """A bar on stderr with the time left, for calls ``progress(done, total, label)``; silent off a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = _console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def advance(done: int, total: int, label: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{what} {label}")

        yield advance


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2))


def _show_error(error: PolystableError, kind: str) -> None:
    from rich.text import Text

    first, *rest = error.render().split("\n")
    console = _console(stderr=True)
    console.print(Text.assemble((f"{kind}: ", "bold red"), first), soft_wrap=True)
    for line in rest:
        console.print(Text(f"  {line}"), soft_wrap=True)


_KINDS = {1: "rejected", 2: "usage", 4: "refused", 5: "defect"}


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; every exception is shown and becomes a code.

    Parameters
    ----------
    arguments : the words after ``certify``; those of this process when omitted.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = command.main(words, prog_name="certify", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; nothing was written", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of stdout has left; what is still buffered has no reader either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_LEFT
    except Exception as error:
        return _failed(error, words)


def _failed(error: Exception, words: Sequence[str]) -> int:
    if "--debug" in words:
        import traceback

        traceback.print_exception(error)
    known = error if isinstance(error, PolystableError) else _unexpected(error)
    if "--json" in words:
        place = {name: getattr(known, name) for name in ("file", "tensor", "place", "limit", "hint")}
        _print_json({"error": type(error).__name__, "message": known.message, **place, "exit_code": known.exit_code})
    else:
        _show_error(known, _KINDS.get(known.exit_code, "error"))
    return known.exit_code


def _unexpected(error: Exception) -> PolystableError:
    if isinstance(error, MemoryError):
        return UsageError("there is not enough memory", hint="fewer --workers, or fewer layers in a chain file")
    return PolystableError(
        f"{type(error).__name__}: {error}",
        hint="--debug shows where; please report it with that output and, if you can, the file",
    )


def main() -> NoReturn:
    """Entry point of the ``certify`` script."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # pyright: ignore[reportAttributeAccessIssue]
    sys.exit(run())
