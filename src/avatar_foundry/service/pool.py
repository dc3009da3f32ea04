"""Engine processes on this machine, warm and one per core."""

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from . import tasks

# One thread per process: the processes are the parallelism, and BLAS threads would fight over the cores.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Pool:
    """A pool of forkserver children that have the pack open and their caches warm."""

    def __init__(self, workers: int) -> None:
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["avatar_foundry.service.tasks"])
        self.workers = workers
        self._executor = ProcessPoolExecutor(workers, mp_context=context)
        self._warming = [self._executor.submit(tasks.warm) for _ in range(workers)]

    @property
    def ready(self) -> bool:
        """Whether warming succeeded on at least one worker."""
        return any(f.done() and f.exception() is None for f in self._warming)

    async def run(self, task: Callable[..., Any], *args: Any, timeout: float) -> Any:
        """Run `task(*args)` in a worker. Raises what the task raised, or TimeoutError."""
        future = self._executor.submit(task, *args)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), timeout)
        except TimeoutError:
            with contextlib.suppress(Exception):
                future.cancel()
            raise

    def close(self) -> None:
        """Let running work end, start none."""
        self._executor.shutdown(wait=True, cancel_futures=True)
