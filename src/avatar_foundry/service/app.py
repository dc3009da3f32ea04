"""The application: settings, parts, middleware, routes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from .. import __version__
from . import errors, routes, work
from .complete import completer
from .db import Database, migrate
from .deliver import deliver_forever
from .guarded import GuardedRoute
from .jobs.engine import DbosJobs
from .listeners import Listeners
from .maintenance import maintain_forever
from .metrics import Metrics
from .middleware import Aliases, BodyLimit, Envelope
from .records import jobs, users
from .resumable import TUS_HEADERS
from .services import Services
from .settings import Settings
from .store import Store

# What pages of other origins may read of answers.
EXPOSED = ["X-Request-Id", "Location", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", *TUS_HEADERS]


@contextlib.asynccontextmanager
async def running(settings: Settings, metrics: Metrics, *, role: str, listen: bool) -> AsyncIterator[Services]:
    """A service's parts, started and stopped: shared by the API and by workers."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = Database(settings.sql_url)
    await asyncio.to_thread(migrate, database)
    store = Store(settings.store_url, settings.data_dir)
    complete = completer(database, store, metrics)
    engine = await asyncio.to_thread(DbosJobs, settings, database, store, complete, role=role, listen=listen)

    async def drop(job_id: str) -> None:
        if job := await database.read(jobs.get, job_id):
            await work.cancel(s, job)

    listeners = Listeners(drop, settings.listener_grace)
    owner = await database.write(users.ensure_owner)
    s = Services(settings, database, store, engine, listeners, metrics, owner.id)
    background = [
        asyncio.create_task(deliver_forever(database, private=settings.webhook_private)),
        asyncio.create_task(maintain_forever(s, engine)),
        asyncio.create_task(asyncio.to_thread(engine.processes.warm, "now" if role == "api" else "queue")),
    ]
    try:
        yield s
    finally:
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await listeners.close()
        await engine.close()
        database.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service as an ASGI application. Its parts start and stop with its lifespan."""
    settings, metrics = settings or Settings(), Metrics()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings, metrics, role="api", listen=settings.embedded_worker) as s:
            app.state.services = s
            yield

    app = FastAPI(
        title="AXIS Avatar Foundry",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    app.router.route_class = GuardedRoute
    app.add_middleware(BodyLimit, json_bytes=settings.max_json_bytes, upload_bytes=settings.max_upload_bytes)
    if origins := [o.strip() for o in settings.cors_origins.split(",") if o.strip()]:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=EXPOSED,
            max_age=600,
        )
    app.add_middleware(Envelope, metrics=metrics)
    app.add_middleware(Aliases)
    errors.install(app)
    for module in routes.MODULES:
        # Not include_router: routers within the router would be searched twice for every request.
        app.router.routes.extend(module.router.routes)
    return app
