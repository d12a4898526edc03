"""Tables ``[[heads]]``: what is read, recorded and refused, in a chain file, from arrays and in a certificate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from certify.certificate import Certificate, InputRecord
from certify.certificate.exact_json import Reader
from certify.chain import Chain, load
from certify.checker import verify
from certify.checker.verification import RejectedError
from certify.cli import run
from certify.errors import CertificateError, ChainError
from certify.heads import Heads

LAYERS = 'edges = []\n[[layers]]\ntensor = "q"\n[[layers]]\ntensor = "k"\n[[layers]]\ntensor = "o"\n'
TABLE = '[[heads]]\nname = "layer 3"\ncount = 4\nsize = 2\nkv = 2\nquery = "q"\nkey = "k"\noutput = "o"\n'


@pytest.fixture
def folder(tmp_path) -> Path:
    rng = np.random.default_rng(0)
    shapes = {"q": (8, 5), "k": (4, 5), "o": (5, 8)}
    np.savez(tmp_path / "m.npz", **{name: rng.standard_normal(shape) for name, shape in shapes.items()})
    return tmp_path


def read(folder: Path, text: str) -> Chain:
    (folder / "c.toml").write_text(text)
    return load(folder / "m.npz", folder / "c.toml")


def test_a_structure_is_read_and_recorded(folder):
    chain = read(folder, LAYERS + TABLE)
    wanted = Heads("layer 3", 4, 2, 2, (("query", 0), ("key", 1), ("output", 2)))
    assert chain.heads == (wanted,)
    record = InputRecord.of(chain)
    assert record.to_json()["heads"][0]["layers"] == {"query": 0, "key": 1, "output": 2}
    assert InputRecord.read(Reader(record.to_json())).heads == (wanted,)
    assert "heads" not in InputRecord.of(read(folder, LAYERS)).to_json()
    alone = read(folder, LAYERS + '[[heads]]\ncount = 2\nsize = 4\nquery = "q"\n')
    assert alone.heads == (Heads("q", 2, 4, 2, (("query", 0),)),)


REFUSED = [
    ('query = "q"', 'query = "x"', "the query is no layer: 'x' (", "heads[0].query, line 13"),
    ("count = 4", "count = 3", "it has 8 columns, and 3 heads of 2 are 6 columns", "heads[0]"),
    ("size = 2", "size = 0", "size of heads is not a whole number of at least 1: 0", "heads[0].size, line 11"),
    ("size = 2\n", "", "size of heads is missing", "heads[0].size, line 8"),
    ("size = 2", "size = true", "not a whole number", "heads[0].size"),
    ("kv = 2", "kv = 3", "3 groups of keys and values do not divide 4 heads", "heads[0].kv, line 12"),
    ("kv = 2", "kv = 1", "it has 4 rows, and 1 group of 2 are 2 rows, or 8 where the layer repeats", "heads[0].key"),
    ("kv = 2", "groups = 2", "unknown key 'groups' of heads", "heads[0].groups, line 12"),
    ('name = "layer 3"', "name = 3", "the name of heads is not text", "heads[0].name"),
    ('query = "q"\nkey = "k"\noutput = "o"\n', "", "heads without a layer", "heads[0].query"),
    ('query = "q"', 'query = "k"', "layer 'k' does not hold the query of heads 'layer 3'", "heads[0].query"),
]


@pytest.mark.parametrize(("old", "new", "words", "place"), REFUSED, ids=[words for _, _, words, _ in REFUSED])
def test_what_is_refused(folder, old, new, words, place):
    table = TABLE.replace(old, new)
    if "count = 3" in new:
        table = table.replace('query = "q"\nkey = "k"\n', "").replace("kv = 2\n", "")
    with pytest.raises(ChainError) as caught:
        read(folder, LAYERS + table)
    assert words in str(caught.value)
    assert place in str(caught.value)


def test_two_of_one_name_and_no_tables_are_refused(folder):
    with pytest.raises(ChainError, match="two head structures are called 'layer 3'"):
        read(folder, LAYERS + TABLE + TABLE)
    with pytest.raises(ChainError, match="heads are not tables"):
        read(folder, "heads = 3\n" + LAYERS)
    with pytest.raises(ChainError, match="unknown key 'sizes'"):
        Chain.from_arrays([np.eye(2)], heads=[{"count": 1, "sizes": 2, "query": "W1"}])


def test_a_certificate_of_other_heads_is_rejected(folder):
    read(folder, LAYERS + TABLE)
    where = [str(folder / "m.npz"), "--chain", str(folder / "c.toml")]
    assert run(["chain", *where, "-o", str(folder / "c.json"), "--threshold", "incidence_levels=none"]) in (0, 3)
    assert verify(folder / "c.json", folder / "m.npz", folder / "c.toml").reasons == ()
    assert any(claim.subject == "heads layer 3" for claim in Certificate.load(folder / "c.json").claims)
    read(
        folder,
        LAYERS + TABLE.replace("count = 4", "count = 8").replace("size = 2", "size = 1").replace("kv = 2", "kv = 4"),
    )
    with pytest.raises(RejectedError) as caught:
        verify(folder / "c.json", folder / "m.npz", folder / "c.toml")
    assert any(reason.place.startswith("input.heads[0].count") for reason in caught.value.verification.reasons)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kv": 3}, "do not divide"), ({"count": 0}, "below 1"), ({"name": ""}, "without a name"),
        ({"layers": {}}, "without a layer"), ({"layers": {"query": 7}}, "by its place"), ({"size": 3}, "8 rows, and"),
        ({"layers": {"gate": 0}}, "unknown field"), ({"more": 1}, "unknown field"),
    ],
)  # fmt: skip
def test_a_record_that_is_none_is_refused(folder, change, words):
    record = InputRecord.of(read(folder, LAYERS + TABLE)).to_json()
    record["heads"][0] |= change
    with pytest.raises(CertificateError, match=words):
        InputRecord.read(Reader(record))


def test_records_twice_and_none_are_refused(folder):
    record = InputRecord.of(read(folder, LAYERS + TABLE)).to_json()
    with pytest.raises(CertificateError, match="same name"):
        InputRecord.read(Reader({**record, "heads": record["heads"] * 2}))
    with pytest.raises(CertificateError, match="no head structures"):
        InputRecord.read(Reader({**record, "heads": []}))
