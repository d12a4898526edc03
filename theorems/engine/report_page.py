"""A report of checks as one HTML page that loads nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from certify.escaping import quoted
from certify.verdict import Verdict, combine
from certify.writing import write_whole
from theorems.engine.report import Report, Result, summary

__all__ = ["page", "save_page"]

_KINDS = {
    "symbolic": "proofs",
    "numeric": "readings on drawn instances",
    "property": "properties on drawn instances",
    "attained": "bounds that are attained",
    "needed": "counterexamples without a hypothesis",
    "not needed": "readings without a hypothesis",
    "strata": "kinds of instances that are drawn",
    "false": "counterexamples to false readings",
    "constant": "constants",
    "mutant": "mutants that must be rejected",
}
_STYLE = """
:root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--soft:#6a7178;--line:#d9dde1;--ok:#137333;--no:#b3261e;
--open:#8a5a00}
@media(prefers-color-scheme:dark){
:root{--fg:#e6e8ea;--bg:#15181b;--soft:#9aa2aa;--line:#343a40;--ok:#6fd08c;--no:#ff8a80;--open:#f2c063}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);max-width:72rem;margin:0 auto;padding:1rem}
h1{font-size:1.4rem;margin:.5rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
.soft{color:var(--soft);font-weight:400}.CERTIFIED{color:var(--ok)}.REFUTED{color:var(--no);font-weight:700}
.UNDECIDED{color:var(--open);font-weight:700}
details{border-top:1px solid var(--line);padding:.45rem 0}summary{cursor:pointer;font-weight:600}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
th{text-align:left;font-weight:400;color:var(--soft);font-size:.8em}
td,th{padding:.2rem .8rem .2rem 0;vertical-align:top;border-top:1px solid var(--line);overflow-wrap:anywhere}
td:nth-child(1),td:nth-child(3){white-space:nowrap}td:nth-child(2){min-width:13rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.86em}
@media(max-width:640px){thead{display:none}tr{display:block;border-top:1px solid var(--line);padding:.3rem 0}
td{display:block;border:0;padding:0}}
@media print{details>*{display:block}}
"""


def page(report: Report, titles: Mapping[str, str] | None = None) -> str:
    """The page: the verdict, what is not CERTIFIED in full, then every theorem with all of its results.

    ``titles`` gives the titles of theorems by id.
    """
    verdict = report.verdict.value
    failed = [result for result in report.results if result.verdict is not Verdict.CERTIFIED]
    parts = [
        f"<h1>Theorem checks: <span class={verdict}>{verdict}</span></h1>",
        f"<p>{quoted(summary(report))}.</p>",
        *(["<h2>Not certified</h2>", *map(_failure, failed)] if failed else []),
        "<h2>Theorems</h2>",
        *(_theorem(id, found, (titles or {}).get(id, "")) for id, found in _grouped(report.results)),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Theorem checks: {verdict}</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def save_page(report: Report, path: Path, titles: Mapping[str, str] | None = None) -> None:
    """Write :func:`page`, as a whole or not at all.

    Raises
    ------
    InputError : the folder does not exist or cannot be written.
    """
    write_whole(path, page(report, titles).encode())


def _grouped(results: Sequence[Result]) -> Iterable[tuple[str, list[Result]]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.theorem, []).append(result)
    return found.items()


def _failure(result: Result) -> str:
    shown = f"{result.evidence}\nagain: {result.command}"
    head = f"{result.theorem} {result.kind} {result.name}"
    return f"<p>{quoted(head)}: {_verdict(result.verdict)}</p><pre>{quoted(shown, lines=True)}</pre>"


def _theorem(id: str, results: Sequence[Result], title: str) -> str:
    verdict = combine(result.verdict for result in results)
    counts = Counter(result.kind for result in results)
    told = ", ".join(f"{count} {_KINDS.get(kind, kind)}" for kind, count in counts.items())
    rows = "".join(
        f"<tr><td>{quoted(r.kind)}</td><td>{quoted(r.name)}</td><td>{_verdict(r.verdict, r.outcome)}</td>"
        f"<td>{quoted(r.evidence)}</td></tr>"
        for r in results
    )
    head = "<thead><tr><th>check</th><th>of</th><th>verdict</th><th>evidence</th></tr></thead>"
    shown = "" if verdict is Verdict.CERTIFIED else " open"
    return (
        f"<details id={quoted(id)}{shown}><summary>{quoted(id)} {quoted(title)} {_verdict(verdict)}"
        f" <span class=soft>{quoted(told)}</span></summary><table>{head}<tbody>{rows}</tbody></table></details>"
    )


def _verdict(verdict: Verdict, words: str = "") -> str:
    return f"<span class={verdict.value}>{quoted(words or verdict.value)}</span>"
