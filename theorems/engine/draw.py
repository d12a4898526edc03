"""Running a function on instances drawn from a Hypothesis strategy, under a fixed profile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
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
    derandomized: the same instances every time. No example database is read or written, and what is drawn does not
    depend on the modules that happen to be loaded.
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
    with contextlib.suppress(Enough), _without_constants():
        (test if seed is None else hypothesis.seed(seed)(test))()


@contextlib.contextmanager
def _without_constants() -> Generator[None]:
    """Hypothesis mixes in the numbers it reads in whatever local modules are loaded; for the time being it does not."""
    from hypothesis.internal.conjecture.providers import HypothesisProvider

    name = "_maybe_draw_constant"
    usual = getattr(HypothesisProvider, name, None)
    if usual is None:
        yield
        return
    setattr(HypothesisProvider, name, lambda *_choice, **_more: None)
    try:
        yield
    finally:
        setattr(HypothesisProvider, name, usual)
