"""The backup of docs/operations.md, taken while the service works, restored elsewhere."""

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .servers import Foundry, fresh_database
from .test_generate import SMALL

SCRIPTS = Path(__file__).parents[2] / "scripts"
PROGRAMS = os.environ.get("AVATAR_FOUNDRY_TEST_POSTGRES_PROGRAMS", "")


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Two database URLs: of the service, and to restore into."""
    if request.param == "sqlite":
        yield "", ""
        return
    with fresh_database() as first, fresh_database() as second:
        yield first, second


def run(script: str, folder: Path, environment: dict[str, str]) -> None:
    path = f"{PROGRAMS}{os.pathsep}{environment['PATH']}" if PROGRAMS else environment["PATH"]
    if environment["AVATAR_FOUNDRY_DATABASE_URL"] and not shutil.which("pg_dump", path=path):
        pytest.skip("needs PostgreSQL's pg_dump")
    command = [str(SCRIPTS / script), str(folder)]
    done = subprocess.run(command, env={**environment, "PATH": path}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_was_there_at_the_backup_is_there_after_the_restore(databases: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    backup = tmp_path / "backup"
    with contextlib.closing(Foundry(tmp_path / "a", databases[0])) as service:
        made = service.client.post("/api/generate", json=SMALL).json()
        upload = service.client.post("/api/uploads", files={"file": ("mine.glb", b"glTF and more")}).json()
        link = service.client.post(f"/api/avatars/{made['avatar_id']}/links").json()
        key = service.client.post("/api/keys", json={"name": "kept"}).json()["key"]
        waiting = [service.submit({**SMALL, "seed": seed}) for seed in (1, 2)]
        run("backup", backup, service.of("api"))
        service.final(waiting)
        run("backup", backup, service.of("api"))  # again, over the first
    environment = {**service.of("api"), "AVATAR_FOUNDRY_DATABASE_URL": databases[1]}
    run("restore", backup, {**environment, "AVATAR_FOUNDRY_DATA_DIR": str(tmp_path / "b" / "api")})
    restored = Foundry(tmp_path / "b", databases[1])
    with contextlib.closing(restored):
        client = restored.client
        assert len(client.get("/api/avatars").json()["items"]) == 3
        found = client.get(f"/api/avatars/{made['avatar_id']}", headers={"X-API-Key": key}).json()
        for file in found["files"]:
            assert hashlib.sha256(client.get(file["url"]).content).hexdigest() == file["sha256"]
        assert [u["id"] for u in client.get("/api/uploads").json()["items"]] == [upload["id"]]
        assert [j["state"] for j in restored.final(waiting)] == ["succeeded"] * 2
        token = link["token"]
        assert (
            client.get(f"/api/avatars/{made['avatar_id']}?share={token}", headers={"X-API-Key": ""}).status_code == 200
        )
        again = client.post("/api/generate", json=SMALL).json()
        assert again["files"][0]["sha256"] == made["files"][0]["sha256"]
