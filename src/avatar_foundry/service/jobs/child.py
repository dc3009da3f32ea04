"""What runs in worker processes: JSON in, contents into the store, a JSON outcome back; progress through one pipe."""

import json
import logging
import os
import resource
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from ...build import build
from ...errors import FoundryError
from ...pack import open_pack
from ...wire import body_of, error_body, kind_of
from ..store import Store
from .tasks import TASKS, Report

log = logging.getLogger(__name__)
# The stages on the wire, in order: every stage of the engine names one of them (tests/service/test_stages.py).
STAGES = (
    "queued",
    "reading",
    "checking",
    "repairing",
    "body",
    "dressing",
    "rigging",
    "skinning",
    "face",
    "lods",
    "texturing",
    "exporting",
    "export_ready",
)
QUIET = 0.1  # seconds between two reports of one stage: nobody can read faster
# A write of at most PIPE_BUF bytes is atomic, so children share the pipe without a lock that a killed one could keep.
MESSAGE = 3500


class _Child:
    """What the initializer left for the calls."""

    store: Store
    pipe: Connection


def start(store: Store, pipe: Connection, niceness: int, memory_mb: int) -> None:
    """Make this process ready: limits, pack, kernels, caches."""
    _Child.store, _Child.pipe = store, pipe
    if niceness:
        os.nice(niceness)
    if memory_mb:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_mb << 20, memory_mb << 20))
    try:
        open_pack()
        build({"preset": "average", "platform": "unity"})
    except FoundryError:
        log.exception("warming failed")


def ready() -> bool:
    """Whether this process can work."""
    open_pack()
    return True


def call(job_id: str, task: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Run a task; its errors come back as data."""
    try:
        return {"answer": TASKS[task](params, _Child.store, _reporter(job_id))}
    except MemoryError:
        return {"error": body_of("INTERNAL", "The job needs more memory than one job may take.")}
    except Exception as error:
        if kind_of(error).code == "INTERNAL":
            log.exception("job %s failed", job_id)
        return {"error": error_body(error)}


def _reporter(job_id: str) -> Report:
    began, last = time.monotonic(), ("", 0.0)

    def report(progress: float, stage: str, title: str) -> None:
        nonlocal last
        moment = time.monotonic()
        if stage == last[0] and moment - last[1] < QUIET:
            return
        last = (stage, moment)
        message = [job_id, round(progress, 4), stage, title[:120], int(1000 * (moment - began))]
        data = json.dumps(message).encode()
        if len(data) < MESSAGE:
            _Child.pipe.send_bytes(data)

    return report


Call = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
