"""Altered code: every operator, constant, term, condition and return value of a function, changed one at a time.

Functions of ``certify.geometry`` are exchanged wherever they are known by name; a statement is imported anew from its
altered source. The unaltered modules stay as they are.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import importlib
import importlib.machinery
import importlib.util
import inspect
import sys
import textwrap
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from theorems.engine.declare import Declaration
from theorems.engine.theorem import Theorem

__all__ = ["Alteration", "alterations", "altered_statement", "patched", "planted", "statement_alterations"]

_SWAPS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
_CALLS = {
    "maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max", "exp": "log", "log": "exp", "sqrt": "exp",
    "all": "any", "any": "all",
}  # fmt: skip
_COMPARISONS = {
    ast.Gt: ast.LtE, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.LtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
_EDGES = {ast.Gt: ast.GtE, ast.Lt: ast.LtE, ast.GtE: ast.Gt, ast.LtE: ast.Lt}


@dataclass(frozen=True)
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


def _places(module: ModuleType) -> Iterator[tuple[str, Any, str, FunctionType]]:
    """(qualified name, owner, attribute, function) of every function that a module defines, methods included."""
    for name, value in vars(module).items():
        if inspect.isclass(value) and value.__module__ == module.__name__:
            for attribute, member in vars(value).items():
                function = _plain(member)
                if function is not None and not attribute.startswith("__") and function.__module__ == module.__name__:
                    yield f"{name}.{attribute}", value, attribute, function
        else:
            function = _plain(value)
            if function is not None and function.__module__ == module.__name__ and function.__name__ == name:
                yield name, module, name, function


def _plain(value: Any) -> FunctionType | None:
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, functools.cached_property):
        value = value.func
    elif isinstance(value, staticmethod | classmethod):
        value = value.__func__
    value = inspect.unwrap(value) if callable(value) else value
    return value if isinstance(value, FunctionType) else None


def _tree(function: FunctionType) -> ast.FunctionDef | None:
    try:
        found = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, SyntaxError):
        return None
    return found if isinstance(found, ast.FunctionDef) else None


def alterations(module: str) -> Iterator[Alteration]:
    """Every alteration of every function that a module defines."""
    for name, _, _, function in _places(importlib.import_module(module)):
        tree = _tree(function)
        if tree is not None:
            yield from _of_tree(module, name, tree)


def statement_alterations(module: str) -> Iterator[Alteration]:
    """Every alteration of what a statement claims: its hypotheses, its true readings, and what these call.

    Evidence is not altered: a proof that covers less, or a sample that draws less, claims nothing false.
    """
    functions = {n.name: n for n in _parsed(module).body if isinstance(n, ast.FunctionDef)}
    claims = {name for name, node in functions.items() if _is_claim(node)}
    # A file that declares nothing itself holds functions that another file declares.
    open_ = claims or {name for name, node in functions.items() if not _is_evidence(node)}
    reached: set[str] = set()
    while open_:
        reached |= open_
        named = {n.id for f in open_ for n in ast.walk(functions[f]) if isinstance(n, ast.Name)}
        open_ = {n for n in named & functions.keys() if not _is_evidence(functions[n])} - reached
    for name in functions:
        if name in reached:
            yield from _of_tree(module, name, functions[name])


def _is_claim(node: ast.FunctionDef) -> bool:
    """Whether a function is a hypothesis or a reading that is said to be true."""
    decorators = [ast.unparse(d) for d in node.decorator_list]
    marks = ("hypothesis(", "theorem.bound(", "theorem.fact(")
    return any(d.startswith(marks) and "false=True" not in d for d in decorators)


_MADE = ("SearchStrategy", "Iterable[Instance]", "Iterator[Instance]", "Facts", "Proof")


def _is_evidence(node: ast.FunctionDef) -> bool:
    """Whether a function makes instances, proves, samples, or states what is said to be false."""
    returned = ast.unparse(node.returns) if node.returns is not None else ""
    decorators = [ast.unparse(d) for d in node.decorator_list]
    marks = ("theorem.proof", "theorem.property", "theorem.stratum")
    return any(word in returned for word in _MADE) or any(d.startswith(marks) or "false=True" in d for d in decorators)


def _of_tree(module: str, name: str, tree: ast.FunctionDef) -> Iterator[Alteration]:
    boolean = _truth_values(tree)
    for index, node in enumerate(ast.walk(tree)):
        for what, change in _truth(node) if id(node) in boolean else _changes(node):
            altered = copy.deepcopy(tree)
            change(list(ast.walk(altered))[index])
            ast.fix_missing_locations(altered)
            line = getattr(node, "lineno", 0)
            shown = _shown(altered, line)
            if ast.unparse(altered) != ast.unparse(tree):
                yield Alteration(module, name, what, line, shown, altered)


def _truth_values(tree: ast.FunctionDef) -> set[int]:
    """The return statements of a function that is annotated with ``bool``, without those of functions inside."""
    if tree.returns is None or ast.unparse(tree.returns) != "bool":
        return set()
    inner = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef) and f is not tree for n in ast.walk(f)}
    return {id(n) for n in ast.walk(tree) if isinstance(n, ast.Return) and n.value is not None and id(n) not in inner}


def _shown(tree: ast.FunctionDef, line: int) -> str:
    statement = next((s for s in ast.walk(tree) if isinstance(s, ast.stmt) and s.lineno == line), tree.body[-1])
    text = ast.unparse(statement).split("\n")
    return (text[0] if not text[0].startswith(("@", "def ")) else " ".join(text))[:160]


def _changes(node: ast.AST) -> list[tuple[str, Callable[[Any], None]]]:
    if isinstance(node, ast.BinOp) and type(node.op) in _SWAPS:
        found = [("operator", _swap_operator)]
        if isinstance(node.op, ast.Add | ast.Sub):
            found += [("term dropped", _drop_right), ("first term dropped", _drop_left)]
        return found
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return [("operator", lambda n: setattr(n, "op", ast.Mult()))]
    if isinstance(node, ast.Return) and node.value is not None:
        return _of_return(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [("sign", lambda n: setattr(n, "op", ast.UAdd()))]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return [("not dropped", lambda n: setattr(n, "operand", ast.UnaryOp(ast.Not(), n.operand)))]
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return [("constant", lambda n: setattr(n, "value", n.value + 1))]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        found = [("comparison", lambda n: n.ops.__setitem__(0, _COMPARISONS[type(n.ops[0])]()))]
        if type(node.ops[0]) in _EDGES:
            found.append(("edge", lambda n: n.ops.__setitem__(0, _EDGES[type(n.ops[0])]())))
        return found
    if isinstance(node, ast.BoolOp):
        return [
            ("and/or", lambda n: setattr(n, "op", ast.Or() if isinstance(n.op, ast.And) else ast.And())),
            ("condition dropped", lambda n: n.values.pop()),
            ("first condition dropped", lambda n: n.values.pop(0)),
        ]
    if isinstance(node, ast.comprehension | ast.For):
        return [("only the first", _first_only), ("last left out", _without_last)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        return [("function", lambda n: setattr(n.func, "id", _CALLS[n.func.id]))]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _CALLS:
        return [("function", lambda n: setattr(n.func, "attr", _CALLS[n.func.attr]))]
    if isinstance(node, ast.If | ast.IfExp):
        return [("if true", _always), ("if false", _never)]
    if isinstance(node, ast.While):
        return [("while false", _never)]
    if isinstance(node, ast.Slice):
        return _of_slice(node)
    return []


def _of_slice(node: ast.Slice) -> list[tuple[str, Callable[[Any], None]]]:
    """Each end one further, and each end left out."""
    found: list[tuple[str, Callable[[Any], None]]] = []
    for end in ("lower", "upper"):
        if getattr(node, end) is not None:
            found += [
                (f"{end} end moved", functools.partial(_moved, end)),
                (f"no {end} end", functools.partial(_open, end)),
            ]
    return found


def _moved(end: str, node: ast.Slice) -> None:
    setattr(node, end, ast.BinOp(getattr(node, end), ast.Add(), ast.Constant(1)))


def _open(end: str, node: ast.Slice) -> None:
    setattr(node, end, None)


def _always(node: Any) -> None:
    node.test = ast.Constant(True)


def _never(node: Any) -> None:
    node.test = ast.Constant(False)


def _truth(node: ast.AST) -> list[tuple[str, Callable[[Any], None]]]:
    return [
        ("always true", lambda n: setattr(n, "value", ast.Constant(True))),
        ("never true", lambda n: setattr(n, "value", ast.Constant(False))),
    ]


def _of_return(node: ast.Return) -> list[tuple[str, Callable[[Any], None]]]:
    if isinstance(node.value, ast.Compare | ast.BoolOp) or (
        isinstance(node.value, ast.Call) and ast.unparse(node.value.func) in ("all", "any", "bool", "holds")
    ):
        return _truth(node)
    if isinstance(node.value, ast.Tuple):
        return []
    return [("result doubled", _double), ("result negated", _negate)]


def _swap_operator(node: ast.BinOp) -> None:
    node.op = _SWAPS[type(node.op)]()


def _double(node: ast.Return) -> None:
    assert node.value is not None
    node.value = ast.BinOp(node.value, ast.Mult(), ast.Constant(2))


def _negate(node: ast.Return) -> None:
    assert node.value is not None
    node.value = ast.UnaryOp(ast.USub(), node.value)


def _drop_right(node: ast.BinOp) -> None:
    node.op, node.right = ast.Mult(), ast.Constant(1)


def _drop_left(node: ast.BinOp) -> None:
    node.left, node.op = (ast.Constant(1) if isinstance(node.op, ast.Add) else ast.Constant(-1)), ast.Mult()


def _first_only(node: ast.comprehension | ast.For) -> None:
    node.iter = ast.Subscript(_listed(node.iter), ast.Slice(None, ast.Constant(1)), ast.Load())


def _without_last(node: ast.comprehension | ast.For) -> None:
    node.iter = ast.Subscript(_listed(node.iter), ast.Slice(None, ast.Constant(-1)), ast.Load())


def _listed(items: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("list", ast.Load()), [items], [])


@contextlib.contextmanager
def planted(alteration: Alteration) -> Generator[None]:
    """Replace a function by its altered form wherever it is known by name, and forget what was computed."""
    module = importlib.import_module(alteration.module)
    _, owner, attribute, original = next(p for p in _places(module) if p[0] == alteration.function)
    altered = _built(module, alteration.code)
    if owner is module:
        known = vars(module)[attribute]
        places = [(m, name) for m in _modules() for name, value in list(vars(m).items()) if value is known]
    else:
        places, altered = [(owner, attribute)], _wrapped(vars(owner)[attribute], altered)
    before = [(place, name, vars(place)[name]) for place, name in places]
    del original
    try:
        for place, name in places:
            setattr(place, name, altered)
            if isinstance(altered, functools.cached_property):
                altered.__set_name__(place, name)
        _forget()
        yield
    finally:
        for place, name, value in before:
            setattr(place, name, value)
        _forget()


def _built(module: ModuleType, code: ast.FunctionDef) -> Any:
    code = copy.deepcopy(code)
    bare = ("property", "method", "cached")
    code.decorator_list = [d for d in code.decorator_list if not any(word in ast.unparse(d) for word in bare)]
    namespace = dict(vars(module))
    exec(compile(ast.fix_missing_locations(ast.Module([code], [])), f"<altered {code.name}>", "exec"), namespace)
    return namespace[code.name]


def _wrapped(original: Any, altered: Any) -> Any:
    kinds = (functools.cached_property, property, staticmethod, classmethod)
    kind = next((k for k in kinds if isinstance(original, k)), None)
    return altered if kind is None else kind(altered)


def _modules() -> list[ModuleType]:
    return [m for n, m in list(sys.modules.items()) if n.split(".")[0] in ("certify", "theorems") and m is not None]


def _forget() -> None:
    for module in _modules():
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear") and getattr(value, "__name__", "") != "_modules":
                value.cache_clear()


def _parsed(module: str) -> ast.Module:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))


class _Altered(importlib.machinery.SourceFileLoader):
    """Loads a module from its source with one function exchanged."""

    def __init__(self, alteration: Alteration, path: str) -> None:
        super().__init__(alteration.module, path)
        self.alteration = alteration

    def get_code(self, fullname: str) -> Any:
        tree = ast.parse(Path(self.path).read_text(encoding="utf-8"))
        code = copy.deepcopy(self.alteration.code)
        body = [code if isinstance(n, ast.FunctionDef) and n.name == code.name else n for n in tree.body]
        return compile(ast.fix_missing_locations(ast.Module(body, [])), self.path, "exec")


@contextlib.contextmanager
def altered_statement(alteration: Alteration) -> Generator[Theorem]:
    """The theorem of a statement one of whose functions is altered, imported anew."""
    package = ".".join(alteration.module.split(".")[:3])
    spec = importlib.util.find_spec(alteration.module)
    assert spec is not None
    assert spec.origin is not None
    loader = _Altered(alteration, spec.origin)
    kept = {name: m for name, m in sys.modules.items() if name == package or name.startswith(f"{package}.")}

    class Finder:
        """Finds the altered module first."""

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> Any:
            if name != alteration.module:
                return None
            return importlib.util.spec_from_loader(name, loader, is_package=bool(spec.submodule_search_locations))

    for name in kept:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder())  # type: ignore[arg-type]
    try:
        module = importlib.import_module(package)
        declared: Declaration = module.theorem
        yield declared.finished()
    finally:
        sys.meta_path.pop(0)
        for name in [n for n in sys.modules if n == package or n.startswith(f"{package}.")]:
            del sys.modules[name]
        sys.modules.update(kept)
        parent, _, child = package.rpartition(".")
        setattr(importlib.import_module(parent), child, kept[package])
        _forget()


def patched(module: str, function: str, old: str, new: str) -> Alteration:
    """The alteration that exchanges a text, which occurs once, in the source of a function or method of a module."""
    tree = _parsed(module)
    *owner, name = function.split(".")
    body = tree.body
    for outer in owner:
        body = next(n for n in body if isinstance(n, ast.ClassDef) and n.name == outer).body
    node = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)
    text = ast.unparse(node)
    if text.count(old) != 1:
        raise ValueError(f"{old!r} occurs {text.count(old)} times in {module}.{function}:\n{text}")
    code = ast.parse(text.replace(old, new)).body[0]
    assert isinstance(code, ast.FunctionDef)
    return Alteration(module, function, "patched", node.lineno, new, code)
