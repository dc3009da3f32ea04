"""Processes that compute, and can be killed while they do. Two lanes: requests that wait, and the queue (nicer)."""

import asyncio
import contextlib
import json
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from multiprocessing.connection import Connection
from typing import Any

from pebble import ProcessPool

from ...wire import body_of
from ..settings import Settings
from ..store import Store
from . import child
from .seam import Event, Lane, Outcome

log = logging.getLogger(__name__)
# One thread per process: the processes are the parallelism, and BLAS threads would fight over the cores.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# The API process comes first: it answers in a few milliseconds when it gets the processor.
NICE: Mapping[Lane, int] = {"now": 5, "queue": 10}
Heard = Callable[[str, Event], None]


class Processes:
    """Pools of forkserver children with the pack open and caches warm; `heard` gets every progress report."""

    def __init__(self, settings: Settings, store: Store, heard: Heard) -> None:
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")
        self._settings, self._store, self._heard = settings, store, heard
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["avatar_foundry.service.jobs.child"])
        self._reader, self._writer = self._context.Pipe(duplex=False)
        self._pools: dict[Lane, Any] = {}
        self._running: dict[str, Any] = {}
        self._killed: set[str] = set()
        self._lock = threading.Lock()
        self._warming: list[Future[bool]] = []
        threading.Thread(target=self._pump, args=(self._reader,), name="progress", daemon=True).start()

    def warm(self, lane: Lane) -> None:
        """Start the lane's processes now, not at the first job."""
        pool = self._pool(lane)
        self._warming += [pool.schedule(child.ready) for _ in range(self._settings.workers)]

    @property
    def ready(self) -> bool:
        """Whether a process of this machine has said that it can work."""
        return any(f.done() and not f.cancelled() and f.exception() is None for f in self._warming)

    @property
    def running(self) -> list[str]:
        """The jobs that are being computed here."""
        return list(self._running)

    def _pool(self, lane: Lane) -> Any:  # a ProcessPool, whose methods have no types
        with self._lock:
            if lane in self._pools and not self._pools[lane].active:
                log.error("the processes of lane %s could not be kept alive; starting new ones", lane)
                self._pools.pop(lane).stop()
            if lane not in self._pools:
                s = self._settings
                self._pools[lane] = ProcessPool(
                    max_workers=s.workers,
                    initializer=child.start,
                    initargs=(self._store, self._writer, NICE[lane], s.job_memory_mb),
                    context=self._context,
                )
            return self._pools[lane]

    async def compute(self, job_id: str, task: str, params: Mapping[str, Any], lane: Lane) -> Outcome:
        """Run a task in a process. Raises ProcessExpired when the process dies, CancelledError when it is killed."""
        future = self._pool(lane).schedule(
            child.call, args=(job_id, task, dict(params)), timeout=self._settings.job_timeout
        )
        self._running[job_id] = future
        try:
            outcome: Outcome = await asyncio.wrap_future(future)
            return outcome
        except TimeoutError:
            return {"error": body_of("TIMEOUT", f"The job took longer than {self._settings.job_timeout:g} seconds.")}
        except asyncio.CancelledError:
            future.cancel()
            if job_id in self._killed:
                raise Killed from None
            raise
        finally:
            self._running.pop(job_id, None)
            self._killed.discard(job_id)

    def kill(self, job_id: str) -> None:
        """Kill the process that computes the job, or take the job out of the lane."""
        if future := self._running.get(job_id):
            self._killed.add(job_id)
            future.cancel()

    def _pump(self, reader: Connection) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                job_id, *fields = json.loads(reader.recv_bytes())
                self._heard(job_id, Event(0, *fields))

    def close(self, grace: float) -> None:
        """Let running work end for `grace` seconds, then kill."""
        for pool in self._pools.values():
            pool.close()
        for pool in self._pools.values():
            with contextlib.suppress(TimeoutError):
                pool.join(grace)
            pool.stop()
            with contextlib.suppress(TimeoutError):
                pool.join(2)
        self._writer.close()


class Killed(Exception):
    """The job was cancelled and its process killed."""
