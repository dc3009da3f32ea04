"""The pages in a real browser against the real server, and their own unit tests."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

ROOT = Path(__file__).parents[2]
MODULES = Path(os.environ.get("NODE_MODULES", ROOT / "node_modules"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
STATIC = ROOT / "src/avatar_foundry/service/static"
PICTURES = Path(os.environ.get("PICTURES", ROOT / "out" / "pages"))

needs_pages = pytest.mark.skipif(not (STATIC / "index.html").exists(), reason="the pages are not built")
needs_browser = pytest.mark.skipif(
    not (MODULES / "playwright-core").exists() or CHROMIUM is None, reason="needs playwright-core and Chromium"
)
pytestmark = needs_pages


class Server(NamedTuple):
    base: str
    token: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh service in a process of its own, with the set-up link that it printed."""
    folder = tmp_path_factory.mktemp("service")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = folder / "said"
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith("AVATAR_FOUNDRY_") or "PACK" in k or "CACHE" in k
    }
    environment |= {
        "AVATAR_FOUNDRY_AUTH": "keys",
        "AVATAR_FOUNDRY_DATA_DIR": str(folder / "data"),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", "from avatar_foundry.cli import main; main()", "serve", "--port", str(port)]
    with said.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    base = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 180
        while True:
            try:
                if httpx.get(f"{base}/health", timeout=5).status_code == 200:
                    break
            except httpx.TransportError:
                pass
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.2)
        link = re.search(r"/setup\?token=(\S+)", said.read_text())
        assert link is not None, said.read_text()
        yield Server(base, link[1])
    finally:
        process.terminate()
        process.wait(60)


def test_the_document_and_its_parts_are_served_to_strangers(server: Server) -> None:
    for path in ("/", "/setup", "/generate", "/avatars", "/process", "/settings", "/settings/keys"):
        answer = httpx.get(server.base + path)
        assert answer.status_code == 200
        policies = answer.headers.get_list("content-security-policy")
        assert any(
            "default-src 'none'" in p
            and "style-src 'self';" in p
            and "unsafe-eval'" not in p.replace("wasm-unsafe-eval", "")
            for p in policies
        )
        assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|javascript:", answer.text)
        parts = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert len(parts) >= 3
        for part in parts:
            found = httpx.get(server.base + part)
            assert found.status_code == 200
            assert "immutable" in found.headers["cache-control"]
            plain = httpx.get(server.base + part, headers={"Accept-Encoding": "identity"})
            assert plain.content == found.content


def test_nothing_leads_out_of_the_folder(server: Server) -> None:
    for name in ("..%2findex.html", "%2e%2e%2f%2e%2e%2fapp.py", "no.js", "%2fetc%2fpasswd", "index.html"):
        assert httpx.get(f"{server.base}/assets/{name}").status_code == 404


def test_a_preview_without_a_session_asks_browsers_to_sign_in_and_refuses_programs(server: Server) -> None:
    person = httpx.get(f"{server.base}/api/preview?avatar_id=x", headers={"Accept": "text/html,*/*"})
    assert person.status_code == 401
    assert "<!doctype html>" in person.text
    program = httpx.get(f"{server.base}/api/preview?avatar_id=x")
    assert program.status_code == 401
    assert program.json()["error_code"] == "UNAUTHORIZED"


@pytest.fixture(scope="module")
def seen(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one walk through all pages saw."""
    assert CHROMIUM is not None
    PICTURES.mkdir(parents=True, exist_ok=True)
    upload = tmp_path_factory.mktemp("upload") / "mine.glb"
    upload.write_bytes(_character(upload.parent))
    command = ["node", "flow.mjs", server.base, server.token, PICTURES, MODULES, CHROMIUM, upload]
    done = subprocess.run(
        [str(c) for c in command], cwd=Path(__file__).parent, capture_output=True, text=True, timeout=560, check=False
    )
    assert done.stdout, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    if "error" in found:
        pytest.fail(json.dumps(found, indent=1))
    return found


def _character(folder: Path) -> bytes:
    from avatar_foundry.build import build

    recipe = {"preset": "slim", "lods": False, "texture_size": 256, "name": "mine"}
    return next(iter(build(recipe).files.values()))


@needs_browser
def test_the_pages_keep_to_their_policy_and_their_host(seen: dict[str, Any]) -> None:
    assert seen["violations"] == []
    assert seen["console"] == []
    assert seen["failed"] == []
    assert seen["outside"] == []


@needs_browser
def test_a_key_from_settings_works_shows_once_and_dies_when_revoked(seen: dict[str, Any]) -> None:
    key = seen["key"]
    assert (key["read"], key["write"], key["revoked"]) == (200, 403, 401)
    assert not key["shownAgain"]
    assert "build server" in key["row"]
    assert "just now" in key["row"]


@needs_browser
def test_generating_tells_every_word_and_offers_every_file(seen: dict[str, Any]) -> None:
    generated = seen["generated"]
    assert generated["ignored"] == ["dragon"]
    assert {"tall", "athletic", "woman"} <= set(" ".join(generated["words"]).split())
    assert len(generated["files"]) == 5


@needs_browser
def test_the_preview_draws_the_avatar(seen: dict[str, Any]) -> None:
    assert seen["drawn"] > 20_000
    assert seen["shapes"] == 72


@needs_browser
def test_a_slider_moves_the_face_and_reset_brings_it_back(seen: dict[str, Any]) -> None:
    assert seen["morph"]["moved"] > 1_000
    assert seen["morph"]["back"] < 50


@needs_browser
def test_overlays_and_levels_show(seen: dict[str, Any]) -> None:
    assert seen["overlays"]["bones"] > 200
    assert seen["overlays"]["wires"] > 2_000
    triangles = seen["triangles"]
    assert len(triangles) == 4
    assert triangles == sorted(triangles, reverse=True)
    assert triangles[3] < 0.2 * triangles[0]


@needs_browser
def test_avatars_are_listed_and_uploads_processed(seen: dict[str, Any]) -> None:
    assert seen["cards"] >= 1
    assert seen["processed"][0] == "mine.glb"


@pytest.mark.skipif(
    not (ROOT / "web/node_modules/.bin/vitest").exists(), reason="needs web/node_modules: scripts/build-web"
)
def test_the_pages_own_checks() -> None:
    for tool in (["tsc", "--noEmit"], ["vitest", "run"]):
        command = [str(ROOT / "web/node_modules/.bin" / tool[0]), *tool[1:]]
        done = subprocess.run(command, cwd=ROOT / "web", capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
