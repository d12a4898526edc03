"""Work on the workers of a Dask cluster, which read the weights from the path they were loaded from or are sent them.

Results stay with the workers; this process is told of each what the schedule has to know. The scheduler keeps how each
result came about, so that what is lost with a worker is worked out again by another.
"""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Generator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from importlib import import_module
from typing import Any

from certify.chain import Chain, Layer
from certify.chain.memory import PROVER, fitting_workers, largest_task
from certify.errors import InputError, LimitError, UnsupportedError, UsageError
from certify.execution.local import cores
from certify.execution.remote import Sight, at_work, looked_around, sent, tell, version, with_full_paths
from certify.execution.tasks import Task
from certify.execution.work import Told, Work

__all__ = ["LOCAL", "Cluster", "cluster_of"]

LOCAL = "local"
_CONNECT_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0
_POLL_SECONDS = 1.0
_LOST = "the connection to the cluster was lost"
_HINT = "the same command continues where a journal was kept (-o)"


class Cluster:
    """Tasks on the workers of a Dask client.

    Parameters
    ----------
    address : as messages show it.
    ship : whether layers are sent with their bytes.
    """

    def __init__(self, client: Any, address: str, *, ship: bool) -> None:
        self._client = client
        self._killed: type[Exception] = import_module("distributed.scheduler").KilledWorker
        self._address = address
        self._ship = ship
        self._running: dict[Task, tuple[Any, Any]] = {}
        self._ended: queue.SimpleQueue[Task] = queue.SimpleQueue()
        self._threads, self._counted, self._seen = 1, -_PATIENCE_SECONDS, time.monotonic()

    def free(self) -> int:
        """How many tasks may be started: one for each thread of a worker, one where there is none at present."""
        if time.monotonic() - self._counted > _POLL_SECONDS:
            self._count()
        return max(self._threads, 1) - len(self._running)

    def _count(self) -> None:
        try:
            self._threads = sum(self._client.nthreads().values())
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"{_LOST}: {error}", file=self._address, hint=_HINT) from error
        self._counted = time.monotonic()
        if self._threads:
            self._seen = self._counted
        elif self._counted - self._seen > _PATIENCE_SECONDS:
            raise InputError(
                f"the cluster has had no worker for {_PATIENCE_SECONDS:.0f} s", file=self._address, hint=_HINT
            )

    def start(self, task: Task, work: Work) -> None:
        """Begin a task."""
        given = tuple(self._carried(item) for item in work.given)
        heavy = self._client.submit(at_work, version(), work.function, *given, pure=False)
        light = self._client.submit(tell, heavy, pure=False)
        self._running[task] = heavy, light
        light.add_done_callback(lambda _: self._ended.put(task))

    def _carried(self, item: object) -> object:
        if type(item) is tuple:
            return tuple(self._carried(part) for part in item)
        if not isinstance(item, Layer):
            return item
        # The worker compares what it reads with these hashes.
        for owner in (item, *(item.expression.operands if item.expression else ())):
            _ = owner.sha256
        return sent(item) if self._ship else with_full_paths(item)

    def finished(self) -> list[tuple[Task, object, Told]]:
        """Wait for a task to end; those that have ended, with their results and what the schedule is told of them."""
        while True:
            try:
                ended = [self._ended.get(timeout=_POLL_SECONDS)]
                break
            except queue.Empty:
                self._count()
        while not self._ended.empty():
            ended.append(self._ended.get())
        return [self._result(task) for task in sorted(ended)]

    def _result(self, task: Task) -> tuple[Task, object, Told]:
        heavy, light = self._running.pop(task)
        try:
            return task, heavy, light.result()
        except self._killed as error:
            raise InputError(
                f"several workers died one after another at work on one subject: {error}",
                file=self._address,
                place=f"{task[0].name.lower()} {task[1] + 1}",
                hint=f"workers with more memory; {_HINT}",
            ) from error
        except CancelledError as error:
            raise InputError(_LOST, file=self._address, hint=_HINT) from error

    def cancel(self) -> None:
        """Drop what has not begun; what workers are doing ends with the matrix they are at, and is dropped then."""
        with contextlib.suppress(Exception):
            self._client.cancel([future for pair in self._running.values() for future in pair], force=True)
        self._running.clear()


@contextmanager
def cluster_of(address: str, chain: Chain, workers: int | None, cells: int = 0) -> Generator[Cluster]:
    """The cluster at an address, or processes of this machine for ``"local"``.

    Parameters
    ----------
    workers, cells : processes of this machine; as :func:`certify.execution.local.threads`.

    Raises
    ------
    UnsupportedError : Dask is not installed.
    InputError : there is no scheduler at the address, or it has no workers, or they run another version.
    UsageError : fewer than one worker, or a number of them with an address.
    LimitError : there is too little memory.
    """
    if workers is not None and address != LOCAL:
        raise UsageError("a cluster has its own workers", hint="--workers goes with --cluster local")
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers", hint="at least one")
    try:
        dask, distributed = import_module("dask"), import_module("distributed")
    except ImportError:
        raise UnsupportedError(
            "the package distributed is needed for a cluster", hint="pip install 'polystable[cluster]'"
        ) from None
    with ExitStack() as stack:
        # Weights that are sent are a part of what is to be done.
        stack.enter_context(dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"}))
        if address == LOCAL:
            count = fitting_workers(chain, PROVER, workers, cores(), cells)
            # What it shows of itself is for this machine too.
            near = {"dashboard_address": "127.0.0.1:0", "worker_dashboard_address": "127.0.0.1:0"}
            target = stack.enter_context(
                distributed.LocalCluster(n_workers=count, threads_per_worker=1, processes=True, memory_limit=0, **near)
            )
        else:
            target = address
        client = stack.enter_context(_connected(distributed, target, address))
        ship = _checked(client, address, chain, cells)
        yield Cluster(client, address, ship=ship)


def _connected(distributed: Any, target: Any, address: str) -> Any:
    try:
        if address != LOCAL:
            # The client itself leaves its thread behind when an address has no port or an unknown scheme.
            distributed.comm.get_address_host_port(address, strict=True)
        return distributed.Client(target, timeout=_CONNECT_SECONDS, set_as_default=False)
    except Exception as error:
        # What a wrong address raises depends on the transport that it names.
        raise InputError(
            f"there is no cluster to work on: {type(error).__name__}: {error}",
            file=address,
            hint="the address that `dask scheduler` prints, such as tcp://host:8786, or local",
        ) from error


def _checked(client: Any, address: str, chain: Chain, cells: int) -> bool:
    """Whether weights have to be sent; refuses a cluster that cannot do the work."""
    try:
        client.wait_for_workers(1, timeout=_CONNECT_SECONDS)
        found: dict[str, Sight] = client.run(looked_around, _paths(chain))
    except TimeoutError:
        raise InputError("the cluster has no workers", file=address, hint="start some with `dask worker`") from None
    except ImportError as error:
        raise InputError(
            f"its workers cannot import this program: {error}",
            file=address,
            hint="install the same version of polystable for the workers",
        ) from error
    need = largest_task(chain, PROVER, cells)
    for worker, sight in sorted(found.items()):
        if sight.version != version():
            raise InputError(
                f"worker {worker} runs version {sight.version} of this program, and this is {version()}", file=address
            )
        if sight.memory and sight.memory < need * sight.threads:
            raise LimitError(
                f"{sight.threads} at a time, the largest matrices and interfaces take about "
                f"{need * sight.threads / 1e9:.1f} GB",
                file=address,
                place=f"worker {worker}",
                limit=f"{sight.memory / 1e9:.1f} GB, by its --memory-limit",
                hint="fewer --nthreads, or a larger --memory-limit, for `dask worker`",
            )
    return not all(sight.sees for sight in found.values())


def _paths(chain: Chain) -> dict[str, int]:
    names = {os.path.abspath(tensor.path) for layer in chain.layers for tensor in layer.tensors if tensor.path}
    return {name: os.path.getsize(name) for name in names}
