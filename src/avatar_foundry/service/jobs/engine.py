"""The jobs on DBOS: durable workflows in SQLite or PostgreSQL, a lease per process, processes that can be killed.

See docs/decisions/job-engine.md for why, and for the pitfalls that this file answers.
"""

import asyncio
import logging
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetEnqueueOptions, SetWorkflowID, WorkflowStatus
from pebble import ProcessExpired

from ...wire import body_of
from ..db import Database
from ..settings import Settings
from ..store import Store
from .hub import Hub, Look
from .lease import FileLease, Lease, ServerLease, take_slot
from .processes import Killed, Processes
from .seam import Again, Event, JobInfo, Lane, Outcome, State

log = logging.getLogger(__name__)
QUEUE = "work"
# Pinned: by default it is a hash of the code, and after an upgrade old jobs would be neither taken nor recovered.
VERSION = "1"
SWEEP = 1.0  # seconds between two looks for jobs of dead processes
STATES: Mapping[str, State] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "succeeded",
    "ERROR": "failed",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
    "CANCELLED": "cancelled",
}
DEAD = "The job's processes died again and again; it was given up."
# Deaths that are not the job's own answer: it is tried again.
UNLUCKY = (ProcessExpired, BrokenProcessPool, Again)
RECOVERIES = 3  # how often a job is taken over from a dead API or worker process
# What is done with an outcome before the job counts as final: (job id, task, owner, outcome) -> outcome.
Complete = Callable[[str, str, str, Outcome], Awaitable[Outcome]]


class _Engine:
    """DBOS is one per process, and its workflows are module functions: they find their engine here."""

    current: "DbosJobs | None" = None


@DBOS.step(
    name="compute",
    retries_allowed=True,
    max_attempts=11,  # one more than the setting `job_attempts` may say: the step counts for itself
    interval_seconds=0.1,
    backoff_rate=1.0,
    should_retry=lambda error: isinstance(error, UNLUCKY),
)
async def _compute(task: str, params: dict[str, Any], owner: str, lane: Lane) -> Outcome:
    assert _Engine.current is not None
    assert DBOS.workflow_id is not None
    status = DBOS.step_status
    attempt = status.current_attempt or 0 if status else 0
    return await _Engine.current.compute(DBOS.workflow_id, task, params, owner, lane, attempt)


@DBOS.workflow(name="job", max_recovery_attempts=RECOVERIES)
async def _job(task: str, params: dict[str, Any], owner: str, lane: Lane) -> Outcome:
    try:
        return await _compute(task, params, owner, lane)
    except Killed:
        raise
    except Exception:
        log.exception("job %s was given up", DBOS.workflow_id)
        return {"error": body_of("INTERNAL", DEAD)}


class DbosJobs:
    """`Jobs` on DBOS. `listen` says whether this process takes jobs from the queue."""

    def __init__(
        self, settings: Settings, database: Database, store: Store, complete: Complete, *, role: str, listen: bool
    ) -> None:
        assert _Engine.current is None, "one engine per process"
        self._complete, self._settings = complete, settings
        self._lease: Lease
        self._wal: list[Path] = []
        if database.is_sqlite:
            self._wal = [settings.data_dir / f"{name}.sqlite-wal" for name in ("foundry", "jobs")]
            self._lease = FileLease(settings.data_dir / "leases")
            # WAL is a property of the file: set once, before DBOS opens it, it lets readers pass writers.
            with sqlite3.connect(settings.data_dir / "jobs.sqlite") as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            connection.close()
        else:
            self._lease = ServerLease(settings.jobs_url)
        self.name = take_slot(self._lease, settings.executor(role))
        self._handles: dict[str, asyncio.Task[None]] = {}
        self.processes = Processes(settings, store, lambda job, event: self.hub.heard(job, event))
        self.hub = Hub(database, lambda: self.processes.running, self._look, self.processes.kill)
        self._launch(listen)
        self._stop = threading.Event()
        self._sweeper = threading.Thread(target=self._sweeps, name="sweep", daemon=True)
        self._sweeper.start()

    def _launch(self, listen: bool) -> None:
        s = self._settings
        url = s.jobs_url.replace("postgresql+psycopg://", "postgresql://", 1)
        config = DBOSConfig(
            name="avatar-foundry",
            system_database_url=url,
            executor_id=self.name,
            application_version=VERSION,
            log_level="CRITICAL",
            serializer=DBOSPortableJSONSerializer(),
            notification_listener_polling_interval_sec=1.0,
            scheduler_polling_interval_sec=3600,
        )
        _Engine.current = self
        DBOS(config=config)
        DBOS.listen_queues([QUEUE] if listen else [])
        DBOS.launch()
        # An owner gets as many slots as there are processes, the queue eight times that: jobs of a second owner wait
        # behind at most that many of the first one's, and no core is idle while anybody waits.
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=8 * s.workers,
            partition_worker_concurrency=s.workers,
            polling_interval_sec=s.queue_poll,
            on_conflict="always_update",
        )

    @property
    def ready(self) -> bool:
        """Whether a process of this machine can work."""
        return self.processes.ready

    async def compute(
        self, job_id: str, task: str, params: dict[str, Any], owner: str, lane: Lane, attempt: int = 0
    ) -> Outcome:
        """One attempt: compute, then complete. Attempts count from 0; behind `job_attempts` of them it is given up."""
        if attempt >= self._settings.job_attempts:
            return await self._complete(job_id, task, owner, {"error": body_of("INTERNAL", DEAD)})
        await asyncio.to_thread(self.hub.begin, job_id)
        try:
            outcome = await self.processes.compute(job_id, task, params, lane)
            # Cancelled elsewhere as it ended: it leaves nothing. In the executor, out of the workflow's context.
            if (await asyncio.get_running_loop().run_in_executor(None, self._look, [job_id])).cancelled:
                raise Killed
            return await self._complete(job_id, task, owner, outcome)
        finally:
            self.hub.end(job_id)

    async def run(self, job_id: str, task: str, params: Mapping[str, Any], *, owner: str) -> Outcome:
        """As the seam says. Not through DBOS: its five writes would be a tenth of the work, and buy nothing here."""
        for _ in range(self._settings.job_attempts):
            try:
                outcome = await self.processes.compute(job_id, task, params, "now")
                return await self._complete(job_id, task, owner, outcome)
            except UNLUCKY as error:
                log.warning("a process died with %s: %r", task, error)
        return {"error": body_of("INTERNAL", DEAD)}

    async def start(
        self, job_id: str, task: str, params: Mapping[str, Any], *, owner: str, lane: Lane, priority: int = 100
    ) -> None:
        """Begin at once here, or hand it to the queue. A job that is known already is left as it is."""
        arguments = (task, dict(params), owner, lane)
        with SetWorkflowID(job_id):
            if lane == "queue":
                with SetEnqueueOptions(priority=priority, queue_partition_key=owner, app_version=VERSION):
                    await DBOS.enqueue_workflow_async(QUEUE, _job, *arguments)
                await asyncio.to_thread(self._harden)
                return
            handle = await DBOS.start_workflow_async(_job, *arguments)
        if type(handle).__name__ == "WorkflowHandleAsyncTask":
            self._handles[job_id] = asyncio.create_task(self._outlast(job_id, handle))

    def _harden(self) -> None:
        """SQLite commits without waiting for the disk; what was accepted is to survive a power cut, so wait once."""
        for log_file in self._wal:
            with suppress(FileNotFoundError):
                file = os.open(log_file, os.O_RDONLY)
                try:
                    os.fsync(file)
                finally:
                    os.close(file)

    async def _outlast(self, job_id: str, handle: Any) -> None:
        try:
            await handle.get_result()
        except BaseException as error:
            log.debug("job %s ended with %r", job_id, error)
        finally:
            self._handles.pop(job_id, None)

    async def wait(self, job_id: str, timeout: float | None = None) -> JobInfo:
        """The job once it is final. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            if task := self._handles.get(job_id):
                await asyncio.shield(task)
            info = await self.get(job_id)
            if info is not None and info.state in ("queued", "running"):
                await self.hub.final(job_id)
                info = await self.get(job_id)
        if info is None:
            raise LookupError(job_id)
        return info

    async def get(self, job_id: str) -> JobInfo | None:
        """How the job stands."""
        found = await DBOS.list_workflows_async(workflow_ids=[job_id], load_input=False)
        if not found:
            return None
        info = _info(found[0])
        if info.state != "queued":
            return info
        waiting = await self._queued()
        before = next((n for n, w in enumerate(waiting) if w.workflow_id == job_id), None)
        return info._replace(position=before)

    async def _queued(self) -> list[WorkflowStatus]:
        found = await asyncio.to_thread(
            DBOS.list_queued_workflows,
            queue_name=QUEUE,
            status="ENQUEUED",
            limit=10_000,
            load_input=False,
            load_output=False,
        )
        return sorted(found, key=lambda w: (w.priority or 0, w.created_at or 0))

    async def waiting(self) -> int:
        """Jobs in the queue."""
        return len(await self._queued())

    async def events(self, job_id: str, after: int = 0) -> AsyncIterator[Event]:
        """The job's steps behind number `after`, until it is final."""
        async for event in self.hub.events(job_id, after):
            yield event

    async def cancel(self, job_id: str) -> bool:
        """Mark the job cancelled; kill it at once when it runs here, else its own process sees the mark."""
        info = await self.get(job_id)
        if info is None or info.state not in ("queued", "running"):
            return False
        await DBOS.cancel_workflow_async(job_id)
        self.processes.kill(job_id)
        return True

    async def forget(self, before: datetime) -> list[str]:
        """Drop jobs that were made before a time and are final; returns their ids."""
        found = await DBOS.list_workflows_async(
            end_time=before.isoformat(),
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            limit=500,
            load_input=False,
            load_output=False,
        )
        ids = [w.workflow_id for w in found]
        if ids:
            await asyncio.to_thread(DBOS.delete_workflows, ids)
        return ids

    def _look(self, jobs: list[str]) -> Look:
        found = DBOS.list_workflows(workflow_ids=jobs, load_input=False, load_output=False)
        states = {w.workflow_id: STATES[w.status] for w in found}
        final = {j for j, s in states.items() if s in ("succeeded", "failed", "cancelled")}
        return Look(final, {j for j in final if states[j] == "cancelled"})

    def _sweeps(self) -> None:
        while not self._stop.wait(SWEEP):
            try:
                self._sweep()
            except Exception:
                log.exception("looking for jobs of dead processes failed")

    def _sweep(self) -> None:
        """Take over the running jobs of processes that do not live: whose lease can be had."""
        running = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        for name in {w.executor_id for w in running if w.executor_id} - {self.name}:
            if self._lease.acquire(name):
                try:
                    log.warning("taking over the jobs of %s", name)
                    DBOS._recover_pending_workflows([name])
                finally:
                    self._lease.release(name)

    async def close(self) -> None:
        """Finish what runs, up to the grace period; what is left is taken over at the next start or by a peer."""
        self._stop.set()
        grace = self._settings.shutdown_grace
        if self._handles:
            await asyncio.wait(list(self._handles.values()), timeout=grace)
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._sweeper.join(2)
        # First the engine, so that jobs killed below stay "running" there and are taken over.
        DBOS.destroy(
            workflow_completion_timeout_sec=int(self._settings.shutdown_grace if self.processes.running else 0)
        )
        self.processes.close(0 if not self.processes.running else 1)
        self.hub.close()
        self._lease.close()
        _Engine.current = None


def _info(status: WorkflowStatus) -> JobInfo:
    state = STATES[status.status]
    outcome: Outcome | None = status.output if isinstance(status.output, dict) else None
    if state == "succeeded" and outcome is not None and "error" in outcome:
        state = "failed"
    if state == "failed" and outcome is None:
        outcome = {"error": body_of("INTERNAL", DEAD)}
    if state == "cancelled":
        outcome = {"error": body_of("CANCELLED", "The job was cancelled.")}
    return JobInfo(
        id=status.workflow_id,
        state=state,
        created_at=_moment(status.created_at) or datetime.now(UTC),
        started_at=_moment(status.dequeued_at or (status.created_at if status.queue_name is None else None)),
        finished_at=_moment(status.completed_at or status.updated_at)
        if state in ("succeeded", "failed", "cancelled")
        else None,
        attempts=status.recovery_attempts or 0,
        outcome=outcome,
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
