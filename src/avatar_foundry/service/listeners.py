"""Jobs that live only while somebody listens."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any


class Listeners:
    """Drops a streamed job when nobody has listened to it for `grace` seconds."""

    def __init__(self, drop: Callable[[str], Awaitable[Any]], grace: float) -> None:
        self._drop, self._grace = drop, grace
        self._count: Counter[str] = Counter()
        self._fragile: set[str] = set()
        self._timers: dict[str, asyncio.Task[None]] = {}

    def watch(self, job_id: str) -> None:
        """From now on the job needs listeners."""
        self._fragile.add(job_id)

    @asynccontextmanager
    async def present(self, *job_ids: str) -> AsyncIterator[None]:
        """Somebody listens while the block lasts."""
        for job_id in job_ids:
            self._count[job_id] += 1
            if timer := self._timers.pop(job_id, None):
                timer.cancel()
        try:
            yield
        finally:
            for job_id in job_ids:
                self._count[job_id] -= 1
                if self._count[job_id] <= 0:
                    del self._count[job_id]
                    if job_id in self._fragile:
                        self._timers[job_id] = asyncio.create_task(self._expire(job_id))

    async def _expire(self, job_id: str) -> None:
        await asyncio.sleep(self._grace)
        self._timers.pop(job_id, None)
        self._fragile.discard(job_id)
        await self._drop(job_id)

    def settle(self, job_id: str) -> None:
        """The job is final."""
        self._fragile.discard(job_id)
        if timer := self._timers.pop(job_id, None):
            timer.cancel()

    async def close(self) -> None:
        """Forget all timers."""
        for timer in list(self._timers.values()):
            timer.cancel()
