"""In which domains the interfaces of a certificate lie, a line for each domain."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from certify.certificate import Certificate
from certify.certificate.domains import Domain

__all__ = ["domain_lines"]


def domain_lines(certificate: Certificate) -> list[str]:
    """How many interfaces lie in the spectral and in the static domain, and which failing line is nearest."""
    subjects = {item.subject for item in certificate.interfaces()}
    found = [item for item in certificate.domain() if item.subject in subjects]
    kinds = {kind: [item for item in found if item.kind == kind] for kind in ("spectral", "static")}
    return [_line(kind, items) for kind, items in kinds.items() if items]


def _line(kind: str, items: Sequence[Domain]) -> str:
    count = Counter(item.status for item in items)
    parts = [f"{count['IN']} of {len(items)} interfaces in"]
    parts += [f"{count[status]} {status.lower()}" for status in ("OUT", "UNDECIDED", "NOT APPLICABLE") if count[status]]
    text = f"{kind} domain: {', '.join(parts)}"
    levels = [str(item.lines.get("level")) for item in items if kind == "static" and item.status == "IN"]
    if levels and all(re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", level) for level in levels):
        text += f", from {max(map(float, levels)):g} % of the energy on"
    failing = [(item.factor, item) for item in items if item.factor is not None]
    if not failing:
        return text
    factor, nearest = min(failing, key=lambda pair: pair[0])
    line = str(nearest.lines.get("nearest_failing"))
    where = line if " of " in line else f"{line} of {nearest.subject}"
    by = f" by the factor {factor:.3g}" if math.isfinite(factor) else ""
    return f"{text}; nearest failing: {where}{by}"
