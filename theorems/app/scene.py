"""Lines and planes through the origin of R³ as SVG: translucent discs and segments, drawn from back to front."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from certify.geometry.orbits.pair_orbit import Pair
from certify.linalg.exact.subspace import Subspace

__all__ = ["good_turn", "scene"]

Vector: TypeAlias = tuple[float, float, float]
Screen: TypeAlias = Callable[[Vector], tuple[float, float]]

_PITCH = math.radians(24)
_STEPS = 48
_SIZE = 400


def scene(pair: Pair, degrees: float, caption: str) -> str:
    """A pair of subspaces seen from the direction ``degrees``; an intersection that is a line has its own colour."""
    right, up, view = _camera(math.radians(degrees))
    radius = 0.41 * _SIZE

    def screen(p: Vector) -> tuple[float, float]:
        return round(_SIZE / 2 + radius * _dot(p, right), 1), round(_SIZE / 2 - radius * _dot(p, up), 1)

    pieces = sorted([*_pieces(0, pair, view, screen), *_pieces(1, pair, view, screen)])
    meet = pair[0] & pair[1]
    shared = _segment(_basis(meet)[0], screen, "ps-meet") if meet.dim == 1 else ""
    middle = _SIZE / 2
    return (
        f'<svg class="ps-scene" viewBox="0 0 {_SIZE} {_SIZE}" role="img" aria-label="{html.escape(caption)}"'
        f' xmlns="http://www.w3.org/2000/svg"><circle class="ps-sphere" cx="{middle}" cy="{middle}" r="{radius:.1f}"/>'
        f"{''.join(_coordinates(screen))}{''.join(text for _, text in pieces)}{shared}</svg>"
    )


def good_turn(pair: Pair) -> int:
    """A direction, in steps of 5 degrees, from which no plane is seen edge-on and no line end-on."""
    shapes = [(w.dim, _basis(w)) for w in pair]

    def openness(degrees: int) -> float:
        right, up, view = _camera(math.radians(degrees))
        seen = [abs(_dot(_cross(*b), view)) if d == 2 else 1 - abs(_dot(b[0], view)) for d, b in shapes]
        # Two lines should also be apart on the screen.
        angles = [math.atan2(_dot(b[0], up), _dot(b[0], right)) for d, b in shapes if d == 1]
        apart = [abs(math.sin(angles[0] - angles[1]))] if len(angles) == 2 else []
        return min([*seen, *apart])

    return max(range(-180, 181, 5), key=openness)


def _camera(yaw: float) -> tuple[Vector, Vector, Vector]:
    """Unit vectors to the right, up, and towards the viewer."""
    c, s, cp, sp = math.cos(yaw), math.sin(yaw), math.cos(_PITCH), math.sin(_PITCH)
    return (c, s, 0.0), (-s * sp, c * sp, cp), (s * cp, -c * cp, sp)


def _coordinates(screen: Screen) -> Iterator[str]:
    for k in range(3):
        end: Vector = (float(k == 0), float(k == 1), float(k == 2))
        far = (-end[0], -end[1], -end[2])
        (x1, y1), (x2, y2) = screen(far), screen(end)
        yield f'<line class="ps-coordinate" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'
        x, y = screen((1.09 * end[0], 1.09 * end[1], 1.09 * end[2]))
        yield f'<text class="ps-tick" x="{x}" y="{y + 4}" text-anchor="middle">e{"₁₂₃"[k]}</text>'


def _pieces(index: int, pair: Pair, view: Vector, screen: Screen) -> Iterator[tuple[float, str]]:
    """Parts of one subspace with their depth, cut where the other one passes through them."""
    own, other = pair[index], pair[1 - index]
    kind = "ps-first" if index == 0 else "ps-second"
    basis = _basis(own)
    if own.dim == 1:
        for sign in (1.0, -1.0):
            end = _scaled(basis[0], sign)
            depth = _dot(end, view)
            if other.dim == 2:
                # Before or behind the plane is a matter of its two sides, not of the distance to the viewer.
                normal = _cross(*_basis(other))
                depth = _dot(end, normal) * _dot(view, normal)
                depth = 0.0 if abs(depth) < 1e-9 else math.copysign(2.0, depth)
            yield depth, _ray(end, screen, kind)
        return
    if other.dim == 1:
        yield 0.0, _disc(basis, 0.0, 2 * math.pi, screen, kind)
        return
    across = _components(basis, _cross(*_basis(other)))
    cut = math.atan2(across[1], across[0]) - math.pi / 2 if math.hypot(*across) > 1e-9 else 0.0
    for start in (cut, cut + math.pi):
        middle = _circle(basis, start + math.pi / 2)
        yield _dot(middle, view), _disc(basis, start, start + math.pi, screen, kind)


def _disc(basis: Sequence[Vector], start: float, end: float, screen: Screen, kind: str) -> str:
    rim = [screen(_circle(basis, start + (end - start) * k / _STEPS)) for k in range(_STEPS + 1)]
    path = " ".join(f"{x},{y}" for x, y in rim)
    return f'<polygon class="ps-plane {kind}" points="{path}"/><polyline class="ps-rim {kind}" points="{path}"/>'


def _ray(end: Vector, screen: Screen, kind: str) -> str:
    (x1, y1), (x2, y2) = screen((0.0, 0.0, 0.0)), screen(end)
    return f'<line class="ps-ray {kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _segment(direction: Vector, screen: Screen, kind: str) -> str:
    (x1, y1), (x2, y2) = screen(_scaled(direction, -1.0)), screen(direction)
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _basis(w: Subspace) -> list[Vector]:
    """An orthonormal basis in floating point, good enough to draw."""
    found: list[Vector] = []
    for exact in w.basis:
        largest = max(abs(x) for x in exact)
        x, y, z = (float((entry / largest).p) / float((entry / largest).q) for entry in exact)
        v: Vector = (x, y, z)
        for e in found:
            along = _dot(v, e)
            v = (v[0] - along * e[0], v[1] - along * e[1], v[2] - along * e[2])
        found.append(_scaled(v, 1 / math.sqrt(_dot(v, v))))
    return found


def _components(basis: Sequence[Vector], v: Vector) -> tuple[float, float]:
    return _dot(basis[0], v), _dot(basis[1], v)


def _circle(basis: Sequence[Vector], angle: float) -> Vector:
    c, s, (p, q) = math.cos(angle), math.sin(angle), basis
    return (c * p[0] + s * q[0], c * p[1] + s * q[1], c * p[2] + s * q[2])


def _dot(v: Vector, w: Vector) -> float:
    return v[0] * w[0] + v[1] * w[1] + v[2] * w[2]


def _cross(v: Vector, w: Vector) -> Vector:
    return (v[1] * w[2] - v[2] * w[1], v[2] * w[0] - v[0] * w[2], v[0] * w[1] - v[1] * w[0])


def _scaled(v: Vector, factor: float) -> Vector:
    return (factor * v[0], factor * v[1], factor * v[2])
