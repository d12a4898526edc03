"""The console of both commands: nothing that was read reaches a terminal raw; every exception has its code."""

from __future__ import annotations

import json
import unicodedata

import click
import pytest
from rich.table import Table
from rich.text import Text

from certify import console
from certify.errors import InputError

HOSTILE = "a\x1b[31m\x07\u202eb\u2066\x9b2J\u2028c\ud800\r"


def harmless(text: str) -> bool:
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in text)


def test_every_character_is_printed_or_named():
    for code in range(0x110000):
        found = console.escaped(chr(code))
        assert harmless(found)
        assert "\n" not in found
    assert console.escaped("a\n\tb", lines=True) == "a\n\\tb"
    assert console.escaped(HOSTILE) == r"a\x1b[31m\x07\u202eb\u2066\x9b2J\u2028c\ud800\r"


@pytest.mark.parametrize("stderr", [False, True])
def test_a_terminal_shows_nothing_raw(stderr, capsys):
    shown = console.terminal(stderr=stderr)
    shown.print(HOSTILE, markup=False)
    shown.print(Text(HOSTILE))
    table = Table(title=HOSTILE)
    table.add_column(HOSTILE)
    table.add_row(HOSTILE)
    shown.print(table)
    found = capsys.readouterr()
    text = found.err if stderr else found.out
    assert "x1b" in text
    assert harmless(text)


def test_json_is_harmless_and_reads_back(capsys):
    value = {HOSTILE: [HOSTILE, "σ ≤ ½", "\U000e0001"]}
    console.print_json(value)
    shown = capsys.readouterr().out
    assert harmless(shown)
    assert "σ ≤ ½" in shown
    assert json.loads(shown) == value


def _command(error: BaseException) -> click.Command:
    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    @click.option("--debug", is_flag=True)
    def command(as_json: bool, debug: bool) -> int:
        raise error

    return command


ERRORS = [
    (InputError(HOSTILE, file=HOSTILE, tensor=HOSTILE, place=HOSTILE, limit=HOSTILE, hint=HOSTILE), 4),
    (ValueError(HOSTILE), 5),
    (MemoryError(), 2),
    (OSError(28, "No space left on device", HOSTILE), 4),
    (click.UsageError(HOSTILE), 2),
    (KeyboardInterrupt(), 130),
]


@pytest.mark.parametrize("words", [[], ["--json"], ["--debug"]], ids=" ".join)
@pytest.mark.parametrize(("error", "code"), ERRORS, ids=lambda x: type(x).__name__)
def test_errors_have_codes_and_are_shown_harmless(error, code, words, capsys):
    assert console.run(_command(error), "tried", words) == code
    shown = capsys.readouterr()
    assert harmless(shown.err)
    assert harmless(shown.out)
    if words == ["--json"] and code in (2, 4, 5) and not isinstance(error, click.UsageError):
        assert json.loads(shown.out)["exit_code"] == code


def test_unknown_words_are_shown_harmless(capsys):
    assert console.run(_command(ValueError()), "tried", [HOSTILE]) == 2
    assert harmless(capsys.readouterr().err)
