"""Who may what: every route by every kind of caller, made from the table."""

from typing import Any

import pytest

from avatar_foundry.service import routes
from avatar_foundry.service.auth.scopes import ROUTES
from avatar_foundry.service.records import keys
from avatar_foundry.wire import CODES

from .conftest import Service

ORDER = ("read", "write", "admin")
GUARDED = sorted(k for k, needs in ROUTES.items() if needs != "open")


def address(path: str) -> str:
    """The route's path with ids that nobody has."""
    for name in ("avatar_id", "job_id", "batch_id", "review_session_id", "upload_id", "key_id", "user_id"):
        path = path.replace("{" + name + "}", "00000000-0000-4000-8000-000000000000")
    return path.replace("{webhook_id}", "webhook_0").replace("{name}", "x.glb")


@pytest.fixture(scope="module")
def secrets(service: Service) -> dict[str, str]:
    """A key per scope, a revoked one, and one that never was."""
    made = {scope: service.key(scope) for scope in ORDER}
    made["revoked"] = service.key("admin")
    with service.services.database.writing() as session:
        found = keys.find(session, made["revoked"])
        assert found is not None
        keys.revoke(session, found[0].id)
    return {**made, "wrong": "sk-nobody-ever-made-this-one"}


def test_every_route_is_in_the_table_and_every_entry_is_a_route() -> None:
    there = {
        (method, route.path)
        for module in routes.MODULES
        for route in module.router.routes
        for method in getattr(route, "methods", None) or ()
    }
    assert there == set(ROUTES)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_scope(service: Service, secrets: dict[str, str], method: str, path: str) -> None:
    needs = ROUTES[method, path]
    for who in (None, "wrong", "revoked", *ORDER):
        answer = service.call(method, address(path), key=secrets[who] if who else None)
        if who not in ORDER:
            assert answer.status_code == 401, (who, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer")
        elif ORDER.index(who) < ORDER.index(needs):
            assert answer.status_code == 403, (who, answer.text)
        else:
            assert answer.status_code not in (401, 403, 500), (who, answer.text)
        if answer.status_code >= 400 and method != "HEAD":
            error = answer.json()
            assert error["error_code"] in CODES
            assert error["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
def test_both_headers_work(service: Service, secrets: dict[str, str], header: str) -> None:
    value = secrets["read"] if header == "X-API-Key" else f"Bearer {secrets['read']}"
    assert service.get("/api/platforms", key=None, headers={header: value}).status_code == 200


def test_another_owner_sees_nothing_not_even_that_it_exists(service: Service, avatar: dict[str, Any]) -> None:
    stranger = service.key("write", user="stranger")
    mine = service.key("write")
    job = service.post("/api/generate", json={"preset": "no-such"}, headers={"Prefer": "respond-async"}).json()
    hook = service.post("/api/webhooks", json={"url": "http://127.0.0.1:9/x"}).json()
    upload = service.post("/api/uploads", files={"file": ("a.glb", b"glTF")}).json()
    review = f"/api/reviews/{avatar['review_session_id']}"
    for method, path in (
        ("GET", f"/api/avatars/{avatar['avatar_id']}"),
        ("GET", f"/api/avatars/{avatar['avatar_id']}.glb"),
        ("GET", f"/api/avatars/{avatar['avatar_id']}.png"),
        ("GET", f"/api/avatars/{avatar['avatar_id']}/files/{avatar['files'][0]['name']}"),
        ("DELETE", f"/api/avatars/{avatar['avatar_id']}"),
        ("GET", review),
        ("GET", f"/api/jobs/{job['job_id']}"),
        ("GET", f"/api/jobs/{job['job_id']}/events"),
        ("DELETE", f"/api/jobs/{job['job_id']}"),
        ("GET", f"/api/webhooks/{hook['id']}"),
        ("DELETE", f"/api/webhooks/{hook['id']}"),
        ("DELETE", f"/api/uploads/{upload['id']}"),
    ):
        assert service.call(method, path, key=stranger).status_code == 404, (method, path)
        # and word for word what it would be for something that is not there
    decision = {"decision": "approve"}
    assert service.post(f"{review}/decision", key=stranger, json=decision).status_code == 404
    assert service.get("/api/avatars", key=stranger).json()["items"] == []
    assert service.get("/api/avatars", key=mine).json()["items"] != []
    assert service.delete(f"/api/webhooks/{hook['id']}").status_code == 204


def test_a_key_is_shown_once_and_stored_as_a_hash(service: Service) -> None:
    made = service.post("/api/keys", json={"name": "ci", "scopes": ["read"]}).json()
    assert made["key"].startswith("sk-")
    listed = service.get("/api/keys").text
    assert made["key"] not in listed
    assert made["prefix"] in listed
    assert service.get("/api/presets", key=made["key"]).status_code == 200
    assert service.delete(f"/api/keys/{made['id']}").status_code == 204
    assert service.get("/api/presets", key=made["key"]).status_code == 401
    assert service.delete(f"/api/keys/{made['id']}").status_code == 404


def test_an_expired_key_is_no_key(service: Service) -> None:
    refused = service.post("/api/keys", json={"name": "old", "expires_at": "2001-01-01T00:00:00Z"})
    assert refused.status_code == 422
    assert service.post("/api/keys", json={"name": "naive", "expires_at": "2101-01-01T00:00:00"}).status_code == 422
