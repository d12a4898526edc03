"""The recorded thresholds: known names, known types, and the windows and levels that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from certify.claims.storage_formats import NO_STORAGE, STORAGE_NAMES
from certify.claims.thresholds import NONE, Thresholds
from certify.errors import CertificateError
from certify.verdict import Parameter

__all__ = ["Difference", "Recorded", "differences"]

_DEFAULTS = Thresholds().record()


@dataclass(frozen=True, slots=True)
class Recorded:
    """Thresholds of a certificate, all of them present and no others."""

    widths: Mapping[str, float]
    windows: tuple[int, ...] | None
    levels: tuple[int, ...]
    barcode_layers: int
    storage: str
    ridge: str
    loss: str
    excess: str
    incidence_percents: tuple[tuple[str, Fraction], ...]
    group_rows: int
    hub_groups: int
    activity_threshold: str
    edge_threshold: str
    noise_threshold: str

    @classmethod
    def read(cls, thresholds: Mapping[str, Parameter]) -> Recorded:
        """Refuse unknown, missing or mistyped thresholds.

        Raises
        ------
        CertificateError : naming the threshold.
        """
        for name in sorted({*thresholds} ^ {*_DEFAULTS}):
            kind = "unknown" if name in thresholds else "missing"
            raise CertificateError(f"the threshold {name!r} is {kind}", place=f"thresholds.{name}")
        widths: dict[str, float] = {}
        for name in (name for name, value in _DEFAULTS.items() if isinstance(value, float)):
            value = thresholds[name]
            if not isinstance(value, float) or not (math.isfinite(value) and value >= 0):
                raise CertificateError("not a finite non-negative float", place=f"thresholds.{name}")
            widths[name] = value
        counts: dict[str, int] = {}
        for name in ("barcode_layers", "group_rows", "hub_groups"):
            count = thresholds[name]
            if not isinstance(count, int) or isinstance(count, bool) or count < (2 if name == "hub_groups" else 0):
                raise CertificateError("not a number of layers, rows or groups", place=f"thresholds.{name}")
            counts[name] = count
        if not 0 < widths["label_correlation"] <= 1:
            raise CertificateError("not above 0 and at most 1", place="thresholds.label_correlation")
        if not widths["label_ratio"] >= 1:
            raise CertificateError("below 1", place="thresholds.label_ratio")
        windows = thresholds["windows"]
        sizes = None if windows == "auto" else _integers("windows", windows, 2**53)
        storage = thresholds["storage"]
        if storage != NO_STORAGE and storage not in STORAGE_NAMES:
            raise CertificateError("not a storage format", place="thresholds.storage")
        return cls(
            widths,
            sizes,
            _integers("energy_levels", thresholds["energy_levels"], 99),
            counts["barcode_layers"],
            str(storage),
            *_flow(thresholds),
            _percents(thresholds["incidence_levels"]),
            counts["group_rows"],
            counts["hub_groups"],
            _rule("activity_threshold", thresholds, ("adapted", "largest")),
            _rule("edge_threshold", thresholds, ("gap",)),
            _rule("noise_threshold", thresholds, ("cells",), "x"),
        )

    def __getitem__(self, name: str) -> float:
        return self.widths[name]

    def window_sizes(self, limit: int, extra: Iterable[int]) -> list[int]:
        """Windows below ``limit``, increasing: those given, or the powers of two and ``extra``."""
        chosen = self.windows
        if chosen is None:
            chosen = (*(2**i for i in range(limit.bit_length())), *extra)
        return sorted({k for k in chosen if 1 <= k < limit})

    def beyond(self, most: int) -> bool:
        """Whether the largest of the given windows has more than ``most`` ranks."""
        return self.windows is not None and max(self.windows) > most


@dataclass(frozen=True, slots=True)
class Difference:
    """A recorded threshold that is not the expected one."""

    name: str
    recorded: Parameter
    expected: Parameter


def differences(recorded: Mapping[str, Parameter], expected: Thresholds) -> tuple[Difference, ...]:
    """What differs between the recorded thresholds, all of which are known, and those that a verifier expects.

    >>> differences({**Thresholds().record(), "windows": "1"}, Thresholds())
    (Difference(name='windows', recorded='1', expected='auto'),)
    """
    return tuple(
        Difference(name, recorded[name], value) for name, value in expected.record().items() if recorded[name] != value
    )


def _flow(thresholds: Mapping[str, Parameter]) -> tuple[str, str, str]:
    """Positive numbers or ``none``; what bounds a flow's way needs the flow's ridge."""
    ridge, *bounds = (_rule(name, thresholds, (NONE,)) for name in ("ridge", "loss", "excess"))
    for name, text in zip(("loss", "excess"), bounds, strict=True):
        if text != NONE and ridge == NONE:
            raise CertificateError("given without a ridge", place=f"thresholds.{name}")
    return ridge, bounds[0], bounds[1]


def _percents(text: Parameter) -> tuple[tuple[str, Fraction], ...]:
    """Levels with their spellings, increasing, two decimals at most."""
    if text == "none":
        return ()
    parts = [part.strip() for part in text.split(",")] if isinstance(text, str) else [""]
    found: dict[Fraction, str] = {}
    for part in parts:
        whole, point, rest = part.partition(".")
        digits = all(x.isascii() and x.isdigit() and len(x) <= 2 for x in ([whole, rest] if point else [whole]))
        if not digits or not 0 < Fraction(part) < 100:
            raise CertificateError("not a list of percentages below 100", place="thresholds.incidence_levels")
        found[Fraction(part)] = part
    return tuple((found[level], level) for level in sorted(found))


def _rule(name: str, thresholds: Mapping[str, Parameter], words: tuple[str, ...], unit: str = "") -> str:
    """One of some words, or a positive number, which may have a unit."""
    text = thresholds[name]
    if isinstance(text, str) and text in words:
        return text
    number = text.removesuffix(unit) if isinstance(text, str) else ""
    plain = len(number) <= 90 and number.isascii() and number[:1].isdigit() and "_" not in number
    try:
        if plain and 0 < float(number) < math.inf:
            return str(text)
    except ValueError:
        pass
    raise CertificateError("not a rule, and no positive number", place=f"thresholds.{name}")


def _integers(name: str, text: Parameter, largest: int) -> tuple[int, ...]:
    parts = text.split(",") if isinstance(text, str) else [""]
    if not all(part.strip().isascii() and part.strip().isdigit() and len(part) < 20 for part in parts):
        raise CertificateError("not a list of positive integers", place=f"thresholds.{name}")
    found = tuple(sorted({int(part) for part in parts}))
    if not 1 <= found[0] <= found[-1] <= largest:
        raise CertificateError(f"numbers outside 1 to {largest}", place=f"thresholds.{name}")
    return found
