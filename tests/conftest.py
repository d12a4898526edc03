"""Options, Hypothesis profiles and the rule for slow tests. They hold for every folder that one run collects."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Verbosity, settings

settings.register_profile(
    "ci", derandomize=True, deadline=None, database=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "thorough", deadline=None, max_examples=2000, verbosity=Verbosity.normal, suppress_health_check=list(HealthCheck)
)
settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("polystable")
    group.addoption("--slow", action="store_true", help="also run the tests marked slow")
    group.addoption("--thorough", action="store_true", help="random property tests: 2000 examples each, fresh seeds")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--thorough"):
        settings.load_profile("thorough")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--slow"):
        return
    skip = pytest.mark.skip(reason="slow: run with --slow")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


_OUTPUTS = {"-o", "--output", "--html", "--plots", "--junit", "--folder"}


def _bytes_of_inputs(words: Sequence[object]) -> dict[Path, bytes]:
    """The bytes of every file that a command line names as an input, and of those in the folders that it names."""
    found: dict[Path, bytes] = {}
    for before, word in zip(["", *words], words, strict=False):
        path = Path(str(word).partition("=")[2] if str(word).startswith("--") else str(word))
        try:
            named = [] if before in _OUTPUTS or not path.name else sorted(path.iterdir()) if path.is_dir() else [path]
            found |= {file: file.read_bytes() for file in named if file.is_file()}
        except (OSError, ValueError):
            continue
    return found


@pytest.fixture(autouse=True)
def _inputs_keep_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command that a test runs in this process changes a file that it was given, except as its named output."""
    from certify import console

    run = console.run

    @functools.wraps(run)
    def watched(command: object, name: str, arguments: Sequence[str] | None = None) -> int:
        words = list(arguments or ())
        outputs = {Path(str(word)).absolute() for before, word in zip(["", *words], words, strict=False)
                   if before in _OUTPUTS}  # fmt: skip
        inputs = _bytes_of_inputs(words)
        code = run(command, name, arguments)  # type: ignore[arg-type]
        for file, data in inputs.items():
            # An input that is named as an output too is still an input.
            wanted = file in map(Path, map(str, words)) or file.absolute() not in outputs
            assert not wanted or file.read_bytes() == data, f"{name} {words} changed {file}"
        return code

    monkeypatch.setattr(console, "run", watched)
