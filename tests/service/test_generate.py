"""POST /api/generate and what it leaves behind."""

import asyncio
import json
from typing import Any

import pytest

from .conftest import Service

SMALL = {"preset": "average", "platform": "unity", "morph_targets": False, "lods": False, "texture_size": 256}
TEN = ["stage_reached", "vertex_count", "face_count", "preset", "platform", "exported", "morph_targets"]
TEN += ["review_session_id", "glb_size", "errors"]


def test_answer_has_the_ten_fields_and_the_additions(avatar: dict[str, Any]) -> None:
    assert set(TEN) <= set(avatar)
    assert avatar["stage_reached"] == "export_ready"
    assert avatar["exported"] is True
    assert avatar["errors"] == []
    assert avatar["review_session_id"].startswith("review_")
    assert avatar["files"][0]["size"] == avatar["glb_size"]
    assert avatar["download_url"].startswith("http://foundry.test/api/avatars/")


def test_the_file_is_what_the_answer_says(service: Service, avatar: dict[str, Any]) -> None:
    data = service.get(avatar["download_url"])
    assert data.content[:4] == b"glTF"
    assert len(data.content) == avatar["glb_size"]
    assert data.headers["etag"] == f'"{avatar["files"][0]["sha256"]}"'


def test_every_request_makes_its_own_avatar_with_shared_contents(service: Service, avatar: dict[str, Any]) -> None:
    other = service.post("/api/generate", json=SMALL).json()
    assert other["avatar_id"] != avatar["avatar_id"]
    assert other["review_session_id"] != avatar["review_session_id"]
    assert other["files"][0]["sha256"] == avatar["files"][0]["sha256"]


def test_the_recipe_of_the_answer_gives_the_same_bytes(service: Service, avatar: dict[str, Any]) -> None:
    again = service.post("/api/generate", json=avatar["recipe"]).json()
    assert again["files"][0]["sha256"] == avatar["files"][0]["sha256"]


@pytest.mark.parametrize(
    ("body", "code", "status"),
    [
        ('{"preset": ', "VALIDATION_ERROR", 400),
        ('{"presett": "warrior"}', "VALIDATION_ERROR", 422),
        ('{"preset": 7}', "VALIDATION_ERROR", 422),
        ('{"platform": "amiga"}', "VALIDATION_ERROR", 422),
        ('{"preset": "no-such"}', "VALIDATION_ERROR", 422),
        ("[]", "VALIDATION_ERROR", 422),
        ('{"prompt": "a\\u0000b"}', "VALIDATION_ERROR", 422),
        ('{"prompt": "\\ud800"}', "VALIDATION_ERROR", 422),
        ('{"body": {"height": 1e999}}', "VALIDATION_ERROR", 422),
    ],
)
def test_bad_requests_are_told_what_is_wrong(service: Service, body: str, code: str, status: int) -> None:
    answer = service.post("/api/generate", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    error = answer.json()
    assert error["error_code"] == code
    assert error["detail"]
    assert error["request_id"] == answer.headers["x-request-id"]


def test_a_misspelt_field_gets_the_nearest_name(service: Service) -> None:
    error = service.post("/api/generate", json={"presett": "warrior"}).json()
    assert "preset" in error["suggestions"][0]["title"]


def test_the_same_idempotency_key_gives_the_same_answer(service: Service) -> None:
    headers = {"Idempotency-Key": "test-generate-1"}

    async def twice() -> list[Any]:
        calls = [_post(service, headers) for _ in range(2)]
        return await asyncio.gather(*calls)

    first, second = service.run(twice())
    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    third = service.post("/api/generate", json=SMALL, headers=headers)
    assert third.content == first.content
    assert third.headers["idempotency-replayed"] == "true"
    other = service.post("/api/generate", json={**SMALL, "seed": 5}, headers=headers)
    assert other.status_code == 409
    assert other.json()["error_code"] == "CONFLICT"


async def _post(service: Service, headers: dict[str, str]) -> Any:
    from .conftest import ADMIN_KEY

    return await service.client.post("/api/generate", json=SMALL, headers={"X-API-Key": ADMIN_KEY, **headers})


def test_respond_async_answers_with_a_job_that_ends_in_the_avatar(service: Service) -> None:
    accepted = service.post("/api/generate", json=SMALL, headers={"Prefer": "respond-async"})
    assert accepted.status_code == 202
    assert accepted.headers["location"] == f"/api/jobs/{accepted.json()['job_id']}"
    text = service.get(accepted.headers["location"] + "/events").text
    blocks = [b for b in text.strip().split("\n\n") if not b.startswith(":")]  # less the heartbeats of a slow machine
    events = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    assert [int(e["id"]) for e in events] == list(range(len(events)))
    assert {e["event"] for e in events[:-1]} == {"progress"}
    progress = [json.loads(e["data"])["progress"] for e in events[:-1]]
    assert progress == sorted(progress)
    assert progress[0] == 0.0
    assert progress[-1] == 1.0
    assert events[-1]["event"] == "result"
    result = json.loads(events[-1]["data"])
    job = service.get(accepted.headers["location"]).json()
    assert job["state"] == "succeeded"
    assert job["result"]["avatar_id"] == result["avatar_id"]
    assert service.get(f"/api/avatars/{result['avatar_id']}").status_code == 200
    resumed = service.get(accepted.headers["location"] + "/events", headers={"Last-Event-ID": events[-3]["id"]}).text
    assert resumed == "\n\n".join(blocks[-2:]) + "\n\n"


def test_a_batch_answers_in_order_and_one_bad_item_fails_alone(service: Service) -> None:
    body = {"items": [SMALL, {"preset": "no-such"}, {**SMALL, "seed": 3}]}
    answer = service.post("/api/batch-generate", json=body)
    assert answer.status_code == 200, answer.text
    batch = answer.json()
    assert (batch["total"], batch["succeeded"], batch["failed"]) == (3, 2, 1)
    assert batch["results"][1]["error_code"] == "VALIDATION_ERROR"
    assert batch["results"][0]["avatar_id"] != batch["results"][2]["avatar_id"]
    again = service.get(f"/api/batches/{batch['batch_id']}").json()
    assert again["state"] == "completed"
    assert [r.get("avatar_id") for r in again["results"]] == [r.get("avatar_id") for r in batch["results"]]


def test_a_batch_stream_tells_of_every_item_and_ends(service: Service) -> None:
    text = service.post("/api/batch-generate/stream", json={"items": [SMALL, {"preset": "no-such"}]}).text
    names = [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]
    assert names.count("item_started") == 2
    assert names.count("item_completed") == 1
    assert names.count("item_failed") == 1
    assert names[-1] == "batch_completed"
