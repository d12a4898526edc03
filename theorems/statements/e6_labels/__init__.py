r"""E6. How far the profiles of an edge may move before its label changes.

Statement
    Two row groups have the profiles :math:`\pi_G,\pi_H\ne0` on their shared columns, with A = |π_G|², B = |π_H|²,
    correlation c = ⟨π_G, π_H⟩/√(AB) and ratio |π_G|/|π_H|, and move to :math:`\pi_G+e_G,\pi_H+e_H\ne0`. With
    :math:`t_G=|e_G|/|\pi_G|<1` and :math:`t_H` likewise the angle moves by at most :math:`\arcsin t_G+\arcsin t_H`, and

    .. math:: |\Delta\log\beta|\le\max\Bigl(\log\frac{1+t_G}{1-t_H},\ \log\frac{1+t_H}{1-t_G}\Bigr).

    To cross the level κ of the correlation, with m = |arccos c − arccos κ|, or the level β of the ratio, costs at least

    .. math::
        |e_G|^2+|e_H|^2\ge\tfrac12\bigl(A+B-\sqrt{A^2+B^2+2AB\cos2m}\bigr),\qquad
        |e_G|^2+|e_H|^2\ge\frac{(|\pi_G|-\beta|\pi_H|)^2}{1+\beta^2}.

    Over all permutations σ of s ≥ 2 columns :math:`\sum_ja_jb_{\sigma(j)}` has the mean :math:`\sum a\sum b/s` and the
    variance :math:`\sum(a-\bar a)^2\sum(b-\bar b)^2/(s-1)`.
    An instance has the profiles G and H, and the moved ones after them.

Reference
    GSA-II (arXiv 2605.02111).
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

from flint import fmpq

from certify.geometry.transport import labels
from certify.rigor.functions import absolute, arccos, log, maximum
from theorems.engine.declare import Declaration, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.engine.theorem import Parameter
from theorems.exact.scalars import Scalar, decide, num, root
from theorems.statements.e6_labels import proofs
from theorems.statements.e6_labels.samples import (
    NAMES,
    Move,
    case,
    inner,
    nearest_ratios,
    opposite_scales,
    opposite_turns,
    profiles,
)

theorem = Declaration(
    __doc__,
    parameters=(
        *(Parameter.vector(name, "s", -4, 4) for name in NAMES),
        Parameter.rational("kappa", -1, 1),
        Parameter.rational("beta", Fraction(1, 4), 4),
    ),
    dimensions={"s": (1, 3)},
    strategy=profiles,
)


def _level(x: Instance) -> tuple[Scalar, Scalar]:
    kappa = x.rational("kappa")
    return num(kappa), root(1 - kappa * kappa)


@hypothesis(r"\pi_G,\pi_H,\pi_G+e_G,\pi_H+e_H\ne0", defines="0 has no direction")
def nonzero(x: Instance) -> bool:
    """no profile is 0, before and after"""
    return all(any(v != 0 for v in x.vector(name)) for name in NAMES)


@hypothesis(r"t_G,t_H<1", defines="arcsin t and log(1 − t)")
def short(x: Instance) -> bool:
    """each profile moves by less than its length"""
    m = Move(x)
    return all(e < a for e, a in zip(m.errors, m.squares, strict=True))


@hypothesis(r"|\kappa|\le1", defines="arccos κ")
def level(x: Instance) -> bool:
    """κ is a cosine"""
    return abs(x.rational("kappa")) <= 1


@hypothesis(r"s\ge2", defines="the variance divides by s − 1")
def several(x: Instance) -> bool:
    """there are two columns"""
    return len(x.vector("G")) >= 2


@hypothesis(r"(c-\kappa)(c'-\kappa)\le0", needed="profiles at rest cross nothing and cost nothing")
def angle_crosses(x: Instance) -> Any:
    """the correlation reaches κ or passes it"""
    m, kappa = Move(x), num(x.rational("kappa"))
    return decide(lambda: -(m.angle(0)[0] - kappa) * (m.angle(1)[0] - kappa), strict=False).verdict


@hypothesis(r"(|\pi_G|-\beta|\pi_H|)(|\pi_G'|-\beta|\pi_H'|)\le0", needed="profiles at rest cross nothing")
def ratio_crosses(x: Instance) -> bool:
    """the ratio reaches β or passes it"""
    m, beta = Move(x), x.rational("beta")
    return (m.squares[0] - beta**2 * m.squares[1]) * (m.moved[0] - beta**2 * m.moved[1]) <= 0


@theorem.bound(r"|\Delta\arccos c|\le\arcsin t_G+\arcsin t_H", nonzero, short, name="angle", attained_at=opposite_turns)
def angle(x: Instance) -> Sides:
    """1 − cos Δ ≤ 1 − cos(arcsin t_G + arcsin t_H), for the change Δ of the angle between the profiles"""
    m = Move(x)
    (c, s), (c_after, s_after) = m.angle(0), m.angle(1)
    cosines = [root(1 - e / a) for e, a in zip(m.errors, m.squares, strict=True)]
    allowed = labels.turned_apart((cosines[0], cosines[1]), m.tilts())
    return 1 - labels.turned_together((c, c_after), (s, s_after)), 1 - allowed


@theorem.bound(
    r"|\Delta\log\beta|\le\max\Bigl(\log\tfrac{1+t_G}{1-t_H},\log\tfrac{1+t_H}{1-t_G}\Bigr)",
    nonzero,
    short,
    attained_at=opposite_scales,
)
def ratio(x: Instance) -> Sides:
    """|Δ log β| ≤ max(log(1 + t_G) − log(1 − t_H), log(1 + t_H) − log(1 − t_G))"""
    m = Move(x)
    t, u = m.tilts()
    moved = num(m.moved[0] * m.squares[1] / (m.moved[1] * m.squares[0]))
    return absolute(log(moved)) / 2, log(maximum((1 + t) / (1 - u), (1 + u) / (1 - t)))


@theorem.bound(
    r"\tfrac12(A+B-\sqrt{A^2+B^2+2AB\cos2m})\le|e_G|^2+|e_H|^2",
    *(nonzero, level, angle_crosses),
    attained_at=lambda: (x for x in opposite_turns() if x.rational("kappa") != 0),
    strategy=lambda: profiles().filter(lambda x: nonzero.met(x) and angle_crosses.met(x)),
)
def angle_radius(x: Instance, cost: Scalar = 1) -> Sides:
    """½(A + B − √(A² + B² + 2AB cos 2m)) ≤ |e_G|² + |e_H|²"""
    m, (c, s), (kappa, sine) = Move(x), Move(x).angle(0), _level(x)
    turn = labels.turned_by((c, kappa), (s, sine))
    return labels.angle_radius_squared(num(m.squares[0]), num(m.squares[1]), turn), cost * m.spent


@theorem.bound(
    r"(|\pi_G|-\beta|\pi_H|)^2/(1+\beta^2)\le|e_G|^2+|e_H|^2",
    *(nonzero, ratio_crosses),
    attained_at=nearest_ratios,
    strategy=lambda: profiles().filter(lambda x: nonzero.met(x) and ratio_crosses.met(x)),
)
def ratio_radius(x: Instance, cost: Scalar = 1) -> Sides:
    """(|π_G| − β|π_H|)²/(1 + β²) ≤ |e_G|² + |e_H|²"""
    m, beta = Move(x), num(x.rational("beta"))
    return labels.ratio_radius_squared(root(m.squares[0]), root(m.squares[1]), beta), cost * m.spent


@theorem.fact(
    r"\mathrm E,\mathrm{Var}\ \text{of}\ \sum_ja_jb_{\sigma(j)}",
    several,
    strategy=lambda: profiles().filter(several.met),
)
def permutations(x: Instance) -> bool:
    """mean and variance of Σ a_j b_σ(j) over all permutations, by enumeration"""
    a, b = x.vector("G"), x.vector("H")
    values = [inner(a, list(order)) for order in itertools.permutations(b)]
    mean = sum(values, fmpq(0)) / len(values)
    spread = sum(((v - mean) ** 2 for v in values), fmpq(0)) / len(values)
    return labels.permutation_moments(a, b) == (mean, spread)


@theorem.bound(r"|\Delta\arccos c|\le t_G+t_H", nonzero, short, false=True)
def lengths_for_angles(x: Instance) -> Sides:
    """|Δ arccos c| ≤ t_G + t_H"""
    m = Move(x)
    (c, s), (c_after, s_after) = m.angle(0), m.angle(1)
    return arccos(labels.turned_together((c, c_after), (s, s_after))), sum(m.tilts())


@theorem.bound(r"|\Delta\log\beta|\le t_G+t_H", nonzero, short, false=True)
def lengths_for_logarithms(x: Instance) -> Sides:
    """|Δ log β| ≤ t_G + t_H"""
    return ratio(x)[0], sum(Move(x).tilts())


theorem.constant("cost", "factor of the squared length of the move", sharp=True)
theorem.witness(angle_radius, angle_crosses, case([1, 0], [1, 0], [1, 0], [1, 0]))
theorem.witness(ratio_radius, ratio_crosses, case([3], [1], [3], [1]))
theorem.witness(lengths_for_angles, None, next(iter(opposite_turns())))
theorem.witness(lengths_for_logarithms, None, case([2], [2], [3], [1]))
theorem.mutant("lengths", "t for arcsin t", angle, lengths_for_angles)


@theorem.stratum
def crossed(x: Instance) -> bool:
    """both levels are crossed"""
    return nonzero.met(x) and angle_crosses.met(x) and ratio_crosses.met(x)


@theorem.property(strategy=lambda: profiles().filter(lambda x: not several.met(x)))
def single_column(x: Instance) -> bool:
    """on one column the correlation of activities is 1"""
    return Move(x).angle(0) == (1, 0)


theorem.proof("symbolic", "all real profiles of 2, 3 and 4 columns")(proofs.tilt)
theorem.proof("symbolic", "all real numbers")(proofs.radii)
theorem.proof("symbolic", "all real profiles of 2, 3 and 4 columns, all permutations")(proofs.moments)
