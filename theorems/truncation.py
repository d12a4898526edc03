r"""E1. Truncating a transport to rank windows: the error is at most what the two tails transport.

Statement
    Let X = W'W, with best approximations :math:`W_r, W'_{r'}` and :math:`X_{r',r}=W'_{r'}W_r`. Then, with
    :math:`\tau_r^2=\sum_{k>r}\sigma_k^2`,

    .. math::
        \|X-X_{r',r}\|_F^2=\|X\|_F^2-\|X_{r',r}\|_F^2\le
        \min\bigl(\sigma_1(W')^2\tau_r(W)^2,\ \sigma_{r+1}(W)^2\|W'\|_F^2\bigr)
        +\min\bigl(\tau_{r'}(W')^2\sigma_1(W)^2,\ \sigma_{r'+1}(W')^2\|W_r\|_F^2\bigr),

    .. math:: \|X-X_{r',r}\|_2^2\le\sigma_1(W')^2\sigma_{r+1}(W)^2+\sigma_{r'+1}(W')^2\sigma_1(W)^2,

    and the source-mode column j ≤ r errs by at most :math:`\sigma_j(W)\,\sigma_{r'+1}(W')`.
    An instance calls W and W' A and A_next.

Hypotheses
    *composable*, *windows* (0 ≤ r, r' ≤ number of ranks), *leading* (the windows keep leading singular directions, not
    the first coordinates), *kept* (1 ≤ j ≤ r).

Needed
    *composable* and *windows* define the terms. Without *leading* or *kept* the bounds fail.

Reach
    Symbolic: the Pythagorean identity for all real 2×2 and 3×2 transports; all four products, the spectral and the
    source-mode bound for all real layers up to 3×3 and all windows, and 4×4 with r = r', in the squared overlaps of the
    singular vectors.
    Numeric: exact rational projectors, or balls, for sides up to 4.

Readings
    *Frobenius*, *Pythagoras*, *spectral*, *source mode* and the two unsquared bounds: true. *Spectral Pythagoras*,
    *larger term* (the larger product alone) and *writer only* (the reader's tail forgotten): false.

Reference
    GSA-II (arXiv 2605.02111); Eckart–Young, and orthogonality of the row spaces of W − W_r and W_r.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, cast

from certify.geometry.transport import (
    source_mode_bound,
    tail_squared,
    truncation_bound_frobenius,
    truncation_bound_spectral,
    truncation_squared_frobenius,
    truncation_squared_spectral,
)
from certify.rigor.functions import absolute, maximum
from certify.verdict import Verdict, combine
from theorems import _transport_samples as samples
from theorems._exact import Scalar, num, root
from theorems._theorem import (
    Constant,
    Constants,
    Hypothesis,
    Instance,
    Mutant,
    Need,
    Parameter,
    Proof,
    Property,
    Reading,
    Status,
    Theorem,
    facts,
    holds,
    small,
)
from theorems._transport import Transport, composable, transport, unique, windows


def frobenius(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖_F² ≤ c₁ · (tail of W, transported) + c₂ · (tail of W', transported)."""
    t = transport(x)
    s, s_next = t.sigma
    both = truncation_squared_frobenius(s, s_next, t.r, t.r_next)
    writer = truncation_squared_frobenius(s, s_next, t.r, len(s_next))
    return t.error_squared, num(c["writer"]) * writer + num(c["reader"]) * (both - writer)


def pythagoras(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖_F² = ‖X‖_F² − ‖X_{r',r}‖_F², as a bound on the defect (exactly 0 for rational projectors)."""
    t = transport(x)
    defect = t.error_squared - (t.whole_squared - t.kept_squared)
    return absolute(defect), num(Fraction(1, 2**40))


def spectral(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖₂² ≤ σ₁(W')²σ_{r+1}(W)² + σ_{r'+1}(W')²σ₁(W)²."""
    t = transport(x)
    return t.error_norm * t.error_norm, truncation_squared_spectral(*t.sigma, t.r, t.r_next)


def frobenius_root(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖_F ≤ the root of the Frobenius bound."""
    t = transport(x)
    return root(t.error_squared), truncation_bound_frobenius(*t.sigma, t.r, t.r_next)


def spectral_root(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖₂ ≤ the root of the spectral bound."""
    t = transport(x)
    return t.error_norm, truncation_bound_spectral(*t.sigma, t.r, t.r_next)


def source_mode(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """|(X − X_{r',r})v_j| ≤ σ_j(W)σ_{r'+1}(W')."""
    t, j = transport(x), x.integer("j")
    s, s_next = t.sigma
    beyond = s_next[t.r_next] if t.r_next < len(s_next) else num(0)
    return t.mode_error(j), source_mode_bound(s[j - 1] if j <= len(s) else num(0), beyond)


def spectral_pythagoras(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖₂² ≤ ‖X‖₂² − ‖X_{r',r}‖₂², which is false."""
    t = transport(x)
    error, whole, kept = t.error_norm, t.norm_whole, t.norm_kept
    return error * error, whole * whole - kept * kept


def _terms(t: Transport) -> tuple[Scalar, Scalar]:
    s, s_next = t.sigma
    first = s_next[0] * s_next[0] * tail_squared(s, t.r)
    return first, tail_squared(s_next, t.r_next) * s[0] * s[0]


def larger_term(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖_F² ≤ max(σ₁(W')²τ_r(W)², τ_{r'}(W')²σ₁(W)²), which is false."""
    t = transport(x)
    return t.error_squared, maximum(*_terms(t))


def writer_only(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖X − X_{r',r}‖_F² ≤ σ₁(W')²τ_r(W)², which is false."""
    t = transport(x)
    return t.error_squared, _terms(t)[0]


def identity() -> Proof:
    """‖X − PXQ‖² = ‖X‖² − ‖PXQ‖² for orthogonal projectors of rank one."""
    import sympy

    claims: list[tuple[str, object]] = []
    for rows, columns in ((2, 2), (3, 2)):
        x = sympy.Matrix(rows, columns, sympy.symbols(f"x1:{rows * columns + 1}", real=True))
        p = sympy.Matrix(sympy.symbols(f"p1:{rows + 1}", real=True))
        q = sympy.Matrix(sympy.symbols(f"q1:{columns + 1}", real=True))
        kept = (p * p.T) * x * (q * q.T) / (p.dot(p) * q.dot(q))
        defect = _square(x - kept) - _square(x) + _square(kept)
        claims.append((f"{rows}×{columns}: Pythagoras", sympy.expand(sympy.numer(sympy.together(defect))) == 0))
    return facts("symbolic", "all real X of size 2×2 and 3×2, all projectors of rank one", claims)


def _square(m: Any) -> Any:
    return sum(v**2 for v in m)


def overlaps() -> Proof:
    """Every bound minus the error is a sum of products of non-negative terms.

    Orthogonal factors reduce X to diag(b) R diag(a), R orthogonal; both errors are linear in w_ik = R_ik² with rows and
    columns summing to 1. a_k² and b_i² are written as sums of squares, so that decreasing order needs no assumption.
    """
    import sympy

    claims: list[tuple[str, object]] = []
    for d in (2, 3, 4):
        a = _decreasing(f"u1:{d + 1}")
        b = _decreasing(f"v1:{d + 1}")
        w = sympy.Matrix(d, d, lambda i, k: sympy.Symbol(f"w{i}{k}", nonnegative=True))
        roots = [sympy.sqrt(v) for v in a], [sympy.sqrt(v) for v in b]
        for r in range(d + 1):
            for q in range(d + 1) if d < 4 else (r,):
                claims += _window(d, r, q, a, b, w, roots)
    return facts("symbolic", "all real 2×2 and 3×3 layers, all windows; 4×4 with r = r'", claims)


def _decreasing(names: str) -> list[Any]:
    import sympy

    parts = sympy.symbols(names, real=True)
    return [sum(v**2 for v in parts[i:]) for i in range(len(parts))]


def _window(d: int, r: int, q: int, a: list[Any], b: list[Any], w: Any, roots: Any) -> list[tuple[str, object]]:
    import sympy

    label = f"d = {d}, r = {r}, r' = {q}"
    beyond_a, beyond_b = (a[r] if r < d else 0), (b[q] if q < d else 0)
    writer = sum(b[i] * a[k] * w[i, k] for i in range(d) for k in range(r, d))
    reader = sum(b[i] * a[k] * w[i, k] for i in range(q, d) for k in range(r))
    products = (
        (b[0] * sum(a[r:]), writer, sum((b[0] - b[i]) * a[k] * w[i, k] for i in range(d) for k in range(r, d))),
        (
            beyond_a * sum(b),
            writer,
            sum(beyond_a * b[i] * w[i, k] for i in range(d) for k in range(r))
            + sum((beyond_a - a[k]) * b[i] * w[i, k] for i in range(d) for k in range(r, d)),
        ),
        (
            a[0] * sum(b[q:]),
            reader,
            sum((a[0] - a[k]) * b[i] * w[i, k] for i in range(q, d) for k in range(r))
            + sum(a[0] * b[i] * w[i, k] for i in range(q, d) for k in range(r, d)),
        ),
        (
            beyond_b * sum(a[:r]),
            reader,
            sum(beyond_b * a[k] * w[i, k] for i in range(q) for k in range(r))
            + sum((beyond_b - b[i]) * a[k] * w[i, k] for i in range(q, d) for k in range(r)),
        ),
    )
    claims: list[tuple[str, object]] = []
    for n, (bound, error, rest) in enumerate(products):
        claims.append((f"{label}: product {n + 1} exceeds its error by terms ≥ 0", _same(bound - error - rest, w, n)))
    m = [p[0] for p in products]
    formula = truncation_squared_frobenius(roots[0], roots[1], r, q)
    stated = sympy.Min(m[0], m[1]) + sympy.Min(m[2], m[3])
    mode = sum(b[i] * w[i, 0] for i in range(q, d))
    spare = sum(beyond_b * w[i, 0] for i in range(q)) + sum((beyond_b - b[i]) * w[i, 0] for i in range(q, d))
    return [
        *claims,
        (f"{label}: the formula is the sum of the two minima", _equal(formula, stated)),
        (
            f"{label}: the spectral formula",
            sympy.expand(truncation_squared_spectral(roots[0], roots[1], r, q) - b[0] * beyond_a - beyond_b * a[0])
            == 0,
        ),
        (f"{label}: a source mode", _same(beyond_b - mode - spare, w, 0)),
    ]


def _same(expression: Any, w: Any, product: int) -> bool:
    """Whether an expression vanishes when the columns (products 1 and 4) or the rows of w sum to 1."""
    import sympy

    d = w.rows
    rules: dict[Any, Any] = {}
    for k in range(d):
        line = list(w[:, k]) if product in (0, 3) else list(w[k, :])
        rules[line[0]] = 1 - sum(line[1:])
    return sympy.expand(sympy.expand(expression).subs(rules, simultaneous=True)) == 0


def _equal(p: Any, q: Any) -> bool:
    import sympy

    return p == q or sympy.expand(p - q) == 0 or _minima(p) == _minima(q)


def _minima(p: Any) -> Any:
    import sympy

    return sympy.expand(p).replace(sympy.Min, lambda *v: sympy.Min(*(sympy.expand(t) for t in v), evaluate=False))


def rows_add() -> Proof:
    """|E₁y + E₂z|² ≤ (‖E₁‖² + ‖E₂‖²)(|y|² + |z|²): Lagrange's identity, from two norms to the spectral bound."""
    import sympy

    p, q, y, z = sympy.symbols("p q y z", real=True)
    gap = (p**2 + q**2) * (y**2 + z**2) - (p * y + q * z) ** 2
    return facts("symbolic", "all real norms", [("Lagrange", sympy.expand(gap - (p * z - q * y) ** 2) == 0)])


def invariance(x: Instance) -> Verdict:
    """W ↦ OWQ, W' ↦ PW'Oᵀ with signed permutations changes no error and no bound."""
    if x.choice("window") != "leading" or not unique(x):
        return Verdict.CERTIFIED
    a, b = cast(Any, x["A"]), cast(Any, x["A_next"])
    y = x.replace(A=[row[::-1] for row in a[::-1]], A_next=[[-v for v in row[::-1]] for row in b[::-1]])
    return combine(
        small(lambda read=read: read(transport(x)) - read(transport(y)))
        for read in (lambda t: t.error_squared, lambda t: t.kept_squared, lambda t: t.error_norm)
    )


_PLAIN = ("composable", "windows", "leading")
_ERROR = r"\|X-X_{r',r}\|"

THEOREM = Theorem(
    id="E1",
    title="Truncation of a transport to rank windows",
    source="GSA-II (arXiv 2605.02111)",
    dimensions={"m": (1, 3), "n": (1, 3), "p": (1, 3)},
    parameters=(
        Parameter.matrix("A", "n", "m"),
        Parameter.matrix("A_next", "p", "n"),
        Parameter.integer("r", 0, "m"),
        Parameter.integer("r_next", 0, "p"),
        Parameter.integer("j", 1, "m"),
        Parameter.choice("window", "leading", "coordinate"),
    ),
    hypotheses=(
        Hypothesis(
            "composable",
            "W' reads what W writes",
            r"W'W\text{ defined}",
            lambda x: holds(composable(x)),
            Need.DEFINITION,
            "there is no transport",
        ),
        Hypothesis(
            "windows",
            "the windows lie between 0 and the number of ranks, and the mode between 1 and the number of columns",
            r"0\le r\le d,\ 0\le r'\le d'",
            lambda x: holds(windows(x)),
            Need.DEFINITION,
            "there is no such window",
        ),
        Hypothesis(
            "leading",
            "the windows keep leading singular directions",
            r"W_r,W'_{r'}\text{ best approximations}",
            lambda x: holds(x.choice("window") == "leading"),
            why="a window of coordinates may drop the leading direction",
        ),
        Hypothesis(
            "kept",
            "1 ≤ j ≤ r",
            r"1\le j\le r",
            lambda x: holds(1 <= x.integer("j") <= x.integer("r")),
            why="a mode beyond the window is dropped altogether and errs by |W'Wv_j|",
        ),
    ),
    readings=(
        Reading(
            "Frobenius",
            "‖X − X_{r',r}‖_F² ≤ min(σ₁(W')²τ_r(W)², σ_{r+1}(W)²‖W'‖_F²)"
            " + min(τ_{r'}(W')²σ₁(W)², σ_{r'+1}(W')²‖W_r‖_F²)",
            _ERROR + r"_F^2\le\min(\sigma_1(W')^2\tau_r(W)^2,\sigma_{r+1}(W)^2\|W'\|_F^2)"
            r"+\min(\tau_{r'}(W')^2\sigma_1(W)^2,\sigma_{r'+1}(W')^2\|W_r\|_F^2)",
            _PLAIN,
            sides=frobenius,
            constants=("writer", "reader"),
            tight=samples.attained,
            attained=Fraction(0),
        ),
        Reading(
            "Pythagoras",
            "‖X − X_{r',r}‖_F² = ‖X‖_F² − ‖X_{r',r}‖_F²",
            _ERROR + r"_F^2=\|X\|_F^2-\|X_{r',r}\|_F^2",
            ("composable", "windows"),
            sides=pythagoras,
            tight=samples.attained,
            note="any orthogonal windows will do",
        ),
        Reading(
            "spectral",
            "‖X − X_{r',r}‖₂² ≤ σ₁(W')²σ_{r+1}(W)² + σ_{r'+1}(W')²σ₁(W)²",
            _ERROR + r"_2^2\le\sigma_1(W')^2\sigma_{r+1}(W)^2+\sigma_{r'+1}(W')^2\sigma_1(W)^2",
            _PLAIN,
            sides=spectral,
            tight=samples.one_tail,
            attained=Fraction(0),
            note="attained when one of the windows is full; not when both cut",
        ),
        Reading(
            "Frobenius, unsquared",
            "‖X − X_{r',r}‖_F ≤ the root of the Frobenius bound",
            _ERROR + r"_F\le\sqrt{\cdots}",
            _PLAIN,
            sides=frobenius_root,
            tight=samples.attained,
            attained=Fraction(0),
        ),
        Reading(
            "spectral, unsquared",
            "‖X − X_{r',r}‖₂ ≤ the root of the spectral bound",
            _ERROR + r"_2\le\sqrt{\cdots}",
            _PLAIN,
            sides=spectral_root,
            tight=samples.one_tail,
            attained=Fraction(0),
        ),
        Reading(
            "source mode",
            "|(X − X_{r',r})v_j| ≤ σ_j(W)σ_{r'+1}(W')",
            r"|(X-X_{r',r})v_j|\le\sigma_j(W)\sigma_{r'+1}(W')",
            (*_PLAIN, "kept"),
            sides=source_mode,
            strategy=samples.kept_modes,
            tight=samples.modes,
            attained=Fraction(0),
        ),
        Reading(
            "spectral Pythagoras",
            "‖X − X_{r',r}‖₂² ≤ ‖X‖₂² − ‖X_{r',r}‖₂²",
            _ERROR + r"_2^2\le\|X\|_2^2-\|X_{r',r}\|_2^2",
            _PLAIN,
            Status.FALSE,
            sides=spectral_pythagoras,
        ),
        Reading(
            "larger term",
            "‖X − X_{r',r}‖_F² ≤ max(σ₁(W')²τ_r(W)², τ_{r'}(W')²σ₁(W)²)",
            _ERROR + r"_F^2\le\max(\sigma_1(W')^2\tau_r(W)^2,\tau_{r'}(W')^2\sigma_1(W)^2)",
            _PLAIN,
            Status.FALSE,
            sides=larger_term,
        ),
        Reading(
            "writer only",
            "‖X − X_{r',r}‖_F² ≤ σ₁(W')²τ_r(W)²",
            _ERROR + r"_F^2\le\sigma_1(W')^2\tau_r(W)^2",
            _PLAIN,
            Status.FALSE,
            sides=writer_only,
        ),
    ),
    constants=(
        Constant("writer", Fraction(1), "factor of the term of the writer's tail", sharp=True),
        Constant("reader", Fraction(1), "factor of the term of the reader's tail", sharp=True),
    ),
    symbolic=(identity, overlaps, rows_add),
    strategy=samples.transports,
    properties=(Property("invariance", "orthogonal changes of basis change nothing", invariance),),
    mutants=(
        Mutant("writer", "the writer's term reduced by 1/1000", "Frobenius", {"writer": Fraction(999, 1000)}),
        Mutant("reader", "the reader's term reduced by 1/1000", "Frobenius", {"reader": Fraction(999, 1000)}),
        Mutant("larger term", "the larger term instead of the sum", "Frobenius", sides=larger_term),
        Mutant("spectral norm", "Pythagoras in the spectral norm", "spectral", sides=spectral_pythagoras),
    ),
)
