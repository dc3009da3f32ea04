"""Jobs that end otherwise than well: dead processes, limits, nobody who listens, owners who are gone."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from avatar_foundry.service.records import webhooks
from avatar_foundry.service.sse_batch import told_before

from .conftest import Service
from .test_generate import SMALL


@contextmanager
def setting(service: Service, **values: Any) -> Iterator[None]:
    """Other settings while the block lasts; settings are frozen for everybody else."""
    held = service.services.settings.__dict__
    before = {k: held[k] for k in values}
    held.update(values)
    try:
        yield
    finally:
        held.update(before)


@pytest.fixture
def heard(service: Service) -> Iterator[Any]:
    """What is on its way to a webhook of every event: [(event, data)]."""
    hook = service.post("/api/webhooks", json={"url": "http://127.0.0.1:9/ends"}).json()

    def look() -> list[tuple[str, dict[str, Any]]]:
        with service.services.database.reading() as session:
            return [(d.event, d.payload["data"]) for d in webhooks.deliveries(session, hook["id"])]

    yield look
    service.delete(f"/api/webhooks/{hook['id']}")


def test_a_job_behind_its_time_limit_is_504_and_told(service: Service, heard: Any) -> None:
    with setting(service, job_timeout=0.01):
        answer = service.post("/api/generate", json={**SMALL, "seed": 11})
    assert (answer.status_code, answer.json()["error_code"]) == (504, "TIMEOUT")
    ((event, data),) = heard()
    assert (event, data["error"]["error_code"]) == ("job.failed", "TIMEOUT")


def test_a_request_behind_its_time_limit_is_504_and_its_process_is_free_again(service: Service) -> None:
    with setting(service, generate_timeout=0.01):
        answer = service.post("/api/generate", json={**SMALL, "seed": 12})
    assert (answer.status_code, answer.json()["error_code"]) == (504, "TIMEOUT")
    assert service.services.jobs.processes.running == []  # type: ignore[attr-defined]
    assert service.post("/api/generate", json=SMALL).status_code == 200


def test_a_streamed_job_that_nobody_hears_is_dropped_and_told(service: Service, heard: Any) -> None:
    started = service.post("/api/generate", json={**SMALL, "seed": 13}, headers={"Prefer": "respond-async"}).json()

    async def leave() -> None:
        listeners = service.services.listeners
        listeners.watch(started["job_id"])
        async with listeners.present(started["job_id"]):
            pass
        await asyncio.sleep(0.5)

    with setting(service, job_timeout=600.0):
        service.run(leave())
    state = service.get(f"/api/jobs/{started['job_id']}").json()["state"]
    events = [event for event, _ in heard()]
    assert (state, events) in (("cancelled", ["job.cancelled"]), ("succeeded", ["job.succeeded", "avatar.created"]))


def test_a_request_outlives_its_process(service: Service) -> None:
    async def go() -> Any:
        from .conftest import ADMIN_KEY

        headers = {"X-API-Key": ADMIN_KEY}
        asked = asyncio.create_task(service.client.post("/api/generate", json={**SMALL, "seed": 14}, headers=headers))
        pool = service.services.jobs.processes._pools["now"]  # type: ignore[attr-defined]
        while not service.services.jobs.processes.running:  # type: ignore[attr-defined]
            await asyncio.sleep(0.005)
        for worker in list(pool._pool_manager.worker_manager.workers):
            os.kill(worker, signal.SIGKILL)
        return await asked

    answer = service.run(go())
    assert answer.status_code == 200, answer.text


def test_a_broken_pool_is_replaced(service: Service) -> None:
    from pebble.pool.base_pool import PoolStatus

    pool = service.services.jobs.processes._pools["now"]  # type: ignore[attr-defined]
    pool._context.status = PoolStatus.ERROR
    assert service.post("/api/generate", json=SMALL).status_code == 200
    assert service.services.jobs.processes._pools["now"] is not pool  # type: ignore[attr-defined]


def test_a_job_that_wants_too_much_memory_ends_with_the_reason(tmp_path: Path) -> None:
    code = """
import json, multiprocessing, sys
from pathlib import Path
from avatar_foundry.build import build
from avatar_foundry.service.jobs import child
from avatar_foundry.service.jobs.tasks import TASKS
from avatar_foundry.service.store import Store

def greedy(params, store, report):
    return {"size": len(bytearray(4 << 30))}

reader, writer = multiprocessing.Pipe(duplex=False)
child.build = lambda recipe: None
child.start(Store("", Path(sys.argv[1])), writer, 0, 2048)
TASKS["greedy"] = greedy
print(json.dumps(child.call("job", "greedy", {})))
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    error = json.loads(done.stdout)["error"]
    assert error["error_code"] == "INTERNAL"
    assert "memory" in error["detail"]


def test_a_deleted_user_takes_everything_along(service: Service) -> None:
    key = service.key("write", user="leaving")
    made = service.post("/api/generate", key=key, json={**SMALL, "seed": 15, "name": "leaving"}).json()
    upload = service.post("/api/uploads", key=key, files={"file": ("mine.glb", b"only here")}).json()
    user = next(u for u in service.get("/api/users").json()["items"] if u["name"] == "leaving")
    contents = [made["files"][0]["sha256"], upload["sha256"]]
    assert all(service.services.store.has(c) for c in contents)
    assert service.delete(f"/api/users/{user['id']}").status_code == 204
    assert not any(service.services.store.has(c) for c in contents)
    assert service.get(f"/api/avatars/{made['avatar_id']}").status_code == 404
    assert service.get("/api/platforms", key=key).status_code == 401


def test_a_batch_stream_goes_on_where_it_broke(service: Service) -> None:
    answer = service.post("/api/batch-generate/stream", json={"items": [SMALL, {"preset": "no-such"}, SMALL]})
    blocks = [
        dict(line.split(": ", 1) for line in b.splitlines()) for b in answer.text.strip().split("\n\n") if b[0] != ":"
    ]
    assert blocks[-1]["event"] == "batch_completed"

    def told(block: dict[str, str]) -> tuple[str, str]:
        data = json.loads(block["data"])
        data.get("error", {}).pop("request_id", None)  # of the request that hears of it
        return block["event"], json.dumps(data)

    for cut in (0, len(blocks) // 2, len(blocks) - 2):
        resumed = service.get(answer.headers["location"], headers={"Last-Event-ID": blocks[cut]["id"]}).text
        again = [
            dict(line.split(": ", 1) for line in b.splitlines()) for b in resumed.strip().split("\n\n") if b[0] != ":"
        ]
        rest = blocks[cut + 1 :]
        assert sorted(map(told, again)) == sorted(map(told, rest))
        assert again[-1]["event"] == "batch_completed"


@pytest.mark.parametrize(
    ("given", "place"),
    [("3.e.0", ["3", "e", "0"]), ("", ["0"] * 3), ("3.e", ["0"] * 3), ("x.e.0", ["0"] * 3), ("17", ["0"] * 3)],
)
def test_ids_of_other_streams_begin_anew(given: str, place: list[str]) -> None:
    assert told_before(given, 3) == place
