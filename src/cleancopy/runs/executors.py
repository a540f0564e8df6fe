"""Where shards are worked on: in this process, in processes of this machine, or on a Dask cluster. One call; it blocks.

A caller has a thread a slot; a worker's death is told apart (WorkerDied) and costs only the shard that the worker held.
Workers know the package alone: paths go in, a receipt comes out.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Protocol, TypeVar

from cleancopy.errors import ConfigurationError, ShardError, TransientError, WorkerDied
from cleancopy.settings import Settings

T = TypeVar("T")

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "ARROW_NUM_THREADS", "RAYON_NUM_THREADS")
"""One worker, one core: libraries that start threads of their own would fight over the cores."""

CONNECT_SECONDS = 10
"""How long a Dask scheduler may take to answer."""


class Stopping(ShardError):
    """The executor is being closed; nothing new is begun."""


class Executor(Protocol):
    """Runs calls somewhere. A context manager."""

    slots: int
    isolated: bool

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """The call's result. Raises what it raises, WorkerDied if its process went, Stopping if the executor closes."""
        ...

    def __enter__(self) -> Executor: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Inline:
    """In this process, one after the other: for debugging. A record that kills its process kills this one."""

    slots = 1
    isolated = False

    def __enter__(self) -> Inline:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        return function(*arguments, **named)


class Processes:
    """Worker processes of this machine, each in a pool of its own, so that a death breaks nobody else's work."""

    isolated = True

    def __init__(self, workers: int, memory: int) -> None:
        self.slots = workers
        self._memory = memory
        self._idle: queue.SimpleQueue[ProcessPoolExecutor] = queue.SimpleQueue()
        self._pools: set[ProcessPoolExecutor] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._environment: dict[str, str | None] = {}

    def __enter__(self) -> Processes:
        self._environment = {name: os.environ.get(name) for name in THREADS}
        os.environ.update(dict.fromkeys(THREADS, "1"))  # read by libraries when a worker starts
        resource_tracker.ensure_running()  # at the first worker's start it would unblock what `call` has blocked
        for _ in range(self.slots):
            self._idle.put(self._new())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._closed = True
            pools = list(self._pools)
        for pool in pools:
            if kind is not None:
                for process in list((pool._processes or {}).values()):
                    process.kill()  # an unfinished shard leaves nothing that counts
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        pool = self._idle.get()
        try:
            with self._lock, _deaf_to_interrupts():
                if self._closed:
                    raise Stopping("the run is being stopped")
                future = pool.submit(function, *arguments, **named)  # starts the worker, if the pool has none yet
            return future.result()
        except BrokenProcessPool:
            with self._lock:
                if self._closed:
                    raise Stopping("the run is being stopped") from None
                self._pools.discard(pool)
                pool.shutdown(wait=False)
            pool = self._new()
            raise WorkerDied("the worker process is gone: killed, crashed, or out of memory or time") from None
        except RuntimeError as error:
            if self._closed:
                raise Stopping("the run is being stopped") from error
            raise
        finally:
            self._idle.put(pool)

    def _new(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(
            1,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_enter_worker,
            initargs=(self._memory,),
        )
        with self._lock:
            self._pools.add(pool)
        return pool


class Dask:
    """A Dask cluster by its address, or one on this machine. The dataset must lie where every worker sees it."""

    isolated = True

    def __init__(self, workers: int, address: str) -> None:
        self._workers = workers
        self._address = address
        self._cluster: Any = None
        self._client: Any = None
        self.slots = workers

    def __enter__(self) -> Dask:
        try:
            from distributed import Client, LocalCluster
        except ImportError:
            raise ConfigurationError('run.engine = "dask" needs the extra: pip install "cleancopy[dask]"') from None
        if not self._address:
            self._cluster = LocalCluster(  # type: ignore[no-untyped-call]
                n_workers=self._workers, threads_per_worker=1, dashboard_address=None, silence_logs=40
            )
        try:
            self._client = Client(  # type: ignore[no-untyped-call]
                self._address or self._cluster, timeout=CONNECT_SECONDS, set_as_default=False
            )
        except OSError as error:
            raise ConfigurationError(
                f"run.dask_address = {self._address!r}: no scheduler answers ({error}); start one with `dask scheduler`"
            ) from None
        # Enough shards in flight that no worker waits for this process.
        self.slots = max(2, 2 * sum(self._client.nthreads().values()))
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def call(self, function: Callable[..., T], *arguments: Any, **named: Any) -> T:
        from distributed import CancelledError, KilledWorker

        future = self._client.submit(function, *arguments, **named, pure=False, retries=0)
        try:
            result: T = future.result()
        except KilledWorker as error:
            raise WorkerDied("Dask gave the shard up: its workers died") from error
        except CancelledError as error:
            raise TransientError("the Dask scheduler was lost; run again to go on") from error
        finally:
            future.release()
        return result


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started in the block never see Ctrl-C, which goes to the whole group: not even while they
    import what they need, where it would print a traceback for each of them.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def make(settings: Settings) -> Executor:
    """The executor that the settings name."""
    workers = settings.run.workers or os.cpu_count() or 1
    match settings.run.engine:
        case "inline":
            return Inline()
        case "processes":
            return Processes(workers, settings.limits.worker_memory)
        case "dask":
            return Dask(workers, settings.run.dask_address)


def _enter_worker(memory: int) -> None:
    """Leave Ctrl-C to the parent (see `_deaf_to_interrupts`), end with it, and stay within the memory allowed."""
    from cleancopy.runs import shard  # noqa: F401 - loads what every shard needs, which the bound does not count
    from cleancopy.runs.isolate import bound_memory

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # the watchdog ends this process with it
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent,), daemon=True, name="parent watch").start()
    bound_memory(memory)


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
