"""Running a function on instances drawn from a Hypothesis strategy, under a fixed profile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from theorems.engine.instance import Instance

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["Enough", "draw"]


class Enough(Exception):
    """Raised by a visitor that needs no more instances."""


def draw(
    strategy: SearchStrategy[Instance],
    visit: Callable[[Instance], None],
    *,
    examples: int,
    seed: int | None = None,
    shrink: bool = False,
) -> None:
    """Visit instances of a strategy; an exception of ``visit`` ends the run, after shrinking if asked.

    :class:`Enough` ends it quietly; a visitor that raises it once must raise it ever after. Without a seed the run is
    derandomized: the same instances every time. No example database is read or written.
    """
    import hypothesis
    from hypothesis import Phase

    settings = hypothesis.settings(
        max_examples=examples,
        derandomize=seed is None,
        database=None,
        deadline=None,
        suppress_health_check=list(cast(Any, hypothesis.HealthCheck)),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        print_blob=False,
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
    )

    def run(x: Instance) -> None:
        visit(x)

    test = settings(hypothesis.given(strategy)(run))
    with contextlib.suppress(Enough):
        (test if seed is None else hypothesis.seed(seed)(test))()
