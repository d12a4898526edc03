"""The incidence structure of two layers at 60 digits, from the definitions, for the default rules of its levels."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tests.geometry import oracle
from tests.geometry.oracle import mp

Real = Any
LEVELS = ("90", "95", "99", "99.5", "99.9", "99.99", "100")
KAPPA, BETA = mp.mpf(0.9), mp.mpf(2)
"""0.9 is the float of that name."""


def _blocks(rows: int) -> list[range]:
    size = min(max(math.ceil(math.sqrt(rows)), 8), 32)
    cuts = list(range(0, rows, size))
    if len(cuts) > 1 and 2 * (rows - cuts[-1]) < size:
        cuts.pop()
    return [range(a, b) for a, b in itertools.pairwise([*cuts, rows])]


def _unit(norm: Real) -> int:
    # A norm that is a power of two to rounding is taken as above it: an upper bound of it decides.
    return math.frexp(float(norm * (1 + mp.mpf(10) ** -12)))[1]


def _grid(low: Real, high: Real) -> Real:
    """The middle of a gap on a grid of 2^-9 of its power of two."""
    grid = mp.mpf(2) ** (math.frexp(float(high - low))[1] - 9)
    return mp.nint((low + high) / 2 / grid) * grid


def _widest(ends: Sequence[tuple[Real, Real]], least: int) -> tuple[Real, Real] | None:
    """The widest gap between merged intervals with at least so many on either side; the highest of equal ones."""
    order = sorted(ends)
    best: tuple[Real, Real] | None = None
    for k in range(least, len(order) - least + 1):
        low, high = max(b for _, b in order[:k]), order[k][0]
        if high - low > mp.mpf(10) ** -40 and (best is None or high - low >= best[1] - best[0]):
            best = low, high
    return best


class Incidence:
    """Everything that claims say of the row groups of W'W, in units of a power of two."""

    def __init__(self, lower: Any, upper: Any) -> None:
        self.sides = lower, upper
        self.groups = _blocks(upper.matrix.rows)
        self.n = lower.matrix.cols
        self._measure(_unit(lower.norm) + _unit(upper.norm))

    def _measure(self, exponent: int) -> None:
        self.exponent, self.scale = exponent, mp.mpf(2) ** -exponent
        self.whole = self.sides[1].matrix * self.sides[0].matrix * self.scale
        self.x = self.cells(self.whole)

    def adopt(self, exponent: int, theta: Sequence[float]) -> None:
        """Take the recorded unit and thresholds where rounding decides them: a norm is a power of two, or the middle of
        a gap between hardly known activities lies on the next point of the grid."""
        norms = [side.norm / mp.mpf(2) ** round(mp.log(side.norm, 2)) for side in self.sides]
        if exponent != self.exponent and any(abs(norm - 1) < mp.mpf(10) ** -11 for norm in norms):
            self._measure(exponent)
        near = [abs(a - b) <= b / 128 for a, b in zip(theta, self.theta, strict=True)]
        if all(near):
            self.theta = [mp.mpf(float(x)) for x in theta]

    def cells(self, a: Any) -> list[list[Real]]:
        return [[mp.sqrt(mp.fsum(a[i, j] ** 2 for i in rows)) for j in range(self.n)] for rows in self.groups]

    @functools.cache  # noqa: B019
    def windows(self, level: str) -> tuple[int, int]:
        found: list[int] = []
        for side in self.sides:
            squares = [s * s for s in side.sigma]
            part = mp.mpf(Fraction(level).numerator) / Fraction(level).denominator / 100
            # Of windows that hold the part to rounding only, the enclosures take the larger one.
            wanted = part * mp.fsum(squares) * (1 + mp.mpf(10) ** -12)
            found.append(next((r for r in range(1, side.d + 1) if mp.fsum(squares[:r]) >= wanted), side.d))
        return (self.sides[0].d, self.sides[1].d) if level == "100" else (found[0], found[1])

    @functools.cache  # noqa: B019
    def truncated(self, level: str) -> Any:
        parts = [
            x.u[:, :r] * mp.diag(x.sigma[:r]) * x.v[:, :r].T
            for x, r in zip(self.sides, self.windows(level), strict=True)
        ]
        return parts[1] * parts[0] * self.scale

    @functools.cache  # noqa: B019
    def moved(self, level: str) -> list[list[Real]]:
        if self.windows(level) == self.windows("100"):
            return [[mp.mpf(0)] * self.n for _ in self.groups]
        return self.cells(self.truncated(level) - self.whole)

    def _theta(self, level: str) -> list[Real]:
        gaps = [
            _widest([(x - e, x + e) for x, e in zip(*rows, strict=True)], 2)
            for rows in zip(self.x, self.moved(level), strict=True)
        ]
        return [mp.mpf(0) if gap is None else _grid(*gap) for gap in gaps]

    @functools.cached_property
    def theta(self) -> list[Real]:
        full = self._theta("100")
        for level in LEVELS[2:-1]:
            found = self._theta(level)
            if all(a > 0 for a, b in zip(found, full, strict=True) if b > 0):
                return [a if b > 0 else mp.mpf(0) for a, b in zip(found, full, strict=True)]
        return full

    @functools.cached_property
    def rows(self) -> list[int]:
        """The groups that have a threshold."""
        return [g for g, t in enumerate(self.theta) if t > 0]

    def supports(self, x: list[list[Real]]) -> dict[int, set[int]]:
        return {g: {j for j in range(self.n) if x[g][j] >= self.theta[g]} for g in self.rows}

    @functools.cached_property
    def active(self) -> dict[int, set[int]]:
        return self.supports(self.x)

    @functools.cached_property
    def pairs(self) -> list[tuple[int, int]]:
        return [pair for pair in itertools.combinations(self.rows, 2) if self.shared(pair)]

    def shared(self, pair: tuple[int, int]) -> list[int]:
        return sorted(self.active[pair[0]] & self.active[pair[1]])

    def weight(self, x: list[list[Real]], pair: tuple[int, int]) -> Real:
        return mp.fsum(x[pair[0]][j] * x[pair[1]][j] for j in self.shared(pair))

    @functools.cached_property
    def omega(self) -> Real | None:
        values = [mp.mpf(0), *(self.weight(self.x, pair) for pair in self.pairs)]
        gap = _widest([(v, v) for v in values], 1) if self.pairs else None
        return None if gap is None else _grid(*gap)

    def edges(self, x: list[list[Real]]) -> list[tuple[int, int]]:
        return [] if self.omega is None else [pair for pair in self.pairs if self.weight(x, pair) >= self.omega]

    def noise(self, x: list[list[Real]]) -> Real:
        return mp.sqrt(mp.fsum(x[g][j] ** 2 for g in self.rows for j in range(self.n) if j not in self.active[g]))

    @functools.cached_property
    def nu(self) -> Real | None:
        square = mp.fsum(self.theta[g] ** 2 * (self.n - len(self.active[g])) for g in self.rows)
        if not square:
            return None
        # The least float that is not below the root.
        near = float(mp.sqrt(square))
        return mp.mpf(next(x for x in (near, math.nextafter(near, math.inf)) if mp.mpf(x) ** 2 >= square))

    def profile(self, x: list[list[Real]], pair: tuple[int, int]) -> tuple[Real, Real, Real]:
        """Correlation, and both norms."""
        shared = self.shared(pair)
        a, b = ([x[g][j] for j in shared] for g in pair)
        left, right = (mp.sqrt(mp.fsum(v * v for v in p)) for p in (a, b))
        return (mp.mpf(1) if len(shared) == 1 else self.weight(x, pair) / (left * right)), left, right

    def letter(self, x: list[list[Real]], pair: tuple[int, int]) -> str:
        cosine, left, right = self.profile(x, pair)
        return "T" if cosine < KAPPA else "C" if max(left / right, right / left) <= BETA else "A"

    def label_values(self) -> list[Real]:
        found = [mp.mpf(sum(self.letter(self.x, pair) == "C" for pair in self.edges(self.x)))]
        for pair in self.edges(self.x):
            a, b = ([self.x[g][j] for j in self.shared(pair)] for g in pair)
            cosine, left, right = self.profile(self.x, pair)
            s, scale = len(a), left * right
            spread = [mp.fsum((v - mp.fsum(p) / s) ** 2 for v in p) for p in (a, b)]
            variance = spread[0] * spread[1] / (s - 1) if s > 1 else mp.mpf(0)
            found += [cosine, mp.fsum(a) * mp.fsum(b) / s / scale, mp.sqrt(variance) / scale]
        return found

    def radii(self) -> list[Real]:
        """The radius, the length of the perturbation that goes 2^-22 of it beyond its facet, and every line."""
        part = mp.mpf(2) ** -22
        least = min(abs(self.x[g][j] - self.theta[g]) for g in self.rows for j in range(self.n))
        lines: list[tuple[Real, Real]] = [(least, least * (1 + part))]
        if self.omega is not None:
            apart, pair = min((self._apart(pair, self.omega), pair) for pair in self.pairs)
            past = self.omega + (self.omega - self.weight(self.x, pair)) * part
            lines.append((apart, self._apart(pair, past)))
        if self.nu is not None:
            apart = abs(self.nu - self.noise(self.x))
            lines.append((apart, apart * (1 + part)))
        if self.edges(self.x):
            lines.append(min(self._label(pair, part) for pair in self.edges(self.x)))
        return [*min(lines), *(value for value, _ in lines)]

    def _label(self, pair: tuple[int, int], part: Real) -> tuple[Real, Real]:
        """How far the label of an edge is from another, and a little beyond that, by searches over angles."""
        cosine, left, right = self.profile(self.x, pair)
        longer, shorter = max(left, right), min(left, right)
        letter = self.letter(self.x, pair)

        def turned(kappa: Real) -> Real:
            m = abs(mp.acos(min(cosine, 1)) - mp.acos(kappa))
            x = mp.arg(left**2 + right**2 * mp.expj(2 * m)) / 2
            return mp.sqrt((left * mp.sin(x)) ** 2 + (right * mp.sin(m - x)) ** 2)

        def scaled(beta: Real) -> Real:
            share = (beta * longer + shorter) / (1 + beta**2)
            return mp.sqrt((longer - beta * share) ** 2 + (shorter - share) ** 2)

        sign = 1 if letter == "T" else -1
        step = part * abs(mp.sin(mp.acos(min(cosine, 1)) - mp.acos(KAPPA))) * mp.sqrt(1 - KAPPA**2)
        by_angle = turned(KAPPA), turned(KAPPA + sign * step)
        step = part * min(abs(longer / shorter - BETA), 1) * (1 if letter == "C" else -1)
        by_ratio = scaled(BETA), scaled(BETA + step)
        if letter == "T":
            return by_angle
        return by_ratio if len(self.shared(pair)) == 1 else min(by_angle, by_ratio)

    def _apart(self, pair: tuple[int, int], omega: Real) -> Real:
        """The distance of a pair from the hyperbola of ω, by the multiplier of its nearest point."""
        a, b = ([self.x[g][j] for j in self.shared(pair)] for g in pair)
        plus, minus = (mp.fsum((u + s * v) ** 2 for u, v in zip(a, b, strict=True)) / 2 for s in (1, -1))
        if minus < mp.mpf(10) ** -50:
            return mp.sqrt(plus / 2 - 2 * omega) if plus >= 8 * omega else abs(mp.sqrt(plus) - mp.sqrt(2 * omega))
        low, high = mp.mpf(-1), mp.mpf(1)
        for _ in range(200):
            mu = (low + high) / 2
            rising = plus / (1 + mu) ** 2 - minus / (1 - mu) ** 2 > 2 * omega
            low, high = (mu, high) if rising else (low, mu)
        return mp.sqrt(plus * (low / (1 + low)) ** 2 + minus * (low / (1 - low)) ** 2)

    def cell_margins(self, e: list[list[Real]]) -> list[list[Real]]:
        return [[abs(x - self.theta[g]) - y for x, y in zip(self.x[g], e[g], strict=True)] for g in self.rows]

    def pair_margins(self, e: list[list[Real]]) -> list[Real]:
        def change(pair: tuple[int, int]) -> Real:
            (a, b), (c, d) = (self.x[g] for g in pair), (e[g] for g in pair)
            return mp.fsum((a[j] + c[j]) * (b[j] + d[j]) - a[j] * b[j] for j in self.shared(pair))

        return [abs(self.weight(self.x, pair) - self.omega) - change(pair) for pair in self.pairs]

    def label_margins(self, e: list[list[Real]]) -> list[Real]:
        found: list[Real] = []
        for pair in self.edges(self.x):
            cosine, left, right = self.profile(self.x, pair)
            t, u = (
                mp.sqrt(mp.fsum(e[g][j] ** 2 for j in self.shared(pair))) / norm
                for g, norm in zip(pair, (left, right), strict=True)
            )
            allowed = mp.sqrt(max(1 - t * t, 0)) * mp.sqrt(max(1 - u * u, 0)) - t * u
            angle = allowed - mp.cos(mp.acos(min(cosine, 1)) - mp.acos(KAPPA))
            q = left / right
            far = max(min(q / b, b / q) for b in (BETA, 1 / BETA))
            ratio = min((1 - u) / (1 + t), (1 - t) / (1 + u)) - far
            if self.letter(self.x, pair) == "T":
                found.append(angle)
            else:
                found.append(ratio if len(self.shared(pair)) == 1 else min(angle, ratio))
        return found

    def margins(self, level: str) -> list[Real]:
        e = self.moved(level)
        found = [min(itertools.chain(*self.cell_margins(e)))]
        found += [min(self.pair_margins(e))] if self.omega is not None else []
        found += [self.nu - self.noise(self.x) - self.noise(e)] if self.nu is not None else []
        return found + ([min(self.label_margins(e))] if self.edges(self.x) else [])

    def agrees(self, level: str) -> bool:
        y = self.x if self.windows(level) == self.windows("100") else self.cells(self.truncated(level))
        if self.supports(y) != self.active or self.edges(y) != self.edges(self.x):
            return False
        quiet = self.nu is None or (self.noise(y) <= self.nu) == (self.noise(self.x) <= self.nu)
        return quiet and all(self.letter(y, pair) == self.letter(self.x, pair) for pair in self.edges(self.x))

    def conclusion(self, level: str) -> list[Real]:
        return [mp.mpf(all(m > 0 for m in self.margins(level))), mp.mpf(self.agrees(level))]

    def static_domain(self) -> Real:
        """Whether ranks are full, and at the largest level below the full windows there are gaps and all margins are
        positive: then there is a level from which on all is so."""
        level = next(level for level in reversed(LEVELS[:-1]) if self.windows(level) != self.windows("100"))
        gaps = [
            side.sigma[r - 1] - side.sigma[r] > side.sigma[0] * mp.mpf(10) ** -40
            for side, r in zip(self.sides, self.windows(level), strict=True)
            if r < side.d
        ]
        full = all(side.rank == side.d for side in self.sides)
        return mp.mpf(full and all(gaps) and all(margin > 0 for margin in self.margins(level)))

    def smallest(self) -> list[Real]:
        found: list[Real] = []
        for place in (0, 1):
            failing = [i for i, level in enumerate(LEVELS) if not self.conclusion(level)[place]]
            found.append(mp.mpf(float(LEVELS[failing[-1] + 1 if failing else 0])))
        return found

    def kept(self, level: str) -> tuple[list[Real], list[Real]]:
        """Cells and columns that keep their side, and pairs and labels."""
        e = self.moved(level)
        yes = [[m > 0 for m in row] for row in self.cell_margins(e)]
        columns = sum(map(all, zip(*yes, strict=True)))
        pairs = sum(m > 0 for m in self.pair_margins(e)) if self.omega is not None else 0
        counts = sum(map(sum, yes)), columns, pairs, sum(m > 0 for m in self.label_margins(e))
        return [mp.mpf(c) for c in counts[:2]], [mp.mpf(c) for c in counts[2:]]

    def truncation(self, level: str) -> list[Real]:
        r, r_next = self.windows(level)
        s, t = ([v * v for v in side.sigma] for side in self.sides)
        first = min(t[0] * mp.fsum(s[r:]), mp.fsum(s[r : r + 1]) * mp.fsum(t))
        second = min(mp.fsum(t[r_next:]) * s[0], mp.fsum(t[r_next : r_next + 1]) * mp.fsum(s[:r]))
        bound = mp.sqrt(first + second) * self.scale
        whole = (r, r_next) == self.windows("100")
        return [mp.mpf(0) if whole else oracle.frobenius(self.truncated(level) - self.whole), bound]

    def support_values(self) -> list[Real]:
        counts = [sum(j in self.active[g] for g in self.rows) for j in range(self.n)]
        return [mp.mpf(sum(counts)), mp.mpf(counts.count(1)), mp.mpf(sum(c >= 2 for c in counts))]

    def graph_values(self) -> list[Real]:
        return [self.noise(self.x), *(self.weight(self.x, pair) for pair in self.edges(self.x))]
