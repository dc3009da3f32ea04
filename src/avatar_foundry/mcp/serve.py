"""stdio and streamable HTTP."""

import hmac
import json
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import anyio
import uvicorn
from mcp.server.stdio import stdio_server
from starlette.types import ASGIApp, Receive, Scope, Send

from ..client import AsyncFoundry
from ..errors import RecipeError, Suggestion
from ..wire import body_of
from .confine import Root


def run(root: Path, *, url: str | None, key: str | None, http: str | None, http_key: str | None) -> None:
    """Serve until the other side leaves (stdio) or the process is stopped (HTTP). Raises RecipeError, PackError."""
    anyio.run(_run, root, url, key, http, http_key)


async def _run(root: Path, url: str | None, key: str | None, http: str | None, http_key: str | None) -> None:
    try:
        place = Root(root)
    except OSError as error:
        raise RecipeError(f"--root: {root}: {error.strerror or 'not a folder'}") from None
    where = None if http is None else address(http)
    if where is not None and not http_key and not _is_loopback(where[0]):
        hint = Suggestion("Set a key", "AVATAR_FOUNDRY_MCP_KEY=... ; callers send Authorization: Bearer ...", 0.9)
        raise RecipeError(f"--http {http}: other machines could write files here without a key", suggestions=[hint])
    from .server import make_server  # the engine takes its time to load; mistakes above are told at once

    if url is None:
        from ..pack import open_pack
        from .local import Local

        open_pack()  # say at once when the data is missing
        await _serve(make_server(Local(place)), where, http_key)
    else:
        from .remote import Remote

        try:
            foundry = AsyncFoundry(url, key)
        except ValueError as error:
            raise RecipeError(f"--url: {error}") from None
        async with foundry:
            await _serve(make_server(Remote(place, foundry)), where, http_key)


async def _serve(server: Any, where: tuple[str, int] | None, http_key: str | None) -> None:
    if where is None:
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())
        return
    host, port = where
    app: ASGIApp = server.streamable_http_app(host=host)
    if http_key:
        app = Keyed(app, http_key)
    config = uvicorn.Config(app, host=host, port=port, log_level="warning", server_header=False)
    uvicorn_server = uvicorn.Server(config)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_say_where, uvicorn_server, host)
        await uvicorn_server.serve()
        tasks.cancel_scope.cancel()


async def _say_where(server: uvicorn.Server, host: str) -> None:
    while not server.started:
        await anyio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(f"MCP on http://{f'[{host}]' if ':' in host else host}:{port}/mcp", file=sys.stderr, flush=True)


def address(text: str) -> tuple[str, int]:
    """HOST:PORT, [HOST]:PORT or PORT. Raises RecipeError."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16):
        raise RecipeError(f"--http {text}: not of the form HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Keyed:
    """Lets through what carries the key."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self.app, self.wanted = app, f"bearer {key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = dict(scope["headers"]).get(b"authorization", b"")
            scheme, _, secret = given.partition(b" ")
            if not hmac.compare_digest(scheme.lower() + b" " + secret, self.wanted):
                body = json.dumps(body_of("UNAUTHORIZED", "The key is missing or wrong.")).encode()
                headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
                await send({"type": "http.response.start", "status": 401, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)
