"""WebSocket /ws, against a real server in this process."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
import websockets

from .conftest import ADMIN_KEY, Service
from .test_generate import SMALL


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    """A port where the session's application answers; its parts are started already."""
    config = uvicorn.Config(service.app, port=0, lifespan="off", log_config=None, ws="websockets-sansio")
    server = uvicorn.Server(config)
    task = service.loop.create_task(server.serve())
    while not server.started:
        service.run(asyncio.sleep(0.02))
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://127.0.0.1:{port}/ws"
    server.should_exit = True
    service.run(task)


def talk(service: Service, address: str, messages: list[Any], until: str, **options: Any) -> list[dict[str, Any]]:
    """What comes back until a message of type `until`."""

    async def go() -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {options.pop('key', ADMIN_KEY)}"}
        async with websockets.connect(address, additional_headers=headers, max_size=None) as socket:
            for message in messages:
                await socket.send(message if isinstance(message, str) else json.dumps(message))
            heard: list[dict[str, Any]] = []
            while not heard or heard[-1]["type"] != until:
                heard.append(json.loads(await asyncio.wait_for(socket.recv(), 60)))
            return heard

    found: list[dict[str, Any]] = service.run(go())
    return found


def test_ping_echoes_the_id(service: Service, address: str) -> None:
    assert talk(service, address, [{"action": "ping", "id": 7}], "pong") == [{"type": "pong", "id": 7}]


@pytest.mark.parametrize("message", ["{", "[]", '"x"', '{"action": "dance"}', "{}", '{"action": "process"}'])
def test_bad_messages_get_an_error_and_keep_the_connection(service: Service, address: str, message: str) -> None:
    heard = talk(service, address, [message, {"action": "ping"}], "pong")
    assert heard[0]["type"] == "error"
    assert heard[0]["error_code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/etc/passwd", "..%2f..%2fetc%2fpasswd", "/mesh.glb\0", "C:\\mesh.glb", "/proc/self/environ"],
)
def test_no_path_leaves_the_workspace(service: Service, address: str, path: str) -> None:
    heard = talk(service, address, [{"action": "process", "path": path, "platform": "unity"}], "error")
    assert heard[-1]["error_code"] == "NOT_FOUND"
    assert "passwd" not in heard[-1]["detail"]


def test_generate_tells_true_progress_and_the_result(service: Service, address: str) -> None:
    heard = talk(service, address, [{"action": "generate", "id": "g", **SMALL}], "result")
    progress = [m["progress"] for m in heard if m["type"] == "progress"]
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert {m["id"] for m in heard} == {"g"}
    assert service.get(f"/api/avatars/{heard[-1]['avatar_id']}").status_code == 200


def test_cancel_without_a_job_is_a_conflict(service: Service, address: str) -> None:
    assert talk(service, address, [{"action": "cancel"}], "error")[-1]["error_code"] == "CONFLICT"


def test_cancel_stops_the_newest_job(service: Service, address: str) -> None:
    heard = talk(service, address, [{"action": "generate", "seed": 1}, {"action": "cancel", "id": 2}], "cancelled")
    assert heard[-1]["id"] == 2
    job = service.get(f"/api/jobs/{heard[-1]['job_id']}").json()
    assert (job["state"], job["error"]["error_code"]) == ("cancelled", "CANCELLED")


def test_validate_and_process_take_files_of_the_workspace(
    service: Service, address: str, avatar: dict[str, Any]
) -> None:
    data = service.get(avatar["download_url"]).content
    service.post("/api/uploads", files={"file": ("mesh.glb", data)})
    heard = talk(service, address, [{"action": "validate", "path": "/mesh.glb"}], "validated")
    assert "findings" in heard[-1]
    heard = talk(service, address, [{"action": "process", "path": "/mesh.glb", "platform": "unity"}], "result")
    assert heard[-1]["avatar_id"]
    stranger = service.key("write", user="another")
    heard = talk(service, address, [{"action": "process", "path": "/mesh.glb"}], "error", key=stranger)
    assert heard[-1]["error_code"] == "NOT_FOUND"


def test_a_reader_may_not_make_anything(service: Service, address: str) -> None:
    heard = talk(service, address, [{"action": "generate"}], "error", key=service.key("read"))
    assert heard[-1]["error_code"] == "FORBIDDEN"


def test_a_ticket_opens_one_connection(service: Service, address: str) -> None:
    ticket = service.post("/api/ws-ticket").json()["ticket"]

    async def go(url: str) -> Any:
        async with websockets.connect(url) as socket:
            await socket.send('{"action": "ping"}')
            return json.loads(await socket.recv())

    assert service.run(go(f"{address}?ticket={ticket}")) == {"type": "pong"}
    for url in (f"{address}?ticket={ticket}", address, f"{address}?ticket=x"):
        with pytest.raises(websockets.InvalidStatus) as caught:
            service.run(go(url))
        assert caught.value.response.status_code == 401
