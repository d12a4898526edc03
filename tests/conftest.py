"""Options, Hypothesis profiles and the rule for slow tests. They hold for every folder that one run collects."""

from __future__ import annotations

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
