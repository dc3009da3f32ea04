# Made by scripts/gen-client from ../aio: change that.
"""Jobs that were begun: how they stand, what they say, and an end to them."""

from ..calls import Call, segment
from ..types import Batch, Job, Made
from .connection import Connection
from .streams import BatchStream, JobStream


class Jobs:
    """`foundry.jobs`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, job_id: str) -> Job:
        """How a job stands; its result or error once it is final."""
        job: Job = self._connection.json(Call("GET", f"/api/jobs/{segment(job_id)}"))
        return job

    def events(self, job_id: str, *, last_event_id: str = "") -> JobStream:
        """The job's events from the first, or behind `last_event_id`. Leaving a `with` around it early cancels it."""
        return JobStream(self._connection, job_id=job_id, last_id=last_event_id)

    def wait(self, job_id: str) -> Made:
        """The job's answer once it is there. Raises the job's own error."""
        return self.events(job_id).wait()

    def cancel(self, job_id: str) -> Job:
        """Stop a job. Raises Conflict when it is final already."""
        job: Job = self._connection.json(Call("DELETE", f"/api/jobs/{segment(job_id)}"))
        return job

    def batch(self, batch_id: str) -> Batch:
        """How a batch stands."""
        batch: Batch = self._connection.json(Call("GET", f"/api/batches/{segment(batch_id)}"))
        return batch

    def batch_events(self, batch_id: str) -> BatchStream:
        """A batch's events from the first. Leaving a `with` around it early cancels what is not done."""
        return BatchStream(self._connection, batch_id=batch_id)
