"""Instances: named, exact, finite pieces of data that a theorem speaks of.

One representation serves checking, searching, shrinking, showing and the witness files. A value is

==========  =============================================  ==========================================
kind        Python value inside the instance               JSON
==========  =============================================  ==========================================
integer     ``int``                                        ``3``
rational    ``fractions.Fraction``                         ``"3/2"``
choice      ``str``                                        ``{"choice": "log_log"}``
vector      tuple of Fraction                              ``["1", "1/2"]``
matrix      tuple of rows, each a tuple of Fraction        ``[["1", "0"], ["0", "1/2"]]``
chain       tuple of matrices                              ``{"chain": [[["1"]], ...]}``
==========  =============================================  ==========================================
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias, cast

import flint

from certify.errors import UsageError

__all__ = ["Chain", "Instance", "Matrix", "Value", "Vector", "format_value", "fractions_of", "parse_rational"]

Vector: TypeAlias = tuple[Fraction, ...]
Matrix: TypeAlias = tuple[Vector, ...]
Chain: TypeAlias = tuple[Matrix, ...]
Value: TypeAlias = int | Fraction | str | Vector | Matrix | Chain

_MAX_SIDE, _MAX_DIGITS, _MAX_DEPTH = 64, 1000, 3
_SHOWN = 80
_RATIONAL = re.compile(r"[+-]?[0-9]+(/[0-9]+|\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Instance:
    """An immutable, hashable mapping from names to exact values.

    >>> x = Instance.of(A=[[1, 2], [0, Fraction(1, 2)]], r=1, chart="log_log")
    >>> x.matrix("A").det()
    1/2
    >>> Instance.from_json(x.to_json()) == x
    True
    """

    items: tuple[tuple[str, Value], ...]

    @classmethod
    def of(cls, **values: object) -> Instance:
        """Build an instance from ints, Fractions, strings (choices) and nested sequences; floats are refused."""
        return cls(tuple((name, _normal(name, value)) for name, value in values.items()))

    def __getitem__(self, name: str) -> Value:
        for key, value in self.items:
            if key == name:
                return value
        raise UsageError(f"the instance has no value named {name!r}", hint=f"it has {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the values, in order."""
        return tuple(name for name, _ in self.items)

    def replace(self, **values: object) -> Instance:
        """A copy with some values replaced or added."""
        return Instance.of(**{**dict(self.items), **values})

    def integer(self, name: str) -> int:
        """The integer of that name."""
        return cast(int, self._typed(name, "integer"))

    def rational(self, name: str) -> flint.fmpq:
        """The rational (or integer) of that name as ``fmpq``."""
        value = self[name]
        if isinstance(value, int | Fraction):
            return fmpq(value)
        raise UsageError(f"{name} is a {kind_of(value)}, not a rational")

    def choice(self, name: str) -> str:
        """The choice of that name."""
        return cast(str, self._typed(name, "choice"))

    def vector(self, name: str) -> list[flint.fmpq]:
        """The vector of that name as a list of ``fmpq``."""
        return [fmpq(x) for x in cast(Vector, self._typed(name, "vector"))]

    def matrix(self, name: str) -> flint.fmpq_mat:
        """The matrix of that name as ``fmpq_mat``."""
        return fmpq_mat(cast(Matrix, self._typed(name, "matrix")))

    def chain(self, name: str) -> list[flint.fmpq_mat]:
        """The matrices of that chain, in order."""
        return [fmpq_mat(m) for m in cast(Chain, self._typed(name, "chain"))]

    def _typed(self, name: str, kind: str) -> Value:
        value = self[name]
        if kind_of(value) != kind:
            raise UsageError(f"{name} is a {kind_of(value)}, not a {kind}")
        return value

    def height(self) -> int:
        """The largest numerator or denominator, in absolute value, of any number in the instance."""
        return max((h for _, value in self.items for h in map(_height, fractions_of(value))), default=0)

    def cost(self) -> tuple[int, int, int, int]:
        """What shrinking makes small: number of entries, entries that are not integers, heights, nonzeros and signs."""
        numbers = [x for _, value in self.items for x in fractions_of(value)]
        return (
            len(numbers),
            sum(x.denominator != 1 for x in numbers),
            sum(_height(x) for x in numbers),
            sum((x != 0) + (x < 0) for x in numbers),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data; exact."""
        return {name: _to_json(value) for name, value in self.items}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Instance:
        """Inverse of :meth:`to_json`; raises UsageError on anything else than exact values."""
        return cls(tuple((str(name), _from_json(str(name), value)) for name, value in data.items()))

    def python(self) -> str:
        """An expression that rebuilds the instance, given ``Instance`` and ``Fraction``."""
        return f"Instance.of({', '.join(f'{name}={_python(value)}' for name, value in self.items)})"

    def show(self) -> str:
        """The values as text; matrices over several lines."""
        return "\n".join(_show(name, value) for name, value in self.items)


def fmpq(x: int | Fraction) -> flint.fmpq:
    """The exact ``fmpq`` of an int or a Fraction."""
    return flint.fmpq(x.numerator, x.denominator)


def fmpq_mat(rows: Matrix) -> flint.fmpq_mat:
    """The exact ``fmpq_mat`` of a matrix value."""
    return flint.fmpq_mat([[fmpq(x) for x in row] for row in rows])


def kind_of(value: Value) -> str:
    """integer, rational, choice, vector, matrix or chain."""
    if isinstance(value, int):
        return "integer"
    if isinstance(value, Fraction):
        return "rational"
    if isinstance(value, str):
        return "choice"
    depth, inner = 0, cast(Any, value)
    while isinstance(inner, tuple):
        depth, inner = depth + 1, cast(Any, inner[0])
    return ("vector", "matrix", "chain")[depth - 1]


def fractions_of(value: Value) -> Iterator[Fraction]:
    """Every number in a value, as Fractions."""
    if isinstance(value, int | Fraction):
        yield Fraction(value)
    elif not isinstance(value, str):
        for item in value:
            yield from fractions_of(item)


def format_value(value: Value) -> str:
    """A value on one line."""
    if isinstance(value, tuple):
        return "[" + ", ".join(format_value(item) for item in value) + "]"
    return str(value)


def _height(x: Fraction) -> int:
    return max(abs(x.numerator), x.denominator)


def _normal(name: str, value: object) -> Value:
    if isinstance(value, bool) or value is None or isinstance(value, float):
        raise UsageError(f"{name}: {value!r} is not exact", hint="use int, Fraction or nested lists of them")
    if isinstance(value, int | Fraction | str):
        return value
    if isinstance(value, flint.fmpz):
        return int(value)
    if isinstance(value, flint.fmpq):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, flint.fmpq_mat):
        return cast(Matrix, _normal(name, value.tolist()))
    if not isinstance(value, Sequence) or not value:
        raise UsageError(f"{name}: {type(value).__name__} is not a value of an instance, or it is empty")
    items = [_normal(name, item) for item in cast(Sequence[object], value)]
    kinds = {"number" if isinstance(x, int | Fraction) else kind_of(x) for x in items}
    if len(kinds) != 1 or not kinds <= {"number", "vector", "matrix"}:
        raise UsageError(f"{name}: the parts of a value must be of one kind")
    if isinstance(items[0], int | Fraction):
        return tuple(Fraction(cast(Fraction, x)) for x in items)
    if isinstance(items[0], tuple) and not isinstance(items[0][0], tuple):
        widths = {len(cast(Vector, x)) for x in items}
        if len(widths) != 1:
            raise UsageError(f"{name}: rows of different lengths")
    return cast(Value, tuple(items))


def _to_json(value: Value) -> Any:
    if isinstance(value, int):
        return value
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, str):
        return {"choice": value}
    if kind_of(value) == "chain":
        return {"chain": [_to_json(cast(Matrix, m)) for m in value]}
    return [_to_json(cast(Value, item)) for item in value]


def _from_json(name: str, data: Any, depth: int = 0) -> Value:
    if isinstance(data, Mapping):
        entries = cast(Mapping[str, Any], data)
        if set(entries) == {"choice"} and isinstance(entries["choice"], str):
            return entries["choice"]
        if set(entries) == {"chain"} and isinstance(entries["chain"], list):
            return cast(Chain, _normal(name, _listed(name, entries["chain"], 0)))
        raise UsageError(f"{name}: unknown kind of value", place=", ".join(map(str, entries))[:_SHOWN])
    if isinstance(data, str):
        return parse_rational(data, _MAX_DIGITS, name)
    if isinstance(data, int) and not isinstance(data, bool):
        if abs(data) >= 10**_MAX_DIGITS:
            raise _too_long(name, _MAX_DIGITS)
        return data
    if isinstance(data, list) and depth < _MAX_DEPTH:
        return _normal(name, _listed(name, cast(list[Any], data), depth))
    raise UsageError(f"{name}: {repr(data)[:_SHOWN]} is not an exact value", hint='write rationals as strings, "3/2"')


def _listed(name: str, data: list[Any], depth: int) -> tuple[Any, ...]:
    if not 0 < len(data) <= _MAX_SIDE:
        raise UsageError(f"{name}: a side of {len(data)}", limit=f"between 1 and {_MAX_SIDE}")
    return tuple(_from_json(name, item, depth + 1) for item in data)


def parse_rational(text: str, digits: int, name: str = "") -> Fraction:
    """The exact number that a text writes as an integer, a quotient of integers, or a decimal without exponent.

    Raises
    ------
    UsageError : it writes something else, or has more than so many digits.
    """
    where = f"{name}: " if name else ""
    if len(text) > 2 * digits + 3:
        raise _too_long(name, digits)
    if _RATIONAL.fullmatch(text) is None:
        raise UsageError(
            f"{where}{text!r} is no integer, quotient or decimal without exponent", hint='write "3", "3/2" or "1.5"'
        )
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise UsageError(f"{where}{text!r} divides by 0", hint='write "3", "3/2" or "1.5"') from None


def _too_long(name: str, digits: int) -> UsageError:
    return UsageError(f"{name or 'a number'} is written with too many digits", limit=f"{digits} digits")


def _python(value: Value) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Fraction):
        return str(value) if value.denominator == 1 else f"Fraction({value.numerator}, {value.denominator})"
    if isinstance(value, str):
        return repr(value)
    return "[" + ", ".join(_python(cast(Value, item)) for item in value) + "]"


def _show(name: str, value: Value) -> str:
    kind = kind_of(value)
    if kind == "chain":
        return "\n".join(_show(f"{name}[{k}]", m) for k, m in enumerate(cast(Chain, value), start=1))
    if kind != "matrix":
        return f"{name} = {format_value(value)}"
    rows = [[str(x) for x in row] for row in cast(Matrix, value)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(x.rjust(w) for x, w in zip(row, widths, strict=True)) for row in rows]
    head = f"{name} = "
    middle = (len(lines) - 1) // 2
    return "\n".join((head if k == middle else " " * len(head)) + f"[ {line} ]" for k, line in enumerate(lines))


def lcm_denominator(value: Value) -> int:
    """The least common denominator of all numbers in a value."""
    return math.lcm(1, *(x.denominator for x in fractions_of(value)))
