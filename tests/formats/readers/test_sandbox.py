"""The process that reads: its limits hold, its end is told, its secrets are none, its answer is data."""

import faulthandler
import os
import signal
import time
from dataclasses import replace
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
from tests.figures import figure
from tests.formats.readers import models as m
from tests.formats.readers.test_formats import FILES

from avatar_foundry.avatar import Collider, Spring
from avatar_foundry.errors import SourceError, StageFailed
from avatar_foundry.formats.readers import read_upload, sandbox
from avatar_foundry.formats.readers.parcel import KINDS, unwrap, wrap
from avatar_foundry.formats.readers.upload import Upload
from avatar_foundry.formats.vrm import write_vrm


def same(a, b) -> bool:
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and np.array_equal(a, b)
    if hasattr(a, "__dataclass_fields__"):
        return type(a) is type(b) and all(same(getattr(a, f), getattr(b, f)) for f in a.__dataclass_fields__)
    if isinstance(a, tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return bool(a == b)


@pytest.mark.parametrize("kind", FILES)
def test_the_answer_is_the_same_as_without(kind: str) -> None:
    name, data = FILES[kind]
    assert same(sandbox.read_safely(name, data), read_upload(name, data))


def test_a_parcel_of_anything_else_is_refused() -> None:
    good = b"".join(bytes(memoryview(b).cast("B")) for b in wrap(read_upload("a.glb", m.glb())) if len(memoryview(b)))
    unwrap(good)
    for bad in (b"", good[:50], good.replace(b'"Upload"', b'"system"', 1), good.replace(b"<f4", b"|O8", 1)):
        with pytest.raises(StageFailed):
            unwrap(bad)


def kinds_in(kind: Any, seen: set[str]) -> set[str]:
    """Names of all classes with fields that a value of this type may hold."""
    for inner in get_args(kind):
        kinds_in(inner, seen)
    if (hasattr(kind, "__dataclass_fields__") or hasattr(kind, "_fields")) and kind.__name__ not in seen:
        seen.add(kind.__name__)
        for inner in get_type_hints(kind).values():
            kinds_in(inner, seen)
    return seen


def test_a_parcel_takes_all_that_an_upload_may_hold() -> None:
    assert set(KINDS) == kinds_in(Upload, set())


def test_a_vrm_arrives_with_its_springs() -> None:
    avatar = figure(1)
    own = Spring("hair", ("jaw",), groups=("all",))
    ball = Collider("all", "head", (0.0, 1.6, 0.0), (0.0, 1.6, 0.0), 0.1)
    data = write_vrm(replace(avatar, springs=(own,), colliders=(ball,)))
    arrived = sandbox.read_safely("a.vrm", data)
    assert arrived.avatar.springs
    assert same(arrived, read_upload("a.vrm", data))


def test_too_little_memory_is_told() -> None:
    rows = b"".join(b"v %d %d 0\n" % (i % 1000, i // 1000) for i in range(200_000))
    with pytest.raises(SourceError, match="more than 16 MB of memory"):
        sandbox.read_safely("a.obj", rows + b"f 1 2 1003\n" * 200_000, megabytes=16)


def run(monkeypatch: pytest.MonkeyPatch, body) -> None:
    """A keeper whose children do `body` in place of reading: forked from here, so that they have it."""
    monkeypatch.setattr(sandbox, "read_upload", body)
    here, there = sandbox.socket.socketpair(sandbox.socket.AF_UNIX, sandbox.socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        here.close()
        try:
            sandbox.keep(there.detach())
        finally:
            os._exit(0)
    there.close()
    keeper = object.__new__(sandbox.Keeper)
    keeper._owner, keeper._turn, keeper._socket = os.getpid(), sandbox.threading.Lock(), here
    try:
        keeper.read("a.glb", b"x", 1.0, 256)
    finally:
        here.close()
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_too_much_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="takes longer than 1 s"):
        run(monkeypatch, lambda name, data: time.sleep(30))


def test_a_crash_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(name: str, data: bytes) -> None:
        faulthandler.disable()  # pytest's would print what is meant to happen
        os.kill(os.getpid(), signal.SIGSEGV)

    with pytest.raises(SourceError, match="stops the reader"):
        run(monkeypatch, crash)


def test_files_and_sockets_cannot_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(name: str, data: bytes) -> None:
        for attempt in (lambda: os.open("/etc/passwd", os.O_RDONLY), sandbox.socket.socket, os.pipe):
            try:
                attempt()
            except OSError:
                continue
            raise AssertionError
        raise SourceError("nothing could be opened")

    with pytest.raises(SourceError, match="nothing could be opened"):
        run(monkeypatch, look)


def test_the_keeper_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AVATAR_FOUNDRY_SECRET", "hush")
    keeper = sandbox.Keeper()
    try:
        keeper.read("a.glb", m.glb(), 20.0, 1024)
        with open(f"/proc/{keeper._process.pid}/environ", "rb") as file:
            assert b"hush" not in file.read()
    finally:
        keeper.close()


def test_the_keeper_ends_with_its_owner() -> None:
    keeper = sandbox.Keeper()
    keeper.read("a.glb", m.glb(), 20.0, 1024)
    keeper._socket.close()
    assert keeper._process.wait(10) == 0
    keeper.close()
