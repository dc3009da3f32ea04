"""The seam between the service and the job engine."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Lane = Literal["now", "queue"]
# {"answer": ...} or {"error": the API's error shape}: plain JSON, so that it crosses processes and databases.
Outcome = dict[str, Any]
FINAL: frozenset[str] = frozenset(("succeeded", "failed", "cancelled"))


class Again(Exception):
    """The attempt cannot count, through no fault of the job's: run it again."""


class JobInfo(NamedTuple):
    """How a job stands. position: jobs before it in the queue. attempts: how often it was begun."""

    id: str
    state: State
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    attempts: int = 0
    position: int | None = None
    outcome: Outcome | None = None


class Event(NamedTuple):
    """One step of progress; `number` is the id on an event stream."""

    number: int
    progress: float
    stage: str
    title: str
    elapsed_ms: int

    def wire(self, job_id: str) -> dict[str, Any]:
        """The event as the API shows it."""
        return {
            "job_id": job_id,
            "stage": self.stage,
            "progress": self.progress,
            "title": self.title,
            "elapsed_ms": self.elapsed_ms,
        }


class Jobs(Protocol):
    """Durable jobs. A job that was accepted ends succeeded, failed or cancelled, whatever dies meanwhile."""

    async def start(
        self, job_id: str, task: str, params: Mapping[str, Any], *, owner: str, lane: Lane, priority: int = 100
    ) -> None:
        """Begin at once on this machine ("now") or when a worker is free ("queue"); a known id is left alone."""
        ...

    async def run(self, job_id: str, task: str, params: Mapping[str, Any], *, owner: str) -> Outcome:
        """Do the work here and now, for a caller who waits; nothing of it outlives this process but its result."""
        ...

    async def wait(self, job_id: str, timeout: float | None = None) -> JobInfo:
        """The job once it is final. Raises TimeoutError."""
        ...

    async def get(self, job_id: str) -> JobInfo | None:
        """How the job stands, None when there is no such job."""
        ...

    def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """The job's steps behind number `after`, ending when it is final."""
        ...

    async def cancel(self, job_id: str) -> bool:
        """Stop the job, within a second when it is running; False when it was final already."""
        ...

    async def waiting(self) -> int:
        """Jobs in the queue."""
        ...

    @property
    def ready(self) -> bool:
        """Whether a warm process waits for work."""
        ...

    async def close(self) -> None:
        """Finish what runs (up to the grace period), hand the rest back."""
        ...
