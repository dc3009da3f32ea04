"""Streamable HTTP: the same tools, a key for other machines, no tricked browsers."""

import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from avatar_foundry.errors import RecipeError
from avatar_foundry.mcp.serve import address
from mcp import Client

from .conftest import SMALL_TOOL, environment, http

MAIN = "from avatar_foundry.cli import main; main()"
KEY = "a key of the tests"


def start(root: Path, where: str, **env: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", MAIN, "mcp", "--root", str(root), "--http", where]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**environment(), **env})


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process = start(tmp_path_factory.mktemp("root"), "127.0.0.1:0", AVATAR_FOUNDRY_MCP_KEY=KEY)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("MCP on "), line + process.stderr.read()
    yield line.removeprefix("MCP on ").strip()
    process.terminate()
    process.communicate(timeout=20)


def test_tools_over_http_with_progress(url: str) -> None:
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    async def talk(client: Client) -> Any:
        made = await client.call_tool("generate", SMALL_TOOL, progress_callback=hear)
        assert not made.is_error, made.structured_content
        return await client.call_tool("render", {"avatar_id": made.structured_content["avatar_id"], "size": 64})

    picture = asyncio.run(http(url, talk, {"Authorization": f"Bearer {KEY}"}))
    assert picture.content[0].type == "image"
    assert heard[-1] == 1
    assert heard == sorted(heard)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Bearer {KEY}", "Host": "evil.example"}, 421),
        ({"Authorization": f"Bearer {KEY}", "Origin": "http://evil.example"}, 403),
    ],
)
def test_strangers_are_refused(url: str, headers: dict[str, str], status: int) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    accept = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    request = urllib.request.Request(url, body, {**accept, **headers})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)
    with refused.value as answer:
        assert answer.code == status


def test_other_machines_need_a_key(tmp_path: Path) -> None:
    process = start(tmp_path, "0.0.0.0:0")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "AVATAR_FOUNDRY_MCP_KEY" in said


def test_addresses() -> None:
    assert address("0.0.0.0:80") == ("0.0.0.0", 80)
    assert address("[::1]:8") == ("::1", 8)
    assert address(":8000") == ("127.0.0.1", 8000)
    assert address("8000") == ("127.0.0.1", 8000)
    for bad in ("localhost", "a:b", "a:99999", ""):
        with pytest.raises(RecipeError):
            address(bad)
