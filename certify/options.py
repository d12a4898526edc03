"""Options that change numbers: NAME=VALUE on a command line, and files of thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from certify.claims.thresholds import Thresholds
from certify.errors import InputError, UsageError
from certify.reading import parse_toml, read_regular, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["changed", "chosen_thresholds", "read_thresholds"]

_SIZE_LIMIT = 2**16
_Options = TypeVar("_Options", bound="DataclassInstance")


def chosen_thresholds(file: Path | None, changes: Sequence[str]) -> Thresholds:
    """The defaults, with those of a file and then those of a command line applied to them."""
    return changed(Thresholds() if file is None else read_thresholds(file), changes, "--threshold")


def read_thresholds(file: Path) -> Thresholds:
    """Thresholds from a TOML file of ``name = value``; those that it does not name keep their defaults.

    Raises
    ------
    InputError : the file cannot be read, or holds anything but known thresholds of the right types.
    """
    data = read_regular(file, _SIZE_LIMIT, what="the file of thresholds", option="which no option changes")
    try:
        given: Mapping[str, object] = parse_toml(data.decode("utf-8"))
    except ValueError as error:
        raise InputError(f"the thresholds are no TOML: {error}", file=file) from None
    defaults = Thresholds().record()
    for name, value in given.items():
        wanted = type(defaults.get(name))
        if name not in defaults:
            raise InputError(f"no threshold is called {shown(name)}", file=file, hint=f"one of {', '.join(defaults)}")
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            raise InputError(f"the threshold {name} is not of type {wanted.__name__}", file=file, place=name)
    try:
        return replace(Thresholds(), **{name: type(defaults[name])(value) for name, value in given.items()})
    except (UsageError, OverflowError, ValueError) as error:
        raise InputError(f"the thresholds are refused: {error}", file=file) from None


def changed(options: _Options, changes: Sequence[str], flag: str) -> _Options:
    """A frozen dataclass of numbers with NAME=VALUE applied to it.

    Raises
    ------
    UsageError : no such name, or a value of another type or out of range; ``flag`` is the option that was given.
    """
    known = {field.name: getattr(options, field.name) for field in fields(options)}
    given: dict[str, Any] = {}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in known:
            raise UsageError(f"{flag} {shown(change)}: no such name", hint=f"one of {', '.join(known)}")
        try:
            given[name] = type(known[name])(text)
        except ValueError:
            kind = type(known[name]).__name__
            raise UsageError(
                f"{flag} {shown(change)}: not a number of type {kind}", hint=f"{name}={known[name]}"
            ) from None
    return replace(options, **given)
