"""What can be asked for by name."""

from typing import Any

from ...presets import load_presets
from ..routing import router as make_router
from ..schemas import Presets

router = make_router("catalogue")


@router.get("/api/presets", responses={200: {"model": Presets}})
async def presets() -> dict[str, list[dict[str, Any]]]:
    """All presets with their recipes."""
    return {"presets": [p._asdict() for p in load_presets().values()]}
