# Made by scripts/gen-client from ../aio: change that.
"""Jobs and batches as they go: events one by one, over as many connections as it takes."""

from collections.abc import Iterator
from contextlib import suppress
from time import sleep
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import httpx

from ..calls import Call, segment
from ..errors import FoundryApiError, connection_failed, error_from
from ..events import Decoder, Event
from ..types import Batch, Made
from .connection import LOST, Connection

Answer = TypeVar("Answer")
QUIET = 60.0  # seconds without even a heartbeat (every 15 s) after which a line is dead
EVENT_STREAM = {"Accept": "text/event-stream"}


class _Stream(Generic[Answer]):
    """What both kinds of streams share: iterate once; use it in a `with` to stop the work when you leave early."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._result: Answer | None = None
        self._events: Any = None

    @property
    def result(self) -> Answer:
        """The final answer. Raises RuntimeError before the last event."""
        if self._result is None:
            raise RuntimeError("there is no result yet: iterate to the end, or call wait()")
        return self._result

    def __iter__(self) -> Iterator[Event]:
        if self._events is None:
            self._events = self._follow()
        events: Iterator[Event] = self._events
        return events

    def wait(self) -> Answer:
        """The final answer, events unseen. Raises FoundryApiError."""
        for _ in self:
            pass
        return self.result

    def cancel(self) -> None:
        """Stop the work."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._events is not None:
            self._events.close()
        if self._result is None and not isinstance(error, FoundryApiError):
            with suppress(FoundryApiError):
                self.cancel()

    def _request(self) -> Call:
        raise NotImplementedError

    @property
    def _begun(self) -> bool:
        """Whether the next request goes on with work that is known, instead of beginning it again."""
        return False

    def _opened(self, response: httpx.Response) -> None:
        """Note what a response's head says."""

    def _told(self, event: Event) -> Event | None:
        """Note an event; None when it was told before. Raises FoundryApiError for `error`."""
        raise NotImplementedError

    def _silence(self) -> Event | None:
        """What to do when the service has nothing more to tell."""
        return None

    def _follow(self) -> Iterator[Event]:
        attempt = 0
        while self._result is None:
            lost, call = "the stream ended early", self._request()
            try:
                response = self._connection.send(call, stream=True)
                try:
                    self._opened(response)
                    decoder = Decoder()
                    if response.status_code == 204 and (last := self._silence()) is not None:
                        yield last
                    for piece in response.iter_bytes():
                        for event in decoder.feed(piece):
                            if (told := self._told(event)) is not None:
                                attempt = 0
                                yield told
                finally:
                    response.close()
            except LOST as error:
                lost = str(error) or type(error).__name__
            except httpx.StreamError as error:  # closed under our hands
                lost = type(error).__name__
            if self._result is None:
                wait = self._connection.patience.wait(attempt, connection_failed(lost), None)
                if wait is None or not (call.is_repeatable or self._begun):
                    raise connection_failed(f"{self._connection.url}: {lost}")
                sleep(wait)
                attempt += 1


class JobStream(_Stream[Made]):
    """A job's `progress` events, then one `result` event; its error is raised.

    When the connection drops, the stream goes on where it was (Last-Event-ID). `job_id` is known from the first event.
    """

    def __init__(
        self, connection: Connection, *, begin: Call | None = None, job_id: str | None = None, last_id: str = ""
    ) -> None:
        super().__init__(connection)
        self.job_id = job_id
        self.last_event_id = last_id
        self._begin = connection.again(begin) if begin is not None else None

    @property
    def _begun(self) -> bool:
        return self.job_id is not None

    def cancel(self) -> None:
        """Stop the job; nothing happens when it has not begun."""
        if self.job_id is not None:
            self._connection.json(Call("DELETE", f"/api/jobs/{segment(self.job_id)}"))

    def _request(self) -> Call:
        if self.job_id is None:
            assert self._begin is not None
            return self._begin
        last = {"Last-Event-ID": self.last_event_id} if self.last_event_id else {}
        return Call("GET", f"/api/jobs/{segment(self.job_id)}/events", headers={**EVENT_STREAM, **last}, timeout=QUIET)

    def _told(self, event: Event) -> Event | None:
        self.last_event_id = event.id or self.last_event_id
        self.job_id = event.job_id or self.job_id
        if event.name == "error":
            raise error_from(event.data)
        if event.name == "result":
            self._result = dict(event.data)  # type: ignore[assignment]
        return event

    def _silence(self) -> Event | None:
        job = self._connection.json(Call("GET", f"/api/jobs/{segment(self.job_id or '')}"))
        if job["error"] is not None:
            raise error_from(job["error"])
        return self._told(Event("result", job["result"] or {}, self.last_event_id))


class AcceptedStream(JobStream):
    """As JobStream, of a job that is begun first and then followed."""

    def _follow(self) -> Iterator[Event]:
        assert self._begin is not None
        if self.job_id is None:
            self.job_id = (self._connection.json(self._begin))["job_id"]
        yield from super()._follow()


class BatchStream(_Stream[Batch]):
    """A batch's events: item_started, progress, item_completed, item_failed, and batch_completed last.

    One bad item never fails the others, so nothing is raised for it: see `item_failed` and `result["results"]`.
    When the connection drops, the stream goes on where it was (Last-Event-ID), and what was told is not told twice.
    """

    def __init__(self, connection: Connection, *, begin: Call | None = None, batch_id: str | None = None) -> None:
        super().__init__(connection)
        self.batch_id = batch_id
        self._begin = connection.again(begin) if begin is not None else None
        self._last = ""
        self._jobs: dict[int, str] = {}
        self._results: dict[int, dict[str, Any]] = {}
        self._reached: dict[int, float] = {}

    def cancel(self) -> None:
        """Stop the items that are not final."""
        for index, job_id in self._jobs.items():
            if index not in self._results:
                with suppress(FoundryApiError):
                    self._connection.json(Call("DELETE", f"/api/jobs/{segment(job_id)}"))

    def _request(self) -> Call:
        if self.batch_id is None:
            assert self._begin is not None
            return self._begin
        last = {"Last-Event-ID": self._last} if self._last else {}
        path = f"/api/batches/{segment(self.batch_id)}/events"
        return Call("GET", path, headers={**EVENT_STREAM, **last}, timeout=QUIET)

    def _opened(self, response: httpx.Response) -> None:
        # /api/batches/{batch_id}/events
        if self.batch_id is None and (place := response.headers.get("location", "").split("/"))[-1] == "events":
            self.batch_id = place[-2]

    def _told(self, event: Event) -> Event | None:
        self._last = event.id or self._last
        if event.name == "error":
            raise error_from(event.data)
        if event.name == "batch_completed":
            results = [self._results[i] for i in sorted(self._results)]
            self._result = {**event.data, "results": results}  # type: ignore[assignment]
            return event
        index = event.index
        if index is None:
            return event
        if event.name == "progress":
            if index in self._results or event.progress < self._reached.get(index, 0.0):
                return None
            self._reached[index] = event.progress
        elif event.name == "item_started":
            if index in self._jobs:
                return None
            self._jobs[index] = event.job_id or ""
        else:
            if index in self._results:
                return None
            self._results[index] = event.data.get("result") or event.data.get("error") or {}
        return event
