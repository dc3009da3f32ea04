"""Errors, headers, limits, files: what holds for every answer."""

from typing import Any

import pytest

from avatar_foundry.errors import RecipeError
from avatar_foundry.service.contents import parse_range
from avatar_foundry.service.limits import AtOnce, Rate
from avatar_foundry.service.problems import Problem

from .conftest import Service


def test_health_is_open_and_answers_under_api_too(service: Service) -> None:
    for path in ("/health", "/api/health"):
        assert service.get(path, key=None).json()["status"] == "ok"
    assert set(service.get("/health/ready", key=None).json()["checks"]) == {"pack", "database", "store", "workers"}
    assert service.get("/api/api/platforms").status_code == 200


def test_request_ids_are_echoed_when_sane(service: Service) -> None:
    assert service.get("/health", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    strange = service.get("/health", headers={"X-Request-Id": "a b"}).headers["x-request-id"]
    assert strange != "a b"
    assert strange


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/api/nowhere", 404, "NOT_FOUND"), ("PUT", "/api/generate", 405, "METHOD_NOT_ALLOWED")],
)
def test_the_frameworks_own_errors_have_the_shape(
    service: Service, method: str, path: str, status: int, code: str
) -> None:
    answer = service.call(method, path)
    assert answer.status_code == status
    assert answer.json()["error_code"] == code


def test_a_body_over_the_limit_is_refused(service: Service) -> None:
    answer = service.post("/api/generate", content=b" " * (1 << 21))
    assert answer.status_code == 413
    assert answer.json()["error_code"] == "PAYLOAD_TOO_LARGE"


def test_an_internal_error_tells_nothing_of_the_inside(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RuntimeError("SELECT secret FROM /etc/passwd")

    monkeypatch.setattr("avatar_foundry.service.routes.presets.load_presets", fail)
    answer = service.get("/api/presets")
    assert answer.status_code == 500
    assert answer.json()["error_code"] == "INTERNAL"
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


def test_engine_errors_keep_their_suggestions(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RecipeError("not like this")

    monkeypatch.setattr("avatar_foundry.service.routes.presets.load_presets", fail)
    assert service.get("/api/presets").json()["detail"] == "not like this"


def test_headers_of_safety(service: Service) -> None:
    headers = service.get("/health").headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert service.get("/api/platforms").headers["cache-control"] == "no-store"


def test_rates_are_told_and_kept(service: Service) -> None:
    service.services.reads = Rate(2)
    try:
        answers = [service.get("/api/platforms") for _ in range(3)]
    finally:
        service.services.reads = Rate(0)
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-remaining"] == "1"
    assert answers[2].headers["ratelimit-remaining"] == "0"
    assert int(answers[2].headers["retry-after"]) >= 1


def test_at_once_gives_slots_back() -> None:
    limit = AtOnce(1)
    with limit.slot("a"), limit.slot("b"), pytest.raises(Problem), limit.slot("a"):
        pass
    with limit.slot("a"):
        pass


@pytest.mark.parametrize(
    ("header", "span"),
    [("bytes=0-3", (0, 4)), ("bytes=5-", (5, 10)), ("bytes=-2", (8, 10)), ("bytes=-99", (0, 10)), ("x=1-2", None)],
)
def test_ranges(header: str, span: tuple[int, int] | None) -> None:
    assert parse_range(header, 10) == span


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=99-100", "bytes=-0", "bytes=5-2"])
def test_ranges_outside_are_told_the_size(header: str) -> None:
    with pytest.raises(Problem) as caught:
        parse_range(header, 10)
    assert caught.value.headers["Content-Range"] == "bytes */10"


def test_files_serve_ranges_and_conditions(service: Service, avatar: dict[str, Any]) -> None:
    url, size = avatar["download_url"], avatar["glb_size"]
    part = service.get(url, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"glTF")
    assert part.headers["content-range"] == f"bytes 0-3/{size}"
    same = service.get(url, headers={"If-None-Match": part.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    beyond = service.get(url, headers={"Range": f"bytes={size}-"})
    assert beyond.status_code == 416
    assert beyond.json()["error_code"] == "RANGE_NOT_SATISFIABLE"
    assert service.get(url, headers={"Range": "bytes=0-3", "If-Range": '"other"'}).status_code == 200
    assert service.get(url.rpartition("/")[0] + "/../../x").status_code == 404


def test_metrics_are_for_administrators(service: Service, avatar: dict[str, Any]) -> None:
    text = service.get("/metrics").text
    assert 'foundry_jobs_total{state="succeeded",task="generate"}' in text
    assert "foundry_stage_seconds_total" in text
    assert avatar["avatar_id"] not in text
