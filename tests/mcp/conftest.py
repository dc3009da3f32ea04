"""MCP sessions over the real transports, by the protocol's own client library."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client.streamable_http import streamable_http_client
from tests.served import SMALL, Served, served

from mcp import Client, StdioServerParameters

SMALL_TOOL = {**SMALL, "folder": "made"}
Talk = Callable[[Client], Awaitable[Any]]


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Served:
    return served(request.config)


def environment(key: str = "") -> dict[str, str]:
    """This process's, for a child that imports the same code."""
    kept = {k: v for k, v in os.environ.items() if k.startswith(("AVATAR_FOUNDRY_", "PYTHON", "OMP_", "HOME", "XDG_"))}
    return {**kept, **({"AVATAR_FOUNDRY_KEY": key} if key else {})}


def stdio(root: Path, talk: Talk, *options: str, key: str = "") -> Any:
    """Talk with `avatar-foundry mcp` over its standard input and output."""
    command = ["-c", "from avatar_foundry.cli import main; main()", "mcp", "--root", str(root), *options]
    parameters = StdioServerParameters(command=sys.executable, args=command, env=environment(key))

    async def go() -> Any:
        async with Client(parameters, read_timeout_seconds=120) as client:
            return await talk(client)

    return asyncio.run(go())


async def http(url: str, talk: Talk, headers: dict[str, str] | None = None) -> Any:
    """Talk over streamable HTTP."""
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as plain,
        Client(streamable_http_client(url, http_client=plain), read_timeout_seconds=120) as client,
    ):
        return await talk(client)
