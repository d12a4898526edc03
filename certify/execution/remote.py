"""What runs on the workers of a cluster, and how layers get there."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from importlib import metadata
from typing import Any, TypeVar

import flint
from threadpoolctl import threadpool_limits

from certify.chain import Layer
from certify.chain.codes import Operand
from certify.chain.stored import Memory, StoredTensor
from certify.errors import InputError
from certify.execution.work import PRECISION, Result, Told, told_of
from certify.rigor.pickled import register

__all__ = ["Sight", "at_work", "looked_around", "sent", "tell", "version", "with_full_paths"]

_Hashed = TypeVar("_Hashed", Layer, Operand)

# Results hold balls, and every process that sends one has this module.
register()


@dataclass(frozen=True, slots=True)
class Sight:
    """What a worker is: its version of this program, whether it sees the files, its threads, its bytes (0 for any)."""

    version: str
    sees: bool
    threads: int
    memory: int


@functools.cache
def version() -> str:
    """The version of this program."""
    try:
        return metadata.version("polystable")
    except metadata.PackageNotFoundError:
        return "0+unknown"


def looked_around(files: Mapping[str, int], dask_worker: Any = None) -> Sight:
    """Run on a worker: what it is. ``files`` are paths with their sizes in bytes."""
    return Sight(
        version(),
        all(os.path.isfile(name) and os.path.getsize(name) == size for name, size in files.items()),
        dask_worker.state.nthreads,
        dask_worker.memory_manager.memory_limit or 0,
    )


def at_work(wanted: str, function: Callable[..., Result], *given: object) -> Result:
    """Run on a worker: a task, as a thread of the program itself would do it.

    Raises
    ------
    InputError : this worker's version is not ``wanted``.
    """
    if version() != wanted:
        raise InputError(f"a worker runs version {version()} of this program, and the run is of {wanted}")
    _one_blas_thread()
    # Never set back: another thread of this process may be at work. flint has one precision for them all.
    flint.ctx.prec = PRECISION
    return function(*given)


def tell(result: Result) -> Told:
    """Run where a result lies: what the schedule has to know of it."""
    return told_of(result)


@functools.cache
def _one_blas_thread() -> threadpool_limits:
    return threadpool_limits(limits=1, user_api="blas")


def with_full_paths(layer: Layer) -> Layer:
    """The layer, to be read in a process with another working directory."""

    def placed(source: Any) -> Any:
        changes: dict[str, Any] = {}
        for field in fields(source):
            value = getattr(source, field.name)
            if field.name == "path":
                changes["path"] = os.path.abspath(value)
            elif is_dataclass(value):
                changes[field.name] = placed(value)
        return replace(source, **changes)

    return _changed(layer, lambda stored: replace(stored, source=placed(stored.source)))


def sent(layer: Layer) -> Layer:
    """The layer with its bytes in it."""
    return _changed(layer, lambda stored: replace(stored, source=Memory(bytes(stored.source.read()))))


def _changed(layer: Layer, change: Callable[[StoredTensor], StoredTensor]) -> Layer:
    """The layer with other sources, and with the hashes that are known of its tensors."""
    expression = layer.expression
    if expression is not None:
        operands = tuple(_hashed(replace(item, stored=change(item.stored)), item) for item in expression.operands)
        expression = replace(expression, operands=operands)
    return _hashed(replace(layer, stored=change(layer.stored), expression=expression), layer)


def _hashed(changed: _Hashed, original: _Hashed) -> _Hashed:
    if "sha256" in original.__dict__:
        changed.__dict__["sha256"] = original.__dict__["sha256"]
    return changed
