r"""C3. How many equations balance demands of a nonlinear layer.

Statement
    Let D be diagonal, and X any n × n matrix. Entry (i, j) of :math:`[X,D]+[X,D]^T` is
    :math:`(D_j-D_i)(X_{ij}-X_{ji})`, so it vanishes iff X is symmetric wherever :math:`D_i\ne D_j`: a subspace of
    codimension :math:`\#\{i<j:D_i\ne D_j\}`. For free :math:`X_x` and several samples the obstructions
    :math:`\sum_x([X_x,D_x]+[X_x,D_x]^T)` fill a space of dimension

    .. math:: \binom n2-\sum_c\binom{n_c}2,

    :math:`n_c` the sizes of the classes of neurons with equal activation patterns. For one sample, X = qzᵀ and D with m
    ones among n, the obstruction vanishes iff q and z are parallel on all neurons, or 0 on those that are on, or 0 on
    those that are off: strata of codimension n − 1, 2m and 2(n − m).
    An instance gives the patterns D, one column a sample, and q, z of the first.

Reference
    FLAG (arXiv 2605.09861).
"""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING

import flint

from theorems.engine.declare import Declaration, Facts, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.algebra import real_matrix, vanishes
from theorems.exact.scalars import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from hypothesis.strategies import SearchStrategy


def patterns() -> SearchStrategy[Instance]:
    """Patterns of zeros and ones, some with slopes of leaky ReLU, neurons alike and not; q and z on every stratum."""
    from hypothesis import strategies as st

    small = st.integers(-2, 2).map(Fraction)

    @st.composite
    def build(draw: st.DrawFn) -> Instance:
        n, samples = draw(st.integers(1, 4)), draw(st.integers(1, 3))
        low = draw(st.sampled_from([Fraction(0), Fraction(1, 4)]))
        row = st.lists(st.sampled_from([low, Fraction(1)]), min_size=samples, max_size=samples)
        rows = draw(st.lists(row, min_size=n, max_size=n))
        q, z = (draw(st.lists(small, min_size=n, max_size=n)) for _ in range(2))
        stratum = draw(st.sampled_from(["any", "parallel", "off", "on"]))
        if stratum == "parallel":
            factor = draw(small)
            z = [factor * v for v in q]
        elif stratum != "any":
            vanish = Fraction(1) if stratum == "off" else low
            q, z = ([Fraction(0) if rows[i][0] == vanish else v for i, v in enumerate(w)] for w in (q, z))
        return Instance.of(D=rows, q=q, z=z)

    return build()


def four_neurons(size: int, rng: Random) -> Iterable[Instance]:
    """All patterns of four neurons on one sample: some counts first differ there."""
    for d in itertools.product((0, 1), repeat=4):
        yield Instance.of(D=[[v] for v in d], q=[0] * 4, z=[0] * 4)


theorem = Declaration(
    __doc__,
    parameters=(Parameter.matrix("D", "n", "N"), Parameter.vector("q", "n", -2, 2), Parameter.vector("z", "n", -2, 2)),
    dimensions={"n": (1, 4), "N": (1, 2)},
    strategy=patterns,
    families=four_neurons,
)


@hypothesis(r"D_x\in\{a,1\}^n", needed="with three slopes there are more than two classes in one sample")
def two_slopes(x: Instance) -> bool:
    """every entry of the first pattern is one of two numbers"""
    return len({row[0] for row in x.matrix("D").tolist()}) <= 2


def _patterns(x: Instance) -> list[tuple[flint.fmpq, ...]]:
    """The pattern of each neuron over the samples."""
    return [tuple(row) for row in x.matrix("D").tolist()]


def obstruction_rank(rows: list[tuple[flint.fmpq, ...]]) -> int:
    """The rank of (X_x) ↦ Σ_x ([X_x, D_x] + [X_x, D_x]ᵀ) over the rationals, from its matrix."""
    n, images = len(rows), []
    for s, i, j in itertools.product(range(len(rows[0])), range(n), range(n)):
        image = [[flint.fmpq(0)] * n for _ in range(n)]
        # [E_ij, D] = (D_j − D_i) E_ij
        image[i][j] += rows[j][s] - rows[i][s]
        image[j][i] += rows[j][s] - rows[i][s]
        images.append([v for line in image for v in line])
    return flint.fmpq_mat(images).rank()


def _bracket(x: Instance) -> flint.fmpq_mat:
    """[qzᵀ, D] + its transpose for the first sample."""
    q, z = (flint.fmpq_mat([[v] for v in x.vector(name)]) for name in ("q", "z"))
    d = [row[0] for row in _patterns(x)]
    n = len(d)
    diagonal = flint.fmpq_mat([[d[i] if i == j else flint.fmpq(0) for j in range(n)] for i in range(n)])
    outer = q * z.transpose()
    bracket = outer * diagonal - diagonal * outer
    return bracket + bracket.transpose()


def _parallel(q: list[flint.fmpq], z: list[flint.fmpq]) -> bool:
    return all(q[i] * z[j] == q[j] * z[i] for i, j in itertools.combinations(range(len(q)), 2))


@theorem.fact(r"\operatorname{rank}=\binom n2-\sum_c\binom{n_c}2")
def several_samples(x: Instance, alike: Scalar = 1) -> bool:
    """the obstructions of all samples fill a space of dimension C(n, 2) − Σ C(n_c, 2)"""
    rows = _patterns(x)
    pairs = sum(comb(size, 2) for size in Counter(rows).values())
    return obstruction_rank(rows) == comb(len(rows), 2) - alike * pairs


@theorem.fact(r"\operatorname{codim}=\#\{i<j:D_i\ne D_j\}")
def one_sample(x: Instance, more: Scalar = 0) -> bool:
    """for one sample the codimension is the number of pairs with D_i ≠ D_j"""
    first = [row[:1] for row in _patterns(x)]
    different = sum(a != b for a, b in itertools.combinations(first, 2))
    return obstruction_rank(first) == different + more * (comb(len(first), 2) - different)


@theorem.fact(r"[qz^T,D]+[qz^T,D]^T=0\iff q\parallel z,\ q=z=0\text{ on},\ q=z=0\text{ off}", two_slopes)
def strata(x: Instance) -> bool:
    """the obstruction of one sample vanishes iff q and z are parallel, or 0 where D is a, or 0 where D is 1"""
    found = _bracket(x)
    q, z, d = list(x.vector("q")), list(x.vector("z")), [row[0] for row in _patterns(x)]
    blocks = [all(q[i] == z[i] == 0 for i, v in enumerate(d) if v == slope) for slope in set(d)]
    return (found == 0 * found) == (len(set(d)) < 2 or _parallel(q, z) or any(blocks))


@theorem.fact(r"\operatorname{codim}=m(n-m)\ \text{in}\ (q,z)", two_slopes, false=True)
def product_count(x: Instance) -> bool:
    """for one sample there are as many independent conditions on q and z as pairs (on, off)"""
    d = [row[0] for row in _patterns(x)]
    m = sum(v == d[0] for v in d)
    return m * (len(d) - m) <= _least_codimension(len(d), m)


@theorem.fact(r"\operatorname{codim}=\min(n-1,2(n-m))", two_slopes, false=True)
def one_block(x: Instance) -> bool:
    """the stratum where q and z vanish on the neurons that are on is never the largest"""
    d = [row[0] for row in _patterns(x)]
    m = sum(v == d[0] for v in d)
    return m == len(d) or min(len(d) - 1, 2 * (len(d) - m)) == _least_codimension(len(d), m)


@theorem.fact(r"i<j,\ D_i=D_j", false=True)
def equal_pairs(x: Instance) -> bool:
    """the codimension counts the pairs with D_i = D_j"""
    first = [row[:1] for row in _patterns(x)]
    return obstruction_rank(first) == sum(a == b for a, b in itertools.combinations(first, 2))


@theorem.fact(r"\operatorname{rank}=\sum_x\#\{i<j:D_{x,i}\ne D_{x,j}\}", false=True)
def samples_add(x: Instance) -> bool:
    """every sample obstructs directions of its own"""
    rows = _patterns(x)
    columns = zip(*rows, strict=True)
    return obstruction_rank(rows) == sum(a != b for c in columns for a, b in itertools.combinations(c, 2))


def _least_codimension(n: int, m: int) -> int:
    return min(n - 1, 2 * m, 2 * (n - m)) if 0 < m < n else 0


def _pattern(*d: int | Fraction, q: list[int] | None = None, z: list[int] | None = None) -> Instance:
    zeros = [0] * len(d)
    return Instance.of(D=[[v] for v in d], q=q or zeros, z=z or zeros)


theorem.constant("alike", "factor of the pairs of neurons with equal patterns, which are subtracted", sharp=True)
theorem.constant("more", "factor of the pairs with D_i = D_j, which do not count", sharp=True)
theorem.witness(strata, two_slopes, _pattern(0, 1, 2, q=[1, 0, 0], z=[0, 1, 0]))
theorem.witness(product_count, None, _pattern(1, 1, 0, 0))
theorem.witness(one_block, None, _pattern(1, 0, 0, 0))
theorem.witness(equal_pairs, None, _pattern(1, 0))
theorem.witness(samples_add, None, Instance.of(D=[[1, 1], [0, 0]], q=[0, 0], z=[0, 0]))
theorem.mutant("equal pairs", "pairs with D_i = D_j", one_sample, equal_pairs)
theorem.mutant("samples add", "a sum over the samples", several_samples, samples_add)
theorem.mutant("strata forgotten", "only parallel q and z", strata, lambda x: _only_parallel(x))


def _only_parallel(x: Instance) -> bool:
    found = _bracket(x)
    return (found == 0 * found) == _parallel(list(x.vector("q")), list(x.vector("z")))


@theorem.stratum
def repeated_patterns(x: Instance) -> bool:
    """two neurons alike on every sample, and two that are not"""
    sizes = Counter(_patterns(x))
    return len(sizes) > 1 and max(sizes.values()) > 1


@theorem.stratum
def vanishing_block(x: Instance) -> bool:
    """q and z are 0 on one block and not parallel, so that the obstruction vanishes by a boundary stratum"""
    found, q, z = _bracket(x), list(x.vector("q")), list(x.vector("z"))
    return len({row[0] for row in _patterns(x)}) == 2 and found == 0 * found and not _parallel(q, z)


@theorem.proof("symbolic", "all real X and D, n = 2, 3, 4")
def entries() -> Facts:
    """Entry (i, j) of [X, D] + [X, D]ᵀ is (D_j − D_i)(X_ij − X_ji)."""
    import sympy

    for n in (2, 3, 4):
        x, d = real_matrix("x", n, n), sympy.symbols(f"d1:{n + 1}", real=True)
        bracket = x * sympy.diag(*d) - sympy.diag(*d) * x
        rest = bracket + bracket.T
        pairs = itertools.product(range(n), repeat=2)
        yield f"n = {n}", all(vanishes(rest[i, j] - (d[j] - d[i]) * (x[i, j] - x[j, i])) for i, j in pairs)


@theorem.proof("exhaustive", "all D in {0, 1}ⁿ, n ≤ 4, up to two samples")
def ranks() -> Facts:
    """The rank of the linear map is C(n, 2) − Σ C(n_c, 2)."""
    for n, samples in itertools.product((1, 2, 3, 4), (1, 2)):
        rows = list(itertools.product((flint.fmpq(0), flint.fmpq(1)), repeat=samples))
        agree = all(
            obstruction_rank(list(choice)) == comb(n, 2) - sum(comb(size, 2) for size in Counter(choice).values())
            for choice in itertools.product(rows, repeat=n)
        )
        yield f"n = {n}, {samples} samples", agree


@theorem.proof("symbolic", "all real q and z; one neuron on and one off decide for all")
def parallel_or_zero() -> Facts:
    """If q_i z_j = q_j z_i for every i on and j off, and (q_i, z_i) ≠ 0 for one i on, then every neuron that is off is
    parallel to i, hence to every other one on, or all that are off are 0: Lagrange's identity in the plane."""
    import sympy

    a, b, c, d, e, f = sympy.symbols("a b c d e f", real=True)
    # (a, b) on, (c, d) off, (e, f) on: (af − be)(c² + d²) from ad − bc = 0 and ed − fc = 0.
    combination = (c * e + d * f) * (a * d - b * c) - (a * c + b * d) * (e * d - f * c)
    yield "two that are on are parallel where one off is not 0", vanishes((a * f - b * e) * (c**2 + d**2) - combination)
