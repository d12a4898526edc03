"""Layers and edges in parallel: one matrix a thread, and no layer kept longer than its edges need it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from threadpoolctl import threadpool_limits

__all__ = ["once", "run_tasks"]

_T = TypeVar("_T")


def once(owner: object, name: str, make: Callable[[], _T]) -> _T:
    """``make()``, kept on the owner; unlike ``functools.cached_property`` of Python 3.11 it takes no lock.

    Two threads that come first at the same time both compute, to the same result.
    """
    store = vars(owner)
    if name not in store:
        store[name] = make()
    return store[name]


def run_tasks(
    layers: int,
    edges: Sequence[tuple[int, int]],
    on_layer: Callable[[int], None],
    on_edge: Callable[[int], None],
    others: int,
    on_other: Callable[[int], None],
    forget: Callable[[int], None],
    finished: Callable[[int, int], None],
    workers: int,
) -> None:
    """Call ``on_layer`` for every layer, ``on_edge`` for every edge after both of its layers, and ``on_other``.

    Parameters
    ----------
    layers : the number of layers.
    edges : pairs of layers.
    others : how many tasks there are that need no other one.
    forget : called with a layer when none of its edges is left.
    finished : called in this thread as ``finished(done, place)``; places count the layers first, then the edges,
        then the others.
    workers : calls at a time, each with one BLAS thread.
    """
    waiting = list(range(layers))
    pending = list(range(len(edges)))
    rest = list(range(others))
    ready: set[int] = set()
    forgotten: set[int] = set()
    done = 0
    running: dict[Future[None], int] = {}
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while True:
                while len(running) < workers:
                    edge = next((e for e in pending if ready.issuperset(edges[e])), None)
                    if edge is not None:
                        pending.remove(edge)
                        running[pool.submit(on_edge, edge)] = layers + edge
                    elif waiting:
                        layer = waiting.pop(0)
                        running[pool.submit(on_layer, layer)] = layer
                    elif rest:
                        other = rest.pop(0)
                        running[pool.submit(on_other, other)] = layers + len(edges) + other
                    else:
                        break
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED)[0]:
                    place = running.pop(future)
                    future.result()
                    done += 1
                    finished(done, place)
                    if place < layers:
                        ready.add(place)
                    busy = {i for e in pending for i in edges[e]} | {
                        i for p in running.values() if layers <= p < layers + len(edges) for i in edges[p - layers]
                    }
                    for layer in ready - busy - forgotten:
                        forgotten.add(layer)
                        forget(layer)
        except BaseException:
            for future in running:
                future.cancel()
            raise
