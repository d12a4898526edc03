"""What a certificate says of gradient flow with weight decay, in one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from certify.certificate import Certificate
from certify.claims import horizon
from certify.verdict import Enclosure, Verdict

__all__ = ["horizon_text"]


def horizon_text(certificate: Certificate, windows: Mapping[str, int | None], short: Callable[[Enclosure], str]) -> str:
    """The half-life of the imbalance, and the linear interface whose gap may close first; empty without a ridge.

    Parameters
    ----------
    windows : the window to look at, by interface.
    short : an enclosure in a few digits.
    """
    known = {(claim.subject, claim.id): claim for claim in certificate.claims}
    lives = [known[subject, horizon.HALF_LIFE] for subject in windows if (subject, horizon.HALF_LIFE) in known]
    if not lives:
        return ""
    life = short(lives[0].values[0])
    text = f"ridge {certificate.thresholds['ridge']}, where nothing lies between: the imbalance halves every {life}"
    for name, before in ((horizon.horizon_id, "before"), (horizon.path_id, "on a path shorter than")):
        asked = {subject: known.get((subject, name(k))) for subject, k in windows.items() if k is not None}
        sure = {subject: x for subject, x in asked.items() if x is not None and x.verdict is Verdict.CERTIFIED}
        if sure:
            first = min(sure, key=lambda subject: sure[subject].values[0].lower)
            return f"{text}; no sum of two gaps closes {before} {short(sure[first].values[0])}, that of {first} first"
    return text
