"""Dropped connections, busy services, damaged files: what the client does about them."""

import asyncio
import hashlib
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.served import SMALL, Served

from avatar_foundry.client import (
    AsyncFoundry,
    ConnectionFailed,
    DownloadCorrupt,
    Foundry,
    FoundryApiError,
    NotFound,
    Patience,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from avatar_foundry.client.events import Decoder, Event
from avatar_foundry.client.websocket import connect

from .conftest import QUICK, Cutter

Cut = Callable[..., Cutter]


@contextmanager
def scripted(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[tuple[str, list[Any]]]:
    """A service that answers as told, one answer per request, the last one for ever; and what it was asked."""
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(dict(self.headers))
            status, headers, body = answers[min(len(asked), len(answers)) - 1]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *arguments: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        thread = threading.Thread(target=service.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{service.server_port}", asked
        service.shutdown()
        thread.join()


def error(code: str, *, retryable: bool = True) -> bytes:
    return b'{"error": "E", "error_code": "%s", "detail": "d", "is_retryable": %s}' % (
        code.encode(),
        str(retryable).lower().encode(),
    )


def test_a_stream_goes_on_where_the_line_broke(server: Served, cut: Cut) -> None:
    line = cut(300, 900, 700, 1200)
    with Foundry(line.url, server.key, patience=QUICK) as foundry, foundry.generate_stream(SMALL, seed=11) as stream:
        events = list(stream)
    assert line.cuts >= 2
    ids = [int(e.id) for e in events]
    assert ids == sorted(set(ids)), "nothing twice, nothing out of order"
    assert [e.name for e in events].count("result") == 1
    with Foundry(server.url, server.key) as foundry:
        whole = [int(e.id) for e in foundry.jobs.events(stream.job_id or "")]
    assert set(ids) <= set(whole)
    assert whole[-1] == ids[-1]


def test_an_upload_stream_joins_its_job_again(server: Served, cut: Cut, made: Any, tmp_path: Path) -> None:
    with Foundry(server.url, server.key) as plain:
        (path,) = plain.save(made, tmp_path)[:1]
    line = cut(200, 800)
    with Foundry(line.url, server.key, patience=QUICK) as foundry:
        assert foundry.process_stream(path, "unity").wait()["platform"] == "unity"
    assert line.cuts >= 1


class OneWay(io.BytesIO):
    """A pipe: it cannot be read twice."""

    def seekable(self) -> bool:
        return False


def test_what_cannot_be_read_twice_is_not_sent_twice() -> None:
    cut_short = (200, {"Content-Type": "text/event-stream"}, b": hello\n\n")
    with scripted(cut_short) as (url, asked), Foundry(url, "sk-x", patience=QUICK) as foundry:
        with pytest.raises(ConnectionFailed):
            foundry.process_stream(OneWay(b"glTF")).wait()
        assert len(asked) == 1
    with scripted((503, {}, error("UNAVAILABLE"))) as (url, asked), Foundry(url, "sk-x", patience=QUICK) as foundry:
        with pytest.raises(Unavailable):
            foundry.process(OneWay(b"glTF"))
        assert len(asked) == 1


def test_a_batch_is_joined_again_and_told_once(server: Served, cut: Cut) -> None:
    line = cut(900, 2500)
    items = [{**SMALL, "name": "Cut A"}, {**SMALL, "name": "Cut B"}]
    with Foundry(line.url, server.key, patience=QUICK) as foundry, foundry.batch_stream(items) as stream:
        events = list(stream)
    assert line.cuts >= 1
    assert sorted(e.index for e in events if e.name == "item_completed") == [0, 1]
    assert sorted(e.index for e in events if e.name == "item_started") == [0, 1]
    assert stream.result["succeeded"] == 2
    with Foundry(server.url, server.key) as foundry:
        assert sum(1 for _ in foundry.avatars.all("Cut")) == 2, "the work was not done twice"


def test_an_answer_that_was_lost_is_not_made_twice(server: Served, cut: Cut) -> None:
    line = cut(100)
    with Foundry(line.url, server.key, patience=QUICK) as foundry:
        made = foundry.generate(SMALL, name="Lost once")
    assert line.cuts == 1
    with Foundry(server.url, server.key) as foundry:
        assert [a["avatar_id"] for a in foundry.avatars.all("Lost once")] == [made["avatar_id"]]


def test_downloads_go_on_where_they_broke_off(server: Served, cut: Cut, made: Any, tmp_path: Path) -> None:
    file = made["files"][0]
    third = file["size"] // 3
    line = cut(third, third)
    with Foundry(line.url, server.key, patience=QUICK) as foundry:
        path = foundry.avatars.download(made["avatar_id"], file["name"], tmp_path / "a.glb", sha256=file["sha256"])
    assert line.cuts == 2
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file["sha256"]
    assert [p.name for p in tmp_path.iterdir()] == ["a.glb"]


def test_uploads_go_on_where_they_broke_off(server: Served, cut: Cut, tmp_path: Path) -> None:
    data = bytes(range(256)) * 400
    (tmp_path / "large one.glb").write_bytes(data)
    line = cut(900, 900, 900, 900)
    with Foundry(line.url, server.key, patience=QUICK) as foundry:
        upload = foundry.uploads.send(tmp_path / "large one.glb", piece=20_000)
        foundry.uploads.delete(upload["id"])
    assert line.cuts >= 2
    assert upload["path"] == "/large_one.glb"
    assert upload["sha256"] == hashlib.sha256(data).hexdigest()


def test_damaged_files_are_not_kept(tmp_path: Path) -> None:
    with scripted((200, {"ETag": '"' + "0" * 64 + '"'}, b"other bytes")) as (url, _), Foundry(url, "sk-x") as foundry:
        with pytest.raises(DownloadCorrupt):
            foundry.avatars.download("a", "a.glb", tmp_path / "a.glb")
        with pytest.raises(DownloadCorrupt):
            foundry.avatars.download("a", "a.glb", tmp_path / "a.glb", sha256="1" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_service_cannot_write_outside_the_folder(tmp_path: Path) -> None:
    made: Any = {"avatar_id": "a", "files": [{"name": "../out", "sha256": "0" * 64}]}
    with scripted((200, {}, b"")) as (url, asked), Foundry(url) as foundry:
        with pytest.raises(ValueError, match="not a file's name"):
            foundry.save(made, tmp_path / "in")
        assert asked == []


def test_retries_wait_as_told_and_keep_or_change_the_idempotency_key() -> None:
    busy = (429, {"Retry-After": "1"}, error("RATE_LIMITED"))
    failed = (500, {}, error("INTERNAL"))
    proxy = (502, {}, b"<html>bad gateway</html>")
    fine = (200, {}, b'{"avatar_id": "a"}')
    with scripted(busy, failed, proxy, fine) as (url, asked), Foundry(url, "sk-x", patience=QUICK) as foundry:
        assert foundry.generate(preset="x")["avatar_id"] == "a"
    keys = [a["Idempotency-Key"] for a in asked]
    assert keys[0] == keys[1]
    assert keys[1] != keys[2], "the service settled that try: under the same key it would repeat its error"
    assert keys[2] == keys[3], "a proxy's error settles nothing"
    with scripted(failed, fine) as (url, asked), Foundry(url, "sk-x", patience=QUICK) as foundry:
        foundry.generate(preset="x", idempotency_key="mine")
    assert [a["Idempotency-Key"] for a in asked] == ["mine", "mine"]


@pytest.mark.parametrize(
    ("answer", "tries", "kind"),
    [
        ((503, {}, error("UNAVAILABLE")), 3, Unavailable),
        ((429, {"Retry-After": "3600"}, error("RATE_LIMITED")), 1, RateLimited),
        ((404, {}, error("NOT_FOUND", retryable=False)), 1, NotFound),
        ((418, {}, error("NEW_CODE", retryable=False)), 1, FoundryApiError),
        ((200, {"Content-Length": "50"}, b"short"), 3, ConnectionFailed),
    ],
)
def test_it_gives_up_when_that_is_right(answer: Any, tries: int, kind: type[FoundryApiError]) -> None:
    patience = Patience(retries=2, first=0.01, longest=1)
    with scripted(answer) as (url, asked), Foundry(url, "sk-x", patience=patience) as foundry:
        with pytest.raises(kind) as caught:
            foundry.health()
        assert type(caught.value) is kind
    assert len(asked) == tries


def test_nobody_there_is_an_error_of_the_same_tree() -> None:
    once = Patience(retries=0)
    with Foundry("http://127.0.0.1:9", "sk-x", patience=once) as foundry, pytest.raises(ConnectionFailed) as caught:
        foundry.health()
    assert caught.value.is_retryable
    assert "127.0.0.1:9" in caught.value.detail
    with pytest.raises(ValueError, match="not an http"):
        Foundry("ftp://x")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_decoded_however_they_are_cut(size: int) -> None:
    text = (
        ': hello\r\n\r\nid: 1\r\nevent: progress\r\ndata: {"a":\r\ndata: "\u2028ü"}\r\n\r\n'
        "data: {}\n\nid: 3\revent: result\rdata: [1]\r\revent: nothing\n\n: bye\n\n"
    )
    data, decoder = text.encode(), Decoder()
    found = [e for i in range(0, len(data), size) for e in decoder.feed(data[i : i + size])]
    assert found == [
        Event("progress", {"a": "\u2028ü"}, "1"),
        Event("message", {}, "1"),
        Event("result", {"data": [1]}, "3"),
    ]


def test_the_asynchronous_client_does_the_same(server: Served, cut: Cut, tmp_path: Path) -> None:
    line = cut(300, 900, 700)

    async def go() -> None:
        async with AsyncFoundry(line.url, server.key, patience=QUICK) as foundry:
            async with foundry.generate_stream(SMALL, seed=12) as stream:
                names = [e.name async for e in stream]
            assert names.count("result") == 1
            paths = await foundry.save(stream.result, tmp_path)
            assert all(p.stat().st_size for p in paths)
            both = await asyncio.gather(foundry.platforms(), foundry.presets())
            assert all(both)
            assert [a async for a in foundry.avatars.all("nothing of this name")] == []
            async with foundry.generate_stream({**SMALL, "lods": True, "seed": 13}) as left:
                async for _ in left:
                    break
            assert (await foundry.jobs.get(left.job_id or ""))["state"] == "cancelled"

    asyncio.run(go())
    assert line.cuts >= 1


def test_many_jobs_over_one_websocket(server: Served, made: Any, tmp_path: Path) -> None:
    async def go() -> None:
        async with AsyncFoundry(server.url, server.key) as foundry, connect(foundry) as session:
            await session.ping()
            (path,) = (await foundry.save(made, tmp_path))[:1]
            upload = await foundry.uploads.create(path)
            first = await session.generate(SMALL)
            second = await session.validate(upload["path"], "unity")
            third = await session.process(upload["path"], "unity")
            names = [e.name async for e in first]
            assert names[-1] == "result"
            assert set(names[:-1]) == {"progress"}
            assert (await second.wait())["error"] == 0
            assert (await third.wait())["avatar_id"]
            with pytest.raises(FoundryApiError):
                await (await session.process("/../../etc/passwd")).wait()
            slow = await session.generate({**SMALL, "lods": True, "morph_targets": True, "seed": 14})
            await slow.cancel()
            assert [e.name async for e in slow][-1] == "cancelled"
            begun = await foundry.generate_job(SMALL)
            assert (await (await session.subscribe(begun["job_id"])).wait())["avatar_id"]

    async def refused() -> None:
        async with AsyncFoundry(server.url, "sk-wrong") as foundry:
            with pytest.raises(Unauthorized):
                async with connect(foundry):
                    pass

    asyncio.run(go())
    asyncio.run(refused())
