"""What a certificate says of itself is data: no terminal and no page gets a control character from it."""

from __future__ import annotations

import html
import re

import pytest

from certify import cli
from certify.certificate import Certificate, InputRecord, LeftOutRecord, NotAsked, TensorRecord
from certify.report.page import page
from certify.verdict import Claim, Enclosure, Kind, Verdict
from tests.cli.test_console import HOSTILE, harmless

TEXT = HOSTILE.replace("\ud800", "") + "<b>\n"
PARAMETERS = {"polystable": TEXT, "reason": TEXT, "dimensions": f"{TEXT},1"}


def hostile() -> Certificate:
    claims = [
        Claim(id, TEXT, kind, TEXT, verdict, values, Enclosure(*margin), False, PARAMETERS, TEXT, TEXT)
        for id, values in ((TEXT, ()), ("A4.polystable", ()), ("A5.barcode", (Enclosure(1.0, 1.0),) * 3))
        for kind, verdict, margin in (
            (Kind.MEASUREMENT, Verdict.CERTIFIED, (0.0, 0.0)),
            (Kind.INEQUALITY, Verdict.REFUTED, (-1.0, -1.0)),
            (Kind.MEASUREMENT, Verdict.UNDECIDED, (-1.0, -1.0)),
        )
    ]
    tensor = TensorRecord(TEXT, TEXT, TEXT.replace("\\", ""), (1, 1), TEXT[:32], False, "0" * 64)
    record = InputRecord(TEXT, (tensor,), (), (LeftOutRecord(TEXT, TEXT),))
    return Certificate.build(record, {TEXT: TEXT}, claims, [NotAsked(TEXT, TEXT, TEXT)])


def test_the_page_of_a_hostile_certificate():
    found = page(hostile(), title=TEXT)
    assert harmless(found)
    assert "<b>" not in found
    assert r"\u202e" in html.unescape(re.sub("<[^>]*>", "", found))


@pytest.mark.parametrize("words", [[], ["--json"], ["-n", "2"]], ids=" ".join)
def test_explore_shows_a_hostile_certificate_harmless(words, tmp_path, capsys):
    hostile().save(tmp_path / "c.json")
    assert cli.run(["explore", str(tmp_path / "c.json"), *words]) == 0
    shown = capsys.readouterr()
    assert harmless(shown.out)
    assert "202e" in shown.out


def test_a_rejection_is_shown_harmless(tmp_path, capsys):
    hostile().save(tmp_path / "c.json")
    (tmp_path / "w.npz").write_bytes(b"")
    for words in ([], ["--json"]):
        assert cli.run(["verify", str(tmp_path / "c.json"), str(tmp_path / "w.npz"), *words]) == 4
        shown = capsys.readouterr()
        assert harmless(shown.out + shown.err)
