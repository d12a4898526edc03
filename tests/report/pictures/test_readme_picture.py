"""The README's picture is the one that the command draws of the example."""

from __future__ import annotations

from pathlib import Path

import certify
from certify.report.figures import save_plots

ROOT = Path(__file__).parents[3]
PICTURE = "docs/pictures/digits-overlap.svg"


def test_picture_is_drawn_anew_the_same(tmp_path) -> None:
    save_plots(certify.certify(ROOT / "docs/examples/digits_mlp.safetensors"), tmp_path)
    drawn = (tmp_path / "overlap-against-chance.svg").read_bytes()
    assert drawn == (ROOT / PICTURE).read_bytes(), f"write {PICTURE} again: certify chain --plots DIR"
    assert f"({PICTURE})" in (ROOT / "README.md").read_text(encoding="utf-8")
