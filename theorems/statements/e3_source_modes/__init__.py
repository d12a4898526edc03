r"""E3. What every singular value decomposition agrees on in source modes.

Statement
    Supports of X = W'W are facts about the matrices; those of source modes depend on the decomposition. Let v_1, …, v_m
    be right singular vectors of W, in decreasing order of σ, and G a group of rows of X. The activity
    :math:`y_G(j)=\|X_Gv_j\|_2` of a simple mode does not depend on signs. For a cluster C of modes with gaps at both
    ends, and P_C the projector onto its span,

    .. math:: \sum_{j\in C}y_G(j)^2=\|(XP_C)_G\|_F^2,\qquad
        \sigma_{min}(X_GV_C)\le y_G(j)\le\sigma_{max}(X_GV_C)\quad(j\in C)

    in every decomposition. Mode j ∈ C is *active*, :math:`y_G(j)\ge\theta`, in every one where
    :math:`\theta\le\sigma_{min}`, in none where :math:`\theta>\sigma_{max}`; and where all σ in C are equal, in some
    and not in others for every θ between. In particular modes with σ = 0 are decided.
    An instance calls W and W' A and A_next, and has two decompositions, with bases ``V`` and ``other``.

Reference
    GSA-II (arXiv 2605.02111); the spectral theorem for the ends of the range.
"""

from __future__ import annotations

from typing import Any, cast

from certify.geometry.transport.source_modes import cluster_energy, clusters, mode_support
from certify.verdict import Verdict
from theorems.engine.declare import Declaration, Facts, Sides, hypothesis
from theorems.engine.instance import Instance
from theorems.exact.scalars import Scalar
from theorems.statements.e3_source_modes import proofs, samples
from theorems.statements.e3_source_modes.samples import case, modes
from theorems.subjects.transports import composable

theorem = Declaration(
    __doc__, parameters=samples.MODES, dimensions=samples.SIZES, strategy=samples.svds, families=samples.plain
)


@hypothesis(
    r"V^TV=I,\ V^TW^TWV=\mathrm{diag}(\sigma_1^2\ge\sigma_2^2\ge\dots)", defines="the vectors are no singular vectors"
)
def decompositions(x: Instance) -> bool:
    """both bases are right singular vectors of W, in decreasing order"""
    m = modes(x)
    return m.is_basis(m.v) and m.is_basis(m.other)


@hypothesis(r"1\le j_1\le j\le j_2\le m", defines="there is no such mode in the cluster")
def member(x: Instance) -> bool:
    """mode j lies in the cluster, and the cluster among the modes"""
    return 1 <= x.integer("first") <= x.integer("j") <= x.integer("last") <= x.matrix("A").ncols()


@hypothesis(r"\sigma_{j_1-1}>\sigma_{j_1},\ \sigma_{j_2}>\sigma_{j_2+1}", needed="the cluster may be turned out of C")
def gaps(x: Instance) -> bool:
    """the cluster has gaps at both ends"""
    m = modes(x)
    ends = [m.cluster.start, m.cluster.stop]
    cuts = {end for pair in clusters(m.squares) for end in pair}
    return all(end in cuts for end in ends)


@hypothesis(r"j_1=j_2", needed="two modes of one singular value may be exchanged")
def single(x: Instance) -> bool:
    """the cluster is one mode"""
    return x.integer("first") == x.integer("last")


@hypothesis(r"\sigma_{j_1}=\sigma_{j_2}", needed="modes of different singular values do not mix")
def equal(x: Instance) -> bool:
    """all singular values in the cluster are equal"""
    m = modes(x)
    return len({m.squares[k] for k in m.cluster}) == 1


_CLUSTER = (composable, decompositions, member, gaps)


@theorem.fact(
    r"y_G(j)\ \text{is unique}", *_CLUSTER, single, name="simple mode", strategy=lambda: samples.svds("single")
)
def same_activity(x: Instance) -> bool:
    """y_G(j) is the same for both decompositions"""
    m = modes(x)
    return m.activity(m.v) == m.activity(m.other)


@theorem.fact(r"\sum_{j\in C}y_G(j)^2=\|(XP_C)_G\|_F^2", *_CLUSTER, name="cluster sum")
def energy_of_the_span(x: Instance) -> bool:
    """Σ_{j∈C} y_G(j)², in the other decomposition, is ‖(X P_C)_G‖_F²"""
    m = modes(x)
    return cluster_energy(m.whole.tolist(), m.group, m.vectors(m.other, m.cluster)) == m.projected()


@theorem.bound(r"y_G(j)\le\sigma_{max}(X_GV_C)", *_CLUSTER, attained_at=samples.highest)
def largest(x: Instance) -> Sides:
    """y_G(j)² ≤ σ_max(X_G V_C)², for y of the other decomposition"""
    m = modes(x)
    return m.activity(m.other), m.extremes()[1]


@theorem.bound(r"\sigma_{min}(X_GV_C)\le y_G(j)", *_CLUSTER, attained_at=samples.lowest)
def least(x: Instance) -> Sides:
    """σ_min(X_G V_C)² ≤ y_G(j)², for y of the other decomposition"""
    m = modes(x)
    return m.extremes()[0], m.activity(m.other)


@theorem.fact(
    r"\theta\le\sigma_{min}\ \text{or}\ \theta>\sigma_{max}\iff\text{all decompositions agree}",
    *(*_CLUSTER, equal),
    tight=samples.edges,
    strategy=lambda: samples.svds("equal"),
)
def decided(x: Instance, scale: Scalar = 1) -> bool:
    """mode j is active in every decomposition iff θ ≤ σ_min(X_G V_C), in none iff θ > σ_max(X_G V_C)"""
    m = modes(x)
    return mode_support(*m.extremes(), scale * m.theta) is m.truth()


@theorem.fact(r"\theta\notin(\sigma_{min},\sigma_{max}]\implies\text{all decompositions agree}", *_CLUSTER)
def outside(x: Instance) -> bool:
    """for a cluster from a gap to a gap, a threshold outside its range decides all its modes"""
    m = modes(x)
    return mode_support(*m.extremes(), m.theta) in (m.truth(), Verdict.UNDECIDED)


@theorem.fact(r"\text{decided}\iff\sigma_j\text{ simple}", *_CLUSTER, equal, false=True)
def only_simple_modes(x: Instance) -> bool:
    """all decompositions agree on mode j only where its singular value is simple"""
    m = modes(x)
    return (m.truth() is not Verdict.UNDECIDED) == (len(m.equals) == 1)


@theorem.fact(r"S_G\text{ of one decomposition is }S_G\text{ of the other}", *_CLUSTER, equal, false=True)
def any_decomposition(x: Instance) -> bool:
    """the support of mode j is that of any one decomposition"""
    m = modes(x)
    return (m.activity(m.v) >= m.theta**2) == (m.activity(m.other) >= m.theta**2)


@theorem.fact(r"\|(XP_C)_G\|_F^2=|C|\,y_G(j)^2", *_CLUSTER, equal, false=True)
def from_one_mode(x: Instance) -> bool:
    """‖(X P_C)_G‖_F² is |C| times the squared activity of one mode"""
    m = modes(x)
    return m.projected() == len(m.cluster) * m.activity(m.v)


_ONE, _SWAP, _FIRST = [[1, 0], [0, 1]], [[0, 1], [1, 0]], [[1, 0]]
for reading in (same_activity, energy_of_the_span, least, outside, decided):
    theorem.witness(reading, gaps, case(_ONE, _FIRST, (1, 1, 1), other=_SWAP))
theorem.witness(largest, gaps, case(_ONE, _FIRST, (2, 2, 2), other=_SWAP))
theorem.witness(same_activity, single, case(_ONE, _FIRST, (1, 2, 1), other=_SWAP))
theorem.witness(decided, equal, case([[2, 0], [0, 1]], _ONE, (1, 2, 1), 2))
theorem.witness(only_simple_modes, None, case([[1, 0, 0]], [[1]], (2, 3, 2)))
theorem.witness(any_decomposition, None, case(_ONE, _FIRST, (1, 2, 1), other=_SWAP))
theorem.witness(from_one_mode, None, case(_ONE, _FIRST, (1, 2, 1)))


@theorem.stratum
def inside_the_range(x: Instance) -> bool:
    """a threshold that decompositions disagree on"""
    return modes(x).truth() is Verdict.UNDECIDED


@theorem.stratum
def vanishing_modes(x: Instance) -> bool:
    """several modes with σ = 0"""
    return sum(v == 0 for v in modes(x).squares) > 1


@theorem.stratum
def mixed_clusters(x: Instance) -> bool:
    """a cluster of different singular values"""
    return not equal.met(x)


@theorem.property
def closed_under_scale(x: Instance) -> bool:
    """W' and θ scaled together change no verdict"""
    rows: Any = x["A_next"]
    y = x.replace(A_next=[[3 * v for v in row] for row in rows], theta=3 * cast(Any, x["theta"]))
    return modes(x).truth() is modes(y).truth() and outside(x) == outside(y)


theorem.proof("symbolic", "all real X, O(k) for clusters of k ≤ 3 modes")(proofs.rotations)
theorem.proof("symbolic", "all Gram matrices of k ≤ 4 modes, diagonal by the spectral theorem")(proofs.between_the_ends)
theorem.proof("symbolic", "all unit vectors of k = 2, 3, 4 dimensions")(proofs.columns)


@theorem.proof("instances", "clusters with and without gaps, one instance for every condition")
def refused() -> Facts:
    """Clusters end at gaps; what is no decomposition, no member, no cluster of equal values is refused."""
    yield "no values", clusters([]) == []
    yield "one cluster", clusters([2, 2, 2]) == [(0, 3)]
    yield "all simple", clusters([3, 2, 1]) == [(0, 1), (1, 2), (2, 3)]
    yield "zeros at the end", clusters([1, 0, 0]) == [(0, 1), (1, 3)]
    two, turned = [[2, 0], [0, 1]], [[1, 1], [0, 1]]
    bad = {
        "not orthonormal": (decompositions, case(_ONE, _FIRST, (1, 1, 1), v=turned)),
        "other not orthonormal": (decompositions, case(_ONE, _FIRST, (1, 1, 1), other=[[2, 0], [0, 1]])),
        "increasing": (decompositions, case(two, _FIRST, (1, 1, 1), v=_SWAP)),
        "no singular vectors": (decompositions, case([[1, 1], [0, 1]], _FIRST, (1, 1, 1))),
        "before the cluster": (member, case(_ONE, _FIRST, (2, 2, 1))),
        "behind the cluster": (member, case(_ONE, _FIRST, (1, 1, 2))),
        "before the modes": (member, case(_ONE, _FIRST, (0, 1, 1))),
        "behind the modes": (member, case(_ONE, _FIRST, (1, 3, 1))),
    }
    for name, (condition, x) in bad.items():
        yield name, condition.holds(x) is Verdict.REFUTED


theorem.constant("scale", "factor of the threshold", sharp=True)
theorem.mutant(
    "open below",
    "undecided at θ = σ_min as well",
    decided,
    lambda x: (
        (mode_support(*modes(x).extremes(), modes(x).theta) is modes(x).truth())
        and modes(x).extremes()[0] != modes(x).theta ** 2
    ),
)
theorem.mutant("accept ties", "any decomposition decides", outside, any_decomposition)
theorem.mutant("refuse zeros", "modes of one singular value are refused", decided, only_simple_modes)
theorem.mutant("one mode", "one column for the sum of the cluster", energy_of_the_span, from_one_mode)
