r"""E7. The block form: what an error of a transport leaves unchanged.

Statement
    Let X have row groups G with activities :math:`x_G(j)`, thresholds θ_G, supports S_G, weights
    :math:`w_{GH}=\sum_{S_G\cap S_H}x_Gx_H`, a least weight ω of an edge and a level ν of the noise, the cells (G, j)
    with j ∉ S_G (E4). With :math:`e_G(j)=\|E_{G,j}\|` for an error E, the lines of the block form are

    .. math::
        e_G(j)<|x_G(j)-\theta_G|\ \text{for all cells},\qquad
        \sum_{S_G\cap S_H}(x_Ge_H+x_He_G+e_Ge_H)<|w_{GH}-\omega|\ \text{where}\ S_G\cap S_H\ne\emptyset,\qquad
        \Bigl(\sum_{noise}e^2\Bigr)^{1/2}<\nu-\|noise\| .

    Where all hold, X and X + E have the same supports and edges, and the noise of both is at most ν. Each left side is
    a bound of what the error moves, the last two where it moves no support. The lines suffice and are not necessary:
    whether two transports agree is decided by comparing them.

Reference
    GSA-II (arXiv 2605.02111); triangle inequalities.
"""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq

from certify.geometry.transport.block_form import cells_norm
from certify.geometry.transport.incidence import pairwise_overlap, shared_support
from certify.rigor.functions import absolute
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar, decide, num, root
from theorems.statements.e7_block_form import proofs, samples
from theorems.subjects.perturbed_splits import ERRORS, SIZES, case, level, perturbed

theorem = Declaration(
    __doc__,
    parameters=ERRORS,
    dimensions=SIZES,
    strategy=samples.perturbed_splits,
    families=samples.plain,
)


@hypothesis(r"S_G(X+E)=S_G(X)", needed="the sums run over other columns afterwards")
def same_supports(x: Instance) -> bool:
    """the error moves no support"""
    p = perturbed(x)
    return p.before.supports == p.after.supports


def _closest(sides: list[Sides]) -> Sides:
    """The sides whose bound exceeds its value least."""
    return min(sides, key=lambda found: float(found[1] - found[0]), default=(num(0), num(0)))


@theorem.bound(r"|x'_G(j)-x_G(j)|\le e_G(j)", attained_at=samples.cells)
def activity(x: Instance) -> Sides:
    """|x'_G(j) − x_G(j)| ≤ e_G(j), in every cell"""
    p = perturbed(x)
    return _closest([(absolute(root(p.after.squared[g][j]) - p.x(g, j)), p.e(g, j)) for g, j in p.before.cells])


@theorem.bound(r"|w'_{GH}-w_{GH}|\le\sum_{S_G\cap S_H}(x_Ge_H+x_He_G+e_Ge_H)", same_supports, attained_at=samples.pairs)
def weight(x: Instance) -> Sides:
    """|w'_GH − w_GH| ≤ Σ_{S_G∩S_H}(x_G e_H + x_H e_G + e_G e_H), for all pairs"""
    p = perturbed(x)
    return _closest(
        [(absolute(p.after.weight(*pair) - p.before.weight(*pair)), p.pair_error(*pair)) for pair in p.before.pairs]
    )


@theorem.bound(r"|\|noise'\|-\|noise\||\le(\sum_{noise}e^2)^{1/2}", same_supports, attained_at=samples.noises)
def noise(x: Instance) -> Sides:
    """|‖noise'‖ − ‖noise‖| ≤ (Σ e²)^½ over the cells outside the supports"""
    p = perturbed(x)
    cells, after = p.noise_cells(), [(g, j) for g, j in p.after.cells if j not in p.after.supports[g]]
    norms = [
        root(sum((squared[g][j] for g, j in found), fmpq(0)))
        for squared, found in ((p.after.squared, after), (p.before.squared, cells))
    ]
    return absolute(norms[0] - norms[1]), cells_norm(p.e(*c) for c in cells)


@theorem.fact(r"\text{all lines}\implies\text{one structure}", level, tight=samples.certified)
def block_form(x: Instance, times: Scalar = 1) -> bool:
    """where all lines hold, X and X + E have the same supports and edges"""
    p = perturbed(x)
    return p.same() or p.certified(times) is not Verdict.CERTIFIED


@theorem.fact(r"\text{all lines}\implies\|noise'\|\le\nu", level, tight=samples.certified)
def quiet(x: Instance, times: Scalar = 1) -> bool:
    """where all lines hold, the noise of X + E is at most ν"""
    p = perturbed(x)
    return p.is_quiet(p.after) or p.certified(times) is not Verdict.CERTIFIED


@theorem.fact(r"e_G(j)\le|x_G(j)-\theta_G|\implies S_G(X+E)=S_G(X)", false=True)
def closed_lines(x: Instance) -> bool:
    """errors up to the distance from the threshold, that included, move no support"""
    p = perturbed(x)
    below = all(decide(lambda c=c: p.cell(*c), strict=False).verdict is Verdict.CERTIFIED for c in p.before.cells)
    return not below or p.before.supports == p.after.supports


@theorem.fact(r"\text{cells certified}\implies\text{one graph}", level, false=True)
def cells_alone(x: Instance) -> bool:
    """where all cells are certified, X and X + E have the same edges"""
    p = perturbed(x)
    return p.cells_certified() is not Verdict.CERTIFIED or p.structure(p.before)[1] == p.structure(p.after)[1]


@theorem.bound(r"|w'_{GH}-w_{GH}|\le\sum_{S_G\cap S_H}(x_Ge_H+x_He_G)", same_supports, false=True)
def first_order(x: Instance) -> Sides:
    """|w'_GH − w_GH| ≤ Σ(x_G e_H + x_H e_G)"""
    p = perturbed(x)
    found: list[Sides] = []
    for g, h in p.before.pairs:
        shared, columns = shared_support(p.before.supports, g, h), range(p.before.n)
        values = [[f(k, j) for j in columns] for f in (p.x, p.e) for k in (g, h)]
        mixed = pairwise_overlap(values[0], values[3], shared) + pairwise_overlap(values[1], values[2], shared)
        found.append((absolute(p.after.weight(g, h) - p.before.weight(g, h)), num(0) + mixed))
    return _closest(found)


@theorem.fact(r"\text{one structure}\implies\text{all lines}", level, false=True)
def necessary(x: Instance) -> bool:
    """where X and X + E have one structure, all lines hold"""
    p = perturbed(x)
    return not p.same() or p.certified() is Verdict.CERTIFIED


_HALF, _QUARTER = Fraction(1, 2), Fraction(1, 4)
theorem.witness(weight, same_supports, case([[2, 0], [2, 0]], [[0, 3], [0, 3]], [1, 1]))
theorem.witness(noise, same_supports, case([[2 - _QUARTER]], [[_QUARTER]], [2]))
theorem.witness(closed_lines, None, case([[1]], [[1]], [2]))
theorem.witness(cells_alone, None, case([[2], [2]], [[-_HALF], [0]], [1, 1], 4))
theorem.witness(first_order, None, case([[1], [1]], [[1], [1]], [1, 1]))
theorem.witness(necessary, None, case([[1]], [[2]], [1]))


@theorem.stratum
def certified(x: Instance) -> bool:
    """all lines hold, with a shared column and an error"""
    p = perturbed(x)
    return bool(p.pairs) and any(v != 0 for row in p.errors for v in row) and p.certified() is Verdict.CERTIFIED


@theorem.stratum
def changed(x: Instance) -> bool:
    """the error changes the structure"""
    return not perturbed(x).same()


theorem.property(samples.scaled)
theorem.constant("times", "factor of the errors in all lines", sharp=True, wrong=_HALF)
theorem.proof("symbolic", "all real columns of m ≤ 4 rows and their errors")(proofs.triangle)
theorem.proof("symbolic", "all activities and errors of n ≤ 4 shared columns")(proofs.products)


@theorem.proof("exhaustive", "an error inside the margin, at it and outside, for every line")
def every_line() -> Facts:
    """Certified inside only; at the margin an inactive cell and a missing edge change, what is reached from above
    stays."""
    for name, x, is_certified, keeps in samples.edges():
        p = perturbed(x)
        yield f"{name}: certified", (p.certified() is Verdict.CERTIFIED) == is_certified
        yield f"{name}: kept", (p.same() and p.is_quiet(p.before) == p.is_quiet(p.after)) == keeps
    yield "no level", level.holds(case([[1]], [[0]], [1], nu=0)) is Verdict.CERTIFIED
    yield "a negative level", level.holds(case([[1]], [[0]], [1], nu=-1)) is Verdict.REFUTED
    yield "supports that move", same_supports.holds(case([[1]], [[1]], [2])) is Verdict.REFUTED


theorem.mutant("first order", "without the product of the errors", weight, first_order)
theorem.mutant("no pairs", "the lines of the cells alone", block_form, cells_alone)
