"""Jobs: how they stand, what they say, and an end to them."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from .. import work
from ..addresses import with_addresses
from ..db.tables import Job
from ..jobs import JobInfo
from ..jobs.hub import latest
from ..problems import Problem
from ..routing import Id
from ..routing import router as make_router
from ..schemas import JobAnswer
from ..services import Services, caller, services
from ..sse import EVENTS, job_events

router = make_router("jobs")


@router.get("/api/jobs/{job_id}", responses={200: {"model": JobAnswer}})
async def job(job_id: Id, request: Request) -> JSONResponse:
    """How a job stands; its result or error once it is final."""
    s = services(request)
    return JSONResponse(await _wire(request, s, *await work.find_job(s, caller(request), job_id)))


@router.get(
    "/api/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: EVENTS, 204: {"description": "All was told"}},
)
async def events(job_id: Id, request: Request) -> Response:
    """The job's progress as server-sent events, then one `result` or `error`; Last-Event-ID resumes."""
    await work.find_job(services(request), caller(request), job_id)
    return await job_events(request, job_id)


@router.delete("/api/jobs/{job_id}", responses={200: {"model": JobAnswer}})
async def cancel(job_id: Id, request: Request) -> JSONResponse:
    """Cancel a job that is waiting or running."""
    s = services(request)
    record, _ = await work.find_job(s, caller(request), job_id)
    if not await work.cancel(s, record):
        raise Problem("CONFLICT", "The job is final already.")
    return JSONResponse(await _wire(request, s, record, await s.jobs.wait(job_id, 5)))


async def _wire(request: Request, s: Services, record: Job, info: JobInfo) -> dict[str, Any]:
    outcome = info.outcome or {}
    answer = outcome.get("answer")
    if answer is not None and "avatar_id" in answer:
        answer = with_addresses(request, answer)
    return {
        "job_id": info.id,
        "kind": record.kind,
        "batch_id": record.batch_id,
        "state": info.state,
        **work.progress(await s.database.read(latest, info.id), info),
        "position": info.position,
        "attempts": info.attempts,
        "created_at": info.created_at.isoformat(),
        "started_at": info.started_at.isoformat() if info.started_at else None,
        "finished_at": info.finished_at.isoformat() if info.finished_at else None,
        "result": answer,
        "error": outcome.get("error"),
    }
