"""The ``certify`` command. Heavy modules are imported inside the commands, so that ``--help`` answers at once."""

from __future__ import annotations

import math
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from certify import console
from certify.console import EXIT_CODES, check_targets, escaped, print_json, progress, terminal
from certify.errors import CertificateError, InputError
from certify.options import changed, chosen_thresholds
from certify.presets import PRESETS

if TYPE_CHECKING:
    from certify.certificate import Certificate
    from certify.chain import Chain
    from certify.claims.thresholds import Thresholds

__all__ = ["main", "run"]

_EPILOG = console.exit_codes()
_PATH = Path


def _show_version(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from importlib import metadata

        click.echo(f"certify {metadata.version('polystable')}")
        context.exit()


def _common(function: Callable[..., int]) -> Callable[..., int]:
    """Options of every command. ``--debug`` acts where errors are shown, in :func:`certify.console.run`."""
    function = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")(
        function
    )
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")(function)


def _preset(function: Callable[..., int]) -> Callable[..., int]:
    """The option that takes a drafted chain file."""
    return click.option(
        "--preset", type=click.Choice(PRESETS), help="Take the chain file that `certify draft` writes."
    )(function)


def _asked(verb: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Options that say which question is asked."""

    def add(function: Callable[..., int]) -> Callable[..., int]:
        function = click.option(
            "--thresholds", "thresholds_file", type=_PATH, metavar="FILE", help=f"TOML file of thresholds to {verb}."
        )(function)
        return click.option(
            "--threshold", "thresholds", multiple=True, metavar="NAME=VALUE", help=f"One threshold to {verb}."
        )(function)

    return add


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
@_preset
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="Write the certificate.")
@click.option("--fresh", is_flag=True, help="Start anew, and drop what an ended run left in FILE.journal.")
@click.option("--html", "page", type=_PATH, metavar="FILE", help="Write a page for a browser; it loads nothing.")
@click.option("--plots", type=_PATH, metavar="DIR", help="Write the pictures of the page as SVG files into DIR.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Matrices at a time; all cores by default.")
@click.option("--cluster", metavar="ADDRESS", help="Work on a Dask cluster; local for processes on this machine.")
@_asked("ask with")
@click.option("--storage", metavar="FORMAT", help="Certify all matrices within half a unit of fp32, fp16, bf16, … too.")
@click.option("--ridge", metavar="LAMBDA", help="Certify too what gradient flow with weight decay λ leaves aligned.")
@click.option("--loss", metavar="VALUE", help="With --ridge: what the loss is above its infimum at most, for times.")
@click.option("--excess", metavar="VALUE", help="With --ridge: the same of loss and weight decay together.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Change a size limit of the readers.")
@click.option("--full", is_flag=True, help="Every enclosure, instead of one screen.")
@click.option("--all", "every", is_flag=True, help="As --full, with one row for each window.")
@_common
def chain(
    path: Path,
    chain_file: Path | None,
    preset: str | None,
    output: Path | None,
    fresh: bool,
    page: Path | None,
    plots: Path | None,
    workers: int | None,
    cluster: str | None,
    thresholds: tuple[str, ...],
    thresholds_file: Path | None,
    storage: str | None,
    ridge: str | None,
    loss: str | None,
    excess: str | None,
    limits: tuple[str, ...],
    full: bool,
    every: bool,
    as_json: bool,
) -> int:
    """Certify the weight matrices in PATH: a safetensors, NumPy, PyTorch, ONNX, GGUF or Keras file, or a folder.

    With -o, finished work is kept in FILE.journal until the certificate is written; the same command continues it.
    """
    kept = None if output is None else output.with_name(f"{output.name}.journal")
    inputs = (path, chain_file, thresholds_file)
    new_folder = None if plots is None or os.path.isdir(plots) else plots
    check_targets(output, kept, page, new_folder, inputs=inputs)
    import certify
    from certify.chain import Limits

    loaded = certify.load(path, chain_file, limits=changed(Limits(), limits, "--limit"), preset=preset or "")
    given = {"storage": storage, "ridge": ridge, "loss": loss, "excess": excess}
    asked = (*thresholds, *(f"{name}={text}" for name, text in given.items() if text is not None))
    chosen = chosen_thresholds(thresholds_file, asked)
    check_targets(output, kept, page)
    if output is None or kept is None:
        with progress("certifying") as advance:
            certificate = certify.certify(loaded, thresholds=chosen, workers=workers, progress=advance, cluster=cluster)
    else:
        certificate = _journaled(loaded, chosen, workers, cluster, output, kept, fresh=fresh)
    if page is not None:
        from certify.report.page import save_page

        save_page(certificate, page)
    if plots is not None:
        from certify.report.figures import save_plots

        save_plots(certificate, plots, (output, page), inputs)
    if as_json:
        sys.stdout.write(certificate.to_bytes().decode("ascii"))
    else:
        shown = terminal()
        if full or every:
            _show_certificate(certificate, fold=not every)
        else:
            from certify.report.screen import screen

            shown.print(screen(certificate, width=shown.width))
        for note in loaded.notes:
            shown.print(f"note {escaped(note)}", style="dim", markup=False, highlight=False)
        for label, target in (("certificate", output), ("page", page), ("pictures", plots)):
            if target is not None:
                shown.print(f"{label} {escaped(target)}", markup=False, highlight=False)
        if output is not None:
            words = ["certify", "verify", str(output), str(path)]
            words += ["--chain", str(chain_file)] if chain_file is not None else []
            words += ["--preset", preset] if preset is not None else []
            shown.print(
                f"check it: {escaped(shlex.join(words))}",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
    return EXIT_CODES[certificate.verdict]


@command.command(epilog=_EPILOG)
@click.argument("a", type=_PATH)
@click.argument("b", type=_PATH)
@click.option(
    "--chain", "chain_file", type=_PATH, metavar="FILE", help="TOML file that names the layers and the edges of A."
)
@_preset
@click.option("-o", "--output", type=_PATH, metavar="FILE", help="Write the comparison as JSON.")
@click.option("--above", type=float, metavar="TAU", help="Numerical ranks count σ > TAU; σ_1/100 in A by default.")
@_asked("ask with")
@click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Change a size limit of the readers.")
@click.option("--full", is_flag=True, help="Every difference, instead of one screen.")
@_common
def compare(
    a: Path,
    b: Path,
    chain_file: Path | None,
    preset: str | None,
    output: Path | None,
    above: float | None,
    thresholds: tuple[str, ...],
    thresholds_file: Path | None,
    limits: tuple[str, ...],
    full: bool,
    as_json: bool,
) -> int:
    """Enclose what differs between the models A and B: matrices of the same names, or a LoRA adapter B of A.

    Spectra, exponents, ranks, leading subspaces, overlaps and the change itself, B less A. What is missing in B, or of
    another shape, is named.
    """
    check_targets(output, inputs=(a, b, chain_file, thresholds_file))
    import certify
    from certify.chain import Limits
    from certify.comparison.screen import every_claim, screen

    sizes = changed(Limits(), limits, "--limit")
    chosen = chosen_thresholds(thresholds_file, thresholds)
    with progress("comparing") as advance:
        found = certify.compare(
            a, b, chain_file, preset=preset or "", thresholds=chosen, above=above, limits=sizes, progress=advance
        )
    check_targets(output)
    if output is not None:
        found.save(output)
    if as_json:
        sys.stdout.write(found.to_bytes().decode("ascii"))
    else:
        shown = terminal()
        shown.print(every_claim(found) if full else screen(found))
        if output is not None:
            shown.print(f"comparison {escaped(output)}", markup=False, highlight=False)
    return EXIT_CODES[found.verdict]


@command.command(epilog=_EPILOG)
@click.argument("path", type=_PATH)
@click.option("--tensor", required=True, metavar="NAME", help="The matrix, by its name in PATH or in the chain file.")
@click.option("--at-least", type=click.IntRange(min=0), required=True, metavar="K", help="The rank that is asked.")
@click.option("--above", type=float, default=0.0, show_default=True, metavar="TAU", help="Count singular values > TAU.")
@click.option("--chain", "chain_file", type=_PATH, metavar="FILE", help="TOML file in which NAME is a layer.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Change a size limit of the readers.")
@_common
def rank(
    path: Path,
    tensor: str,
    at_least: int,
    above: float,
    chain_file: Path | None,
    limits: tuple[str, ...],
    as_json: bool,
) -> int:
    """Prove that K or more singular values of a matrix in PATH are above TAU, or that they are not."""
    from certify.chain import Limits
    from certify.chain.loading import one_layer
    from certify.numerical_rank import numerical_rank

    layer = one_layer(path, tensor, chain_file, changed(Limits(), limits, "--limit"))
    found = numerical_rank(layer.matrix(), above)
    verdict = found.at_least(at_least)
    if as_json:
        print_json({"tensor": tensor, "at_least": at_least, "above": above.hex(), "verdict": verdict.value,
                    "least": found.least, "most": found.most, "exact_rank": found.exact})  # fmt: skip
    else:
        count = str(found.least) if found.least == found.most else f"{found.least} to {found.most}"
        exact = "not proved" if found.exact is None else str(found.exact)
        terminal().print(
            f"{verdict.value}: {count} singular values of {escaped(tensor)} are above {above}, {at_least} asked; "
            f"exact rank {exact} of {min(layer.shape)}",
            markup=False, highlight=False, soft_wrap=True,
        )  # fmt: skip
    return EXIT_CODES[verdict]


@command.command(epilog=_EPILOG)
@click.argument("path", type=_PATH)
@click.option("--preset", type=click.Choice(PRESETS), default="all", show_default=True, help="Which edges to draft.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Change a size limit of the readers.")
@_common
def draft(path: Path, preset: str, limits: tuple[str, ...], as_json: bool) -> int:
    """Print a chain file for the network in PATH: the edges that its configuration, graph or names of tensors tell.

    Where none are told, the file lists the matrices without edges, and the exit code is 4.
    """
    from certify.chain import Limits
    from certify.chain.loading import drafted
    from certify.errors import ChainError

    found = drafted(path, preset, changed(Limits(), limits, "--limit"))
    if as_json:
        print_json({"preset": preset, "fits": found.fits, "why": found.why, "chain": found.text})
    else:
        sys.stdout.write(escaped(found.text, lines=True))
    if not found.fits:
        raise ChainError(
            found.why, file=path, hint="edit the chain file that was printed: it lists the matrices, without edges"
        )
    return 0


@command.command(epilog=_EPILOG)
@click.argument("cert", type=_PATH)
@click.argument("path", type=_PATH)
@click.option("--chain", "chain_file", type=_PATH, metavar="FILE", help="The chain file that CERT was made with.")
@_preset
@_asked("expect in CERT; the defaults when none is given")
@click.option("--strict", is_flag=True, help="Reject CERT when one of its thresholds is not the expected one.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=VALUE", help="Change a size limit of the readers.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Matrices at a time; all cores by default.")
@_common
def verify(
    cert: Path,
    path: Path,
    chain_file: Path | None,
    preset: str | None,
    thresholds: tuple[str, ...],
    thresholds_file: Path | None,
    strict: bool,
    limits: tuple[str, ...],
    workers: int | None,
    as_json: bool,
) -> int:
    """Check the certificate CERT again, from the weights in PATH, with code that shares nothing with the prover.

    The exit code is that of the verdict once CERT is accepted, and 1 when it is rejected.
    """
    import certify
    from certify.chain import Limits
    from certify.checker import RejectedError
    from certify.report.table import summary
    from certify.report.verification import acceptance, rejection, verification_json

    expected = chosen_thresholds(thresholds_file, thresholds)
    sizes = changed(Limits(), limits, "--limit")
    try:
        with progress("checking") as advance:
            found = certify.verify(
                cert, path, chain_file, limits=sizes, expected=expected, strict=strict, workers=workers,
                progress=advance, preset=preset or "",
            )  # fmt: skip
    except RejectedError as error:
        if as_json:
            print_json(verification_json(error.verification))
        else:
            terminal(stderr=True).print(rejection(error.verification, cert), soft_wrap=True)
        return error.exit_code
    if as_json:
        print_json(verification_json(found))
    else:
        shown = terminal()
        shown.print(acceptance(found), soft_wrap=True)
        shown.print(summary(found.certificate))
    return EXIT_CODES[found.certificate.verdict]


@command.command(epilog=_EPILOG)
@click.argument("cert", type=_PATH)
@click.option("-n", "--first", type=click.IntRange(min=1), metavar="N", help="Only the N closest.")
@_common
def explore(cert: Path, first: int | None, as_json: bool) -> int:
    """Show the claims of CERT, those first whose verdicts are nearest to turning, and what each has to spare."""
    from certify.certificate import Certificate
    from certify.report.nearness import nearest
    from certify.report.table import closest_table

    certificate = Certificate.load(cert)
    if as_json:
        print_json(
            [
                {"id": near.claim.id, "subject": near.claim.subject, "name": near.name,
                 "verdict": near.claim.verdict.value,
                 "margin": [near.claim.margin.lower.hex(), near.claim.margin.upper.hex()],
                 "spare": None if math.isinf(near.part) else near.part, "of": near.scale, "cause": near.claim.cause}
                for near in nearest(certificate)[:first]
            ]
        )  # fmt: skip
    else:
        terminal().print(closest_table(certificate, limit=first))
    return 0


def _journaled(
    loaded: Chain,
    chosen: Thresholds,
    workers: int | None,
    cluster: str | None,
    output: Path,
    kept: Path,
    *,
    fresh: bool,
) -> Certificate:
    """Certify, or go on with what an ended run left, and write the certificate."""
    import certify
    from certify.checker import check
    from certify.execution.journal import opened

    with opened(kept, loaded, chosen, fresh=fresh) as journal:
        told = terminal(stderr=True)
        if journal.known:
            told.print(
                f"continues {escaped(journal.path)}: {len(journal.known)} subjects are done",
                markup=False, highlight=False, soft_wrap=True,
            )  # fmt: skip
        try:
            with progress("certifying") as advance:
                certificate = certify.certify(
                    loaded, thresholds=chosen, workers=workers, progress=advance, journal=journal, cluster=cluster
                )
        except KeyboardInterrupt:
            told.print("the same command continues", highlight=False)
            raise
        except (CertificateError, ArithmeticError, LookupError, ValueError) as error:
            # Claims that contradict each other may stop what is computed from them anywhere.
            if not journal.known:
                raise
            raise _not_proved(journal.path, str(error)) from error
        if journal.known:
            with progress("checking what was continued") as advance:
                found = check(certificate, loaded, expected=chosen, workers=workers, progress=advance)
            if found.reasons:
                reason = found.reasons[0]
                raise _not_proved(journal.path, f"{reason.claim} {reason.subject}: {reason.message}")
        certificate.save(output)
        journal.remove()
    return certificate


def _not_proved(path: str, why: str) -> InputError:
    return InputError(
        "what was read from the journal is not proved by the weights, and no certificate is written",
        file=path,
        place=why,
        hint="--fresh starts anew",
    )


def _show_certificate(certificate: Certificate, *, fold: bool) -> None:
    from certify.report.barcode import drawn_barcodes
    from certify.report.heads import heads_table
    from certify.report.table import claims_table, summary
    from certify.report.tail import tail_table

    shown = terminal()
    shown.print(claims_table(certificate, fold=fold))
    shown.print()
    for barcode in drawn_barcodes(certificate):
        shown.print(f"{barcode}\n", markup=False, highlight=False, soft_wrap=True)
    shown.print(tail_table(certificate))
    if (heads := heads_table(certificate, estimates=True)) is not None:
        shown.print()
        shown.print(heads)
    shown.print()
    shown.print(summary(certificate))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run ``certify`` and return its exit code; ``arguments`` as for :func:`certify.console.run`."""
    return console.run(command, "certify", arguments)


def main() -> NoReturn:
    """Entry point of the ``certify`` script."""
    console.main(run)
