"""Real clients against a real server: tus-js-client, and a browser that holds a link and nothing else."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..conftest import run_node
from .conftest import ADMIN_KEY
from .servers import Foundry
from .test_generate import SMALL


@pytest.fixture(scope="module")
def foundry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foundry]:
    with contextlib.closing(Foundry(tmp_path_factory.mktemp("foundry"), "")) as started:
        yield started


def test_tus_js_client_breaks_off_and_goes_on(foundry: Foundry, tmp_path: Path) -> None:
    data = os.urandom(500_000)
    file = tmp_path / "hero.glb"
    file.write_bytes(data)
    seen = run_node("tus_upload.mjs", "tus-js-client", f"{foundry.client.base_url}/api/uploads", ADMIN_KEY, str(file))
    methods = [method for method, _ in seen["requests"]]
    assert methods.count("HEAD") == 1
    assert methods[-1] == "DELETE"
    assert all(status < 300 for _, status in seen["requests"])
    (found,) = foundry.client.get("/api/uploads").json()["items"]
    assert (found["path"], found["sha256"]) == ("/hero.glb", hashlib.sha256(data).hexdigest())


def test_whoever_has_the_link_sees_the_avatar(foundry: Foundry, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium")
    made = foundry.client.post("/api/generate", json=SMALL).json()
    url = foundry.client.post(f"/api/avatars/{made['avatar_id']}/links").json()["url"]
    folder = Path(os.environ.get("PICTURES", tmp_path))
    seen = run_node("share.mjs", "playwright-core", url, str(folder / "shared.png"), chromium)
    assert seen["ready"] == 1, seen
    assert (seen["console"], seen["violations"], seen["refused"]) == ([], [], [])
    foundry.client.delete(f"/api/avatars/{made['avatar_id']}/links")
    ended = run_node("share.mjs", "playwright-core", url, str(folder / "ended.png"), chromium)
    assert ended["ready"] == 0
    assert {status for status, _ in ended["refused"]} == {401}
    assert "expired" in ended["text"]
