"""What engines are written for."""

from functools import cache

from fastapi.responses import JSONResponse, Response

from ...platforms import PLATFORMS
from ..routing import router as make_router
from ..schemas import Platforms

router = make_router("catalogue")


@router.get("/api/platforms", responses={200: {"model": Platforms}})
async def platforms() -> Response:
    """All platforms with their formats, axes, budgets, names and rules."""
    return Response(_written(), media_type="application/json")


@cache
def _written() -> bytes:
    # The same for every caller, for as long as the process lives.
    return bytes(JSONResponse({"platforms": [p.describe() for p in PLATFORMS.values()]}).body)
