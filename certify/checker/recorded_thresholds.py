"""The recorded thresholds: known names, known types, and the windows and levels that follow from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from certify.claims.thresholds import Thresholds
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
        layers = thresholds["barcode_layers"]
        if not isinstance(layers, int) or isinstance(layers, bool) or layers < 0:
            raise CertificateError("not a non-negative integer", place="thresholds.barcode_layers")
        windows = thresholds["windows"]
        sizes = None if windows == "auto" else _integers("windows", windows, 2**53)
        return cls(widths, sizes, _integers("energy_levels", thresholds["energy_levels"], 99), layers)

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


def _integers(name: str, text: Parameter, largest: int) -> tuple[int, ...]:
    parts = text.split(",") if isinstance(text, str) else [""]
    if not all(part.strip().isascii() and part.strip().isdigit() and len(part) < 20 for part in parts):
        raise CertificateError("not a list of positive integers", place=f"thresholds.{name}")
    found = tuple(sorted({int(part) for part in parts}))
    if not 1 <= found[0] <= found[-1] <= largest:
        raise CertificateError(f"numbers outside 1 to {largest}", place=f"thresholds.{name}")
    return found
