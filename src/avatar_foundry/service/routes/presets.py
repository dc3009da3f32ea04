"""What can be asked for by name."""

from typing import Any

from ...presets import load_presets
from ..routing import router as make_router

router = make_router("catalogue")


@router.get("/api/presets")
async def presets() -> dict[str, list[dict[str, Any]]]:
    """All presets with their recipes."""
    return {"presets": [p._asdict() for p in load_presets().values()]}
