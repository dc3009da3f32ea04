"""Every example of the reference page, word for word: through curl, a real browser and Python's websockets.

api_reference.txt is the page as published; examples are taken out of its text, so that none can be adapted by accident.
The service is fresh: from its own machine it takes any key until somebody signs in, so the page's keys work as printed.
"""

import asyncio
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import websockets

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULES = Path(os.environ.get("NODE_MODULES", ROOT / "node_modules"))
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PAGE = (HERE / "api_reference.txt").read_text(encoding="utf-8")
ADDRESS = "https://api.axisfoundry.com/api"
KEY = "sk-your-api-key-here"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
needs_browser = pytest.mark.skipif(
    not (MODULES / "playwright-core").exists() or CHROMIUM is None, reason="needs playwright-core and Chromium"
)


def examples() -> list[Any]:
    """The JSON values of the page, in order."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (at := PAGE.find("{", at)) >= 0:
        try:
            value, at = decoder.raw_decode(PAGE, at)
            found.append(value)
        except ValueError:
            at += 1
    return found


GENERATE, ANSWER, BATCH, *SAID, ERROR = examples()
MESSAGES = [line for line in PAGE.splitlines() if line.startswith('{"action"')]
ENDPOINTS = re.findall(r"^\| (GET|POST) \| (\S+) \|", PAGE, re.M)
CURL = "curl" + PAGE.partition("\ncurl")[2].partition("\nBatch Generation")[0].replace("\\\n", " ")


def test_the_page_was_read_whole() -> None:
    assert [m for m, _ in ENDPOINTS].count("GET") == 4
    assert len(ENDPOINTS) == 9
    assert [json.loads(m)["action"] for m in MESSAGES] == ["process", "validate", "cancel", "ping"]
    assert (next(iter(GENERATE)), len(ANSWER), len(BATCH["items"]), ERROR["error_code"]) == (
        "preset",
        10,
        3,
        "VALIDATION_ERROR",
    )
    assert [s["type"] for s in SAID if "type" in s] == ["progress", "result", "error", "pong"]


class Server(NamedTuple):
    base: str
    token: str
    folder: Path  # with the page's character.glb


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh service in a process of its own, and a folder with a mesh to send."""
    folder = tmp_path_factory.mktemp("page")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith("AVATAR_FOUNDRY_") or "PACK" in k or "CACHE" in k
    }
    environment["AVATAR_FOUNDRY_DATA_DIR"] = str(folder / "data")
    said = folder / "said"
    command = [sys.executable, "-c", "from avatar_foundry.cli import main; main()", "serve", "--port", str(port)]
    with said.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    try:
        until = time.monotonic() + 180
        while b'"checks"' not in _run(["curl", "-s", f"http://127.0.0.1:{port}/health/ready"]):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < until, said.read_text()
            time.sleep(0.2)
        link = re.search(r"/setup\?token=(\S+)", said.read_text())
        assert link is not None, said.read_text()
        (folder / "character.glb").write_bytes(_character())
        yield Server(f"http://127.0.0.1:{port}", link[1], folder)
    finally:
        process.terminate()
        process.wait(60)


def _character() -> bytes:
    from avatar_foundry.build import build

    recipe = {"preset": "slim", "platform": "unity", "lods": False, "texture_size": 256, "name": "character"}
    return next(iter(build(recipe).files.values()))


def _run(command: list[str], **options: Any) -> bytes:
    return subprocess.run(command, capture_output=True, timeout=300, check=False, **options).stdout


def curl(server: Server, *arguments: str) -> tuple[int, Any]:
    """Status and JSON body (or text) of a curl call; the page's address is the server's here."""
    command = [a.replace(ADDRESS, f"{server.base}/api") for a in arguments]
    text = _run(["curl", "-sS", "-w", "\n%{http_code}", *command], cwd=server.folder).decode()
    body, _, status = text.rpartition("\n")
    try:
        return int(status), json.loads(body)
    except ValueError:
        return int(status), body


def same_kind(example: Any, real: Any) -> bool:
    """Whether a real value has the type of the page's: numbers, strings, lists, objects with at least its fields."""
    if isinstance(example, dict):
        return isinstance(real, dict) and all(k in real and same_kind(v, real[k]) for k, v in example.items())
    return type(example) is type(real) or {type(example), type(real)} <= {int, float}


@needs_curl
@pytest.mark.parametrize("header", [f"Authorization: Bearer {KEY}", f"X-API-Key: {KEY}"])
@pytest.mark.parametrize("path", [p for m, p in ENDPOINTS if m == "GET"])
def test_every_get_of_the_table(server: Server, header: str, path: str) -> None:
    assert header.partition(":")[0] in PAGE
    status, body = curl(server, server.base + path, "-H", header)
    assert status == 200, body
    # and behind the page's base address, which ends in /api
    assert curl(server, ADDRESS + path, "-H", header)[0] == 200


@needs_curl
def test_generate(server: Server) -> None:
    body = PAGE[PAGE.index("{") : PAGE.index("Response")]
    status, made = curl(
        server,
        f"{server.base}/api/generate",
        "-H",
        f"Authorization: Bearer {KEY}",
        "-H",
        "Content-Type: application/json",
        "-d",
        body,
    )
    assert status == 200, made
    assert same_kind(ANSWER, made)
    for field in ("stage_reached", "preset", "platform", "exported", "morph_targets", "errors"):
        assert made[field] == ANSWER[field]
    assert re.fullmatch(r"review_\w+", made["review_session_id"])


@needs_curl
def test_process_as_printed(server: Server) -> None:
    command, *arguments = shlex.split(CURL)
    assert command == "curl"
    assert any("file=@character.glb" in a for a in arguments)
    status, made = curl(server, *arguments)
    assert status == 200, made
    assert made["platform"] == "unity"
    assert same_kind({k: v for k, v in ANSWER.items() if k != "preset"}, made)
    status, text = curl(server, *[a.replace("/process", "/process/stream") for a in arguments])
    assert status == 200
    assert [line for line in text.splitlines() if line.startswith("event: ")][-1] == "event: result"


@needs_curl
def test_batches(server: Server) -> None:
    options = ["-H", f"Authorization: Bearer {KEY}", "-H", "Content-Type: application/json", "-d", json.dumps(BATCH)]
    status, made = curl(server, f"{server.base}/api/batch-generate", *options)
    assert status == 200, made
    assert [made[k] for k in ("total", "succeeded", "failed")] == [3, 3, 0]
    assert [r["platform"] for r in made["results"]] == [i["platform"] for i in BATCH["items"]]
    assert [r["preset"] for r in made["results"]] == [i.get("preset") for i in BATCH["items"]]
    status, text = curl(server, f"{server.base}/api/batch-generate/stream", *options)
    names = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    assert (names.count("item_completed"), names[-1]) == (3, "batch_completed")


@needs_curl
def test_an_error_has_the_shape_of_the_page(server: Server) -> None:
    status, error = curl(
        server, f"{server.base}/api/generate", "-H", f"X-API-Key: {KEY}", "-d", '{"presett": "warrior"}', "--json", ""
    )
    assert status in (400, 422)
    assert set(ERROR) <= set(error)
    assert (error["error"], error["error_code"]) == (ERROR["error"], ERROR["error_code"])
    status, error = curl(server, f"{server.base}/api/platforms")
    assert status == 401
    assert same_kind(ERROR, error)
    assert set(error["suggestions"][0]) >= set(ERROR["suggestions"][0])


def check_said(said: dict[str, list[dict[str, Any]]]) -> None:
    """What a WebSocket answered to the page's four messages."""
    progress, result = said["process"][:-1], said["process"][-1]
    kinds = {s["type"]: s for s in SAID if "type" in s}
    assert result["type"] == "result"
    assert all(p["type"] == "progress" and same_kind(kinds["progress"], p) for p in progress)
    shares = [p["progress"] for p in progress]
    assert shares == sorted(shares)
    assert same_kind(kinds["result"], result)
    assert "findings" in said["validate"][-1]
    assert said["validate"][-1]["type"] == "validated"
    assert same_kind(kinds["error"], said["cancel"][-1])  # nothing is running
    assert said["cancel"][-1]["error_code"] == "CONFLICT"
    assert said["ping"] == [kinds["pong"]]


@needs_curl
def test_the_websocket_from_python(server: Server) -> None:
    upload = ["-H", f"Authorization: Bearer {KEY}", "-F", "file=@character.glb;filename=mesh.glb"]
    assert curl(server, f"{server.base}/api/uploads", *upload)[1]["path"] == "/mesh.glb"

    async def talk() -> dict[str, list[dict[str, Any]]]:
        url = f"{server.base.replace('http', 'ws')}/ws"
        async with websockets.connect(url, additional_headers={"Authorization": f"Bearer {KEY}"}) as connection:
            said: dict[str, list[dict[str, Any]]] = {}
            for message in MESSAGES:
                answers = said[json.loads(message)["action"]] = []
                await connection.send(message)
                while not answers or answers[-1]["type"] == "progress":
                    answers.append(json.loads(await asyncio.wait_for(connection.recv(), 120)))
            # and a cancel while something runs
            await connection.send(MESSAGES[0])
            await connection.recv()
            await connection.send('{"action": "cancel"}')
            while (last := json.loads(await asyncio.wait_for(connection.recv(), 60)))["type"] == "progress":
                pass
            assert last["type"] in ("cancelled", "result")
            return said

    check_said(asyncio.run(talk()))


@needs_browser
def test_everything_in_a_browser(server: Server) -> None:
    given = server.folder / "examples.json"
    given.write_text(json.dumps({"generate": GENERATE, "batch": BATCH, "messages": MESSAGES}))
    arguments = [server.base, server.token, MODULES, CHROMIUM, given, server.folder / "character.glb"]
    command = ["node", str(HERE / "page_examples.mjs"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    heard = json.loads(done.stdout)

    process = heard["process"]
    assert (process["status"], process["type"].partition(";")[0]) == (200, "text/event-stream")
    assert [e["event"] for e in process["events"]][-1] == "result"
    assert process["chunks"] > 1  # it came while the work went on

    names = [e["event"] for e in heard["batched"]["events"]]
    assert (names.count("item_started"), names.count("item_completed"), names[-1]) == (3, 3, "batch_completed")

    source = heard["source"]
    assert source["result"]["preset"] == "warrior"
    assert [int(e["id"]) for e in source["events"]] == list(range(len(source["events"])))
    assert source["events"][-1]["data"]["progress"] == 1.0
    check_said(heard["said"])
