"""Many avatars at once. One bad item never fails the others."""

import asyncio
from typing import Annotated, Any

from fastapi import Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from .. import work
from ..addresses import absolute
from ..idempotency import idempotency_key
from ..ids import job_id_for
from ..problems import Problem, not_found
from ..records import jobs as job_records
from ..routing import Id, Idempotency, Prefer, wants_async
from ..routing import router as make_router
from ..schemas import AcceptedBatch, BatchAnswer
from ..services import caller, services
from ..sse import EVENTS, stream
from ..sse_batch import Begun, batch_events, result_of, summary

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
    """As /api/batch-generate, with progress as server-sent events; `Location` is where to go on after a break."""
    begun = await begin(request, batch)
    s = services(request)
    for job_id in begun.jobs:
        s.listeners.watch(job_id)
    told = stream(batch_events(request, s, begun, request.headers.get("last-event-id", "")))
    told.headers["Location"] = f"/api/batches/{begun.batch_id}/events"
    return told


@router.get("/api/batches/{batch_id}/events", response_class=StreamingResponse, responses={200: EVENTS})
async def events(batch_id: Id, request: Request) -> StreamingResponse:
    """A batch's items as server-sent events, from the first or behind Last-Event-ID, then `batch_completed`."""
    s = services(request)
    records = await s.database.read(job_records.of_batch, batch_id)
    caller(request).check_owner(records[0].owner_id if records else None, "batch")
    begun = Begun(batch_id)
    begun.jobs = [r.id for r in records]
    return stream(batch_events(request, s, begun, request.headers.get("last-event-id", "")))
