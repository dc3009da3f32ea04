"""A batch as server-sent events. An event's id says how far each item was told, so that a reader can go on anywhere."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request

from . import work
from .addresses import with_addresses
from .jobs import JobInfo
from .problems import Failed
from .services import Services
from .sse import BEAT, beating, message

ENDED = "e"
_IDS = re.compile(r"(?:\d{1,9}|e)(?:\.(?:\d{1,9}|e))*")
Told = tuple[int, str, str, dict[str, Any]]


class Begun:
    """A batch on its way: its jobs, in request order."""

    def __init__(self, batch_id: str) -> None:
        self.batch_id = batch_id
        self.jobs: list[str] = []


def result_of(request: Request, info: JobInfo) -> dict[str, Any]:
    """An item's generate answer, or its error."""
    try:
        return with_addresses(request, work.unwrap(info))
    except Failed as error:
        return error.body(request.state.request_id)


def summary(batch_id: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """The batch's answer."""
    failed = sum("error_code" in r for r in results)
    return {
        "batch_id": batch_id,
        "total": len(results),
        "succeeded": len(results) - failed,
        "failed": failed,
        "results": results,
    }


def told_before(last_event_id: str, items: int) -> list[str]:
    """How far each item was told, `0` to ENDED, from an event's id: `3.e.0`; nothing when it is none of this batch."""
    parts = last_event_id.split(".") if _IDS.fullmatch(last_event_id) else []
    return parts if len(parts) == items else ["0"] * items


async def batch_events(request: Request, s: Services, begun: Begun, last_event_id: str) -> AsyncIterator[str]:
    """Every item's start, progress and end behind `last_event_id`, then `batch_completed`.

    An item's place in the id is 0 before it started, then 1 more than the number of its last event, then `e`.
    """
    place = told_before(last_event_id, len(begun.jobs))
    queue: asyncio.Queue[Told] = asyncio.Queue()
    results: dict[int, dict[str, Any]] = {}

    async def item(index: int, job_id: str) -> None:
        behind = place[index]
        common = {"index": index, "job_id": job_id, "batch_id": begun.batch_id}
        if behind != ENDED:
            number = int(behind)
            async for event in s.jobs.events(job_id, max(0, number - 1)):
                if number == 0:
                    number = 1
                    await queue.put((index, "1", "item_started", common))
                number = event.number + 1
                await queue.put((index, str(number), "progress", {"index": index, **event.wire(job_id)}))
            if number == 0:
                await queue.put((index, "1", "item_started", common))
        results[index] = result = result_of(request, await s.jobs.wait(job_id))
        s.listeners.settle(job_id)
        name, field = ("item_failed", "error") if "error_code" in result else ("item_completed", "result")
        await queue.put((index, ENDED, name if behind != ENDED else "", {**common, field: result}))

    async def source() -> AsyncIterator[Told]:
        left = len(begun.jobs)
        while left:
            told = await queue.get()
            left -= told[1] == ENDED
            yield told

    async with s.listeners.present(*begun.jobs):
        tasks = [asyncio.create_task(item(i, j)) for i, j in enumerate(begun.jobs)]
        try:
            async for told in beating(source(), s.settings.heartbeat):
                if told is None:
                    yield BEAT
                    continue
                index, place[index], name, data = told
                if name:
                    yield message(name, data, ".".join(place))
        finally:
            for task in tasks:
                task.cancel()
    whole = summary(begun.batch_id, [results[i] for i in range(len(begun.jobs))])
    whole.pop("results")
    yield message("batch_completed", whole, ".".join(place))
