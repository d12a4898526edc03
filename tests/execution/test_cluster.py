"""Work on a cluster: the bytes of a run on this machine, whatever becomes of the workers, and clean refusals."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from certify import cli
from certify.chain import Chain, load
from certify.claims.thresholds import Thresholds
from certify.errors import InputError, LimitError, UnsupportedError, UsageError
from certify.execution import certify, cluster, remote, work
from certify.execution.journal import opened
from tests.signals import usual

try:
    import distributed
except ImportError:
    distributed = None

# Dask opens sockets and event loops that its threads close when they come to it.
pytestmark = [pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")]
needs_dask = pytest.mark.skipif(distributed is None, reason="distributed (extra cluster) is not installed")


def weights(count: int = 5, n: int = 24) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    found = {f"w{i}": rng.standard_normal((n, n)).astype(np.float32) for i in range(count)}
    found["w2"] = np.outer(np.arange(1.0, n + 1), np.arange(2.0, n + 2)).astype(np.float32)
    return found


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    save_file(weights(), tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


@pytest.fixture(scope="module")
def two() -> Iterator[Any]:
    """A cluster of two processes of one thread each."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, memory_limit=0, dashboard_address="127.0.0.1:0"
        ) as found,
        distributed.Client(found, set_as_default=False) as client,
    ):
        yield client


def address(client: Any) -> str:
    return client.scheduler.address


def dies_once(flag: str, name: str) -> None:
    """Run on a worker: its process ends, as by ``kill -9``, at work on the layer called ``name``, but only once."""
    real = work.measure_layer

    def measured(layer: str, *rest: Any) -> Any:
        found = real(layer, *rest)
        if layer == name and not os.path.exists(flag):
            Path(flag).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    work.measure_layer = measured


def always_dies(name: str) -> None:
    def measured(layer: str, *rest: Any) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    work.measure_layer = measured


@needs_dask
def test_processes_of_this_machine_give_the_same_bytes(stored, monkeypatch) -> None:
    monkeypatch.chdir(stored.parent)
    chain = load(stored.name)
    seen: list[tuple[int, int, str]] = []
    found = certify(chain, workers=1, cluster="local", progress=lambda *step: seen.append(step))
    assert found.to_bytes() == certify(load(stored), workers=1).to_bytes()
    assert [done for done, _, _ in seen] == list(range(seen[-1][1] + 1))


@needs_dask
def test_workers_that_do_not_see_the_file_are_sent_the_weights(stored, two, monkeypatch) -> None:
    whole = certify(load(stored), workers=1).to_bytes()
    chain = load(stored)
    monkeypatch.setattr(cluster, "_paths", lambda chain: {"/nowhere/at/all": 1})
    shipped: list[str] = []
    monkeypatch.setattr(cluster, "sent", lambda item: (shipped.append(item.name), remote.sent(item))[1])
    assert certify(chain, cluster=address(two)).to_bytes() == whole
    assert set(shipped) == {"w0", "w1", "w2", "w3", "w4"}


@needs_dask
def test_arrays_in_memory_are_sent(two) -> None:
    matrices = list(weights().values())
    heads = {"count": matrices[0].shape[0], "size": 1, "query": "W1", "key": "W1"}
    chain = Chain.from_arrays(matrices, heads=[heads])
    assert certify(chain, cluster=address(two)).to_bytes() == certify(chain, workers=1).to_bytes()


@needs_dask
def test_a_worker_that_dies_at_work_is_replaced_and_nothing_is_lost(stored, two, tmp_path) -> None:
    two.run(dies_once, str(tmp_path / "died"), "w3")
    with opened(tmp_path / "j", load(stored), Thresholds()) as journal:
        found = certify(load(stored), cluster=address(two), journal=journal)
    assert (tmp_path / "died").exists()
    assert found.to_bytes() == certify(load(stored), workers=1).to_bytes()
    with opened(tmp_path / "j", load(stored), Thresholds()) as journal:
        # All of it was written down: five layers, four edges, the chain.
        assert len(journal.known) == 10
        assert certify(load(stored), cluster=address(two), journal=journal).to_bytes() == found.to_bytes()


@needs_dask
def test_a_file_that_was_changed_is_noticed_by_the_worker(stored, two) -> None:
    chain = load(stored)
    for layer in chain.layers:
        assert layer.sha256
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    stored.write_bytes(data)
    with pytest.raises(InputError, match="not those read before"):
        certify(chain, cluster=address(two))


@needs_dask
def test_a_matrix_that_is_refused_stops_the_run(two) -> None:
    arrays = list(weights(3, 4).values())
    chain = Chain.from_arrays(arrays)
    broken = bytearray(chain.layers[1].stored.source.data)
    broken[:4] = np.array([np.nan], "<f4").tobytes()
    object.__setattr__(chain.layers[1].stored.source, "data", bytes(broken))
    with pytest.raises(InputError, match="W2"):
        certify(chain, cluster=address(two))


@needs_dask
def test_workers_of_another_version_and_too_little_memory_are_refused(stored, two, monkeypatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(cluster, "version", lambda: "9.9")
        with pytest.raises(InputError, match=r"runs version .* and this is 9\.9"):
            certify(load(stored), cluster=address(two))
    sight = remote.Sight(remote.version(), True, 2, 10**8)
    monkeypatch.setattr(type(two), "run", lambda self, *args: {"tcp://w:1": sight})
    with pytest.raises(LimitError, match=r"0\.1 GB, by its --memory-limit"):
        certify(load(stored), cluster=address(two))


@needs_dask
@pytest.mark.parametrize("wrong", ["foo", "xyz://a:1", "tcp://127.0.0.1:1", "", "tcp://127.0.0.1:99999"])
def test_addresses_that_lead_nowhere_are_refused(stored, wrong, monkeypatch, capsys) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 0.5)
    assert cli.run(["chain", str(stored), "--cluster", wrong]) == 4
    assert "there is no cluster to work on" in capsys.readouterr().err


@needs_dask
def test_a_scheduler_without_workers_is_refused(stored, monkeypatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1.0)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0") as empty,
        pytest.raises(InputError, match="no workers"),
    ):
        certify(load(stored), cluster=empty.scheduler_address)


@needs_dask
def test_what_kills_every_worker_is_given_up(stored) -> None:
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, memory_limit=0, dashboard_address="127.0.0.1:0"
        ) as found,
        distributed.Client(found, set_as_default=False) as client,
    ):
        client.register_plugin(Deadly())
        with pytest.raises(InputError, match="died one after another"):
            certify(load(stored), cluster=found.scheduler_address)


if distributed is not None:

    class Deadly(distributed.WorkerPlugin):
        """Lets every worker die at its first layer, those too that come later."""

        def setup(self, worker: Any) -> None:
            always_dies("")


def alive(group: int) -> bool:
    """Whether a process of the group has not ended."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, found, *_ = status.read_text().rpartition(")")[2].split()
            if int(found) == group and state != "Z":
                return True
    return False


@needs_dask
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc to look for processes in")
def test_ctrl_c_ends_the_run_and_the_same_command_continues(tmp_path) -> None:
    save_file(weights(12, 200), tmp_path / "w.safetensors")
    output = tmp_path / "w.json"
    words = ["chain", str(tmp_path / "w.safetensors"), "-o", str(output), "--cluster", "local", "--workers", "2"]
    started = [sys.executable, "-m", "certify", *words]
    with subprocess.Popen(
        started, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=usual, start_new_session=True
    ) as process:
        journal = tmp_path / "w.json.journal"
        until = time.monotonic() + 120
        while time.monotonic() < until and not (journal.exists() and journal.read_bytes().count(b"\n") > 3):
            time.sleep(0.02)
        # As a terminal does: to every process of the group.
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert b"the same command continues" in told
    assert not output.exists()
    until = time.monotonic() + 20
    while alive(process.pid) and time.monotonic() < until:
        time.sleep(0.1)
    assert not alive(process.pid)
    assert cli.run(words) == 1  # one layer is of rank one
    assert output.read_bytes() == certify(load(tmp_path / "w.safetensors"), workers=1).to_bytes()


def test_without_dask_the_extra_is_named(stored, capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # as if it were not installed
    with pytest.raises(UnsupportedError, match=r"polystable\[cluster\]"):
        certify(load(stored), cluster="local")
    assert cli.run(["chain", str(stored), "--cluster", "local"]) == 4


def test_a_number_of_workers_goes_with_this_machine_only(stored) -> None:
    with pytest.raises(UsageError, match="its own workers"):
        certify(load(stored), cluster="tcp://host:1", workers=2)
    with pytest.raises(UsageError, match="0 workers"):
        certify(load(stored), cluster="local", workers=0)
