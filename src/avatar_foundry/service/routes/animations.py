"""The library of clips."""

from dataclasses import asdict
from typing import Any

from ...motion import CLIPS
from ..routing import router as make_router
from ..schemas import Animations

router = make_router("catalogue")


@router.get("/api/animations", responses={200: {"model": Animations}})
async def animations() -> dict[str, list[dict[str, Any]]]:
    """All clips that can be asked for: what each is called, how long it is, whether it loops, moves on, or shows in the
    face."""
    return {"animations": [asdict(clip) for clip in CLIPS.values()]}
