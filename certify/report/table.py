"""Tables for a terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from certify.certificate import Certificate
from certify.console import escaped
from certify.report.nearness import nearest
from certify.report.summary import left_out_lines, not_asked_lines, sections
from certify.verdict import Claim, Verdict

__all__ = ["STYLES", "claims_table", "closest_table", "counts", "summary"]

STYLES = {Verdict.CERTIFIED: "green", Verdict.REFUTED: "bold red", Verdict.UNDECIDED: "yellow"}


def _verdict(verdict: Verdict) -> Text:
    return Text(verdict.value, style=STYLES[verdict])


def claims_table(certificate: Certificate, *, fold: bool = True) -> Table:
    """All claims, grouped by layer and edge; ``fold`` gives the windows of one claim a common row."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("margin", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for section in sections(certificate.claims, fold=fold):
        table.add_row(Text(escaped(section.subject), style="bold cyan"))
        for row in section.rows:
            table.add_row(
                Text(escaped(f"  {row.name}")), Text(escaped(row.value)), Text(row.margin), _verdict(row.verdict)
            )
    return table


def closest_table(certificate: Certificate, *, limit: int | None = None) -> Table:
    """Claims sorted by how close their verdict is to turning, each on its own scale; the undecided ones first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("verdict", no_wrap=True)
    table.add_column("to spare", overflow="fold")
    table.add_column("claim", overflow="fold", ratio=1)
    for near in nearest(certificate)[:limit]:
        claim = near.claim
        what = Text.assemble(escaped(f"{near.name} of {claim.subject}: {near.value} "), (escaped(claim.id), "dim"))
        if claim.cause:
            what.append(f"\n{escaped(claim.cause)}", style="yellow")
        table.add_row(_verdict(claim.verdict), Text(near.spare), what)
    return table


def counts(claims: tuple[Claim, ...]) -> Text:
    """How many claims there are of each verdict."""
    found = Counter(claim.verdict for claim in claims)
    line = Text(f"{len(claims)} claims: ")
    for place, verdict in enumerate(STYLES):
        line.append(", " if place else "")
        line.append(f"{found[verdict]} {verdict.value.lower()}", style=STYLES[verdict] if found[verdict] else "dim")
    return line


def summary(certificate: Certificate) -> RenderableType:
    """The verdict, the counts, why claims are not certified, and what was not looked at."""
    lines: list[Text] = [Text.assemble("verdict ", _verdict(certificate.verdict)), counts(certificate.claims)]
    for claim in certificate.claims:
        if claim.verdict is Verdict.REFUTED:
            what = escaped(f"{claim.subject}: {claim.statement}")
            lines.append(Text.assemble(("refuted ", STYLES[claim.verdict]), what))
    causes: dict[str, list[Claim]] = {}
    for claim in certificate.claims:
        if claim.verdict is Verdict.UNDECIDED:
            causes.setdefault(claim.cause or "no cause recorded", []).append(claim)
    for cause, claims in causes.items():
        which = f"{claims[0].id} of {claims[0].subject}" + (f" and {len(claims) - 1} more" if len(claims) > 1 else "")
        lines.append(Text.assemble(("undecided ", STYLES[Verdict.UNDECIDED]), escaped(f"{which}: {cause}")))
    lines += [Text.assemble(("left out ", "dim"), escaped(line)) for line in left_out_lines(certificate)]
    lines += [Text.assemble(("not asked ", "dim"), escaped(line)) for line in not_asked_lines(certificate)]
    return Group(*lines)
