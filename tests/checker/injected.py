"""The checker with an error at one place, and whether its own enclosures still hold.

The checker forms every product and Gram matrix by two functions that return ``fl(XY)`` with a bound of the error. With
a fault at one call site the enclosures that it then compares with published ones must meet those that it computes
without.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager

import mpmath as mp
import numpy as np
import pytest
import scipy.linalg
from flint import arb

import certify.checker
from certify.certificate import Certificate
from certify.chain import Chain
from certify.checker import check, layer
from certify.checker.arithmetic import (
    core_commutation,
    deflated_norm,
    exact_product_rank,
    narrow_product,
    principal_angles,
    quotient,
    rounding,
    small_commutation,
    two_layers,
)
from certify.checker.arithmetic.crossing import Crossing
from certify.checker.arithmetic.near_decomposition import NearSVD, near_svd
from certify.checker.arithmetic.quotient_head import Sandwich
from certify.checker.arithmetic.ranges import Range
from certify.checker.arithmetic.rounding import above, ball, below, roundings
from certify.checker.arithmetic.scaled_matrix import Unit, frobenius_squared
from certify.checker.arithmetic.spectral_norm import spectral_norm
from certify.checker.arithmetic.truncated import Transport
from tests.checker.fault import FACTOR, OTHER_MATRIX, STRETCH, Fault, caller
from tests.checker.networks import arrays
from tests.linalg.reference import singular_values

WIDE_ROOM = 1e-3

_BESIDE = ("near_decomposition", "spectral_norm", "crossing", "core_commutation", "principal_angles")
_BESIDE_ALONE = (
    "truncated", "deflated_norm", "quotient", "quotient_head", "two_layers", "small_commutation", "narrow_product"
)  # fmt: skip
"""Modules with products behind what small chains are not asked, partly or wholly."""

_comparing: list[str] = []
"""Not empty while spectral norms are taken of the same matrices with the fault and without."""

Found = dict[tuple[object, ...], list[list[arb]]]

_MODULES = [
    importlib.import_module(m.name) for m in pkgutil.walk_packages(certify.checker.__path__, "certify.checker.")
]
KERNELS = ("product", "gram")


@contextmanager
def injected(fault: Fault, room: float) -> Iterator[Found]:
    """Run the checker with the fault; yields what it holds against published values, by those."""
    found: Found = {}
    with pytest.MonkeyPatch.context() as patch:
        for name in KERNELS:
            _replace(
                patch, name, lambda kernel: lambda *given, **more: fault.apply(caller(), given, *kernel(*given, **more))
            )

        for module in _MODULES:
            if hasattr(module, "roundings") and module.__name__ != rounding.__name__:
                name = module.__name__.removeprefix("certify.")
                patch.setattr(module, "roundings", lambda k, name=name: fault.rounds(name, roundings(k)))
        if fault.site is None or fault.bounded:
            # Enclosures as wide as the enlarged bounds are kept, not formed in another way.
            patch.setattr(small_commutation, "U", FACTOR * 1e3 * rounding.U)
        eigh, svd = scipy.linalg.eigh, scipy.linalg.svd

        def proposing_eigh(*given, **options):
            values, vectors = eigh(*given, **options)
            return values, fault.proposed(vectors[:, ::-1])[:, ::-1]

        def proposing_svd(*given, **options):
            u, s, vt = svd(*given, **options)
            if fault.direction == "hidden, longer":
                # Singular values too large: with a product that agrees with them, or with vectors that do.
                s = s * (1 + STRETCH)
                fault.expected = u * s
                hides_product = fault.site is not None and fault.site[1] == "_from_svd"
                return u, s, vt if hides_product else fault.proposed(vt.T).T
            if fault.direction == "hidden, shorter":
                return u * (1 + STRETCH), s / (1 + STRETCH), vt
            return u, s, fault.proposed(vt.T).T

        solve = scipy.linalg.solve_triangular

        def solving(r, *given, **options):
            singular = fault.site is not None and fault.site[1] == "full_rank" and abs(np.diag(r)).min() < 1e-12
            if singular and fault.direction in ("hidden, witness", "hidden, turned"):
                return fault.inverse(r)
            return solve(r, *given, **options)

        patch.setattr(scipy.linalg, "solve_triangular", solving)
        patch.setattr(scipy.linalg, "cholesky", lambda shifted, **_: fault.factor(shifted, np.linalg.cholesky))
        patch.setattr(scipy.linalg, "eigh", proposing_eigh)
        patch.setattr(scipy.linalg, "svd", proposing_svd)

        def comparing(original):
            def compare(own, published, *rest, **options):
                found.setdefault((*published,), []).append(list(own))
                return original(own, published, *rest, **options)

            return compare

        def sigma(facts, values):
            low, high = facts.near.sigma()
            balls = [arb(float(a)).union(arb(float(b))) for a, b in zip(low, high, strict=True)]
            found.setdefault((*values,), []).append(balls)
            return ""

        def angles(original):
            def measure(*given):
                measured = original(*given)
                for k, one in measured.items():
                    ends = (one.cosines, one.sines, principal_angles.sines(given[0], k))
                    balls = [arb(float(a)).union(arb(float(b))) for pair in ends for a, b in zip(*pair, strict=True)]
                    found.setdefault(("angles", k), []).append([*balls, one.overlap])
                return measured

            return measure

        def spectrum(original):
            def measure(*given):
                low, high = original(*given)
                balls = [arb(float(a)).union(arb(float(b))) for a, b in zip(low, high, strict=True)]
                found.setdefault(("spectrum",), []).append(balls)
                return low, high

            return measure

        def ranks(original):
            def decide(*given):
                full = original(*given)
                # Only the answer that a rank is full proves anything.
                found.setdefault(("full rank",), []).append(
                    [arb(1) if full else ball(0.0, float(fault.site is not None))]
                )
                return full

            return decide

        def inertia(original):
            def measure(*given):
                top = original(*given)
                # An upper bound: what it excludes counts, while it is one of the same matrix.
                if _comparing and fault.site is None:
                    found.setdefault(("inertia",), []).append([top])
                elif _comparing and fault.site[0].endswith("spectral_norm") and fault.direction not in OTHER_MATRIX:
                    found.setdefault(("inertia",), []).append([top.union(arb(0))])
                return top

            return measure

        _replace(patch, "enclosed", comparing)
        _replace(patch, "angles", angles)
        _replace(patch, "product_sigma", spectrum)
        _replace(patch, "full_rank", ranks)
        _replace(patch, "_inertia_bound", inertia)
        patch.setattr(layer, "_sigma_fault", sigma)
        if room:
            near = layer.near_svd
            patch.setattr(layer, "near_svd", lambda unit: near(unit, room))
        yield found


def _replace(patch: pytest.MonkeyPatch, name: str, wrap) -> None:
    for module in _MODULES:
        if hasattr(module, name):
            patch.setattr(module, name, wrap(getattr(module, name)))


def enclosures(certificate: Certificate, chain: Chain, fault: Fault, room: float = 0.0) -> Found:
    """What the checker computes for a certificate under a fault."""
    module = "" if fault.site is None else fault.site[0].removeprefix("checker.arithmetic.")
    with injected(fault, room) as found:
        units = [Unit.of(one.matrix()) for one in chain.layers]
        if module not in _BESIDE_ALONE:
            check(certificate, chain, workers=1)
        nears = [near_svd(unit, room) for unit in units] if module in ("", *_BESIDE, *_BESIDE_ALONE) else []
        for edge in chain.edges:
            pair = edge.lower, edge.upper
            if nears:
                layers = [chain.layers[place].matrix() for place in pair]
                two = [units[place] for place in pair]
                found[("beside", *pair)] = [_beside(layers, two, [nears[place] for place in pair], fault)]
            if module in _BESIDE_ALONE:
                continue
            writer, reader = units[edge.lower], units[edge.upper]
            exact_product_rank.full_rank(writer, reader)
            # A window as wide as both layers, whose cosines depend on no gap.
            if writer.matrix.shape[0] == writer.matrix.shape[1] == min(reader.matrix.shape):
                crossing = Crossing.of(near_svd(writer, room), near_svd(reader, room))
                principal_angles.angles(crossing, [min(reader.matrix.shape)])
    return found


def _deflated(fault: Fault, work: np.ndarray, mass: arb, q: np.ndarray) -> list[arb]:
    """Whether both ends hold, 1 for yes: how near they are to each other depends on what is proposed."""
    fault.expected = q * np.linalg.norm(work @ q, axis=0) ** 2
    low, high = deflated_norm.ends(work, mass, q)
    fault.expected = None
    truth = _largest(work.tobytes(), work.shape)
    return [arb(int(mp.mpf(below(low)) <= truth <= mp.mpf(above(high))))]


@functools.cache
def _largest(entries: bytes, shape: tuple[int, int]) -> mp.mpf:
    with mp.workdps(60):
        return singular_values(np.frombuffer(entries).reshape(shape))[0]


def _beside(layers: list[np.ndarray], units: list[Unit], nears: list[NearSVD], fault: Fault) -> list[arb]:
    """What small chains are not asked, or where other enclosures come first."""
    found: list[arb] = []
    _comparing.append("spectral norms")
    found += [spectral_norm(unit) for unit in units]
    _comparing.clear()
    found += _both_ways(units, nears)
    for unit in units:
        work = unit.matrix if unit.matrix.shape[0] >= unit.matrix.shape[1] else unit.matrix.T
        q = deflated_norm.leading(work, float(unit.mass.mid()))
        found += [arb.nan()] if q is None else _deflated(fault, work, unit.mass, q)
    # A column between two vectors whose values hardly differ.
    near_tie = Unit(np.diag([0.5, 0.5 - 2.0**-30]), 0, 0.0, frobenius_squared(np.diag([0.5, 0.5 - 2.0**-30])))
    found += _deflated(fault, near_tie.matrix, near_tie.mass, np.full((2, 1), 0.5**0.5))
    found += [
        _two_columns(fault, np.full((2, 1), 0.5**0.5), np.array([0.5 - 2.0**-30, 0.5])),
        _two_columns(fault, np.eye(2, 1), np.array([0.25, 0.5])),
    ]
    if units[0].matrix.shape == units[1].matrix.shape == units[0].matrix.T.shape:
        found += quotient.quotient_norms(*nears)
        found += [_by_head(*nears), _by_head(*nears[::-1])]
        found += [two_layers.transport_norm(units[i], nears[i], units[1 - i]) for i in (0, 1)]
    exponents = [int(np.frexp(np.linalg.norm(a) * 1.01)[1]) for a in layers]
    rows = layers[1].shape[0]
    groups = [[*range(start, rows, 2)] for start in range(min(rows, 2))]
    transport = Transport((layers[0], layers[1]), Crossing.of(*nears), (exponents[0], exponents[1]), groups)
    found += _balls(transport.cells)
    full = nears[0].d, nears[1].d
    windows = sorted({(1, 1), (min(2, full[0]), 1), (max(full[0] - 1, 1), max(full[1] - 1, 1))} - {full})
    transport.plan(windows)
    for window in windows:
        if (both := transport.truncated(window)) is not None:
            found += [*_balls(both[0]), *_balls(both[1])]
        else:
            found += [arb.nan()] * (2 * transport.cells.lo.size)
    return found


def _by_head(first: NearSVD, second: NearSVD) -> arb:
    """Whether both ends of a quotient by few columns hold, 1 for yes."""
    if first.d < 4 or not first.s[-1] > 0:
        return arb.nan()
    sandwich = Sandwich(
        second.s, second.right, first.right, first.s[-1] / first.s,
        ball(second.right_distance), ball(first.right_distance),
    )  # fmt: skip
    found = sandwich.norm()
    if found is None:
        return arb.nan()
    return _holds(found.lower(), found.upper(), sandwich)


def _two_columns(fault: Fault, q: np.ndarray, r: np.ndarray) -> arb:
    """The same between two vectors, whatever is proposed."""
    sandwich = Sandwich(np.ones(2), np.eye(2), np.eye(2), r, arb(0), arb(0))
    fault.expected = q * np.linalg.norm(r[:, None] * q, axis=0) ** 2 / r[:, None]
    low, high = sandwich.ends(q, *sandwich.columns(2))
    fault.expected = None
    return _holds(low, high, sandwich)


def _holds(low: arb, high: arb, sandwich: Sandwich) -> arb:
    work = (sandwich.t[:, None] * (sandwich.outer.T @ sandwich.inner)) * sandwich.r
    truth = _largest(np.ascontiguousarray(work).tobytes(), work.shape)
    room = mp.mpf(2.0**-45)
    return arb(int(mp.mpf(below(low)) <= truth * (1 + room) and truth * (1 - room) <= mp.mpf(above(high))))


def _both_ways(units: list[Unit], nears: list[NearSVD]) -> list[arb]:
    """What is taken from the core, and from products of the layers where that is not enough."""
    crossing = Crossing.of(*nears)
    found = [narrow_product.core_norm(crossing), two_layers.product_norm(*units)]
    for balance in (core_commutation.core_commutation(crossing), two_layers.commutation(*units)):
        found += [balance.imbalance, balance.relative, balance.magnitude]
    return found


def _balls(x: Range) -> list[arb]:
    return [arb(low).union(arb(high)) for low, high in zip(x.lo.ravel().tolist(), x.hi.ravel().tolist(), strict=True)]


def missed(honest: Found, faulty: Found) -> list[tuple[object, ...]]:
    """The published values whose enclosures under the fault do not meet the honest ones."""
    return [
        key
        for key, lists in faulty.items()
        for true, wrong in zip(honest.get(key, []), lists, strict=False)
        for x, y in zip(true, wrong, strict=False)
        if x.is_finite() and y.is_finite() and not x.overlaps(y)
    ]


def chains() -> dict[str, list[np.ndarray]]:
    """Small chains: square, tall, of low rank, graded, nearly tied, tied on top, narrow, aligned, long, waisted, …."""
    rng = np.random.default_rng(5)
    q = [np.linalg.qr(rng.standard_normal((5, 5)))[0] for _ in range(4)]
    tied = np.array([1.0, 1.0 - 2e-10, 0.4, 0.2, 0.2 - 2e-8])
    return {
        "square": arrays("small"),
        "tall": [rng.standard_normal((9, 4)), rng.standard_normal((3, 9))],
        "low rank": arrays("rank one"),
        "graded": [np.diag(10.0 ** -np.arange(5)) @ q[0], q[1] * 10.0 ** -np.arange(5)],
        "ill conditioned": arrays("ill conditioned"),
        "singular": [np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 1.0, 2.0]]), arrays("singular")[1]],
        "nearly tied": [(q[0] * tied) @ q[1], (q[2] * tied) @ q[3]],
        "tied on top": [(q[0] * tied) @ q[1], q[2]],
        # Nearly orthogonal; and a reader that sees hardly anything but the writer's small column.
        "narrow": [np.eye(5, 1), np.array([[0.1, 1.0, 0.0, 0.0, 0.0]])],
        "two columns": [np.eye(5, 2) * [1.0, 0.3], np.array([[0.0, 0.6, 0.8, 0.0, 0.0]])],
        # The product of the upper two is small beside both.
        "cancelling": [q[0][:3, :3], np.diag([0.01, 1.0, 1.0]), np.diag([1.0, 0.01, 0.01])],
        # The reader sees the writer's own directions.
        "aligned": [np.eye(5, 2) * [1.0, 0.3], np.eye(2, 5) * [[0.9], [0.5]]],
        "long": [rng.standard_normal((3, 3)) for _ in range(6)],
        "waist": [rng.standard_normal((3, 8)), rng.standard_normal((7, 3))],
    }
