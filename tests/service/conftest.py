"""A service in this process, with its own folder; jobs run in real processes, one per lane."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from avatar_foundry.service.app import create_app
from avatar_foundry.service.records import keys, users
from avatar_foundry.service.services import Services
from avatar_foundry.service.settings import Settings

ADMIN_KEY = "sk-admin-of-the-tests-0123456789"


class Service:
    """The application with clients for it, driven from synchronous tests in one loop."""

    def __init__(self, app: FastAPI, loop: asyncio.AbstractEventLoop) -> None:
        self.app, self.loop = app, loop
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, raise_app_exceptions=False),
            base_url="http://foundry.test",
            timeout=120,
        )

    @property
    def services(self) -> Services:
        found: Services = self.app.state.services
        return found

    def call(self, method: str, path: str, *, key: str | None = ADMIN_KEY, **options: Any) -> httpx.Response:
        """One request."""
        headers = {**({"Authorization": f"Bearer {key}"} if key else {}), **options.pop("headers", {})}
        return self.run(self.client.request(method, path, headers=headers, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.call("POST", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.call("DELETE", path, **options)

    def run(self, coroutine: Any) -> Any:
        """Wait for a coroutine."""
        return self.loop.run_until_complete(coroutine)

    def key(self, scope: str, user: str = "owner") -> str:
        """A new key's secret; the user is made when there is none of that name."""
        with self.services.database.writing() as session:
            owner = users.by_name(session, user) or users.add(session, user)
            return keys.add(session, owner, "test", scope)[1]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service for the whole session: starting it warms an engine process."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("data"),
        auth="keys",
        admin_key=ADMIN_KEY,
        workers=1,
        read_rate=0,
        write_rate=0,
        listener_grace=0.3,
        shutdown_grace=2,
        webhook_private=True,
    )
    app = create_app(settings)
    loop = asyncio.new_event_loop()
    context = app.router.lifespan_context(app)
    loop.run_until_complete(context.__aenter__())
    try:
        yield Service(app, loop)
    finally:
        loop.run_until_complete(context.__aexit__(None, None, None))
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@pytest.fixture(scope="session")
def avatar(service: Service) -> dict[str, Any]:
    """An avatar of the owner, made through the API."""
    body = {"preset": "average", "platform": "unity", "morph_targets": False, "lods": False, "texture_size": 256}
    answer = service.post("/api/generate", json=body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made
