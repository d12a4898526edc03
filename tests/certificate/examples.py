"""Small certificates made by hand, and Hypothesis strategies for arbitrary ones."""

from __future__ import annotations

from hypothesis import strategies as st

from certify.certificate import Certificate, InputRecord, LeftOutRecord, NotAsked, TensorRecord
from certify.verdict import Claim, Enclosure, Kind, Verdict

TENSORS = (
    TensorRecord("a", "a.weight", "net.npz", (2, 3), "F32", False, "0" * 64),
    TensorRecord("b", "b.weight", "net.npz", (4, 2), "F64", True, "ab" * 32),
)


def small() -> Certificate:
    """Two layers, one edge, one claim of each kind."""
    rank = Claim(
        "E7.rank", "layer a", Kind.INEQUALITY, "the rank is full: 2", Verdict.CERTIFIED,
        (Enclosure(2.0, 2.0),), Enclosure(1.0, 1.0), parameters={"full": 2, "method": "enclosure"},
    )  # fmt: skip
    radial = Claim(
        "D4.top_radial", "layer b", Kind.MEASUREMENT, "r", Verdict.UNDECIDED, (Enclosure(0.1, 0.2),),
        Enclosure(-0.1, -0.05), False, {"width_limit": 1e-6}, "too wide", "a note",
    )  # fmt: skip
    return Certificate.build(
        InputRecord("npz", TENSORS, ((0, 1),), (LeftOutRecord("a.bias", "one-dimensional"),)),
        {"windows": "auto", "alpha_width": 1e-3, "count": 3},
        [rank, radial],
        [NotAsked("D4.slack.transport", "edge a -> b", "not square")],
    )


text = st.text(max_size=12)
number = st.floats(allow_nan=False)
scalar = st.one_of(text, number, st.integers(-(2**63), 2**63 - 1))


@st.composite
def enclosures(draw: st.DrawFn) -> Enclosure:
    a, b = sorted((draw(number), draw(number)))
    return Enclosure(a, b)


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    return Claim(
        draw(text), draw(text), draw(st.sampled_from(Kind)), draw(text), draw(st.sampled_from(Verdict)),
        tuple(draw(st.lists(enclosures(), max_size=4))), draw(enclosures()), draw(st.booleans()),
        draw(st.dictionaries(text, scalar, max_size=3)), draw(text), draw(text),
    )  # fmt: skip


def _certificate(found, thresholds, skipped) -> Certificate:
    return Certificate(InputRecord("npz", TENSORS, ((0, 1),)), thresholds, tuple(found), tuple(skipped))


certificates = st.builds(
    _certificate,
    st.lists(claims(), max_size=4),
    st.dictionaries(text, scalar, max_size=4),
    st.lists(st.builds(NotAsked, text, text, text), max_size=2),
)
