"""A file is written as a whole or not at all, whatever ends the writer, and what a killed one left is removed."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from certify import writing
from certify.certificate import Certificate, document
from certify.errors import InputError, LimitError
from certify.verdict import Verdict
from certify.writing import check_writable, write_whole
from tests.certificate.examples import small
from tests.signals import usual
from theorems.engine.report import Report, Result, save_junit


def left(folder):
    return [name for name in os.listdir(folder) if name.startswith(".polystable-")]


def test_pieces_are_joined_and_counted(tmp_path):
    path = tmp_path / "x"
    write_whole(path, iter([b"ab", b"", b"c"]), limit=3)
    assert path.read_bytes() == b"abc"
    with pytest.raises(LimitError, match="3 bytes"):
        write_whole(path, iter([b"abcd"]), limit=3)
    assert path.read_bytes() == b"abc"
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o664])
def test_the_mode_of_a_replaced_file_is_kept(mode, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_whole(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_links_devices_and_pipes_are_not_replaced(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    os.symlink("file", tmp_path / "link")
    os.symlink("absent", tmp_path / "dangling")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "dangling", "pipe", "/dev/null", ".", "a\0b", "a" * 300):
        for attempt in (check_writable, lambda path: write_whole(path, b"new")):
            with pytest.raises(InputError):
                attempt(tmp_path / name)
    assert (tmp_path / "file").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["dangling", "file", "link", "pipe"]


def test_what_a_dead_writer_left_is_removed_and_a_living_one_keeps_its_own(tmp_path):
    (tmp_path / ".polystable-dead").write_bytes(b"half")
    handle, living = writing._locked(str(tmp_path))
    try:
        write_whole(tmp_path / "x", b"new")
        assert left(tmp_path) == [os.path.basename(living)]
    finally:
        os.close(handle)
    write_whole(tmp_path / "x", b"newer")
    assert os.listdir(tmp_path) == ["x"]
    writing._temporary.clear()


def test_junit_files_hold_no_control_characters(tmp_path):
    from xml.etree import ElementTree

    found = Report((Result("D3", "numeric", "a\x1bb", Verdict.CERTIFIED, "\x00\u202e\nc"),))
    save_junit(found, tmp_path / "x.xml")
    case = ElementTree.parse(tmp_path / "x.xml").getroot()[0][0]
    assert case.get("name") == r"a\x1bb"
    assert case[0].text == "\\x00\\u202e\nc"


def test_what_can_be_saved_can_be_loaded(tmp_path, monkeypatch):
    size = len(small().to_bytes())
    for limit, fits in ((size, True), (size - 1, False)):
        monkeypatch.setattr(document, "_SIZE_LIMIT", limit)
        if fits:
            small().save(tmp_path / "c.json")
        else:
            with pytest.raises(LimitError):
                small().save(tmp_path / "d.json")
    assert Certificate.load(tmp_path / "c.json", size_limit=size) == small()
    assert os.listdir(tmp_path) == ["c.json"]
    # 271 MB were more than was read.
    assert Certificate.load.__kwdefaults__["size_limit"] > 10**9


def test_the_digest_is_the_same_in_pieces():
    from certify.certificate.exact_json import canonical

    body = small().to_json()
    del body["digest"]
    import hashlib

    assert hashlib.sha256(canonical(body)).hexdigest() == small().digest


WRITER = """
import itertools, os, sys
from certify.writing import write_whole
print("ready", flush=True)
for n in itertools.count():
    write_whole(sys.argv[1], (bytes([n % 256]) * 4096 for _ in range(64)))
"""
COMMAND = """
import sys
from certify.writing import write_whole
from certify import console
import click, time

@click.command()
def command():
    def pieces():
        yield b"half"
        print("ready", flush=True)
        time.sleep(60)
    write_whole(sys.argv[1], pieces())
    return 0

sys.exit(console.run(command, "tried", []))
"""


def started(script, *words):
    process = subprocess.Popen(
        [sys.executable, "-c", script, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=usual,
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_leaves_nothing_half_written(number, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with started(COMMAND, str(path)) as process:
        assert left(tmp_path)
        process.send_signal(number)
        code = process.wait(timeout=20)
        assert "Traceback" not in process.stderr.read()
    assert code == (130 if number == signal.SIGINT else -number)
    assert os.listdir(tmp_path) == ["x"]
    assert path.read_bytes() == b"old"


def test_an_ignored_signal_stays_ignored(tmp_path):
    script = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + COMMAND.replace("60", "0.5")
    with started(script, str(tmp_path / "x")) as process:
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=20) == 0
    assert (tmp_path / "x").read_bytes() == b"half"


@pytest.mark.slow
def test_a_hundred_kills_leave_the_old_file_or_the_new_one(tmp_path):
    path, rng, leftovers = tmp_path / "x", random.Random(8), 0
    write_whole(path, b"\xff" * 4096 * 64)
    for _ in range(100):
        with started(WRITER, str(path)) as process:
            time.sleep(rng.uniform(0, 0.05))
            process.kill()
        data = path.read_bytes()
        assert data == data[:1] * (4096 * 64)
        leftovers += len(left(tmp_path))
        assert len(left(tmp_path)) <= 1
    assert leftovers > 10
    write_whole(path, b"whole")
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.slow
def test_kills_of_the_command(tmp_path):
    weights, saved, page = tmp_path / "w.npz", tmp_path / "c.json", tmp_path / "c.html"
    np.savez(weights, **{"layers.0": np.diag([2.0, 1.0]), "layers.1": np.array([[5.0, 1.0], [0.0, 1.0]])})
    command = [sys.executable, "-m", "certify", "chain", str(weights), "-o", str(saved), "--html", str(page)]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    whole = time.perf_counter() - start
    kept, before = (saved.read_bytes(), page.read_bytes()), weights.read_bytes()
    rng = random.Random(9)
    for _ in range(20):
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=usual
        ) as process:
            time.sleep(rng.uniform(0.5, 1.0) * whole)
            process.kill()
        assert (saved.read_bytes(), page.read_bytes()) == kept
        assert weights.read_bytes() == before
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert sorted(os.listdir(tmp_path)) == ["c.html", "c.json", "w.npz"]
