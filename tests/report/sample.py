"""A small certificate with every verdict in it; its numbers are made up."""

from __future__ import annotations

import math

from certify.certificate import Certificate, InputRecord, LeftOutRecord, NotAsked, TensorRecord
from certify.verdict import Claim, Enclosure, Kind, Verdict


def measurement(name: str, subject: str, *values: float, width: float = 1e-12, limit: float = 1e-9) -> Claim:
    enclosures = tuple(Enclosure(value, value + width) for value in values)
    slack = limit - width
    margin = Enclosure(math.nextafter(slack, -math.inf), math.nextafter(slack, math.inf))
    verdict = Verdict.CERTIFIED if margin.lower >= 0 else Verdict.UNDECIDED
    cause = "" if verdict is Verdict.CERTIFIED else "the enclosure is too wide"
    parameters: dict[str, int | float | str] = {"width_limit": limit}
    return Claim(
        name, subject, Kind.MEASUREMENT, f"{name} is enclosed.", verdict, enclosures, margin, False, parameters, cause
    )


def inequality(name: str, subject: str, lower: float, upper: float, cause: str = "") -> Claim:
    margin = Enclosure(lower, upper)
    verdict = Verdict.of_margin(lower, upper)
    return Claim(name, subject, Kind.INEQUALITY, f"{name} > 0.", verdict, (margin,), margin, True, {}, cause)


def sample() -> Certificate:
    names = ("layers.0.weight", "layers.1.weight")
    tensors = tuple(TensorRecord(name, name, "m.safetensors", (4, 4), "F32", False, "0" * 64) for name in names)
    left_out = tuple(LeftOutRecord(f"layers.{i}.bias", "not a matrix: shape (4,)") for i in range(6))
    claims = [
        claim
        for name in names
        for claim in (
            measurement("spectrum.sigma", f"layer {name}", 2.0, 1.0, 0.25, 0.0625),
            inequality("E7.rank", f"layer {name}", 0.0624, 0.0626),
            *(inequality(f"spectrum.gap[{k}]", f"layer {name}", 1.0 / k, 1.1 / k) for k in (1, 2, 3)),
        )
    ]
    edge = "edge layers.0.weight -> layers.1.weight"
    claims += [
        inequality("D4.slack.transport", edge, -1e-9, 1e-9, "the margin's enclosure contains 0"),
        inequality("<D4> & drift", edge, -2.5, -2.25),
    ]
    return Certificate.build(
        InputRecord("safetensors", tensors, ((0, 1),), left_out),
        {"width_limit": 1e-9},
        claims,
        [NotAsked("E1.truncation[4]", edge, "the window is the whole rank")] * 2,
    )
