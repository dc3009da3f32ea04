"""Server-sent events: named, numbered, resumable, with heartbeats."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from .addresses import with_addresses
from .jobs import Event, JobInfo
from .jobs.hub import latest
from .jobs.seam import FINAL
from .services import Services, services

T = TypeVar("T")
BEAT = ": still here\n\n"
# How a stream is described.
EVENTS: dict[str, Any] = {
    "description": "Server-sent events",
    "content": {
        "text/event-stream": {
            "schema": {
                "type": "object",
                "description": "one event of the stream; quiet streams carry comments, too",
                "required": ["id", "event", "data"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[0-9e.]+$"},
                    "event": {
                        "type": "string",
                        "enum": [
                            "progress",
                            "result",
                            "error",
                            "item_started",
                            "item_completed",
                            "item_failed",
                            "batch_completed",
                        ],
                    },
                    "data": {"type": "string", "description": "a JSON object"},
                },
            }
        }
    },
}


def message(event: str, data: Any, number: int | str) -> str:
    """One event on the wire."""
    return f"id: {number}\nevent: {event}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


def stream(events: AsyncIterator[str]) -> StreamingResponse:
    """The response of an event stream; proxies must not gather it."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


def last_event_id(request: Request) -> int:
    """The number after which the caller wants to go on; 0 when it says none, or none of ours."""
    given = request.headers.get("last-event-id", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else -1


async def beating(source: AsyncIterator[T], seconds: float) -> AsyncIterator[T | None]:
    """The items of `source`, and None whenever it was quiet for `seconds`."""
    pending: asyncio.Task[T] | None = None
    try:
        while True:
            pending = pending or asyncio.ensure_future(anext(source))
            done, _ = await asyncio.wait({pending}, timeout=seconds)
            if not done:
                yield None
                continue
            try:
                item = pending.result()
            except StopAsyncIteration:
                return
            pending = None
            yield item
    finally:
        if pending is not None:
            pending.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await pending


def final_event(request: Request, info: JobInfo) -> tuple[str, dict[str, Any]]:
    """`result` or `error` of a final job."""
    outcome = info.outcome or {}
    if "answer" in outcome:
        answer = outcome["answer"]
        return "result", with_addresses(request, answer) if "avatar_id" in answer else answer
    return "error", {**outcome["error"], "request_id": request.state.request_id}


async def follow(request: Request, s: Services, job_id: str, after: int) -> AsyncIterator[str]:
    """A job's events behind number `after` (-1: from the first), then exactly one `result` or `error`."""
    number = max(after, 0)
    async with s.listeners.present(job_id):
        if after < 0:
            yield message("progress", Event(0, 0.0, "queued", "Wait", 0).wire(job_id), 0)
        async for event in beating(s.jobs.events(job_id, number), s.settings.heartbeat):
            if event is None:
                yield BEAT
                continue
            number = event.number
            yield message("progress", event.wire(job_id), number)
        info = await s.jobs.wait(job_id)
        s.listeners.settle(job_id)
    async for text in _ending(request, s, job_id, info, after):
        yield text


async def _ending(request: Request, s: Services, job_id: str, info: JobInfo, after: int) -> AsyncIterator[str]:
    newest = await s.database.read(latest, job_id)
    last, elapsed = (newest.number, newest.elapsed_ms) if newest else (0, 0)
    name, data = final_event(request, info)
    if name == "result" and after < last + 1:
        done = Event(last + 1, 1.0, "export_ready", "Ready", elapsed)
        yield message("progress", done.wire(job_id), last + 1)
    if after < last + 2:
        yield message(name, data, last + 2)


async def job_events(request: Request, job_id: str) -> Response:
    """The stream of one job, from where the caller left off; 204 when all was told, which ends an EventSource."""
    s, after = services(request), last_event_id(request)
    info = await s.jobs.get(job_id) if after >= 0 else None
    if info is not None and info.state in FINAL:
        last = await s.database.read(latest, job_id)
        if after >= (last.number if last else 0) + 2:
            return Response(status_code=204)
    return stream(follow(request, s, job_id, after))
