"""Progress of jobs, near and far: local reports reach listeners at once, all are stored, remote ones are polled.

One thread does the rounds for the whole process, so that a thousand listeners cost as many queries as one.
"""

import asyncio
import contextlib
import logging
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from ..db import Database
from ..db.tables import JobEvent
from .seam import Event

log = logging.getLogger(__name__)
ROUND = 0.1  # seconds


class Listener(NamedTuple):
    """A queue in the loop that reads it; None in the queue says that the job is final."""

    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[Event | None]"

    def tell(self, event: Event | None) -> None:
        """Put `event` into the queue, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever listened
            self.loop.call_soon_threadsafe(self.queue.put_nowait, event)


class Hub:
    """`heard` takes reports of local processes; `listen` hears of any job, wherever it runs."""

    def __init__(
        self,
        database: Database,
        running: Callable[[], list[str]],
        look: Callable[[list[str]], "Look"],
        kill: Callable[[str], None],
    ) -> None:
        self._database, self._running, self._look, self._kill = database, running, look, kill
        self._lock = threading.Lock()
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._last: dict[str, Event] = {}  # of jobs that run here
        self._unsaved: list[tuple[str, Event]] = []
        self._seen: dict[str, int] = {}  # last number told, per listened job
        self._stop, self._busy = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._rounds, name="hub", daemon=True)
        self._thread.start()

    def begin(self, job_id: str) -> None:
        """A job begins here, perhaps again: go on behind what was stored."""
        with self._database.reading() as session:
            last = latest(session, job_id)
        with self._lock:
            self._last[job_id] = last or Event(0, 0.0, "queued", "Wait", 0)
        self._busy.set()

    def end(self, job_id: str) -> None:
        """The job ended here; its last events are stored by the round that finds it final."""
        with self._lock:
            self._last.pop(job_id, None)

    def heard(self, job_id: str, report: Event) -> None:
        """Number a report, keep progress from falling, tell listeners."""
        with self._lock:
            before = self._last.get(job_id)
            if before is None:
                return
            event = report._replace(number=before.number + 1, progress=max(before.progress, report.progress))
            self._last[job_id] = event
            self._unsaved.append((job_id, event))
            listeners = list(self._listeners.get(job_id, ()))
            if listeners:
                self._seen[job_id] = event.number
        for listener in listeners:
            listener.tell(event)

    @contextmanager
    def listening(self, job_id: str) -> Iterator[Listener]:
        """A listener to a job, while the block lasts."""
        listener = Listener(asyncio.get_running_loop(), asyncio.Queue())
        with self._lock:
            self._listeners[job_id].append(listener)
        self._busy.set()
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners[job_id].remove(listener)
                if not self._listeners[job_id]:
                    del self._listeners[job_id]
                    self._seen.pop(job_id, None)

    async def events(self, job_id: str, after: int) -> AsyncIterator[Event]:
        """Stored events behind `after`, then new ones until the job is final; none twice, none missing."""
        with self.listening(job_id) as listener:
            self._save()
            last = after
            for _, event in await self._database.read(stored, [job_id], after):
                last = event.number
                yield event
            while (new := await listener.queue.get()) is not None:
                if new.number > last:
                    last = new.number
                    yield new
            for _, event in await self._database.read(stored, [job_id], last):
                yield event

    async def final(self, job_id: str) -> None:
        """Wait until the job is final."""
        with self.listening(job_id) as listener:
            while await listener.queue.get() is not None:
                pass

    def _rounds(self) -> None:
        while not self._stop.is_set():
            self._busy.wait(1.0)
            try:
                self._round()
            except Exception:
                log.exception("a round over the jobs failed")
            self._stop.wait(ROUND)

    def _round(self) -> None:
        self._save()
        running = self._running()
        with self._lock:
            listened = list(self._listeners)
            local = set(self._last)
            if not running and not listened:
                self._busy.clear()
                return
        look = self._look(list({*running, *listened}))
        for job_id in look.cancelled.intersection(running):
            self._kill(job_id)
        self._tell_remote([j for j in listened if j not in local])
        with self._lock:
            done = [x for j in listened if j in look.final for x in self._listeners.get(j, ())]
        for listener in done:
            listener.tell(None)

    def _tell_remote(self, jobs: list[str]) -> None:
        if not jobs:
            return
        with self._lock:
            after = min((self._seen.get(j, 0) for j in jobs), default=0)
        with self._database.reading() as session:
            found = stored(session, jobs, after)
        for job_id, event in found:
            with self._lock:
                if event.number <= self._seen.get(job_id, 0):
                    continue
                self._seen[job_id] = event.number
                listeners = list(self._listeners.get(job_id, ()))
            for listener in listeners:
                listener.tell(event)

    def _save(self) -> None:
        with self._lock:
            unsaved, self._unsaved = self._unsaved, []
        if unsaved:
            rows = [{"job_id": j, **e._asdict()} for j, e in unsaved]
            with self._database.writing() as session:
                session.execute(insert(JobEvent), rows)

    def close(self) -> None:
        """Stop the rounds."""
        self._stop.set()
        self._busy.set()
        self._thread.join(2)


class Look(NamedTuple):
    """What a round finds: jobs that are final, and those of them that were cancelled."""

    final: set[str]
    cancelled: set[str]


def latest(session: Session, job_id: str) -> Event | None:
    """The newest stored event of a job."""
    row = session.scalar(select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.number.desc()).limit(1))
    return None if row is None else _event(row)


def stored(session: Session, jobs: Iterable[str], after: int) -> list[tuple[str, Event]]:
    """Stored events of jobs behind number `after`, in order."""
    query = select(JobEvent).where(JobEvent.job_id.in_(jobs), JobEvent.number > after)
    return [(row.job_id, _event(row)) for row in session.scalars(query.order_by(JobEvent.number))]


def _event(row: JobEvent) -> Event:
    return Event(row.number, row.progress, row.stage, row.title, row.elapsed_ms)
