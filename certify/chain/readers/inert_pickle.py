"""Pickles as data: every class and function in them becomes an inert stand-in, so that nothing that the file names is
looked up, imported or called.

Python's unpickler is given a ``find_class`` that knows five names, all of them functions of this file, and answers
every other one with a class that only
keeps its arguments. The unpickler written in Python is used: that in C makes room for a memo index of any size.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from certify.errors import InputError

__all__ = ["StorageRef", "TensorRef", "bounded_unpickle", "named_tensors"]

_DEEPEST = 64
_MOST_BYTES = 2**31


@dataclass(frozen=True, slots=True)
class StorageRef:
    """A storage by its key; ``kind`` is the name of its class, ``elements`` what the pickle says."""

    kind: str
    key: str
    elements: int


@dataclass(frozen=True, slots=True)
class TensorRef:
    """A view of a storage, in elements; ``dtype`` is a name of PyTorch's, or empty for that of the storage."""

    storage: StorageRef
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str = ""


class _Inert:
    """An object of a class that is not looked up. Keeps what it is given."""

    name = ""

    def __init__(self, *given: object, **named: object) -> None:
        self.given: list[object] = [*given, *named.values()]

    def __new__(cls, *given: object, **named: object) -> _Inert:
        made = super().__new__(cls)
        made.given = [*given, *named.values()]
        return made

    def __setstate__(self, state: object) -> None:
        self.given.append(state)

    def append(self, item: object) -> None:
        self.given.append(item)

    def extend(self, items: list[object]) -> None:
        self.given += items

    def __setitem__(self, key: object, item: object) -> None:
        self.given.append({key: item})


def _rebuild(storage: object, offset: object, shape: object, strides: object, *rest: object) -> object:
    dtype = rest[2] if len(rest) > 2 else None
    label = dtype.name.rpartition(".")[2] if isinstance(dtype, type) and issubclass(dtype, _Inert) else ""
    sides, steps = _naturals(shape), _naturals(strides)
    start = _naturals((offset,))
    if (
        not isinstance(storage, StorageRef)
        or sides is None
        or steps is None
        or start is None
        or len(sides) != len(steps)
    ):
        raise pickle.UnpicklingError("a tensor that is no view of a storage")
    return TensorRef(storage, start[0], sides, steps, label)


def _naturals(items: object) -> tuple[int, ...] | None:
    if not isinstance(items, tuple | list) or len(items) > 64:
        return None
    if not all(type(item) is int and 0 <= item < 2**63 for item in items):
        return None
    return tuple(items)


def _parameter(data: object, *rest: object) -> object:
    return data


def _size(*given: object) -> object:
    return given[0] if len(given) == 1 else given


_KNOWN: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): _rebuild,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch._utils", "_rebuild_tensor_v3"): _rebuild,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch", "Size"): _size,
    ("collections", "OrderedDict"): OrderedDict,
}


class _Bounded:
    """Reads no more than ``budget`` bytes, and never asks the file for more than it has."""

    def __init__(self, opened: IO[bytes], left: int, budget: int) -> None:
        self._opened = opened
        self._left = min(left, budget)

    def read(self, count: int) -> bytes:
        if count > self._left:
            raise EOFError(f"{count} bytes are asked for, and {self._left} may be read")
        self._left -= count
        return self._opened.read(count)

    def readline(self) -> bytes:
        line = self._opened.readline(self._left)
        self._left -= len(line)
        return line


class _Unpickler(pickle._Unpickler):  # type: ignore[name-defined,misc]
    def find_class(self, module: str, name: str) -> Any:
        known = _KNOWN.get((module, name))
        return known if known is not None else type("_Inert", (_Inert,), {"name": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> object:
        if isinstance(pid, tuple) and len(pid) in (5, 6) and pid[0] == "storage":
            kind, key, elements = pid[1], pid[2], pid[4]
            view = pid[5] if len(pid) == 6 else None
            if isinstance(kind, type) and issubclass(kind, _Inert) and isinstance(key, str) and type(elements) is int:
                if view is not None:
                    raise pickle.UnpicklingError("a view of a storage, as PyTorch before 0.4 wrote")
                return StorageRef(kind.name.rpartition(".")[2], key, elements)
        raise pickle.UnpicklingError("a reference to something that is no storage")


def bounded_unpickle(opened: IO[bytes], left: int, budget: int, *, path: str, what: str) -> Any:
    """The object of the pickle at the place where ``opened`` stands, made of plain Python values and stand-ins.

    Parameters
    ----------
    left, budget : bytes that the file has left, and that may be read.

    Raises
    ------
    InputError : no such pickle.
    """
    try:
        return _Unpickler(_Bounded(opened, left, budget)).load()
    except Exception as error:
        raise InputError(
            f"{what} is no pickle of tensors: {type(error).__name__}: {error}",
            file=path,
            hint="the file is damaged, or holds more than tensors; where you trust it, load it with torch and save its "
            "state_dict() with safetensors.torch.save_file",
        ) from error


def named_tensors(root: object, most: int) -> Iterator[tuple[str, TensorRef]]:
    """The tensors in nested dictionaries, lists and stand-ins, with the keys that lead to them joined by dots.

    Each container is entered once, and ``most`` values in all.
    """
    seen: set[int] = set()
    count = 0

    def walk(value: object, name: str, depth: int) -> Iterator[tuple[str, TensorRef]]:
        nonlocal count
        count += 1
        if isinstance(value, TensorRef):
            yield name or "tensor", value
            return
        if depth > _DEEPEST or count > 16 * most or id(value) in seen:
            return
        if isinstance(value, dict):
            items = [(str(key), item) for key, item in value.items() if isinstance(key, str | int)]
        elif isinstance(value, list | tuple):
            items = [(str(i), item) for i, item in enumerate(value)]
        elif isinstance(value, _Inert):
            # The state of an object is its dictionary: it adds nothing to the name.
            items = [("", item) for item in value.given]
        else:
            return
        seen.add(id(value))
        for key, item in items:
            # Modules of torch.nn keep their parameters and children under these keys.
            key = "" if key in ("_parameters", "_modules", "_buffers") else key
            yield from walk(item, f"{name}.{key}" if name and key else name or key, depth + 1)

    yield from walk(root, "", 0)
