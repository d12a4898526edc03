"""Altered formulas: every operator, constant and term of a function of ``certify.geometry``, changed one at a time."""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

__all__ = ["Alteration", "alterations", "planted"]

_SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_CALLS = {"maximum": "minimum", "minimum": "maximum", "exp": "log", "log": "exp", "sqrt": "exp"}
_COMPARISONS = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.Gt, ast.LtE: ast.Lt}


@dataclass(frozen=True, slots=True)
class Alteration:
    """One function with one change; ``where`` is the altered line, as it reads after the change."""

    module: str
    function: str
    what: str
    line: int
    where: str
    code: ast.FunctionDef

    def __str__(self) -> str:
        return f"{self.module.rpartition('.')[2]}.{self.function}:{self.line} {self.what}: {self.where}"

    def build(self) -> FunctionType:
        """The altered function, in the namespace of the original one."""
        module = importlib.import_module(self.module)
        namespace = dict(vars(module))
        tree = ast.fix_missing_locations(ast.Module([self.code], []))
        exec(compile(tree, f"<{self}>", "exec"), namespace)
        return namespace[self.function]


def alterations(module: str, functions: set[str] | None = None) -> Iterator[Alteration]:
    """Every alteration of the functions that a module defines (of ``functions`` only, if given)."""
    for name, value in vars(importlib.import_module(module)).items():
        if not isinstance(value, FunctionType) or value.__module__ != module or inspect.isgeneratorfunction(value):
            continue
        if functions is not None and name not in functions:
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(value)))).body[0]
        assert isinstance(tree, ast.FunctionDef)
        for index, node in enumerate(ast.walk(tree)):
            for what, change in _changes(node):
                altered = copy.deepcopy(tree)
                target = list(ast.walk(altered))[index]
                change(target)
                line = getattr(target, "lineno", 0)
                yield Alteration(module, name, what, line, _shown(altered, line), altered)


def _shown(tree: ast.FunctionDef, line: int) -> str:
    statement = next((s for s in ast.walk(tree) if isinstance(s, ast.stmt) and s.lineno == line), tree.body[-1])
    return ast.unparse(statement).split("\n")[0][:100]


def _changes(node: ast.AST) -> list[tuple[str, Callable[[Any], None]]]:
    if isinstance(node, ast.BinOp) and type(node.op) in _SWAPS:
        found = [("operator", _swap_operator)]
        if isinstance(node.op, ast.Add | ast.Sub):
            found.append(("term dropped", _drop_right))
        return found
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return [("operator", lambda n: setattr(n, "op", ast.Mult()))]
    if isinstance(node, ast.Return) and node.value is not None:
        return [("result doubled", _double)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [("sign", lambda n: setattr(n, "op", ast.UAdd()))]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return [("constant", lambda n: setattr(n, "value", n.value + 1))]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        return [("comparison", lambda n: n.ops.__setitem__(0, _COMPARISONS[type(n.ops[0])]()))]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        return [("function", lambda n: setattr(n.func, "id", _CALLS[n.func.id]))]
    return []


def _swap_operator(node: ast.BinOp) -> None:
    node.op = _SWAPS[type(node.op)]()


def _double(node: ast.Return) -> None:
    assert node.value is not None
    node.value = ast.copy_location(ast.BinOp(node.value, ast.Mult(), ast.Constant(2)), node.value)


def _drop_right(node: ast.BinOp) -> None:
    node.op, node.right = ast.Mult(), ast.Constant(1)
    ast.copy_location(node.right, node.left)


@contextlib.contextmanager
def planted(alteration: Alteration) -> Generator[None]:
    """Replace the original by the altered function wherever it is known by name, and forget what was computed."""
    original = getattr(importlib.import_module(alteration.module), alteration.function)
    altered = alteration.build()
    places = [
        (module, name) for module in _modules() for name, value in list(vars(module).items()) if value is original
    ]
    try:
        for module, name in places:
            setattr(module, name, altered)
        _forget()
        yield
    finally:
        for module, name in places:
            setattr(module, name, original)
        _forget()


def _modules() -> list[ModuleType]:
    return [m for n, m in list(sys.modules.items()) if n.split(".")[0] in ("certify", "theorems") and m is not None]


def _forget() -> None:
    for module in _modules():
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear") and getattr(value, "__name__", "") != "_modules":
                value.cache_clear()
