"""Instances as HTML: what theorems, witnesses and search results show themselves with."""

from __future__ import annotations

import html
from typing import cast

from theorems.engine.instance import Instance, Matrix, format_value, kind_of

__all__ = ["instance_html"]


def instance_html(x: Instance) -> str:
    """The values; matrices as tables with brackets."""
    return "".join(f"<div style='margin:.4em 0'>{_value_html(name, x)}</div>" for name in x.names)


def _value_html(name: str, x: Instance) -> str:
    value = x[name]
    if kind_of(value) != "matrix":
        return f"<i>{html.escape(name)}</i> = {html.escape(format_value(value))}"
    rows = "".join(
        "<tr>" + "".join(f"<td style='text-align:right;padding:0 .5em'>{v}</td>" for v in row) + "</tr>"
        for row in cast(Matrix, value)
    )
    style = "display:inline-table;vertical-align:middle;border-left:2px solid;border-right:2px solid;border-radius:4px"
    return f"<i>{html.escape(name)}</i> = <table style='{style}'>{rows}</table>"
