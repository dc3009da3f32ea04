"""The client against a real server, and lines that break."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from tests.served import SMALL, Served, served

from avatar_foundry.client import Foundry, Patience

QUICK = Patience(retries=4, first=0.02, longest=2)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest) -> Served:
    return served(request.config)


@pytest.fixture(scope="session")
def foundry(server: Served) -> Iterator[Foundry]:
    with Foundry(server.url, server.key, patience=QUICK) as client:
        yield client


@pytest.fixture(scope="session")
def made(foundry: Foundry) -> Any:
    """An avatar to look at."""
    return foundry.generate(SMALL)


class Cutter:
    """A line to the server that breaks: each connection lets so many bytes of answers through, then is reset."""

    def __init__(self, port: int, allowances: list[int]) -> None:
        self.target, self.allowances, self.cuts = port, allowances, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                allowance = self.allowances.pop(0) if self.allowances else None
                far = socket.create_connection(("127.0.0.1", self.target))
                for pair in ((near, far, None), (far, near, allowance)):
                    thread = threading.Thread(target=self._pump, args=pair)
                    self.threads.append(thread)
                    thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket, left: int | None) -> None:
        with suppress(OSError):
            while data := source.recv(4096):
                if left is not None and len(data) >= left:
                    sink.sendall(data[:left])
                    self.cuts += 1
                    break
                left = None if left is None else left - len(data)
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(5)


@pytest.fixture
def cut(server: Served) -> Iterator[Callable[..., Cutter]]:
    """Open a line that breaks after so many bytes of its first, second, ... connection."""
    opened: list[Cutter] = []

    def open_line(*allowances: int) -> Cutter:
        opened.append(Cutter(server.port, list(allowances)))
        return opened[-1]

    yield open_line
    for line in opened:
        line.close()
