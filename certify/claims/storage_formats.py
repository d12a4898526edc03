"""The names of storage formats, and which of them are refused."""

from __future__ import annotations

from certify.errors import UsageError

__all__ = ["NO_STORAGE", "STORAGE_NAMES", "STORED_SCALE", "check_storage", "storage_text"]

NO_STORAGE = "none"
STORAGE_NAMES = ("fp32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "int8")
STORED_SCALE = "int8_stored"
"""What int8 is called where the file has the scale of a layer's codes; it is not asked for by that name."""
_DOUBLE = ("float64", "fp64", "f64", "double")


def check_storage(name: str) -> None:
    """Refuse what is no storage format by its name.

    Raises
    ------
    UsageError : it is not known, or float64, in which every stored entry is the number itself.
    """
    if name.lower() in _DOUBLE:
        raise UsageError(
            f"there is no storage ball for {name}: the entries are taken for the numbers themselves",
            hint=f"one of {', '.join(STORAGE_NAMES)}, or none",
        )
    if name != NO_STORAGE and name not in STORAGE_NAMES:
        raise UsageError("no such storage format", place=name[:80], hint=f"one of {', '.join(STORAGE_NAMES)}, or none")


def storage_text(name: str) -> str:
    """A format in words."""
    if name == STORED_SCALE:
        return "int8 with the scale that is stored where there is one, and for other rows max|w|/127,"
    return "int8 with a scale for each row, max|w|/127," if name == "int8" else name
