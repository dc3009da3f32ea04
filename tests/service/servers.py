"""Real servers for tests: PostgreSQL databases, buckets of an S3 server, and the foundry's own processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeVar
from uuid import uuid4

import httpx
import psycopg
import pytest

from .conftest import ADMIN_KEY

T = TypeVar("T")
POSTGRES = os.environ.get("AVATAR_FOUNDRY_TEST_DATABASE_URL", "")
MOTO = Path(__file__).parents[2] / ".venv/s3/bin/moto_server"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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


@contextmanager
def fresh_database() -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database; skips without a server (scripts/with-postgres starts one)."""
    if not POSTGRES:
        pytest.skip("needs PostgreSQL: run it through scripts/with-postgres")
    name = f"foundry_{uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as session:
        session.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield f"{POSTGRES.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(POSTGRES, autocommit=True) as session:
            session.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())


class Bucket(NamedTuple):
    """url: for AVATAR_FOUNDRY_STORE_URL. environment: where the server is and what it takes as credentials."""

    url: str
    environment: dict[str, str]


@contextmanager
def s3_server() -> Iterator[Bucket]:
    """An S3 server with one bucket; skips when it was not installed (make setup-dev)."""
    if not MOTO.exists():
        pytest.skip("needs an S3 server: make setup-dev installs one")
    port = free_port()
    command = [str(MOTO.parent / "python"), str(MOTO), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: httpx.put(f"{base}/foundry").status_code == 200, 60)
        yield Bucket(
            "s3://foundry/contents",
            {
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT": base,
                "AWS_ALLOW_HTTP": "true",
            },
        )
    finally:
        process.terminate()
        process.wait(20)


class Process:
    """`avatar-foundry ...` in a session of its own, so that kill -9 takes its children too."""

    def __init__(self, log: IO[bytes], environment: dict[str, str], *arguments: str) -> None:
        self.log, self.environment, self.arguments = log, environment, arguments
        self.start()

    def start(self) -> None:
        command = [str(Path(sys.executable).parent / "avatar-foundry"), *self.arguments]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=self.log, stderr=self.log, start_new_session=True
        )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """kill -9 of the process and everything that it started."""
        if self.alive:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Foundry:
    """A service of several processes on one database: an API, and workers with data folders of their own."""

    def __init__(self, folder: Path, database: str, bucket: Bucket | None = None, *, workers: int = 0) -> None:
        self.folder, self.log = folder, (folder / "log").open("wb")
        self.environment = {
            **{
                k: v
                for k, v in os.environ.items()
                if not k.startswith("AVATAR_FOUNDRY_") or "PACK" in k or "CACHE" in k
            },
            **(bucket.environment if bucket else {}),
            "AVATAR_FOUNDRY_DATABASE_URL": database,
            "AVATAR_FOUNDRY_STORE_URL": bucket.url if bucket else "",
            "AVATAR_FOUNDRY_ADMIN_KEY": ADMIN_KEY,
            "AVATAR_FOUNDRY_WORKERS": "1",
            "AVATAR_FOUNDRY_EMBEDDED_WORKER": "false" if workers else "true",
            "OMP_NUM_THREADS": "1",
        }
        port = free_port()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"X-API-Key": ADMIN_KEY}, timeout=120)
        self.api = Process(self.log, self.of("api"), "serve", "--port", str(port))
        self.workers = [Process(self.log, self.of(f"worker{n}"), "worker") for n in range(workers)]
        self.answers()

    def of(self, name: str) -> dict[str, str]:
        """The environment of one process: its own data folder, as on a machine of its own."""
        return {
            **self.environment,
            "AVATAR_FOUNDRY_DATA_DIR": str(self.folder / name),
            "AVATAR_FOUNDRY_EXECUTOR_ID": name,
        }

    def answers(self) -> None:
        """Wait until the API answers."""
        eventually(lambda: self.client.get("/health").status_code == 200)

    def kill_all(self) -> None:
        for process in (self.api, *self.workers):
            process.kill()

    def start_all(self) -> None:
        for process in (self.api, *self.workers):
            if not process.alive:
                process.start()
        self.answers()

    def close(self) -> None:
        self.kill_all()
        self.client.close()
        self.log.close()

    def submit(self, recipe: dict[str, Any]) -> str:
        answer = self.client.post("/api/generate", json=recipe, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def job(self, id: str) -> dict[str, Any]:
        answer = self.client.get(f"/api/jobs/{id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def final(self, jobs: list[str]) -> list[dict[str, Any]]:
        """The jobs once all of them are final."""

        def look() -> list[dict[str, Any]]:
            found = [self.job(j) for j in jobs]
            return found if all(j["finished_at"] for j in found) else []

        return eventually(look)
