r"""B3. Imbalance controls alignment: sinΘ between what a layer writes and what the next reads.

Statement
    Let K = WWᵀ, H = W'ᵀW', Δ = H − K, 0 < k < n, and γ > 0 the sum of the gaps λ_k − λ_{k+1} of K and of H. Then

    .. math::
        \|\sin\Theta(U_k(K),V_k(H))\|_F\le\frac{\min(\sqrt2\,\|\Delta\|_F,\ 2\sqrt{\min(k,n-k)}\,\|\Delta\|_2)}{\gamma},

    with the mixed gap λ_k(K) − λ_{k+1}(H) > 0 also :math:`\|\Delta\|_F/(\lambda_k(K)-\lambda_{k+1}(H))`. The relative
    imbalance :math:`\|\Delta\|_F/\sqrt{\|H\|_F^2+\|K\|_F^2}` lies in [0, 1].

Hypotheses
    *window* (0 < k < n), *gap* (γ > 0), *mixed gap*, *leading* (both subspaces belong to the largest eigenvalues),
    *semidefinite*.

Needed
    *window*, *gap* and *mixed gap* define the bounds. Without *leading* equal matrices have orthogonal windows; without
    *semidefinite* the relative imbalance reaches √2. The sinΘ bounds do not need *semidefinite*.

Reach
    Symbolic: γ‖sinΘ‖_F² ≤ ⟨K − H, P − Q⟩ for all real symmetric matrices up to 4×4 and all k, and the Frobenius bound
    in full for 2×2. Numeric: exact rational projectors, or balls, up to 4×4.

Readings
    *Frobenius*, *spectral*, *mixed gap*, *relative imbalance*: true. *No gap* (‖Δ‖_F alone) and *constant one*
    (‖Δ‖_F/γ): false.

Reference
    FLAG (arXiv 2605.09861); Davis–Kahan.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, cast

import flint

from certify.geometry.interface.alignment import alignment_bound, overlap, relative_imbalance
from certify.geometry.spectrum.chart import gaps
from certify.linalg.gram_pair import gram_pair_norms
from certify.rigor.ball import ball
from certify.verdict import Verdict, combine
from theorems.engine.instance import Matrix
from theorems.engine.theorem import (
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
from theorems.exact.scalars import Scalar, num, root
from theorems.exact.spectra import frobenius_squared, multiply, singular_values
from theorems.subjects.symmetric_pairs import Pair, float_array, integer_layers, is_semidefinite, pair, pairs


def _sine(x: Instance) -> Scalar:
    return root(pair(x).sine_squared(x.integer("k"), trailing=x.choice("window") != "leading"))


def _gaps(x: Instance) -> tuple[Scalar, Scalar]:
    first, second = (gaps(values)[x.integer("k") - 1] for values in pair(x).eigenvalues)
    return first, second


def frobenius(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖sinΘ‖_F ≤ c √2 ‖Δ‖_F/γ."""
    p = pair(x)
    return _sine(x), num(c["factor"]) * alignment_bound(p.norm(p.delta), *_gaps(x))


def spectral(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖sinΘ‖_F ≤ 2 √min(k, n − k) ‖Δ‖₂/γ."""
    p, k = pair(x), x.integer("k")
    write, read = _gaps(x)
    return _sine(x), 2 * root(num(min(k, p.n - k))) * p.norm2(p.delta) / (write + read)


def mixed(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖sinΘ‖_F ≤ ‖Δ‖_F/(λ_k(K) − λ_{k+1}(H))."""
    p = pair(x)
    return _sine(x), p.norm(p.delta) / _mixed_gap(p, x.integer("k"))


def _mixed_gap(p: Pair, k: int) -> Scalar:
    return p.eigenvalues[0][k - 1] - p.eigenvalues[1][k]


def relative(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖Δ‖_F/√(‖H‖_F² + ‖K‖_F²) ≤ 1."""
    p = pair(x)
    return relative_imbalance(p.norm(p.delta), p.norm(p.h), p.norm(p.k)), num(1)


def no_gap(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖sinΘ‖_F ≤ ‖Δ‖_F, which is false."""
    p = pair(x)
    return _sine(x), p.norm(p.delta)


def constant_one(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """‖sinΘ‖_F ≤ ‖Δ‖_F/γ, which is false."""
    p = pair(x)
    write, read = _gaps(x)
    return _sine(x), p.norm(p.delta) / (write + read)


def halved(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """Half of the spectral bound."""
    value, bound = spectral(x, c)
    return value, bound / 2


def larger_gap(x: Instance, c: Constants) -> tuple[Scalar, Scalar]:
    """The Frobenius bound with twice the sum of the gaps."""
    p = pair(x)
    write, read = _gaps(x)
    return _sine(x), alignment_bound(p.norm(p.delta), 2 * write, 2 * read)


def monotone() -> Proof:
    """⟨K − H, P − Q⟩ − γ(k − Σ_{i,j≤k} w_ij) is a sum of products of non-negative terms, w_ij = ⟨u_i, v_j⟩²."""
    import sympy

    claims: list[tuple[str, object]] = []
    for n in (2, 3, 4):
        w: Any = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"w{i}{j}", nonnegative=True))
        kappa, eta = sympy.symbols(f"a1:{n + 1}", real=True), sympy.symbols(f"b1:{n + 1}", real=True)
        for k in range(1, n):
            inner = sum(kappa[:k]) + sum(eta[:k])
            inner -= sum(kappa[i] * w[i, j] for i in range(n) for j in range(k))
            inner -= sum(eta[j] * w[i, j] for i in range(k) for j in range(n))
            gamma = gaps(kappa)[k - 1] + gaps(eta)[k - 1]
            sine = k - sum(w[i, j] for i in range(k) for j in range(k))
            rest = sum((kappa[i] - kappa[k - 1]) * w[i, j] for i in range(k) for j in range(k, n))
            rest += sum((kappa[k] - kappa[i]) * w[i, j] for i in range(k, n) for j in range(k))
            rest += sum((eta[j] - eta[k - 1]) * w[i, j] for j in range(k) for i in range(k, n))
            rest += sum((eta[k] - eta[j]) * w[i, j] for j in range(k, n) for i in range(k))
            claims.append((f"n = {n}, k = {k}", _stochastic(inner - gamma * sine - rest, w)))
    return facts("symbolic", "all real symmetric K, H of size 2×2, 3×3, 4×4, all k", claims)


def _stochastic(expression: Any, w: Any) -> bool:
    """Whether an expression vanishes for doubly stochastic w: rows and columns sum to 1."""
    import sympy

    n, last = w.rows, w.rows - 1
    rules = {w[i, last]: 1 - sum(w[i, j] for j in range(last)) for i in range(last)}
    rules |= {w[last, j]: 1 - sum(w[i, j] for i in range(last)) for j in range(last)}
    rules[w[last, last]] = 1 - sum(1 - sum(w[i, j] for i in range(last)) for j in range(last))
    return n > 0 and sympy.expand(sympy.expand(expression).subs(rules, simultaneous=True)) == 0


def two_by_two() -> Proof:
    """2‖Δ‖_F² − γ² sin²θ is a sum of squares; the formula's square is 2‖Δ‖_F²/γ²."""
    import sympy

    a, b, p, q, c, s, x = sympy.symbols("a b p q c s x", real=True)
    delta = c**2 * ((a - p) ** 2 + (b - q) ** 2) + s**2 * ((a - q) ** 2 + (b - p) ** 2)
    gap = 2 * delta - (a - b + p - q) ** 2 * s**2
    squares = 2 * c**2 * ((a - p) ** 2 + (b - q) ** 2) + s**2 * (a - q - p + b) ** 2
    formula = alignment_bound(x, a - b, p - q) ** 2
    ratio = relative_imbalance(x, a, b) ** 2
    return facts(
        "symbolic",
        "all real symmetric 2×2 matrices",
        [
            ("2‖Δ‖² − γ² sin²θ is a sum of squares", sympy.expand(gap - squares) == 0),
            ("the formula", sympy.simplify(formula - 2 * x**2 / (a - b + p - q) ** 2) == 0),
            ("the relative imbalance", sympy.simplify(ratio - x**2 / (a**2 + b**2)) == 0),
        ],
    )


def attained() -> Iterable[Instance]:
    """Two projectors onto lines at a rational angle."""
    for c, s in ((Fraction(3, 5), Fraction(4, 5)), (Fraction(12, 13), Fraction(5, 13))):
        yield Instance.of(K=[[2, 0], [0, 0]], H=[[2 * c * c, 2 * c * s], [2 * c * s, 2 * s * s]], k=1, window="leading")


def orthogonal() -> Iterable[Instance]:
    """HK = 0: nothing is shared."""
    yield Instance.of(K=[[3, 0], [0, 0]], H=[[0, 0], [0, 2]], k=1, window="leading")


def enclosed(x: Instance) -> Verdict:
    """The verified norms of an interface contain the exact ones and are narrow, for integer layers W = K and W' = H."""
    w, w_next = x.matrix("K"), x.matrix("H")
    read, write = w_next.transpose() * w_next, w * w.transpose()
    product = read * write
    found = gram_pair_norms(float_array(w), float_array(w_next))
    sizes = [ball(root(frobenius_squared(a))) for a in (read, write)]
    pairs_of = (
        (found.imbalance, read - write, sizes[0] + sizes[1]),
        (found.commutator, product - product.transpose(), sizes[0] * sizes[1]),
        (found.read, read, sizes[0]),
        (found.write, write, sizes[1]),
    )
    return combine(holds(_narrow(norm, ball(root(frobenius_squared(a))), size)) for norm, a, size in pairs_of)


def _narrow(enclosure: flint.arb, exact: flint.arb, size: flint.arb) -> bool:
    return bool(enclosure.overlaps(exact)) and bool(enclosure.rad() < 1e-12 * (1 + size))


def shared(x: Instance) -> Verdict:
    """The overlap of the windows is 1 − ‖sinΘ‖_F²/k, its cosines being the singular values of PQ."""
    k = x.integer("k")

    def gap() -> Scalar:
        p, q = pair(x).projectors(k)
        cosines = singular_values(flint.fmpq_mat(multiply(p, q)))[:k]
        return overlap(cosines) - (1 - pair(x).sine_squared(k) / k)

    return small(gap) if _rational(x) else Verdict.CERTIFIED


def _rational(x: Instance) -> bool:
    return all(isinstance(v, flint.fmpq) for rows in pair(x).projectors(x.integer("k")) for row in rows for v in row)


def listed(x: Instance) -> Verdict:
    """There are n − 1 gaps, and each is the difference of neighbours."""
    kappa = pair(x).eigenvalues[0]
    found = gaps(kappa)
    same = (small(lambda k=k: found[k] - (kappa[k] - kappa[k + 1])) for k in range(len(found)))
    return combine((holds(len(found) == len(kappa) - 1), *same))


def turned(x: Instance) -> Verdict:
    """Reversing the coordinates of both matrices changes nothing."""
    k, (first, second) = x.integer("k"), (cast(Matrix, x[name]) for name in ("K", "H"))
    y = x.replace(K=[row[::-1] for row in first[::-1]], H=[row[::-1] for row in second[::-1]])
    return small(lambda: pair(x).sine_squared(k) - pair(y).sine_squared(k)) if _unique(x) else Verdict.CERTIFIED


def _unique(x: Instance) -> bool:
    """Whether both windows end at a gap."""
    return all(gap > 0 for gap in _gaps(x))


def _window(x: Instance) -> bool:
    return 0 < x.integer("k") < pair(x).n


def _symmetric(x: Instance) -> bool:
    return all(m == m.transpose() for m in (x.matrix("K"), x.matrix("H")))


_WINDOW = ("symmetric", "window", "gap", "leading")

THEOREM = Theorem(
    id="B3",
    title="Imbalance controls alignment",
    source="FLAG (arXiv 2605.09861)",
    dimensions={"n": (1, 3)},
    parameters=(
        Parameter.matrix("K", "n", "n", symmetric=True),
        Parameter.matrix("H", "n", "n", symmetric=True),
        Parameter.integer("k", 1, "n"),
        Parameter.choice("window", "leading", "opposite"),
    ),
    hypotheses=(
        Hypothesis(
            "symmetric",
            "K and H are symmetric",
            r"K=K^T,\ H=H^T",
            lambda x: holds(_symmetric(x)),
            Need.DEFINITION,
            "there are no eigenvalue gaps",
        ),
        Hypothesis(
            "window", "0 < k < n", r"0<k<n", lambda x: holds(_window(x)), Need.DEFINITION, "there is no gap at k"
        ),
        Hypothesis(
            "gap",
            "γ > 0",
            r"\gamma>0",
            lambda x: holds(_window(x) and sum(_gaps(x)) > 0),
            Need.DEFINITION,
            "the bound divides by γ; multiplied out it is empty",
        ),
        Hypothesis(
            "mixed gap",
            "λ_k(K) > λ_{k+1}(H)",
            r"\lambda_k(K)>\lambda_{k+1}(H)",
            lambda x: holds(_window(x) and _mixed_gap(pair(x), x.integer("k")) > 0),
            Need.DEFINITION,
            "the bound divides by it",
        ),
        Hypothesis(
            "leading",
            "both windows belong to the largest eigenvalues",
            r"U_k,V_k\text{ leading}",
            lambda x: holds(x.choice("window") == "leading"),
            why="the leading window of K and the trailing one of H = K are orthogonal",
        ),
        Hypothesis(
            "semidefinite",
            "K and H are positive semidefinite",
            r"K,H\succeq0",
            lambda x: holds(is_semidefinite(x.matrix("K")) and is_semidefinite(x.matrix("H"))),
            why="K and −K have relative imbalance √2",
        ),
    ),
    readings=(
        Reading(
            "Frobenius",
            "‖sinΘ‖_F ≤ √2 ‖Δ‖_F/γ",
            r"\|\sin\Theta\|_F\le\sqrt2\,\|\Delta\|_F/\gamma",
            _WINDOW,
            sides=frobenius,
            constants=("factor",),
            tight=attained,
            attained=Fraction(0),
        ),
        Reading(
            "spectral",
            "‖sinΘ‖_F ≤ 2 √min(k, n − k) ‖Δ‖₂/γ",
            r"\|\sin\Theta\|_F\le2\sqrt{\min(k,n-k)}\,\|\Delta\|_2/\gamma",
            _WINDOW,
            sides=spectral,
            tight=attained,
            attained=Fraction(0),
        ),
        Reading(
            "mixed gap",
            "‖sinΘ‖_F ≤ ‖Δ‖_F/(λ_k(K) − λ_{k+1}(H))",
            r"\|\sin\Theta\|_F\le\|\Delta\|_F/(\lambda_k(K)-\lambda_{k+1}(H))",
            ("symmetric", "window", "mixed gap", "leading"),
            sides=mixed,
            strategy=lambda: pairs(positive=False, least=2).filter(lambda x: _mixed_gap(pair(x), x.integer("k")) > 0),
        ),
        Reading(
            "relative imbalance",
            "‖Δ‖_F/√(‖H‖_F² + ‖K‖_F²) ≤ 1",
            r"\|\Delta\|_F/\sqrt{\|H\|_F^2+\|K\|_F^2}\le1",
            ("symmetric", "semidefinite"),
            sides=relative,
            strategy=lambda: pairs().filter(lambda x: pair(x).k != 0 * pair(x).k),
            tight=orthogonal,
            attained=Fraction(0),
        ),
        Reading(
            "no gap",
            "‖sinΘ‖_F ≤ ‖Δ‖_F",
            r"\|\sin\Theta\|_F\le\|\Delta\|_F",
            _WINDOW,
            Status.FALSE,
            sides=no_gap,
        ),
        Reading(
            "constant one",
            "‖sinΘ‖_F ≤ ‖Δ‖_F/γ",
            r"\|\sin\Theta\|_F\le\|\Delta\|_F/\gamma",
            _WINDOW,
            Status.FALSE,
            sides=constant_one,
        ),
    ),
    constants=(Constant("factor", Fraction(1), "factor of √2 ‖Δ‖_F/γ", sharp=True),),
    symbolic=(monotone, two_by_two),
    strategy=lambda: pairs(positive=False, least=2),
    properties=(
        Property("norms", "the verified norms of an interface enclose the exact ones", enclosed, integer_layers),
        Property("overlap", "the overlap of the windows is 1 − ‖sinΘ‖_F²/k", shared),
        Property("gaps", "n eigenvalues have n − 1 gaps", listed),
        Property("coordinates", "reversing the coordinates changes nothing", turned),
    ),
    mutants=(
        Mutant("constant one", "1 instead of √2", "Frobenius", sides=constant_one),
        Mutant("doubled gap", "2γ instead of γ", "Frobenius", sides=larger_gap),
        Mutant("half", "√min(k, n − k) ‖Δ‖₂/γ, without the factor 2", "spectral", sides=halved),
    ),
)
