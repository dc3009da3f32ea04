"""What can be asked for by name."""

from typing import Any

from fastapi import APIRouter

from ...presets import load_presets

router = APIRouter()


@router.get("/api/presets")
async def presets() -> dict[str, list[dict[str, Any]]]:
    """All presets with their recipes."""
    return {"presets": [p._asdict() for p in load_presets().values()]}
