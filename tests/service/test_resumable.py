"""Uploads over tus 1.0, by hand; tests/service/test_tus_client.py lets a client do it."""

import base64
import hashlib
import os
from datetime import timedelta
from typing import Any

import httpx
import pytest

from avatar_foundry.service import resumable
from avatar_foundry.service.records import partial_uploads

from .conftest import Service

DATA = os.urandom(50_000)
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}


def begin(service: Service, length: int = len(DATA), name: str = "hero.glb", **options: Any) -> httpx.Response:
    meta = f"filename {base64.b64encode(name.encode()).decode()},flag"
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": meta}
    return service.post("/api/uploads", headers=headers, **options)


def send(service: Service, where: str, offset: int, data: bytes, **headers: str) -> httpx.Response:
    return service.call("PATCH", where, content=data, headers={**BYTES, "Upload-Offset": str(offset), **headers})


def parts_kept(service: Service) -> list[str]:
    folder = service.services.settings.data_dir / "partial"
    return [p.name for p in folder.iterdir()] if folder.exists() else []


def test_it_says_what_it_can(service: Service) -> None:
    answer = service.call("OPTIONS", "/api/uploads", key=None)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,expiration,checksum,termination"
    assert int(answer.headers["tus-max-size"]) == service.services.settings.max_upload_bytes


def test_a_file_comes_in_pieces_and_is_like_any_other(service: Service) -> None:
    begun = begin(service, name="my hero.glb")
    assert begun.status_code == 201
    where = begun.headers["location"]
    for start in range(0, len(DATA), 20_000):
        head = service.call("HEAD", where, headers=TUS)
        assert (head.status_code, head.headers["upload-offset"]) == (200, str(start))
        assert head.headers["upload-length"] == str(len(DATA))
        assert head.headers["cache-control"] == "no-store"
        answer = send(service, where, start, DATA[start : start + 20_000])
        assert answer.status_code == 204, answer.text
        assert answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["upload-offset"] == str(len(DATA))
    assert answer.headers["upload-path"] == "/my_hero.glb"
    found = next(u for u in service.get("/api/uploads").json()["items"] if u["path"] == "/my_hero.glb")
    assert (found["size"], found["sha256"]) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert service.services.store.get(found["sha256"]) == DATA
    assert parts_kept(service) == []
    assert send(service, where, len(DATA), b"x").status_code == 409
    assert service.delete(f"/api/uploads/{found['id']}").status_code == 204


def test_a_wrong_offset_is_told_the_right_one(service: Service) -> None:
    where = begin(service).headers["location"]
    assert send(service, where, 0, DATA[:10]).status_code == 204
    for offset in (0, 11):
        answer = send(service, where, offset, DATA[10:20])
        assert (answer.status_code, answer.headers["upload-offset"]) == (409, "10")
    assert service.delete(where, headers=TUS).status_code == 204


def test_too_many_bytes_are_refused(service: Service) -> None:
    where = begin(service, length=10).headers["location"]
    assert send(service, where, 0, DATA[:11]).status_code == 413
    assert service.call("HEAD", where, headers=TUS).headers["upload-offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_checksum_is_held(service: Service, algorithm: str) -> None:
    where = begin(service).headers["location"]
    good = base64.b64encode(hashlib.new(algorithm, DATA[:100]).digest()).decode()
    answer = send(service, where, 0, DATA[1:101], **{"Upload-Checksum": f"{algorithm} {good}"})
    assert (answer.status_code, answer.json()["error_code"]) == (460, "CHECKSUM_MISMATCH")
    assert service.call("HEAD", where, headers=TUS).headers["upload-offset"] == "0"
    assert send(service, where, 0, DATA[:100], **{"Upload-Checksum": f"{algorithm} {good}"}).status_code == 204
    assert send(service, where, 100, b"x", **{"Upload-Checksum": "md5 AAAA"}).status_code == 422
    assert send(service, where, 100, b"x", **{"Upload-Checksum": f"{algorithm} ***"}).status_code == 422


def test_what_came_before_a_broken_connection_is_kept(service: Service) -> None:
    where = begin(service).headers["location"]
    message = iter([{"type": "http.request", "body": DATA[:7000], "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(message)

    async def send_nothing(_: Any) -> None:
        pass

    headers = {**BYTES, "Upload-Offset": "0", "X-API-Key": "sk-admin-of-the-tests-0123456789", "Host": "foundry.test"}
    scope = {
        "type": "http",
        "method": "PATCH",
        "path": "/" + where.split("/", 3)[3],
        "raw_path": b"",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "server": ("foundry.test", 80),
        "client": ("127.0.0.1", 1),
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }
    service.run(service.app(scope, receive, send_nothing))
    assert service.call("HEAD", where, headers=TUS).headers["upload-offset"] == "7000"
    assert send(service, where, 7000, DATA[7000:]).headers["upload-path"] == "/hero.glb"


def test_giving_up_leaves_nothing(service: Service) -> None:
    where = begin(service).headers["location"]
    send(service, where, 0, DATA[:100])
    before = parts_kept(service)
    assert service.delete(where, headers=TUS).status_code == 204
    assert len(parts_kept(service)) == len(before) - 1
    assert service.call("HEAD", where, headers=TUS).status_code == 404


def test_what_nobody_goes_on_with_expires(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    where = begin(service).headers["location"]
    send(service, where, 0, DATA[:100])
    later = partial_uploads.now() + timedelta(hours=service.services.settings.upload_hours, minutes=1)
    monkeypatch.setattr(partial_uploads, "now", lambda: later)
    assert service.call("HEAD", where, headers=TUS).status_code == 404
    service.run(resumable.drop_expired(service.services))
    assert parts_kept(service) == []


def test_limits_hold(service: Service) -> None:
    s = service.services.settings
    assert begin(service, length=s.max_upload_bytes + 1).status_code == 413
    writer = service.key("write", user="hoarder")
    room = s.workspace_bytes // s.max_upload_bytes
    begun = [begin(service, length=s.max_upload_bytes, key=writer) for _ in range(room + 1)]
    assert [b.status_code for b in begun] == [201] * room + [413]
    form = service.post("/api/uploads", key=writer, files={"file": ("a.glb", b"glTF")})
    assert form.status_code == 413, "what is under way counts"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2", "Upload-Length": "1"}, 412),
        (TUS, 422),
        ({**TUS, "Upload-Length": "0"}, 422),
        ({**TUS, "Upload-Length": "-1"}, 422),
        ({**TUS, "Upload-Length": "1", "Upload-Metadata": "filename %%%"}, 422),
        ({}, 422),
    ],
)
def test_bad_beginnings_are_told(service: Service, headers: dict[str, str], status: int) -> None:
    answer = service.post("/api/uploads", headers=headers)
    assert answer.status_code == status, answer.text
    if status == 412:
        assert answer.headers["tus-version"] == "1.0.0"


def test_another_owner_finds_nothing(service: Service) -> None:
    where = begin(service).headers["location"]
    stranger = service.key("write", user="stranger")
    for method in ("HEAD", "DELETE"):
        assert service.call(method, where, headers=TUS, key=stranger).status_code == 404
    offset = {**BYTES, "Upload-Offset": "0"}
    assert service.call("PATCH", where, headers=offset, key=stranger, content=b"x").status_code == 404
    assert service.call("PATCH", where, headers={**TUS, "Upload-Offset": "0"}, content=b"x").status_code == 415


def test_a_deleted_user_leaves_no_pieces(service: Service) -> None:
    key, before = service.key("write", user="half_done"), set(parts_kept(service))
    where = begin(service, key=key).headers["location"]
    headers = {**BYTES, "Upload-Offset": "0"}
    assert service.call("PATCH", where, headers=headers, key=key, content=DATA[:1000]).status_code == 204
    assert len(parts_kept(service)) > len(before)
    user = next(u for u in service.get("/api/users").json()["items"] if u["name"] == "half_done")
    assert service.delete(f"/api/users/{user['id']}").status_code == 204
    assert set(parts_kept(service)) == before


def test_names_cannot_leave_the_workspace(service: Service) -> None:
    where = begin(service, length=1, name="../../etc/passwd").headers["location"]
    assert send(service, where, 0, b"x").headers["upload-path"] == "/passwd"


def test_what_a_killed_process_left_whole_is_kept_at_the_next_look(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = begin(service, name="late.glb").headers["location"]

    async def killed(*_: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(resumable, "_finish", killed)
        assert send(service, where, 0, DATA).status_code == 500
    head = service.call("HEAD", where, headers=TUS)
    assert (head.headers["upload-offset"], head.headers["upload-path"]) == (str(len(DATA)), "/late.glb")
    assert service.call("HEAD", where, headers=TUS).headers["upload-path"] == "/late.glb"
    assert any(u["path"] == "/late.glb" for u in service.get("/api/uploads").json()["items"])
