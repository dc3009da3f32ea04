"""Signed links: one avatar, without a key, until they end."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from avatar_foundry.service.auth import shares
from avatar_foundry.service.auth.scopes import ROUTES

from .conftest import Service
from .test_generate import SMALL
from .test_scopes import address


@pytest.fixture(scope="module")
def mine(service: Service) -> dict[str, Any]:
    """An avatar of a user who is no admin."""
    answer = service.post("/api/generate", json=SMALL, key=service.key("write", user="sharer"))
    made: dict[str, Any] = answer.json()
    return made


def link(service: Service, avatar_id: str, **body: Any) -> dict[str, Any]:
    answer = service.post(f"/api/avatars/{avatar_id}/links", json=body or None)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_link_opens_the_page_the_answer_and_the_files(service: Service, mine: dict[str, Any]) -> None:
    made = link(service, mine["avatar_id"])
    parts = urlsplit(made["url"])
    assert parts.path == "/api/preview"
    assert parse_qs(parts.query) == {"avatar_id": [mine["avatar_id"]], "share": [made["token"]]}
    page = service.get(made["url"], key=None, headers={"Accept": "text/html"})
    assert page.status_code in (200, 503)  # 503: the pages are not built
    if page.status_code == 200:
        assert "default-src 'none'" in page.headers["content-security-policy"]
    answer = service.get(f"/api/avatars/{mine['avatar_id']}?share={made['token']}", key=None).json()
    for file in answer["files"]:
        data = service.get(file["url"], key=None)
        assert (data.status_code, len(data.content)) == (200, file["size"])
    assert service.get(answer["download_url"], key=None, headers={"Range": "bytes=0-3"}).content == b"glTF"


def test_a_link_opens_nothing_else(service: Service, mine: dict[str, Any], avatar: dict[str, Any]) -> None:
    token = link(service, mine["avatar_id"])["token"]
    for method, path in ROUTES:
        if ROUTES[method, path] == "open":
            continue
        where = f"{address(path.replace('{avatar_id}', mine['avatar_id']))}?share={token}"
        answer = service.call(method, where, key=None)
        allowed = (method, path) in shares.SHARED
        assert (answer.status_code == 401) != (allowed and path != "/api/preview"), (method, path, answer.status_code)
    file = avatar["files"][0]["name"]
    for other in (avatar["avatar_id"], "x"):
        assert service.get(f"/api/avatars/{other}?share={token}", key=None).status_code == 401
        assert service.get(f"/api/avatars/{other}/files/{file}?share={token}", key=None).status_code == 401
        assert service.get(f"/api/preview?avatar_id={other}&share={token}", key=None).status_code == 401


def test_tampering_is_refused(service: Service, mine: dict[str, Any]) -> None:
    token = link(service, mine["avatar_id"])["token"]
    end, mac = token.split(".")
    letter = "B" if mac[0] == "A" else "A"
    for bad in ("", ".", end, f"{int(end) + 9}.{mac}", f"{end}.{letter}{mac[1:]}", f"{token}x", f"٣{token}", "1" * 300):
        answer = service.get(f"/api/avatars/{mine['avatar_id']}", key=None, params={"share": bad})
        assert answer.status_code == 401, bad
        assert answer.json()["error_code"] == "UNAUTHORIZED"


def test_a_link_ends(service: Service, mine: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:

    made = link(service, mine["avatar_id"], expires_in=60)
    later = shares.now() + timedelta(seconds=61)
    path = f"/api/avatars/{mine['avatar_id']}?share={made['token']}"
    assert service.get(path, key=None).status_code == 200
    monkeypatch.setattr(shares, "now", lambda: later)
    assert service.get(path, key=None).status_code == 401


def test_a_link_is_withdrawn_with_all_others(service: Service, mine: dict[str, Any]) -> None:
    made = link(service, mine["avatar_id"])
    path = f"/api/avatars/{mine['avatar_id']}"
    assert service.delete(f"{path}/links").status_code == 204
    assert service.get(f"{path}?share={made['token']}", key=None).status_code == 401
    assert service.get(f"{path}?share={link(service, mine['avatar_id'])['token']}", key=None).status_code == 200


def test_only_the_owner_makes_and_withdraws_links(service: Service, mine: dict[str, Any]) -> None:
    stranger = service.key("write", user="stranger")
    for call in (service.post, service.delete):
        assert call(f"/api/avatars/{mine['avatar_id']}/links", key=stranger).status_code == 404


@pytest.mark.parametrize("body", [{"expires_in": 1}, {"expires_in": 10**12}, {"for": "ever"}, {"expires_in": "x"}])
def test_bad_wishes_are_told(service: Service, mine: dict[str, Any], body: dict[str, Any]) -> None:
    assert service.post(f"/api/avatars/{mine['avatar_id']}/links", json=body).status_code == 422


def test_a_deleted_avatar_has_no_links(service: Service) -> None:
    made = service.post("/api/generate", json=SMALL).json()
    token = link(service, made["avatar_id"])["token"]
    assert service.delete(f"/api/avatars/{made['avatar_id']}").status_code == 204
    assert service.get(f"/api/avatars/{made['avatar_id']}?share={token}", key=None).status_code == 401


def test_tokens_are_for_addresses(service: Service, mine: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d{10}\.[A-Za-z0-9_-]{43}", link(service, mine["avatar_id"])["token"])
