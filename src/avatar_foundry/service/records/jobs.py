"""Who asked for which job."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ..db.tables import Job


def add(session: Session, job: Job) -> Job:
    """Keep a job; when it is there already (an Idempotency-Key came again), the one that is there."""
    found = session.get(Job, job.id)
    if found is not None:
        return found
    session.add(job)
    session.flush()
    return job


def get(session: Session, job_id: str) -> Job | None:
    """The job with this id."""
    return session.get(Job, job_id)


def of_batch(session: Session, batch_id: str) -> list[Job]:
    """The jobs of a batch, in request order."""
    return list(session.scalars(select(Job).where(Job.batch_id == batch_id).order_by(Job.batch_index)))


def forget(session: Session, ids: Sequence[str]) -> None:
    """Drop finished jobs; what they made stays."""
    session.execute(delete(Job).where(Job.id.in_(ids)))


def newest_of(session: Session, owner_id: str) -> list[str]:
    """An owner's thousand newest jobs: those that can be unfinished."""
    query = select(Job.id).where(Job.owner_id == owner_id).order_by(Job.created_at.desc()).limit(1000)
    return list(session.scalars(query))
