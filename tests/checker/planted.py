"""Single faults in the checker, each one error term left out, and which of them the injected errors show.

``python -m tests.checker.planted`` writes the table ``docs/injected_faults.md`` from what happens.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

from tests.checker.injected import DIRECTIONS, Fault, Site
from tests.checker.test_injected import CHAINS, ROOMS, honest, misses


@dataclass(frozen=True)
class Planted:
    """In a function of `certify.checker.arithmetic`, ``old`` becomes ``new``."""

    module: str
    function: str
    old: str
    new: str

    @contextmanager
    def made(self) -> Iterator[None]:
        """The checker with this fault; undone on the way out."""
        module = importlib.import_module(f"certify.checker.arithmetic.{self.module}")
        target: FunctionType = inspect.unwrap(getattr(module, self.function))
        source = textwrap.dedent(inspect.getsource(target))
        if self.old not in source:
            raise ValueError(f"{self.old!r} is not in {self.function}")
        tree = ast.parse(source.replace(self.old, self.new))
        definition = tree.body[0]
        assert isinstance(definition, ast.FunctionDef)
        definition.decorator_list = []
        names = dict(module.__dict__)
        exec(compile(tree, module.__file__ or "", "exec"), names)
        before = target.__code__
        target.__code__ = names[self.function].__code__
        try:
            yield
        finally:
            target.__code__ = before


def _near(function: str, old: str, new: str) -> Planted:
    return Planted("near_decomposition", function, old, new)


FAULTS = (
    Planted("rounding", "_product_bound", "ball(gamma(roundings(k))) * ball(left) * ball(right) + ", ""),
    _near("_from_gram", "above(e + ball(slip))", "above(e)"),
    _near("_from_gram", "e += rest + ball(tail_slip)", "e += rest"),
    _near("_from_gram", "e += rest + ball(tail_slip)", "e += ball(tail_slip)"),
    _near("_from_gram", "return u, s, v, f, _defect(v)", "return u, s, v, 0.0, _defect(v)"),
    _near("_from_gram", "return u, s, v, f, _defect(v)", "return u, s, v, f, 0.0"),
    _near("_from_svd", "_residual(image, u, s) + ball(slip)", "_residual(image, u, s)"),
    _near("_from_svd", "_residual(image, u, s) + ball(slip)", "ball(slip)"),
    _near("_from_svd", "_defect(u), _defect(v)", "0.0, _defect(v)"),
    _near("_from_svd", "_defect(u), _defect(v)", "_defect(u), 0.0"),
    _near("_defect", " + ball(slip)", ""),
    _near("_defect", "ball(size) * (1 + 4 * ball(U)) + ", ""),
    _near("near_svd", "(ball(g) + ball(h))", "ball(g)"),
    _near("near_svd", "(ball(g) + ball(h))", "ball(h)"),
    _near("near_svd", "ball(e) + ball(a.lost)", "ball(a.lost)"),
    Planted("two_layers", "angles", "bases + ball(rounding)", "bases"),
    Planted("two_layers", "angles", "bases + ball(rounding)", "ball(rounding)"),
    Planted("two_layers", "angles", "above(slip + turned)", "above(slip)"),
    Planted("two_layers", "commutation", "2 * product_slip + gram_slip", "gram_slip"),
    Planted("two_layers", "commutation", "2 * product_slip + gram_slip", "2 * product_slip"),
    Planted("two_layers", "commutation", "h_slip * h_scale + k_slip * k_scale", "h_slip * h_scale"),
    Planted("two_layers", "commutation", "h_slip * h_scale + k_slip * k_scale", "k_slip * k_scale"),
    Planted("two_layers", "commutation", "k_slip * ball(absolute_norm(h)) + ", ""),
    Planted("two_layers", "commutation", "h_slip * (ball(absolute_norm(k)) + 3 * k_slip)", "0"),
    Planted("two_layers", "_gram", "ball(gamma(roundings(b.shape[0]))) * w.mass + ", ""),
    Planted("two_layers", "product_norm", "ball(rounding) + ", ""),
    Planted("two_layers", "transport_norm", "slip = ball(rounding) + ", "slip = "),
    Planted("small_commutation", "_slip", "ball(gamma(roundings(inner))) * left * right + ", ""),
    Planted("small_commutation", "small_commutation", "left_size * right_error + ", ""),
    Planted("small_commutation", "small_commutation", "+ right_size * left_error", ""),
    Planted("small_commutation", "small_commutation", "next_size * x_error + ", ""),
    Planted("small_commutation", "small_commutation", "+ next_error * (x_size + x_error)\n", "\n"),
    Planted("small_commutation", "small_commutation", "g_size * x_error + ", ""),
    Planted("small_commutation", "small_commutation", " + g_error * (x_size + x_error)", ""),
    Planted("small_commutation", "small_commutation", " + 2 * x_size * x_error", ""),
    Planted(
        "small_commutation", "small_commutation", "frobenius(squared) + error_ball(squared_error)", "frobenius(squared)"
    ),
    Planted("small_commutation", "small_commutation", "next_size + error_ball(next_error)", "next_size"),
    Planted("small_commutation", "small_commutation", "g_size + error_ball(g_error)", "g_size"),
    Planted("small_commutation", "small_commutation", "x_size + error_ball(x_error)", "x_size"),
    Planted("spectral_norm", "_witness", " - ball(slip)", ""),
    Planted("spectral_norm", "_inertia_bound", " + ball(error)).sqrt()\n    return", ").sqrt()\n    return"),
    Planted("spectral_norm", "_inertia_bound", " + ball(slip)", ""),
)


def shown(planted: Planted) -> tuple[str, Site, str] | None:
    """The first chain, call site and direction whose enclosures do not hold with the fault; none where all hold."""
    sites = {(name, room): honest(name, room)[1] for name in CHAINS for room in ROOMS}
    near = [planted.module, "near_decomposition" if planted.module == "rounding" else planted.module]
    with planted.made():
        for (name, room), places in sites.items():
            for site in places:
                if site[0].rpartition(".")[2] not in near:
                    continue
                for direction in DIRECTIONS:
                    if misses(name, room, Fault(site, direction)):
                        return name, site, direction
    return None


HEAD = """# Injected errors against single faults of the checker

Each row leaves out one error term of the checker. Then every call site of its products gets an error of 0.9 of its
bound enlarged 10⁷ times, on seven small chains: square, tall, of low rank, graded, ill conditioned, nearly tied and
long. *Red* says where an enclosure first missed what it must hold; *not seen* says that none did. Written by
`python -m tests.checker.planted`.

| function | left out | becomes | outcome |
|---|---|---|---|
"""


def table() -> str:
    """The table with the outcomes of this run."""
    rows: list[str] = []
    for planted in FAULTS:
        found = shown(planted)
        outcome = "not seen" if found is None else f"red: {found[0]}, `{found[1][1]}` + {found[1][2]}, {found[2]}"
        old, new = (" ".join(text.split()) for text in (planted.old, planted.new))
        rows.append(f"| `{planted.module}.{planted.function}` | `{old}` | `{new or '–'}` | {outcome} |")
        print(rows[-1], flush=True)
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    Path("docs/injected_faults.md").write_text(table(), encoding="utf-8")
