"""Set-up, sessions, CSRF, throttling."""

from datetime import timedelta
from typing import Any

import pytest

from avatar_foundry.service.limits import Rate
from avatar_foundry.service.records import tokens, users

from .conftest import Service

PASSWORD = "a long enough password"


@pytest.fixture
def signed_in(service: Service) -> dict[str, Any]:
    """A session of a fresh administrator: its cookie and CSRF token."""
    service.services.logins = Rate(0)
    with service.services.database.writing() as session:
        name = f"person{len(users.everyone(session))}"
    made = service.post("/api/users", json={"name": name, "password": PASSWORD, "is_admin": True})
    assert made.status_code == 201
    answer = service.post("/api/auth/login", key=None, json={"name": name, "password": PASSWORD})
    service.client.cookies.clear()
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "httponly" in cookie.lower()
    assert "samesite=strict" in cookie.lower()
    return {"cookie": cookie.partition(";")[0], "csrf": answer.json()["csrf"], "name": name}


def test_the_setup_link_works_once(service: Service) -> None:
    service.services.logins = Rate(0)
    with service.services.database.writing() as session:
        user = users.add(session, "taken-over", is_admin=True)
        token = tokens.add(session, "setup", user.id, {}, timedelta(minutes=1))
    body = {"token": token, "name": "me@example.org", "password": PASSWORD}
    assert service.post("/api/auth/setup", key=None, json=body).status_code == 200
    service.client.cookies.clear()
    assert service.post("/api/auth/setup", key=None, json=body).status_code == 401


def test_a_session_reads_and_changes_only_with_its_csrf_token(service: Service, signed_in: dict[str, Any]) -> None:
    cookie = {"Cookie": signed_in["cookie"]}
    assert service.get("/api/auth/session", key=None, headers=cookie).json()["name"] == signed_in["name"]
    body = {"name": "from the dashboard"}
    assert service.post("/api/keys", key=None, headers=cookie, json=body).status_code == 403
    wrong = {**cookie, "X-CSRF-Token": "x" * 32}
    assert service.post("/api/keys", key=None, headers=wrong, json=body).status_code == 403
    right = {**cookie, "X-CSRF-Token": signed_in["csrf"]}
    assert service.post("/api/keys", key=None, headers=right, json=body).status_code == 201
    assert service.post("/api/auth/logout", key=None, headers=cookie).status_code == 204
    assert service.get("/api/auth/session", key=None, headers=cookie).status_code == 401


def test_wrong_passwords_are_throttled(service: Service) -> None:
    service.services.logins = Rate(3)
    body = {"name": "nobody", "password": "not this one"}
    answers = [service.post("/api/auth/login", key=None, json=body) for _ in range(5)]
    service.services.logins = Rate(0)
    assert [a.status_code for a in answers] == [401, 401, 401, 429, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_the_password_is_nowhere(service: Service, signed_in: dict[str, Any]) -> None:
    with service.services.database.writing() as session:
        kept = users.by_name(session, signed_in["name"])
        assert kept is not None
        assert kept.password is not None
        assert kept.password.startswith("$argon2id$")
    assert "argon2" not in service.get("/api/users").text
