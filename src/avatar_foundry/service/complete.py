"""What a job leaves behind: the avatar's record, its review, webhooks. Run in the worker, once per result."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.orm import Session

from ..wire import body_of
from .db import Database
from .db.tables import User
from .jobs import Outcome
from .jobs.seam import Again
from .metrics import Metrics
from .records import avatars, webhooks
from .store import Store

MAKES_AVATARS = ("generate", "process")


def completer(
    database: Database, store: Store, metrics: Metrics
) -> Callable[[str, str, str, Outcome], Awaitable[Outcome]]:
    """The engine's `Complete`."""

    async def complete(job_id: str, task: str, owner: str, outcome: Outcome) -> Outcome:
        outcome = await asyncio.to_thread(_keep, database, store, job_id, task, owner, outcome)
        metrics.jobs.labels(task, "failed" if "error" in outcome else "succeeded").inc()
        answer = outcome.get("answer") or {}
        for stage, milliseconds in (answer.get("timings") or {}).items():
            metrics.stage_seconds.labels(stage).inc(milliseconds / 1000)
        return outcome

    return complete


def _keep(database: Database, store: Store, job_id: str, task: str, owner: str, outcome: Outcome) -> Outcome:
    with database.writing() as session:
        if session.get(User, owner) is None:
            return {"error": body_of("CANCELLED", "The owner was deleted.")}
        if "answer" in outcome and task in MAKES_AVATARS:
            outcome = {"answer": avatars.add(session, owner, job_id, outcome["answer"])}
            _tell(session, owner, "avatar.created", job_id, outcome["answer"])
        if task in MAKES_AVATARS:
            event = "job.failed" if "error" in outcome else "job.succeeded"
            _tell(session, owner, event, job_id, outcome.get("answer") or {"error": outcome["error"]})
    # Now that the contents are held nobody deletes them; but somebody may have, just before.
    for f in outcome.get("answer", {}).get("files", ()):
        if not store.has(f["sha256"]):
            raise Again(f"{f['name']} was deleted meanwhile")
    return outcome


def _tell(session: Session, owner: str, event: str, job_id: str, answer: dict[str, Any]) -> None:
    keys = ("avatar_id", "review_session_id", "preset", "platform", "vertex_count", "face_count", "glb_size", "error")
    webhooks.announce(session, owner, event, job_id, {"job_id": job_id, **{k: answer[k] for k in keys if k in answer}})
