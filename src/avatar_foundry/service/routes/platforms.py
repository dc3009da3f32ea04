"""What engines are written for."""

from typing import Any

from ...platforms import PLATFORMS
from ..routing import router as make_router
from ..schemas import Platforms

router = make_router("catalogue")


@router.get("/api/platforms", responses={200: {"model": Platforms}})
async def platforms() -> dict[str, list[dict[str, Any]]]:
    """All platforms with their formats, axes, budgets, names and rules."""
    return {"platforms": [p.describe() for p in PLATFORMS.values()]}
