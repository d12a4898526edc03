"""The claims of a certificate as a flat table, a row for each enclosed number."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Sequence
from typing import Any

from certify.errors import UsageError
from certify.escaping import escaped
from certify.verdict import Claim

__all__ = ["COLUMNS", "csv_text", "frame", "rows"]

COLUMNS = (
    "subject", "id", "place", "lower", "upper", "verdict", "margin_lower", "margin_upper", "kind", "parameters",
    "statement", "cause", "note",
)  # fmt: skip
"""``place`` counts the numbers of one claim from 0; ``parameters`` is JSON; the margin is that of the whole claim."""


def rows(claims: Sequence[Claim]) -> list[tuple[Any, ...]]:
    """A row of :data:`COLUMNS` for each value of each claim; names that were read are escaped."""
    found: list[tuple[Any, ...]] = []
    for claim in claims:
        parameters = json.dumps(dict(claim.parameters), sort_keys=True)
        words = (escaped(claim.statement), escaped(claim.cause), escaped(claim.note))
        for place, value in enumerate(claim.values):
            found.append(
                (
                    escaped(claim.subject), claim.id, place, value.lower, value.upper, claim.verdict.value,
                    claim.margin.lower, claim.margin.upper, claim.kind.value, parameters, *words,
                )
            )  # fmt: skip
    return found


def csv_text(claims: Sequence[Claim]) -> str:
    """The table as CSV with a line of headings."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows(claims))
    return text.getvalue()


def frame(library: str, claims: Sequence[Claim]) -> Any:
    """The table as a data frame of pandas or polars.

    Raises
    ------
    UsageError : the library is not installed.
    """
    try:
        module = importlib.import_module(library)
    except ImportError:
        raise UsageError(f"{library} is not installed", hint=f"pip install {library}, or to_csv()") from None
    columns = zip(*rows(claims), strict=True) if claims else ((),) * len(COLUMNS)
    return module.DataFrame({name: list(values) for name, values in zip(COLUMNS, columns, strict=True)})
