"""Jobs outlive processes: on SQLite, and on PostgreSQL when AVATAR_FOUNDRY_TEST_DATABASE_URL names one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from avatar_foundry.service.jobs.lease import FileLease, Lease, ServerLease, take_slot

from .conftest import ADMIN_KEY
from .test_generate import SMALL

T = TypeVar("T")
POSTGRES = os.environ.get("AVATAR_FOUNDRY_TEST_DATABASE_URL", "")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """A database URL, empty for SQLite."""
    if request.param == "postgresql" and not POSTGRES:
        pytest.skip("AVATAR_FOUNDRY_TEST_DATABASE_URL names no server")
    return POSTGRES if request.param == "postgresql" else ""


def eventually(look: Callable[[], T | None], seconds: float = 240) -> T:
    """The first truthy value of `look`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := look():
                return found
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it never happened")


class Server:
    """A real server process that can be killed and started again on the same data."""

    def __init__(self, folder: Path, url: str) -> None:
        self.environment = {
            **os.environ,
            "AVATAR_FOUNDRY_DATA_DIR": str(folder / "data"),
            "AVATAR_FOUNDRY_DATABASE_URL": url,
            "AVATAR_FOUNDRY_ADMIN_KEY": ADMIN_KEY,
            "AVATAR_FOUNDRY_WORKERS": "1",
        }
        self.log = (folder / "log").open("wb")
        self.port = 8240 if url else 8241
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"X-API-Key": ADMIN_KEY}, timeout=120
        )
        self.start()

    def start(self) -> None:
        command = [str(Path(sys.executable).parent / "avatar-foundry"), "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )
        eventually(lambda: self.client.get("/health").status_code == 200)

    def kill(self) -> None:
        """kill -9 of the server and everything that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def job(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/api/jobs/{id}").json()
        return found


@pytest.fixture
def server(tmp_path: Path, database: str) -> Iterator[Server]:
    started = Server(tmp_path, database)
    yield started
    if started.process.poll() is None:
        started.kill()
    started.client.close()
    started.log.close()


def test_every_accepted_job_survives_kill_9_and_makes_one_avatar(server: Server) -> None:
    def submit(seed: int) -> str:
        answer = server.client.post("/api/generate", json={**SMALL, "seed": seed}, headers={"Prefer": "respond-async"})
        return str(answer.json()["job_id"])

    before = len(server.client.get("/api/avatars").json()["items"])
    jobs = [submit(seed) for seed in range(4)]
    eventually(lambda: any(server.job(j)["state"] == "running" for j in jobs))
    server.kill()
    server.start()

    def finished() -> list[dict[str, Any]]:
        found = [server.job(j) for j in jobs]
        return found if all(j["finished_at"] for j in found) else []

    final = eventually(finished)
    assert [j["state"] for j in final] == ["succeeded"] * 4
    assert len({j["result"]["avatar_id"] for j in final}) == 4
    assert len(server.client.get("/api/avatars").json()["items"]) == before + 4
    for j in final:
        assert server.client.get(j["result"]["download_url"]).content[:4] == b"glTF"


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
