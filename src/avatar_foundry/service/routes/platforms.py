"""What engines are written for."""

from typing import Any

from fastapi import APIRouter

from ...platforms import PLATFORMS

router = APIRouter()


@router.get("/api/platforms")
async def platforms() -> dict[str, list[dict[str, Any]]]:
    """All platforms with their formats, axes, budgets, names and rules."""
    return {"platforms": [p.describe() for p in PLATFORMS.values()]}
