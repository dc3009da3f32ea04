"""Uploads, processing, reviews, webhooks: through the API."""

import json
from typing import Any

import httpx
import pytest
from tests.hostile.files import REFUSED

from avatar_foundry.service.deliver import check_address, deliver_one, signature
from avatar_foundry.service.problems import Problem
from avatar_foundry.service.records.uploads import safe_path

from .conftest import Service


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("mesh.glb", "/mesh.glb"),
        ("../../etc/passwd", "/passwd"),
        ("C:\\x\\evil.glb", "/evil.glb"),
        ("a b\0c.glb", "/a_b_c.glb"),
        ("..", "/upload"),
        ("", "/upload"),
        ("x" * 300 + ".glb", "/" + "x" * 100 + ".glb"),
    ],
)
def test_names_cannot_leave_the_workspace(name: str, path: str) -> None:
    assert safe_path(name) == path


def glb(service: Service, avatar: dict[str, Any]) -> bytes:
    data: bytes = service.get(avatar["download_url"]).content
    return data


def test_a_foundry_file_can_be_processed_again(service: Service, avatar: dict[str, Any]) -> None:
    files = {"file": ("character.glb", glb(service, avatar))}
    answer = service.post("/api/process", files=files, data={"platform": "unity"})
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert made["source"]["format"] == "glb"
    assert made["rig"]["state"] == "kept"
    assert abs(made["face_count"] - avatar["face_count"]) < 16  # small holes are closed
    assert service.get(made["download_url"]).content[:4] == b"glTF"


def test_validate_tells_findings_only(service: Service, avatar: dict[str, Any]) -> None:
    files = {"file": ("character.glb", glb(service, avatar))}
    answer = service.post("/api/validate", files=files, data={"platform": "unity"}).json()
    assert {"error", "warning", "info", "hint", "findings"} <= set(answer)
    assert "avatar_id" not in answer


@pytest.mark.parametrize(
    ("name", "data", "status", "code"),
    [
        ("a.glb", b"not a glb", 422, "MESH_UNREADABLE"),
        ("a.glb", b"glTF\x02\0\0\0\xff\xff\xff\xff", 422, "MESH_UNREADABLE"),
        ("a.glb", b"", 422, "VALIDATION_ERROR"),
        ("a.exe", b"MZ", 415, "UNSUPPORTED_FORMAT"),
    ],
)
def test_bad_files_are_told(service: Service, name: str, data: bytes, status: int, code: str) -> None:
    answer = service.post("/api/process", files={"file": (name, data)})
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_an_unknown_platform_gets_the_nearest(service: Service) -> None:
    answer = service.post("/api/process", files={"file": ("a.glb", b"glTF")}, data={"platform": "unitty"})
    assert answer.status_code == 422
    assert answer.json()["suggestions"][0]["title"] == "Use 'unity'"


def test_process_stream_ends_with_one_error(service: Service) -> None:
    text = service.post("/api/process/stream", files={"file": ("a.glb", b"nonsense")}).text
    names = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    assert names[-1] == "error"
    assert set(names[:-1]) == {"progress"}
    data = json.loads(text.strip().splitlines()[-1].removeprefix("data: "))
    assert data["error_code"] == "MESH_UNREADABLE"


def test_uploads_replace_and_go(service: Service) -> None:
    first = service.post("/api/uploads", files={"file": ("my mesh.glb", b"one")}).json()
    assert first["path"] == "/my_mesh.glb"
    second = service.post("/api/uploads", files={"file": ("my mesh.glb", b"two")}).json()
    assert second["id"] == first["id"]
    assert second["sha256"] != first["sha256"]
    assert not service.services.store.has(first["sha256"])
    assert service.delete(f"/api/uploads/{first['id']}").status_code == 204
    assert not service.services.store.has(second["sha256"])


def test_a_review_keeps_every_decision(service: Service, avatar: dict[str, Any]) -> None:
    path = f"/api/reviews/{avatar['review_session_id']}"
    assert service.get(path).json()["avatar_id"] == avatar["avatar_id"]
    for decision, state in (("request_changes", "changes_requested"), ("approve", "approved")):
        answer = service.post(f"{path}/decision", json={"decision": decision, "comment": "so"}).json()
        assert answer["state"] == state
    assert [d["decision"] for d in answer["decisions"]] == ["request_changes", "approve"]
    assert answer["decisions"][0]["by"] == "owner"
    assert service.post(f"{path}/decision", json={"decision": "maybe"}).status_code == 422


def test_deleting_an_avatar_keeps_contents_that_others_hold(service: Service, avatar: dict[str, Any]) -> None:
    other = service.post("/api/generate", json=avatar["recipe"]).json()
    assert service.delete(f"/api/avatars/{other['avatar_id']}").status_code == 204
    assert service.get(f"/api/avatars/{other['avatar_id']}").status_code == 404
    assert service.get(avatar["download_url"]).status_code == 200


def test_pages_follow_one_another(service: Service, avatar: dict[str, Any]) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        page = service.get("/api/avatars", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [a["avatar_id"] for a in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert len(seen) == len(set(seen))
    assert avatar["avatar_id"] in seen
    assert service.get("/api/avatars", params={"cursor": "nonsense"}).status_code == 422
    assert service.get("/api/avatars", params={"q": "no%such_words"}).json()["items"] == []


def test_a_webhook_hears_signed_events(
    service: Service, avatar: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[httpx.Request] = []

    def take(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200)

    client = httpx.AsyncClient
    monkeypatch.setattr(
        "avatar_foundry.service.deliver.httpx.AsyncClient",
        lambda **options: client(transport=httpx.MockTransport(take)),
    )
    hook = service.post("/api/webhooks", json={"url": "http://127.0.0.1:9/hook", "events": ["review.decided"]}).json()
    service.post(f"/api/reviews/{avatar['review_session_id']}/decision", json={"decision": "approve"})
    service.run(deliver_one(service.services.database, private=True))
    assert len(heard) == 1
    moment = int(heard[0].headers["x-foundry-signature"].split(",")[0].removeprefix("t="))
    assert heard[0].headers["x-foundry-signature"] == signature(hook["secret"], moment, heard[0].content)
    log = service.get(f"/api/webhooks/{hook['id']}").json()["deliveries"]
    assert [(d["event"], d["state"], d["status"]) for d in log] == [("review.decided", "delivered", 200)]
    assert "secret" not in service.get("/api/webhooks").text


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "http://[::ffff:127.0.0.1]/",
        "http://0/",
        "http://localhost:1/",
        "ftp://example.org/",
        "http://u:p@example.org/",
        "file:///etc/passwd",
    ],
)
def test_webhooks_cannot_reach_inside(service: Service, url: str) -> None:
    with pytest.raises(Problem):
        service.run(check_address(url, private=False))


@pytest.mark.parametrize("case", sorted(REFUSED)[::20])
def test_hostile_files_are_refused_and_the_workers_live(service: Service, case: str) -> None:
    name, data = REFUSED[case]()
    answer = service.post("/api/validate", files={"file": (name, data)})
    assert answer.status_code in (415, 422), answer.text
    assert answer.json()["detail"]
    assert "Traceback" not in answer.text
    assert service.get("/health/ready").status_code == 200
