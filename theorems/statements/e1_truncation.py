r"""E1. Truncation of a transport to rank windows.

Statement
    The error is at most what the two tails transport. Let X = W'W, with best approximations :math:`W_r, W'_{r'}` and
    :math:`X_{r',r}=W'_{r'}W_r`. Then, with :math:`\tau_r^2=\sum_{k>r}\sigma_k^2`,

    .. math::
        \|X-X_{r',r}\|_F^2=\|X\|_F^2-\|X_{r',r}\|_F^2\le
        \min\bigl(\sigma_1(W')^2\tau_r(W)^2,\ \sigma_{r+1}(W)^2\|W'\|_F^2\bigr)
        +\min\bigl(\tau_{r'}(W')^2\sigma_1(W)^2,\ \sigma_{r'+1}(W')^2\|W_r\|_F^2\bigr),

    .. math:: \|X-X_{r',r}\|_2^2\le\sigma_1(W')^2\sigma_{r+1}(W)^2+\sigma_{r'+1}(W')^2\sigma_1(W)^2,

    and the source-mode column j ≤ r errs by at most :math:`\sigma_j(W)\,\sigma_{r'+1}(W')`.
    An instance calls W and W' A and A_next.

Reference
    GSA-II (arXiv 2605.02111); Eckart–Young, and orthogonality of the row spaces of W − W_r and W_r.
"""

from __future__ import annotations

from typing import Any, cast

from certify.geometry.transport import truncation as formulas
from certify.rigor.functions import maximum
from certify.verdict import Verdict, combine
from theorems.engine.declare import Declaration, Facts, Sides
from theorems.engine.instance import Instance
from theorems.engine.theorem import small
from theorems.exact.algebra import decreasing, is_sum_of_squares, real_matrix, square, vanishes
from theorems.exact.scalars import Scalar, num, root
from theorems.subjects import transport_samples as samples
from theorems.subjects.transports import SIZES, TRANSPORT, composable, kept, leading, transport, unique, windows

theorem = Declaration(__doc__, parameters=TRANSPORT, dimensions=SIZES, strategy=samples.transports)

_ALL = (composable, windows, leading)
_ERROR = r"\|X-X_{r',r}\|"


@theorem.bound(
    _ERROR + r"_F^2\le\min(\sigma_1(W')^2\tau_r(W)^2,\sigma_{r+1}(W)^2\|W'\|_F^2)"
    r"+\min(\tau_{r'}(W')^2\sigma_1(W)^2,\sigma_{r'+1}(W')^2\|W_r\|_F^2)",
    *_ALL,
    name="Frobenius",
    attained_at=samples.attained,
)
def frobenius(x: Instance, writer: Scalar = 1, reader: Scalar = 1) -> Sides:
    """‖X − X_{r',r}‖_F² ≤ min(σ₁(W')²τ_r(W)², σ_{r+1}(W)²‖W'‖_F²) + min(τ_{r'}(W')²σ₁(W)², σ_{r'+1}(W')²‖W_r‖_F²)"""
    t = transport(x)
    s, s_next = t.sigma
    both = formulas.truncation_squared_frobenius(s, s_next, t.r, t.r_next)
    alone = formulas.truncation_squared_frobenius(s, s_next, t.r, len(s_next))
    return t.error_squared, writer * alone + reader * (both - alone)


@theorem.fact(
    _ERROR + r"_F^2=\|X\|_F^2-\|X_{r',r}\|_F^2",
    *(composable, windows),
    name="Pythagoras",
    tight=samples.attained,
    note="any orthogonal windows will do",
)
def pythagoras(x: Instance) -> Verdict:
    """‖X − X_{r',r}‖_F² = ‖X‖_F² − ‖X_{r',r}‖_F²"""

    def excess() -> Scalar:
        t = transport(x)
        return t.error_squared - (t.whole_squared - t.kept_squared)

    return small(excess)


@theorem.bound(
    _ERROR + r"_2^2\le\sigma_1(W')^2\sigma_{r+1}(W)^2+\sigma_{r'+1}(W')^2\sigma_1(W)^2",
    *_ALL,
    attained_at=samples.one_tail,
    note="attained when one of the windows is full; not when both cut",
)
def spectral(x: Instance) -> Sides:
    """‖X − X_{r',r}‖₂² ≤ σ₁(W')²σ_{r+1}(W)² + σ_{r'+1}(W')²σ₁(W)²"""
    t = transport(x)
    return t.error_norm * t.error_norm, formulas.truncation_squared_spectral(*t.sigma, t.r, t.r_next)


@theorem.bound(_ERROR + r"_F\le\sqrt{\cdots}", *_ALL, name="Frobenius, unsquared", attained_at=samples.attained)
def frobenius_root(x: Instance) -> Sides:
    """‖X − X_{r',r}‖_F ≤ the root of the Frobenius bound"""
    t = transport(x)
    return root(t.error_squared), formulas.truncation_bound_frobenius(*t.sigma, t.r, t.r_next)


@theorem.bound(_ERROR + r"_2\le\sqrt{\cdots}", *_ALL, name="spectral, unsquared", attained_at=samples.one_tail)
def spectral_root(x: Instance) -> Sides:
    """‖X − X_{r',r}‖₂ ≤ the root of the spectral bound"""
    t = transport(x)
    return t.error_norm, formulas.truncation_bound_spectral(*t.sigma, t.r, t.r_next)


@theorem.bound(
    r"|(X-X_{r',r})v_j|\le\sigma_j(W)\sigma_{r'+1}(W')",
    *(*_ALL, kept),
    attained_at=samples.modes,
    strategy=samples.kept_modes,
)
def source_mode(x: Instance) -> Sides:
    """|(X − X_{r',r})v_j| ≤ σ_j(W)σ_{r'+1}(W')"""
    t, j = transport(x), x.integer("j")
    (s, s_next), zero = t.sigma, num(0)
    beyond = s_next[t.r_next] if t.r_next < len(s_next) else zero
    return t.mode_error(j), formulas.source_mode_bound(s[j - 1] if j <= len(s) else zero, beyond)


@theorem.bound(_ERROR + r"_2^2\le\|X\|_2^2-\|X_{r',r}\|_2^2", *_ALL, name="spectral Pythagoras", false=True)
def spectral_pythagoras(x: Instance) -> Sides:
    """‖X − X_{r',r}‖₂² ≤ ‖X‖₂² − ‖X_{r',r}‖₂²"""
    t = transport(x)
    error, whole, left = t.error_norm, t.norm_whole, t.norm_kept
    return error * error, whole * whole - left * left


def _terms(x: Instance) -> tuple[Scalar, Scalar]:
    t = transport(x)
    s, s_next = t.sigma
    first = s_next[0] * s_next[0] * formulas.tail_squared(s, t.r)
    return first, formulas.tail_squared(s_next, t.r_next) * s[0] * s[0]


@theorem.bound(_ERROR + r"_F^2\le\max(\sigma_1(W')^2\tau_r(W)^2,\tau_{r'}(W')^2\sigma_1(W)^2)", *_ALL, false=True)
def larger_term(x: Instance) -> Sides:
    """‖X − X_{r',r}‖_F² ≤ max(σ₁(W')²τ_r(W)², τ_{r'}(W')²σ₁(W)²)"""
    return transport(x).error_squared, maximum(*_terms(x))


@theorem.bound(_ERROR + r"_F^2\le\sigma_1(W')^2\tau_r(W)^2", *_ALL, false=True)
def writer_only(x: Instance) -> Sides:
    """‖X − X_{r',r}‖_F² ≤ σ₁(W')²τ_r(W)²"""
    return transport(x).error_squared, _terms(x)[0]


_D, _I = [[1, 0], [0, 2]], [[1, 0], [0, 1]]


def _case(a: Any, b: Any, r: int, r_next: int, j: int = 1, window: str = "leading") -> Instance:
    return Instance.of(A=a, A_next=b, r=r, r_next=r_next, j=j, window=window)


for reading in (frobenius, spectral, frobenius_root, spectral_root):
    theorem.witness(reading, leading, _case(_D, _I, 1, 2, window="coordinate"))
theorem.witness(source_mode, leading, _case(_D, _D, 2, 1, window="coordinate"))
theorem.witness(source_mode, kept, _case([[2, 0], [0, 1]], _I, 1, 2, 2))
theorem.witness(spectral_pythagoras, None, _case(_I, _I, 1, 2))
theorem.witness(larger_term, None, _case([[2, 0], [0, 1]], _D, 1, 1))
theorem.witness(writer_only, None, _case([[1]], [[1]], 1, 0))


@theorem.stratum
def both_windows_cut(x: Instance) -> bool:
    """0 < r < d and 0 < r' < d', and both tails carry something"""
    s, s_next = transport(x).sigma
    r, r_next = x.integer("r"), x.integer("r_next")
    return 0 < r < len(s) and 0 < r_next < len(s_next) and bool(s[r] > 0) and bool(s_next[r_next] > 0)


@theorem.stratum
def rank_deficient(x: Instance) -> bool:
    """a layer has fewer ranks than rows and columns"""
    return any(m.rank() < min(m.nrows(), m.ncols()) for m in (x.matrix("A"), x.matrix("A_next")))


theorem.constant("writer", "factor of the term of the writer's tail", sharp=True)
theorem.constant("reader", "factor of the term of the reader's tail", sharp=True)
theorem.mutant("larger term", "the larger term instead of the sum", frobenius, larger_term)
theorem.mutant("spectral norm", "Pythagoras in the spectral norm", spectral, spectral_pythagoras)


@theorem.property
def invariance(x: Instance) -> Verdict | None:
    """orthogonal changes of basis change nothing, where the windows end at gaps"""
    # W ↦ OWQ, W' ↦ PW'Oᵀ with signed permutations.
    if x.choice("window") != "leading" or not unique(x):
        return None
    a, b = cast(Any, x["A"]), cast(Any, x["A_next"])
    y = x.replace(A=[row[::-1] for row in a[::-1]], A_next=[[-v for v in row[::-1]] for row in b[::-1]])
    readings = ("error_squared", "kept_squared", "error_norm")
    return combine(small(lambda r=r: getattr(transport(x), r) - getattr(transport(y), r)) for r in readings)


@theorem.proof("symbolic", "all real X of size 2×2 and 3×2, all projectors of rank one")
def identity() -> Facts:
    """‖X − PXQ‖² = ‖X‖² − ‖PXQ‖² for orthogonal projectors of rank one."""
    for rows, columns in ((2, 2), (3, 2)):
        x, p, q = real_matrix("x", rows, columns), real_matrix("p", rows, 1), real_matrix("q", columns, 1)
        part = (p * p.T) * x * (q * q.T) / (p.dot(p) * q.dot(q))
        yield f"{rows}×{columns}: Pythagoras", vanishes(square(x - part) - square(x) + square(part))


@theorem.proof("symbolic", "all real 2×2, 3×3 and 4×4 layers, all windows")
def overlaps() -> Facts:
    """Orthogonal factors reduce X to diag(b) R diag(a), R orthogonal; an error is then the sum of b_i a_k w_ik over
    some places, where the rows and columns of w_ik = R_ik² sum to 1. Whatever exceeds b_i a_k at every place and
    depends on the column (row) alone sums to a bound; the excess is a sum of squares, a and b decreasing, ≥ 0."""
    import sympy

    for d in (2, 3, 4):
        a, b = decreasing("u", d), decreasing("v", d)
        roots = [sympy.sqrt(v) for v in a], [sympy.sqrt(v) for v in b]
        for r, q in ((r, q) for r in range(d + 1) for q in range(d + 1)):
            label, beyond_a, beyond_b = f"d = {d}, r = {r}, r' = {q}", ([*a, 0])[r], ([*b, 0])[q]
            writer = [[b[i] * a[k] * int(k >= r) for k in range(d)] for i in range(d)]
            reader = [[b[i] * a[k] * int(k < r and i >= q) for k in range(d)] for i in range(d)]
            majorants = (
                (writer, [b[0] * v * int(k >= r) for k, v in enumerate(a)], "columns"),
                (writer, [beyond_a * v for v in b], "rows"),
                (reader, [a[0] * v * int(i >= q) for i, v in enumerate(b)], "rows"),
                (reader, [beyond_b * v * int(k < r) for k, v in enumerate(a)], "columns"),
            )
            for n, (error, over, lines) in enumerate(majorants, 1):
                excess = (over[k if lines == "columns" else i] - error[i][k] for i in range(d) for k in range(d))
                yield f"{label}: product {n} exceeds its error by squares", all(map(is_sum_of_squares, excess))
            m = [sum(over) for _, over, _ in majorants]
            found = formulas.truncation_squared_frobenius(*roots, r, q)
            yield f"{label}: the formula", _same(found, sympy.Min(m[0], m[1]) + sympy.Min(m[2], m[3]))
            found = formulas.truncation_squared_spectral(*roots, r, q)
            yield f"{label}: the spectral formula", vanishes(found - b[0] * beyond_a - beyond_b * a[0])
            yield f"{label}: a source mode", all(is_sum_of_squares(beyond_b - b[i] * int(i >= q)) for i in range(d))


def _same(p: Any, q: Any) -> bool:
    """Whether two sums of minima agree, their arguments expanded."""
    import sympy

    def flat(e: Any) -> Any:
        return sympy.expand(e).replace(sympy.Min, lambda *v: sympy.Min(*map(sympy.expand, v), evaluate=False))

    return p == q or sympy.expand(p - q) == 0 or flat(p) == flat(q)


@theorem.proof("symbolic", "all real norms")
def rows_add() -> Facts:
    """|E₁y + E₂z|² ≤ (‖E₁‖² + ‖E₂‖²)(|y|² + |z|²): Lagrange's identity, from two norms to the spectral bound."""
    import sympy

    p, q, y, z = sympy.symbols("p q y z", real=True)
    yield "Lagrange", vanishes((p**2 + q**2) * (y**2 + z**2) - (p * y + q * z) ** 2 - (p * z - q * y) ** 2)
