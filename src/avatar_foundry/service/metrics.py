"""Numbers for Prometheus: requests, jobs, stages, queue."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """One registry per application, so that two in one process do not meet."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "foundry_requests", "Answered requests", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "foundry_request_seconds", "Time to answer", ("method", "route"), buckets=SECONDS, registry=self.registry
        )
        self.jobs = Counter("foundry_jobs", "Finished jobs", ("task", "state"), registry=self.registry)
        self.stage_seconds = Counter("foundry_stage_seconds", "Time in stages", ("stage",), registry=self.registry)
        self.queue = Gauge("foundry_queue_jobs", "Jobs that wait", registry=self.registry)
        self.shared = Counter(
            "foundry_answers_shared", "Answers from what was there", ("kind",), registry=self.registry
        )

    def text(self) -> bytes:
        """The exposition."""
        return generate_latest(self.registry)
