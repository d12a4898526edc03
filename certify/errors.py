"""One exception tree. Every message says what happened, where, the limit that was met, and what to try."""

from __future__ import annotations

from collections.abc import Callable

__all__ = [
    "AmbiguousVerdictError",
    "CertificateError",
    "ChainError",
    "InputError",
    "InternalError",
    "LimitError",
    "MissingClaimError",
    "PolystableError",
    "UnsupportedError",
    "UsageError",
]


class PolystableError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    message : what happened, in one sentence without a final full stop.
    file, tensor, place : where: a path, a tensor name, an index or a line.
    limit : the limit that was met, with its unit and the option that changes it.
    hint : what to try.
    shown : a text of several lines to go with the hint, such as a drafted chain file.
    """

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        file: object = None,
        tensor: str | None = None,
        place: object = None,
        limit: str | None = None,
        hint: str | None = None,
        shown: str | None = None,
    ) -> None:
        self.message = message
        self.file = None if file is None else str(file)
        self.tensor = tensor
        self.place = None if place is None else str(place)
        self.limit = limit
        self.hint = hint
        self.shown = shown
        super().__init__(self.render())

    def render(self, show: Callable[[str], str] = str) -> str:
        """The whole message on one or more lines; ``show`` is applied to each part of it."""
        where = [
            f"{label} {show(value)}"
            for label, value in (("file", self.file), ("tensor", self.tensor), ("at", self.place))
            if value is not None
        ]
        lines = [show(self.message) + (f" ({', '.join(where)})" if where else "")]
        if self.limit is not None:
            lines.append(f"limit: {show(self.limit)}")
        if self.hint is not None:
            lines.append(f"try: {show(self.hint)}")
        lines += map(show, self.shown.split("\n") if self.shown else ())
        return "\n".join(lines)


class UsageError(PolystableError):
    """The call itself is wrong: an unknown option, an argument out of range."""

    exit_code = 2


class AmbiguousVerdictError(UsageError, TypeError):
    """A verdict or an interval comparison was used as a truth value."""


class MissingClaimError(UsageError, KeyError):
    """A certificate has no such claim, or several of that id."""

    def __str__(self) -> str:
        return self.render()


class InputError(PolystableError):
    """The input was refused; nothing was computed and nothing was written."""

    exit_code = 4


class UnsupportedError(InputError):
    """A format, dtype or shape that is not read."""


class ChainError(InputError):
    """The layers do not form a chain: shapes that do not compose, no edges, unknown names."""


class LimitError(InputError):
    """A size limit was met."""


class CertificateError(PolystableError):
    """A certificate was rejected: malformed, altered, or not proved by re-checking."""

    exit_code = 1


class InternalError(PolystableError):
    """A defect of this program."""

    exit_code = 5
