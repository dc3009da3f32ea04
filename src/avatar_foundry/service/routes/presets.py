"""What can be asked for by name."""

from typing import Any

from fastapi import Request

from ...presets import load_presets
from ..addresses import base
from ..routing import router as make_router
from ..schemas import Presets

router = make_router("catalogue")


@router.get("/api/presets", responses={200: {"model": Presets}})
async def presets(request: Request) -> dict[str, list[dict[str, Any]]]:
    """All presets with their recipes and pictures."""
    root = base(request)
    found = load_presets().values()
    return {"presets": [{**p._asdict(), "thumbnail": f"{root}/api/presets/{p.id}.png"} for p in found]}
