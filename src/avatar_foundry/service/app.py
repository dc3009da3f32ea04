"""The application: settings, state, middleware, routes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from .. import __version__
from . import errors
from .middleware import BodyLimit, RequestId
from .pool import Pool
from .routes import avatars, generate, health, platforms, presets
from .settings import Settings
from .store import Store


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service as an ASGI application. Worker processes start and stop with its lifespan."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.pool = Pool(settings.workers)
        try:
            yield
        finally:
            app.state.pool.close()

    app = FastAPI(
        title="AXIS Avatar Foundry",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.settings = settings
    app.state.store = Store(settings.data_dir)
    app.add_middleware(BodyLimit, limit=settings.max_json_bytes)
    app.add_middleware(RequestId)
    errors.install(app)
    for module in (health, platforms, presets, generate, avatars):
        app.include_router(module.router)
    return app
