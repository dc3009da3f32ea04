"""A fresh service on one's own machine takes any key; from the first owner or key on it takes only real ones."""

import pytest
from starlette.requests import HTTPConnection

from avatar_foundry.service.auth.guard import _on_this_machine


def caller(host: str | None, **headers: str) -> HTTPConnection:
    raw = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    return HTTPConnection({"type": "http", "client": (host, 1) if host else None, "headers": raw})


@pytest.mark.parametrize(("host", "here"), [("127.0.0.1", True), ("::1", True), ("10.0.0.5", False), ("unix", False)])
def test_only_loopback_is_this_machine(host: str, here: bool) -> None:
    assert _on_this_machine(caller(host)) is here


def test_a_proxy_speaks_for_others() -> None:
    assert not _on_this_machine(caller("127.0.0.1", x_forwarded_for="127.0.0.1"))
    assert not _on_this_machine(caller("127.0.0.1", forwarded="for=127.0.0.1"))
    assert not _on_this_machine(caller(None))
