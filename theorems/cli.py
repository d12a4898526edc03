"""The ``theorems`` command. Heavy modules are imported inside the commands, so that ``--help`` answers at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from certify import console
from certify.console import EXIT_CODES, check_targets, escaped, print_json, progress, terminal
from certify.errors import UsageError
from certify.verdict import Verdict

if TYPE_CHECKING:
    from theorems.engine.search import Progress as Searched
    from theorems.engine.search import SearchResult
    from theorems.engine.theorem import Theorem

__all__ = ["main", "run"]

_EPILOG = console.exit_codes("refuted (explore: a counterexample was found)", "witness rejected")
_PATH = Path


def _common(function: Callable[..., int]) -> Callable[..., int]:
    function = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")(
        function
    )
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")(function)


@click.group(epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="polystable", prog_name="theorems")
def command() -> None:
    """Check theorems on the geometry of weight chains, and look for counterexamples to what is not one."""


@command.command("list", epilog=_EPILOG)
@_common
def list_(as_json: bool) -> int:
    """List the theorems."""
    import theorems
    from theorems.engine.report import list_table

    found = theorems.all()
    if as_json:
        print_json([_summary(t) for t in found])
    else:
        terminal().print(list_table(found))
    return 0


@command.command(epilog=_EPILOG)
@click.argument("id")
@_common
def show(id: str, as_json: bool) -> int:
    """Show the statement of theorem ID, its readings, hypotheses and constants."""
    import theorems
    from theorems.engine.plain import plain_text
    from theorems.library import docstring

    theorem = theorems.get(id)
    if as_json:
        print_json({**_summary(theorem), "text": docstring(theorem), "latex": theorem.latex()})
    else:
        click.echo(plain_text(docstring(theorem)) + "\n\n" + theorem.statement())
    return 0


@command.command(epilog=_EPILOG)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--junit", "junit_file", type=_PATH, metavar="FILE", help="Write a JUnit report.")
@click.option("--html", "html_file", type=_PATH, metavar="FILE", help="Write the report as a page for a browser.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Other instances than the usual ones.")
@click.option("--thorough", is_flag=True, help="Ten times as many instances.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Processes; one for each core by default.")
@_common
def check(
    ids: tuple[str, ...],
    junit_file: Path | None,
    html_file: Path | None,
    seed: int | None,
    thorough: bool,
    workers: int | None,
    as_json: bool,
) -> int:
    """Run the checks of the theorems ID..., of all when none is named; results are shown as they come."""
    check_targets(junit_file, html_file)
    from theorems.checking import chosen, profile_of, results
    from theorems.engine.report import Report, failure_text, result_line, save_junit, summary

    todo = chosen(ids or None)
    shown, found, last = terminal(), [], ""
    with progress("checking") as advance:
        advance(0, len(todo), "")
        for result in results(todo, profile_of(seed=seed, thorough=thorough), workers):
            found.append(result)
            advance(len(found), len(todo), f"{result.theorem} {result.kind} {result.name}")
            if not as_json:
                shown.print(result_line(result, shown.width, last), highlight=False, soft_wrap=True)
            last = result.theorem
    report = Report(tuple(found))
    if junit_file is not None:
        save_junit(report, junit_file)
    if html_file is not None:
        from theorems.engine.report_page import save_page
        from theorems.library import select

        save_page(report, html_file, {theorem.id: theorem.title for theorem in select(ids or None)})
    if as_json:
        print_json(report.to_json())
        return EXIT_CODES[report.verdict]
    failures = [failure_text(r) for r in found if r.verdict is not Verdict.CERTIFIED]
    for text in failures:
        shown.print(f"\n{text}", markup=False, highlight=False, soft_wrap=True)
    shown.print(f"\n{summary(report)}", markup=False, highlight=False)
    return EXIT_CODES[report.verdict]


@command.command(epilog=_EPILOG)
@click.argument("name", metavar="ID_NAME")
@click.option("--folder", type=_PATH, metavar="DIR", help="Where to write; the package's own statements by default.")
@_common
def new(name: str, folder: Path | None, as_json: bool) -> int:
    """Write a skeleton statement, e.g. b1_ridge_flow, that checks green and names what is to be filled in."""
    from theorems.skeleton import write_skeleton

    written, todo = write_skeleton(name, folder)
    if as_json:
        print_json({"file": str(written), "todo": todo})
        return 0
    click.echo(f"wrote {escaped(written)}")
    for line in todo:
        click.echo(f"  {line}")
    click.echo(f"then: theorems check {name.split('_')[0].upper()}")
    return 0


@command.command(epilog=_EPILOG)
@click.argument("id")
@click.option("--drop", "drops", multiple=True, metavar="HYPOTHESIS", help="Do without this hypothesis.")
@click.option("--reading", metavar="NAME", help="Attack this reading only.")
@click.option("--set", "changes", multiple=True, metavar="CONSTANT=VALUE", help="Bend a constant.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Give up after N instances.")
@click.option(
    "--time", "seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS", help="A cap on the time."
)
@click.option("--size", type=click.IntRange(min=1, max=8), default=3, show_default=True, help="Largest side.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, metavar="N")
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="Write the witness.")
@_common
def explore(
    id: str,
    drops: tuple[str, ...],
    reading: str | None,
    changes: tuple[str, ...],
    limit: int | None,
    seconds: float | None,
    size: int,
    seed: int,
    output: Path | None,
    as_json: bool,
) -> int:
    """Look for a counterexample to ID without a hypothesis, with a bent constant, or to a false reading."""
    check_targets(output)
    import theorems
    from theorems.engine.search import LIMIT, search

    theorem = theorems.get(id)
    drop, constants = _dropped(drops), _constants(changes)
    if drop is None and reading is None and not constants and sys.stdin.isatty() and not as_json:
        drop, reading = _ask(theorem)
    with _hunting() as advance:
        result = search(
            theorem,
            drop,
            reading=reading,
            constants=constants,
            limit=LIMIT if limit is None else limit,
            time=seconds,
            size=size,
            seed=seed,
            progress=advance,
        )
    if output is not None and result.witness is not None:
        result.witness.save(output)
    if as_json:
        print_json(result.to_json())
    else:
        _show_result(result, output)
    return EXIT_CODES[result.verdict]


@command.command(epilog=_EPILOG)
@click.argument("witness", type=_PATH)
@_common
def verify(witness: Path, as_json: bool) -> int:
    """Re-check a WITNESS file from scratch, without the search."""
    from theorems.verification import verify

    found = verify(witness)
    if as_json:
        print_json({"accepted": True, **found.to_json()})
    else:
        shown = terminal()
        shown.print("accepted: the counterexample stands", style="green")
        shown.print(found.show(), markup=False, highlight=False)
    return 0


@command.command(epilog=_EPILOG)
@click.argument("witness", type=_PATH)
@click.option("--format", "format", type=click.Choice(["latex", "sympy", "lean"]), default="latex", show_default=True)
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="Write the text; it is printed by default.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def export(witness: Path, format: str, output: Path | None) -> int:
    """Re-check a WITNESS file, and write it as a LaTeX block, a SymPy script or a Lean 4 file."""
    check_targets(output, inputs=(witness,))
    from certify.writing import write_whole
    from theorems.export import export
    from theorems.verification import verify

    text = export(verify(witness), format)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_whole(output, text.encode())
        click.echo(f"wrote {escaped(output)}")
    return 0


@command.command(epilog=_EPILOG)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; a free one by default.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")
def app(port: int, no_browser: bool) -> int:
    """Serve the app on 127.0.0.1 (extra: app)."""
    from theorems.app.server import run

    run(port, open_browser=not no_browser, announce=click.echo)
    return 0


def _summary(t: Theorem) -> dict[str, Any]:
    return {
        "id": t.id,
        "title": t.title,
        "source": t.source,
        "hypotheses": [{"name": h.name, "text": h.text, "need": h.need.value, "why": h.why} for h in t.hypotheses],
        "readings": [
            {"name": r.name, "status": r.status.value, "text": r.text, "hypotheses": list(r.hypotheses)}
            for r in t.readings
        ],
        "constants": [{"name": c.name, "value": str(c.value), "sharp": c.sharp, "text": c.text} for c in t.constants],
    }


def _dropped(drops: Sequence[str]) -> str | None:
    if len(set(drops)) > 1:
        raise UsageError(
            f"one hypothesis is dropped at a time, not {' and '.join(dict.fromkeys(drops))}", hint="a search for each"
        )
    if len(drops) > 1:
        click.echo(f"note: --drop {escaped(drops[0])} was given {len(drops)} times and counts once", err=True)
    return drops[0] if drops else None


def _constants(changes: Sequence[str]) -> Mapping[str, Any]:
    constants: dict[str, str] = {}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals:
            raise UsageError(f"--set {change}: not CONSTANT=VALUE with an exact value", hint="--set name=9/10")
        if constants.setdefault(name, text) != text:
            raise UsageError(f"--set gives {name} two values, {constants[name]} and {text}", hint="one of them")
    return constants


def _ask(theorem: Theorem) -> tuple[str | None, str | None]:
    """At a terminal: which hypothesis to drop, or which false reading to attack."""
    from theorems.engine.theorem import Need, Status

    options: list[tuple[str, str | None, str | None]] = [
        (f"drop {h.name}: {h.text}", h.name, None) for h in theorem.hypotheses if h.need is not Need.DEFINITION
    ]
    options += [
        (f"false reading {r.name}: {r.text}", None, r.name) for r in theorem.readings if r.status is Status.FALSE
    ]
    if not options:
        return None, None
    click.echo(f"{theorem.id}. {theorem.title}")
    for number, (label, _, _) in enumerate(options, start=1):
        click.echo(f"  {number}  {label}")
    number = click.prompt("Attack", type=click.IntRange(1, len(options)), default=1)
    return options[number - 1][1:]


def _show_result(result: SearchResult, output: Path | None) -> None:
    shown = terminal()
    style = "bold red" if result.witness is not None else "yellow"
    shown.print(result.verdict.value, style=style)
    shown.print(result.show(), markup=False, highlight=False, soft_wrap=True)
    if output is not None and result.witness is not None:
        shown.print(f"witness {output}", markup=False, highlight=False)


@contextmanager
def _hunting() -> Generator[Callable[[Searched], None]]:
    """One line on stderr: the stage, how many instances were tried, the best margin so far; silent off a terminal."""
    shown = terminal(stderr=True)
    with shown.status("searching") as status:

        def report(p: Searched) -> None:
            best = f"{p.best:.3g}" if p.best < float("inf") else "none"
            status.update(f"{p.stage}: {p.tried} instances, best margin {best}, {p.elapsed:.1f} s")

        yield report if shown.is_terminal else lambda _: None


def run(arguments: Sequence[str] | None = None) -> int:
    """Run ``theorems`` and return its exit code; ``arguments`` as for :func:`certify.console.run`."""
    return console.run(command, "theorems", arguments)


def main() -> NoReturn:
    """Entry point of the ``theorems`` script."""
    console.main(run)
