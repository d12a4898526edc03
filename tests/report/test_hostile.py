"""What a certificate says of itself is data: no terminal and no page gets a control character from it."""

from __future__ import annotations

import html
import math
import re

import pytest

from certify import cli
from certify.certificate import Certificate, InputRecord, LeftOutRecord, NotAsked, TensorRecord
from certify.report.barcode import bars_of
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


@pytest.mark.parametrize(
    ("groups", "columns", "active"),
    [
        ("0:1", 10**15, {}), ("0:1", -3, {"active 0": "80"}), ("0:1", 9, {"active 0": "80"}),
        ("0:1", 4, {"active 0": "zz"}), (";".join(["0:1"] * 4000), 4, {}), ("0:1;1:2", TEXT, {}),
        (TEXT, 4, {"active 0": "f0"}), ("", math.inf, {}),
    ],
)  # fmt: skip
def test_row_groups_that_are_none_are_not_drawn_and_do_no_harm(groups, columns, active):
    names = ("a", "b")
    tensors = tuple(TensorRecord(name, name, "m.npz", (1, 1), "F64", False, "0" * 64) for name in names)
    thresholds = (Enclosure(1.0, 1.0),) * len(groups.split(";"))
    claims = [
        Claim("E4.thresholds", "edge a -> b", Kind.MEASUREMENT, "", Verdict.CERTIFIED, thresholds, Enclosure(0.0, 0.0),
              False, {"groups": groups, "exponent": 0}),
        Claim("E4.supports", "edge a -> b", Kind.MEASUREMENT, "", Verdict.CERTIFIED, (Enclosure(1.0, 1.0),) * 3,
              Enclosure(0.0, 0.0), False, {"columns": columns, "hub_groups": 2, "noise_threshold": 1.0, **active}),
        Claim("E4.graph", "edge a -> b", Kind.MEASUREMENT, "", Verdict.CERTIFIED, (Enclosure(1.0, 1.0),) * 2,
              Enclosure(0.0, 0.0), False, {"edges": "ff", "edge_threshold": 0.0}),
    ]  # fmt: skip
    certificate = Certificate(InputRecord("npz", tensors, ((0, 1),)), {}, tuple(claims))
    found = page(certificate)
    assert harmless(found)
    assert "<b>\n" not in found


def test_a_barcode_of_too_many_spaces_is_not_tried():
    parameters = {"dimensions": ",".join("9" * 8000)}
    claim = Claim("A5.barcode", "chain", Kind.MEASUREMENT, "", Verdict.CERTIFIED, (Enclosure(1.0, 1.0),),
                  Enclosure(0.0, 0.0), False, parameters)  # fmt: skip
    assert bars_of(claim) == {}
