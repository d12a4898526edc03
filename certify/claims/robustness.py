"""What is asserted of the radius of an incidence structure: how far X may move before it changes (THEORY E5, E6)."""

from __future__ import annotations

from certify.claims.assertion import Assertion, measured

__all__ = ["RADIUS", "facet_text", "radius", "read_facet"]

RADIUS = "E5.radius"


def facet_text(kind: str, place: tuple[int, ...]) -> str:
    """A facet as it is recorded, groups by their place in the chain: ``column G j``, ``pair G H``, ``noise``, and
    ``angle G H`` or ``ratio G H`` for the label of an edge.

    >>> facet_text("pair", (0, 3)), facet_text("noise", ())
    ('pair 0 3', 'noise')
    """
    return " ".join([kind, *map(str, place)])


def read_facet(text: str) -> tuple[str, tuple[int, ...]] | None:
    """Its inverse; None for what is none.

    >>> read_facet("column 2 17"), read_facet("noise"), read_facet("pair 1"), read_facet("column 1 x")
    (('column', (2, 17)), ('noise', ()), None, None)
    """
    kind, *place = text.split(" ")
    sizes = {"column": 2, "pair": 2, "noise": 0, "angle": 2, "ratio": 2}
    digits = all(item.isascii() and item.isdigit() and len(item) < 10 for item in place)
    if sizes.get(kind) != len(place) or not digits:
        return None
    return kind, tuple(map(int, place))


def radius(facet: str, lines: str, beyond: float, relative: float) -> Assertion:
    """The radius, how long a perturbation is that flips its facet, and the radius of every line.

    Parameters
    ----------
    facet : of :func:`facet_text`.
    lines : ``columns``, and ``pairs``, ``noise`` and ``labels`` where there are such.
    beyond : how far that perturbation takes the activity, weight or norm past its threshold, in units; or the
        correlation past κ, the ratio past β*.
    """
    return measured(
        RADIUS,
        "no E with ‖E‖_F below the first value changes a support, an edge, a label or the side of ν on which the noise "
        "is; one as long as the second, which scales the cells of the facet, does; then the distances of the lines, "
        "all in the units of the thresholds",
        relative,
        count=2 + len(lines.split(",")),
        parameters={"facet": facet, "lines": lines, "beyond": beyond},
        named=("the radius", "the perturbation", *(f"the distance of {line}" for line in lines.split(","))),
    )
