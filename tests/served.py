"""A real server on a port of this machine, one for all tests that speak HTTP to it."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    settings = {
        "DATA_DIR": folder.name,
        "AUTH": "keys",
        "ADMIN_KEY": ADMIN_KEY,
        "WORKERS": "1",
        "READ_RATE": "0",
        "WRITE_RATE": "0",
        "LISTENER_GRACE": "2",
        "SHUTDOWN_GRACE": "2",
        "WEBHOOK_PRIVATE": "true",
    }
    environment = {**os.environ, **{f"AVATAR_FOUNDRY_{k}": v for k, v in settings.items()}}
    command = [sys.executable, "-c", "from avatar_foundry.cli import main; main()", "serve", "--port", str(port)]
    log = (Path(folder.name) / "log.txt").open("wb")
    # a process of its own: the engine's session fixture may run in this one
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def stop() -> None:
        server.terminate()
        with suppress(subprocess.TimeoutExpired):
            server.wait(30)
        server.kill()
        log.close()
        with suppress(OSError):
            folder.cleanup()

    config.add_cleanup(stop)
    url = f"http://127.0.0.1:{port}"
    for _ in range(240):
        assert server.poll() is None, Path(log.name).read_text()
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health/ready", timeout=5).status_code == 200:
                return Served(url, ADMIN_KEY, port)
        time.sleep(0.5)
    raise AssertionError("the server did not become ready")
