"""What a verification found, for a terminal and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from certify.certificate import Certificate
from certify.checker import Verification
from certify.console import escaped

__all__ = ["acceptance", "question", "rejection", "verification_json"]

_SHOWN = 20


def question(certificate: Certificate) -> str:
    """What was asked, in one line."""
    layers, edges = len(certificate.input.tensors), len(certificate.input.edges)
    thresholds = certificate.thresholds
    return (
        f"{len(certificate.claims)} claims about {layers} {'layer' if layers == 1 else 'layers'} and {edges} "
        f"{'interface' if edges == 1 else 'interfaces'}, windows {thresholds['windows']}, energy levels "
        f"{thresholds['energy_levels']}, ranks of products up to {thresholds['barcode_layers']} layers"
    )


def verification_json(found: Verification) -> dict[str, Any]:
    """Plain JSON values of an acceptance or a rejection."""
    certificate = found.certificate
    differences = [
        {"threshold": item.name, "recorded": item.recorded, "expected": item.expected} for item in found.differences
    ]
    if found.reasons:
        reasons = [asdict(reason) for reason in found.reasons]
        return {"accepted": False, "reasons": reasons, "differences": differences}
    return {
        "accepted": True,
        "verdict": certificate.verdict.value,
        "claims": len(certificate.claims),
        "asked": question(certificate),
        "reread": found.reread,
        "differences": differences,
        "digest": certificate.digest,
    }


def acceptance(found: Verification) -> RenderableType:
    """That every claim was proved again, what was asked, and the thresholds that are not the expected ones."""
    lines = [
        Text("accepted: every claim was proved again from the weights", style="green"),
        Text(f"asked: {escaped(question(found.certificate))}"),
    ]
    if found.reread < (layers := len(found.certificate.input.tensors)):
        line = f"read by the loader alone: {layers - found.reread} of {layers} layers, whose format has one reader"
        lines.append(Text(line, style="yellow"))
    for item in found.differences:
        line = f"threshold {item.name} is {item.recorded}, expected {item.expected}"
        lines.append(Text(escaped(line), style="bold yellow"))
    return Group(*lines)


def rejection(found: Verification, name: object) -> RenderableType:
    """Why the certificate called ``name`` is rejected."""
    asked = all(reason.place.startswith("thresholds.") for reason in found.reasons)
    why = "answers another question" if asked else "is not proved by these weights"
    lines = [Text.assemble(("rejected: ", "bold red"), f"{escaped(name)} {why}")]
    for reason in found.reasons[:_SHOWN]:
        about = f"{reason.claim} of {reason.subject}: " if reason.claim else ""
        lines.append(Text(escaped(f"  {reason.place}: {about}{reason.message}")))
        for label, text in (("recorded", reason.recorded), ("recomputed", reason.recomputed)):
            if text:
                lines.append(Text(escaped(f"    {label} {text}"), style="dim"))
    if len(found.reasons) > _SHOWN:
        lines.append(Text(f"  and {len(found.reasons) - _SHOWN} more; --json lists all"))
    return Group(*lines)
