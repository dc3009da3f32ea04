"""Jobs outlive processes: on SQLite, on PostgreSQL, and on several machines with PostgreSQL and an S3 server."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from avatar_foundry.service.jobs.lease import FileLease, Lease, ServerLease, take_slot

from .servers import Foundry, eventually, fresh_database, s3_server
from .test_generate import SMALL


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database URL, empty for SQLite."""
    if request.param == "sqlite":
        yield ""
        return
    with fresh_database() as url:
        yield url


@pytest.fixture
def alone(tmp_path: Path, database: str) -> Iterator[Foundry]:
    """One process that does everything."""
    with contextlib.closing(Foundry(tmp_path, database)) as started:
        yield started


@pytest.fixture
def scaled(tmp_path: Path) -> Iterator[Foundry]:
    """An API without engine processes for the queue, and two workers, each with a data folder of its own."""
    with (
        fresh_database() as url,
        s3_server() as bucket,
        contextlib.closing(Foundry(tmp_path, url, bucket, workers=2)) as started,
    ):
        yield started


def all_succeeded_once(foundry: Foundry, jobs: list[str], avatars: int) -> list[dict[str, Any]]:
    """Waits for the jobs; asserts that each made one avatar, that there are no others, and that the files are whole."""
    final = foundry.final(jobs)
    assert [j["state"] for j in final] == ["succeeded"] * len(jobs), [j["error"] for j in final]
    assert len({j["result"]["avatar_id"] for j in final}) == len(jobs)
    assert len(foundry.client.get("/api/avatars").json()["items"]) == avatars
    for j in final:
        for file in j["result"]["files"]:
            data = foundry.client.get(file["url"]).content
            assert hashlib.sha256(data).hexdigest() == file["sha256"]
    return final


def test_every_accepted_job_survives_kill_9_and_makes_one_avatar(alone: Foundry) -> None:
    jobs = [alone.submit({**SMALL, "seed": seed}) for seed in range(4)]
    eventually(lambda: any(alone.job(j)["state"] == "running" for j in jobs))
    alone.kill_all()
    alone.start_all()
    all_succeeded_once(alone, jobs, 4)


def test_scaled_out_nothing_is_lost_whatever_is_killed(scaled: Foundry) -> None:
    """kill -9 of a worker mid-job, of the API mid-batch, of everything; a job that fails, too."""
    jobs = [scaled.submit({**SMALL, "seed": seed}) for seed in range(4)]
    eventually(lambda: any(scaled.job(j)["state"] == "running" for j in jobs))
    scaled.workers[0].kill()  # its peer takes over what it was at
    final = all_succeeded_once(scaled, jobs, 4)

    items = [{**SMALL, "seed": seed} for seed in range(10, 13)] + [{**SMALL, "preset": "no-such"}]
    batch = scaled.client.post("/api/batch-generate", json={"items": items}, headers={"Prefer": "respond-async"}).json()
    scaled.api.kill()  # the workers go on without it
    scaled.workers[0].start()
    scaled.start_all()
    address = f"/api/batches/{batch['batch_id']}"
    answer = eventually(lambda: a if (a := scaled.client.get(address).json())["state"] == "completed" else None)
    assert (answer["succeeded"], answer["failed"]) == (3, 1)
    assert answer["results"][3]["error_code"] == "VALIDATION_ERROR"

    more = [scaled.submit({**SMALL, "seed": seed}) for seed in range(20, 23)]
    eventually(lambda: any(scaled.job(j)["state"] == "running" for j in more))
    scaled.kill_all()
    scaled.start_all()
    all_succeeded_once(scaled, more, 10)

    # What was finished before all that is as it was, in ranges and by ETag.
    file = final[0]["result"]["files"][0]
    whole = scaled.client.get(file["url"])
    assert whole.headers["etag"] == f'"{file["sha256"]}"'
    part = scaled.client.get(file["url"], headers={"Range": "bytes=100-1099"})
    assert (part.status_code, part.content) == (206, whole.content[100:1100])
    assert scaled.client.get(file["url"], headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    assert not list(scaled.folder.glob("*/content/*")), "contents are in the bucket, not on a machine"


def test_progress_and_cancel_cross_machines(scaled: Foundry) -> None:
    jobs = [scaled.submit({**SMALL, "lods": True, "seed": seed}) for seed in range(2)]
    running = eventually(lambda: next((j for j in jobs if scaled.job(j)["state"] == "running"), None))
    assert scaled.client.delete(f"/api/jobs/{running}").status_code < 300
    assert scaled.job(running)["state"] == "cancelled"
    others = [j for j in jobs if j != running]
    with scaled.client.stream("GET", f"/api/jobs/{others[0]}/events") as events:
        names = [line.removeprefix("event: ") for line in events.iter_lines() if line.startswith("event: ")]
    assert names.count("progress") >= 2  # how many are seen of a short job is the clock's to say
    assert names[-1] == "result"
    all_succeeded_once(scaled, others, 1)


@pytest.fixture
def leases(tmp_path: Path, database: str) -> Callable[[], Lease]:
    return lambda: ServerLease(database) if database else FileLease(tmp_path)


def test_a_living_process_keeps_its_name_and_a_dead_one_frees_it(leases: Callable[[], Lease]) -> None:
    first, second = leases(), leases()
    assert take_slot(first, "host-api") == "host-api-0"
    assert take_slot(second, "host-api") == "host-api-1"
    assert not second.acquire("host-api-0")
    first.close()
    assert eventually(lambda: second.acquire("host-api-0"), 10)  # a server frees it when it notices
    second.release("host-api-0")
    second.close()
