"""Every sentence of a certificate, for sample numbers; ``python -m tests.certificate.sentences`` writes them.

``sentences.txt`` beside this file is the golden copy. A changed word is a change of the schema: write the file anew,
and read the diff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from certify.claims import (
    alignment,
    causes,
    component,
    domain,
    heads,
    horizon,
    incidence,
    interface,
    layer,
    nulls,
    rigidity,
    robustness,
    storage,
)
from certify.claims.assertion import Assertion
from certify.heads import Heads
from certify.verdict import Enclosure, Kind, Verdict

GOLDEN = Path(__file__).with_name("sentences.txt")

_HEADS = Heads("layer 3", 4, 2, 2, ())
_QUERY, _OUTPUT = heads.Role(_HEADS, "query", (8, 5)), heads.Role(_HEADS, "output", (5, 8))
_GROUPS, _COPIES = heads.Role(_HEADS, "key", (4, 5)), heads.Role(_HEADS, "value", (8, 5))

ASSERTIONS: dict[Callable[..., Assertion], list[tuple]] = {
    layer.finite: [()],
    layer.rank: [(3, "enclosure"), (3, "exact")],
    layer.normalization: [()],
    layer.sigma: [(3, 0.5, 2.5)],
    layer.top_radial: [(3, 0.5)],
    layer.alpha: [(chart, 3, 0.5) for chart in layer.CHARTS],
    layer.residual: [(chart, 3, 0.5) for chart in layer.CHARTS],
    layer.effective_rank: [(90,)],
    layer.gap: [(2,)],
    interface.cosines: [(2, 0.5)],
    interface.sines: [(2, 0.5)],
    interface.overlap: [(2, 0.5)],
    interface.imbalance: [(0.5, 3.0), (0.5, float("inf"))],
    interface.relative_imbalance: [(0.5,)],
    interface.commutator: [(0.5,)],
    nulls.overlap_null: [(2, 5, 0.5, Enclosure(0.25, 0.5)), (2, 5, 0.5, Enclosure(0.0, 0.5))],
    nulls.commutator_null: [(5, Enclosure(-3.0, -2.0)), (5, Enclosure(-0.5, 0.5))],
    alignment.diagonal: [(0.5, 3.0)],
    alignment.ranks: [()],
    alignment.angle: [(2, 5, 0.5)],
    alignment.levels: [(2,)],
    interface.truncation: [(2, 0.5, 3.0)],
    interface.intersection: [(4, "inequality", 7), (4, "modular", 7), (4, "exact", 7), (4, "bounds", 7)],
    incidence.thresholds: [("0:8;8:16", 2, "adapted", "99", -3)],
    incidence.supports: [(4, 2, 0.5, {"active 0": "a0", "active 1": "30"})],
    incidence.graph: [("80", 1, 0.25, 0.125), ("00", 0, 0.25, 0.125)],
    incidence.labels: [("C", 1, 0.9, 2.0, 0.125)],
    incidence.truncation: [("99.9", (3, 4), 0.125)],
    incidence.columns: [("99.9", (3, 4), 8, 4, 0.25)],
    incidence.pairs: [("99.9", (3, 4), 1, 1)],
    incidence.margins: [("99.9", (3, 4), "cells,noise", 2, 0.125)],
    incidence.conclusion: [("99.9", (3, 4))],
    incidence.smallest_level: [()],
    rigidity.transport_amplitudes: [(0.5,)],
    rigidity.transport_slack: [(0.5,)],
    rigidity.transport_drift: [(chart, 3) for chart in layer.CHARTS],
    rigidity.product_amplitude: [(0.5,)],
    rigidity.product_slack: [(0.5,)],
    rigidity.product_drift: [(chart, 3, 2) for chart in layer.CHARTS],
    robustness.radius: [("pair 0 3", "columns,pairs,noise", 0.25, 0.5)],
    storage.ball: [("bf16", 0.5, 3.0), ("int8_stored", 0.5, 3.0)],
    storage.rank: [("int8", 3)],
    storage.gaps: [("fp16", 3, (1, 2)), ("fp16", 3, ())],
    horizon.half_life: [(horizon.Flow("1e-3"), 0.5, 693.0)],
    horizon.path: [(2, 0.5, 3.0)],
    horizon.horizon: [
        (2, horizon.Flow("1e-3", "0.5"), 0.5, 3.0),
        (2, horizon.Flow("1e-3", "none", "0.5"), 0.5, 3.0),
        (2, horizon.Flow("1e-3", "0.5", "0.25"), 0.5, 3.0),
    ],
    horizon.bound: [(2, 5, horizon.Flow("1e-3", "0.5"), 0.5)],
    storage.structure: [("int8", (8, 4), (1, 1), "f0", 0.25), ("fp16", (8, 4), None, "f0", 0.25)],
    domain.spectral: [
        ({"full rank": Verdict.CERTIFIED, "slack": None}, ("", ""), ()),
        ({"full rank": Verdict.CERTIFIED, "drift": Verdict.UNDECIDED}, ("edge a -> b", "D4.x"), ("kl", "log_log")),
    ],
    domain.chain_spectral: [((Verdict.CERTIFIED, Verdict.REFUTED), ("edge a -> b", "edge b -> c"))],
    domain.static: [
        ({"columns": Verdict.CERTIFIED, "pairs": None}, "99", True, Verdict.CERTIFIED, ""),
        ({"rank": Verdict.CERTIFIED, "columns": Verdict.REFUTED}, "99.9", False, Verdict.UNDECIDED, "columns"),
        ({"rank": Verdict.CERTIFIED, "columns": Verdict.UNDECIDED}, "", False, None, ""),
    ],
    domain.chain_static: [((Verdict.UNDECIDED,), ("edge a -> b",))],
    component.polystable: [
        (Verdict.CERTIFIED, [(2, 2), (2, 2)], (2, 2)),
        (Verdict.REFUTED, [(2, 3), (3, 3)], (2, 2)),
        (Verdict.UNDECIDED, [(2, 3), (3, 3)], (1, 3)),
    ],
    component.product_sigma: [(2, 0.5, 3.0)],
    component.kempf_ness_gap: [(2, 0.5, 3.0)],
    component.relative_kempf_ness_gap: [(2, 0.5)],
    component.ranks: [((2, 3, 2),)],
    component.barcode: [((2, 3, 2),)],
    heads.ranks: [(_QUERY,), (_OUTPUT,), (_GROUPS,), (_COPIES,)],
    heads.overlap: [(_QUERY, 0.5), (_OUTPUT, 0.5)],
    heads.product_ranks: [("qk", _HEADS), ("ov", _HEADS)],
    heads.product_sigma: [(name, _HEADS, 2, 0.5, [Enclosure(1.0, 2.0)]) for name in ("qk", "ov")],
    heads.null: [(_QUERY, 0.5, Enclosure(0.25, 0.5)), (_QUERY, 0.5, Enclosure(0.0, 0.5))],
}

_APART, _CLOSE = [Enclosure(1.0, 1.0), Enclosure(0.5, 0.5)], [Enclosure(0.5, 1.0)] * 2

CAUSES: dict[str, list[tuple]] = {
    "undecided": [
        (Kind.INEQUALITY, 0.25, 0.0),
        (Kind.MEASUREMENT, None, 0.125),
        (Kind.MEASUREMENT, 0.25, 0.125),
        (Kind.MEASUREMENT, 0.25, 0.125, "the margin of labels"),
    ],
    "no_gap": [(2,), (1, _APART, _CLOSE), (1, _CLOSE, _APART), (1, _CLOSE, _CLOSE), (1, _APART, _APART)],
    "effective_rank_open": [(90, 1.0, 2.0)],
    "not_decided": [(("cells", "columns"), (3.0, 0.0)), (("whether it holds",), (1.0,))],
    "moved": [(3, [2, 5]), (3, [2])],
    "windows_beyond": [(0,), (3,)],
    "format_overflows": [("fp16",)],
    "format_swamps": [("fp16",)],
    "no_window": [("99.9",)],
    "not_linear": [("relu",)],
    "too_large_transport": [(8192, 65536, 2**26)],
    "too_many_groups": [(300, 256)],
    "too_many_heads": [(300, 256)],
    "exact_work": [(0.0,), (10.0,)],
    "exact_memory": [(5000, 4000)],
    "ranks_bounded": [([(1, 2), (2, 2)], 0.0), ([(1, 2), (0, 2)], 2.5)],
    "too_many_layers": [(30, 24)],
}


def _assertion_lines(name: str, asserted: Assertion) -> Iterator[str]:
    decided = "no wider than the limit"
    if asserted.kind is Kind.INEQUALITY:
        decided = "margin > 0" if asserted.strict else "margin >= 0"
    yield f"{asserted.id}    ({name})"
    yield f"    {asserted.statement}"
    yield f"    {asserted.kind.value} of {asserted.count}, certified when {decided}"
    for key, value in asserted.parameters.items():
        yield f"    {key} = {value!r}"
    if asserted.note:
        yield f"    note: {asserted.note}"


def _cause_lines() -> Iterator[str]:
    for name in causes.__all__:
        found = getattr(causes, name)
        if callable(found):
            yield from (f"{name}: {found(*arguments)}" for arguments in CAUSES[name])
        elif isinstance(found, dict):
            yield from (f"{name} {key}: {text}" for key, texts in found.items() for text in texts)
        else:
            yield from (f"{name}: {text}" for text in ([found] if isinstance(found, str) else found))


def sentences() -> str:
    """The text of the golden file."""
    lines = ["SUBJECTS", layer.subject("a"), interface.subject("a", "b"), heads.subject(_HEADS), "", "CLAIMS"]
    for function, samples in ASSERTIONS.items():
        name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        for arguments in samples:
            lines += _assertion_lines(name, function(*arguments))
    lines += ["", "CAUSES AND REASONS", *_cause_lines()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    GOLDEN.write_text(sentences(), encoding="utf-8")
