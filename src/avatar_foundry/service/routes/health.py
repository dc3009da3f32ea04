"""Liveness and readiness."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from ... import __version__
from ...errors import PackError
from ...pack import open_pack

router = APIRouter()


@router.get("/health")
async def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok", "version": __version__}


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Whether requests can be met: pack, store, workers."""
    checks: dict[str, Any] = {"store": request.app.state.store.root.is_dir(), "workers": request.app.state.pool.ready}
    try:
        checks["pack"] = bool(open_pack().digest)
    except PackError:
        checks["pack"] = False
    return JSONResponse({"checks": checks}, 200 if all(checks.values()) else 503)
