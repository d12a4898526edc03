"""Options that change numbers: NAME=VALUE on a command line, and files of thresholds."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from certify.claims.thresholds import Thresholds
from certify.errors import InputError, UsageError

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
    try:
        if not file.is_file():
            raise InputError("the thresholds are not in a regular file", file=file)
        with file.open("rb") as stream:
            data = stream.read(_SIZE_LIMIT + 1)
    except OSError as error:
        raise InputError(f"the thresholds cannot be read: {error.strerror}", file=file) from error
    if len(data) > _SIZE_LIMIT:
        raise InputError("the file of thresholds is too large", file=file, limit=f"{_SIZE_LIMIT} bytes")
    try:
        given: Mapping[str, object] = tomllib.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"the thresholds are no TOML: {error}", file=file) from None
    defaults = Thresholds().record()
    for name, value in given.items():
        wanted = type(defaults.get(name))
        if name not in defaults:
            raise InputError(f"no threshold is called {name}", file=file, hint=f"one of {', '.join(defaults)}")
        if type(value) is not wanted and not (wanted is float and type(value) is int):
            raise InputError(f"the threshold {name} is not of type {wanted.__name__}", file=file, place=name)
    try:
        return replace(Thresholds(), **{name: type(defaults[name])(value) for name, value in given.items()})
    except (UsageError, OverflowError) as error:
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
            raise UsageError(f"{flag} {change}: no such name", hint=f"one of {', '.join(known)}")
        try:
            given[name] = type(known[name])(text)
        except ValueError:
            kind = type(known[name]).__name__
            raise UsageError(f"{flag} {change}: not a number of type {kind}", hint=f"{name}={known[name]}") from None
    return replace(options, **given)
