"""A real server on a port of this machine, one for all tests that speak HTTP to it."""

import asyncio
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn

from avatar_foundry.service.app import create_app
from avatar_foundry.service.settings import Settings

ADMIN_KEY = "sk-admin-of-the-tests-0123456789"
# The smallest avatar: half a second on a warm engine.
SMALL: dict[str, Any] = {
    "preset": "average",
    "platform": "unity",
    "morph_targets": False,
    "lods": False,
    "texture_size": 256,
}


class Served(NamedTuple):
    """Where it is, and a key with every scope."""

    url: str
    key: str
    port: int


_KEPT = pytest.StashKey[Served]()


def served(config: pytest.Config) -> Served:
    """The server, started by whoever asks first; stopped at the end of the run."""
    if _KEPT not in config.stash:
        config.stash[_KEPT] = _start(config)
    return config.stash[_KEPT]


def _start(config: pytest.Config) -> Served:
    folder = tempfile.TemporaryDirectory(prefix="foundry-served-")
    settings = Settings(
        data_dir=Path(folder.name),
        auth="keys",
        admin_key=ADMIN_KEY,
        workers=1,
        read_rate=0,
        write_rate=0,
        listener_grace=2,
        shutdown_grace=2,
        webhook_private=True,
    )
    options = {"log_config": None, "ws": "websockets-sansio", "timeout_graceful_shutdown": 2}
    server = uvicorn.Server(uvicorn.Config(create_app(settings), host="127.0.0.1", port=0, **options))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), name="served")
    thread.start()

    def stop() -> None:
        server.should_exit = True
        thread.join(30)
        with suppress(OSError):
            folder.cleanup()

    config.add_cleanup(stop)
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    return Served(f"http://127.0.0.1:{port}", ADMIN_KEY, port)
