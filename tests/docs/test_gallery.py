"""The counterexamples of the gallery stand, and the page shows them as they are."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import theorems
from certify.errors import CertificateError
from theorems.cli import run

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


def _generator():
    spec = importlib.util.spec_from_file_location("make_gallery", GALLERY / "make_gallery.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()


@pytest.mark.parametrize("entry", GENERATOR.ENTRIES, ids=lambda e: e.name)
def test_witness_stands_and_is_shown_as_it_is(entry):
    witness = theorems.verify(GALLERY / f"{entry.name}.json")
    assert witness.theorem.id == entry.theorem
    assert witness.dropped == entry.options.get("drop")
    assert witness.reading.name == entry.options.get("reading", witness.reading.name)
    assert witness.instance.height() <= 300
    shown = (GALLERY / f"{entry.name}.txt").read_text(encoding="utf-8")
    assert shown == GENERATOR.fragment(entry, witness), "run: python docs/gallery/make_gallery.py --redraw"
    picture = ElementTree.parse(GALLERY / f"{entry.name}.svg").getroot()
    assert len(list(picture.iter())) > 10


def test_page_shows_every_entry_once():
    page = (GALLERY / "index.md").read_text(encoding="utf-8")
    names = [entry.name for entry in GENERATOR.ENTRIES]
    assert re.findall(r"\{include\} (\S+)\.txt", page) == re.findall(r"\]\((\S+)\.svg\)", page)
    assert sorted(re.findall(r"\{include\} (\S+)\.txt", page)) == sorted(names)
    for word in ("Why one expects it", "Where it fails", "What repairs it"):
        assert page.count(f"**{word}.**") == len(names)
    assert {path.stem for path in GALLERY.glob("*.json")} == set(names)


def test_command_line_accepts_and_a_changed_digit_is_noticed(tmp_path, capsys):
    file = GALLERY / "d4-slack.json"
    assert run(["verify", str(file)]) == 0
    assert "accepted" in capsys.readouterr().out
    data = json.loads(file.read_text(encoding="utf-8"))
    data["instance"]["A"][2][2] = "7"
    with pytest.raises(CertificateError):
        theorems.verify(data)


def test_generator_draws_again_what_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(GENERATOR, "HERE", tmp_path)
    (tmp_path / "a2-angles.json").write_bytes((GALLERY / "a2-angles.json").read_bytes())
    GENERATOR.main(["a2-angles", "--redraw"])
    assert (tmp_path / "a2-angles.json").read_bytes() == (GALLERY / "a2-angles.json").read_bytes()
    assert (tmp_path / "a2-angles.svg").read_bytes() == (GALLERY / "a2-angles.svg").read_bytes()
