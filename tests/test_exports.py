"""Every module says what it is, lists what it exports, and documents each export."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from types import ModuleType

import pytest

import certify
import theorems

OPTIONAL = {"distributed", "marimo", "matplotlib", "onnx", "torch", "z3"}


def _modules() -> list[str]:
    names: list[str] = []
    for package in (certify, theorems):
        names.append(package.__name__)
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not any(part.startswith(("_", "test_", "conftest")) for part in found.name.split(".")):
                names.append(found.name)
    return names


def _undocumented(module: ModuleType) -> list[str]:
    """Names in ``__all__`` that do not exist, and functions, classes and methods without a docstring."""
    missing: list[str] = []
    for name in module.__all__:
        if not hasattr(module, name):
            missing.append(f"{module.__name__}.{name} does not exist")
            continue
        thing = getattr(module, name)
        if not (inspect.isclass(thing) or inspect.isroutine(thing)):
            continue
        own = thing.__dict__.get("__doc__") if inspect.isclass(thing) else inspect.getdoc(thing)
        if not own or own.startswith(f"{name}("):
            missing.append(f"{module.__name__}.{name}")
        if inspect.isclass(thing) and thing.__module__ == module.__name__:
            missing += [
                f"{module.__name__}.{name}.{attribute}"
                for attribute, value in vars(thing).items()
                if not attribute.startswith("_")
                and (inspect.isroutine(value) or isinstance(value, property | classmethod | staticmethod))
                and not inspect.getdoc(getattr(thing, attribute) if not isinstance(value, property) else value)
            ]
    return missing


def _own_names(module: ModuleType) -> list[str]:
    """Public functions and classes that the module defines itself."""
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isroutine(value))
        and getattr(value, "__module__", None) == module.__name__
    ]


@pytest.mark.parametrize("name", _modules())
def test_exports_are_documented(name):
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name in OPTIONAL:
            pytest.skip(f"needs {error.name}, which is in an extra")
        raise
    assert module.__doc__, f"{name} has no docstring"
    if hasattr(module, "theorem"):
        return
    if not hasattr(module, "__all__"):
        assert _own_names(module) == [], f"{name} has no __all__"
        return
    assert _undocumented(module) == []


def test_an_undocumented_export_is_seen():
    planted = ModuleType("planted", "A module.")
    exec(
        "__all__ = ['absent', 'bare', 'told', 'Thing']\n"
        "def bare(): pass\n"
        "def told(): 'Says what it does.'\n"
        "class Thing:\n"
        "    'A thing.'\n"
        "    def method(self): pass\n",
        planted.__dict__,
    )
    planted.Thing.__module__ = "planted"
    assert _undocumented(planted) == ["planted.absent does not exist", "planted.bare", "planted.Thing.method"]
