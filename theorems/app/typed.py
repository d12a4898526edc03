"""Reading what a person types: exact constants."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

__all__ = ["parse_constants", "parse_fraction"]

_LONGEST = 40


def parse_fraction(text: str) -> Fraction:
    """An exact number from "3", "-3/2" or "0.75"; raises ValueError with a message a person can use.

    >>> parse_fraction("3/4"), parse_fraction("0.75")
    (Fraction(3, 4), Fraction(3, 4))
    """
    stripped = text.strip()
    if len(stripped) > _LONGEST or "e" in stripped.lower() or "_" in stripped:
        raise ValueError(f"“{text[:_LONGEST]}” is not a number such as 3, 3/2 or 0.75")
    try:
        return Fraction(stripped)
    except ZeroDivisionError:
        raise ValueError(f"“{stripped}” divides by zero") from None
    except ValueError:
        raise ValueError(f"“{stripped}” is not a number such as 3, 3/2 or 0.75") from None


def parse_constants(texts: Mapping[str, str], values: Mapping[str, Fraction]) -> tuple[dict[str, Fraction], list[str]]:
    """The constants that differ from their stated values, and a message for every text that is no number."""
    changed: dict[str, Fraction] = {}
    wrong: list[str] = []
    for name, text in texts.items():
        if not text.strip():
            continue
        try:
            value = parse_fraction(text)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
            continue
        if value != values[name]:
            changed[name] = value
    return changed, wrong
