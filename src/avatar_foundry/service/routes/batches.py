"""Many avatars at once. One bad item never fails the others."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from .. import work
from ..addresses import absolute, with_addresses
from ..idempotency import idempotency_key
from ..ids import job_id_for
from ..jobs import JobInfo
from ..problems import Failed, Problem, not_found
from ..records import jobs as job_records
from ..routing import Id, Idempotency, Prefer, wants_async
from ..routing import router as make_router
from ..schemas import AcceptedBatch, BatchAnswer
from ..services import Services, caller, services
from ..sse import BEAT, EVENTS, beating, message, stream

router = make_router("batches")
PRIORITY = 200  # behind single jobs


class Batch(BaseModel):
    """Generate requests, each judged on its own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"preset": "warrior", "platform": "unity"},
                        {"prompt": "slim female elf", "platform": "unreal"},
                        {"preset": "mage", "platform": "godot"},
                    ]
                }
            ]
        },
    )
    items: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]


class Begun:
    """A batch on its way: its jobs, in request order."""

    def __init__(self, batch_id: str) -> None:
        self.batch_id = batch_id
        self.jobs: list[str] = []


async def begin(request: Request, batch: Batch) -> Begun:
    """Start every item. What is not a recipe fails in its job: the batch's record stays whole."""
    s, who, key = services(request), caller(request), idempotency_key(request)
    if len(batch.items) > s.settings.batch_items:
        raise Problem("VALIDATION_ERROR", f"/items: at most {s.settings.batch_items} are taken.")
    begun = Begun(job_id_for(who.user_id, key and f"batch {key}"))
    for index, item in enumerate(batch.items):
        job_id = await work.start(
            s,
            who,
            "generate",
            {"recipe": item},
            lane="queue",
            key=f"{begun.batch_id} {index}",
            batch=(begun.batch_id, index),
            priority=PRIORITY,
        )
        begun.jobs.append(job_id)
    return begun


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


@router.post("/api/batch-generate", responses={200: {"model": BatchAnswer}, 202: {"model": AcceptedBatch}})
async def batch_generate(
    batch: Batch, request: Request, prefer: Prefer = None, idempotency: Idempotency = None
) -> JSONResponse:
    """Make up to a hundred avatars, on all cores."""
    begun = await begin(request, batch)
    if wants_async(prefer):
        address = f"/api/batches/{begun.batch_id}"
        body = {"batch_id": begun.batch_id, "total": len(begun.jobs), "url": absolute(request, address)}
        return JSONResponse(body, 202, {"Location": address, "Preference-Applied": "respond-async"})
    s = services(request)
    with s.at_once.slot(caller(request).credential):
        infos = await asyncio.gather(*(s.jobs.wait(j) for j in begun.jobs))
    return JSONResponse(summary(begun.batch_id, [result_of(request, i) for i in infos]))


@router.get("/api/batches/{batch_id}", responses={200: {"model": BatchAnswer}})
async def batch(batch_id: Id, request: Request) -> JSONResponse:
    """How a batch stands; items that are not final yet are shown with their state."""
    s, who = services(request), caller(request)
    records = await s.database.read(job_records.of_batch, batch_id)
    who.check_owner(records[0].owner_id if records else None, "batch")
    infos = [await s.jobs.get(r.id) for r in records]
    if not all(infos):
        raise not_found("batch")
    known = [i for i in infos if i is not None]
    final = [i for i in known if i.state not in ("queued", "running")]
    results = [result_of(request, i) if i in final else {"job_id": i.id, "state": i.state} for i in known]
    succeeded = sum(i.state == "succeeded" for i in known)
    state = "running" if len(final) < len(known) else "completed"
    answer = summary(batch_id, results) | {"succeeded": succeeded, "failed": len(final) - succeeded, "state": state}
    return JSONResponse(answer)


@router.post("/api/batch-generate/stream", response_class=StreamingResponse, responses={200: EVENTS})
async def batch_stream(batch: Batch, request: Request, idempotency: Idempotency = None) -> StreamingResponse:
    """As /api/batch-generate, with progress as server-sent events."""
    begun = await begin(request, batch)
    s = services(request)
    for job_id in begun.jobs:
        s.listeners.watch(job_id)
    return stream(_told(request, s, begun))


async def _told(request: Request, s: Services, begun: Begun) -> AsyncIterator[str]:
    queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
    results: dict[int, dict[str, Any]] = {}

    async def item(index: int, job_id: str) -> None:
        started = False
        async for event in s.jobs.events(job_id):
            if not started:
                started = True
                await queue.put(("item_started", {"index": index, "job_id": job_id}))
            await queue.put(("progress", {"index": index, **event.wire(job_id)}))
        results[index] = result = result_of(request, await s.jobs.wait(job_id))
        s.listeners.settle(job_id)
        if not started:
            await queue.put(("item_started", {"index": index, "job_id": job_id}))
        name, field = ("item_failed", "error") if "error_code" in result else ("item_completed", "result")
        await queue.put((name, {"index": index, "job_id": job_id, field: result}))

    async def source() -> AsyncIterator[tuple[str, dict[str, Any]]]:
        left = len(begun.jobs)
        while left:
            told = await queue.get()
            left -= told[0] in ("item_completed", "item_failed")
            yield told

    number = 0
    async with s.listeners.present(*begun.jobs):
        tasks = [asyncio.create_task(item(i, j)) for i, j in enumerate(begun.jobs)]
        try:
            async for told in beating(source(), s.settings.heartbeat):
                if told is None:
                    yield BEAT
                    continue
                number += 1
                yield message(*told, number)
        finally:
            for task in tasks:
                task.cancel()
    whole = summary(begun.batch_id, [results[i] for i in range(len(begun.jobs))])
    whole.pop("results")
    yield message("batch_completed", whole, number + 1)
