"""Starting jobs for callers: the record of who asked, then the engine."""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from .auth.identity import Identity
from .db.tables import Job
from .ids import job_id_for, now
from .jobs import Event, JobInfo
from .jobs.seam import Lane
from .problems import Failed, Problem, not_found
from .records import jobs as job_records
from .records import webhooks
from .services import Services


async def start(
    s: Services,
    identity: Identity,
    task: str,
    params: Mapping[str, Any],
    *,
    lane: Lane = "now",
    key: str | None = None,
    batch: tuple[str, int] | None = None,
    priority: int = 100,
) -> str:
    """Begin a job for the caller; returns its id. The same Idempotency-Key gives the same job."""
    text = json.dumps([task, params], sort_keys=True, ensure_ascii=False)
    job = Job(
        id=job_id_for(identity.user_id, key),
        owner_id=identity.user_id,
        kind=task,
        request_hash=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        batch_id=batch[0] if batch else None,
        batch_index=batch[1] if batch else None,
        created_at=now(),
    )
    wanted = job.request_hash
    kept = await s.database.write(job_records.add, job)
    if kept.request_hash != wanted:
        raise Problem("CONFLICT", "This Idempotency-Key was used for another request.")
    await s.jobs.start(kept.id, task, params, owner=identity.user_id, lane=lane, priority=priority)
    return kept.id


async def answer_of(s: Services, job_id: str, timeout: float | None = None) -> dict[str, Any]:
    """The job's answer once it is final. Raises Failed with the job's own error, or Problem TIMEOUT."""
    try:
        info = await s.jobs.wait(job_id, timeout)
    except TimeoutError:
        if job := await s.database.read(job_records.get, job_id):
            await cancel(s, job)
        raise _too_long(timeout) from None
    return unwrap(info)


def unwrap(info: JobInfo) -> dict[str, Any]:
    """A final job's answer. Raises Failed."""
    outcome = info.outcome or {}
    if "answer" not in outcome:
        raise Failed(outcome["error"])
    answer: dict[str, Any] = outcome["answer"]
    return answer


async def run(s: Services, identity: Identity, task: str, params: Mapping[str, Any], key: str | None = None) -> Any:
    """Work from start to answer, on this machine, at once. With an Idempotency-Key it is a job that repeats join."""
    with s.at_once.slot(identity.credential):
        if key is None:
            return await _run_here(s, identity, task, params)
        job_id = await start(s, identity, task, params, key=key)
        return await answer_of(s, job_id, s.settings.generate_timeout)


async def _run_here(s: Services, identity: Identity, task: str, params: Mapping[str, Any]) -> Any:
    limit = s.settings.generate_timeout
    try:
        async with asyncio.timeout(limit):
            outcome = await s.jobs.run(job_id_for(identity.user_id, None), task, params, owner=identity.user_id)
    except TimeoutError:
        raise _too_long(limit) from None
    if "answer" not in outcome:
        raise Failed(outcome["error"])
    return outcome["answer"]


def _too_long(limit: float | None) -> Problem:
    return Problem("TIMEOUT", f"The work took longer than {limit:g} seconds and was stopped.")


async def find_job(s: Services, identity: Identity, job_id: str) -> tuple[Job, JobInfo]:
    """A job of the caller's. Raises 404."""
    job = await s.database.read(job_records.get, job_id)
    identity.check_owner(job.owner_id if job else None, "job")
    info = await s.jobs.get(job_id)
    if job is None or info is None:
        raise not_found("job")
    return job, info


async def cancel(s: Services, job: Job) -> bool:
    """Stop a job and tell its owner's webhooks; False when it was final already."""
    if not await s.jobs.cancel(job.id):
        return False
    s.metrics.jobs.labels(job.kind, "cancelled").inc()
    await s.database.write(webhooks.announce, job.owner_id, "job.cancelled", job.id, {"job_id": job.id})
    return True


def progress(event: Event | None, info: JobInfo) -> dict[str, Any]:
    """Progress and stage of a job, for its record."""
    if info.state == "succeeded":
        return {"progress": 1.0, "stage": "export_ready"}
    return {"progress": event.progress if event else 0.0, "stage": event.stage if event else "queued"}
