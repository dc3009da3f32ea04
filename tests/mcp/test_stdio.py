"""The tools over stdio: the engine in the server's process, and a service elsewhere."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.served import Served

from avatar_foundry.client import Foundry
from mcp import Client

from .conftest import SMALL_TOOL, stdio

PNG = b"\x89PNG\r\n\x1a\n"
ODD = ("~/x", "..\\..\\x", "%2e%2e/x")  # look like ways out, but are names inside
HOSTILE = ("../out.glb", "/etc/passwd", "made/../../x", "link/passwd", "link-file", "a\0b", *ODD)


async def said(client: Client, name: str, **arguments: Any) -> tuple[bool, dict[str, Any]]:
    """Whether a tool failed, and what it says; text and structure agree."""
    result = await client.call_tool(name, arguments)
    texts = [c.text for c in result.content if c.type == "text"]
    assert json.loads(texts[0]) == result.structured_content
    return result.is_error, result.structured_content


async def the_whole_tour(client: Client) -> dict[str, Any]:
    """Every tool once, and what must fail."""
    tools = {t.name: t for t in (await client.list_tools()).tools}
    assert set(tools) >= {
        "list_presets",
        "list_platforms",
        "generate",
        "process",
        "validate",
        "inspect",
        "render",
        "review",
    }
    assert len(json.dumps([t.input_schema for t in tools.values()])) < 16_000  # an assistant reads them all
    assert "unity" in tools["generate"].input_schema["properties"]["platform"]["enum"]

    failed, presets = await said(client, "list_presets")
    assert not failed
    assert "warrior" in [p["id"] for p in presets["presets"]]
    assert "recipe" in (await said(client, "list_presets", id="warrior"))[1]["presets"][0]
    assert "unity" in [p["id"] for p in (await said(client, "list_platforms"))[1]["platforms"]]
    found = (await said(client, "list_parameters", search="nose"))[1]["parameters"]
    assert found
    assert all("nose" in json.dumps(p).lower() for p in found)

    heard: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, message))

    result = await client.call_tool("generate", SMALL_TOOL, progress_callback=hear)
    assert not result.is_error, result.structured_content
    made: dict[str, Any] = result.structured_content
    assert [p for p, _ in heard] == sorted(p for p, _ in heard)
    assert len(heard) > 5
    assert heard[-1][0] == 1
    assert all(message for _, message in heard)

    file = made["files"][0]
    assert (await said(client, "validate", file=file, platform="unity"))[1]["error"] == 0
    seen = (await said(client, "inspect", file=file))[1]
    assert seen == (await said(client, "inspect", avatar_id=made["avatar_id"]))[1]
    failed, processed = await said(client, "process", file=file, platform="unity", folder="processed")
    assert not failed, processed
    assert processed["files"][0].startswith("processed/")

    picture = await client.call_tool("render", {"file": file, "views": ["front", "face"], "size": 128})
    assert not picture.is_error, picture.structured_content
    assert picture.content[0].mime_type == "image/png"
    assert base64.b64decode(picture.content[0].data).startswith(PNG)
    assert picture.structured_content["height"] == 128
    same = await client.call_tool("render", {"avatar_id": made["avatar_id"], "views": ["front", "face"], "size": 128})
    assert same.content[0].data == picture.content[0].data

    review = made["review_session_id"]
    assert review in [r["review_session_id"] for r in (await said(client, "review"))[1]["reviews"]]
    decided = (await said(client, "review", action="decide", review_session_id=review, decision="approve"))[1]
    assert decided["state"] == "approved"
    assert review not in [r["review_session_id"] for r in (await said(client, "review", state="pending"))[1]["reviews"]]

    for name, arguments, code in (
        ("generate", {"presett": "warrior"}, "VALIDATION_ERROR"),
        ("generate", {"body": {"height": 9}}, "VALIDATION_ERROR"),
        ("render", {"file": file, "pose": "dance"}, "VALIDATION_ERROR"),
        ("render", {}, "VALIDATION_ERROR"),
        ("review", {"action": "decide"}, "VALIDATION_ERROR"),
        ("generat", {}, "VALIDATION_ERROR"),
        ("inspect", {"file": "missing.glb"}, "MESH_UNREADABLE"),
        ("validate", {"file": file, "platform": "unitty"}, "VALIDATION_ERROR"),
    ):
        failed, body = await said(client, name, **arguments)
        assert failed, name
        assert body["error_code"] == code, body
        assert {"error", "detail", "suggestions", "issues", "is_retryable", "request_id"} <= set(body)
    failed, body = await said(client, "generate", presett="warrior")
    assert body["issues"][0]["pointer"] == "/presett"
    assert "preset" in body["suggestions"][0]["title"]
    return made


async def hostile(client: Client) -> None:
    """Paths that lead out of the root folder."""
    for path in HOSTILE:
        for name in ("inspect", "render", "validate", "process"):
            failed, body = await said(client, name, file=path)
            assert failed, (name, path)
            assert body["error_code"] in ("VALIDATION_ERROR", "MESH_UNREADABLE")
            assert "root:" not in json.dumps(body)
        if path in ODD:
            continue
        failed, body = await said(client, "generate", **{**SMALL_TOOL, "folder": path})
        assert failed, path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root folder with links that lead out of it."""
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "link").symlink_to("/etc")
    (folder / "link-file").symlink_to("/etc/passwd")
    return folder


def test_with_the_engine_in_the_server(root: Path) -> None:
    async def talk(client: Client) -> dict[str, Any]:
        made = await the_whole_tour(client)
        await hostile(client)
        return made

    made = stdio(root, talk)
    assert (root / made["files"][0]).read_bytes()[:4] == b"glTF"
    assert sorted(p.name for p in root.parent.iterdir()) == ["root"]
    assert not list(root.rglob("*.part"))


def test_with_a_service_elsewhere(root: Path, server: Served) -> None:
    async def talk(client: Client) -> dict[str, Any]:
        made = await the_whole_tour(client)
        await hostile(client)
        return made

    made = stdio(root, talk, "--url", server.url, key=server.key)
    with Foundry(server.url, server.key) as foundry:
        kept = foundry.avatars.get(made["avatar_id"])
    assert hashlib.sha256((root / made["files"][0]).read_bytes()).hexdigest() == kept["files"][0]["sha256"]


def test_a_wrong_key_is_told_in_the_error_shape(root: Path, server: Served) -> None:
    async def talk(client: Client) -> tuple[bool, dict[str, Any]]:
        return await said(client, "list_presets")

    failed, body = stdio(root, talk, "--url", server.url, key="sk-wrong")
    assert failed
    assert body["error_code"] == "UNAUTHORIZED"
    assert body["suggestions"]
