"""Liveness, readiness, numbers."""

import asyncio
from collections.abc import Callable

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from ... import __version__
from ...pack import open_pack
from ..routing import router as make_router
from ..schemas import Health, Ready
from ..services import services

router = make_router("service")


@router.get("/health", responses={200: {"model": Health}})
async def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok", "version": __version__}


@router.get("/health/ready", responses={200: {"model": Ready}, 503: {"model": Ready}})
async def ready(request: Request) -> JSONResponse:
    """Whether requests can be met: pack, database, store, workers."""
    s = services(request)
    checks = {
        "pack": await _holds(lambda: bool(open_pack().digest)),
        "database": await _holds(s.database.alive),
        "store": await _holds(s.store.alive),
        "workers": s.jobs.ready,
    }
    return JSONResponse({"checks": checks}, 200 if all(checks.values()) else 503)


async def _holds(check: Callable[[], bool]) -> bool:
    try:
        return await asyncio.to_thread(check)
    except Exception:
        return False


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Numbers in Prometheus' text format."""
    s = services(request)
    s.metrics.queue.set(await s.jobs.waiting())
    return Response(s.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
